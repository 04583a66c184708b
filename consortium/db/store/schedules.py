"""Schedules and the state of their reports (配信予定・帳票作成)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consortium.db.models import (
    Member,
    ReportRun,
    ReportSchedule,
    ReportScheduleTown,
    SchedulerHeartbeat,
)
from consortium.db.store.turns import FOR_PEOPLE
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.schedule import Schedule
from consortium.domain.fiscalyear.schedule_rules import parse_time

TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule as saved (配信予定の行); without a `schedule` where it cannot be computed."""

    id: str
    consortium_id: str
    kind: str
    valid_from: datetime
    valid_to: datetime | None
    is_paused: bool
    row_version: int
    schedule: Schedule | None
    #: why it cannot be computed, empty where it can
    fault: str = ""
    #: codes and names of the towns it serves; none means every member
    towns: tuple[str, ...] = ()
    town_names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Name the towns it serves (配信先)."""
        return "・".join(self.town_names) or "全団体"


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

    @property
    def is_alarming(self) -> bool:
        """Say whether something is wrong, which waiting for people is not (異常)."""
        return bool(self.error) or not self.wait_reason.endswith(FOR_PEOPLE)


class ReportKey(NamedTuple):
    """Which statements of a year are meant (発行する帳票)."""

    kind: str
    year: FiscalYear
    edition: int


def schedule_rows(session: Session, consortium_id: str | None = None) -> list[ScheduleRow]:
    """Give every schedule, or one consortium's, the ended ones too (配信予定の一覧)."""
    towns = ReportScheduleTown
    query = (
        select(ReportSchedule, Member.code, Member.name)
        .outerjoin(towns, towns.schedule_id == ReportSchedule.id)
        .outerjoin(Member, Member.id == towns.member_id)
        .order_by(ReportSchedule.kind, ReportSchedule.valid_from, ReportSchedule.id, Member.code)
    )
    if consortium_id is not None:
        query = query.where(ReportSchedule.consortium_id == consortium_id)
    rows: dict[str, ReportSchedule] = {}
    served: dict[str, list[tuple[str, str]]] = {}
    for row, code, name in session.execute(query):
        rows[row.id] = row
        served.setdefault(row.id, []).extend([(str(code), name)] if code else [])
    return [_schedule_row(row, served[row.id]) for row in rows.values()]


def _schedule_row(row: ReportSchedule, served: list[tuple[str, str]]) -> ScheduleRow:
    schedule, fault = None, ""
    try:
        schedule = _schedule(row)
    except BadInputError as error:
        fault = f"{error.found}{error.todo}"
    return ScheduleRow(
        row.id,
        row.consortium_id,
        row.kind,
        row.valid_from.astimezone(TOKYO),
        row.valid_to.astimezone(TOKYO) if row.valid_to else None,
        row.is_paused,
        row.row_version,
        schedule,
        fault,
        tuple(code for code, _ in served),
        tuple(name for _, name in served),
    )


def _schedule(row: ReportSchedule) -> Schedule:
    """Read a row. Raises: BadInputError for one that has no due times."""
    return Schedule(
        row.id,
        row.kind,
        row.period_type,
        parse_time(row.at_time),
        row.roll_rule,
        row.valid_from.astimezone(TOKYO),
        row.valid_to.astimezone(TOKYO) if row.valid_to else None,
        row.day,
        tuple(filter(None, (row.weekdays or "").split(","))),
        row.step,
        row.month_offset,
    )


def schedules(session: Session, consortium_id: str | None = None) -> list[tuple[str, Schedule]]:
    """Give consortium and schedule of every row that can be computed (配信予定)."""
    rows = schedule_rows(session, consortium_id)
    return [(row.consortium_id, row.schedule) for row in rows if row.schedule]


def known_keys(session: Session, kinds: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """Give the kinds and periods that have a run already, by consortium (登録済みの対象期間)."""
    found = session.execute(
        select(ReportRun.consortium_id, ReportRun.kind, ReportRun.period_key).where(
            ReportRun.kind.in_(set(kinds))
        )
    )
    keys: dict[str, set[tuple[str, str]]] = {}
    for consortium_id, kind, period_key in found:
        keys.setdefault(consortium_id, set()).add((kind, period_key))
    return keys


def recipients_of_run(session: Session, run_id: str) -> frozenset[str] | None:
    """Give the codes of the towns that a run's schedule serves (配信先).

    None means every member: of a schedule that names no town, and of a run without a schedule.
    """
    towns = ReportScheduleTown
    found = session.scalars(
        select(Member.code)
        .join(towns, towns.member_id == Member.id)
        .join(ReportRun, ReportRun.schedule_id == towns.schedule_id)
        .where(ReportRun.id == run_id)
    )
    return frozenset(map(str, found)) or None


def recent_runs(session: Session, consortium_id: str, limit: int) -> list[ReportState]:
    """Give the newest report runs that schedules asked for (配信予定による帳票)."""
    rows = session.scalars(
        select(ReportRun)
        .where(ReportRun.consortium_id == consortium_id, ReportRun.schedule_id.is_not(None))
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
