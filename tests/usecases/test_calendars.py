"""Closed days: what an import fills, what it leaves alone, what the store makes of it (閉庁日)."""

from datetime import date

import pytest
from flask import Flask

from consortium.db.store import calendars as store
from consortium.db.unit import reading
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.usecases import calendars
from consortium.usecases.calendars import ClosedDay, DayChange, DayEntry
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, add_foreign_consortium, everything, seed_sample
from tests.people import FUJISAKI, HIROSAKI, ITAYANAGI

TODAY = date(2026, 12, 1)
#: 国民の祝日 of 2026 and 12/29–1/3, from the 官報 and the calendar, typed by hand.
OF_2026 = [
    "01-01 元日", "01-02 年末年始", "01-03 年末年始", "01-12 成人の日", "02-11 建国記念の日",
    "02-23 天皇誕生日", "03-20 春分の日", "04-29 昭和の日", "05-03 憲法記念日",
    "05-04 みどりの日", "05-05 こどもの日", "05-06 憲法記念日 振替休日", "07-20 海の日",
    "08-11 山の日", "09-21 敬老の日", "09-22 国民の休日", "09-23 秋分の日",
    "10-12 スポーツの日", "11-03 文化の日", "11-23 勤労感謝の日", "12-29 年末年始",
    "12-30 年末年始", "12-31 年末年始",
]  # fmt: skip


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium: 2025 to 2027 are filled."""
    return seed_sample()


def days(officer: Viewer, year: int = 2026) -> dict[date, ClosedDay]:
    return {each.day: each for each in calendars.show_days(officer, year, TODAY).days}


def on(officer: Viewer, day: date) -> ClosedDay:
    return days(officer, day.year)[day]


def is_open(officer: Viewer, day: date, code: str | None = None) -> bool:
    with reading() as session:
        return store.open_days(session, officer.consortium_id, code).is_open(day)


def fill(officer: Viewer, year: int, today: date = TODAY) -> calendars.Difference:
    return calendars.import_holidays(officer, year, NOW, today)


def add(
    officer: Viewer, day: date, code: str | None = None, *, is_closed: bool = True
) -> ClosedDay:
    entry = DayEntry(day, "庁舎の点検" if is_closed else "休日窓口", is_closed, code)
    return calendars.add_day(officer, entry, NOW)


def test_a_year_is_filled_with_its_holidays_and_the_days_around_new_year(officer: Viewer) -> None:
    found = days(officer)
    assert [f"{day:%m-%d} {each.name}" for day, each in found.items()] == OF_2026
    assert {each.source for each in found.values()} == {"jpholiday", "年末年始"}


def test_open_days_of_fiscal_years_are_those_the_design_measured(officer: Viewer) -> None:
    for year in range(2018, 2023):
        fill(officer, year)
    with reading() as session:
        office = store.open_days(session, officer.consortium_id, None)
    counted = [office.between(date(y, 4, 1), date(y + 1, 4, 1)) for y in (2018, 2019, 2020, 2021)]
    assert counted == [244, 240, 243, 242]
    assert office.between(date(2026, 4, 1), date(2027, 4, 1)) == 241


def test_importing_again_changes_nothing(officer: Viewer) -> None:
    before = everything()
    assert fill(officer, 2026).is_empty
    assert everything() == before


def test_what_was_changed_by_hand_stays_as_it_is(officer: Viewer) -> None:
    calendars.change_day(
        officer, on(officer, date(2026, 7, 20)).id, 1, DayChange("海の日（出張窓口）", False), NOW
    )
    added = add(officer, date(2026, 8, 14))
    assert fill(officer, 2026).is_empty
    assert on(officer, date(2026, 7, 20)).name == "海の日（出張窓口）"
    assert is_open(officer, date(2026, 7, 20))
    assert on(officer, date(2026, 8, 14)) == added


def test_a_holiday_taken_off_is_open_and_an_import_does_not_bring_it_back(officer: Viewer) -> None:
    sea = date(2026, 7, 20)
    assert calendars.remove_day(officer, on(officer, sea).id, 1, NOW)
    assert is_open(officer, sea)
    assert fill(officer, 2026).is_empty
    assert is_open(officer, sea)
    # Taken off once more, it is as if it had never been imported.
    row = on(officer, sea)
    assert not calendars.remove_day(officer, row.id, row.row_version, NOW)
    assert [each.day for each in fill(officer, 2026).added] == [sea]
    assert not is_open(officer, sea)


def test_a_day_of_the_offices_own_is_gone_when_removed(officer: Viewer) -> None:
    new = add(officer, date(2026, 8, 14))
    assert not is_open(officer, new.day)
    assert not calendars.remove_day(officer, new.id, 1, NOW)
    assert new.day not in days(officer)
    assert is_open(officer, new.day)


def test_one_towns_day_holds_for_that_town_only_and_goes_before_the_common_one(
    officer: Viewer,
) -> None:
    own, sea = date(2026, 8, 14), date(2026, 7, 20)
    add(officer, own, ITAYANAGI)
    add(officer, sea, ITAYANAGI, is_closed=False)
    assert [is_open(officer, own, code) for code in (ITAYANAGI, FUJISAKI, None)] == [
        False, True, True,
    ]  # fmt: skip
    assert [is_open(officer, sea, code) for code in (ITAYANAGI, FUJISAKI, None)] == [
        True, False, False,
    ]  # fmt: skip
    assert fill(officer, 2026).is_empty


def test_a_day_of_the_lead_city_counts_for_its_deadlines_and_for_no_town(officer: Viewer) -> None:
    own, sea = date(2026, 8, 14), date(2026, 7, 20)
    add(officer, own, HIROSAKI)
    add(officer, sea, HIROSAKI, is_closed=False)
    codes = (HIROSAKI, None, ITAYANAGI, "")
    assert [is_open(officer, own, code) for code in codes] == [False, False, True, True]
    assert [is_open(officer, sea, code) for code in codes] == [True, True, False, False]
    # What is the lead city's own can still be entered for all.
    add(officer, own)
    assert not is_open(officer, own, ITAYANAGI)


def test_a_saturday_can_be_opened(officer: Viewer) -> None:
    saturday = date(2026, 8, 15)
    add(officer, saturday, is_closed=False)
    assert is_open(officer, saturday)


@pytest.mark.parametrize(
    ("today", "is_announced"),
    [
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), True),
        (date(2026, 12, 31), True),
    ],
)
def test_next_years_holidays_are_predictions_until_the_gazette_of_february(
    officer: Viewer, today: date, is_announced: bool
) -> None:
    assert calendars.is_announced(2027, today) is is_announced
    assert calendars.is_announced(2026, today)
    assert not calendars.is_announced(2028, today)


def test_predictions_are_marked_and_the_mark_goes_once_they_are_announced(officer: Viewer) -> None:
    fill(officer, 2028)
    found = days(officer, 2028)
    assert found[date(2028, 3, 20)].is_predicted
    assert not found[date(2028, 12, 31)].is_predicted
    later = fill(officer, 2028, date(2027, 3, 1))
    assert (later.added, later.removed) == ((), ())
    assert date(2028, 3, 20) in {each.day for each in later.changed}
    assert not any(each.is_predicted for each in days(officer, 2028).values())


def test_a_holiday_that_moved_by_law_moves_with_the_next_import(officer: Viewer) -> None:
    present = days(officer)
    old = ClosedDay("x", None, date(2026, 7, 23), "海の日", True, "jpholiday")
    hand = ClosedDay("y", None, date(2026, 7, 24), "点検", True, "職員")
    known = {**present, old.day: old, hand.day: hand}
    found = calendars.difference(known, calendars.proposed_days(2026, TODAY))
    assert (found.added, found.changed, found.removed) == ((), (), (old,))


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (DayEntry(date(2026, 8, 15), "土曜日", True), "day"),
        (DayEntry(date(2026, 8, 14), "平日", False), "day"),
        (DayEntry(date(2026, 5, 4), "みどりの日", True), "day"),
        (DayEntry(date(1988, 5, 4), "休み", True), "day"),
        (DayEntry(date(2026, 8, 14), "点検", True, "012025"), "code"),
    ],
)
def test_what_says_nothing_new_is_refused_at_its_field(
    officer: Viewer, entry: DayEntry, path: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError) as refused:
        calendars.add_day(officer, entry, NOW)
    assert refused.value.path == path
    assert everything() == before


def test_a_form_sent_twice_adds_one_day(officer: Viewer) -> None:
    entry = DayEntry(date(2026, 8, 14), "点検", True)
    first = calendars.add_day(officer, entry, NOW, "11111111-1111-4111-8111-111111111111")
    before = everything()
    assert calendars.add_day(officer, entry, NOW, first.id) == first
    assert everything() == before
    with pytest.raises(BadInputError, match="もう追加されています"):
        calendars.add_day(officer, DayEntry(date(2026, 8, 13), "点検", True), NOW, first.id)


def test_the_second_of_two_editors_is_refused(officer: Viewer) -> None:
    row = on(officer, date(2026, 7, 20))
    calendars.change_day(officer, row.id, row.row_version, DayChange("海", True), NOW)
    with pytest.raises(StaleError):
        calendars.change_day(officer, row.id, row.row_version, DayChange("山", True), NOW)
    with pytest.raises(StaleError):
        calendars.remove_day(officer, row.id, row.row_version, NOW)


def test_another_consortiums_days_are_not_there(officer: Viewer) -> None:
    row = on(officer, date(2026, 7, 20))
    stranger = add_foreign_consortium()
    assert calendars.show_days(stranger, 2026, TODAY).days == ()
    with pytest.raises(NotFoundError):
        calendars.show_day(stranger, row.id)
    assert is_open(stranger, row.day)


@pytest.mark.parametrize("year", [1988, 2100, 0, 10**9])
def test_a_year_that_nobody_knows_is_not_there(officer: Viewer, year: int) -> None:
    with pytest.raises(NotFoundError):
        calendars.show_days(officer, year, TODAY)
    with pytest.raises(NotFoundError):
        fill(officer, year)
