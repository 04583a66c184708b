"""What a change of a plan moves (この遅れで動くもの), and what becomes of 本稼働日.

Pure: a plan as it is, the plan as it would be, and the dates of both. Tasks never move back by
themselves: `floored` holds every task at its planned start unless it is named as pulled in.
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from consortium.domain.calendar.period import Month
from consortium.domain.onboarding.golive import GO_LIVE
from consortium.domain.onboarding.holding import broken
from consortium.domain.onboarding.network import Finding, Network, Schedule, Task, Times
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.schedule import schedule


@dataclass(frozen=True, slots=True)
class Moved:
    """One task whose planned dates change (動く作業); each `finish` is the last day."""

    code: str
    name: str
    old: tuple[date, date]
    new: tuple[date, date]
    #: open days of its calendar by which the last day moves; negative: earlier (差)
    days: int
    #: open days left in hand, None where nothing holds it (残る余裕)
    float_left: int | None
    #: True where it is critical now and was not before (新たにクリティカル)
    becomes_critical: bool


@dataclass(frozen=True, slots=True)
class PullIn:
    """A task that could be earlier than planned, were it pulled in (前倒しの提案)."""

    code: str
    name: str
    planned: tuple[date, date]
    possible: tuple[date, date]
    #: open days by which its last day would come earlier
    days: int


@dataclass(frozen=True, slots=True)
class GoLive:
    """What becomes of 本稼働日 (本稼働日)."""

    old: date
    #: the day the plan would hold: the old one, or the one chosen
    new: date
    #: open days in hand before `new`; negative: so many are missing
    margin: int | None
    #: earliest day on which it could stand, None where no date can be found
    earliest: date | None

    @property
    def is_late(self) -> bool:
        """Say whether a new day has to be chosen (間に合わない)."""
        return self.margin is not None and self.margin < 0

    @property
    def choices(self) -> tuple[date, ...]:
        """Give the earliest day and the first of a month from then on (その日・月初)."""
        if self.earliest is None:
            return ()
        month = Month.containing(self.earliest)
        first = month.first if month.first == self.earliest else month.next().first
        return tuple(dict.fromkeys((self.earliest, first)))

    @property
    def days(self) -> tuple[date, ...]:
        """Give the days whose yen are compared, the old one first; one alone moves no money."""
        later = self.choices if self.is_late else (self.new,)
        return tuple(dict.fromkeys((self.old, *later)))


# ---- dates ---------------------------------------------------------------------------------------


def floored(network: Network, plan: Plan, free: Collection[str]) -> Network:
    """Hold every task not begun at its planned start, but those named (後ろへだけ動く)."""
    planned = {task.code: task.planned_start for task in plan.tasks if task.code not in free}
    return replace(network, tasks=[_held(task, planned.get(task.code)) for task in network.tasks])


def _held(task: Task, planned: date | None) -> Task:
    if planned is None or task.started or task.finished:
        return task
    return replace(task, not_before=max(filter(None, (task.not_before, planned))))


def windowed(plan: Plan) -> frozenset[str]:
    """Name the tasks whose last day follows a session or the calendar (日の制約のある作業)."""
    return frozenset(task.code for task in plan.tasks if task.window_kind)


def slipping_back(plan: Plan, found: Schedule, network: Network) -> frozenset[str]:
    """Name window tasks that would finish before their planned day, which still is allowed."""
    times = {each.code: each for each in found.times}
    windows = {task.code: network.windows.get(task.window, ()) for task in network.tasks}
    return frozenset(
        task.code
        for task in plan.tasks
        if task.window_kind
        and task.code in times
        and times[task.code].finish < task.planned_finish
        and (not windows.get(task.code) or task.planned_finish in windows[task.code])
    )


def scheduled(network: Network, plan: Plan, free: Collection[str] = ()) -> Schedule:
    """Schedule a plan whose tasks only move later, but those named free (後ろへだけ動く日程).

    A task that waits for a session is held by its last day, not its first: the session may have
    been moved. It is held only where it would come out earlier than planned.
    """
    loose = {*free, *windowed(plan), GO_LIVE}
    found = schedule(floored(network, plan, loose))
    back = slipping_back(plan, found, network) - {*free, GO_LIVE}
    return schedule(floored(network, plan, loose - back)) if back else found


def unheld(network: Network, plan: Plan) -> tuple[Finding, ...]:
    """List the links, days and windows its planned dates break (計画の日付の整合)."""
    return broken(network, {task.code: dates_of(task) for task in plan.tasks})


def planned_anew(plan: Plan, found: Schedule) -> Plan:
    """Give the plan with the dates of a schedule as its planned ones (計画の日付の置換え).

    What is over keeps its planned dates; what is under way is counted anew from its actual start,
    so that what is pulled in behind it never overlaps it.
    """
    times = {each.code: each for each in found.times}
    return replace(plan, tasks=tuple(_dated(task, times.get(task.code)) for task in plan.tasks))


def _dated(task: PlanTask, times: Times | None) -> PlanTask:
    if times is None or task.finished_on is not None:
        return task
    return replace(task, planned_start=times.start, planned_finish=times.finish)


def moved_tasks(
    old: Plan, new: Plan, before: Schedule, after: Schedule, network: Network
) -> tuple[Moved, ...]:
    """List the tasks whose planned dates differ, in the order of the plan (動く作業)."""
    was = {task.code: task for task in old.tasks}
    old_times, times = ({each.code: each for each in one.times} for one in (before, after))
    return tuple(
        Moved(
            task.code,
            task.name,
            dates_of(was[task.code]),
            dates_of(task),
            open_days(network, task.code, was[task.code].planned_finish, task.planned_finish),
            times[task.code].total_float,
            times[task.code].is_critical and not old_times[task.code].is_critical,
        )
        for task in new.tasks
        if dates_of(task) != dates_of(was[task.code])
    )


def pull_ins(
    old: Plan, new: Plan, wanted: Plan, network: Network, pulled: Collection[str]
) -> tuple[PullIn, ...]:
    """List what would end earlier than it is planned now, were all of it pulled in (前倒しの提案).

    What is chosen already stays on the list; what moves earlier by itself is not on it.
    """
    was = {task.code: task for task in old.tasks}
    times = {each.code: each for each in schedule(network).times}
    codes = {
        task.code
        for task in new.tasks
        if task.started_on is None and task.finished_on is None and task.code != GO_LIVE
        if task.code in pulled or times[task.code].finish < task.planned_finish
    }
    # Each time those that gain nothing stay where they are, and what follows them with them.
    while codes:
        times = {each.code: each for each in scheduled(network, wanted, codes).times}
        kept = {code for code in codes if times[code].finish < was[code].planned_finish}
        if kept == codes:
            break
        codes = kept
    return tuple(
        PullIn(
            code,
            task.name,
            dates_of(was[code]),
            (times[code].start, times[code].finish),
            open_days(network, code, times[code].finish, was[code].planned_finish),
        )
        for task in new.tasks
        if (code := task.code) in codes
    )


def dates_of(task: PlanTask) -> tuple[date, date]:
    """Give the planned first and last day (計画の日付)."""
    return task.planned_start, task.planned_finish


def open_days(network: Network, code: str, since: date, until: date) -> int:
    """Count the open days of a task's calendar from one day to another, signed (業務日の差)."""
    key = next(task.calendar for task in network.tasks if task.code == code)
    days: Sequence[date] = network.calendars[key]
    return bisect_left(days, until) - bisect_left(days, since)


def go_live(old: Plan, new: Plan, found: Schedule) -> GoLive:
    """Say what becomes of 本稼働日 (本稼働日)."""
    return GoLive(old.anchor_on, new.anchor_on, found.margin, found.earliest_anchor)
