"""Cost categories and cost items (経費区分・費目)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from consortium.db import models
from consortium.db.store import item_parts
from consortium.db.store.item_words import in_words, names_of
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
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
    #: 金額の入れ方: incl, net, usd
    amount_by: str = "incl"
    #: how the amount came about, in words (金額の内訳)
    amount_note: str = ""
    net_amount: Yen | None = None
    #: percent
    tax_rate: Fraction | None = None
    tax_amount: Yen | None = None
    invoice_id: str | None = None
    #: US dollars by month, of an item entered in them
    dollars: Mapping[Month, Fraction] = field(default_factory=dict)
    #: 従量: yen for one unit; the quantities stand in `item_parts`
    unit_price: Fraction | None = None
    usage_mode: str | None = None


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
    session: Session,
    consortium_id: str,
    year: FiscalYear,
    stage: str,
    *,
    with_dollars: bool = True,
) -> tuple[CostItem, ...]:
    """List the items of a year and stage, in order of category, month and name (費目の一覧)."""
    table = models.CostItem
    return _items_where(
        session,
        consortium_id,
        table.fiscal_year_start == year.start_year,
        table.stage == stage,
        with_dollars=with_dollars,
    )


def lines_of(session: Session, consortium_id: str, invoice_id: str) -> tuple[CostItem, ...]:
    """List the items that are lines of an invoice (請求書の明細)."""
    return _items_where(session, consortium_id, models.CostItem.invoice_id == invoice_id)


def dollar_items(session: Session, consortium_id: str, month: Month) -> tuple[CostItem, ...]:
    """List the items of all years and stages with US dollars of a month (米ドルの費目)."""
    part = models.CostItemUsd
    of_month = select(part.item_id).where(part.month == month.first)
    return _items_where(session, consortium_id, models.CostItem.id.in_(of_month))


def _items_where(
    session: Session,
    consortium_id: str,
    *conditions: ColumnElement[bool],
    with_dollars: bool = True,
) -> tuple[CostItem, ...]:
    table = models.CostItem
    found = (
        select(table)
        .join(models.CostCategory, models.CostCategory.id == table.category_id)
        .where(table.consortium_id == consortium_id, *conditions)
        .order_by(
            models.CostCategory.service_id,
            models.CostCategory.position,
            table.first_month,
            table.name,
            table.id,
        )
    )
    rows = session.scalars(found).all()
    in_dollars = [row.id for row in rows if with_dollars and row.amount_by == "usd"]
    dollars = item_parts.dollars_of(session, in_dollars)
    return tuple(_item(row, dollars.get(row.id, {})) for row in rows)


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
    table, part = models.CostItem, models.CostItemUsd
    found = session.execute(
        select(table, part)
        .outerjoin(part, part.item_id == table.id)
        .where(table.consortium_id == consortium_id, table.id == item_id)
    ).all()
    if not found:
        raise _no_item()
    dollars = {Month.containing(usd.month): usd.amount for _, usd in found if usd is not None}
    return _item(found[0][0], dollars)


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
    return _whole(session, row) if row else None


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
        raise _no_item()
    return row


def _no_item() -> NotFoundError:
    return NotFoundError(
        "費目を開こうとしました。", "見つかりません。", "費用の一覧から選び直してください。"
    )


def _whole(session: Session, row: models.CostItem) -> CostItem:
    dollars = item_parts.dollars_of(session, [row.id] if row.amount_by == "usd" else [])
    return _item(row, dollars.get(row.id, {}))


def _item(row: models.CostItem, dollars: Mapping[Month, Fraction]) -> CostItem:
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
        row.amount_by,
        row.amount_note,
        row.net_amount,
        row.tax_rate,
        row.tax_amount,
        row.invoice_id,
        dollars,
        row.unit_price,
        row.usage_mode,
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
    _add_rows(unit, consortium_id, [new])
    unit.record(
        consortium_id, "item.create", "cost_item", new.id, f"費目「{new.name}」の追加",
        None, in_words(new, names_of(unit.session, consortium_id)),
    )  # fmt: skip


def add_items(
    unit: Unit, consortium_id: str, new: Sequence[CostItem], title: str, **facts: Any
) -> None:
    """Save the items of one year and stage together, as one event (費目のまとめての追加)."""
    _add_rows(unit, consortium_id, new)
    first, names = new[0], names_of(unit.session, consortium_id)
    after = {
        **facts,
        "費目数": len(new),
        "合計": sum(item.amount_incl_tax for item in new),
        "費目": [in_words(item, names) for item in new],
    }
    place = f"{first.year.start_year}-{first.stage}"
    unit.record(consortium_id, "item.create_many", "cost_items", place, title, None, after)


def _add_rows(unit: Unit, consortium_id: str, new: Sequence[CostItem]) -> None:
    unit.session.add_all([_new_row(consortium_id, item) for item in new])
    unit.session.flush()
    for item in new:
        item_parts.save_dollars(unit.session, consortium_id, item.id, {}, item.dollars)


def save_item(unit: Unit, consortium_id: str, old: CostItem, new: CostItem) -> None:
    """Replace an item (費目の変更); nothing is written when nothing differs.

    What is charged by quantity stays as it is: `item_parts.save_usage`.
    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _row(unit.session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise stale("変更")
    names = names_of(unit.session, consortium_id)
    saved = _whole(unit.session, row)
    before, after = in_words(saved, names), in_words(new, names)
    changed = [title for title in {**before, **after} if before.get(title) != after.get(title)]
    if not changed:
        return
    for column, value in _columns(new).items():
        setattr(row, column, value)
    # Dollars that move while the yen stay the same are a change of the item as well.
    flag_modified(row, "name")
    unit.session.flush()
    item_parts.save_dollars(unit.session, consortium_id, old.id, saved.dollars, new.dollars)
    unit.record(
        consortium_id, "item.change", "cost_item", old.id, f"費目「{new.name}」の変更",
        {title: before.get(title) for title in changed},
        {title: after.get(title) for title in changed},
    )  # fmt: skip


def remove_item(unit: Unit, consortium_id: str, old: CostItem) -> None:
    """Delete an item (費目の削除); the chain keeps what it was.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _row(unit.session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise stale("削除")
    item_parts.remove_parts(unit.session, old.id)
    unit.session.delete(row)
    unit.session.flush()
    unit.record(
        consortium_id, "item.remove", "cost_item", old.id, f"費目「{old.name}」の削除",
        in_words(old, names_of(unit.session, consortium_id)), None,
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
        stage=new.stage, is_sample=new.is_sample, unit_price=new.unit_price,
        usage_mode=new.usage_mode, **_columns(new),
    )  # fmt: skip


def _columns(item: CostItem) -> dict[str, Any]:
    """Give what may change of an item, by column."""
    same = (
        "service_id", "category_id", "name", "amount_incl_tax", "charged_to_id", "note",
        "amount_by", "amount_note", "net_amount", "tax_rate", "tax_amount", "invoice_id",
    )  # fmt: skip
    months = {"first_month": item.first_month.first, "last_month": item.last_month.first}
    return {column: getattr(item, column) for column in same} | months
