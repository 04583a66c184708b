"""An approved run had no way back; a refused 破棄 spoke of 計算し直す (承認の取消し)."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import reports
from consortium.db.unit import reading, writing
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.usecases import runs
from consortium.usecases.runs import _order
from tests import factories
from tests.office import Office, chain_faults, open_office
from tests.pages import errors_of, submit
from tests.people import People
from tests.web.portal import open_portal

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def stored(run_id: str) -> models.AllocationRun:
    with reading() as session:
        query = select(models.AllocationRun).where(models.AllocationRun.id == run_id)
        return session.scalars(query).one()


def test_a_withdrawn_run_is_a_draft_again_and_can_be_computed_and_issued(office: Office) -> None:
    run_id = office.move(office.approved(), "withdraw")
    row = stored(run_id)
    assert (row.state, row.submitted_by, row.submitted_at) == ("draft", None, None)
    assert (row.approved_by, row.approved_at) == (None, None)
    factories.add_many_items(office.staff, 2021, 1)
    runs.recalculate(office.staff, run_id, seen=office.seen(run_id), now=office.clock.now())
    assert office.issue(office.move(run_id, "submit", "approve")).state == "issued"
    assert chain_faults(office) == []


def test_a_run_sent_back_names_nobody_who_submitted_it(office: Office) -> None:
    run_id = office.move(office.draft(), "submit", "send_back")
    row = stored(run_id)
    assert (row.state, row.submitted_by, row.submitted_at) == ("draft", None, None)


def test_withdrawing_needs_a_reason(office: Office) -> None:
    run_id = office.approved()
    seen, now = office.seen(run_id), office.clock.now()
    with pytest.raises(BadInputError, match="理由"):
        runs.move(office.approver, run_id, "withdraw", seen=seen, now=now, reason=" ")
    assert stored(run_id).state == "approved"


@pytest.mark.parametrize("failed", [False, True])
def test_no_approval_is_withdrawn_under_statements_on_their_way(
    office: Office, failed: bool
) -> None:
    run_id = office.approved()
    run = runs.show_run(office.staff, run_id).run
    with writing(office.approver.actor(), office.clock.now()) as unit:
        report_id = _order(unit, office.consortium_id, run)
    if failed:
        with writing(factories.OFFICER, office.clock.now()) as unit:
            unit.operational()
            frozen = models.ReportInput(
                id=models.new_id(),
                consortium_id=office.consortium_id,
                document="{}",
                sha256="0" * 64,
                frozen_at=office.clock.now(),
            )
            unit.session.add(frozen)
            unit.session.flush()
            row = unit.session.get_one(models.ReportRun, report_id)
            row.state, row.input_id = "failed", frozen.id
    with pytest.raises(InvalidTransitionError, match="発行の指示"):
        office.move(run_id, "withdraw")
    assert stored(run_id).state == "approved"


def test_a_report_that_failed_before_it_fixed_anything_leaves_the_way_back_open(
    office: Office,
) -> None:
    run_id = office.approved()
    run = runs.show_run(office.staff, run_id).run
    with writing(office.approver.actor(), office.clock.now()) as unit:
        report_id = _order(unit, office.consortium_id, run)
    with writing(factories.OFFICER, office.clock.now()) as unit:
        unit.operational()
        unit.session.get_one(models.ReportRun, report_id).state = "failed"
    office.move(run_id, "withdraw")
    assert stored(run_id).state == "draft"
    with reading() as session:
        assert not reports.files_of(session, report_id)


def test_a_refused_step_is_named_as_its_button(office: Office) -> None:
    run_id = office.move(office.draft(), "submit")
    seen, now = office.seen(run_id), office.clock.now()
    with pytest.raises(InvalidTransitionError) as refused:
        runs.discard(office.staff, run_id, seen=seen, now=now)
    assert refused.value.asked == "算定の手順「破棄する」を行おうとしました。"


def test_the_approver_withdraws_and_the_drafter_reads_why(
    app: Flask, cast: People, clock: FrozenClock
) -> None:
    portal = open_portal(app, cast, clock)
    run_id = portal.run(upto="approved")
    approver, staff = cast.client("lead_approver"), cast.client("lead_staff")
    path = f"/runs/{run_id}/withdraw"
    assert "承認を取り消す" in approver.get(f"/runs/{run_id}").text
    refused = submit(approver, path, {"reason": ""})
    assert refused.status_code == 400
    assert "理由" in errors_of(refused)["reason"]
    assert submit(approver, path, {"reason": "人口の版が違います。"}).status_code == 302
    assert portal.state(run_id) == "draft"
    page = staff.get(f"/runs/{run_id}").text
    assert "承認が取り消されました" in page
    assert "人口の版が違います。" in page
    assert f"/runs/{run_id}/submit" in page
