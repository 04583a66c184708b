"""The office's closed days and the steps of its year (閉庁日・年間予定)."""

from datetime import date

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, identifier, one_of, plausible_year, reference
from consortium.domain.calendar.opendays import ROLL_RULES

#: Where a closed day comes from: the package, the year's end by rule, or somebody of the office.
DAY_SOURCES = ("jpholiday", "年末年始", "職員")

#: Who does a step of the year.
STEP_ROLES = ("lead_staff", "lead_approver", "member_staff")


class ClosedDay(Base):
    """A day on which an office is closed, or open although it would be closed (閉庁日)."""

    __tablename__ = "closed_day"
    __table_args__ = (
        UniqueConstraint("consortium_id", "code", "day"),
        one_of("source", DAY_SOURCES),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Town it holds for (団体コード); the empty text means every party.
    code: Mapped[str] = mapped_column(String(6), default="")
    #: The day (日付).
    day: Mapped[date]
    #: Name, e.g. 海の日 (名称).
    name: Mapped[str]
    #: False where the office is open although it is a Saturday or a holiday (閉庁).
    is_closed: Mapped[bool] = mapped_column(default=True)
    #: True while the 官報 has not announced the holidays of that year (予測).
    is_predicted: Mapped[bool] = mapped_column(default=False)
    #: jpholiday, 年末年始, or 職員 for what somebody entered or changed (出典).
    source: Mapped[str]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class CalendarStep(Base):
    """One step of the office's fiscal year, with its day and who does it (年間予定)."""

    __tablename__ = "calendar_step"
    __table_args__ = (
        UniqueConstraint("consortium_id", "fiscal_year_start", "key"),
        plausible_year(),
        one_of("roll_rule", ROLL_RULES),
        one_of("role", STEP_ROLES),
        CheckConstraint("(done_on IS NULL) = (done_by IS NULL)", name="done_by_somebody"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Fiscal year whose calendar the step stands in (年度).
    fiscal_year_start: Mapped[int]
    #: What the step is, e.g. `estimate`; one added by the office has a key of its own.
    key: Mapped[str]
    #: Title, e.g. 次年度負担見込の通知 (名称).
    title: Mapped[str]
    #: Document that goes out or comes in, empty for none (帳票).
    document: Mapped[str] = mapped_column(default="")
    #: Day as the agreement names it, before it moves (期日).
    nominal_on: Mapped[date]
    #: Where it goes on a closed day: previous_open_day, next_open_day, stay (閉庁日のときの扱い).
    roll_rule: Mapped[str]
    #: Who does it: lead_staff, lead_approver, member_staff (担当).
    role: Mapped[str]
    #: Day it was marked done by hand, empty where facts say it or nobody did (済とした日).
    done_on: Mapped[date | None]
    #: User who marked it (済とした人).
    done_by: Mapped[str | None]
    #: What was noted then (済の備考).
    done_note: Mapped[str] = mapped_column(default="")
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it
