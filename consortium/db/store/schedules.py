"""Schedules and the state of their reports (配信予定・帳票作成)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consortium.db.models import ReportRun, ReportSchedule, SchedulerHeartbeat
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.schedule import MonthlySchedule, refuse_unsupported

TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class ReportState:
    """A report run as shown (帳票作成の状況)."""

    id: str
    kind: str
    year: FiscalYear
    period_key: str
    edition: int
    due_at: datetime
    state: str
    late: bool
    wait_reason: str
    error: str
    attempt: int


class ReportKey(NamedTuple):
    """Which statements of a year are meant (発行する帳票)."""

    kind: str
    year: FiscalYear
    edition: int


def schedules(
    session: Session, consortium_id: str | None = None
) -> list[tuple[str, MonthlySchedule]]:
    """Give consortium and schedule of every row, or of one consortium's (配信予定)."""
    query = select(ReportSchedule).order_by(ReportSchedule.kind, ReportSchedule.valid_from)
    if consortium_id is not None:
        query = query.where(ReportSchedule.consortium_id == consortium_id)
    return [
        (
            row.consortium_id,
            MonthlySchedule(
                row.id,
                row.kind,
                refuse_unsupported(row.period_type, row.day, row.roll_rule),
                time.fromisoformat(row.at_time),
                row.month_offset,
                row.valid_from.astimezone(TOKYO),
                row.valid_to.astimezone(TOKYO) if row.valid_to else None,
            ),
        )
        for row in session.scalars(query)
    ]


def recent_runs(
    session: Session, consortium_id: str, kinds: Iterable[str], limit: int
) -> list[ReportState]:
    """Give the newest report runs of some kinds (作成済・作成中の帳票)."""
    rows = session.scalars(
        select(ReportRun)
        .where(ReportRun.consortium_id == consortium_id, ReportRun.kind.in_(list(kinds)))
        .order_by(ReportRun.due_at.desc(), ReportRun.id)
        .limit(limit)
    )
    return [_state(row) for row in rows]


def needing_a_person(session: Session, consortium_id: str) -> list[ReportState]:
    """Give the runs that failed or wait, the oldest first (要対応の帳票)."""
    is_held_up = (ReportRun.wait_reason != "") | (ReportRun.error != "")
    rows = session.scalars(
        select(ReportRun)
        .where(
            ReportRun.consortium_id == consortium_id,
            (ReportRun.state == "failed") | ((ReportRun.state == "due") & is_held_up),
        )
        .order_by(ReportRun.due_at)
    )
    return [_state(row) for row in rows]


def find_report(session: Session, consortium_id: str, key: ReportKey) -> ReportState | None:
    """Give the report run with a business key; None before somebody asked for it (帳票作成)."""
    row = session.scalars(
        select(ReportRun).where(
            ReportRun.consortium_id == consortium_id,
            ReportRun.kind == key.kind,
            ReportRun.fiscal_year_start == key.year.start_year,
            ReportRun.edition == key.edition,
        )
    ).first()
    return None if row is None else _state(row)


def _state(row: ReportRun) -> ReportState:
    return ReportState(
        row.id,
        row.kind,
        FiscalYear(row.fiscal_year_start),
        row.period_key,
        row.edition,
        row.due_at.astimezone(TOKYO),
        row.state,
        row.late,
        row.wait_reason,
        row.error,
        row.attempt,
    )


def last_tick(session: Session) -> datetime | None:
    """Give the latest sign of life of any scheduler (最終確認)."""
    newest = session.execute(select(func.max(SchedulerHeartbeat.last_tick_at))).scalar_one()
    return newest.astimezone(TOKYO) if newest else None


def beat(unit: Unit, process: str, host: str) -> None:
    """Write the sign of life of a scheduler (稼働確認)."""
    row = unit.session.get(SchedulerHeartbeat, process)
    if row is None:
        unit.session.add(
            SchedulerHeartbeat(
                process=process, host=host, started_at=unit.now, last_tick_at=unit.now
            )
        )
    else:
        row.last_tick_at = unit.now
