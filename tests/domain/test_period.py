"""Half-open periods, months and fiscal years (期間・月・年度)."""

from datetime import date, timedelta
from itertools import product

import pytest

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import BadInputError

ITAYANAGI = Period(date(2021, 6, 1), None)
FIRST_TERM = Period(date(2015, 4, 1), date(2022, 4, 1))


@pytest.mark.parametrize(
    ("day", "inside"),
    [(date(2021, 5, 31), False), (date(2021, 6, 1), True), (date(2021, 6, 2), True)],
)
def test_the_first_day_belongs_to_the_period(day, inside):
    assert ITAYANAGI.contains(day) is inside


@pytest.mark.parametrize(
    ("day", "inside"),
    [(date(2022, 3, 31), True), (date(2022, 4, 1), False), (date(2022, 4, 2), False)],
)
def test_the_until_day_no_longer_belongs_to_the_period(day, inside):
    assert FIRST_TERM.contains(day) is inside


def test_an_open_period_has_no_last_day():
    assert ITAYANAGI.contains(date.max)


def test_a_period_without_an_end_named_is_open():
    assert Period(date(2021, 6, 1)) == ITAYANAGI


@pytest.mark.parametrize("until", [date(2021, 5, 31), date(2021, 6, 1)])
def test_a_period_ending_on_or_before_its_first_day_is_refused(until):
    with pytest.raises(BadInputError) as refusal:
        Period(date(2021, 6, 1), until)
    assert refusal.value.path == "until"
    assert str(until) in refusal.value.found
    assert "2021-06-01" in refusal.value.found


def test_a_period_of_one_day_is_a_period():
    one_day = Period(date(2021, 6, 1), date(2021, 6, 2))
    days = [date(2021, 5, 31), date(2021, 6, 1), date(2021, 6, 2)]
    assert [one_day.contains(day) for day in days] == [False, True, False]


@pytest.mark.parametrize(
    ("second_since", "overlap"),
    [(date(2022, 3, 31), True), (date(2022, 4, 1), False), (date(2022, 4, 2), False)],
)
def test_a_period_may_begin_on_the_day_another_one_ends(second_since, overlap):
    second_term = Period(second_since, None)
    assert FIRST_TERM.overlaps(second_term) is overlap
    assert second_term.overlaps(FIRST_TERM) is overlap


def test_the_intersection_is_what_lies_in_both():
    assert FIRST_TERM.intersection(ITAYANAGI) == Period(date(2021, 6, 1), date(2022, 4, 1))
    assert ITAYANAGI.intersection(FIRST_TERM) == Period(date(2021, 6, 1), date(2022, 4, 1))


def test_the_intersection_of_two_open_periods_is_open():
    assert ITAYANAGI.intersection(Period(date(2015, 4, 1), None)) == ITAYANAGI


def test_the_earlier_of_two_ends_closes_the_intersection():
    shorter = Period(date(2014, 1, 1), date(2016, 1, 1))
    assert FIRST_TERM.intersection(shorter) == Period(date(2015, 4, 1), date(2016, 1, 1))


def test_adjoining_periods_have_no_day_in_common():
    assert FIRST_TERM.intersection(Period(date(2022, 4, 1), None)) is None


def test_intersection_agrees_with_counting_days():
    first = date(2024, 2, 27)
    days = [first + timedelta(days=offset) for offset in range(6)]
    ends = [*days[1:], None]
    periods = [Period(s, u) for s, u in product(days[:-1], ends) if u is None or u > s]
    for one, other in product(periods, repeat=2):
        common = one.intersection(other)
        for day in days:
            inside = common is not None and common.contains(day)
            assert inside is (one.contains(day) and other.contains(day))


def test_a_month_is_written_as_in_case_files():
    assert str(Month(2021, 4)) == "2021-04"
    assert str(Month(987, 12)) == "0987-12"


def test_a_month_is_read_back_from_what_was_written():
    assert Month.parse("2021-04") == Month(2021, 4)


def test_full_width_digits_of_a_month_are_understood():
    assert Month.parse(" ２０２１－０４ ") == Month(2021, 4)


@pytest.mark.parametrize("text", ["", "2021-4", "21-04", "2021/04", "2021-04-01", "令和3年4月"])
def test_a_text_that_is_no_month_is_refused_with_an_example(text):
    with pytest.raises(BadInputError) as refusal:
        Month.parse(text)
    assert f"「{text}」" in refusal.value.asked
    assert "2021-04" in refusal.value.todo


@pytest.mark.parametrize(("year", "month"), [(2021, 0), (2021, 13), (0, 4), (-1, 4), (9999, 1)])
def test_a_month_outside_the_calendar_is_refused(year, month):
    with pytest.raises(BadInputError, match="暦にない月"):
        Month(year, month)


