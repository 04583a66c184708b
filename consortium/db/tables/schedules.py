"""What is due when, and that the scheduler lives (配信予定・稼働)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, identifier, one_of, reference
from consortium.domain.fiscalyear.report_period import PERIOD_TYPES
from consortium.domain.fiscalyear.schedule_rules import DAYS

ROLL_RULES = ("next_open_day", "previous_open_day", "stay")

#: Which column says the day, by period type.
_DAY_BY_TYPE = " AND ".join(
    f"((period_type IN {types}) = ({column} IS NOT NULL))"
    for types, column in (
        ("('month', 'quarter')", "day"),
        ("('week', 'day')", "weekdays"),
        ("('fiscal_year', 'instalment')", "step"),
    )
)


class ReportSchedule(Base):
    """When a report is made by itself (配信予定).

    Switching off sets `valid_to`; switching on again is a new row, so that the time between is
    never made up for.
    """

    __tablename__ = "report_schedule"
    __table_args__ = (
        one_of("period_type", PERIOD_TYPES),
        one_of("day", DAYS),
        CheckConstraint(_DAY_BY_TYPE, name="day_by_period_type"),
        one_of("roll_rule", ROLL_RULES),
        # Weekly times of another zone would need a rule for summer time; nobody asked for one.
        CheckConstraint("time_zone = 'Asia/Tokyo'", name="time_zone_is_tokyo"),
        CheckConstraint("valid_to > valid_from", name="valid_to_after_valid_from"),
        CheckConstraint("valid_to IS NOT NULL OR NOT is_paused", name="paused_has_valid_to"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Report to make, e.g. `monthly_cost` (帳票の種類).
    kind: Mapped[str]
    #: Period reported on: month, quarter, fiscal_year, instalment, week, day (対象期間).
    period_type: Mapped[str]
    #: Months (month, quarter) or weeks from the end of the period to the one it falls due in
    #: (期間のずれ).
    month_offset: Mapped[int] = mapped_column(default=0)
    #: Day of the month, 1 to 31 or `last`; of a month or quarter only (日).
    day: Mapped[str | None]
    #: Days of the week by name, e.g. mon or mon,wed; of a week (one) or day only (曜日).
    weekdays: Mapped[str | None]
    #: Step of the calendar whose day counts; of an instalment `instalment` or `notice` (年間予定).
    step: Mapped[str | None]
    #: Time of day in Japan, HH:MM (時刻).
    at_time: Mapped[str]
    #: On a closed day: next_open_day 翌開庁日, previous_open_day 前開庁日, stay 移動しない.
    roll_rule: Mapped[str]
    #: Time zone, always Asia/Tokyo.
    time_zone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    #: First instant a due time counts (有効開始).
    valid_from: Mapped[datetime]
    #: First instant it no longer counts, empty while switched on (有効終了).
    valid_to: Mapped[datetime | None]
    #: True while it may go on again, by a new row (一時停止).
    is_paused: Mapped[bool] = mapped_column(default=False)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class ReportScheduleTown(Base):
    """A town that a schedule serves (配信先); a schedule without any serves every member."""

    __tablename__ = "report_schedule_town"
    __table_args__ = (UniqueConstraint("schedule_id", "member_id"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Schedule it is a part of (配信予定).
    schedule_id: Mapped[str] = reference("report_schedule.id")
    #: Town that gets its file (構成団体).
    member_id: Mapped[str] = reference("member.id", index=True)


class RunEvent(Base):
    """What happened to a report run (作成の経過): claim, lease lost, retry, error; operational."""

    __tablename__ = "run_event"
    __table_args__ = (Index(None, "run_id", "at"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Report run it happened to (帳票作成).
    run_id: Mapped[str] = reference("report_run.id")
    #: When (日時).
    at: Mapped[datetime]
    #: Attempt during which it happened (試行).
    attempt: Mapped[int]
    #: What happened, e.g. claim, lease_lost, retry, error (出来事).
    event: Mapped[str]
    #: Process it happened in (プロセス).
    owner: Mapped[str] = mapped_column(default="")
    #: More about it, without personal data (詳細).
    detail: Mapped[str] = mapped_column(default="")


class SchedulerHeartbeat(Base):
    """The last sign of life of a scheduler process (稼働確認); operational."""

    __tablename__ = "scheduler_heartbeat"

    #: Process, e.g. host and process number (プロセス).
    process: Mapped[str] = mapped_column(primary_key=True)
    #: Computer it runs on (ホスト).
    host: Mapped[str]
    #: When it started (開始).
    started_at: Mapped[datetime]
    #: When it last ticked (最終確認).
    last_tick_at: Mapped[datetime]
