"""What the towns received, and what still waits for them (受領)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consortium.db.models import (
    AllocationRun,
    Member,
    Receipt,
    ReportFile,
    ReportRun,
    Statement,
    StatementCancellation,
    new_id,
)
from consortium.db.store.registers import PUBLISHED, YEARLY, Download, received_at
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.report_period import ReportPeriod


@dataclass(frozen=True, slots=True)
class Unread:
    """Current statements that nobody of the town has received (未受領)."""

    code: str
    name: str
    count: int
    #: day of issue of the oldest of them
    since: date


def unread_by_town(session: Session, consortium_id: str) -> list[Unread]:
    """Give the towns with unread current statements; the office needs no receipt of its own."""
    is_read = exists().where(
        Receipt.report_file_id == Statement.report_file_id, Receipt.code == Statement.code
    )
    rows = session.execute(
        select(Member.code, Member.name, func.count(), func.min(Statement.issued_on))
        .join(Statement, Statement.code == Member.code)
        .join(AllocationRun, AllocationRun.id == Statement.run_id)
        .where(
            Member.consortium_id == consortium_id,
            Statement.consortium_id == consortium_id,
            or_(AllocationRun.state == "issued", Statement.kind.not_in(YEARLY)),
            ~exists().where(StatementCancellation.statement_id == Statement.id),
            ~Member.is_lead,
            ~is_read,
        )
        .group_by(Member.code, Member.name)
        .order_by(Member.code)
    )
    return [Unread(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class PeriodicFile:
    """A published report of a period for a town (月次費用報告・四半期費用報告)."""

    file_id: str
    kind: str
    period_key: str
    display_name: str
    published_for: FiscalYear
    is_late: bool
    edition: int
    #: no later edition of the period is out
    is_current: bool
    received_at: datetime | None


def periodic_files(
    session: Session, consortium_id: str, kinds: Iterable[str], code: str
) -> list[PeriodicFile]:
    """Give a town's scheduled reports, the period ended last first (帳票の受取)."""
    rows = session.execute(
        select(
            ReportFile.id,
            ReportFile.display_name,
            ReportRun.period_key,
            ReportRun.fiscal_year_start,
            ReportRun.late,
            ReportRun.kind,
            ReportRun.edition,
        )
        .join(ReportRun, ReportRun.id == ReportFile.run_id)
        .where(
            ReportFile.consortium_id == consortium_id,
            ReportFile.slot == f"member:{code}",
            ReportRun.kind.in_(list(kinds)),
            ReportRun.state.in_(PUBLISHED),
        )
        .order_by(ReportRun.edition)
    ).all()
    received = received_at(session, consortium_id)
    newest = {(row.kind, row.period_key): row.id for row in rows}
    found = [
        PeriodicFile(
            row.id,
            row.kind,
            row.period_key,
            row.display_name,
            FiscalYear(row.fiscal_year_start),
            row.late,
            row.edition,
            newest[row.kind, row.period_key] == row.id,
            received.get(row.id),
        )
        for row in rows
    ]
    return sorted(found, key=_ended, reverse=True)


def _ended(file: PeriodicFile) -> tuple[date | None, str, int]:
    return ReportPeriod.parse(file.period_key).days.until, file.kind, file.edition


def receive(
    unit: Unit, consortium_id: str, download: Download, *, user_id: str, code: str | None
) -> None:
    """Note that a user received a file; the first time is recorded, later ones count (受領)."""
    dialect = postgresql if unit.session.get_bind().dialect.name == "postgresql" else sqlite
    noted = dialect.insert(Receipt).values(
        id=new_id(),
        consortium_id=consortium_id,
        report_file_id=download.file_id,
        user_id=user_id,
        code=code,
        first_at=unit.now,
        last_at=unit.now,
        count=1,
    )
    again = {"count": Receipt.count + 1, "last_at": unit.now}
    key = [Receipt.report_file_id, Receipt.user_id]
    times = unit.session.execute(
        noted.on_conflict_do_update(index_elements=key, set_=again).returning(Receipt.count)
    ).scalar_one()
    if times > 1:
        unit.operational()
        return
    title = f"{download.display_name}の受領"
    unit.record(
        consortium_id, "file.receive", "report_file", download.file_id, title, None, {"code": code}
    )
