"""Inputs kept with runs, and the causes of a difference between them (算定の入力・要因分解)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import costs, reports, run_inputs
from consortium.db.store.run_inputs import Stored
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError
from consortium.domain.sharing.causes import Causes
from consortium.reports.document import StatementDocument
from consortium.usecases import comparing, cost_items, exchange, runs, statement_facts
from consortium.usecases.costs import Entry, show_costs
from consortium.usecases.exchange import RateEntry
from consortium.usecases.town import show_charges
from consortium.usecases.viewer import Viewer
from tests import factories
from tests.factories import month, yen
from tests.office import ITAYANAGI, Office, open_office, report_runs
from tests.reports.documents import opened, rows

pytestmark = pytest.mark.usefixtures("plain_files")

APRIL = month("2026-04")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def stored(office: Office, run_id: str) -> Stored:
    with reading() as session:
        [found] = run_inputs.read_stored(session, office.consortium_id, run_id)
    return found


def raised(office: Office, more: int) -> None:
    """Raise the first shared cost of FY2021."""
    item = next(each for each in factories.items_of(office.staff, 2021) if not each.charged_to_id)
    higher = replace(item, amount_incl_tax=yen(item.amount_incl_tax + more))
    with writing(factories.OFFICER, factories.NOW) as unit:
        costs.save_item(unit, office.consortium_id, item, higher)


def causes(office: Office, old: str, new: str) -> Causes:
    found = comparing.show_comparison(office.staff, old, new).causes
    assert found is not None
    assert found.adds_up
    return found


def frozen(kind: str) -> list[StatementDocument]:
    """What was frozen for the documents of a kind, by edition."""
    made = report_runs(kind)
    with reading() as session:
        inputs = [reports.read_input(session, run.id) for run in made]
    documents = [StatementDocument.from_json(each["statement"]) for each in inputs]
    return sorted(documents, key=lambda document: document.edition)


def moved(found: Causes) -> dict[str, int]:
    """Give the causes that moved a yen, in total."""
    return {line.name: line.total for line in found.lines if any(line.parts)}


def test_a_new_run_keeps_what_it_was_shared_from(office: Office) -> None:
    kept = stored(office, office.draft())
    assert kept.inputs is not None
    assert kept.inputs.year == FiscalYear(2021)
    assert kept.inputs.share() == kept.result


def test_computing_again_keeps_the_new_inputs(office: Office) -> None:
    run_id = office.draft()
    before = stored(office, run_id)
    raised(office, 7_000)
    now, seen = office.clock.now(), office.seen(run_id)
    runs.recalculate(office.staff, run_id, seen=seen, now=now)
    after = stored(office, run_id)
    assert before.inputs is not None
    assert after.inputs is not None
    assert sum(item.amount for item in after.inputs.items) == 7_000 + sum(
        item.amount for item in before.inputs.items
    )
    assert after.inputs.share() == after.result


def test_a_further_edition_differs_by_what_the_statements_differ_by(office: Office) -> None:
    # M-24: edition n+1 − edition n is the printed difference.
    first = office.issued()
    raised(office, 70_001)
    second = office.issued(reason="費用の見直し")
    found = causes(office, first.id, second.id)
    assert moved(found) == {"経費": 70_001}
    # The second document keeps them for the lead city's book; the first has nothing to compare.
    before, after = (document.compared for document in frozen("statement_final"))
    assert before is None
    assert after is not None
    assert after.causes == found
    assert (after.old.title, after.new.title) == (
        "令和3年度 確定 第1版", "令和3年度 確定 第2版",
    )  # fmt: skip
    for code in (member.code for member in found.members):
        viewer = replace(office.staff, user_id=f"u-{code}", role="member_staff", code=code)
        page = show_charges(viewer, FiscalYear(2021))
        assert page is not None
        assert page.change is not None
        assert page.change.before.run_id == first.id
        amounts = [entry.amount for entry in page.entries]
        assert page.change.difference == amounts[-1] - amounts[0] != 0
        assert page.change.causes is not None
        assert sum(part for _, part in page.change.causes) == page.change.difference
        assert page.change.reason == "費用の見直し"


def test_two_years_of_the_sample(office: Office) -> None:
    # 2020 → 2021: 藤崎町 and 板柳町 join, costs change; the parts add up for every town.
    old, new = office.draft(2020), office.draft(2021)
    found = causes(office, old, new)
    assert {"経費", "加入・脱退"} <= moved(found).keys()
    assert moved(found)["加入・脱退"] == 0
    [itayanagi] = [each for each in found.members if each.code == ITAYANAGI]
    assert sum(found.of(ITAYANAGI)) == itayanagi.difference == itayanagi.new


def test_the_first_statement_of_a_year_is_set_beside_the_year_before(office: Office) -> None:
    office.issued(2021)
    copied = office.issued(2022)
    viewer = replace(office.staff, user_id="u-t", role="member_staff", code=ITAYANAGI)
    page = show_charges(viewer, FiscalYear(2022))
    assert page is not None
    assert page.current.run_id == copied.id
    assert page.change is not None
    assert page.change.before.year == FiscalYear(2021)
    first = show_charges(viewer, FiscalYear(2021))
    assert first is not None
    assert first.change is None


# ---- runs of the time before ---------------------------------------------------------------------


def test_a_run_without_inputs_is_named_and_compared_without_causes(office: Office) -> None:
    old, new = office.draft(2020), office.draft(2021)
    factories.forget_inputs(office.staff, old)
    page = comparing.show_comparison(office.staff, old, new)
    assert page.compared is not None
    assert page.causes is None
    assert [run.id for run in page.too_old] == [old]
    with pytest.raises(NotFoundError):
        comparing.causes_workbook(office.staff, old, new, office.clock.now())


def test_a_town_is_told_that_an_old_edition_cannot_be_divided(office: Office) -> None:
    run_id = office.draft()
    factories.forget_inputs(office.staff, run_id)
    office.issue(office.move(run_id, "submit", "approve"))
    raised(office, 7_000)
    office.issued(reason="見直し")
    viewer = replace(office.staff, user_id="u-t", role="member_staff", code=ITAYANAGI)
    page = show_charges(viewer, FiscalYear(2021))
    assert page is not None
    assert page.change is not None
    assert page.change.causes is None
    assert page.change.difference > 0


# ---- the workbook --------------------------------------------------------------------------------


def test_the_workbook_prints_the_same_difference(office: Office) -> None:
    old = office.issued().id
    raised(office, 7_000)
    new = office.draft(reason="見直し")
    book = comparing.causes_workbook(office.staff, old, new, office.clock.now())
    assert book.display_name == "R03_要因分解_確定_R03確定第1版から_第2版.xlsx"
    assert book.ascii_name == "causes_FY2021_final_v2.xlsx"
    data = rows(book.content, "データ")[1:]
    assert sum(row[9] for row in data) == 7_000
    assert opened(book.content).sheetnames == ["要因分解", "データ"]
    again = comparing.causes_workbook(office.staff, old, new, office.clock.now())
    assert again.content == book.content


@pytest.mark.parametrize(("old", "new"), [(None, None), ("same", "same")])
def test_a_workbook_needs_two_runs(office: Office, old: str | None, new: str | None) -> None:
    run_id = office.draft()
    chosen = [run_id if each else None for each in (old, new)]
    with pytest.raises(NotFoundError, match="二つの別の算定"):
        comparing.causes_workbook(office.staff, chosen[0], chosen[1], office.clock.now())


# ---- US dollars ----------------------------------------------------------------------------------


def add_dollars(viewer: Viewer, usd: str) -> None:
    """Register an item of US dollars of April 2026."""
    year = FiscalYear(2026)
    categories = show_costs(viewer, year, "planned", date(2026, 12, 1)).categories
    (category,) = [each.id for each in categories if each.name == "運用"]
    entry = Entry(
        category, "政府共通クラウド利用料", yen(0), APRIL, month("2027-03"), amount_by="usd",
        dollars={APRIL: Fraction(usd)},
    )  # fmt: skip
    item_id = str(uuid4())
    seen = cost_items.plan_new(viewer, year, "planned", entry, item_id).digest
    cost_items.add_item(viewer, year, "planned", entry, factories.NOW, item_id, seen)


def save_rate(viewer: Viewer, rate: int, version: int = 0) -> None:
    entry = RateEntry(Fraction(rate), "月末TTM", reason="訂正" if version else "")
    seen = exchange.plan_rate(viewer, APRIL, entry).digest
    exchange.save_rate(viewer, APRIL, version, entry, factories.NOW, seen)


def test_the_exchange_rate_is_a_cause_of_its_own(office: Office) -> None:
    save_rate(office.staff, 115)
    add_dollars(office.staff, "1000")
    run_id = office.draft(2026, "planned")
    first = stored(office, run_id)
    assert first.inputs is not None
    [dollars] = first.inputs.dollars.values()
    assert dict(dollars.rates) == {APRIL: Fraction(115)}
    assert dollars.yen() == 115_000
    save_rate(office.staff, 160, 1)
    now, seen = office.clock.now(), office.seen(run_id)
    runs.recalculate(office.staff, run_id, seen=seen, now=now)
    found = statement_facts.causes_of(first, stored(office, run_id))
    assert found is not None
    assert moved(found) == {"為替": 45_000}


def test_yen_that_were_kept_at_an_older_rate_name_no_rate(office: Office) -> None:
    save_rate(office.staff, 115)
    add_dollars(office.staff, "1000")
    first = office.issued(2026, "planned").id
    save_rate(office.staff, 160, 1)
    second = office.draft(2026, "planned", "訂正")
    kept = stored(office, second)
    assert kept.inputs is not None
    assert not kept.inputs.dollars
    assert moved(causes(office, first, second)) == {}
