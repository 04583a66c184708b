"""Invoices and exchange rates (請求書・為替レート)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store.costs import CostItem, lines_of
from consortium.db.store.settings import settings_of
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.invoicing import TAX_PER, Rate, decimal
from consortium.domain.yen import MODES


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice without its lines (請求書); they are the items that name it."""

    id: str
    year: FiscalYear
    stage: str
    supplier: str
    number: str
    invoice_date: date
    #: where and how its tax is rounded: keys of `TAX_PER` and `MODES`
    tax_per: str
    tax_mode: str
    note: str = ""
    row_version: int = 1

    @property
    def name(self) -> str:
        """Name it as people do (請求書の呼び名)."""
        return f"{self.supplier} {self.number}"


@dataclass(frozen=True, slots=True)
class StoredRate:
    """The exchange rate of a month as it is saved (為替レート)."""

    month: Month
    rate: Rate
    row_version: int = 1


class AmountInputs(NamedTuple):
    """What the 税込 amounts of items are computed from (金額の計算の前提)."""

    rates: Mapping[Month, Rate]
    #: rounding of US dollars × rate
    usd_mode: str
    #: invoice id → the invoice and its lines
    invoices: Mapping[str, tuple[Invoice, tuple[CostItem, ...]]]


def amount_inputs(
    session: Session, consortium_id: str, items: Sequence[CostItem], *more: CostItem | None
) -> AmountInputs:
    """Read the rates of the items' dollars and the invoices they, or `more`, are lines of.

    Raises: NotFoundError for an invoice of somebody else.
    """
    months = sorted({month for item in items for month in item.dollars})
    stored = rates(session, consortium_id, months) if months else {}
    named = [item for item in (*items, *more) if item is not None]
    ids = sorted({item.invoice_id for item in named if item.invoice_id})
    return AmountInputs(
        {month: each.rate for month, each in stored.items()},
        settings_of(session, consortium_id).usd_mode if months else "floor",
        {
            each: (invoice(session, consortium_id, each), lines_of(session, consortium_id, each))
            for each in ids
        },
    )


# ---- invoices ------------------------------------------------------------------------------------


def invoices(
    session: Session,
    consortium_id: str,
    year: FiscalYear | None = None,
    stage: str | None = None,
) -> tuple[Invoice, ...]:
    """List the invoices in order of date, of one year and stage where asked (請求書の一覧)."""
    table = models.Invoice
    found = select(table).where(table.consortium_id == consortium_id)
    if year is not None:
        found = found.where(table.fiscal_year_start == year.start_year)
    if stage is not None:
        found = found.where(table.stage == stage)
    ordered = found.order_by(table.invoice_date, table.supplier, table.number, table.stage)
    return tuple(_invoice(row) for row in session.scalars(ordered))


def invoice(session: Session, consortium_id: str, invoice_id: str) -> Invoice:
    """Give one invoice.

    Raises: NotFoundError, for an invoice of another consortium as well.
    """
    return _invoice(_invoice_row(session, consortium_id, invoice_id))


def add_invoice(unit: Unit, consortium_id: str, new: Invoice) -> None:
    """Save a new invoice (請求書の登録)."""
    row = models.Invoice(
        id=new.id, consortium_id=consortium_id, fiscal_year_start=new.year.start_year,
        stage=new.stage, **_columns(new),
    )  # fmt: skip
    unit.session.add(row)
    unit.session.flush()
    unit.record(
        consortium_id, "invoice.create", "invoice", new.id, f"請求書「{new.name}」の登録",
        None, _invoice_in_words(new),
    )  # fmt: skip


