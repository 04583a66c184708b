"""Due times of every day from 2019-04-01 to 2030-03-31, in three server time zones (配信予定).

The oracle knows no schedule: it walks the calendar day by day with the holidays of jpholiday.
"""

import time as clock
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import jpholiday
import pytest
from apscheduler.triggers.cron import CronTrigger

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.fiscalyear.schedule import TOKYO, DueFacts, Schedule, due_periods
from consortium.domain.fiscalyear.schedule_rules import DAYS, WEEKDAYS

FIRST, END = date(2019, 4, 1), date(2030, 4, 1)
DAYS_IN_ALL = 4_018
#: Days looked at before and after them: 31 March may roll into April, and 1 April into March.
AROUND = 31
NINE_HOURS = timedelta(hours=9)
ONE_DAY = timedelta(days=1)
RULES = {"stay": 0, "next_open_day": 1, "previous_open_day": -1}


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Asia/Tokyo"])
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the server stand in another time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        clock.tzset()
        yield request.param
    clock.tzset()


@cache
def closed_days() -> frozenset[date]:
    """Walk the days of the office."""
    every = (FIRST + timedelta(days=n) for n in range(-2 * AROUND, DAYS_IN_ALL + 2 * AROUND))
    return frozenset(
        day
        for day in every
        if jpholiday.is_holiday(day) or (day.month, day.day) in NEW_YEAR or day.weekday() > 4
    )


NEW_YEAR = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


def rolled(day: date, rule: str) -> date:
    while rule != "stay" and day in closed_days():
        day += RULES[rule] * ONE_DAY
    return day


def at_six(day: date) -> datetime:
    """Give 06:00 in Japan as UTC, by hand: nine hours, no summer time."""
    return datetime.combine(day, time(6), UTC) - NINE_HOURS


def made(schedule: Schedule, until: date = END) -> list[tuple[str, datetime]]:
    facts = DueFacts(OpenDays(closed_days()))
    now = datetime.combine(until, time(), TOKYO)
    found = due_periods([schedule], facts, now, ())
    return [(each.period_key, each.due_at.astimezone(UTC)) for each in found]


def schedule(period_type: str, rule: str = "stay", **said: object) -> Schedule:
    begin = datetime.combine(FIRST, time(), TOKYO)
    return Schedule("s", "k", period_type, time(6), rule, begin, **said)  # type: ignore[arg-type]


def nominal_days(day: str) -> Iterator[date]:
    """Give a day of each month, the last one where the month has none such."""
    for n in range(-AROUND, DAYS_IN_ALL + AROUND):
        each = FIRST + timedelta(days=n)
        is_last = (each + ONE_DAY).day == 1
        if str(each.day) == day or (is_last and (day == "last" or int(day) > each.day)):
            yield each


@pytest.mark.parametrize("rule", RULES)
def test_every_day_of_eleven_years_is_due_at_six_in_japan(rule: str) -> None:
    seen: set[date] = set()
    for day in DAYS:
        nominal = list(nominal_days(day))
        seen.update(nominal)
        expected = [
            (f"{each:%Y-%m}", at_six(on))
            for each in nominal
            if FIRST <= (on := rolled(each, rule)) < END
        ]
        assert made(schedule("month", rule, day=day)) == expected, day
    assert len(seen) == DAYS_IN_ALL + 2 * AROUND


def test_every_week_and_every_day_is_due_once() -> None:
    every = [FIRST + timedelta(days=n) for n in range(DAYS_IN_ALL)]
    for index, weekday in enumerate(WEEKDAYS):
        days = [day for day in every if day.weekday() == index]
        expected = [(f"{day:%G-W%V}", at_six(day)) for day in days]
        assert made(schedule("week", weekdays=(weekday,))) == expected
    expected = [(day.isoformat(), at_six(day)) for day in every]
    assert made(schedule("day", weekdays=tuple(WEEKDAYS))) == expected


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ({"day": "1"}, {"period_type": "month", "day": "1", "offset": 1}),
        ({"day": "28"}, {"period_type": "month", "day": "28"}),
        ({"day": "last"}, {"period_type": "month", "day": "last"}),
        (
            {"month": "1,4,7,10", "day": "10"},
            {"period_type": "quarter", "day": "10", "offset": 1},
        ),
        ({"day_of_week": "mon"}, {"period_type": "week", "weekdays": ("mon",), "offset": 1}),
        ({"day_of_week": "tue,sat"}, {"period_type": "day", "weekdays": ("tue", "sat")}),
    ],
)
def test_times_that_do_not_move_are_those_of_the_cron_trigger(
    cron: dict[str, str], said: dict[str, object]
) -> None:
    trigger = CronTrigger(hour=6, minute=0, timezone="Asia/Tokyo", **cron)
    until = date(2024, 4, 1)  # with a leap day, the change of era and five turns of the year
    expected, last = [], datetime.combine(FIRST, time(), TOKYO) - timedelta(seconds=1)
    while (
        last := trigger.get_next_fire_time(last, last + timedelta(seconds=1))
    ) < datetime.combine(until, time(), TOKYO):
        expected.append(last.astimezone(UTC))
    assert [due for _, due in made(schedule(**said), until)] == expected  # type: ignore[arg-type]


def test_japan_time_needs_no_zone_data_of_the_system() -> None:
    found = zoneinfo.TZPATH
    try:
        zoneinfo.reset_tzpath(to=())
        zone = zoneinfo.ZoneInfo.no_cache("Asia/Tokyo")
    finally:
        zoneinfo.reset_tzpath(to=found)
    assert zone.utcoffset(datetime(2026, 7, 1)) == NINE_HOURS  # noqa: DTZ001 -- wall-clock time
