"""The one-person office (一人の事務局): off at first; on, the drafter approves and it is said."""

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from tests.office import ITAYANAGI, files_of_run
from tests.pages import submit, value_of
from tests.people import People
from tests.web.portal import Portal, open_portal

SAID = "作成者と承認者が同一"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def alone(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def allow(portal: Portal, is_allowed: bool = True) -> None:
    """Let the administrator tick the box."""
    admin = portal.cast.client("lead_admin")
    page = admin.get("/settings")
    fields = {
        "name": value_of(page, "name"),
        "office_name": value_of(page, "office_name"),
        "shows_other_members": "y",
        "label_2019": "令和元年度",
        "usd_mode": "floor",
        "row_version": value_of(page, "row_version"),
    }
    answer = submit(
        admin, "/settings", fields | ({"allows_own_approval": "y"} if is_allowed else {})
    )
    assert answer.status_code == 302


def drafted(alone: FlaskClient, *steps: str) -> str:
    """Draft 確定 of FY2021 on the pages and take steps of it; give its path."""
    path = submit(alone, "/runs/new", {"year": "2021", "stage": "final", "reason": ""}).location
    for step in steps:
        assert submit(alone, f"{path}/{step}", {}, page=path).status_code == 302, step
    return path


def state(portal: Portal, path: str) -> str | None:
    return portal.state(path.rpartition("/")[2])


def test_by_default_the_staff_may_not_approve(portal: Portal, alone: FlaskClient) -> None:
    path = drafted(alone, "submit")
    for step in ("approve", "send-back", "withdraw", "issue"):
        assert submit(alone, f"{path}/{step}", {}, page="/account").status_code == 403
    assert f"{path}/approve" not in alone.get(path).text
    assert alone.get("/register/export").status_code == 403
    assert state(portal, path) == "in_review"


def test_allowed_the_drafter_approves_and_issues_and_everything_says_so(
    portal: Portal, alone: FlaskClient
) -> None:
    allow(portal)
    path = drafted(alone, "submit")
    assert SAID not in alone.get(path).text
    assert submit(alone, f"{path}/approve", {}, page=path).status_code == 302
    assert SAID in alone.get(path).text
    assert submit(alone, f"{path}/issue", {}).status_code == 302
    assert state(portal, path) == "issued"
    assert SAID in alone.get(path).text
    assert alone.get("/register/export").get_json()["format"] == 1
    # Whoever is the whole office cancels what it issued: seven towns and the 総括表.
    register = alone.get("/register/2021").text
    assert (register.count("/cancel"), "ほかの承認者が行います" in register) == (8, False)
    with portal.app.app_context():
        files = files_of_run(portal.office, portal.office.issue(path.rpartition("/")[2]))
    for slot, sheets in (
        (f"member:{ITAYANAGI}", ("鑑", "負担金明細書")),
        ("lead", ("負担金総括表",)),
    ):
        book = load_workbook(BytesIO(files[slot]), read_only=True)
        for sheet in sheets:
            cells = [str(each) for row in book[sheet].iter_rows(values_only=True) for each in row]
            assert any(SAID in each for each in cells), sheet


def test_approved_by_somebody_else_nothing_is_said(portal: Portal, alone: FlaskClient) -> None:
    allow(portal)
    path = drafted(alone, "submit")
    approver = portal.cast.client("lead_approver")
    assert submit(approver, f"{path}/approve", {}, page=path).status_code == 302
    assert submit(approver, f"{path}/issue", {}).status_code == 302
    assert SAID not in alone.get(path).text


def test_switched_off_again_an_own_draft_waits_for_somebody_else(
    portal: Portal, alone: FlaskClient
) -> None:
    allow(portal)
    path = drafted(alone, "submit", "approve")
    allow(portal, is_allowed=False)
    assert submit(alone, f"{path}/issue", {}, page=path).status_code == 403
    assert state(portal, path) == "approved"


def test_the_change_of_the_setting_is_recorded(portal: Portal) -> None:
    allow(portal)
    query = select(models.AuditEvent).where(models.AuditEvent.action == "settings.change")
    with portal.app.app_context(), reading() as session:
        event = session.scalars(query).one()
    assert '"作成した人の承認を認める":true' in (event.after or "").replace(" ", "")
    assert '"作成した人の承認を認める":false' in (event.before or "").replace(" ", "")


def test_an_administrator_or_auditor_approves_nothing_all_the_same(portal: Portal) -> None:
    allow(portal)
    path = f"/runs/{portal.run(2021, upto='in_review')}"
    for role in ("lead_admin", "auditor"):
        client = portal.cast.client(role)
        assert submit(client, f"{path}/approve", {}, page="/account").status_code == 403


def test_allowed_the_staff_closes_and_lifts_but_grants_no_reopening(
    portal: Portal, alone: FlaskClient
) -> None:
    page = "/closings/2021"
    assert submit(alone, f"{page}/close-soft", {}, page=page).status_code == 302
    assert submit(alone, f"{page}/lift", {"lift-reason": "誤り"}, page=page).status_code == 403
    allow(portal)
    assert submit(alone, f"{page}/lift", {"lift-reason": "誤り"}, page=page).status_code == 302
    for step in ("grant", "refuse"):
        assert submit(alone, f"{page}/{step}", {}, page=page).status_code == 403, step
