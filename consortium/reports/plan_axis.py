"""The months over a 工程表 (時間軸): a column each, weeks in the last quarter before 本稼働."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.calendar.wareki import fiscal_year_code, fiscal_year_label

#: More columns than this nobody reads, and an upload has no room for: then quarters, then years.
_MOST = 72
_WEEKLY_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Span:
    """One column of the axis (時間軸の列)."""

    period: Period
    label: str

    @property
    def year(self) -> FiscalYear:
        """Give the fiscal year it stands below (年度)."""
        return FiscalYear.containing(self.period.since)

    def holds(self, first: date, last: date) -> bool:
        """Say whether a day from `first` to `last`, both inside, lies in it."""
        return self.period.overlaps(Period(first, last + timedelta(days=1)))


def spans(first: date, last: date, go_live: date | None = None) -> tuple[Span, ...]:
    """Give the columns from the month of `first` to that of `last`.

    The three months that end before `go_live` are cut into weeks, each from a Monday on.
    """
    months = list(_months(first, last))
    if len(months) > _MOST:
        return _coarse(months)
    weekly = _weekly(go_live) if go_live else set()
    found: list[Span] = []
    for month in months:
        found += _weeks(month) if month in weekly else [Span(month.period, str(month.month))]
    return tuple(found)


def year_groups(
    columns: Sequence[Span], year_labels: Mapping[int, str]
) -> Iterator[tuple[int, int, str]]:
    """Give each fiscal year over its columns: first and last, from 0, and its label (年度)."""
    first = 0
    for place, span in enumerate(columns):
        is_last = place + 1 == len(columns) or columns[place + 1].year != span.year
        if is_last:
            is_narrow = place - first < 2
            label = fiscal_year_label(span.year, year_labels)
            yield first, place, fiscal_year_code(span.year) if is_narrow else label
            first = place + 1


def _months(first: date, last: date) -> Iterator[Month]:
    month = Month.containing(first)
    while month.first <= last:
        yield month
        month = month.next()


def _weekly(go_live: date) -> set[Month]:
    """Give the last months of work: a go-live on the first of a month ends the one before."""
    found: set[Month] = set()
    day = go_live - timedelta(days=1)
    for _ in range(_WEEKLY_MONTHS):
        month = Month.containing(day)
        found.add(month)
        day = month.first - timedelta(days=1)
    return found


def _weeks(month: Month) -> Iterator[Span]:
    since, end = month.first, month.next().first
    while since < end:
        until = min(since + timedelta(days=7 - since.weekday()), end)
        yield Span(Period(since, until), f"{since.month}/{since.day}")
        since = until


def _coarse(months: Sequence[Month]) -> tuple[Span, ...]:
    """Join months to quarters, or where those are too many to fiscal years (四半期・年度)."""
    for size in (3, 12):
        found: list[Span] = []
        for month in months:
            place = (month.month - 4) % 12
            if found and place % size:
                joined = Period(found[-1].period.since, month.next().first)
                found[-1] = Span(joined, found[-1].label)
            else:
                found.append(Span(month.period, f"{month.month}～" if size == 3 else ""))
        if len(found) <= _MOST:
            break
    return tuple(found)
