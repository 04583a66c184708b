"""From a draft to issued statements (算定): steps, four eyes, editions, explanations."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import registers, settings
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    CannotShareError,
    InvalidTransitionError,
    NotFoundError,
)
from consortium.domain.sharing.sentences import render_tree
from consortium.usecases import runs
from consortium.usecases.viewer import Viewer
from tests import factories
from tests.office import (
    FUJISAKI,
    HIROSAKI,
    ITAYANAGI,
    SLOTS,
    Office,
    chain_faults,
    count,
    data_rows,
    files_of_run,
    open_office,
)
from tests.seven import TOWNS

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def town(office: Office, code: str = ITAYANAGI) -> Viewer:
    return replace(office.staff, user_id=f"u-{code}", role="member_staff", code=code, body="町")


# ---- the whole path ------------------------------------------------------------------------------


def test_a_draft_becomes_one_statement_for_each_paying_town_and_a_summary(office: Office) -> None:
    run = office.issued()
    assert run.state == "issued"
    assert set(files_of_run(office, run)) == {
        "lead",
        *(f"member:{each.code}" for each in TOWNS),
    }
    assert count(models.Statement) == SLOTS
    assert chain_faults(office) == []


@pytest.mark.usefixtures("workbooks")
def test_the_stored_workbooks_add_up_to_the_run(office: Office) -> None:
    run = office.issued()
    whole = sum(item.amount_incl_tax for item in factories.items_of(office.staff, 2021))
    page = runs.show_run(office.staff, run.id)
    files = files_of_run(office, run)
    assert run.total == whole
    assert sum(row["負担額_円"] for row in data_rows(files["lead"])) == whole
    for payer in page.payers:
        rows = data_rows(files[f"member:{payer.code}"])
        own = [row["負担額_円"] for row in rows if row["団体コード"] == payer.code]
        assert sum(own) == payer.amount


@pytest.mark.usefixtures("workbooks")
def test_a_town_of_ten_months_pays_ten_twelfths_of_the_equal_part(office: Office) -> None:
    # システム利用料 80,850,000: 20/100 is 16,170,000; 10/12 of it among seven is 1,925,000.
    run = office.issued()
    rows = data_rows(files_of_run(office, run)[f"member:{ITAYANAGI}"])
    (equal,) = [
        row["負担額_円"]
        for row in rows
        if row["団体コード"] == ITAYANAGI
        and row["費目"] == "システム利用料"
        and row["按分方法"].startswith("均等割")
    ]
    assert equal == 1_925_000


@pytest.mark.usefixtures("workbooks")
def test_the_register_holds_the_amount_the_hash_and_the_number_of_each_file(
    office: Office,
) -> None:
    run = office.issued()
    files = files_of_run(office, run)
    with reading() as session:
        entries = registers.entries(session, office.consortium_id)
    assert [entry.number for entry in entries] == list(range(1, SLOTS + 1))
    for entry in entries:
        slot = f"member:{entry.code}" if entry.code else "lead"
        assert hashlib.sha256(files[slot]).hexdigest() == entry.file_hash
    assert sum(entry.amount for entry in entries if entry.code) == run.total


# ---- who and in which state ----------------------------------------------------------------------


def test_nobody_approves_an_own_draft(office: Office) -> None:
    run_id = office.move(office.draft(), "submit")
    drafter = replace(office.approver, user_id=office.staff.user_id)
    before, seen = factories.everything(), office.seen(run_id)
    with pytest.raises(InvalidTransitionError, match="別の承認者"):
        runs.move(drafter, run_id, "approve", seen=seen, now=office.clock.now())
    assert factories.everything() == before


def test_nobody_issues_an_own_draft(office: Office) -> None:
    run_id = office.approved()
    drafter = replace(office, approver=replace(office.approver, user_id=office.staff.user_id))
    before = factories.everything()
    with pytest.raises(InvalidTransitionError, match="別の承認者"):
        drafter.issue(run_id)
    assert factories.everything() == before


@pytest.mark.parametrize("step", ["send_back", "approve"])
def test_a_draft_can_be_neither_approved_nor_sent_back(office: Office, step: str) -> None:
    run_id = office.draft()
    before = factories.everything()
    with pytest.raises(InvalidTransitionError):
        office.move(run_id, step)
    assert factories.everything() == before


def test_what_is_not_approved_is_not_issued(office: Office) -> None:
    run_id = office.move(office.draft(), "submit")
    before = factories.everything()
    with pytest.raises(InvalidTransitionError, match="承認"):
        office.issue(run_id)
    assert factories.everything() == before
    assert not office.worker.folder.exists()


def test_an_issued_run_is_neither_recalculated_nor_discarded(office: Office) -> None:
    run = office.issued()
    before = factories.everything()
    with pytest.raises(InvalidTransitionError):
        runs.recalculate(office.staff, run.id, seen=office.seen(run.id), now=office.clock.now())
    with pytest.raises(InvalidTransitionError):
        runs.discard(office.staff, run.id, seen=office.seen(run.id), now=office.clock.now())
    assert factories.everything() == before


def test_sending_back_needs_a_reason_and_keeps_it(office: Office) -> None:
    run_id = office.move(office.draft(), "submit")
    seen, now = office.seen(run_id), office.clock.now()
    with pytest.raises(BadInputError, match="理由"):
        runs.move(office.approver, run_id, "send_back", seen=seen, now=now, reason=" ")
    runs.move(office.approver, run_id, "send_back", seen=seen, now=now, reason="期間が違う")
    page = runs.show_run(office.staff, run_id)
    assert page.run.state == "draft"
    assert (page.history[-1].action, page.history[-1].reason) == ("run.send_back", "期間が違う")


# ---- editions ------------------------------------------------------------------------------------


def test_a_second_draft_of_a_stage_waits_for_the_first(office: Office) -> None:
    office.draft()
    with pytest.raises(InvalidTransitionError, match="第1版"):
        office.draft(reason="もう一つ")


def test_a_further_edition_needs_a_reason(office: Office) -> None:
    office.issued()
    before = factories.everything()
    with pytest.raises(BadInputError) as refused:
        office.draft()
    assert refused.value.path == "reason"
    assert factories.everything() == before


def test_a_new_edition_supersedes_the_old_one_and_leaves_its_files_alone(office: Office) -> None:
    first = office.issued()
    old = files_of_run(office, first)
    second = office.issued(reason="決算額の確定")
    shown = [runs.show_run(office.staff, run.id).run for run in (first, second)]
    pages = {run.edition: run for run in shown}
    assert {edition: run.state for edition, run in pages.items()} == {
        1: "superseded",
        2: "issued",
    }
    assert pages[2].supersedes_id == first.id
    assert files_of_run(office, first) == old
    assert count(models.Statement) == 2 * SLOTS


def test_a_year_without_costs_cannot_be_shared(office: Office) -> None:
    with pytest.raises(CannotShareError, match="費目が登録されていません"):
        office.draft(2035)
    assert count(models.AllocationRun) == 0


def test_recalculating_takes_the_costs_as_they_stand_now(office: Office) -> None:
    run_id = office.draft()
    old = runs.show_run(office.staff, run_id).run
    factories.add_many_items(office.staff, 2021, 2)
    runs.recalculate(office.staff, run_id, seen=office.seen(run_id), now=office.clock.now())
    new = runs.show_run(office.staff, run_id).run
    assert new.total == sum(i.amount_incl_tax for i in factories.items_of(office.staff, 2021))
    assert new.total > old.total
    assert new.document_sha256 != old.document_sha256


def test_a_discarded_draft_is_gone_but_not_from_the_chain(office: Office) -> None:
    run_id = office.draft()
    runs.discard(office.staff, run_id, seen=office.seen(run_id), now=office.clock.now())
    with pytest.raises(NotFoundError):
        runs.show_run(office.staff, run_id)
    assert count(models.ShareRow) == 0
    assert chain_faults(office) == []
    assert office.draft()


# ---- issuing once --------------------------------------------------------------------------------


def test_issuing_again_has_no_further_effect_and_gives_the_same_answer(office: Office) -> None:
    run_id = office.approved()
    first = office.issue(run_id)
    before, files = factories.everything(), files_of_run(office, first)
    office.clock.advance(timedelta(days=1))
    assert office.issue(run_id) == first
    assert factories.everything() == before
    assert files_of_run(office, first) == files


def test_issued_statements_stay_when_everything_they_rest_on_changes(office: Office) -> None:
    run = office.issued()
    files, page = files_of_run(office, run), runs.show_run(office.staff, run.id)
    factories.add_many_items(office.staff, 2021, 3)
    with writing(factories.OFFICER, office.clock.now()) as unit:
        old = settings.settings_of(unit.session, office.consortium_id)
        settings.save_settings(unit, old, replace(old, name="別の名称", shows_other_members=False))
    assert files_of_run(office, run) == files
    assert runs.show_run(office.staff, run.id).result == page.result


# ---- lists and explanations ----------------------------------------------------------------------


def test_the_list_gives_the_amounts_of_the_run_issued_last_for_each_year(office: Office) -> None:
    office.issued(2020)
    office.clock.advance(timedelta(hours=1))
    run = office.issued(2021)
    office.draft(2022)
    page = runs.list_runs(office.staff)
    assert [each.year.start_year for each in page.runs] == [2022, 2021, 2020]
    assert list(page.issued) == [FiscalYear(2020), FiscalYear(2021)]
    assert page.total(FiscalYear(2021)) == run.total
    assert page.payers[0] == (HIROSAKI, "弘前市")
    assert ITAYANAGI not in page.issued[FiscalYear(2020)]


def test_every_cell_is_explained_by_steps_that_add_up_to_it(office: Office) -> None:
    run = office.issued()
    result = runs.show_run(office.staff, run.id).result
    for entry in result.items:
        for party, amount in zip(result.parties, entry.amounts, strict=True):
            cell = runs.explain_cell(office.staff, run.id, entry.item.no, party.code)
            assert cell.step.value == amount
            assert sum(leaf.value for leaf in cell.step.leaves()) == amount
            assert all(line.strip() for line in render_tree(cell.step))


def test_a_town_asks_about_its_own_cell_of_an_issued_run(office: Office) -> None:
    draft = office.draft()
    with pytest.raises(NotFoundError):
        runs.explain_cell(town(office), draft, 1, ITAYANAGI)
    office.move(draft, "submit", "approve")
    office.issue(draft)
    assert runs.explain_cell(town(office), draft, 1, ITAYANAGI).code == ITAYANAGI


@pytest.mark.parametrize("shows", [True, False])
def test_another_towns_cell_is_open_where_the_setting_says_so(office: Office, shows: bool) -> None:
    run = office.issued()
    with writing(factories.OFFICER, office.clock.now()) as unit:
        old = settings.settings_of(unit.session, office.consortium_id)
        settings.save_settings(unit, old, replace(old, shows_other_members=shows))
    if shows:
        assert runs.explain_cell(town(office), run.id, 1, FUJISAKI).shows_other_members
    else:
        with pytest.raises(NotFoundError):
            runs.explain_cell(town(office), run.id, 1, FUJISAKI)
    assert runs.explain_cell(office.staff, run.id, 1, FUJISAKI).shows_other_members


def test_a_town_that_had_not_joined_asks_about_nothing_of_that_year(office: Office) -> None:
    run = office.issued(2020)
    with pytest.raises(NotFoundError):
        runs.explain_cell(town(office), run.id, 1, HIROSAKI)


@pytest.mark.parametrize(("item", "code"), [(99, ITAYANAGI), (0, ITAYANAGI), (1, "013048")])
def test_a_cell_that_is_not_there_is_not_explained(office: Office, item: int, code: str) -> None:
    run_id = office.draft()
    with pytest.raises(NotFoundError):
        runs.explain_cell(office.staff, run_id, item, code)


def test_another_consortiums_officer_finds_nothing(office: Office) -> None:
    run = office.issued()
    stranger = factories.add_foreign_consortium()
    with pytest.raises(NotFoundError):
        runs.show_run(stranger, run.id)
    with pytest.raises(NotFoundError):
        runs.explain_cell(stranger, run.id, 1, ITAYANAGI)
    assert runs.list_runs(stranger).runs == []
