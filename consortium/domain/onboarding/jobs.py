"""A task while its dates are computed (計算中の作業): what counts its days, what it depends on.

Every dependency is compared in open days of the task that follows. The two directions are exact
opposites, so that the forward pass never goes beyond what the backward pass allows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from consortium.domain.onboarding.network import Link, Network, Task
from consortium.domain.onboarding.workdays import ONE_DAY, Workdays


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment up to another (期間); a milestone's are the same, work ends the day after."""

    start: date
    end: date

    @property
    def last_day(self) -> date:
        """Give the last day of work, or the day of a milestone (最終日)."""
        return self.end if self.end == self.start else self.end - ONE_DAY


_NOT_YET: Final = Span(date.min, date.min)


@dataclass(slots=True, eq=False)
class Job:
    """A task with its calendar, its windows and its neighbours (計算中の作業)."""

    task: Task
    #: open days in which float is counted (業務日)
    office: Workdays
    #: days in which its work is counted: those of the office, or every day for a cut-over (暦日)
    count: Workdays
    #: sorted days it may finish on; None for any (日の制約)
    allowed: Sequence[date] | None
    before: list[tuple[Link, "Job"]] = field(default_factory=list)
    after: list[tuple[Link, "Job"]] = field(default_factory=list)
    #: as early as can be; of the anchor, where it could stand at the earliest
    early: Span = _NOT_YET
    #: as it is planned: the early dates, for the anchor its day while that can be kept
    planned: Span = _NOT_YET
    late: Span | None = None
    #: moment from which nothing but the calendar and the windows keeps it (着手できる時点)
    ready: date = date.min
    #: open days between its work and the day it may finish on (会期待ち)
    waits: int = 0

    def holds_start(self, link: Link) -> bool:
        """Say whether a link to this task holds its start; a milestone has no other moment."""
        return link.type in ("FS", "SS") or not self.task.days

    def arrival(self, link: Link, other: "Job") -> date:
        """Give the first moment a dependency allows for this task's start, or for its end."""
        moment = other.planned.end if link.type[0] == "F" else other.planned.start
        is_end = not self.holds_start(link)
        from_work = other.ends_work(link)
        if not link.lag and (from_work or not is_end):
            return moment
        counted = self.count.ended if is_end and from_work else self.count.index
        index = counted(moment) + link.lag
        return self.count.end(index) if index > 0 else self.count.day(0)

    def departure(self, link: Link, span: Span, other: "Job") -> date | None:
        """Give the last moment up to which this task, at a span, lets the one before it last."""
        if self.holds_start(link):
            moment = span.start
            return self.count.limit(self.count.index(moment) - link.lag) if link.lag else moment
        if not other.ends_work(link):
            return self.count.limit(self.count.index(span.end) - link.lag)
        if not link.lag:
            return span.end
        last = self.count.limit(self.count.index(span.end) - link.lag - 1)
        return None if last is None else last + ONE_DAY

    def ends_work(self, link: Link) -> bool:
        """Say whether a link goes out from the end of work: that day itself has to be reached."""
        return link.type[0] == "F" and self.task.days > 0

    def in_hand(self, day: date) -> int:
        """Count the open days between being ready and a day; negative where it is late (余裕)."""
        found = self.office.index(day) - self.office.index(self.ready)
        return found if self.ready <= day else min(found, -1)

    # ---- the last days -------------------------------------------------------------------------

    def latest(
        self, span_of: Callable[[Link, "Job"], Span | None], horizon: date | None = None
    ) -> Span | None:
        """Give the last days that suit those that follow, None where nothing holds it (限界日).

        `horizon` is the moment at which everything has to be done.
        """
        until, begin = horizon, None
        for link, other in self.after:
            span = span_of(link, other)
            moment = None if span is None else other.departure(link, span, self)
            if moment is None:
                continue
            if link.type[0] == "F":
                until = moment if until is None else min(until, moment)
            else:
                begin = moment if begin is None else min(begin, moment)
        if until is None and begin is None:
            return None
        if not self.task.days:
            return self._last_milestone(min(each for each in (until, begin) if each is not None))
        return self._last_work(until, begin)

    def _last_milestone(self, top: date) -> Span:
        if self.allowed is not None and (found := bisect_right(self.allowed, top)):
            day = self.allowed[found - 1]
        else:
            day = self.count.day(self.count.last_start(top))
        return Span(day, day)

    def _last_work(self, until: date | None, begin: date | None) -> Span:
        count, days = self.count, self.task.days
        indices = [] if until is None else [count.index(until)]
        if begin is not None:
            indices.append(count.last_start(begin) + days)
        index = min(indices)
        if self.allowed is not None:
            top = count.day(index) if until is None else min(until, count.day(index))
            if found := bisect_left(self.allowed, top):
                return self.ending_on(self.allowed[found - 1])
        return Span(count.day(index - days), count.end(index))

    def ending_on(self, last: date) -> Span:
        """Give the span whose last day is one it may finish on; its work is just before."""
        end = last + ONE_DAY
        return Span(self.count.day(self.count.index(end) - self.task.days), end)

    # ---- the first days ------------------------------------------------------------------------

    def earliest(self, floor: date, status_on: date | None) -> tuple[Span, int, date]:
        """Give the first days it can take, its wait for a window, and when nothing holds it more.

        `floor` is the first day of the plan, before which nothing starts.
        """
        task = self.task
        happened = task.finished or (None if task.days else task.started)
        if happened is not None:
            span = self._happened(happened)
            return span, 0, span.start
        begin = max(each for each in (floor, task.not_before, status_on) if each is not None)
        until = date.min
        for link, other in self.before:
            moment = self.arrival(link, other)
            if self.holds_start(link):
                begin = max(begin, moment)
            else:
                until = max(until, moment)
        span, waits = self._work(begin, until, status_on) if task.days else self._milestone(begin)
        return span, waits, begin

    def _happened(self, day: date) -> Span:
        if not self.task.days:
            return Span(day, day)
        end = day + ONE_DAY
        return Span(
            self.task.started or self.count.day(self.count.index(end) - self.task.days), end
        )

    def _milestone(self, begin: date) -> tuple[Span, int]:
        raw = self.count.day(self.count.index(begin))
        day = raw
        if self.allowed is not None:
            found = bisect_left(self.allowed, begin)
            day = self.allowed[found] if found < len(self.allowed) else raw
        return Span(day, day), max(0, self.office.index(day) - self.office.index(raw))

    def _work(self, begin: date, until: date, status_on: date | None) -> tuple[Span, int]:
        task, count = self.task, self.count
        index = count.index(task.started or begin) + task.days
        if task.started and status_on is not None:
            # What is not finished by today does not end before today.
            index = max(index, count.index(status_on) + 1)
        worked = count.end(index)
        if until > worked:
            index = count.ended(until)
        raw = Span(task.started or count.day(index - task.days), count.end(index))
        if self.allowed is None:
            return raw, 0
        found = bisect_left(self.allowed, max(worked, until) - ONE_DAY)
        if found == len(self.allowed):
            return raw, 0
        span = self.ending_on(self.allowed[found])
        if task.started:
            span = Span(task.started, span.end)
        return span, max(0, self.office.index(span.end) - self.office.index(raw.end))


def jobs_of(network: Network) -> dict[str, Job]:
    """Give every task with its neighbours, in the order of the network (計算の準備)."""
    offices = {key: Workdays(days) for key, days in network.calendars.items()}
    every_day: dict[str, Workdays] = {}
    jobs = {}
    for task in network.tasks:
        office = offices[task.calendar]
        if task.in_closed_block and task.calendar not in every_day:
            every_day[task.calendar] = office.every_day()
        count = every_day[task.calendar] if task.in_closed_block else office
        jobs[task.code] = Job(task, office, count, _allowed(task, office, network.windows))
    for link in network.links:
        jobs[link.before].after.append((link, jobs[link.after]))
        jobs[link.after].before.append((link, jobs[link.before]))
    return jobs


def _allowed(
    task: Task, office: Workdays, windows: Mapping[str, Sequence[date]]
) -> Sequence[date] | None:
    if task.window:
        return windows[task.window]
    if task.in_closed_block:
        return tuple(office.block_ends())
    return tuple(office.month_starts()) if task.at_month_start else None
