"""The period a report is about (対象期間), and the key that says which one it is.

A report of a period exists once: the key is part of its business identity, so there is exactly one
way to write each period.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.calendar.wareki import fiscal_year_label, wareki, wareki_month
from consortium.domain.errors import BadInputError

#: Lengths of a period, as people read them (対象期間の長さ).
PERIOD_TYPES: Final = {
    "month": "月",
    "quarter": "四半期",
    "fiscal_year": "年度",
    "instalment": "期別",
    "week": "週",
    "day": "日",
}

_OF_YEAR = re.compile(r"FY([0-9]{4})(?:Q([1-4])|I([1-9][0-9]?))?")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_MONTHS_OF_QUARTER = 3
_ONE_DAY = timedelta(days=1)
#: Days from the Monday of a week to its Thursday, whose year counts as the week's.
_TO_THURSDAY = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """One period of a report (対象期間).

    `number` is that of a quarter (1 to 4) or of an instalment, else 0. `days` are the days it
    covers, those of its fiscal year for an instalment. A week runs from Monday and belongs to the
    fiscal year of its Thursday, as its number belongs to the calendar year of that day.
    """

    type: str
    fiscal_year: FiscalYear
    number: int
    days: Period

    @classmethod
    def of_month(cls, month: Month) -> Self:
        """Give the period of a month (月)."""
        return cls("month", FiscalYear.containing(month.first), 0, month.period)

    @classmethod
    def of_quarter(cls, year: FiscalYear, number: int) -> Self:
        """Give a quarter of a fiscal year: 1 is April to June (四半期)."""
        months = year.months()[_MONTHS_OF_QUARTER * (number - 1) :][:_MONTHS_OF_QUARTER]
        days = Period(months[0].first, months[-1].next().first)
        return cls("quarter", year, number, days)

    @classmethod
    def of_year(cls, year: FiscalYear) -> Self:
        """Give the period of a fiscal year (年度)."""
        return cls("fiscal_year", year, 0, year.period)

    @classmethod
    def of_instalment(cls, year: FiscalYear, number: int) -> Self:
        """Give an instalment of a fiscal year (期別)."""
        return cls("instalment", year, number, year.period)

    @classmethod
    def of_week(cls, day: date) -> Self:
        """Give the week, Monday to Sunday, in which a day lies (週)."""
        monday = day - timedelta(days=day.weekday())
        year = FiscalYear.containing(monday + _TO_THURSDAY)
        return cls("week", year, 0, Period(monday, monday + timedelta(days=7)))

    @classmethod
    def of_day(cls, day: date) -> Self:
        """Give the period of a single day (日)."""
        return cls("day", FiscalYear.containing(day), 0, Period(day, day + _ONE_DAY))

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read a key.

        >>> ReportPeriod.parse("FY2026Q3").name
        '令和8年度 第3四半期'

        Raises: BadInputError for what is not the key of a period.
        """
        try:
            found = cls._read(key)
        except (ValueError, BadInputError):  # a month 13, a week 54, 30 February
            found = None
        if found is None:
            raise BadInputError(
                f"「{key}」を対象期間として読み取ろうとしました。",
                "対象期間の書き方ではありません。",
                "2026-11、FY2026Q3、FY2026、FY2026I3、2026-W48、2026-11-22 の形にしてください。",
            )
        return found

    @classmethod
    def _read(cls, key: str) -> Self | None:
        if match := _OF_YEAR.fullmatch(key):
            year = FiscalYear(int(match[1]))
            if match[2]:
                return cls.of_quarter(year, int(match[2]))
            return cls.of_instalment(year, int(match[3])) if match[3] else cls.of_year(year)
        if match := _WEEK.fullmatch(key):
            return cls.of_week(date.fromisocalendar(int(match[1]), int(match[2]), 1))
        if _DAY.fullmatch(key):
            return cls.of_day(date.fromisoformat(key))
        # Month.parse reads more than keys are written with, full-width digits for one.
        return cls.of_month(Month.parse(key)) if _MONTH.fullmatch(key) else None

    @property
    def key(self) -> str:
        """Give the business key, e.g. 2026-11, FY2026Q3, 2026-W48 (対象期間の記号)."""
        if self.type == "month":
            return str(Month.containing(self.days.since))
        if self.type == "week":
            iso = self.days.since.isocalendar()
            return f"{iso.year:04d}-W{iso.week:02d}"
        if self.type == "day":
            return self.days.since.isoformat()
        year = f"FY{self.fiscal_year.start_year}"
        return year + {"quarter": "Q", "instalment": "I"}.get(self.type, "") + self._number

    @property
    def _number(self) -> str:
        return str(self.number) if self.number else ""

    @property
    def name(self) -> str:
        """Name it as people do: 令和8年11月分, 令和8年度 第3期 (対象期間の名前)."""
        first, year = self.days.since, fiscal_year_label(self.fiscal_year)
        return {
            "month": f"{wareki_month(Month.containing(first))}分",
            "quarter": f"{year} 第{self.number}四半期",
            "fiscal_year": year,
            "instalment": f"{year} 第{self.number}期",
            "week": f"{wareki(first)}からの週",
            "day": wareki(first),
        }[self.type]

    @property
    def months(self) -> tuple[Month, ...]:
        """Give the months of which at least one day lies in it (対象の月)."""
        return tuple(self._months())

    def _months(self) -> Iterator[Month]:
        month = Month.containing(self.days.since)
        while month.period.overlaps(self.days):
            yield month
            month = month.next()
