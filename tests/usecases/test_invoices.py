"""Invoices, consumption tax and the items that are their lines (請求書)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db.models import AuditEvent
from consortium.db.store.costs import CostItem
from consortium.db.store.inputs import load_inputs
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    DuplicateError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases import cost_items, invoices
from consortium.usecases.costs import Entry, show_costs, show_item
from consortium.usecases.invoices import InvoiceEntry
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    add_foreign_consortium,
    everything,
    items_of,
    month,
    seed_sample,
    yen,
)

TODAY = date(2026, 12, 1)
FY2026 = FiscalYear(2026)
ENTRY = InvoiceEntry("（株）見本データ", "第12号", date(2026, 4, 30), "invoice", "floor")


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def line(officer: Viewer, name: str, net: int, percent: str = "10", **changes: object) -> Entry:
    """Make a line of 税抜 and rate."""
    categories = show_costs(officer, FY2026, "planned", TODAY).categories
    (category,) = [each.id for each in categories if each.name == "運用"]
    plain = Entry(
        category,
        name,
        yen(0),
        month("2026-04"),
        month("2027-03"),
        amount_by="net",
        net_amount=yen(net),
        tax_rate=Fraction(percent),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # keywords of a test


def add(officer: Viewer, entry: Entry) -> CostItem:
    """Look at what would be saved, and save it."""
    item_id = str(uuid4())
    seen = cost_items.plan_new(officer, FY2026, "planned", entry, item_id)
    return cost_items.add_item(officer, FY2026, "planned", entry, NOW, item_id, seen.digest)


def on_invoice(officer: Viewer, **changes: object) -> tuple[str, list[CostItem]]:
    """Register the three lines of the design on one invoice."""
    entry = replace(ENTRY, **changes)  # type: ignore[arg-type]  # keywords of a test
    invoice = invoices.add_invoice(officer, FY2026, "planned", entry, NOW)
    nets = {"一": 333_333, "二": 333_333, "三": 333_334}
    for name, net in nets.items():
        add(officer, line(officer, f"利用料{name}", net, invoice_id=invoice.id))
    return invoice.id, lines_of(officer, invoice.id)


def lines_of(officer: Viewer, invoice_id: str) -> list[CostItem]:
    return list(invoices.show_invoice(officer, invoice_id).found.lines)


def taxes(officer: Viewer, invoice_id: str) -> dict[str, int | None]:
    return {each.name: each.tax_amount for each in lines_of(officer, invoice_id)}


# ---- an item with tax ----------------------------------------------------------------------------


def test_an_item_of_its_own_is_cut_below_one_yen(officer: Viewer) -> None:
    # 1,005 × 10 % = 100.5.
    item = add(officer, line(officer, "監視費", 1_005))
    saved = show_item(officer, item.id).item
    assert (saved.net_amount, saved.tax_amount, saved.amount_incl_tax) == (1_005, 100, 1_105)
    assert saved.amount_note == "税抜1,005円＋消費税（10％）100円"


def test_going_back_to_a_typed_amount_forgets_the_tax(officer: Viewer) -> None:
    item = add(officer, line(officer, "監視費", 1_000))
    typed = Entry(
        item.category_id, "監視費", yen(1_234), item.first_month, item.last_month,
        net_amount=yen(7), tax_rate=Fraction(10),
    )  # fmt: skip
    cost_items.change_item(officer, item.id, 1, typed, NOW)
    saved = show_item(officer, item.id).item
    assert (saved.amount_incl_tax, saved.net_amount, saved.tax_amount) == (1_234, None, None)
    assert saved.amount_note == ""
    assert saved.tax_rate == 10  # what the typed amount holds


def test_what_is_shared_knows_the_rate_within_its_yen(officer: Viewer) -> None:
    """The sample paid 8 % till September 2019 and 10 % from October."""
    with reading() as session:
        found = load_inputs(session, officer.consortium_id, FiscalYear(2019), "final", TODAY).items
    rates = {(each.last <= month("2019-09"), each.tax_rate) for each in found}
    assert rates == {(True, Fraction(8, 100)), (False, Fraction(1, 10))}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"net_amount": None}, "net_amount"),
        ({"tax_rate": None}, "tax_rate"),
        ({"tax_rate": Fraction(-1)}, "tax_rate"),
        ({"tax_rate": Fraction(101)}, "tax_rate"),
        ({"amount_by": "eur"}, "amount_by"),
        ({"net_amount": yen(10**12)}, "net_amount"),
        ({"amount_by": "usd"}, "dollars"),
        ({"amount_by": "usd", "dollars": {month("2026-03"): Fraction(1)}}, "usd_3"),
        (
            {"amount_by": "usd", "dollars": {month("2026-04"): Fraction(1)}, "tax_rate": None,
             "invoice_id": "nowhere"},
            "tax_rate",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_field_and_nothing_changes(
    officer: Viewer, changes: dict[str, object], path: str
) -> None:
    before = everything()
    entry = replace(line(officer, "監視費", 1_000), **changes)  # type: ignore[arg-type]  # keywords of a test
    for act in (
        lambda: cost_items.plan_new(officer, FY2026, "planned", entry),
        lambda: cost_items.add_item(officer, FY2026, "planned", entry, NOW),
    ):
        with pytest.raises(BadInputError) as refused:
            act()
        assert refused.value.path == path
    assert everything() == before


# ---- lines of an invoice -------------------------------------------------------------------------


def test_per_invoice_the_taxes_of_the_lines_are_the_tax_of_the_invoice(officer: Viewer) -> None:
    """M-21: 1,000,000円 at 10 % is 100,000円, not 99,999円."""
    invoice_id, lines = on_invoice(officer)
    assert taxes(officer, invoice_id) == {
        "利用料一": 33_333,
        "利用料三": 33_334,
        "利用料二": 33_333,
    }
    found = invoices.show_invoice(officer, invoice_id).found
    assert (found.net, found.tax, found.amount) == (1_000_000, 100_000, 1_100_000)
    (third,) = [each for each in lines if each.name == "利用料三"]
    assert third.amount_note == (
        "税抜333,334円＋消費税（10％）33,334円"
        "（請求書 （株）見本データ 第12号（令和8年4月30日）、請求書ごとに1円未満切捨て）"
    )


def test_per_line_each_line_is_cut(officer: Viewer) -> None:
    invoice_id, _ = on_invoice(officer, tax_per="line")
    assert sum(tax or 0 for tax in taxes(officer, invoice_id).values()) == 99_999


def test_each_rate_of_an_invoice_has_its_own_total(officer: Viewer) -> None:
    invoice_id, _ = on_invoice(officer)
    add(officer, line(officer, "軽減の品", 999, "8", invoice_id=invoice_id))
    totals = invoices.show_invoice(officer, invoice_id).found.totals
    # 999 × 8 % = 79.92 → 79.
    found = [(str(each.percent), each.net, each.tax, each.gross) for each in totals]
    assert found == [("10", 1_000_000, 100_000, 1_100_000), ("8", 999, 79, 1_078)]


def test_a_new_line_is_shown_with_the_lines_it_moves_before_it_is_saved(officer: Viewer) -> None:
    """9 + 9 at 10 %: 0.9 + 0.9 = 1.8 → 1, which the first by name has; 3 more: 2.1 → 2."""
    invoice = invoices.add_invoice(officer, FY2026, "planned", ENTRY, NOW)
    for name in ("あ", "い"):
        add(officer, line(officer, name, 9, invoice_id=invoice.id))
    assert taxes(officer, invoice.id) == {"あ": 1, "い": 0}
    entry = line(officer, "う", 3, invoice_id=invoice.id)
    before = everything()
    plan = cost_items.plan_new(
        officer, FY2026, "planned", entry, "00000000-0000-4000-8000-000000000001"
    )
    assert everything() == before
    (moved,) = plan.moved
    assert moved[0] is not None
    assert (moved[0].name, moved[0].amount_incl_tax, moved[1].amount_incl_tax) == ("い", 9, 10)
    assert plan.difference == 1
    add(officer, entry)
    assert taxes(officer, invoice.id) == {"あ": 1, "い": 1, "う": 0}


def test_what_was_not_shown_is_not_saved(officer: Viewer) -> None:
    invoice_id, _ = on_invoice(officer)
    entry = line(officer, "追加", 9, invoice_id=invoice_id)
    item_id = "00000000-0000-4000-8000-000000000001"
    seen = cost_items.plan_new(officer, FY2026, "planned", entry, item_id).digest
    add(officer, line(officer, "先に追加", 9, invoice_id=invoice_id))
    before = everything()
    with pytest.raises(BadInputError, match="計算の結果が変わりました") as refused:
        cost_items.add_item(officer, FY2026, "planned", entry, NOW, item_id, seen)
    assert refused.value.path == "checked"
    assert everything() == before


def test_a_form_sent_twice_adds_one_line(officer: Viewer) -> None:
    invoice_id, _ = on_invoice(officer)
    entry = line(officer, "追加", 9, invoice_id=invoice_id)
    item_id = "00000000-0000-4000-8000-000000000001"
    seen = cost_items.plan_new(officer, FY2026, "planned", entry, item_id).digest
    first = cost_items.add_item(officer, FY2026, "planned", entry, NOW, item_id, seen)
    before = everything()
    assert cost_items.plan_new(officer, FY2026, "planned", entry, item_id).digest == seen
    again = cost_items.add_item(officer, FY2026, "planned", entry, NOW, item_id, seen)
    assert replace(again, row_version=1) == replace(first, row_version=1)
    assert everything() == before


def test_a_line_that_leaves_gives_its_yen_back_to_the_others(officer: Viewer) -> None:
    invoice_id, lines = on_invoice(officer)
    (third,) = [each for each in lines if each.name == "利用料三"]
    entry = replace(show_item(officer, third.id).entry, invoice_id=None)
    plan = cost_items.plan_change(officer, third.id, entry)
    # 333,334 alone: 33,333.4 → 33,333; the two that stay: 66,666.6 → 66,666.
    cost_items.change_item(officer, third.id, third.row_version, entry, NOW, plan.digest)
    assert show_item(officer, third.id).item.tax_amount == 33_333
    assert taxes(officer, invoice_id) == {"利用料一": 33_333, "利用料二": 33_333}


def test_deleting_a_line_settles_the_others(officer: Viewer) -> None:
    invoice = invoices.add_invoice(officer, FY2026, "planned", ENTRY, NOW)
    first, second = (
        add(officer, line(officer, name, 9, invoice_id=invoice.id)) for name in ("あ", "い")
    )
    assert taxes(officer, invoice.id) == {"あ": 1, "い": 0}
    (moved,) = cost_items.plan_removal(officer, second.id).moved
    assert (moved[1].id, moved[1].amount_incl_tax) == (first.id, 9)
    version = show_item(officer, second.id).item.row_version
    cost_items.remove_item(officer, second.id, version, NOW)
    assert taxes(officer, invoice.id) == {"あ": 0}


def test_an_invoice_of_another_stage_or_consortium_is_refused(officer: Viewer) -> None:
    other = invoices.add_invoice(officer, FY2026, "final", ENTRY, NOW)
    foreign = add_foreign_consortium()
    theirs = invoices.add_invoice(foreign, FY2026, "planned", ENTRY, NOW)
    before = everything()
    with pytest.raises(BadInputError, match="別の年度か段階") as refused:
        add(officer, line(officer, "監視費", 9, invoice_id=other.id))
    assert refused.value.path == "invoice"
    with pytest.raises(NotFoundError):
        add(officer, line(officer, "監視費", 9, invoice_id=theirs.id))
    with pytest.raises(NotFoundError):
        invoices.show_invoice(officer, theirs.id)
    assert everything() == before
    assert invoices.list_invoices(foreign, FY2026, "planned", TODAY).invoices[0].lines == ()


# ---- the invoice itself --------------------------------------------------------------------------


def test_changing_the_rounding_of_an_invoice_changes_its_lines_as_shown(officer: Viewer) -> None:
    invoice_id, _ = on_invoice(officer)
    entry = replace(ENTRY, tax_per="line")
    plan = invoices.plan_change(officer, invoice_id, entry)
    assert [(new.name, new.tax_amount) for _, new in plan.moved] == [("利用料三", 33_333)]
    before = everything()
    with pytest.raises(BadInputError, match="計算の結果が変わりました"):
        invoices.change_invoice(officer, invoice_id, 1, entry, NOW, "another digest")
    with pytest.raises(StaleError):
        invoices.change_invoice(officer, invoice_id, 9, entry, NOW, plan.digest)
    assert everything() == before
    invoices.change_invoice(officer, invoice_id, 1, entry, NOW, plan.digest)
    assert invoices.show_invoice(officer, invoice_id).found.tax == 99_999
    (line_, *_) = lines_of(officer, invoice_id)
    assert line_.amount_note.endswith("明細行ごとに1円未満切捨て）")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"supplier": " "}, "supplier"),
        ({"number": ""}, "number"),
        ({"tax_per": "item"}, "tax_per"),
        ({"tax_mode": "up"}, "tax_mode"),
    ],
)
def test_an_invoice_that_says_too_little_is_refused(
    officer: Viewer, changes: dict[str, str], path: str
) -> None:
    entry = replace(ENTRY, **changes)  # type: ignore[arg-type]  # keywords of a test
    before = everything()
    with pytest.raises(BadInputError) as refused:
        invoices.add_invoice(officer, FY2026, "planned", entry, NOW)
    assert refused.value.path == path
    assert everything() == before


def test_a_number_of_a_supplier_stands_once_in_a_stage(officer: Viewer) -> None:
    invoices.add_invoice(officer, FY2026, "planned", ENTRY, NOW)
    before = everything()
    with pytest.raises(DuplicateError, match="同じ請求者・番号の請求書") as refused:
        invoices.add_invoice(officer, FY2026, "planned", ENTRY, NOW)
    assert refused.value.field == "number"
    assert everything() == before
    invoices.add_invoice(officer, FY2026, "revised", ENTRY, NOW)


def test_only_an_invoice_without_lines_is_deleted(officer: Viewer) -> None:
    invoice_id, _ = on_invoice(officer)
    empty = invoices.add_invoice(officer, FY2026, "planned", replace(ENTRY, number="空"), NOW)
    before = everything()
    with pytest.raises(InvalidTransitionError, match="明細が3件あります"):
        invoices.remove_invoice(officer, invoice_id, 1, NOW)
    with pytest.raises(StaleError):
        invoices.remove_invoice(officer, empty.id, 2, NOW)
    assert everything() == before
    invoices.remove_invoice(officer, empty.id, 1, NOW)
    found = invoices.list_invoices(officer, FY2026, "planned", TODAY)
    assert [each.invoice.id for each in found.invoices] == [invoice_id]


def test_copied_lines_keep_their_yen_and_leave_the_invoice(officer: Viewer) -> None:
    on_invoice(officer)
    cost_items.copy_from_stage(officer, FY2026, "revised", FY2026, "planned", NOW)
    copies = [each for each in items_of(officer, 2026, "revised") if each.net_amount is not None]
    assert sum(each.tax_amount or 0 for each in copies) == 100_000
    assert {each.invoice_id for each in copies} == {None}


def test_the_chain_says_what_the_amount_was_made_of(officer: Viewer) -> None:
    add(officer, line(officer, "監視費", 1_000))
    with reading() as session:
        newest = select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)
        after = session.scalars(newest).one().after or ""
    for text in ('"税抜":1000', '"税率":"10"', '"消費税":100', '"金額の入れ方":"net"'):
        assert text in after
