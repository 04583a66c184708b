"""今月の仕事: what waits, for whom, and the screen that does it."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import delete

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.unit import writing
from tests import factories
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

LEAD = ("lead_staff", "lead_approver", "lead_admin", "auditor")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.mark.parametrize("role", LEAD)
def test_the_office_begins_with_this_months_work(portal: Portal, role: str) -> None:
    answer = portal.cast.client(role).get("/")
    assert (answer.status_code, answer.location) == (302, "/this-month")


@pytest.mark.parametrize("role", ["member_staff", "member_admin"])
def test_a_town_begins_with_its_own_page(portal: Portal, role: str) -> None:
    answer = portal.cast.client(role, "023817").get("/")
    assert (answer.status_code, answer.location) == (302, "/town")


def test_costs_without_a_run_lead_to_the_form_for_that_year(portal: Portal) -> None:
    page = portal.cast.client("lead_staff").get("/this-month").text
    assert "令和3年度 確定" in page
    assert "/runs/new?year=2021&amp;stage=final" in page


@pytest.mark.parametrize(
    ("state", "what", "mine"),
    [
        ("draft", "下書きを審査に出す", "lead_staff"),
        ("in_review", "審査して承認する", "lead_approver"),
        ("approved", "発行する</th>", "lead_approver"),
    ],
)
def test_a_run_on_its_way_waits_for_the_right_person(
    portal: Portal, state: str, what: str, mine: str
) -> None:
    run_id = portal.run(upto=state)
    for role in LEAD:
        page = portal.cast.client(role).get("/this-month").text
        own, _, others = page.partition('id="others"')
        assert f"/runs/{run_id}" in page
        assert (what in own) == (role == mine)
        assert (what in others) == (role != mine)


def test_towns_that_have_not_received_are_listed_until_they_do(portal: Portal) -> None:
    portal.run()
    staff = portal.cast.client("lead_staff")
    unread = staff.get("/this-month").text.partition('id="unread"')[2]
    assert "板柳町" in unread
    assert "弘前市</th>" not in unread
    portal.cast.client("member_staff", "023817").get(f"/files/{portal.file_of('023817')}")
    assert "板柳町" not in staff.get("/this-month").text.partition('id="unread"')[2]


def test_a_report_that_waits_shows_why(portal: Portal) -> None:
    with portal.app.app_context():
        portal.office.tick(datetime(2026, 12, 1, 18, tzinfo=TOKYO))
        portal.office.tick(datetime(2027, 1, 1, 6, tzinfo=TOKYO))
    page = portal.cast.client("lead_staff").get("/this-month").text
    assert "帳票の待機を確かめる" in page
    assert "この年度の負担金の発行待ち" in page


def test_with_nothing_to_do_the_page_says_so(portal: Portal) -> None:
    with portal.app.app_context(), writing(factories.OFFICER, factories.NOW) as unit:
        unit.session.execute(delete(models.CostItem))
        unit.session.execute(delete(models.CalendarStep))
        unit.record(portal.office.consortium_id, "t", "cost_item", "x", "試験")
    page = portal.cast.client("lead_staff").get("/this-month").text
    assert "いま待っている仕事はありません" in page
    assert "1月1日" in page


def test_the_page_needs_eight_statements_at_most(portal: Portal) -> None:
    portal.run(2020)
    portal.run(2021, upto="in_review")
    portal.run(2022, upto="approved")
    assert statements_of(portal, portal.cast.client("lead_staff"), "/this-month") <= 8
