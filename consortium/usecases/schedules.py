"""Schedules (配信予定): what is due, what comes next, and what became of it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter

from consortium.db.store import closings, reports, schedules
from consortium.db.store.reports import NewRun
from consortium.db.store.schedules import ReportState, ScheduleRow
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.schedule import DuePeriod, Schedule, due_periods, upcoming
from consortium.usecases import statements
from consortium.usecases.closings import today_of
from consortium.usecases.kinds import SCHEDULED
from consortium.usecases.reporting import SYSTEM
from consortium.usecases.schedule_facts import Days, facts_of, next_due, read_days
from consortium.usecases.schedule_words import in_words
from consortium.usecases.viewer import Viewer

__all__ = ["facts_of", "next_due", "plan_due", "show_schedules"]

log = logging.getLogger(__name__)

#: Due times a preview shows.
NEXT = 12
_RECENT = 24

#: States of a schedule as people read them (配信予定の状態).
SCHEDULE_STATES = {
    "faulty": "期日を求められません",
    "active": "有効",
    "coming": "開始前",
    "paused": "停止中",
    "ended": "終了",
}


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """A schedule as shown (配信予定の一件)."""

    row: ScheduleRow
    state: str
    #: when it makes what, empty where that cannot be computed
    words: str
    coming: tuple[DuePeriod, ...]
    #: calendar years of these whose closed days are not there, so that days may still move
    unsure: tuple[int, ...] = ()

    @property
    def state_label(self) -> str:
        """Name the state (状態)."""
        return SCHEDULE_STATES[self.state]


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """Schedules with their next due times, and the reports made lately (配信予定の画面)."""

    #: those that make something, or may again
    lines: tuple[ScheduleLine, ...]
    ended: tuple[ScheduleLine, ...]
    recent: list[ReportState]
    last_tick: datetime | None


def show_schedules(viewer: Viewer, now: datetime) -> SchedulePage:
    """Give the schedules and what became of them (配信予定)."""
    with reading() as session:
        rows = schedules.schedule_rows(session, viewer.consortium_id)
        known = [row.schedule for row in rows if row.schedule]
        days = read_days(session, viewer.consortium_id, known)
        recent = schedules.recent_runs(session, viewer.consortium_id, _RECENT)
        tick_at = schedules.last_tick(session)
    lines = [line_of(row, days, now) for row in rows]
    return SchedulePage(
        tuple(line for line in lines if line.state != "ended"),
        tuple(line for line in lines if line.state == "ended"),
        recent,
        tick_at,
    )


def line_of(row: ScheduleRow, days: Days, now: datetime) -> ScheduleLine:
    """Say what a schedule does next (配信予定の一件)."""
    state = state_of(row, now)
    if row.schedule is None:
        return ScheduleLine(row, state, "", ())
    coming = tuple(islice(upcoming(row.schedule, days.facts, now), NEXT))
    words = in_words(row.schedule, days.titles)
    return ScheduleLine(row, state, words, coming, unsure_years(row.schedule, coming, days))


def unsure_years(schedule: Schedule, coming: Iterable[DuePeriod], days: Days) -> tuple[int, ...]:
    """Name the years in which days may still move: their closed days are not there (未登録の年)."""
    known = {day.year for day in days.facts.names}
    moves = schedule.roll_rule != "stay"
    return tuple(sorted({due.due_at.year for due in coming if moves} - known))


def state_of(row: ScheduleRow, now: datetime) -> str:
    """Say whether a schedule makes reports now (配信予定の状態)."""
    if row.is_paused:
        return "paused"
    if row.valid_to is not None and row.valid_to <= now:
        return "ended"
    if row.schedule is None:
        return "faulty"
    return "coming" if row.valid_from > now else "active"


# ---- planning ------------------------------------------------------------------------------------


def plan_due(now: datetime) -> None:
    """Enter a row for every report that has become due and has none yet (期限の来た帳票の登録).

    A schedule that cannot be computed keeps no other from its turn; of a consortium that fails,
    the error is raised when all had theirs.
    """
    with reading() as session:
        rows = schedules.schedule_rows(session)
        keys = schedules.known_keys(session, {row.kind for row in rows})
    errors: list[Exception] = []
    for consortium_id, owned in groupby(
        sorted(rows, key=attrgetter("consortium_id")), key=attrgetter("consortium_id")
    ):
        try:
            _plan(consortium_id, list(owned), keys.get(consortium_id, set()), now)
        except Exception as error:
            log.exception("planning: consortium %s failed", consortium_id)
            errors.append(error)
    if errors:
        raise errors[0]


def _plan(
    consortium_id: str, rows: Iterable[ScheduleRow], keys: set[tuple[str, str]], now: datetime
) -> None:
    known = [row.schedule for row in rows if row.schedule and row.kind in SCHEDULED]
    with reading() as session:
        facts = facts_of(session, consortium_id, known)
    due = due_periods(known, facts, now, keys, NEWEST_ONLY)
    if any(one.kind in statements.KINDS for one in due):
        # A year under 本締め issues no more; what was never issued then is not made up for.
        closed = _closed_years(consortium_id, now)
        due = tuple(
            one for one in due if one.kind not in statements.KINDS or one.fiscal_year not in closed
        )
    if not due:
        return
    with writing(SYSTEM, now) as unit:
        unit.operational()
        reports.insert_due(unit.session, [_new(consortium_id, one) for one in due])


def _closed_years(consortium_id: str, now: datetime) -> set[FiscalYear]:
    with reading() as session:
        locks = closings.locks(session, consortium_id)
    return {year for year, lock in locks.items() if lock.is_locked(today_of(now))}


#: Kinds made of the moment: a time gone by cannot be made up for.
NEWEST_ONLY = frozenset(kind for kind, each in SCHEDULED.items() if each.newest_only)


def _new(consortium_id: str, due: DuePeriod) -> NewRun:
    return NewRun(
        consortium_id,
        due.kind,
        due.fiscal_year,
        due.period_key,
        1,
        due.due_at,
        due.schedule_id,
    )
