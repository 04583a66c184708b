"""Busy weeks of the offices (繁忙期), and how long others took (他の団体の所要月数): both 参考.

The busy weeks shipped hold until the office saves a list of its own.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from consortium.db.store import busy_periods as store
from consortium.db.unit import reading, writing
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.onboarding.golive import BusyPeriod
from consortium.intake.tables import Row, read_table
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_ASKED: Final = "繁忙期を保存しようとしました。"
_MONTH_DAY: Final = re.compile(r"0?([1-9]|1[0-2])[-/月.]0?([1-9]|[12][0-9]|3[01])日?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Observed:
    """How long a joining took elsewhere (他の団体の例)."""

    case: str
    milestones: str
    #: as the source has it, e.g. 29（13＋16）
    months: str
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as typed (繁忙期の入力の一行)."""

    name: str
    first: str
    last: str
    source: str


@dataclass(frozen=True, slots=True)
class BusyPage:
    """The busy weeks that hold (繁忙期の画面)."""

    periods: tuple[BusyPeriod, ...]
    #: True while the office has saved no list of its own
    is_shipped: bool

    @property
    def mark(self) -> str:
        """Name the content, so that the second of two editors is refused (見た内容の印)."""
        return sha256_hex(repr(self.periods))


@cache
def shipped() -> tuple[BusyPeriod, ...]:
    """Read the busy weeks that come with the product (同梱の繁忙期)."""
    return tuple(
        BusyPeriod(
            row.text("name"),
            store.month_day(row.text("first_day")),
            store.month_day(row.text("last_day")),
            row.text("source"),
        )
        for row in _table("busy_periods", "name,first_day,last_day,source")
    )


@cache
def observed() -> tuple[Observed, ...]:
    """Read how long a joining took elsewhere, each with its source (他の団体の所要月数)."""
    return tuple(
        Observed(row.text("case"), row.text("milestones"), row.text("months"), row.text("source"))
        for row in _table("observed_durations", "case,milestones,months,source")
    )


def _table(name: str, columns: str) -> tuple[Row, ...]:
    content = (files("consortium") / "seed" / f"{name}.csv").read_bytes()
    return read_table(content, f"{name}.csv", columns.split(","))


def busy_periods(session: "Session", consortium_id: str) -> tuple[BusyPeriod, ...]:
    """Give the busy weeks that hold: the office's own list, else the one shipped (繁忙期)."""
    return store.busy_periods(session, consortium_id) or shipped()


def show_periods(viewer: Viewer) -> BusyPage:
    """Read the busy weeks (繁忙期の画面)."""
    with reading() as session:
        own = store.busy_periods(session, viewer.consortium_id)
    return BusyPage(own or shipped(), not own)


def save_periods(
    viewer: Viewer, seen: str, entries: Sequence[Entry], now: datetime
) -> tuple[BusyPeriod, ...]:
    """Replace the list of busy weeks (繁忙期の変更); lines without a name are left out.

    Raises: BadInputError at the line, e.g. `last-2`; StaleError if somebody saved after the list
    was seen.
    """
    owner = viewer.consortium_id
    new = tuple(_period(no, each) for no, each in enumerate(entries, 1) if not _is_blank(each))
    names = [each.name for each in new]
    for name in names:
        if names.count(name) > 1:
            raise _refuse("", f"「{name}」が二つあります。", "一つにまとめてください。")
    if not new:
        raise _refuse("", "一つも残っていません。", "一つ以上を入力してください。")
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = busy_periods(unit.session, owner)
        if BusyPage(old, is_shipped=False).mark != seen:
            raise StaleError(
                _ASKED, "ほかの人が先に変更しました。",
                "今の内容を確かめて、もう一度保存してください。",
            )  # fmt: skip
        if new != old:
            store.save_busy_periods(unit, owner, old, new)
    return new


def _is_blank(entry: Entry) -> bool:
    return not any((entry.name, entry.first, entry.last, entry.source))


def _period(no: int, entry: Entry) -> BusyPeriod:
    if not entry.name:
        raise _refuse(f"name-{no}", "業務が空です。", "業務の名前を入力してください。")
    return BusyPeriod(
        entry.name,
        _month_day(f"first-{no}", entry.first),
        _month_day(f"last-{no}", entry.last),
        entry.source,
    )


def _month_day(path: str, typed: str) -> tuple[int, int]:
    match = _MONTH_DAY.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    if match is None:
        found = f"「{typed}」は月日として読めません。" if typed else "月日が空です。"
        raise _refuse(path, found, "2月16日、2/16 のように入力してください。")
    month, day = int(match[1]), int(match[2])
    try:
        date(2001, month, day)  # no leap year: each year has to have the day
    except ValueError:
        found = f"毎年は{month}月{day}日がありません。"
        raise _refuse(path, found, "どの年にもある日にしてください。") from None
    return month, day


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError(_ASKED, found, todo, path=path)
