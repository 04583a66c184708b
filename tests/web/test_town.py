"""自団体・負担金・帳票の受取: what a member town sees of its own matters."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.clock import TOKYO, FrozenClock
from tests.pages import submit
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def town(portal: Portal) -> FlaskClient:
    return portal.cast.client("member_staff", "023817")


@pytest.mark.parametrize("path", ["/town", "/charges", "/inbox"])
def test_before_the_first_statement_each_page_says_so(town: FlaskClient, path: str) -> None:
    assert 'class="p-empty"' in town.get(path).text


def test_the_page_shows_the_amount_what_is_new_and_the_years(
    portal: Portal, town: FlaskClient
) -> None:
    portal.run(2021)
    portal.run(2026, "planned")
    page = town.get("/town").text
    assert "令和8年度の負担金" in page
    assert "令和3年度" in page
    assert page.count("/files/") == 2
    assert '<svg class="p-svg"' in page
    assert "今年度の明細書はまだ届いていません" not in page


def test_another_towns_amounts_are_not_on_its_pages(portal: Portal, town: FlaskClient) -> None:
    run_id = portal.run(2021)
    portal.hide_other_towns()
    for path in ("/town", "/charges", "/inbox"):
        page = town.get(path).text
        assert "ほかの団体の負担額" not in page
        assert f"/charges/runs/{run_id}/why/1/023612" not in page


def test_the_charges_show_each_item_with_its_reason(portal: Portal, town: FlaskClient) -> None:
    run_id = portal.run(2021)
    page = town.get("/charges/2021").text
    own, _, others = page.partition("ほかの団体の負担額")
    assert f"/charges/runs/{run_id}/why/1/023817" in own
    assert "藤崎町 データ移行費" not in own
    assert "藤崎町 データ移行費" in others
    assert f"/charges/runs/{run_id}/why/1/023612" in others


@pytest.mark.parametrize("year", ["2020", "2035", "1", "abcd"])
def test_a_year_without_a_statement_is_a_404(portal: Portal, town: FlaskClient, year: str) -> None:
    portal.run(2020)
    portal.run(2021)
    assert town.get(f"/charges/{year}").status_code == 404


def test_receiving_without_downloading_is_noted(portal: Portal, town: FlaskClient) -> None:
    portal.run(2021)
    path = f"/files/{portal.file_of('023817')}/receive"
    assert "未受領" in town.get("/inbox").text
    assert submit(town, path, {}, page="/inbox").location == "/inbox"
    page = town.get("/inbox").text
    assert "受領しました" in page
    assert "未受領" not in page


def test_monthly_reports_arrive_in_the_inbox(portal: Portal) -> None:
    portal.run(2026, "planned")
    with portal.app.app_context():
        portal.office.tick(datetime(2027, 2, 1, 6, tzinfo=TOKYO))
    page = portal.cast.client("member_staff", "023817").get("/inbox").text
    assert "令和8年12月分" in page
    assert "令和9年1月分" in page


@pytest.mark.parametrize("path", ["/town", "/charges", "/charges/2021", "/inbox"])
def test_each_page_needs_eight_statements_at_most(
    portal: Portal, town: FlaskClient, path: str
) -> None:
    portal.run(2021)
    portal.run(2022)
    assert statements_of(portal, town, path) <= 8
