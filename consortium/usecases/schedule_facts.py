"""What due times follow from besides the schedules (期日の元): open days and the calendar."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from consortium.db.store import calendars, instalments, steps
from consortium.db.store.schedules import schedule_rows
from consortium.db.store.steps import CalendarStep
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.fiscalyear.schedule import DueFacts, DuePeriod, Schedule, upcoming
from consortium.domain.fiscalyear.steps import PLANNED, Timing, planned_timing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: (fiscal year, number) → due day by the instalment plan
Planned = Mapping[tuple[int, int], date]


class Days(NamedTuple):
    """The days of an office (暦), and how its steps are called."""

    facts: DueFacts
    #: key of a step → its title in the latest calendar
    titles: Mapping[str, str]


def read_days(
    session: "Session", consortium_id: str, schedules: Iterable[Schedule], *, is_whole: bool = False
) -> Days:
    """Read what some schedules need, and no more: up to three statements (期日の元の読取り).

    `is_whole` reads all of it, for a schedule that is not saved yet.
    """
    known = list(schedules)
    has_steps = is_whole or any(each.step for each in known)
    if not has_steps and all(each.roll_rule == "stay" for each in known):
        return Days(DueFacts(), {})
    office, names = calendars.office_days(session, consortium_id)
    if not has_steps:
        return Days(DueFacts(office, names), {})
    listed = steps.steps(session, consortium_id)
    calendar = calendar_of(listed, instalments.planned_days(session, consortium_id), office)
    return Days(DueFacts(office, names, calendar), {step.key: step.title for step in listed})


def facts_of(session: "Session", consortium_id: str, schedules: Iterable[Schedule]) -> DueFacts:
    """Read what the due times of some schedules follow from (期日の元)."""
    return read_days(session, consortium_id, schedules).facts


def timing_of(step: CalendarStep, planned: Planned, office: OpenDays) -> Timing:
    """Give the day of a step; of an instalment and its notice the plan's, if there is one."""
    family, _, number = step.key.partition("_")
    due_on = planned.get((step.year.start_year, int(number) if number.isdigit() else 0))
    if due_on and family in PLANNED:
        return planned_timing(family, due_on, office)
    return Timing.of(step.nominal_on, step.roll_rule, office)


def calendar_of(
    listed: Iterable[CalendarStep], planned: Planned, office: OpenDays
) -> dict[tuple[int, str], Timing]:
    """Give the day of every step, and of every instalment planned (年間予定の日)."""
    by_plan = {
        (start, f"{family}_{no}"): planned_timing(family, due_on, office)
        for (start, no), due_on in planned.items()
        for family in PLANNED
    }
    by_step = {
        (step.year.start_year, step.key): timing_of(step, planned, office) for step in listed
    }
    return {**by_plan, **by_step}


def next_due(
    session: "Session", consortium_id: str, now: datetime, limit: int, *, code: str | None = None
) -> list[DuePeriod]:
    """Give what falls due next, in order (次に期限の来る帳票).

    With the `code` of a town only what schedules that serve it make.
    """
    rows = [
        row
        for row in schedule_rows(session, consortium_id)
        if code is None or not row.towns or code in row.towns
    ]
    known = [row.schedule for row in rows if row.schedule and not row.schedule.is_over(now)]
    facts = facts_of(session, consortium_id, known)
    due = merge(*(upcoming(each, facts, now) for each in known), key=attrgetter("due_at"))
    return list(islice(due, limit))
