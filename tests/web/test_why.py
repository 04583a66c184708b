"""なぜこの額か: the page somebody can read aloud."""

import re

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


def link_of(page: str, item: str, code: str) -> str:
    """Give the link of a cell, found by the name of its row."""
    at = page.index(f"{item}<span")
    (link,) = set(re.findall(rf'href="([^"]+/{code})"', page[at : page.index("</tr>", at)]))
    return str(link)


def test_the_page_reads_from_the_item_to_the_town(portal: Portal) -> None:
    run_id = portal.run()
    staff = portal.cast.client("lead_staff")
    why = staff.get(link_of(staff.get(f"/runs/{run_id}").text, "システム利用料", "023817")).text
    # 80,850,000 × 20/100 × 10/12 = 13,475,000, for seven towns 1,925,000 each.
    assert "令和3年4月〜5月分は参加していないので、負担はありません。" in why
    assert "13,475,000円 × 7団体で等分 ＝ 1,925,000円" in why
    assert "13,935 ÷ 参加7団体の計 257,505" in why
    assert "根拠：平成29年4月1日施行の見本の協定書 第7条" in why
    assert "合計（板柳町の負担額）" in why
    assert "平成27年国勢調査" in why


def test_a_direct_charge_says_who_bears_it(portal: Portal) -> None:
    run_id = portal.run()
    staff = portal.cast.client("lead_staff")
    page = staff.get(f"/runs/{run_id}").text
    why = staff.get(link_of(page, "板柳町 データ移行費", "023817")).text
    assert "この団体だけの費用（個別負担）" in why
    assert "負担ルール</dt>" not in why


def test_a_town_reads_why_in_the_same_words(portal: Portal) -> None:
    run_id = portal.run()
    town = portal.cast.client("member_staff", "023817")
    page = town.get(f"/charges/runs/{run_id}/why/1/023817")
    assert page.status_code == 200
    assert "板柳町の負担額" in page.text
    assert town.get(f"/runs/{run_id}/why/1/023817").status_code == 404


def test_another_towns_cell_follows_the_setting(portal: Portal) -> None:
    run_id = portal.run()
    town = portal.cast.client("member_staff", "023817")
    own, other = (f"/charges/runs/{run_id}/why/1/{code}" for code in ("023817", "023612"))
    assert town.get(other).status_code == 200
    assert other in town.get(own).text
    portal.hide_other_towns()
    hidden = town.get(other)
    assert hidden.status_code == 404
    assert "藤崎町" not in hidden.text
    assert other not in town.get(own).text


@pytest.mark.parametrize("cell", ["99/023817", "1/013048", "1/12345", "-1/023817"])
def test_a_cell_that_is_not_there_is_a_404(portal: Portal, cell: str) -> None:
    run_id = portal.run(upto="draft")
    assert portal.cast.client("lead_staff").get(f"/runs/{run_id}/why/{cell}").status_code == 404


def test_a_town_learns_nothing_of_a_draft(portal: Portal) -> None:
    run_id = portal.run(upto="approved")
    town = portal.cast.client("member_staff", "023817")
    assert town.get(f"/charges/runs/{run_id}/why/1/023817").status_code == 404


def test_the_page_needs_five_statements(portal: Portal) -> None:
    run_id = portal.run()
    for role, code, path in (
        ("lead_staff", None, f"/runs/{run_id}/why/1/023817"),
        ("member_staff", "023817", f"/charges/runs/{run_id}/why/1/023817"),
    ):
        assert statements_of(portal, portal.cast.client(role, code), path) == 5
