"""Funding, terms and dampening: what no form of ours would send (協定の定めの登録)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from flask import Flask

from consortium.db.store import costs as costs_store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases import cost_items, dampening, funding, runs, terms
from consortium.usecases.viewer import Viewer
from tests.agreed import fill_agreement
from tests.factories import (
    NOW,
    add_foreign_consortium,
    everything,
    item_named,
    seed_sample,
    yen,
)

YEAR = FiscalYear(2026)
NOWHERE = "00000000-0000-4000-8000-000000000000"
TODAY = NOW.date()


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def grant(officer: Viewer, **changes: object) -> funding.Entry:
    item = item_named(officer, 2026, "拠点間回線", "planned")
    known = funding.Entry("県補助金", funding.PRE_SPLIT, yen(1_000), item_id=item.id)
    return replace(known, **changes)  # type: ignore[arg-type]  # fields by name


def test_a_grant_belongs_to_an_item_of_its_own_year_and_stage(officer: Viewer) -> None:
    other = item_named(officer, 2021, "拠点間回線").id
    for wrong in (other, NOWHERE):
        with pytest.raises(BadInputError, match="この年度・段階の費目ではありません") as refused:
            funding.add_measure(officer, YEAR, "planned", grant(officer, item_id=wrong), NOW)
        assert refused.value.path == "item"


def test_a_grant_belongs_to_a_member_of_the_consortium(officer: Viewer) -> None:
    entry = grant(officer, treatment=funding.PER_MEMBER, item_id=None, member_id=NOWHERE)
    with pytest.raises(BadInputError, match="構成団体ではありません") as refused:
        funding.add_measure(officer, YEAR, "planned", entry, NOW)
    assert refused.value.path == "member"


def test_a_grant_of_another_consortium_does_not_exist(officer: Viewer) -> None:
    new = funding.add_measure(officer, YEAR, "planned", grant(officer), NOW)
    stranger = add_foreign_consortium()
    before = everything()
    with pytest.raises(NotFoundError):
        funding.show_measure(stranger, new.id, TODAY)
    with pytest.raises(NotFoundError):
        funding.change_measure(stranger, new.id, 1, grant(officer), NOW)
    with pytest.raises(NotFoundError):
        funding.remove_measure(stranger, new.id, 1, NOW)
    entry = funding.Entry("国", funding.INFO_ONLY, yen(1))
    with pytest.raises(BadInputError):
        funding.add_measure(stranger, YEAR, "planned", entry, NOW, new.id)
    assert everything() == before


def test_the_sheet_says_what_is_left_to_share(officer: Viewer) -> None:
    funding.add_measure(officer, YEAR, "planned", grant(officer), NOW)
    funding.add_measure(officer, YEAR, "planned", grant(officer, amount=yen(500)), NOW)
    sheet = funding.show_funding(officer, YEAR, "planned", TODAY)
    item = item_named(officer, 2026, "拠点間回線", "planned")
    assert sheet.taken_off(item.id) == 1_500
    assert sheet.cost_to_share == sheet.cost - 1_500
    assert sheet.findings == ()
    over = grant(officer, amount=item.amount_incl_tax)
    funding.add_measure(officer, YEAR, "planned", over, NOW)
    (finding,) = funding.show_funding(officer, YEAR, "planned", TODAY).findings
    assert "1,500円超えています" in finding


def test_an_item_with_a_grant_stays_until_the_grant_has_gone(officer: Viewer) -> None:
    new = funding.add_measure(officer, YEAR, "planned", grant(officer), NOW)
    item = item_named(officer, 2026, "拠点間回線", "planned")
    with pytest.raises(InvalidTransitionError, match="「県補助金」の対象"):
        cost_items.remove_item(officer, item.id, 1, NOW)
    funding.remove_measure(officer, new.id, 1, NOW)
    assert cost_items.remove_item(officer, item.id, 1, NOW).name == "拠点間回線"


def test_a_build_cost_needs_a_term_and_a_category_of_its_own(officer: Viewer) -> None:
    term = terms.add_term(
        officer, terms.TermEntry("第1期", date(2015, 4, 1), date(2022, 3, 31), "協定書"), NOW
    )
    with reading() as session:
        category = costs_store.categories(session, officer.consortium_id)[0].id
    entry = terms.BuildEntry("構築費", yen(1), term.id, category, True, False)
    for field, wrong in (
        ("term", replace(entry, term_id=NOWHERE)),
        ("category", replace(entry, category_id=NOWHERE)),
    ):
        with pytest.raises(BadInputError) as refused:
            terms.add_build_cost(officer, wrong, NOW)
        assert refused.value.path == field
    assert terms.add_build_cost(officer, entry, NOW).name == "構築費"


def test_an_order_names_members_only(officer: Viewer) -> None:
    entry = dampening.Entry(
        date(2026, 4, 1), Fraction(10), None, None, ("022055",), False, "協定書"
    )
    with pytest.raises(BadInputError, match="構成団体ではない団体") as refused:
        dampening.add_version(officer, entry, NOW)
    assert refused.value.path == "order"


def test_terms_and_dampening_of_another_consortium_do_not_exist(officer: Viewer) -> None:
    ids = fill_agreement(officer, YEAR, "planned", NOW)
    stranger = add_foreign_consortium()
    before = everything()
    with pytest.raises(NotFoundError):
        terms.remove_term(stranger, ids["term_id"], 1, NOW)
    with pytest.raises(NotFoundError):
        terms.remove_build_cost(stranger, ids["build_id"], 1, NOW)
    with pytest.raises(NotFoundError):
        dampening.remove_version(stranger, ids["dampening_id"], 1, NOW)
    assert everything() == before


def test_who_types_amounts_for_some_leaves_those_of_the_others(officer: Viewer) -> None:
    def save(*entries: dampening.PreviousEntry) -> int:
        seen = dampening.show_previous(officer, YEAR, TODAY).seen
        return dampening.save_previous(officer, YEAR, seen, entries, NOW)

    save(dampening.PreviousEntry("022021", yen(5)), dampening.PreviousEntry("023817", None))
    assert save(dampening.PreviousEntry("023817", yen(7), "通知")) == 2
    typed = dampening.show_previous(officer, YEAR, TODAY).typed
    assert {code: (each.amount, each.source) for code, each in typed.items()} == {
        "022021": (5, ""),
        "023817": (7, "通知"),
    }
    with pytest.raises(StaleError):
        dampening.save_previous(officer, YEAR, "", [], NOW)


def test_a_grant_above_its_cost_keeps_a_run_from_going_on(officer: Viewer) -> None:
    item = item_named(officer, 2026, "拠点間回線", "planned")
    entry = grant(officer, amount=yen(item.amount_incl_tax + 1))
    funding.add_measure(officer, YEAR, "planned", entry, NOW)
    run_id = runs.create_run(officer, YEAR, "planned", now=NOW, reason="補助金の登録")
    shown = runs.show_run(officer, run_id)
    (finding,) = [each for each in shown.result.findings if each.blocks]
    assert "1円超えています" in finding.text
    assert finding.notice.endswith("承認も発行もできません。")
    with pytest.raises(InvalidTransitionError, match="1円超えています"):
        runs.move(officer, run_id, "submit", seen=shown.run.document_sha256, now=NOW)
    assert runs.show_run(officer, run_id).run.state == "draft"
