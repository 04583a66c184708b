"""Keys and names of the periods that reports are about (対象期間)."""

from datetime import date

import pytest

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.report_period import PERIOD_TYPES, ReportPeriod


@pytest.mark.parametrize(
    ("key", "kind", "year", "first", "end", "name"),
    [
        ("2026-11", "month", 2026, date(2026, 11, 1), date(2026, 12, 1), "令和8年11月分"),
        ("2027-03", "month", 2026, date(2027, 3, 1), date(2027, 4, 1), "令和9年3月分"),
        ("FY2026Q3", "quarter", 2026, date(2026, 10, 1), date(2027, 1, 1), "令和8年度 第3四半期"),
        ("FY2026Q4", "quarter", 2026, date(2027, 1, 1), date(2027, 4, 1), "令和8年度 第4四半期"),
        ("FY2026", "fiscal_year", 2026, date(2026, 4, 1), date(2027, 4, 1), "令和8年度"),
        ("FY2026I3", "instalment", 2026, date(2026, 4, 1), date(2027, 4, 1), "令和8年度 第3期"),
        ("FY2026I12", "instalment", 2026, date(2026, 4, 1), date(2027, 4, 1), "令和8年度 第12期"),
        (
            "2026-W48",
            "week",
            2026,
            date(2026, 11, 23),
            date(2026, 11, 30),
            "令和8年11月23日からの週",
        ),
        # Monday 2025-12-29 belongs to week 1 of 2026: its Thursday is New Year's Day.
        ("2026-W01", "week", 2025, date(2025, 12, 29), date(2026, 1, 5), "令和7年12月29日からの週"),
        # Monday 30 March 2026; Thursday 2 April begins the next fiscal year.
        ("2026-W14", "week", 2026, date(2026, 3, 30), date(2026, 4, 6), "令和8年3月30日からの週"),
        ("2026-11-22", "day", 2026, date(2026, 11, 22), date(2026, 11, 23), "令和8年11月22日"),
    ],
)
def test_a_key_names_one_period_and_is_written_the_same_again(
    key: str, kind: str, year: int, first: date, end: date, name: str
) -> None:
    period = ReportPeriod.parse(key)
    assert (period.type, period.fiscal_year) == (kind, FiscalYear(year))
    assert (period.days.since, period.days.until) == (first, end)
    assert (period.key, period.name) == (key, name)
    assert kind in PERIOD_TYPES


@pytest.mark.parametrize(
    "key",
    [
        "", "2026", "2026-13", "2026-00", "2026-1", "２０２６-11", "FY2026Q5", "FY2026Q0",
        "FY2026I0", "FY2026I01", "FY2026I123", "FY0000", "FY26", "2026-W00", "2025-W53",
        "2026-02-29", "2026-11-31", " 2026-11", "2026-11 ", "statement",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadInputError, match="対象期間"):
        ReportPeriod.parse(key)


def test_a_quarter_has_three_months_and_a_year_twelve() -> None:
    assert ReportPeriod.parse("FY2026Q4").months == (Month(2027, 1), Month(2027, 2), Month(2027, 3))
    assert ReportPeriod.parse("FY2026").months == FiscalYear(2026).months()
    assert ReportPeriod.parse("2026-W14").months == (Month(2026, 3), Month(2026, 4))
