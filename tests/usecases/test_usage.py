"""What is charged by quantity before the rest is shared (従量)."""

from datetime import date
from fractions import Fraction

import pytest
from flask import Flask

from consortium.db.store import inputs, item_parts
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.sharing.result import Usage
from consortium.usecases import cost_items, usage
from consortium.usecases.costs import show_item
from consortium.usecases.usage import UsageEntry
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, add_foreign_consortium, everything, item_named, seed_sample

PRICE = Fraction("12.5")
FY2026 = FiscalYear(2026)


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def item_id(officer: Viewer) -> str:
    return item_named(officer, 2026, "拠点間回線", "planned").id


def used(officer: Viewer, price: Fraction | None = PRICE, **pieces: int) -> UsageEntry:
    """Make an entry; members by name."""
    towns = {town.name: town.id for town in usage.show_usage(officer, item_id(officer)).members}
    return UsageEntry(
        price, "floor", {towns[name]: Fraction(count) for name, count in pieces.items()}
    )


def test_quantities_are_charged_and_the_rest_is_named(officer: Viewer) -> None:
    page = usage.show_usage(officer, item_id(officer))
    # 101 × 12.5 = 1,262.5 → 1,262; 200 × 12.5 = 2,500; the item is 9,636,000円.
    total = usage.add_up(page, used(officer, 弘前市=101, 板柳町=200))
    assert [(town.name, amount) for town, _, amount in total.charges] == [
        ("弘前市", 1_262),
        ("板柳町", 2_500),
    ]
    assert (total.charged, total.rest) == (3_762, 9_636_000 - 3_762)


def test_what_is_saved_is_read_by_the_next_run(officer: Viewer) -> None:
    entry = used(officer, 弘前市=101)
    usage.save_usage(officer, item_id(officer), 1, entry, NOW)
    with reading() as session:
        found = inputs.load_inputs(
            session, officer.consortium_id, FY2026, "planned", date(2026, 12, 1)
        )
    (item,) = [each for each in found.items if each.name == "拠点間回線"]
    assert item.usage == Usage(PRICE, {"022021": Fraction(101)}, "floor")
    assert usage.show_usage(officer, item_id(officer)).item.row_version == 2


def test_without_a_price_nothing_is_charged_by_quantity(officer: Viewer) -> None:
    usage.save_usage(officer, item_id(officer), 1, used(officer, 弘前市=101), NOW)
    usage.save_usage(officer, item_id(officer), 2, used(officer, None), NOW)
    assert usage.show_usage(officer, item_id(officer)).usage is None
    assert everything()["usage_quantity"] == []
    before = everything()
    usage.save_usage(officer, item_id(officer), 3, used(officer, None), NOW)
    assert everything() == before


def test_quantities_alone_are_a_change_the_second_editor_is_told_of(officer: Viewer) -> None:
    usage.save_usage(officer, item_id(officer), 1, used(officer, 弘前市=101), NOW)
    usage.save_usage(officer, item_id(officer), 2, used(officer, 弘前市=102), NOW)
    before = everything()
    with pytest.raises(StaleError):
        usage.save_usage(officer, item_id(officer), 2, used(officer, 弘前市=103), NOW)
    assert everything() == before


@pytest.mark.parametrize(
    ("price", "mode", "pieces", "path"),
    [
        (None, "floor", {"弘前市": 1}, "unit_price"),
        (PRICE, "floor", {}, "quantities"),
        (PRICE, "up", {"弘前市": 1}, "mode"),
        (PRICE, "floor", {"弘前市": 10**9}, "unit_price"),
    ],
)
def test_an_entry_without_sense_is_refused(
    officer: Viewer, price: Fraction | None, mode: str, pieces: dict[str, int], path: str
) -> None:
    entry = used(officer, price, **pieces)
    before = everything()
    with pytest.raises(BadInputError) as refused:
        usage.save_usage(
            officer, item_id(officer), 1, UsageEntry(price, mode, entry.quantities), NOW
        )
    assert refused.value.path == path
    assert everything() == before


def test_a_town_that_did_not_use_the_service_in_those_months_has_no_quantity(
    officer: Viewer,
) -> None:
    """板柳町 takes part from June 2021; the item is of fiscal year 2020."""
    early = item_named(officer, 2020, "拠点間回線").id
    names = {town.name for town in usage.show_usage(officer, early).members}
    assert "弘前市" in names
    assert names.isdisjoint({"板柳町", "藤崎町"})
    before = everything()
    with pytest.raises(BadInputError, match="利用していない団体") as refused:
        usage.save_usage(officer, early, 1, used(officer, 板柳町=1), NOW)
    assert refused.value.path == "quantities"
    assert everything() == before


def test_copies_and_deletions_take_the_quantities_along(officer: Viewer) -> None:
    usage.save_usage(officer, item_id(officer), 1, used(officer, 弘前市=101), NOW)
    cost_items.copy_from_stage(officer, FY2026, "revised", FY2026, "planned", NOW)
    copied = item_named(officer, 2026, "拠点間回線", "revised")
    assert (copied.unit_price, copied.usage_mode) == (PRICE, "floor")
    with reading() as session:
        quantities = item_parts.quantities_of(session, [copied.id])[copied.id]
    assert list(quantities.values()) == [101]
    cost_items.remove_item(officer, item_id(officer), 2, NOW)
    assert len(everything()["usage_quantity"]) == 1


def test_editing_the_item_leaves_its_quantities(officer: Viewer) -> None:
    usage.save_usage(officer, item_id(officer), 1, used(officer, 弘前市=101), NOW)
    page = show_item(officer, item_id(officer))
    cost_items.change_item(officer, page.item.id, 2, page.entry, NOW)
    found = usage.show_usage(officer, item_id(officer)).usage
    assert found is not None
    assert list(found.quantities.values()) == [101]


def test_another_consortium_does_not_see_it(officer: Viewer) -> None:
    foreign = add_foreign_consortium()
    with pytest.raises(NotFoundError):
        usage.show_usage(foreign, item_id(officer))
