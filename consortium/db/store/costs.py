"""Cost categories and cost items (経費区分・費目)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.yen import Yen

#: Runs in these states rest on their items: an item in one of them stays (費目を残す算定の状態).
HOLDING_STATES = ("in_review", "approved", "issued", "superseded")


@dataclass(frozen=True, slots=True)
class Category:
    """A cost category with its service (経費区分)."""

    id: str
    service_id: str
    service_name: str
    #: no cost before this day (稼働日)
    service_since: date
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class CostItem:
    """One cost of a fiscal year and stage (費目)."""

    id: str
    year: FiscalYear
    stage: str
    service_id: str
    category_id: str
    name: str
    amount_incl_tax: Yen
    first_month: Month
    #: itself included
    last_month: Month
    charged_to_id: str | None = None
    note: str = ""
    is_sample: bool = False
    row_version: int = 1


class Held(NamedTuple):
    """What runs rest on in a year and stage (算定に使われている費目)."""

    #: items that a run beyond the draft rests on: they cannot be deleted
    items: frozenset[str]
    #: statements were issued from them (発行済み)
    is_issued: bool


# ---- questions -----------------------------------------------------------------------------------


def categories(session: Session, consortium_id: str) -> tuple[Category, ...]:
    """List the cost categories in their order (経費区分の一覧)."""
    table, service = models.CostCategory, models.Service
    found = (
        select(table.id, table.service_id, service.name, service.since, table.name, table.position)
        .join(service, service.id == table.service_id)
        .where(table.consortium_id == consortium_id)
        .order_by(service.since, service.key, table.position, table.name)
    )
    return tuple(Category(*row) for row in session.execute(found))


def items(
    session: Session, consortium_id: str, year: FiscalYear, stage: str
) -> tuple[CostItem, ...]:
    """List the items of a year and stage, in order of category, month and name (費目の一覧)."""
    table = models.CostItem
    found = (
        select(table)
        .join(models.CostCategory, models.CostCategory.id == table.category_id)
        .where(
            table.consortium_id == consortium_id,
            table.fiscal_year_start == year.start_year,
            table.stage == stage,
        )
        .order_by(
            models.CostCategory.service_id,
            models.CostCategory.position,
            table.first_month,
            table.name,
            table.id,
        )
    )
    return tuple(_item(row) for row in session.scalars(found))


def stage_counts(session: Session, consortium_id: str) -> dict[tuple[int, str], int]:
    """Count the items of every fiscal year and stage (年度・段階ごとの費目数)."""
    table = models.CostItem
    found = (
        select(table.fiscal_year_start, table.stage, func.count())
        .where(table.consortium_id == consortium_id)
        .group_by(table.fiscal_year_start, table.stage)
    )
    return {(year, stage): count for year, stage, count in session.execute(found)}


def item(session: Session, consortium_id: str, item_id: str) -> CostItem:
    """Give one item.

    Raises: NotFoundError, for an item of another consortium as well.
    """
    return _item(_row(session, consortium_id, item_id))


def find_item(session: Session, consortium_id: str, item_id: str) -> CostItem | None:
    """Give the item of an id chosen for a new one, None while it is free.

    Raises: BadInputError for an id that another consortium uses.
    """
    row = session.get(models.CostItem, item_id)
    if row is not None and row.consortium_id != consortium_id:
        raise BadInputError(
            "費目を保存しようとしました。",
            "この入力画面は使えません。",
            "内容を確かめて、もう一度送ってください。",
            path="item_id",
        )
    return _item(row) if row else None


def holding_runs(session: Session, consortium_id: str, item_id: str) -> int:
    """Count the runs beyond the draft that rest on an item (費目を含む算定の数)."""
    found = (
        select(func.count(models.ShareRow.run_id.distinct()))
        .join(models.AllocationRun, models.AllocationRun.id == models.ShareRow.run_id)
        .where(
            models.ShareRow.consortium_id == consortium_id,
            models.ShareRow.item_id == item_id,
            models.AllocationRun.state.in_(HOLDING_STATES),
        )
    )
    return session.scalar(found) or 0


def held_items(session: Session, consortium_id: str, year: FiscalYear, stage: str) -> Held:
    """Give the items of a year and stage that a run beyond the draft rests on (残す費目)."""
    run = models.AllocationRun
    found = (
        select(models.ShareRow.item_id, run.state)
        .distinct()
        .join(run, run.id == models.ShareRow.run_id)
        .where(
            models.ShareRow.consortium_id == consortium_id,
            run.fiscal_year_start == year.start_year,
            run.stage == stage,
            run.state.in_(HOLDING_STATES),
        )
    )
    rows = session.execute(found).all()
    return Held(
        frozenset(row.item_id for row in rows if row.item_id),
        any(row.state == "issued" for row in rows),
    )


def _row(session: Session, consortium_id: str, item_id: str) -> models.CostItem:
    table = models.CostItem
    found = select(table).where(table.consortium_id == consortium_id, table.id == item_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFoundError(
            "費目を開こうとしました。", "見つかりません。", "費用の一覧から選び直してください。"
        )
    return row


def _item(row: models.CostItem) -> CostItem:
    return CostItem(
        row.id,
        FiscalYear(row.fiscal_year_start),
        row.stage,
        row.service_id,
        row.category_id,
        row.name,
        row.amount_incl_tax,
        Month.containing(row.first_month),
        Month.containing(row.last_month),
        row.charged_to_id,
        row.note,
        row.is_sample,
        row.row_version,
    )


# ---- changes -------------------------------------------------------------------------------------


def add_category(unit: Unit, consortium_id: str, new: Category) -> None:
    """Save a cost category (経費区分の登録)."""
    unit.session.add(
        models.CostCategory(
            id=new.id,
            consortium_id=consortium_id,
            service_id=new.service_id,
            name=new.name,
            position=new.position,
        )
    )
    unit.session.flush()
    unit.record(
        consortium_id, "category.create", "cost_category", new.id, f"経費区分「{new.name}」の登録",
        None, {"共同サービス": new.service_name, "経費区分": new.name, "表示順": new.position},
    )  # fmt: skip


def add_item(unit: Unit, consortium_id: str, new: CostItem) -> None:
    """Save a new item (費目の追加)."""
    unit.session.add(_new_row(consortium_id, new))
    unit.session.flush()
    unit.record(
        consortium_id, "item.create", "cost_item", new.id, f"費目「{new.name}」の追加",
        None, _in_words(new, _names(unit.session, consortium_id)),
    )  # fmt: skip


def add_items(
    unit: Unit, consortium_id: str, new: Sequence[CostItem], title: str, **facts: Any
) -> None:
    """Save the items of one year and stage together, as one event (費目のまとめての追加)."""
    unit.session.add_all([_new_row(consortium_id, item) for item in new])
    unit.session.flush()
    first, names = new[0], _names(unit.session, consortium_id)
    after = {
        **facts,
        "費目数": len(new),
        "合計": sum(item.amount_incl_tax for item in new),
        "費目": [_in_words(item, names) for item in new],
    }
    place = f"{first.year.start_year}-{first.stage}"
    unit.record(consortium_id, "item.create_many", "cost_items", place, title, None, after)


def save_item(unit: Unit, consortium_id: str, old: CostItem, new: CostItem) -> None:
    """Replace an item (費目の変更); nothing is written when nothing differs.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _row(unit.session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise stale("変更")
    names = _names(unit.session, consortium_id)
    before, after = _in_words(_item(row), names), _in_words(new, names)
    changed = [title for title in after if before[title] != after[title]]
    if not changed:
        return
    row.service_id, row.category_id = new.service_id, new.category_id
    row.name, row.amount_incl_tax = new.name, new.amount_incl_tax
    row.first_month, row.last_month = new.first_month.first, new.last_month.first
    row.charged_to_id, row.note = new.charged_to_id, new.note
    unit.session.flush()
    unit.record(
        consortium_id, "item.change", "cost_item", old.id, f"費目「{new.name}」の変更",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def remove_item(unit: Unit, consortium_id: str, old: CostItem) -> None:
    """Delete an item (費目の削除); the chain keeps what it was.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _row(unit.session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise stale("削除")
    unit.session.delete(row)
    unit.session.flush()
    unit.record(
        consortium_id, "item.remove", "cost_item", old.id, f"費目「{old.name}」の削除",
        _in_words(old, _names(unit.session, consortium_id)), None,
    )  # fmt: skip


def stale(what: str) -> StaleError:
    """Say that somebody was faster (競合)."""
    return StaleError(
        f"費目を{what}しようとしました。",
        "ほかの人が先に変更しました。",
        "今の内容を確かめて、もう一度保存してください。",
    )


def _new_row(consortium_id: str, new: CostItem) -> models.CostItem:
    return models.CostItem(
        id=new.id, consortium_id=consortium_id, fiscal_year_start=new.year.start_year,
        stage=new.stage, service_id=new.service_id, category_id=new.category_id, name=new.name,
        amount_incl_tax=new.amount_incl_tax, first_month=new.first_month.first,
        last_month=new.last_month.first, charged_to_id=new.charged_to_id, note=new.note,
        is_sample=new.is_sample,
    )  # fmt: skip


def _names(session: Session, consortium_id: str) -> Mapping[str, str]:
    """Name what an item refers to: the chain is read by people, ids say nothing to them."""
    named = (models.Service, models.CostCategory, models.Member)
    found = union_all(
        *(
            select(table.id, table.name).where(table.consortium_id == consortium_id)
            for table in named
        )
    )
    return {row.id: row.name for row in session.execute(found)}


def _in_words(item: CostItem, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "年度": item.year.start_year,
        "段階": STAGES[item.stage],
        "共同サービス": names.get(item.service_id),
        "経費区分": names.get(item.category_id),
        "費目名": item.name,
        "金額(税込)": item.amount_incl_tax,
        "開始月": str(item.first_month),
        "終了月": str(item.last_month),
        "個別負担の団体": names.get(item.charged_to_id or ""),
        "備考": item.note,
        "見本": item.is_sample,
    }
