"""Grants, terms and build costs in the database, and what a run loads of them (協定の定め)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from consortium.db.models import AuditEvent, FundingMeasure, new_id
from consortium.db.store import costs, funding, members, terms
from consortium.db.store.agreement import load_agreement
from consortium.db.store.funding import Measure
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.funding import Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.result import CostItem
from consortium.domain.sharing.transfers import BuildCost, Term
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    OFFICER,
    add_foreign_consortium,
    everything,
    item_named,
    items_of,
    seed_sample,
    statements,
    yen,
)

YEAR = FiscalYear(2021)
MONTH = Month(2021, 4)
HIROSAKI, ITAYANAGI = "022021", "023817"


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def last_event() -> AuditEvent:
    with reading() as session:
        newest = select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)
        return session.scalars(newest).one()


def town_id(officer: Viewer, code: str) -> str:
    with reading() as session:
        towns = members.members(session, officer.consortium_id)
    return next(each.id for each in towns if each.code == code)


def measure(officer: Viewer, **changes: Any) -> Measure:
    """Make a grant of a million for 拠点間回線 of 2021."""
    item = item_named(officer, 2021, "拠点間回線")
    known = Measure(
        new_id(), YEAR, "final", "県補助金", "PRE_SPLIT", yen(1_000_000), None, item.id, None
    )
    return replace(known, **changes)


def add(officer: Viewer, *measures: Measure) -> None:
    with writing(OFFICER, NOW) as unit:
        for each in measures:
            funding.add_measure(unit, officer.consortium_id, each)


def items_of_run(officer: Viewer, year: FiscalYear = YEAR) -> list[CostItem]:
    """Number the items of a year as a run does."""
    return [
        CostItem(no, each.name, "", each.amount_incl_tax, MONTH, MONTH, key=each.id)
        for no, each in enumerate(items_of(officer, year.start_year), start=1)
    ]


def loaded(officer: Viewer, year: FiscalYear = YEAR) -> Agreement:
    """Load the agreement as a run does."""
    items = items_of_run(officer, year)
    with reading() as session:
        return load_agreement(session, officer.consortium_id, year, "final", items)


# ---- grants --------------------------------------------------------------------------------------


def test_a_run_finds_grants_by_the_number_of_their_item(officer: Viewer) -> None:
    town = town_id(officer, ITAYANAGI)
    rate = {"treatment": "INFO_ONLY", "amount": None, "rate": Fraction(3, 10), "item_id": None}
    add(
        officer,
        measure(officer),
        measure(officer, name="町補助", treatment="PER_MEMBER", item_id=None, member_id=town),
        measure(officer, name="交付税措置", note="参考", **rate),
        measure(officer, name="別の段階", stage="planned", **rate),
    )
    (number,) = [item.no for item in items_of_run(officer) if item.name == "拠点間回線"]
    assert loaded(officer).grants == (
        Grant("県補助金", yen(1_000_000), "PRE_SPLIT", number),
        Grant("町補助", yen(1_000_000), "PER_MEMBER", None, ITAYANAGI),
        Grant("交付税措置", None, "INFO_ONLY", None, None, Fraction(3, 10), "参考"),
    )


def test_a_changed_grant_is_written_to_the_chain_as_what_changed(officer: Viewer) -> None:
    old = measure(officer)
    add(officer, old)
    assert '"費目":"拠点間回線"' in (last_event().after or "")
    with writing(OFFICER, NOW) as unit:
        funding.save_measure(unit, officer.consortium_id, old, replace(old, amount=yen(2_000_000)))
    event = last_event()
    assert event.title == "財源措置「県補助金」の変更"
    assert (event.before, event.after) == ('{"金額":1000000}', '{"金額":2000000}')
    head = event.seq
    with reading() as session:
        now = funding.measure(session, officer.consortium_id, old.id)
    with writing(OFFICER, NOW) as unit:
        funding.save_measure(unit, officer.consortium_id, now, now)
    assert last_event().seq == head


def test_an_older_grant_is_neither_saved_nor_removed(officer: Viewer) -> None:
    old = measure(officer)
    add(officer, old)
    before = everything()
    seen = replace(old, row_version=9)
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        funding.save_measure(unit, officer.consortium_id, seen, replace(seen, name="国"))
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        funding.remove_measure(unit, officer.consortium_id, seen)
    assert everything() == before


def test_no_question_about_grants_reaches_into_another_consortium(officer: Viewer) -> None:
    old = measure(officer)
    add(officer, old)
    foreign = add_foreign_consortium().consortium_id
    with reading() as session:
        assert funding.measures(session, foreign, YEAR, "final") == ()
        assert funding.tied_to_item(session, foreign, str(old.item_id)) == ()
        assert funding.tied_to_item(session, officer.consortium_id, str(old.item_id)) == (
            "県補助金",
        )
        with pytest.raises(NotFoundError):
            funding.measure(session, foreign, old.id)
        with pytest.raises(BadInputError):
            funding.find_measure(session, foreign, old.id)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"amount": yen(-1)}, "amount_at_least_0"),
        ({"amount": None}, "amount_or_rate"),
        ({"rate": Fraction(1, 2)}, "amount_or_rate"),
        ({"amount": None, "rate": Fraction(1, 2)}, "rate_is_information"),
        ({"item_id": None}, "target_fits_treatment"),
        ({"treatment": "PER_MEMBER", "item_id": None}, "target_fits_treatment"),
    ],
)
def test_the_database_itself_refuses_a_grant_that_means_nothing(
    officer: Viewer, changes: dict[str, Any], check: str
) -> None:
    new = measure(officer, **changes)
    with pytest.raises(IntegrityError, match=check), writing(OFFICER, NOW) as unit:
        unit.session.add(
            FundingMeasure(
                consortium_id=officer.consortium_id,
                fiscal_year_start=2021,
                stage=new.stage,
                name=new.name,
                treatment=new.treatment,
                amount=new.amount,
                rate=new.rate,
                item_id=new.item_id,
                member_id=new.member_id,
            )
        )


# ---- terms and build costs -----------------------------------------------------------------------


def build(officer: Viewer, first: terms.Term, **changes: Any) -> terms.BuildCost:
    with reading() as session:
        categories = costs.categories(session, officer.consortium_id)
    category = next(each for each in categories if each.name == "構築")
    known = terms.BuildCost(
        new_id(), first.id, category.id, "第1期構築費", yen(84_000_000), True, True
    )
    return replace(known, **changes)


TERM = terms.Term("te-1", "第1期", date(2015, 4, 1), date(2022, 4, 1), "協定書")


def save_term(officer: Viewer, *more: terms.BuildCost) -> None:
    with writing(OFFICER, NOW) as unit:
        terms.add_term(unit, officer.consortium_id, TERM)
        for each in more:
            terms.add_build_cost(unit, officer.consortium_id, each)


def test_a_run_loads_the_build_costs_of_terms_that_touch_its_year(officer: Viewer) -> None:
    save_term(officer, build(officer, TERM))
    expected = BuildCost(
        "第1期構築費",
        yen(84_000_000),
        Term.between("第1期", date(2015, 4, 1), date(2022, 4, 1)),
        "core",
        "構築",
        joining=True,
        leaving=True,
    )
    assert loaded(officer).build_costs == (expected,)
    assert loaded(officer, FiscalYear(2015)).build_costs == (expected,)
    assert loaded(officer, FiscalYear(2014)).build_costs == ()
    assert loaded(officer, FiscalYear(2022)).build_costs == ()


def test_changes_of_terms_and_build_costs_are_written_to_the_chain(officer: Viewer) -> None:
    cost = build(officer, TERM)
    save_term(officer, cost)
    assert '"利用期":"第1期"' in (last_event().after or "")
    with writing(OFFICER, NOW) as unit:
        terms.save_term(unit, officer.consortium_id, TERM, replace(TERM, name="第一期"))
    assert (last_event().before, last_event().after) == ('{"名称":"第1期"}', '{"名称":"第一期"}')
    with writing(OFFICER, NOW) as unit:
        terms.save_build_cost(unit, officer.consortium_id, cost, replace(cost, leaving=False))
    assert last_event().after == '{"残存費用を取る":false}'
    head = last_event().seq
    with reading() as session:
        (now,) = terms.build_costs(session, officer.consortium_id)
        (term,) = terms.terms(session, officer.consortium_id)
    with writing(OFFICER, NOW) as unit:
        terms.save_build_cost(unit, officer.consortium_id, now, now)
        terms.save_term(unit, officer.consortium_id, term, term)
    assert last_event().seq == head
    with writing(OFFICER, NOW) as unit:
        terms.remove_build_cost(unit, officer.consortium_id, now)
        terms.remove_term(unit, officer.consortium_id, term)
    assert '"名称":"第一期"' in (last_event().before or "")


def test_an_older_term_or_build_cost_is_not_saved(officer: Viewer) -> None:
    cost = build(officer, TERM)
    save_term(officer, cost)
    before = everything()
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        terms.remove_term(unit, officer.consortium_id, replace(TERM, row_version=9))
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        terms.remove_build_cost(unit, officer.consortium_id, replace(cost, row_version=9))
    assert everything() == before


def test_no_question_about_terms_reaches_elsewhere(officer: Viewer) -> None:
    cost = build(officer, TERM)
    save_term(officer, cost)
    foreign = add_foreign_consortium().consortium_id
    with reading() as session:
        assert terms.terms(session, foreign) == ()
        assert terms.build_costs(session, foreign) == ()
        assert terms.costs_of(session, foreign, TERM.id) == 0
        with pytest.raises(NotFoundError):
            terms.term(session, foreign, TERM.id)
        with pytest.raises(NotFoundError):
            terms.build_cost(session, foreign, cost.id)
        assert load_agreement(session, foreign, YEAR, "final", []) == Agreement()


def test_loading_takes_four_statements(officer: Viewer) -> None:
    add(officer, measure(officer))
    save_term(officer, build(officer, TERM))
    items = items_of_run(officer)
    with reading() as session, statements() as found:
        load_agreement(session, officer.consortium_id, YEAR, "final", items)
    assert len(found) == 4
