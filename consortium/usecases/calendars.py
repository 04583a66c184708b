"""Closed days of the office (閉庁日): the one door to the package that knows the holidays.

What the package says is copied into the office's table and read from there only, so that a new
version of it never moves a deadline. What somebody of the office changed, no import changes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import uuid4

import jpholiday

from consortium.db.store import calendars as store
from consortium.db.store import members as members_store
from consortium.db.store.calendars import BY_HAND, ClosedDay, Difference
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.usecases.viewer import Viewer

__all__ = ["BY_HAND", "ClosedDay", "DayChange", "DayEntry", "DaysPage", "Difference"]

#: Years the package knows by law or by astronomy.
FIRST_YEAR: Final = 1989
LAST_YEAR: Final = 2099
NEW_YEAR: Final = "年末年始"
HOLIDAY: Final = "jpholiday"

# 地方自治法第4条の2: 12月29日から1月3日までのうち条例で定める日。1月1日は国民の祝日。
_YEAR_END: Final = ((1, 2), (1, 3), (12, 29), (12, 30), (12, 31))
_ANNOUNCED_IN_MONTH = 2


@dataclass(frozen=True, slots=True)
class DayEntry:
    """What an officer enters for a day (閉庁日の入力)."""

    day: date
    name: str
    is_closed: bool
    #: municipality code; None for every party. The lead city's own days move its deadlines, too
    code: str | None = None


@dataclass(frozen=True, slots=True)
class DayChange:
    """What can be changed of a day on the list (閉庁日の変更); its date cannot."""

    name: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class DaysPage:
    """The closed days of a calendar year (閉庁日の画面)."""

    year: int
    days: tuple[ClosedDay, ...]
    towns: Mapping[str, str]
    #: False while the 官報 has not announced the holidays of the year
    is_announced: bool
    is_filled: bool

    @property
    def has_predictions(self) -> bool:
        """Say whether a day of the list is a prediction (予測)."""
        return any(each.is_predicted for each in self.days)

    def party(self, each: ClosedDay) -> str:
        """Name for whom a day holds (対象の団体)."""
        return "全団体" if each.code is None else self.towns.get(each.code, each.code)


# ---- what the package says -----------------------------------------------------------------------


def is_announced(year: int, today: date) -> bool:
    """Say whether the holidays of a year stood in the 官報 by today (公表済).

    They are announced each February for the year after; the whole of February counts as before.
    """
    return year <= today.year or (year == today.year + 1 and today.month > _ANNOUNCED_IN_MONTH)


def proposed_days(year: int, today: date) -> dict[date, ClosedDay]:
    """Give the national holidays and the days around new year of a calendar year (取込みの案)."""
    is_predicted = not is_announced(year, today)
    found = {date(year, month, day): (NEW_YEAR, NEW_YEAR, False) for month, day in _YEAR_END}
    for day, name in jpholiday.year_holidays(year):
        found[day] = (name, HOLIDAY, is_predicted)
    return {
        day: ClosedDay(str(uuid4()), None, day, name, True, source, predicted)
        for day, (name, source, predicted) in sorted(found.items())
    }


def difference(present: Mapping[date, ClosedDay], proposed: Mapping[date, ClosedDay]) -> Difference:
    """Compare the rows of every party with what the package says (取込みによる変更).

    Rows entered or changed by hand stay as they are, days opened by hand among them.
    """
    changed, removed = [], []
    for day, row in present.items():
        if row.is_by_hand:
            continue
        if day not in proposed:
            removed.append(row)
            continue
        new = replace(proposed[day], id=row.id, row_version=row.row_version)
        if new != row:
            changed.append(new)
    added = [row for day, row in proposed.items() if day not in present]
    return Difference(tuple(added), tuple(changed), tuple(removed))


# ---- reading -------------------------------------------------------------------------------------


def show_days(viewer: Viewer, year: int, today: date) -> DaysPage:
    """Read the closed days of a year (閉庁日の一覧). Raises: NotFoundError for a year too far."""
    _refuse_far(year)
    owner = viewer.consortium_id
    with reading() as session:
        return DaysPage(
            year,
            store.closed_days(session, owner, year),
            {each.code: each.name for each in members_store.members(session, owner)},
            is_announced(year, today),
            year in store.filled_years(session, owner),
        )


def show_day(viewer: Viewer, day_id: str) -> tuple[ClosedDay, str]:
    """Read one day and for whom it holds. Raises: NotFoundError."""
    owner = viewer.consortium_id
    with reading() as session:
        found = store.closed_day(session, owner, day_id)
        towns = {str(each.code): each.name for each in members_store.members(session, owner)}
    return found, "全団体" if found.code is None else towns.get(found.code, found.code)


def towns(viewer: Viewer) -> dict[str, str]:
    """Name the members by code, for the form (団体の選択)."""
    with reading() as session:
        found = members_store.members(session, viewer.consortium_id)
    return {each.code: each.name for each in found}


def _refuse_far(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFoundError(
            "閉庁日を開こうとしました。",
            f"{year}年の祝日は扱えません。",
            f"{FIRST_YEAR}年から{LAST_YEAR}年までの年を選んでください。",
        )


# ---- changing ------------------------------------------------------------------------------------


def import_holidays(viewer: Viewer, year: int, now: datetime, today: date) -> Difference:
    """Fill a year with holidays and 12/29–1/3 (祝日の取込み); again it changes nothing.

    Raises: NotFoundError for a year too far.
    """
    _refuse_far(year)
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        return fill_year(unit, viewer.consortium_id, year, today)


def fill_year(unit: Unit, consortium_id: str, year: int, today: date) -> Difference:
    """Fill a year inside a unit that is open already (祝日の取込み)."""
    rows = store.closed_days(unit.session, consortium_id, year)
    present = {row.day: row for row in rows if row.code is None}
    found = difference(present, proposed_days(year, today))
    store.apply_difference(unit, consortium_id, f"{year}年の祝日の取込み", found)
    return found


def add_day(viewer: Viewer, entry: DayEntry, now: datetime, day_id: str = "") -> ClosedDay:
    """Add a closed day, or a day the office opens (閉庁日の追加).

    A form sent again with its `day_id` (二度押し・再読込み) gives what was saved first.
    Raises: BadInputError and DuplicateError at the field.
    """
    new = ClosedDay(
        day_id or str(uuid4()), entry.code, entry.day, entry.name, entry.is_closed, BY_HAND
    )
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        saved = store.find_closed_day(unit.session, viewer.consortium_id, new.id)
        if saved is not None:
            if saved != replace(new, row_version=saved.row_version):
                raise _refuse(
                    "record_id",
                    "この入力画面からは、もう追加されています。",
                    "もう一つ追加するときは、もう一度送ってください。",
                )
            return saved
        _check(unit, viewer.consortium_id, new)
        store.add_closed_day(unit, viewer.consortium_id, new)
    return new


def _check(unit: Unit, consortium_id: str, new: ClosedDay) -> None:
    if not FIRST_YEAR <= new.day.year <= LAST_YEAR:
        raise _refuse("day", f"{new.day.year}年の日は登録できません。", "年を確かめてください。")
    members = members_store.members(unit.session, consortium_id)
    if new.code is not None and new.code not in {each.code for each in members}:
        raise _refuse("code", "構成団体ではありません。", "一覧から選び直してください。")
    # What holds for all says something new even where the lead city has a row of its own.
    office: OpenDays = store.open_days(unit.session, consortium_id, new.code or "")
    if office.is_open(new.day) != new.is_closed:
        found = "もともと開庁日です。" if not new.is_closed else "もともと閉庁日です。"
        raise _refuse("day", f"{wareki(new.day)}は、{found}", "日付と扱いを確かめてください。")


def change_day(
    viewer: Viewer, day_id: str, seen_version: int, change: DayChange, now: datetime
) -> ClosedDay:
    """Rename a day, open it or close it (閉庁日の変更); from then on no import changes it.

    Raises: StaleError if somebody saved meanwhile, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        old = store.closed_day(unit.session, viewer.consortium_id, day_id)
        new = replace(old, name=change.name, is_closed=change.is_closed)
        if new != old:
            new = replace(new, source=BY_HAND, is_predicted=False)
        seen = replace(old, row_version=seen_version)
        store.save_closed_day(unit, viewer.consortium_id, seen, new)
    return new


def remove_day(viewer: Viewer, day_id: str, seen_version: int, now: datetime) -> bool:
    """Take a day off the list (閉庁日の削除); True where it stays as a day that is open.

    A holiday that holds for every party stays, opened, so that no import closes it again; removed
    once more it is as if it had never been imported. Raises: StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        old = store.closed_day(unit.session, viewer.consortium_id, day_id)
        seen = replace(old, row_version=seen_version)
        if stays_when_removed(old, now.date()):
            new = replace(old, is_closed=False, source=BY_HAND, is_predicted=False)
            store.save_closed_day(unit, viewer.consortium_id, seen, new)
            return True
        store.remove_closed_day(unit, viewer.consortium_id, seen)
    return False


def stays_when_removed(row: ClosedDay, today: date) -> bool:
    """Say whether a row is a holiday an import would bring back (削除しても残る日)."""
    return row.code is None and row.is_closed and row.day in proposed_days(row.day.year, today)


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("閉庁日を保存しようとしました。", found, todo, path=path)
