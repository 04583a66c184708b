"""Cost items: adding, changing, deleting, copying (費目)."""

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases import funding
from consortium.usecases.cost_items import add_item, change_item, copy_from_stage, remove_item
from consortium.usecases.costs import Entry, show_costs, show_item, starting_place
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    add_foreign_consortium,
    everything,
    item_named,
    items_of,
    month,
    put_into_run,
    seed_sample,
    yen,
)

TODAY = date(2026, 12, 1)
FY2021, FY2026, FY2027 = FiscalYear(2021), FiscalYear(2026), FiscalYear(2027)


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def entry(officer: Viewer, **changes: object) -> Entry:
    """Make an item of the whole fiscal year 2026."""
    (category,) = [
        each
        for each in show_costs(officer, FY2026, "planned", TODAY).categories
        if each.name == "運用"
    ]
    plain = Entry(category.id, "監視費", yen(1_200_000), month("2026-04"), month("2027-03"))
    return replace(plain, **changes)  # type: ignore[arg-type]


def town(officer: Viewer, name: str) -> str:
    members = show_costs(officer, FY2026, "planned", TODAY).members.values()
    return next(each.id for each in members if each.name == name)


def test_a_year_is_grouped_by_category_with_sums(officer: Viewer) -> None:
    """FY2021 of cost_items.csv, added up by hand."""
    sheet = show_costs(officer, FY2021, "final", TODAY)
    sums = {group.category.name: group.subtotal for group in sheet.groups}
    assert sums == {
        "運用": 80_850_000 + 25_080_000 + 14_520_000,
        "回線": 8_844_000 + 3_256_000,
        "改修": 3_850_000 + 2_420_000,
        "移行": 24_200_000 + 22_550_000,
    }
    assert sheet.total == 185_570_000
    assert sheet.is_sample


def test_the_years_reach_from_the_first_service_to_next_year(officer: Viewer) -> None:
    sheet = show_costs(officer, FY2026, "planned", TODAY)
    assert list(sheet.labels) == [FiscalYear(start) for start in range(2015, 2028)]
    assert sheet.labels[FiscalYear(2019)] == "令和元年度"
    for start in (2014, 2028):
        with pytest.raises(NotFoundError, match=f"{start}年度の費用は扱っていません"):
            show_costs(officer, FiscalYear(start), "final", TODAY)


def test_the_page_opens_with_the_present_year(officer: Viewer) -> None:
    assert starting_place(officer, TODAY) == (FY2026, "planned")
    assert starting_place(officer, date(2026, 3, 31)) == (FiscalYear(2025), "final")
    assert starting_place(officer, date(2027, 4, 1)) == (FY2027, "planned")


def test_an_item_is_added_and_changed(officer: Viewer) -> None:
    new = add_item(officer, FY2026, "planned", entry(officer, amount_incl_tax=yen(-500)), NOW)
    page = show_item(officer, new.id)
    assert (page.item.name, page.item.amount_incl_tax, page.item.is_sample) == (
        "監視費",
        -500,
        True,
    )
    change_item(officer, new.id, page.item.row_version, entry(officer, note="返戻"), NOW)
    assert show_item(officer, new.id).entry == entry(officer, note="返戻")


