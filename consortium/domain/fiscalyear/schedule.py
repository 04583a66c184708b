"""Which reports are due when (配信予定): a pure function of the schedules and the time.

Periods are enumerated first, and each has its due time; a period is never derived from the time
at which somebody looked. So a month missed by an outage is due like any other.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import takewhile
from zoneinfo import ZoneInfo

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError

TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class MonthlySchedule:
    """A report made every month (毎月の配信予定).

    Units: `day` 1 to 31, or `last`; a day past the end of a month means its last day. `offset` is
    the number of months from the month reported on to the month it falls due in. `valid_from` and
    `valid_to` bound the due times, half-open.
    """

    id: str
    kind: str
    day: str
    at_time: time
    offset: int
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class DuePeriod:
    """One period of a report and when it is due (対象期間と予定日時)."""

    schedule_id: str
    kind: str
    month: Month
    due_at: datetime

    @property
    def period_key(self) -> str:
        """The business key of the period, e.g. 2026-11 (対象期間)."""
        return str(self.month)

    @property
    def fiscal_year(self) -> FiscalYear:
        """The fiscal year of the month reported on (年度)."""
        return FiscalYear.containing(self.month.first)


def due_at(schedule: MonthlySchedule, month: Month) -> datetime:
    """Give the instant at which the report on a month is due, in Japan time (予定日時)."""
    due_month = month
    for _ in range(schedule.offset):
        due_month = due_month.next()
    last = monthrange(due_month.year, due_month.month)[1]
    day = last if schedule.day == "last" else min(int(schedule.day), last)
    on = date(due_month.year, due_month.month, day)
    return datetime.combine(on, schedule.at_time, TOKYO)


def _periods(schedule: MonthlySchedule) -> Iterator[DuePeriod]:
    """Enumerate the periods whose due time the schedule covers, in order."""
    first = schedule.valid_from.astimezone(TOKYO)
    # One month earlier than needed: the due time decides, not the month.
    index = first.year * 12 + first.month - 1 - schedule.offset - 1
    month = Month(index // 12, index % 12 + 1)
    while True:
        due = due_at(schedule, month)
        if schedule.valid_to is not None and due >= schedule.valid_to:
            return
        if due >= schedule.valid_from:
            yield DuePeriod(schedule.id, schedule.kind, month, due)
        month = month.next()


def due_periods(schedule: MonthlySchedule, now: datetime) -> tuple[DuePeriod, ...]:
    """Give every period that has become due up to now, the earliest first (期限の来た対象期間)."""
    return tuple(takewhile(lambda period: period.due_at <= now, _periods(schedule)))


def upcoming(schedule: MonthlySchedule, now: datetime) -> Iterator[DuePeriod]:
    """Give the periods due after now, in order; without end unless the schedule has one."""
    return (period for period in _periods(schedule) if period.due_at > now)


def refuse_unsupported(period_type: str, day: str | None, roll_rule: str) -> str:
    """Give the day of a schedule the engine can compute.

    Raises: BadInputError for period types and roll rules that are not built.
    """
    if period_type != "month" or day is None or roll_rule != "stay":
        raise BadInputError(
            "配信予定の期限を求めました。",
            f"対象期間「{period_type}」・移動「{roll_rule}」の予定は扱えません。",
            "毎月・移動しない予定にしてください。",
        )
    return day
