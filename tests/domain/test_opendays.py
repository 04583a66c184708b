"""Open days and roll rules (開庁日・閉庁日のときの扱い)."""

from datetime import date, timedelta

import pytest

from consortium.domain.calendar.opendays import ROLL_RULES, OpenDays
from consortium.domain.errors import BadInputError

# 閉庁日 around each vector of reliability-and-security.md §2.5, written by hand from the calendars
# of those years; Saturdays and Sundays follow from the date.
CLOSED = {
    *(date(2018, 12, 29) + timedelta(days=n) for n in range(6)),
    *(date(2019, 4, 27) + timedelta(days=n) for n in range(10)),
    *(date(2020, 7, 23) + timedelta(days=n) for n in range(2)),
    *(date(2021, 7, 22) + timedelta(days=n) for n in range(2)),
    *(date(2021, 12, 29) + timedelta(days=n) for n in range(6)),
    *(date(2026, 5, 3) + timedelta(days=n) for n in range(4)),
    *(date(2026, 9, 21) + timedelta(days=n) for n in range(3)),
    *(date(2026, 12, 29) + timedelta(days=n) for n in range(6)),
}
OFFICE = OpenDays(CLOSED)

VECTORS = [
    ("2027-01-01", "2026-12-28", "2027-01-04"),
    ("2021-12-31", "2021-12-28", "2022-01-04"),
    ("2019-05-01", "2019-04-26", "2019-05-07"),
    ("2026-05-03", "2026-05-01", "2026-05-07"),
    ("2026-09-20", "2026-09-18", "2026-09-24"),
    ("2024-03-31", "2024-03-29", "2024-04-01"),
    ("2029-03-31", "2029-03-30", "2029-04-02"),
    ("2020-07-24", "2020-07-22", "2020-07-27"),
    ("2021-07-22", "2021-07-21", "2021-07-26"),
]


@pytest.mark.parametrize(("nominal", "before", "after"), VECTORS)
def test_the_vectors_of_the_design(nominal: str, before: str, after: str) -> None:
    day = date.fromisoformat(nominal)
    assert OFFICE.roll(day, "previous_open_day") == date.fromisoformat(before)
    assert OFFICE.roll(day, "next_open_day") == date.fromisoformat(after)
    assert OFFICE.roll(day, "stay") == day


@pytest.mark.parametrize(("nominal", "before", "after"), VECTORS)
def test_the_days_the_vectors_end_on_are_open_and_do_not_move(
    nominal: str, before: str, after: str
) -> None:
    for text in (before, after):
        day = date.fromisoformat(text)
        assert OFFICE.is_open(day)
        assert {OFFICE.roll(day, rule) for rule in ROLL_RULES} == {day}
    assert not OFFICE.is_open(date.fromisoformat(nominal))


def test_the_last_open_day_the_closed_one_and_the_first_open_one_after_it() -> None:
    # 2026-08-14 is a Friday; the office closes that one day.
    office = OpenDays([date(2026, 8, 14)])
    thursday, friday, monday = date(2026, 8, 13), date(2026, 8, 14), date(2026, 8, 17)
    assert [office.roll(day, "next_open_day") for day in (thursday, friday, monday)] == [
        thursday, monday, monday,
    ]  # fmt: skip
    assert [office.roll(day, "previous_open_day") for day in (thursday, friday, monday)] == [
        thursday, thursday, monday,
    ]  # fmt: skip


def test_a_day_opened_goes_before_the_weekend_and_before_the_holiday() -> None:
    saturday, holiday = date(2026, 8, 15), date(2026, 8, 11)
    office = OpenDays([holiday], [saturday, holiday])
    assert office.is_open(saturday)
    assert office.is_open(holiday)
    assert not office.is_open(date(2026, 8, 16))


def test_business_days_are_counted_from_the_day_after() -> None:
    # Friday 2026-05-01; 3 to 6 May are closed, so the next open day is Thursday the 7th.
    friday = date(2026, 5, 1)
    assert [OFFICE.add(friday, n) for n in (-1, 0, 1, 2)] == [
        date(2026, 4, 30), friday, date(2026, 5, 7), date(2026, 5, 8),
    ]  # fmt: skip


def test_counting_is_half_open_and_undoes_adding() -> None:
    friday = date(2026, 5, 1)
    assert OFFICE.between(friday, date(2026, 5, 7)) == 1
    assert OFFICE.between(friday, date(2026, 5, 8)) == 2
    assert OFFICE.between(friday, friday) == 0
    assert OFFICE.between(date(2026, 5, 8), friday) == 0
    assert all(OFFICE.between(friday, OFFICE.add(friday, n)) == n for n in range(40))


def test_an_unknown_rule_is_refused_by_name() -> None:
    with pytest.raises(BadInputError, match="tomorrow") as refused:
        OFFICE.roll(date(2026, 5, 1), "tomorrow")
    assert refused.value.path == "roll_rule"
