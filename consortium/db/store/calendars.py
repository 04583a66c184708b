"""Closed days, and the open days that follow from them (閉庁日・開庁日)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.errors import NotFoundError, StaleError

#: What somebody of the office entered or changed; an import leaves it alone (職員).
BY_HAND = "職員"


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day on which an office is closed, or open although it would be closed (閉庁日)."""

    id: str
    #: municipality code; None for every party
    code: str | None
    day: date
    name: str
    is_closed: bool
    source: str
    #: True while the 官報 has not announced the holidays of that year (予測)
    is_predicted: bool = False
    row_version: int = 1

    @property
    def key(self) -> tuple[str, date]:
        """Give what a row is unique by in its consortium."""
        return self.code or "", self.day

    @property
    def is_by_hand(self) -> bool:
        """Say whether an import leaves it as it is (職員の入力)."""
        return self.source == BY_HAND


# ---- questions -----------------------------------------------------------------------------------


def holds_for(consortium_id: str, code: str | None) -> ColumnElement[bool]:
    """Ask for the rows that hold for every party and those of one (対象): see `open_days`."""
    table, member = models.ClosedDay, models.Member
    lead = select(member.code).where(member.consortium_id == consortium_id, member.is_lead)
    own = table.code.in_(lead) if code is None else table.code == code
    return or_(table.code == "", own)


def open_days(session: Session, consortium_id: str, code: str | None) -> OpenDays:
    """Give the open days of an office (開庁日), by which its deadlines move.

    `code` names a town; None is the lead city, whose deadlines the calendar and the due days are;
    the empty text is nobody: what holds for every party. What the office's own row says of a day
    goes before what holds for all.
    """
    return office_days(session, consortium_id, code)[0]


def office_days(
    session: Session, consortium_id: str, code: str | None = None
) -> tuple[OpenDays, dict[date, str]]:
    """Give the open days of an office as `open_days`, and the names of its closed days."""
    table = models.ClosedDay
    found = (
        select(table.code, table.day, table.is_closed, table.name)
        .where(table.consortium_id == consortium_id, holds_for(consortium_id, code))
        .order_by(table.code)
    )
    rows = {row.day: row for row in session.execute(found)}
    closed = {day: row.name for day, row in rows.items() if row.is_closed}
    return OpenDays(closed, (day for day, row in rows.items() if not row.is_closed)), closed


def closed_days(session: Session, consortium_id: str, year: int) -> tuple[ClosedDay, ...]:
    """List the rows of a calendar year by day (閉庁日の一覧)."""
    table = models.ClosedDay
    found = select(table).where(
        table.consortium_id == consortium_id,
        table.day.between(date(year, 1, 1), date(year, 12, 31)),
    )
    return tuple(map(_closed_day, session.scalars(found.order_by(table.day, table.code))))


def every_closed_day(session: Session, consortium_id: str) -> tuple[ClosedDay, ...]:
    """List the rows of all years and offices by day (全部の閉庁日)."""
    table = models.ClosedDay
    found = select(table).where(table.consortium_id == consortium_id)
    return tuple(map(_closed_day, session.scalars(found.order_by(table.day, table.code))))


def days_by_hand(session: Session, consortium_id: str) -> tuple[ClosedDay, ...]:
    """List what somebody of the office entered or changed, by day (職員が入れた日)."""
    table = models.ClosedDay
    found = select(table).where(table.consortium_id == consortium_id, table.source == BY_HAND)
    return tuple(map(_closed_day, session.scalars(found.order_by(table.day, table.code))))


def closed_day(session: Session, consortium_id: str, day_id: str) -> ClosedDay:
    """Give one row.

    Raises: NotFoundError, for one of another consortium as well.
    """
    return _closed_day(_row(session, consortium_id, day_id))


def find_closed_day(session: Session, consortium_id: str, day_id: str) -> ClosedDay | None:
    """Give one row, or None where it is not there yet."""
    table = models.ClosedDay
    found = select(table).where(table.consortium_id == consortium_id, table.id == day_id)
    row = session.scalars(found).one_or_none()
    return None if row is None else _closed_day(row)


def filled_years(session: Session, consortium_id: str) -> tuple[int, ...]:
    """Name the calendar years whose holidays were imported (祝日を取り込んだ年)."""
    table = models.ClosedDay
    found = (
        select(table.day)
        .where(table.consortium_id == consortium_id, table.source == "年末年始")
        .distinct()
    )
    # 12/31 is of no use here: somebody may have changed it. One day left of the five is enough.
    return tuple(sorted({day.year for day in session.scalars(found)}))