def save_invoice(unit: Unit, consortium_id: str, old: Invoice, new: Invoice) -> None:
    """Replace an invoice (請求書の変更); nothing is written when nothing differs.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _unchanged(unit.session, consortium_id, old)
    before, after = _invoice_in_words(_invoice(row)), _invoice_in_words(new)
    changed = [title for title in after if before[title] != after[title]]
    if not changed:
        return
    for column, value in _columns(new).items():
        setattr(row, column, value)
    unit.session.flush()
    unit.record(
        consortium_id, "invoice.change", "invoice", old.id, f"請求書「{new.name}」の変更",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def remove_invoice(unit: Unit, consortium_id: str, old: Invoice) -> None:
    """Delete an invoice without lines (請求書の削除).

    Raises: StaleError if somebody saved after `old` was read.
    """
    unit.session.delete(_unchanged(unit.session, consortium_id, old))
    unit.session.flush()
    unit.record(
        consortium_id, "invoice.remove", "invoice", old.id, f"請求書「{old.name}」の削除",
        _invoice_in_words(old), None,
    )  # fmt: skip


def _unchanged(session: Session, consortium_id: str, old: Invoice) -> models.Invoice:
    row = _invoice_row(session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise _stale("請求書")
    return row


def _invoice_row(session: Session, consortium_id: str, invoice_id: str) -> models.Invoice:
    table = models.Invoice
    found = select(table).where(table.consortium_id == consortium_id, table.id == invoice_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFoundError(
            "請求書を開こうとしました。", "見つかりません。", "請求書の一覧から選び直してください。"
        )
    return row


def _invoice(row: models.Invoice) -> Invoice:
    return Invoice(
        row.id, FiscalYear(row.fiscal_year_start), row.stage, row.supplier, row.number,
        row.invoice_date, row.tax_per, row.tax_mode, row.note, row.row_version,
    )  # fmt: skip


def _columns(new: Invoice) -> dict[str, Any]:
    names = ("supplier", "number", "invoice_date", "tax_per", "tax_mode", "note")
    return {name: getattr(new, name) for name in names}


def _invoice_in_words(invoice: Invoice) -> dict[str, Any]:
    return {
        "年度": invoice.year.start_year,
        "段階": STAGES[invoice.stage],
        "請求者": invoice.supplier,
        "番号": invoice.number,
        "請求日": str(invoice.invoice_date),
        "消費税の端数": f"{TAX_PER[invoice.tax_per]}に{MODES[invoice.tax_mode]}",
        "備考": invoice.note,
    }


# ---- exchange rates ------------------------------------------------------------------------------


def rates(session: Session, consortium_id: str, months: Sequence[Month]) -> dict[Month, StoredRate]:
    """Give the exchange rates of these months, where there are some (為替レート)."""
    table = models.ExchangeRate
    found = (
        select(table)
        .where(
            table.consortium_id == consortium_id,
            table.month.in_([month.first for month in months]),
        )
        .order_by(table.month)
    )
    stored = [_rate(row) for row in session.scalars(found)]
    return {each.month: each for each in stored}


def all_rates(session: Session, consortium_id: str) -> tuple[StoredRate, ...]:
    """List every exchange rate, the earliest first (為替レートの一覧)."""
    table = models.ExchangeRate
    found = select(table).where(table.consortium_id == consortium_id).order_by(table.month)
    return tuple(_rate(row) for row in session.scalars(found))


def save_rate(
    unit: Unit, consortium_id: str, old: StoredRate | None, month: Month, new: Rate
) -> None:
    """Save the rate of a month, or replace `old` (為替レートの保存); why is the unit's reason.

    Raises: StaleError if somebody saved after `old` was read, DuplicateError for a second one.
    """
    stored = rates(unit.session, consortium_id, [month]).get(month)
    if (stored and stored.row_version) != (old and old.row_version):
        raise _stale("為替レート")
    if stored is not None and stored.rate == new:
        return
    table = models.ExchangeRate
    found = select(table).where(table.consortium_id == consortium_id, table.month == month.first)
    row = unit.session.scalars(found).one_or_none()
    if row is None:
        row = table(id=models.new_id(), consortium_id=consortium_id, month=month.first)
        unit.session.add(row)
    row.rate, row.source, row.quoted_on = new.rate, new.source, new.quoted_on
    unit.session.flush()
    unit.record(
        consortium_id, "rate.change" if stored else "rate.create", "exchange_rate", row.id,
        f"{month}の為替レートの{'変更' if stored else '登録'}",
        _rate_in_words(month, stored.rate) if stored else None, _rate_in_words(month, new),
    )  # fmt: skip


def _rate(row: models.ExchangeRate) -> StoredRate:
    rate = Rate(row.rate, row.source, row.quoted_on)
    return StoredRate(Month.containing(row.month), rate, row.row_version)


def _rate_in_words(month: Month, rate: Rate) -> dict[str, Any]:
    return {
        "月": str(month),
        "1米ドル": f"{decimal(rate.rate)}円",
        "出典": rate.source,
        "公表日": str(rate.quoted_on) if rate.quoted_on else None,
    }


def _stale(what: str) -> StaleError:
    return StaleError(
        f"{what}を変更しようとしました。",
        "ほかの人が先に変更しました。",
        "今の内容を確かめて、もう一度保存してください。",
    )
