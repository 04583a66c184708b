"""Which reports are due when (配信予定): periods, due days, rolling, what is asked for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice

import jpholiday
import pytest

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.report_period import ReportPeriod
from consortium.domain.fiscalyear.schedule import (
    TOKYO,
    DueFacts,
    DuePeriod,
    Schedule,
    due_of,
    due_periods,
    upcoming,
)
from consortium.domain.fiscalyear.steps import Timing

BEGINNING = datetime(2026, 12, 1, 10, tzinfo=TOKYO)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(year: int, month: int, day: int, hour: int = 6, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TOKYO)


def monthly(day: str | None = "1", offset: int = 1, **changes: object) -> Schedule:
    known = Schedule("s", "monthly_cost", "month", time(6), "stay", BEGINNING, day="1")
    return replace(known, day=day, offset=offset, **changes)  # type: ignore[arg-type]


def holidays(*years: int) -> OpenDays:
    """Give the office of the design: holidays by jpholiday, and 12/29–1/3."""
    closed = {day for year in years for day, _ in jpholiday.year_holidays(year)}
    for year in years:
        closed |= {date(year, 12, day) for day in (29, 30, 31)}
        closed |= {date(year, 1, day) for day in (1, 2, 3)}
    return OpenDays(closed)


def keys(found: Iterable[DuePeriod]) -> list[str]:
    return [period.period_key for period in found]


def due(schedule: Schedule, now: datetime, facts: DueFacts | None = None) -> list[str]:
    return keys(due_periods([schedule], facts or DueFacts(), now, ()))


def one(schedule: Schedule, key: str, facts: DueFacts | None = None) -> DuePeriod:
    found = due_of(schedule, ReportPeriod.parse(key), facts or DueFacts())
    assert found is not None
    return found


# ---- months --------------------------------------------------------------------------------------


def test_the_report_on_december_is_due_on_new_years_day_at_six() -> None:
    assert one(monthly(), "2026-12").due_at == at(2027, 1, 1)


@pytest.mark.parametrize(
    ("day", "key", "expected", "why"),
    [
        ("31", "2027-02", 28, "2月に31日はないため、末日"),
        ("last", "2028-02", 29, ""),
        ("30", "2027-04", 30, ""),
        ("31", "2027-06", 30, "6月に31日はないため、末日"),
        ("29", "2100-02", 28, "2月に29日はないため、末日"),
    ],
)
def test_a_day_past_the_end_of_a_month_means_its_last_day(
    day: str, key: str, expected: int, why: str
) -> None:
    found = one(monthly(day, offset=0), key)
    assert (found.due_at.day, found.why_moved) == (expected, why)


def test_nothing_is_due_before_the_first_due_time_after_the_beginning() -> None:
    assert due(monthly(), at(2027, 1, 1) - timedelta(seconds=1)) == []
    assert due(monthly(), at(2027, 1, 1)) == ["2026-12"]


def test_months_missed_are_due_in_order_with_the_year_they_are_about() -> None:
    found = due_periods([monthly()], DueFacts(), at(2027, 5, 3), ())
    assert keys(found) == ["2026-12", "2027-01", "2027-02", "2027-03", "2027-04"]
    assert [each.fiscal_year for each in found][-2:] == [FiscalYear(2026), FiscalYear(2027)]


def test_a_schedule_counts_from_its_beginning_up_to_its_end() -> None:
    assert due(monthly(valid_from=at(2027, 1, 1)), at(2027, 1, 1)) == ["2026-12"]
    ended = monthly(valid_to=at(2027, 2, 1))
    assert due(ended, at(2028, 1, 1)) == ["2026-12"]
    assert list(upcoming(ended, DueFacts(), at(2027, 1, 15))) == []


def test_the_next_due_times_go_on_without_end() -> None:
    found = list(islice(upcoming(monthly(), DueFacts(), at(2027, 1, 1)), 12))
    assert (found[0].due_at, found[-1].due_at) == (at(2027, 2, 1), at(2028, 1, 1))


def test_the_day_may_lie_in_the_month_itself_or_long_after_it() -> None:
    assert due(monthly("last", offset=0), at(2027, 1, 31)) == ["2026-12", "2027-01"]
    assert due(monthly("10", offset=11), at(2027, 1, 10)) == ["2026-01", "2026-02"]


# ---- other periods -------------------------------------------------------------------------------


def test_a_quarter_is_due_some_months_after_its_last() -> None:
    quarterly = monthly("10", period_type="quarter", kind="quarterly_cost")
    found = due_periods([quarterly], DueFacts(), at(2027, 7, 10), ())
    assert keys(found) == ["FY2026Q3", "FY2026Q4", "FY2027Q1"]
    assert [each.due_at for each in found] == [at(2027, 1, 10), at(2027, 4, 10), at(2027, 7, 10)]
    assert [each.fiscal_year.start_year for each in found] == [2026, 2026, 2027]


def test_a_week_is_due_on_its_weekday_by_name() -> None:
    weekly = monthly(None, period_type="week", weekdays=("mon",))
    found = due_periods([weekly], DueFacts(), at(2026, 12, 14), ())
    # 2026-12-07 is a Monday; the week before it began on 30 November.
    assert keys(found) == ["2026-W49", "2026-W50"]
    assert [each.due_at for each in found] == [at(2026, 12, 7), at(2026, 12, 14)]
    friday = replace(weekly, weekdays=("fri",), offset=0)
    assert one(friday, "2026-W49").due_at == at(2026, 12, 4)


def test_days_are_those_of_the_weekdays_named() -> None:
    daily = monthly(None, 0, period_type="day", weekdays=("wed", "sat"))
    assert due(daily, at(2026, 12, 9)) == ["2026-12-02", "2026-12-05", "2026-12-09"]


CALENDAR = {
    # 15 February 2027 is a Monday; 10 February a Wednesday. 当初 is about the year after.
    (2026, "final"): Timing(date(2027, 2, 15), "previous_open_day", date(2027, 2, 15)),
    (2026, "planned"): Timing(date(2027, 2, 10), "previous_open_day", date(2027, 2, 10)),
    # The settlement of FY2025 stands in the calendar of FY2026: 31 May 2026 is a Sunday.
    (2026, "settlement"): Timing(date(2026, 5, 31), "previous_open_day", date(2026, 5, 29)),
    (2026, "instalment_3"): Timing(date(2026, 11, 20), "stay", date(2026, 11, 20)),
    (2026, "instalment_4"): Timing(date(2027, 2, 20), "previous_open_day", date(2027, 2, 19)),
    (2026, "notice_4"): Timing(date(2027, 2, 5), "stay", date(2027, 2, 5)),
    (2027, "final"): Timing(date(2028, 2, 15), "previous_open_day", date(2028, 2, 15)),
}


def of_step(period_type: str, step: str, roll_rule: str = "stay") -> Schedule:
    since = at(2026, 4, 1)
    return Schedule("s", "k", period_type, time(9), roll_rule, since, step=step)


def test_a_fiscal_year_is_due_on_the_day_its_step_has_in_the_calendar() -> None:
    facts = DueFacts(calendar=CALENDAR)
    found = due_periods([of_step("fiscal_year", "final")], facts, at(2030, 1, 1), ())
    assert keys(found) == ["FY2026", "FY2027"]
    assert [each.due_at for each in found] == [at(2027, 2, 15, 9), at(2028, 2, 15, 9)]
    # A calendar's step may be about the year after it, or the year before.
    assert due(of_step("fiscal_year", "planned"), at(2030, 1, 1), facts) == ["FY2027"]
    assert due(of_step("fiscal_year", "settlement"), at(2030, 1, 1), facts) == ["FY2025"]
    moved = one(of_step("fiscal_year", "settlement"), "FY2025", facts)
    assert (moved.due_at, moved.nominal_on) == (at(2026, 5, 29, 9), date(2026, 5, 31))
    assert moved.why_moved == "5月31日は日曜日のため、前開庁日"


def test_a_year_without_a_calendar_is_not_due_yet() -> None:
    facts = DueFacts(calendar=CALENDAR)
    assert due_of(of_step("fiscal_year", "final"), ReportPeriod.parse("FY2028"), facts) is None
    assert list(upcoming(of_step("fiscal_year", "final"), facts, at(2029, 1, 1))) == []


def test_an_instalment_is_due_on_its_own_day_or_on_that_of_its_notice() -> None:
    facts = DueFacts(calendar=CALENDAR)
    instalments = due_periods([of_step("instalment", "instalment")], facts, at(2030, 1, 1), ())
    assert keys(instalments) == ["FY2026I3", "FY2026I4"]
    assert instalments[1].due_at == at(2027, 2, 19, 9)
    assert due(of_step("instalment", "notice"), at(2030, 1, 1), facts) == ["FY2026I4"]


# ---- closed days ---------------------------------------------------------------------------------

_VECTORS = [
    # nominal day, 前開庁日, 翌開庁日: the table of the design
    (date(2027, 1, 1), date(2026, 12, 28), date(2027, 1, 4)),
    (date(2021, 12, 31), date(2021, 12, 28), date(2022, 1, 4)),
    (date(2019, 5, 1), date(2019, 4, 26), date(2019, 5, 7)),
    (date(2026, 5, 3), date(2026, 5, 1), date(2026, 5, 7)),
    (date(2026, 9, 20), date(2026, 9, 18), date(2026, 9, 24)),
    (date(2024, 3, 31), date(2024, 3, 29), date(2024, 4, 1)),
    (date(2029, 3, 31), date(2029, 3, 30), date(2029, 4, 2)),
    (date(2020, 7, 24), date(2020, 7, 22), date(2020, 7, 27)),
    (date(2021, 7, 22), date(2021, 7, 21), date(2021, 7, 26)),
]


@pytest.mark.parametrize(("nominal", "previous", "following"), _VECTORS)
def test_the_due_day_rolls_as_the_design_says_and_the_period_stays(
    nominal: date, previous: date, following: date
) -> None:
    facts = DueFacts(holidays(nominal.year - 1, nominal.year, nominal.year + 1))
    plain = monthly(str(nominal.day), offset=0, valid_from=at(2019, 1, 1))
    key = f"{nominal:%Y-%m}"
    for rule, day in (("previous_open_day", previous), ("next_open_day", following)):
        rolled = replace(plain, roll_rule=rule)
        found = one(rolled, key, facts)
        assert (found.due_at, found.nominal_on) == (datetime.combine(day, time(6), TOKYO), nominal)
        assert (found.period_key, found.fiscal_year) == (key, FiscalYear.containing(nominal))
        # Due from that very second, and not before it.
        asked = [key in due(rolled, found.due_at - timedelta(seconds=s), facts) for s in (1, 0)]
        assert asked == [False, True]
    assert one(plain, key, facts).due_at.date() == nominal


def test_a_moved_day_says_why() -> None:
    facts = DueFacts(holidays(2026, 2027), {date(2027, 1, 1): "元日"})
    schedule = monthly(roll_rule="next_open_day")
    assert one(schedule, "2026-12", facts).why_moved == "1月1日は元日のため、翌開庁日"
    assert one(schedule, "2027-01", facts).why_moved == ""  # Monday, 1 February
    short = replace(schedule, day="31", offset=0)
    # 2027-02-28 is a Sunday.
    words = "2月に31日はないため、末日、2月28日は日曜日のため、翌開庁日"
    assert one(short, "2027-02", facts).why_moved == words


def test_a_due_day_rolled_out_of_the_validity_does_not_count() -> None:
    facts = DueFacts(holidays(2026, 2027))
    before = monthly("31", 0, roll_rule="previous_open_day", valid_from=at(2026, 12, 29))
    assert due(before, at(2027, 1, 28), facts) == []  # 28 December lies before the beginning
    after = monthly("1", 1, roll_rule="next_open_day", valid_to=at(2027, 1, 4))
    assert due(after, at(2027, 3, 1), facts) == []


# ---- what is asked for ---------------------------------------------------------------------------


def test_what_is_known_is_subtracted_whatever_the_clock_says() -> None:
    schedule, known = monthly(), {("monthly_cost", "2026-12"), ("monthly_cost", "2027-01")}
    assert keys(due_periods([schedule], DueFacts(), at(2027, 3, 1), known)) == ["2027-02"]
    for back in (timedelta(hours=2), timedelta(days=40), timedelta(days=800)):
        assert due_periods([schedule], DueFacts(), at(2027, 2, 1) - back, known) == ()
    other_kind = {("quarterly_cost", "2026-12")}
    assert keys(due_periods([schedule], DueFacts(), at(2027, 1, 1), other_kind)) == ["2026-12"]


def test_two_schedules_that_meet_ask_for_a_period_once_at_the_earlier_time() -> None:
    old = replace(monthly("20", valid_to=at(2027, 1, 25)), id="old")
    new = replace(monthly("28", offset=1, valid_from=at(2027, 1, 25)), id="new")
    found = due_periods([new, old], DueFacts(), at(2027, 2, 28), ())
    # The old one made nothing while the process was down; both cover December.
    assert [(each.period_key, each.schedule_id) for each in found] == [
        ("2026-11", "old"), ("2026-12", "old"), ("2027-01", "new"),
    ]  # fmt: skip


def test_of_some_kinds_only_the_newest_period_missed_is_asked_for() -> None:
    daily = monthly(None, 0, kind="backup", period_type="day", weekdays=EVERY_DAY)
    now, newest = at(2028, 1, 10), {"backup"}
    assert keys(due_periods([daily], DueFacts(), now, (), newest)) == ["2028-01-10"]
    known = {("backup", "2028-01-10")}
    assert due_periods([daily], DueFacts(), now, known, newest) == ()
    assert len(due_periods([daily], DueFacts(), now, known)) == 404  # 2026-12-02 … 2028-01-09


def test_schedules_overlap_where_both_could_ask_for_the_same() -> None:
    one_month = monthly(valid_to=at(2027, 2, 1))
    assert one_month.overlaps(monthly("15", offset=0))
    following = monthly("15", valid_from=at(2027, 2, 1))
    assert not one_month.overlaps(following)
    assert not following.overlaps(one_month)
    assert not one_month.overlaps(replace(one_month, kind="other"))
    assert not one_month.overlaps(replace(one_month, period_type="quarter"))
    daily = monthly(None, 0, period_type="day", weekdays=("mon", "tue"))
    assert daily.overlaps(replace(daily, weekdays=("tue", "sat"), at_time=time(22)))
    assert not daily.overlaps(replace(daily, weekdays=("wed",)))