def _row(session: Session, consortium_id: str, day_id: str) -> models.ClosedDay:
    table = models.ClosedDay
    found = select(table).where(table.consortium_id == consortium_id, table.id == day_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFoundError(
            "閉庁日を開こうとしました。",
            "見つかりません。",
            "閉庁日の一覧から選び直してください。",
        )
    return row


def _closed_day(row: models.ClosedDay) -> ClosedDay:
    return ClosedDay(
        row.id,
        row.code or None,
        row.day,
        row.name,
        row.is_closed,
        row.source,
        row.is_predicted,
        row.row_version,
    )


# ---- changes -------------------------------------------------------------------------------------


def add_closed_day(unit: Unit, consortium_id: str, new: ClosedDay) -> None:
    """Save a new row (閉庁日の追加)."""
    _insert(unit, consortium_id, new)
    unit.session.flush()
    unit.record(
        consortium_id, "closed_day.create", "closed_day", new.id, f"閉庁日「{new.name}」の追加",
        None, in_words(new),
    )  # fmt: skip


def save_closed_day(unit: Unit, consortium_id: str, old: ClosedDay, new: ClosedDay) -> None:
    """Replace a row (閉庁日の変更); nothing is written when nothing differs.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _seen(unit.session, consortium_id, old)
    before, after = in_words(_closed_day(row)), in_words(new)
    titles = [title for title in after if before[title] != after[title]]
    if not titles:
        return
    _fill(row, new)
    unit.session.flush()
    unit.record(
        consortium_id, "closed_day.change", "closed_day", old.id, f"閉庁日「{new.name}」の変更",
        {title: before[title] for title in titles}, {title: after[title] for title in titles},
    )  # fmt: skip


def remove_closed_day(unit: Unit, consortium_id: str, old: ClosedDay) -> None:
    """Delete a row (閉庁日の削除); the chain keeps what it was. Raises: StaleError."""
    row = _seen(unit.session, consortium_id, old)
    unit.session.delete(row)
    unit.session.flush()
    unit.record(
        consortium_id, "closed_day.remove", "closed_day", old.id, f"閉庁日「{old.name}」の削除",
        in_words(old), None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import changes in a year (取込みによる変更)."""

    added: tuple[ClosedDay, ...]
    #: as they are after it
    changed: tuple[ClosedDay, ...]
    removed: tuple[ClosedDay, ...]

    @property
    def is_empty(self) -> bool:
        """Say whether nothing changes."""
        return not (self.added or self.changed or self.removed)


def apply_difference(unit: Unit, consortium_id: str, title: str, difference: Difference) -> None:
    """Write an import as one event (祝日の取込み); nothing of one that changes nothing."""
    if difference.is_empty:
        return
    for gone in difference.removed:
        unit.session.delete(_row(unit.session, consortium_id, gone.id))
    for changed in difference.changed:
        _fill(_row(unit.session, consortium_id, changed.id), changed)
    for new in difference.added:
        _insert(unit, consortium_id, new)
    unit.session.flush()
    unit.record(
        consortium_id, "closed_day.import", "closed_day", consortium_id, title,
        {"削除": [f"{each.day} {each.name}" for each in difference.removed]},
        {
            "追加": [f"{each.day} {each.name}" for each in difference.added],
            "変更": [f"{each.day} {each.name}" for each in difference.changed],
        },
    )  # fmt: skip


def _insert(unit: Unit, consortium_id: str, new: ClosedDay) -> None:
    row = models.ClosedDay(id=new.id, consortium_id=consortium_id)
    _fill(row, new)
    unit.session.add(row)


def _seen(session: Session, consortium_id: str, old: ClosedDay) -> models.ClosedDay:
    row = _row(session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise StaleError(
            "閉庁日を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    return row


def _fill(row: models.ClosedDay, new: ClosedDay) -> None:
    row.code, row.day, row.name = new.code or "", new.day, new.name
    row.is_closed, row.source, row.is_predicted = new.is_closed, new.source, new.is_predicted


def in_words(each: ClosedDay) -> dict[str, Any]:
    """Say a row as the chain and its readers do (閉庁日の内容)."""
    return {
        "団体": each.code or "全団体",
        "日付": each.day,
        "名称": each.name,
        "開庁・閉庁": "閉庁" if each.is_closed else "開庁",
        "予測": each.is_predicted,
        "出典": each.source,
    }
