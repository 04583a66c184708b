"""Saved cases of the simulator (保存した算定ケース)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotFoundError, StaleError


@dataclass(frozen=True, slots=True)
class SavedCase:
    """A case as an officer kept it (保存した算定ケース)."""

    id: str
    name: str
    owner_id: str
    owner_name: str
    year: FiscalYear
    text: str
    sha256: str
    is_shared: bool
    created_at: datetime
    updated_at: datetime
    row_version: int = 1


# ---- questions -----------------------------------------------------------------------------------


def saved_cases(session: Session, consortium_id: str, owner_id: str | None) -> list[SavedCase]:
    """List an officer's own cases and the shared ones, the newest first; None: all (一覧)."""
    table = models.SavedCase
    found = select(table).where(table.consortium_id == consortium_id)
    if owner_id is not None:
        found = found.where(or_(table.owner_id == owner_id, table.is_shared))
    ordered = found.order_by(table.updated_at.desc(), table.id)
    return [_case(row) for row in session.scalars(ordered)]


def saved_case(
    session: Session, consortium_id: str, owner_id: str | None, case_id: str
) -> SavedCase:
    """Give one case that an officer may see; None: any (算定ケース).

    Raises: NotFoundError, for another officer's private case as well.
    """
    row = _row(session, consortium_id, case_id)
    if owner_id is not None and row.owner_id != owner_id and not row.is_shared:
        raise _not_found()
    return _case(row)


def find_case(session: Session, consortium_id: str, case_id: str) -> SavedCase | None:
    """Give the case of an id chosen for a new one, None while it is free.

    Raises: BadInputError for an id that another consortium uses.
    """
    row = session.get(models.SavedCase, case_id)
    if row is not None and row.consortium_id != consortium_id:
        raise BadInputError(
            "算定ケースを保存しようとしました。",
            "この入力画面は使えません。",
            "画面を開き直して、もう一度保存してください。",
            path="case_id",
        )
    return _case(row) if row else None


def _row(session: Session, consortium_id: str, case_id: str) -> models.SavedCase:
    table = models.SavedCase
    found = select(table).where(table.consortium_id == consortium_id, table.id == case_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise _not_found()
    return row


def _not_found() -> NotFoundError:
    return NotFoundError(
        "保存した算定ケースを開こうとしました。", "見つかりません。", "一覧から選び直してください。"
    )


def _case(row: models.SavedCase) -> SavedCase:
    return SavedCase(
        row.id, row.name, row.owner_id, row.owner_name, FiscalYear(row.fiscal_year_start),
        row.text, row.sha256, row.is_shared, row.created_at, row.updated_at, row.row_version,
    )  # fmt: skip


# ---- changes -------------------------------------------------------------------------------------


def add_case(unit: Unit, consortium_id: str, new: SavedCase) -> None:
    """Save a new case (算定ケースの保存)."""
    unit.session.add(
        models.SavedCase(
            id=new.id, consortium_id=consortium_id, name=new.name, owner_id=new.owner_id,
            owner_name=new.owner_name, fiscal_year_start=new.year.start_year, text=new.text,
            sha256=new.sha256, is_shared=new.is_shared, created_at=new.created_at,
            updated_at=new.updated_at,
        )
    )  # fmt: skip
    unit.session.flush()
    title = f"算定ケース「{new.name}」の保存"
    unit.record(consortium_id, "case.create", "saved_case", new.id, title, None, _in_words(new))


def save_case(unit: Unit, consortium_id: str, old: SavedCase, new: SavedCase) -> None:
    """Change name and sharing (名前・共有の変更); nothing is written when nothing differs.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _seen_row(unit.session, consortium_id, old, "変更")
    before, after = _in_words(_case(row)), _in_words(new)
    changed = [title for title in after if before[title] != after[title]]
    if not changed:
        return
    row.name, row.is_shared, row.updated_at = new.name, new.is_shared, new.updated_at
    unit.session.flush()
    unit.record(
        consortium_id, "case.change", "saved_case", old.id, f"算定ケース「{new.name}」の変更",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def remove_case(unit: Unit, consortium_id: str, old: SavedCase) -> None:
    """Delete a case (算定ケースの削除); the chain keeps its name and hash.

    Raises: StaleError if somebody saved after `old` was read.
    """
    unit.session.delete(_seen_row(unit.session, consortium_id, old, "削除"))
    unit.session.flush()
    title = f"算定ケース「{old.name}」の削除"
    unit.record(consortium_id, "case.remove", "saved_case", old.id, title, _in_words(old), None)


def _seen_row(session: Session, consortium_id: str, old: SavedCase, what: str) -> models.SavedCase:
    row = _row(session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise StaleError(
            f"算定ケースを{what}しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度行ってください。",
        )
    return row


def _in_words(case: SavedCase) -> dict[str, Any]:
    return {
        "名前": case.name,
        "所有者": case.owner_name,
        "年度": case.year.start_year,
        "共有": case.is_shared,
        "照合値": case.sha256,
    }
