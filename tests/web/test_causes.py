"""差額の要因分解 on the pages: for the office, and for a town its own row."""

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from consortium.clock import FrozenClock
from tests import factories
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of
from tests.web.test_comparing import numbers, path_of, redrafted, section

pytestmark = pytest.mark.usefixtures("plain_files")

TOWN = "023817"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def staff(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def forget_inputs(portal: Portal, run_id: str) -> None:
    """Let a draft be one of the time before inputs were kept."""
    with portal.app.app_context():
        factories.forget_inputs(portal.office.staff, run_id)


def test_the_section_divides_the_difference_and_checks_it(
    portal: Portal, staff: FlaskClient
) -> None:
    old = portal.run()
    new = redrafted(portal, 7_000)
    part = section(staff.get(path_of(old, new)).text, "causes")
    table = part[: part.index("</table>")]
    # Seven towns and the sum: six causes, their sum, the difference.
    found = numbers(table)
    assert len(found) == 8 * 8
    assert found[-8:] == [7_000, 0, 0, 0, 0, 0, 7_000, 7_000]
    assert table.count("一致") == 8
    assert "不一致" not in table
    assert "差額の要因（合計）" in part


def test_a_member_has_a_picture_of_its_own(portal: Portal, staff: FlaskClient) -> None:
    old, new = portal.run(2020, upto="draft"), portal.run(2021, upto="draft")
    part = section(staff.get(path_of(old, new)).text, "causes")
    [link] = re.findall(rf'href="([^"]*member={TOWN})#causes"', part)
    page = staff.get(link.replace("&amp;", "&"))
    assert page.status_code == 200
    shown = section(page.text, "causes")
    assert "差額の要因（板柳町）" in shown
    assert 'role="img"' in shown
    assert "<title" in shown
    assert "<desc" in shown
    assert "style=" not in shown


@pytest.mark.parametrize("code", ["999999", "％", "<script>"])
def test_an_unknown_member_shows_the_whole(portal: Portal, staff: FlaskClient, code: str) -> None:
    old, new = portal.run(2020, upto="draft"), portal.run(2021, upto="draft")
    page = staff.get("/runs/compare", query_string={"old": old, "new": new, "member": code})
    assert page.status_code == 200
    assert "差額の要因（合計）" in page.text


def test_a_run_without_inputs_says_so_and_the_comparison_stays(
    portal: Portal, staff: FlaskClient
) -> None:
    old, new = portal.run(2020, upto="draft"), portal.run(2021, upto="draft")
    forget_inputs(portal, old)
    page = staff.get(path_of(old, new)).text
    part = section(page, "causes")
    assert "令和2年度 確定 第1版は、算定の入力を残すようになる前に作ったので" in part
    assert "<svg" not in part
    assert "/runs/compare/causes" not in page
    assert 'id="members"' in page
    answer = staff.get("/runs/compare/causes", query_string={"old": old, "new": new})
    assert answer.status_code == 404


def test_the_workbook_is_made_when_it_is_asked_for_and_nothing_is_stored(
    portal: Portal, staff: FlaskClient
) -> None:
    old = portal.run()
    new = redrafted(portal, 7_000)
    page = section(staff.get(path_of(old, new)).text, "causes")
    [link] = re.findall(r'href="(/runs/compare/causes[^"]*)"', page)
    before = portal.everything()
    answer = staff.get(link.replace("&amp;", "&"))
    assert portal.everything() == before
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert "filename=causes_FY2021_final_v2.xlsx" in answer.headers["Content-Disposition"]
    sheet = load_workbook(BytesIO(answer.data))["要因分解"]
    assert "差額の要因分解" in str(sheet["A1"].value)


@pytest.mark.parametrize("query", ["", "?old=1&new=2", "?old=00000000-0000-4000-8000-000000000000"])
def test_a_workbook_of_nothing_does_not_exist(
    portal: Portal, staff: FlaskClient, query: str
) -> None:
    assert staff.get(f"/runs/compare/causes{query}").status_code == 404


def test_a_town_sees_what_changed_since_last_time_and_why(portal: Portal) -> None:
    portal.run()
    with portal.app.app_context():
        portal.office.issue(portal.office.move(redrafted(portal, 70_000), "submit", "approve"))
    page = portal.cast.client("member_staff", TOWN).get("/charges/2021").text
    part = section(page, "change")
    assert "令和3年度 確定 第1版" in part
    assert "版を改めた理由：費用の見直し" in part
    found = numbers(part[: part.index("</table>")])
    assert found[0] == found[-1] > 0
    assert found[1:-1] == [0] * 5
    assert 'role="img"' in part


def test_a_town_sees_its_own_row_only(portal: Portal) -> None:
    portal.run()
    with portal.app.app_context():
        portal.office.issue(portal.office.move(redrafted(portal, 70_000), "submit", "approve"))
    portal.hide_other_towns()
    page = portal.cast.client("member_staff", TOWN).get("/charges/2021").text
    part = section(page, "change")
    assert "藤崎町" not in part
    assert "弘前市" not in part
    assert portal.cast.client("member_staff", TOWN).get(path_of("", "")).status_code == 404


def test_a_town_is_told_where_an_edition_is_too_old(portal: Portal) -> None:
    run_id = portal.run(upto="draft")
    forget_inputs(portal, run_id)
    with portal.app.app_context():
        portal.office.issue(portal.office.move(run_id, "submit", "approve"))
        portal.office.issue(portal.office.move(redrafted(portal, 70_000), "submit", "approve"))
    part = section(portal.cast.client("member_staff", TOWN).get("/charges/2021").text, "change")
    assert "差額を要因に分けられません" in part
    assert "<svg" not in part


def test_before_the_second_statement_nothing_changed(portal: Portal) -> None:
    portal.run()
    page = portal.cast.client("member_staff", TOWN).get("/charges/2021").text
    assert "前回からの変化" not in page


def test_the_page_of_a_further_edition_needs_few_statements(portal: Portal) -> None:
    portal.run()
    with portal.app.app_context():
        portal.office.issue(portal.office.move(redrafted(portal, 70_000), "submit", "approve"))
    town = portal.cast.client("member_staff", TOWN)
    assert statements_of(portal, town, "/charges/2021") <= 8