@pytest.mark.parametrize(("year", "month"), [(2021, 1), (2021, 12), (1, 1), (9998, 12)])
def test_the_months_at_the_edge_are_months(year, month):
    assert Month(year, month).first == date(year, month, 1)


def test_an_unknown_month_in_a_text_is_refused():
    with pytest.raises(BadInputError, match="2021年13月"):
        Month.parse("2021-13")


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2024, 2, 29), Month(2024, 2)),
        (date(2024, 3, 1), Month(2024, 3)),
        (date(2024, 12, 31), Month(2024, 12)),
    ],
)
def test_a_day_lies_in_its_calendar_month(day, month):
    assert Month.containing(day) == month


@pytest.mark.parametrize(
    ("month", "following"),
    [
        (Month(2021, 1), Month(2021, 2)),
        (Month(2021, 2), Month(2021, 3)),
        (Month(2024, 2), Month(2024, 3)),
        (Month(2021, 11), Month(2021, 12)),
        (Month(2021, 12), Month(2022, 1)),
    ],
)
def test_the_next_month_follows_over_short_months_and_new_year(month, following):
    assert month.next() == following


def test_the_period_of_february_knows_leap_years():
    assert Month(2024, 2).period == Period(date(2024, 2, 1), date(2024, 3, 1))
    assert Month(2024, 2).period.contains(date(2024, 2, 29))
    assert Month(9998, 12).period == Period(date(9998, 12, 1), date(9999, 1, 1))


def test_months_sort_by_year_before_month():
    assert sorted([Month(2022, 1), Month(2021, 12), Month(2021, 4)]) == [
        Month(2021, 4),
        Month(2021, 12),
        Month(2022, 1),
    ]


@pytest.mark.parametrize(
    ("day", "start_year"),
    [
        (date(2022, 3, 31), 2021),
        (date(2022, 4, 1), 2022),
        (date(2022, 4, 2), 2022),
        (date(2021, 12, 31), 2021),
        (date(2022, 1, 1), 2021),
    ],
)
def test_the_fiscal_year_changes_on_the_first_of_april(day, start_year):
    assert FiscalYear.containing(day) == FiscalYear(start_year)


def test_a_fiscal_year_runs_from_april_to_the_last_of_march():
    assert FiscalYear(2021).period == Period(date(2021, 4, 1), date(2022, 4, 1))


def test_the_twelve_months_of_a_fiscal_year_begin_in_april():
    assert [str(month) for month in FiscalYear(2021).months()] == [
        "2021-04", "2021-05", "2021-06", "2021-07", "2021-08", "2021-09",
        "2021-10", "2021-11", "2021-12", "2022-01", "2022-02", "2022-03",
    ]  # fmt: skip


def test_a_town_joining_in_june_is_in_force_for_ten_months():
    months = FiscalYear(2021).months_in(ITAYANAGI)
    assert len(months) == 10
    assert (months[0], months[-1]) == (Month(2021, 6), Month(2022, 3))


@pytest.mark.parametrize(
    ("since", "count"),
    [(date(2021, 5, 31), 11), (date(2021, 6, 1), 10), (date(2021, 6, 2), 10)],
)
def test_one_day_in_a_month_makes_the_month_count_when_joining(since, count):
    assert len(FiscalYear(2021).months_in(Period(since, None))) == count


@pytest.mark.parametrize(
    ("until", "count"),
    [(date(2021, 5, 31), 2), (date(2021, 6, 1), 2), (date(2021, 6, 2), 3)],
)
def test_one_day_in_a_month_makes_the_month_count_when_leaving(until, count):
    assert len(FiscalYear(2021).months_in(Period(date(2015, 4, 1), until))) == count


@pytest.mark.parametrize(("start_year", "count"), [(2014, 0), (2015, 12), (2021, 12), (2022, 0)])
def test_a_fiscal_year_wholly_inside_or_outside_has_all_or_no_months(start_year, count):
    assert len(FiscalYear(start_year).months_in(FIRST_TERM)) == count


def test_fiscal_years_have_neighbours_and_an_order():
    assert FiscalYear(2021).next() == FiscalYear(2022)
    assert FiscalYear(2021).previous() == FiscalYear(2020)
    assert FiscalYear(2020) < FiscalYear(2021)


@pytest.mark.parametrize("start_year", [0, -2021, 9998, 202104])
def test_a_fiscal_year_outside_the_calendar_is_refused(start_year):
    with pytest.raises(BadInputError, match="暦にない年度"):
        FiscalYear(start_year)


@pytest.mark.parametrize("start_year", [1, 9997])
def test_all_months_of_the_first_and_last_fiscal_year_exist(start_year):
    assert len(FiscalYear(start_year).months()) == 12
