"""Which reports are due when (配信予定)."""

from datetime import datetime, time, timedelta
from itertools import islice

import pytest

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.schedule import (
    TOKYO,
    MonthlySchedule,
    due_at,
    due_periods,
    refuse_unsupported,
    upcoming,
)


def at(year: int, month: int, day: int, hour: int = 6) -> datetime:
    return datetime(year, month, day, hour, 0, tzinfo=TOKYO)


BEGINNING = at(2026, 12, 1, 10)


def schedule(
    day: str = "1",
    offset: int = 1,
    since: datetime = BEGINNING,
    until: datetime | None = None,
) -> MonthlySchedule:
    return MonthlySchedule("s", "monthly_cost", day, time(6), offset, since, until)


def keys(found: tuple[object, ...] | list[object]) -> list[str]:
    return [period.period_key for period in found]  # type: ignore[attr-defined]


def test_the_report_on_december_is_due_on_new_years_day_at_six() -> None:
    assert due_at(schedule(), Month(2026, 12)) == at(2027, 1, 1)


@pytest.mark.parametrize(
    ("day", "month", "expected"),
    [("31", Month(2027, 2), 28), ("last", Month(2028, 2), 29), ("30", Month(2027, 4), 30)],
)
def test_a_day_past_the_end_of_a_month_means_its_last_day(
    day: str, month: Month, expected: int
) -> None:
    assert due_at(schedule(day, offset=0), month).day == expected


def test_nothing_is_due_before_the_first_due_time_after_the_beginning() -> None:
    assert due_periods(schedule(), at(2027, 1, 1) - timedelta(seconds=1)) == ()
    (first,) = due_periods(schedule(), at(2027, 1, 1))
    assert (first.period_key, first.schedule_id) == ("2026-12", "s")


def test_months_missed_are_due_in_order() -> None:
    found = due_periods(schedule(), at(2027, 5, 3))
    assert keys(list(found)) == ["2026-12", "2027-01", "2027-02", "2027-03", "2027-04"]


def test_the_fiscal_year_is_that_of_the_month_reported_on() -> None:
    found = due_periods(schedule(), at(2027, 5, 3))
    assert [period.fiscal_year for period in found][-2:] == [FiscalYear(2026), FiscalYear(2027)]


def test_a_schedule_that_begins_at_a_due_time_includes_it() -> None:
    assert keys(list(due_periods(schedule(since=at(2027, 1, 1)), at(2027, 1, 1)))) == ["2026-12"]


def test_what_falls_due_when_the_schedule_has_ended_is_never_made() -> None:
    ended = schedule(until=at(2027, 2, 1))
    assert keys(list(due_periods(ended, at(2028, 1, 1)))) == ["2026-12"]
    assert list(upcoming(ended, at(2027, 1, 15))) == []


def test_the_next_due_times_go_on_without_end() -> None:
    found = list(islice(upcoming(schedule(), at(2027, 1, 1)), 12))
    assert (found[0].due_at, found[-1].due_at) == (at(2027, 2, 1), at(2028, 1, 1))


def test_the_day_may_lie_in_the_month_itself() -> None:
    found = due_periods(schedule("last", offset=0), at(2027, 1, 31))
    assert keys(list(found)) == ["2026-12", "2027-01"]


def test_a_day_of_the_month_without_rolling_is_built() -> None:
    assert refuse_unsupported("month", "last", "stay") == "last"


@pytest.mark.parametrize(
    ("period", "day", "roll"),
    [("week", None, "stay"), ("quarter", "1", "stay"), ("month", "1", "next_open_day")],
)
def test_what_is_not_built_is_refused_and_not_guessed(
    period: str, day: str | None, roll: str
) -> None:
    with pytest.raises(BadInputError, match="扱えません"):
        refuse_unsupported(period, day, roll)
