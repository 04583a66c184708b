"""What the sample's years hold depends on the day of the first start (見本の経過の予定)."""

from datetime import date, datetime, time
from functools import partial

import pytest

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.usecases import sample, sample_acts, sample_story
from consortium.usecases.sample_story import Event

#: Holidays of 2025–2027 on or about a due day or the last day of a notice.
HOLIDAYS = tuple(date(year, 5, day) for year in (2025, 2026) for day in (3, 4, 5, 6))


def story(begun: date) -> list[Event]:
    """Give what happens in a sample first started on a day, at noon."""
    return sample_story.events(datetime.combine(begun, time(12), TOKYO), OpenDays(HOLIDAYS))


def days_of(found: list[Event], act: object, start: int) -> list[date]:
    """Give the days of one kind of act of a fiscal year."""
    return [
        each.at.date()
        for each in found
        if isinstance(each.act, partial)
        and each.act.func is act
        and each.act.keywords["year"] == FiscalYear(start)
    ]


def test_notices_go_out_fourteen_days_before_and_never_on_a_closed_day() -> None:
    """納期限は5・8・11・2月の20日。5月6日は振替休日、令和9年2月20日は土曜日."""
    found = story(date(2027, 3, 31))
    assert days_of(found, sample_acts.send_notices, 2025) == [
        date(2025, 5, 2), date(2025, 8, 6), date(2025, 11, 6), date(2026, 2, 6),
    ]  # fmt: skip
    assert days_of(found, sample_acts.send_notices, 2026) == [
        date(2026, 5, 1), date(2026, 8, 6), date(2026, 11, 6), date(2027, 2, 5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("begun", "sent", "reminded"),
    [
        (date(2026, 4, 30), 0, []),
        (date(2026, 5, 25), 1, []),  # due, but not yet long enough for a reminder
        (date(2026, 6, 9), 1, [date(2026, 6, 9)]),
        (date(2026, 11, 22), 3, [date(2026, 9, 9)]),
        (date(2026, 12, 10), 3, [date(2026, 12, 10)]),
        (date(2030, 1, 1), 4, [date(2027, 3, 11)]),
    ],
)
def test_the_running_year_is_as_far_as_the_first_start(
    begun: date, sent: int, reminded: list[date]
) -> None:
    found = story(begun)
    assert len(days_of(found, sample_acts.send_notices, 2026)) == sent
    assert days_of(found, sample_acts.remind, 2026) == reminded
    issues = {issue.at for issue in sample.HISTORY}
    later = [each for each in found if each.at.date() > begun]
    assert all(each.at in issues for each in later)


def test_what_is_asked_was_issued_before() -> None:
    """番号と記録が時の順に並ぶように、すべてを時の順に行う."""
    found = story(date(2026, 11, 22))
    assert found == sorted(found, key=lambda each: each.at)
    planned = days_of(found, sample_acts.issue, 2025)[0]
    assert planned == date(2025, 2, 10) < days_of(found, sample_acts.send_notices, 2025)[0]
    order = [
        days_of(found, act, 2025)
        for act in (sample_acts.close_soft, sample_acts.close_hard, sample_acts.keep)
    ]
    assert order == [[date(2026, 3, 31)], [date(2026, 6, 10)], [date(2026, 6, 11)]]
