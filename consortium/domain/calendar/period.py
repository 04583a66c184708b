"""Half-open periods, months and fiscal years (期間・月・年度): the only arithmetic on dates.

`since` is the first day inside, `until` the first day outside, `None` means open. So adjoining
periods share a date without overlapping, and nothing ever ends at 23:59:59.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from typing import Self

from consortium.domain.errors import BadInputError

_FIRST_MONTH_OF_FISCAL_YEAR = 4
_MONTH_TEXT = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `since` up to, but not including, `until` (期間).

    >>> Period(date(2021, 6, 1), None).contains(date(2021, 6, 1))
    True

    Raises: BadInputError if `until` is not after `since`.
    """

    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        """Refuse a period without a single day."""
        if self.until is not None and self.until <= self.since:
            raise BadInputError(
                "期間を登録しようとしました。",
                f"終わりの翌日（{self.until}）が始まり（{self.since}）より後ではありません。",
                "終わりの日を始まりの日以後にするか、空欄（継続中）にしてください。",
                path="until",
            )

    def contains(self, day: date) -> bool:
        """Say whether the day lies inside (期間内)."""
        return self.since <= day and (self.until is None or day < self.until)

    def overlaps(self, other: "Period") -> bool:
        """Say whether at least one day lies in both (重複)."""
        return (other.until is None or self.since < other.until) and (
            self.until is None or other.since < self.until
        )

    def intersection(self, other: "Period") -> "Period | None":
        """Give the days that lie in both periods, or None if there are none (共通期間)."""
        since = max(self.since, other.since)
        ends = [end for end in (self.until, other.until) if end is not None]
        until = min(ends, default=None)
        if until is not None and until <= since:
            return None
        return Period(since, until)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month (月), e.g. the month of a cost or of a report.

    Raises: BadInputError for a month that is not in the calendar.
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        """Refuse what is not a month; the last calendar year has no day after it to end with."""
        if not (MINYEAR <= self.year < MAXYEAR and 1 <= self.month <= 12):
            raise BadInputError(
                f"「{self.year}年{self.month}月」を読み取ろうとしました。",
                "暦にない月です。",
                "1月から12月までの月を指定してください。",
            )

    def __str__(self) -> str:
        """Give the month as in case files and keys: 2021-04."""
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a month written 2021-04; full-width digits are understood.

        Raises: BadInputError for any other text.
        """
        match = _MONTH_TEXT.fullmatch(unicodedata.normalize("NFKC", text).strip())
        if match is None:
            raise BadInputError(
                f"「{text}」を月として読み取ろうとしました。",
                "年4桁と月2桁の形ではありません。",
                "2021-04 のように書いてください。",
            )
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def containing(cls, day: date) -> Self:
        """Give the month in which the day lies."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Give the first day of the month (初日)."""
        return date(self.year, self.month, 1)

    def next(self) -> "Month":
        """Give the month after this one (翌月)."""
        return Month.containing(self._first_of_next)

    @property
    def period(self) -> Period:
        """Give the days of the month."""
        return Period(self.first, self._first_of_next)

    @property
    def _first_of_next(self) -> date:
        # No month is longer than 31 days and none shorter than 28, so day 32 is in the next one.
        return (self.first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """A fiscal year, 1 April to 31 March, known by the year it starts in (年度).

    >>> FiscalYear(2021).period
    Period(since=datetime.date(2021, 4, 1), until=datetime.date(2022, 4, 1))

    Raises: BadInputError for a year outside the calendar.
    """

    start_year: int

    def __post_init__(self) -> None:
        """Refuse a year whose twelve months are not all in the calendar."""
        if not MINYEAR <= self.start_year < MAXYEAR - 1:
            raise BadInputError(
                f"{self.start_year}年度を指定しました。",
                "暦にない年度です。",
                "年度の始まる年を西暦4桁で指定してください（令和3年度は 2021）。",
            )

    @classmethod
    def containing(cls, day: date) -> Self:
        """Give the fiscal year in which the day lies; March still belongs to the year before."""
        return cls(day.year if day.month >= _FIRST_MONTH_OF_FISCAL_YEAR else day.year - 1)

    @property
    def period(self) -> Period:
        """Give the days of the year."""
        first = date(self.start_year, _FIRST_MONTH_OF_FISCAL_YEAR, 1)
        return Period(first, first.replace(year=self.start_year + 1))

    def months(self) -> tuple[Month, ...]:
        """Give the twelve months, April first."""
        return tuple(
            [Month(self.start_year, month) for month in range(_FIRST_MONTH_OF_FISCAL_YEAR, 13)]
            + [Month(self.start_year + 1, month) for month in range(1, _FIRST_MONTH_OF_FISCAL_YEAR)]
        )

    def months_in(self, period: Period) -> tuple[Month, ...]:
        """Give the months of the year of which at least one day is in the period (在籍月).

        >>> len(FiscalYear(2021).months_in(Period(date(2021, 6, 1), None)))
        10
        """
        return tuple(month for month in self.months() if month.period.overlaps(period))

    def next(self) -> "FiscalYear":
        """Give the fiscal year after this one (翌年度)."""
        return FiscalYear(self.start_year + 1)

    def previous(self) -> "FiscalYear":
        """Give the fiscal year before this one (前年度)."""
        return FiscalYear(self.start_year - 1)
