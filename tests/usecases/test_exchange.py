"""US dollars: rates by month, the items that hang on them (為替レート)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import uuid4

import pytest
from flask import Flask

from consortium.db.store.costs import CostItem
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.usecases import cost_items, exchange, invoices
from consortium.usecases.costs import Entry, show_costs, show_item
from consortium.usecases.exchange import RateEntry, RatePlan
from consortium.usecases.invoices import InvoiceEntry
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    add_foreign_consortium,
    everything,
    items_of,
    month,
    put_into_run,
    seed_sample,
    yen,
)

TODAY = date(2026, 12, 1)
FY2026, FY2027 = FiscalYear(2026), FiscalYear(2027)
APRIL, MAY = month("2026-04"), month("2026-05")
RATE = RateEntry(Fraction("149.53"), "請求書記載のTTM", date(2026, 4, 30))


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium, with the rate of April."""
    viewer = seed_sample()
    save(viewer, RATE)
    return viewer


def save(officer: Viewer, entry: RateEntry, version: int = 0) -> RatePlan:
    """Look at what a rate of April would do, and save it."""
    seen = exchange.plan_rate(officer, APRIL, entry).digest
    return exchange.save_rate(officer, APRIL, version, entry, NOW, seen)


def in_dollars(officer: Viewer, usd: str, **changes: object) -> Entry:
    """Make an item of US dollars of April."""
    categories = show_costs(officer, FY2026, "planned", TODAY).categories
    (category,) = [each.id for each in categories if each.name == "運用"]
    plain = Entry(
        category,
        "政府共通クラウド利用料",
        yen(0),
        APRIL,
        month("2027-03"),
        amount_by="usd",
        dollars={APRIL: Fraction(usd)},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def add(officer: Viewer, entry: Entry, stage: str = "planned") -> CostItem:
    item_id = str(uuid4())
    seen = cost_items.plan_new(officer, FY2026, stage, entry, item_id).digest
    return cost_items.add_item(officer, FY2026, stage, entry, NOW, item_id, seen)


# ---- items in dollars ----------------------------------------------------------------------------


def test_dollars_become_yen_and_stay_beside_them(officer: Viewer) -> None:
    item = add(officer, in_dollars(officer, "1000"))
    saved = show_item(officer, item.id).item
    assert (saved.amount_incl_tax, saved.net_amount) == (149_530, None)
    assert saved.dollars == {APRIL: 1_000}
    assert saved.amount_note == "US$1,000.00 × 149.53円（令和8年4月）＝149,530円"
    assert show_item(officer, item.id).entry == replace(
        in_dollars(officer, "1000"), amount_incl_tax=yen(149_530)
    )


def test_dollars_with_a_tax_rate_are_turned_into_yen_before_the_tax(officer: Viewer) -> None:
    # 10.01 × 149.53 = 1,496.7953 → 1,496; 149.6 → 149.
    item = add(officer, in_dollars(officer, "10.01", tax_rate=Fraction(10)))
    assert (item.net_amount, item.tax_amount, item.amount_incl_tax) == (1_496, 149, 1_645)
    assert item.amount_note == (
        "US$10.01 × 149.53円（令和8年4月）＝1,496円（1円未満切捨て）。"
        "税抜1,496円＋消費税（10％）149円"
    )


def test_a_month_without_a_rate_is_named_and_nothing_is_saved(officer: Viewer) -> None:
    entry = in_dollars(officer, "1", dollars={APRIL: Fraction(1), MAY: Fraction(2)})
    before = everything()
    with pytest.raises(
        BadInputError, match="令和8年5月の為替レートが登録されていません"
    ) as refused:
        cost_items.add_item(officer, FY2026, "planned", entry, NOW)
    assert refused.value.path == "usd_5"
    assert everything() == before


def test_dollars_that_make_too_many_yen_are_refused(officer: Viewer) -> None:
    with pytest.raises(BadInputError, match="1兆円以上") as refused:
        cost_items.plan_new(officer, FY2026, "planned", in_dollars(officer, "999999999999"))
    assert refused.value.path == "usd_4"


@pytest.mark.parametrize(
    ("dollars", "path", "named"),
    [
        # 7,000,000,000 × 149.53 are 1,046,710,000,000 yen; 149.53 × 9 and 1 × 5 are none of it.
        ({"2026-04": 9, "2026-05": 7_000_000_000, "2026-06": 5}, "usd_5", "令和8年5月の米ドル"),
        # A refund is as large as a cost.
        ({"2026-04": 9, "2027-03": -7_000_000_000}, "usd_3", "令和9年3月の米ドル"),
        # The most yen, not the most dollars: 8 × 10^9 × 0.01 against 7 × 10^9 × 149.53.
        ({"2026-07": 8_000_000_000, "2026-06": 7_000_000_000}, "usd_6", "令和8年6月の米ドル"),
    ],
)
def test_the_month_whose_dollars_are_too_many_is_named(
    officer: Viewer, dollars: dict[str, int], path: str, named: str
) -> None:
    for text in ("2026-05", "2026-06", "2026-07", "2027-03"):
        entry = replace(RATE, rate=Fraction("0.01")) if text == "2026-07" else RATE
        seen = exchange.plan_rate(officer, month(text), entry).digest
        exchange.save_rate(officer, month(text), 0, entry, NOW, seen)
    usd = {month(text): Fraction(amount) for text, amount in dollars.items()}
    entry = in_dollars(officer, "1", dollars=usd, tax_rate=Fraction(10))
    with pytest.raises(BadInputError, match="1兆円以上") as refused:
        cost_items.plan_new(officer, FY2026, "planned", entry)
    assert refused.value.path == path
    assert named in refused.value.found


@pytest.mark.parametrize(("way", "path"), [("incl", "amount"), ("net", "net_amount")])
def test_yen_that_are_too_many_are_refused_at_their_field(
    officer: Viewer, way: str, path: str
) -> None:
    # 999,999,999,999 yen are too many only with the tax.
    most = yen(10**12 if way == "incl" else 10**12 - 1)
    amounts = {"amount_incl_tax": most} if way == "incl" else {"net_amount": most}
    rate = Fraction(10) if way == "net" else None
    entry = in_dollars(officer, "1", amount_by=way, dollars={}, tax_rate=rate, **amounts)
    with pytest.raises(BadInputError, match="1兆円以上") as refused:
        cost_items.plan_new(officer, FY2026, "planned", entry)
    assert refused.value.path == path
    assert "米ドル" not in refused.value.found


def test_dollars_changed_by_less_than_a_yen_are_saved_too(officer: Viewer) -> None:
    item = add(officer, in_dollars(officer, "1000"))
    entry = in_dollars(officer, "1000.001")
    changed = cost_items.change_item(officer, item.id, 1, entry, NOW)
    saved = show_item(officer, item.id).item
    assert (changed.amount_incl_tax, saved.dollars[APRIL]) == (149_530, Fraction("1000.001"))
    assert saved.row_version == 2
    with pytest.raises(StaleError):
        cost_items.change_item(officer, item.id, 1, in_dollars(officer, "2"), NOW)


def test_deleting_an_item_deletes_its_dollars(officer: Viewer) -> None:
    item = add(officer, in_dollars(officer, "1000"))
    cost_items.remove_item(officer, item.id, 1, NOW)
    assert everything()["cost_item_usd"] == []


def test_copies_within_a_year_keep_the_dollars_those_of_another_year_the_yen(
    officer: Viewer,
) -> None:
    item = add(officer, in_dollars(officer, "1000"))
    cost_items.copy_from_stage(officer, FY2026, "revised", FY2026, "planned", NOW)
    (copied,) = [each for each in items_of(officer, 2026, "revised") if each.name == item.name]
    assert copied.dollars == {APRIL: 1_000}
    assert copied.amount_incl_tax == 149_530
    cost_items.copy_from_stage(officer, FY2027, "planned", FY2026, "planned", NOW)
    (moved,) = [each for each in items_of(officer, 2027, "planned") if each.name == item.name]
    assert (moved.amount_by, moved.dollars, moved.amount_incl_tax) == ("incl", {}, 149_530)
    assert moved.amount_note == f"2026年度の額を写したもの（{item.amount_note}）"


# ---- the rates -----------------------------------------------------------------------------------


def test_the_year_shows_every_month_with_or_without_a_rate(officer: Viewer) -> None:
    found = exchange.show_rates(officer, FY2026, TODAY)
    assert [str(each) for each, _ in found.months][::11] == ["2026-04", "2027-03"]
    stored = dict(found.months)
    april = stored[APRIL]
    assert april is not None
    assert (april.rate.rate, stored[MAY]) == (Fraction("149.53"), None)
    with pytest.raises(NotFoundError, match="1999年度"):
        exchange.show_rates(officer, FiscalYear(1999), TODAY)


def test_a_new_rate_moves_the_open_items_and_leaves_the_issued_ones(officer: Viewer) -> None:
    issued = add(officer, in_dollars(officer, "1000"))
    item = add(officer, in_dollars(officer, "1000"), "revised")
    put_into_run(officer, show_item(officer, issued.id).item, "issued")
    entry = RateEntry(Fraction(150), "月末TTM", None, "請求書の訂正")
    before = everything()
    planned = exchange.plan_rate(officer, APRIL, entry)
    assert everything() == before
    ((old, new),) = planned.plan.moved
    assert old is not None
    assert (old.id, old.amount_incl_tax, new.amount_incl_tax) == (item.id, 149_530, 150_000)
    assert [each.id for each in planned.kept] == [issued.id]
    save(officer, entry, 1)
    assert show_item(officer, item.id).item.amount_incl_tax == 150_000
    assert show_item(officer, item.id).item.amount_note.startswith("US$1,000.00 × 150円")
    assert show_item(officer, issued.id).item.amount_incl_tax == 149_530


def test_the_lines_of_an_invoice_move_with_the_rate_of_one(officer: Viewer) -> None:
    invoice = invoices.add_invoice(
        officer, FY2026, "planned",
        InvoiceEntry("見本クラウド", "4月", date(2026, 4, 30), "invoice"), NOW,
    )  # fmt: skip
    # 10 × 149.53 = 1,495.3 → 1,495 and 9: 149.5 + 0.9 = 150.4 → 150, of which 1 for the 9.
    entry = in_dollars(officer, "10", tax_rate=Fraction(10), invoice_id=invoice.id)
    add(officer, entry)
    small = replace(entry, name="小口", amount_by="net", net_amount=yen(9), dollars={})
    other = add(officer, small)
    assert other.tax_amount == 1
    # At 150: 1,500, whose tax is 150 even; 150 + 0.9 → 150, nothing for the 9.
    planned = save(officer, RateEntry(Fraction(150), "TTM", None, "訂正"), 1)
    assert {new.name: new.tax_amount for _, new in planned.plan.moved} == {
        "政府共通クラウド利用料": 150, "小口": 0,
    }  # fmt: skip
    (first, second) = invoices.show_invoice(officer, invoice.id).found.lines
    assert {first.tax_amount, second.tax_amount} == {150, 0}
    cloud = first if first.dollars else second
    assert cloud.amount_note.startswith("US$10.00 × 150円（令和8年4月）＝1,500円。税抜1,500円＋")


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (replace(RATE, rate=Fraction(0), reason="x"), "rate"),
        (replace(RATE, source=" ", reason="x"), "source"),
        (replace(RATE, rate=Fraction(150)), "reason"),
        (replace(RATE, source="別の出典", reason="　"), "reason"),
    ],
)
def test_a_rate_without_sense_source_or_reason_is_refused(
    officer: Viewer, entry: RateEntry, path: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError) as looked:
        exchange.plan_rate(officer, APRIL, entry)
    with pytest.raises(BadInputError) as saved:
        exchange.save_rate(officer, APRIL, 1, entry, NOW, "")
    assert (looked.value.path, saved.value.path) == (path, path)
    assert everything() == before


def test_the_second_of_two_editors_is_refused(officer: Viewer) -> None:
    before = everything()
    with pytest.raises(StaleError):
        save(officer, RATE)  # as if the month had none
    with pytest.raises(StaleError):
        save(officer, replace(RATE, reason="x"), 2)
    assert everything() == before


def test_what_was_not_shown_is_not_saved(officer: Viewer) -> None:
    add(officer, in_dollars(officer, "1000"))
    entry = replace(RATE, rate=Fraction(150), reason="訂正")
    before = everything()
    with pytest.raises(BadInputError, match="計算の結果が変わりました") as refused:
        exchange.save_rate(officer, APRIL, 1, entry, NOW, "another digest")
    assert refused.value.path == "checked"
    assert everything() == before


def test_another_consortium_has_rates_of_its_own(officer: Viewer) -> None:
    foreign = add_foreign_consortium()
    assert exchange.show_rate(foreign, APRIL).stored is None
    save(foreign, replace(RATE, rate=Fraction(1)))
    stored = exchange.show_rate(officer, APRIL).stored
    assert stored is not None
    assert stored.rate.rate == Fraction("149.53")
