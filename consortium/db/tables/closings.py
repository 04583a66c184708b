"""Locks of a fiscal year and how they are lifted for a while (締め・再開)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, identifier, one_of, plausible_year, reference

KINDS = ("soft", "hard")
_ONE_IN_FORCE = text("ended_at IS NULL")
_ONE_ON_ITS_WAY = text("refused_at IS NULL AND ended_at IS NULL")


class YearClosing(Base):
    """A lock of a fiscal year (締め): soft 仮締め, hard 本締め; triggers read the hard ones."""

    __tablename__ = "year_closing"
    __table_args__ = (
        Index(
            "uq_year_closing_in_force",
            *("consortium_id", "fiscal_year_start", "kind"),
            unique=True,
            sqlite_where=_ONE_IN_FORCE,
            postgresql_where=_ONE_IN_FORCE,
        ),
        plausible_year(),
        one_of("kind", KINDS),
        # A hard lock never ends; a granted reopening lifts it for a while.
        CheckConstraint("kind = 'soft' OR ended_at IS NULL", name="hard_never_ends"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year begins, e.g. 2026 (年度).
    fiscal_year_start: Mapped[int]
    #: soft 仮締め: changes need a reason; hard 本締め: nothing changes (締めの種類).
    kind: Mapped[str]
    #: User who closed it (締めた人).
    closed_by: Mapped[str]
    #: When it was closed (締めた日時).
    closed_at: Mapped[datetime]
    #: Why, or a remark, may be empty (理由・備考).
    reason: Mapped[str] = mapped_column(default="")
    #: User who took a soft lock back, empty while in force (取り消した人).
    ended_by: Mapped[str | None]
    #: When a soft lock was taken back, empty while in force (取り消した日時).
    ended_at: Mapped[datetime | None]


class YearReopening(Base):
    """A hard lock lifted until a day (再開): proposed by one person, granted by another."""

    __tablename__ = "year_reopening"
    __table_args__ = (
        Index(
            "uq_year_reopening_on_its_way",
            "closing_id",
            unique=True,
            sqlite_where=_ONE_ON_ITS_WAY,
            postgresql_where=_ONE_ON_ITS_WAY,
        ),
        CheckConstraint("reason <> ''", name="reason_is_given"),
        CheckConstraint("granted_by <> proposed_by", name="granted_by_another"),
        CheckConstraint("(granted_at IS NULL) = (granted_by IS NULL)", name="granted_by_somebody"),
        CheckConstraint("(refused_at IS NULL) = (refused_by IS NULL)", name="refused_by_somebody"),
        CheckConstraint("granted_at IS NULL OR refused_at IS NULL", name="granted_or_refused"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Hard lock that it lifts (本締め).
    closing_id: Mapped[str] = reference("year_closing.id", index=True)
    #: User who proposed it (申し出た人).
    proposed_by: Mapped[str]
    #: When it was proposed (申出の日時).
    proposed_at: Mapped[datetime]
    #: Why the year has to change (理由).
    reason: Mapped[str]
    #: Last day on which the year may change, itself included (再開の期限).
    last_day: Mapped[date]
    #: Another user, who granted it (認めた人).
    granted_by: Mapped[str | None]
    #: When it was granted (認めた日時).
    granted_at: Mapped[datetime | None]
    #: User who refused it (認めなかった人).
    refused_by: Mapped[str | None]
    #: When it was refused (認めなかった日時).
    refused_at: Mapped[datetime | None]
    #: Why it was refused (認めなかった理由).
    answer: Mapped[str] = mapped_column(default="")
    #: User, or the process, that ended it; empty while it lasts (終えた人).
    ended_by: Mapped[str | None]
    #: When the lock was back, empty while it lasts (本締めに戻した日時).
    ended_at: Mapped[datetime | None]
