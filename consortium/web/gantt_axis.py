"""Where a day stands in the picture of a plan (工程表の目盛): geometry, no markup, as in svg.py.

Months are equally wide. The quarter before 本稼働 is drawn wider, by the week, for there the work
of single days stands close together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import Final

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.web.svg import rounded, year_label

#: A month of the last quarter is as wide as so many others.
_WEEKLY: Final = 4.0
#: Closed days narrower than this are not drawn: nobody would see them.
_SEEN: Final = 3.0
_ONE_DAY: Final = timedelta(days=1)
_QUARTER: Final = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A year, month or week of the head, or closed days of the body (列)."""

    x: float
    width: float
    label: str = ""

    @property
    def center(self) -> float:
        """Give the middle of the column."""
        return rounded(self.x + self.width / 2)

    @property
    def end(self) -> float:
        """Give where the column ends."""
        return rounded(self.x + self.width)


@dataclass(frozen=True, slots=True)
class Axis:
    """The days from the first to the last month of a picture (横軸)."""

    left: float
    right: float
    first: Month
    #: where each month begins, and where the last one ends
    edges: tuple[float, ...]
    years: tuple[Column, ...]
    months: tuple[Column, ...]
    #: Mondays of the last quarter; empty where it is not drawn by the week
    weeks: tuple[Column, ...]

    def x(self, day: date) -> float:
        """Give where a day begins, the edge of the picture for a day outside it."""
        month = Month.containing(day)
        at = _months_from(self.first, month)
        if at < 0:
            return self.left
        if at >= len(self.edges) - 1:
            return self.right
        length = (_later(month, 1).first - month.first).days
        part = (day.day - 1) / length
        return rounded(self.edges[at] + (self.edges[at + 1] - self.edges[at]) * part)

    def end(self, day: date) -> float:
        """Give where a day ends."""
        return self.x(day + _ONE_DAY)

    def holds(self, day: date) -> bool:
        """Say whether a day stands in the picture."""
        return 0 <= _months_from(self.first, Month.containing(day)) < len(self.edges) - 1

    def closed(self, open_days: Sequence[date]) -> tuple[Column, ...]:
        """Give the blocks of closed days that are wide enough to be seen (閉庁日)."""
        blocks = []
        for before, after in pairwise(open_days):
            if (after - before).days > 1:
                start, end = self.end(before), self.x(after)
                if end - start >= _SEEN:
                    blocks.append(Column(start, rounded(end - start)))
        return tuple(blocks)


def axis(
    left: float, right: float, days: Sequence[date], *, anchor: date | None = None,
    year_labels: Mapping[int, str] | None = None,
) -> Axis:  # fmt: skip
    """Lay out the months of all the days; with an anchor, the quarter before it by the week."""
    first, last = Month.containing(min(days)), Month.containing(max(days))
    months = [_later(first, at) for at in range(_months_from(first, last) + 1)]
    wide = _last_quarter(anchor) if anchor else set()
    weights = [_WEEKLY if month in wide else 1.0 for month in months]
    part = (right - left) / sum(weights)
    edges = tuple(rounded(left + part * sum_) for sum_ in accumulate(weights, initial=0.0))
    columns = [
        Column(start, rounded(end - start))
        for start, end in pairwise(edges)
    ]  # fmt: skip
    bare = Axis(left, right, first, edges, (), (), ())
    return Axis(
        left, right, first, edges,
        _years(bare, months, year_labels),
        tuple(Column(each.x, each.width, _month_label(month, each.width))
              for month, each in zip(months, columns, strict=True)),
        _weeks(bare, sorted(wide & set(months))),
    )  # fmt: skip


def _last_quarter(anchor: date) -> set[Month]:
    last = Month.containing(anchor - _ONE_DAY)
    return {_later(last, -back) for back in range(_QUARTER)}


def _years(
    bare: Axis, months: Sequence[Month], year_labels: Mapping[int, str] | None
) -> tuple[Column, ...]:
    found = []
    for year in sorted({FiscalYear.containing(month.first) for month in months}):
        start, end = bare.x(year.period.since), bare.x(year.next().period.since)
        width = rounded(end - start)
        short = year_label(year)
        names = (fiscal_year_label(year, year_labels), f"{short}年度", short)
        fitting = (name for name in names if _fits(name, width))
        found.append(Column(start, width, next(fitting, "")))
    return tuple(found)


def _month_label(month: Month, width: float) -> str:
    """Number a month; where there is no room for all, the first of each quarter."""
    is_written = width >= 14 or (month.month % _QUARTER == 1 and width * _QUARTER >= 14)
    return str(month.month) if is_written else ""


def _weeks(bare: Axis, months: Sequence[Month]) -> tuple[Column, ...]:
    mondays = []
    for month in months:
        day = month.first + timedelta(days=-month.first.weekday() % 7)
        while Month.containing(day) == month:
            mondays.append(day)
            day += timedelta(days=7)
    return tuple(
        Column(bare.x(day), rounded(bare.x(day + timedelta(days=7)) - bare.x(day)), str(day.day))
        for day in mondays
    )


def _fits(text: str, width: float) -> bool:
    return width_of(text) * 12 + 8 <= width


def width_of(text: str) -> float:
    """Estimate how wide a text is, in widths of a full-width character (字数)."""
    return sum(0.58 if ord(each) < 0x250 else 1.0 for each in text)


def _months_from(first: Month, month: Month) -> int:
    return (month.year - first.year) * 12 + month.month - first.month


def _later(month: Month, months: int) -> Month:
    at = month.year * 12 + month.month - 1 + months
    return Month(at // 12, at % 12 + 1)