def test_saving_what_is_there_already_records_nothing(officer: Viewer) -> None:
    new = add_item(officer, FY2026, "planned", entry(officer), NOW)
    before = everything()
    change_item(officer, new.id, 1, entry(officer), NOW)
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"category_id": "nowhere"}, "category"),
        ({"name": "　"}, "name"),
        ({"first_month": month("2026-03")}, "first_month"),
        ({"last_month": month("2027-04")}, "last_month"),
        ({"first_month": month("2026-06"), "last_month": month("2026-05")}, "last_month"),
        ({"charged_to_id": "nowhere"}, "charged_to"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field_and_nothing_changes(
    officer: Viewer, changes: dict[str, object], path: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError) as refused:
        add_item(officer, FY2026, "planned", entry(officer, **changes), NOW)
    assert refused.value.path == path
    assert everything() == before


def test_a_town_cannot_be_charged_before_the_year_in_which_it_joins(officer: Viewer) -> None:
    charge = entry(officer, charged_to_id=town(officer, "板柳町"))
    early = replace(charge, first_month=month("2020-04"), last_month=month("2021-03"))
    with pytest.raises(BadInputError, match="加入していない団体") as refused:
        add_item(officer, FiscalYear(2020), "final", early, NOW)
    assert refused.value.path == "charged_to"
    joined = replace(charge, first_month=month("2021-04"), last_month=month("2021-04"))
    add_item(officer, FY2021, "final", joined, NOW)


def test_the_second_of_two_editors_is_refused_and_overwrites_nothing(officer: Viewer) -> None:
    item = item_named(officer, 2026, "拠点間回線", "planned")
    first = replace(show_item(officer, item.id).entry, amount_incl_tax=yen(9_700_000))
    change_item(officer, item.id, item.row_version, first, NOW)
    before = everything()
    second = replace(first, amount_incl_tax=yen(1))
    with pytest.raises(StaleError):
        change_item(officer, item.id, item.row_version, second, NOW)
    with pytest.raises(StaleError):
        remove_item(officer, item.id, item.row_version, NOW)
    assert everything() == before


@pytest.mark.parametrize("state", ["in_review", "approved", "issued", "superseded"])
def test_an_item_that_a_run_rests_on_stays(officer: Viewer, state: str) -> None:
    item = item_named(officer, 2026, "拠点間回線", "planned")
    put_into_run(officer, item, state)
    before = everything()
    with pytest.raises(InvalidTransitionError, match="算定に含まれています"):
        remove_item(officer, item.id, item.row_version, NOW)
    assert everything() == before
    assert show_costs(officer, FY2026, "planned", TODAY).held == {item.id}


def test_an_item_of_a_draft_may_go(officer: Viewer) -> None:
    item = item_named(officer, 2026, "拠点間回線", "planned")
    put_into_run(officer, item, "draft")
    remove_item(officer, item.id, item.row_version, NOW)
    assert item.id not in {each.id for each in items_of(officer, 2026, "planned")}
    with pytest.raises(NotFoundError):
        show_item(officer, item.id)


def test_an_empty_list_starts_from_another_stage_or_from_last_year(officer: Viewer) -> None:
    sources = show_costs(officer, FY2027, "planned", TODAY).copy_sources
    assert [(each.year.start_year, each.stage, each.count) for each in sources] == [
        (2026, "planned", 6)
    ]
    assert copy_from_stage(officer, FY2026, "revised", FY2026, "planned", NOW).items == 6
    assert copy_from_stage(officer, FY2027, "estimate", FY2026, "planned", NOW).items == 6

    def content(start: int, stage: str) -> list[tuple[str, int, str, str]]:
        return [
            (item.name, item.amount_incl_tax, str(item.first_month), str(item.last_month))
            for item in items_of(officer, start, stage)
        ]

    assert content(2026, "revised") == content(2026, "planned")
    assert ("税制改正対応改修", 4_400_000, "2027-10", "2027-12") in content(2027, "estimate")
    assert ("拠点間回線", 9_636_000, "2027-04", "2028-03") in content(2027, "estimate")


def measures_of(officer: Viewer, year: FiscalYear, stage: str) -> tuple[funding.Measure, ...]:
    return funding.show_funding(officer, year, stage, TODAY).measures


def test_grants_come_along_within_the_year_with_their_items(officer: Viewer) -> None:
    lines = item_named(officer, 2026, "拠点間回線", "planned")
    town = next(iter(show_costs(officer, FY2026, "planned", TODAY).members))
    for entered in (
        funding.Entry("県補助金", "PRE_SPLIT", yen(1_000_000), item_id=lines.id, note="第12号"),
        funding.Entry("町の補助金", "PER_MEMBER", yen(20_000), item_id=lines.id, member_id=town),
        funding.Entry("年度の補助金", "PER_MEMBER", yen(30_000), member_id=town),
    ):
        funding.add_measure(officer, FY2026, "planned", entered, NOW)
    before = measures_of(officer, FY2026, "planned")
    assert copy_from_stage(officer, FY2026, "revised", FY2026, "planned", NOW) == (6, 2, 1)
    copied = {each.name: each for each in measures_of(officer, FY2026, "revised")}
    target = item_named(officer, 2026, "拠点間回線", "revised").id
    assert set(copied) == {"県補助金", "町の補助金"}
    for old in [each for each in before if each.item_id]:
        new = copied[old.name]
        assert new == replace(old, id=new.id, stage="revised", item_id=target)
        assert new.id != old.id
    assert measures_of(officer, FY2026, "planned") == before
    assert copy_from_stage(officer, FY2027, "planned", FY2026, "planned", NOW) == (6, 0, 3)
    assert measures_of(officer, FY2027, "planned") == ()


@pytest.mark.parametrize(
    ("source", "refusal"),
    [((FY2026, "final"), BadInputError), ((FiscalYear(2025), "final"), BadInputError)],
)
def test_nothing_is_copied_from_where_nothing_is_offered(
    officer: Viewer, source: tuple[FiscalYear, str], refusal: type[Exception]
) -> None:
    before = everything()
    with pytest.raises(refusal):
        copy_from_stage(officer, FY2027, "planned", *source, NOW)
    assert everything() == before


def test_nothing_is_copied_onto_items_that_are_there(officer: Viewer) -> None:
    with pytest.raises(InvalidTransitionError, match="もう費目があります"):
        copy_from_stage(officer, FY2026, "planned", FiscalYear(2025), "final", NOW)


def test_another_consortium_reaches_none_of_our_items(officer: Viewer) -> None:
    foreigner = add_foreign_consortium()
    item = item_named(officer, 2026, "拠点間回線", "planned")
    before = everything()
    for attempt in (
        lambda: show_item(foreigner, item.id),
        lambda: remove_item(foreigner, item.id, 1, NOW),
        lambda: change_item(foreigner, item.id, 1, entry(officer), NOW),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    with pytest.raises(BadInputError):
        copy_from_stage(foreigner, FY2027, "planned", FY2026, "planned", NOW)
    with pytest.raises(BadInputError, match="経費区分"):
        add_item(foreigner, FY2026, "planned", entry(officer), NOW)
    assert show_costs(foreigner, FY2026, "planned", TODAY).items == ()
    assert everything() == before
