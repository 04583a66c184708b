"""Which reports are due when (配信予定): a pure function of the schedules, the days and the time.

Periods are enumerated first, and each has its due time; a period is never derived from the time
at which somebody looked. So a month missed by an outage is due like any other. Rolling moves the
due time only, never the period or its fiscal year.
"""

from calendar import monthrange
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count, dropwhile, takewhile
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from consortium.domain.calendar.opendays import OpenDays, why_moved
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.fiscalyear.report_period import ReportPeriod
from consortium.domain.fiscalyear.schedule_rules import WEEKDAYS, Schedule
from consortium.domain.fiscalyear.steps import Timing, about_year

__all__ = ["TOKYO", "DueFacts", "DuePeriod", "Schedule", "due_of", "due_periods", "upcoming"]

TOKYO = ZoneInfo("Asia/Tokyo")

#: No due time is further from its nominal day than this: no office is closed for so long.
_FARTHEST_ROLL: Final = timedelta(days=62)
_ONE_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DueFacts:
    """What due times follow from besides the schedule (期日の元): open days and the calendar."""

    open_days: OpenDays = field(default_factory=OpenDays)
    #: names of the closed days, for saying why a day moved
    names: Mapping[date, str] = field(default_factory=dict)
    #: (start year of a calendar, key of a step) → its day
    calendar: Mapping[tuple[int, str], Timing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DuePeriod:
    """One period of a report and when it is due (対象期間と予定日時)."""

    schedule_id: str
    kind: str
    period: ReportPeriod
    due_at: datetime
    #: the day before it moved
    nominal_on: date
    #: why the due day is another than the nominal one, empty where it is not
    why_moved: str

    @property
    def period_key(self) -> str:
        """The business key of the period, e.g. 2026-11 (対象期間)."""
        return self.period.key

    @property
    def fiscal_year(self) -> FiscalYear:
        """The fiscal year reported on (年度)."""
        return self.period.fiscal_year


# ---- when a period is due ------------------------------------------------------------------------


def due_of(schedule: Schedule, period: ReportPeriod, facts: DueFacts) -> DuePeriod | None:
    """Give when the report on a period is due (予定日時).

    None where the calendar (年間予定) has no day for it yet.
    """
    found = _nominal(schedule, period, facts)
    if found is None:
        return None
    nominal_on, day, why = found
    on = facts.open_days.roll(day, schedule.roll_rule)
    if on != day:
        why = "、".join(filter(None, (why, why_moved(day, schedule.roll_rule, facts.names))))
    due_at = datetime.combine(on, schedule.at_time, TOKYO)
    return DuePeriod(schedule.id, schedule.kind, period, due_at, nominal_on, why)


def _nominal(
    schedule: Schedule, period: ReportPeriod, facts: DueFacts
) -> tuple[date, date, str] | None:
    """Give the nominal day, the day the schedule's own roll rule starts from, and why they differ.

    They differ where a month is too short, and where the calendar moved its step already.
    """
    if schedule.period_type in ("month", "quarter"):
        return _day_of_month(schedule, period)
    if schedule.period_type in ("fiscal_year", "instalment"):
        return _day_of_step(schedule, period, facts)
    day = period.days.since
    if schedule.period_type == "week":
        weekday = list(WEEKDAYS).index(schedule.weekdays[0])
        day += _ONE_WEEK * schedule.offset + timedelta(days=weekday)
    return day, day, ""


def _day_of_month(schedule: Schedule, period: ReportPeriod) -> tuple[date, date, str]:
    month = _later(period.months[-1], schedule.offset)
    last = monthrange(month.year, month.month)[1]
    if schedule.day == "last" or int(schedule.day or 0) <= last:
        day = month.first.replace(day=last if schedule.day == "last" else int(schedule.day or 0))
        return day, day, ""
    why = f"{month.month}月に{schedule.day}日はないため、末日"
    return month.first.replace(day=last), month.first.replace(day=last), why


def _day_of_step(
    schedule: Schedule, period: ReportPeriod, facts: DueFacts
) -> tuple[date, date, str] | None:
    key = schedule.step or ""
    if schedule.period_type == "instalment":
        key, start = f"{key}_{period.number}", period.fiscal_year.start_year
    else:
        # The step may stand in the calendar of another year than the one it is about.
        start = 2 * period.fiscal_year.start_year - about_year(key, period.fiscal_year).start_year
    timing = facts.calendar.get((start, key))
    if timing is None:
        return None
    why = why_moved(timing.nominal_on, timing.roll_rule, facts.names) if timing.is_moved else ""
    return timing.nominal_on, timing.effective_on, why


# ---- which periods there are ---------------------------------------------------------------------


def _periods(schedule: Schedule, facts: DueFacts, since: datetime) -> Iterator[DuePeriod]:
    """Enumerate the periods due from an instant on while the schedule is valid, in order."""
    begin = max(since, schedule.valid_from)
    each = (due_of(schedule, period, facts) for period in _candidates(schedule, facts, begin))
    # Rolling keeps the order of due times, so the first one too late ends the list.
    for due in each:
        if due is None or due.due_at < begin:
            continue
        if schedule.is_over(due.due_at):
            return
        yield due


def _candidates(schedule: Schedule, facts: DueFacts, begin: datetime) -> Iterator[ReportPeriod]:
    """Give the periods in the order of their due times, from somewhat before the first needed."""
    # One or two too many do no harm: the due time decides, not the period.
    first = begin.astimezone(TOKYO).date() - _FARTHEST_ROLL
    if schedule.period_type in ("fiscal_year", "instalment"):
        yield from _of_calendar(schedule, facts)
    elif schedule.period_type == "month":
        month = _later(Month.containing(first), -schedule.offset)
        yield from (ReportPeriod.of_month(_later(month, more)) for more in count())
    elif schedule.period_type == "quarter":
        month = _later(Month.containing(first), -schedule.offset)
        year, number = FiscalYear.containing(month.first), (month.month - 4) % 12 // 3
        for more in count(number):
            later = FiscalYear(year.start_year + more // 4)
            yield ReportPeriod.of_quarter(later, more % 4 + 1)
    elif schedule.period_type == "week":
        first -= _ONE_WEEK * schedule.offset
        yield from (ReportPeriod.of_week(first + _ONE_WEEK * more) for more in count())
    else:
        names = list(WEEKDAYS)
        for more in count():
            day = first + timedelta(days=more)
            if names[day.weekday()] in schedule.weekdays:
                yield ReportPeriod.of_day(day)


def _of_calendar(schedule: Schedule, facts: DueFacts) -> list[ReportPeriod]:
    """Give the years or instalments that the calendar has a day for, the earliest first."""
    found = []
    for (start, key), timing in facts.calendar.items():
        family, _, number = key.rpartition("_")
        if schedule.period_type == "fiscal_year" and key == schedule.step:
            found.append(
                (timing.effective_on, ReportPeriod.of_year(about_year(key, FiscalYear(start))))
            )
        elif schedule.period_type == "instalment" and family == schedule.step and number.isdigit():
            period = ReportPeriod.of_instalment(FiscalYear(start), int(number))
            found.append((timing.effective_on, period))
    return [period for _, period in sorted(found, key=lambda one: (one[0], one[1].key))]


def _later(month: Month, months: int) -> Month:
    index = month.year * 12 + month.month - 1 + months
    return Month(index // 12, index % 12 + 1)


# ---- what is asked of it -------------------------------------------------------------------------


def upcoming(schedule: Schedule, facts: DueFacts, now: datetime) -> Iterator[DuePeriod]:
    """Give the periods due after now, in order; without end unless the schedule has one."""
    return dropwhile(lambda due: due.due_at <= now, _periods(schedule, facts, now))


def due_periods(
    schedules: Iterable[Schedule],
    facts: DueFacts,
    now: datetime,
    keys: Container[tuple[str, str]],
    newest_only: Container[str] = (),
) -> tuple[DuePeriod, ...]:
    """Give every period due up to now that is not known yet, the earliest first (期限の来た期間).

    `keys` are the kinds and periods that have a row already: what is known is subtracted as a set,
    there is no mark of how far it went that could be wrong. Of the kinds in `newest_only`, which
    cannot be made for a time gone by, only the newest period of a schedule counts.
    """
    found: dict[tuple[str, str], DuePeriod] = {}
    for schedule in schedules:
        is_newest_only = schedule.kind in newest_only
        since = now - _FARTHEST_ROLL if is_newest_only else schedule.valid_from
        due = list(takewhile(lambda one: one.due_at <= now, _periods(schedule, facts, since)))
        for one in due[-1:] if is_newest_only else due:
            key = (one.kind, one.period_key)
            if key not in keys:
                found[key] = min(one, found.get(key, one), key=attrgetter("due_at"))
    return tuple(sorted(found.values(), key=lambda one: (one.due_at, one.kind, one.period_key)))
