"""Counting along the open days of an office (業務日の並び).

An index is a position in the sorted days. A moment is the beginning of a day; work on the day with
index i ends at the moment after it, and everything up to the next open day is the same index.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError

ONE_DAY: Final = timedelta(days=1)
#: No office is closed for longer around the turn of a fiscal year.
_LONGEST_PAUSE: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Workdays:
    """The open days of a calendar that holds whole years, at least one day (業務日)."""

    days: Sequence[date]

    def index(self, moment: date) -> int:
        """Count the open days before a moment: the index of the first open day from it on.

        Raises: BadInputError for a moment in a year the calendar does not hold.
        """
        found = bisect_left(self.days, moment)
        if not found and moment.year < self.days[0].year:
            raise self._too_early(moment)
        if found == len(self.days) and moment.year > self.days[-1].year:
            raise self._too_late()
        return found

    def ended(self, moment: date) -> int:
        """Give the index before which work ends on the day before a moment, or later (終了)."""
        return self.index(moment - ONE_DAY) + 1

    def last_start(self, moment: date) -> int:
        """Give the index of the last open day up to and with a moment's own (以前の業務日)."""
        return bisect_right(self.days, moment) - 1

    def day(self, index: int) -> date:
        """Give the open day at an index. Raises: BadInputError beyond the calendar."""
        if 0 <= index < len(self.days):
            return self.days[index]
        raise self._too_early(None) if index < 0 else self._too_late()

    def limit(self, index: int) -> date | None:
        """Give the open day at an index, None beyond the calendar: no limit known (限界)."""
        return None if index >= len(self.days) else self.day(index)

    def end(self, index: int) -> date:
        """Give the moment at which the work before an index is done (終わりの時点)."""
        return self.day(index - 1) + ONE_DAY

    def every_day(self) -> "Workdays":
        """Give the calendar of all days of the same years (暦日)."""
        first, last = date(self.days[0].year, 1, 1), date(self.days[-1].year, 12, 31)
        return Workdays([first + n * ONE_DAY for n in range((last - first).days + 1)])

    def block_ends(self) -> Iterator[date]:
        """Give the last day of each stretch of at least two closed days (閉庁日の並びの終わり)."""
        for day, following in pairwise(self.days):
            if following - day > 2 * ONE_DAY:
                yield following - ONE_DAY

    def month_starts(self) -> Iterator[date]:
        """Give the first day of each month, open or not (月初)."""
        for year in range(self.days[0].year, self.days[-1].year + 1):
            yield from (date(year, month, 1) for month in range(1, 13))

    def _too_late(self) -> BadInputError:
        last = self.days[-1]
        whole = FiscalYear(FiscalYear.containing(last + _LONGEST_PAUSE).start_year - 1)
        return _refuse(
            f"閉庁日表が{fiscal_year_label(whole)}までです（{wareki(last)}より後の業務日を"
            "数えられません）。",
        )

    def _too_early(self, moment: date | None) -> BadInputError:
        before = "それより前" if moment is None else wareki(moment)
        return _refuse(
            f"閉庁日表が{self.days[0].year}年からです（{before}の業務日を数えられません）。"
        )


def _refuse(found: str) -> BadInputError:
    return BadInputError(
        "工程の日程を計算しようとしました。",
        found,
        "「閉庁日」の画面で、その年の祝日を取り込むか、日付と業務日数を確かめてください。",
    )
