"""Invoices and their lines (請求書): one rounding of the tax, named by the invoice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import uuid4

from consortium.db.store import costs as costs_store
from consortium.db.store import invoices as store
from consortium.db.store import settings as settings_store
from consortium.db.store.costs import CostItem
from consortium.db.store.invoices import Invoice
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.invoicing import TAX_PER, RateTotal, rate_totals
from consortium.domain.yen import MODES, Yen, total
from consortium.usecases.amounts import CHECKED, Plan, plan_invoice
from consortium.usecases.closings import refuse_closed
from consortium.usecases.costs import unknown_year, year_labels
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class InvoiceEntry:
    """What an officer enters for an invoice (請求書の入力)."""

    supplier: str
    number: str
    invoice_date: date
    tax_per: str = "line"
    tax_mode: str = "floor"
    note: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLines:
    """An invoice with its lines and what they add up to (請求書と明細)."""

    invoice: Invoice
    lines: tuple[CostItem, ...] = ()

    @property
    def totals(self) -> tuple[RateTotal, ...]:
        """Add up by tax rate (税率ごとの合計)."""
        pairs = [(line.net_amount or 0, line.tax_rate or 0) for line in self.lines]
        return rate_totals(pairs, [line.tax_amount or 0 for line in self.lines])

    @property
    def net(self) -> Yen:
        """Add 税抜 up."""
        return total(line.net_amount or 0 for line in self.lines)

    @property
    def tax(self) -> Yen:
        """Add the taxes up."""
        return total(line.tax_amount or 0 for line in self.lines)

    @property
    def amount(self) -> Yen:
        """Add 税込 up (請求額)."""
        return total(line.amount_incl_tax for line in self.lines)


@dataclass(frozen=True, slots=True)
class InvoiceSheet:
    """The invoices of a year and stage (請求書の一覧)."""

    year: FiscalYear
    stage: str
    label: str
    #: every year that can be chosen, with its label
    labels: Mapping[FiscalYear, str]
    invoices: tuple[InvoiceLines, ...]


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """One invoice (請求書の画面)."""

    label: str
    found: InvoiceLines


def list_invoices(viewer: Viewer, year: FiscalYear, stage: str, today: date) -> InvoiceSheet:
    """Read the invoices of a year and stage with their lines.

    Raises: NotFoundError naming the years that can be chosen.
    """
    owner = viewer.consortium_id
    with reading() as session:
        settings = settings_store.settings_of(session, owner)
        categories = costs_store.categories(session, owner)
        counts = costs_store.stage_counts(session, owner)
        labels = year_labels(categories, counts, settings.year_labels, today)
        if year not in labels:
            raise unknown_year(year, labels)
        found = store.invoices(session, owner, year, stage)
        items = costs_store.items(session, owner, year, stage) if found else ()
    lines = tuple(
        InvoiceLines(each, tuple(item for item in items if item.invoice_id == each.id))
        for each in found
    )
    return InvoiceSheet(year, stage, labels[year], labels, lines)


def show_invoice(viewer: Viewer, invoice_id: str) -> InvoicePage:
    """Read one invoice with its lines.

    Raises: NotFoundError, for an invoice of another consortium as well.
    """
    owner = viewer.consortium_id
    with reading() as session:
        invoice = store.invoice(session, owner, invoice_id)
        lines = costs_store.lines_of(session, owner, invoice_id)
        overrides = settings_store.settings_of(session, owner).year_labels
    return InvoicePage(fiscal_year_label(invoice.year, overrides), InvoiceLines(invoice, lines))


# ---- changing ------------------------------------------------------------------------------------


def add_invoice(
    viewer: Viewer, year: FiscalYear, stage: str, entry: InvoiceEntry, now: datetime
) -> Invoice:
    """Save a new invoice without lines (請求書の登録).

    Raises: BadInputError at the field, DuplicateError for a number the supplier used already.
    """
    _refuse_unusable(entry)
    new = _invoice(Invoice(str(uuid4()), year, stage, "", "", entry.invoice_date, "", ""), entry)
    with writing(viewer.actor(), now) as unit:
        refuse_closed(unit, viewer.consortium_id, year, reason=viewer.reason)
        store.add_invoice(unit, viewer.consortium_id, new)
    return new


def plan_change(viewer: Viewer, invoice_id: str, entry: InvoiceEntry) -> Plan:
    """Say what changing an invoice makes of its lines (請求書の変更の影響).

    Raises: BadInputError at the field, NotFoundError.
    """
    _refuse_unusable(entry)
    owner = viewer.consortium_id
    with reading() as session:
        old = store.invoice(session, owner, invoice_id)
        lines = costs_store.lines_of(session, owner, invoice_id)
    return plan_invoice(_invoice(old, entry), lines)


def change_invoice(  # noqa: PLR0913 -- what to change, by whom and when, as it was seen
    viewer: Viewer,
    invoice_id: str,
    seen_version: int,
    entry: InvoiceEntry,
    now: datetime,
    seen: str,
) -> None:
    """Change an invoice as it was seen, and the tax of its lines (請求書の変更).

    `seen` is the digest of the plan shown. Raises: StaleError if somebody saved meanwhile,
    BadInputError at the field or for another plan, DuplicateError, NotFoundError.
    """
    _refuse_unusable(entry)
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = store.invoice(unit.session, owner, invoice_id)
        refuse_closed(unit, owner, old.year, reason=viewer.reason)
        new = _invoice(old, entry)
        plan = plan_invoice(new, costs_store.lines_of(unit.session, owner, invoice_id))
        store.save_invoice(unit, owner, replace(old, row_version=seen_version), new)
        if seen != plan.digest:
            raise _refuse(
                CHECKED,
                "確かめたときと、計算の結果が変わりました。",
                "新しい金額を確かめて、もう一度保存してください。",
            )
        _save_lines(unit, owner, plan)


def remove_invoice(viewer: Viewer, invoice_id: str, seen_version: int, now: datetime) -> Invoice:
    """Delete an invoice that has no line any more (請求書の削除).

    Raises: InvalidTransitionError, StaleError, NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = store.invoice(unit.session, owner, invoice_id)
        refuse_closed(unit, owner, old.year, reason=viewer.reason)
        if lines := costs_store.lines_of(unit.session, owner, invoice_id):
            raise InvalidTransitionError(
                f"請求書「{old.name}」を削除しようとしました。",
                f"明細が{len(lines)}件あります。",
                "費目の請求書を「なし」にするか、費目を削除してから、もう一度試してください。",
            )
        store.remove_invoice(unit, owner, replace(old, row_version=seen_version))
    return old


def _save_lines(unit: Unit, consortium_id: str, plan: Plan) -> None:
    for old, new in plan.changes:
        if old is not None:
            costs_store.save_item(unit, consortium_id, old, new)


def _invoice(old: Invoice, entry: InvoiceEntry) -> Invoice:
    return replace(
        old,
        supplier=entry.supplier,
        number=entry.number,
        invoice_date=entry.invoice_date,
        tax_per=entry.tax_per,
        tax_mode=entry.tax_mode,
        note=entry.note,
    )


def _refuse_unusable(entry: InvoiceEntry) -> None:
    for path, text, what in (
        ("supplier", entry.supplier, "請求者"),
        ("number", entry.number, "請求書番号"),
    ):
        if not text.strip():
            raise _refuse(path, f"{what}が空です。", f"{what}を入力してください。")
    for path, value, known in (
        ("tax_per", entry.tax_per, TAX_PER),
        ("tax_mode", entry.tax_mode, MODES),
    ):
        if value not in known:
            raise _refuse(path, "選べない端数処理です。", "一覧から選び直してください。")


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("請求書を保存しようとしました。", found, todo, path=path)
