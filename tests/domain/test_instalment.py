"""A year's amount month by month (月割): M-13 of the invariants."""

from datetime import date

import pytest

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.fiscalyear.instalment import by_month, months_in_force

YEAR = FiscalYear(2021)
ITAYANAGI = [Period(date(2021, 6, 1))]


def test_a_town_that_joins_in_june_is_in_force_for_ten_months() -> None:
    months = months_in_force(YEAR, ITAYANAGI)
    assert (str(months[0]), str(months[-1]), len(months)) == ("2021-06", "2022-03", 10)


def test_any_day_of_a_month_makes_it_count() -> None:
    stays = [Period(date(2020, 1, 1), date(2021, 4, 2)), Period(date(2022, 3, 31))]
    assert [str(month) for month in months_in_force(YEAR, stays)] == ["2021-04", "2022-03"]


def test_a_town_that_never_belonged_is_in_force_in_no_month() -> None:
    assert months_in_force(YEAR, []) == ()


@pytest.mark.parametrize("amount", [0, 1, 11, 12, 13, 1_000_000, 30_821_546, -7, -1_000_001])
@pytest.mark.parametrize("stays", [[Period(date(2015, 4, 1))], ITAYANAGI, []])
def test_the_months_add_up_to_the_year_and_differ_by_a_yen_at_most(
    amount: int, stays: list[Period]
) -> None:
    cut = by_month(amount, YEAR, months_in_force(YEAR, stays))
    assert [month for month, _ in cut] == list(YEAR.months())
    assert sum(yen for _, yen in cut) == amount
    charged = [yen for month, yen in cut if not stays or stays[0].overlaps(month.period)]
    assert max(charged) - min(charged) <= 1
    assert all(yen * amount >= 0 for _, yen in cut)


def test_months_before_joining_are_zero() -> None:
    cut = dict(by_month(100, YEAR, months_in_force(YEAR, ITAYANAGI)))
    assert (cut[Month(2021, 4)], cut[Month(2021, 5)], cut[Month(2021, 6)]) == (0, 0, 10)


def test_a_direct_charge_of_a_town_not_in_force_lies_on_all_twelve_months() -> None:
    assert [yen for _, yen in by_month(120, YEAR, ())] == [10] * 12
