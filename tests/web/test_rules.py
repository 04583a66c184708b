"""負担ルール: what applies today, in words, and what applied before."""

import re

import pytest
from flask import Flask

from consortium.usecases.viewer import Viewer
from tests.factories import seed_sample
from tests.people import ITAYANAGI, People


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


def rule_path(page: str) -> str:
    """Give the path of the first rule of the list."""
    found = re.search(r'href="(/rules/[0-9a-f-]{36})"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("role", ["lead_staff", "auditor", "member_staff"])
def test_the_rule_in_force_is_told_in_words_with_its_source(
    officer: Viewer, cast: People, role: str
) -> None:
    client = cast.client(role, ITAYANAGI if role == "member_staff" else None)
    listed = client.get("/rules")
    assert listed.status_code == 200
    for text in ("均等割20・人口割80", "1円未満を切捨て", "最大剰余", "月割", "見本の協定書 第7条"):
        assert text in listed.text
    page = client.get(rule_path(listed.text))
    assert page.status_code == 200
    for text in ("均等割20・人口割80", "令和2年国勢調査(速報)", "丸めない", "脱退の月まで"):
        assert text in page.text
    assert page.text.count(">過去<") == 2
    assert ">予定<" not in page.text
    may_write = role == "lead_staff"
    assert ("新しいルール" in listed.text) == may_write
    assert ("新しい版を登録する" in page.text) == may_write


def test_a_town_gets_no_link_to_a_page_it_cannot_open(officer: Viewer, cast: People) -> None:
    staff, town = cast.client("lead_staff"), cast.client("member_staff", ITAYANAGI)
    path = rule_path(staff.get("/rules").text)
    bases = '<a href="/bases">算定基礎で値を見る</a>'
    assert bases in staff.get(path).text
    assert bases not in town.get(path).text


def test_a_rule_of_another_consortium_does_not_exist(
    app: Flask, officer: Viewer, cast: People
) -> None:
    gone = "/rules/00000000-0000-4000-8000-000000000000"
    assert cast.client("lead_staff").get(gone).status_code == 404
    assert cast.client("member_staff", ITAYANAGI).get(gone).status_code == 404


def test_an_office_without_rules_sees_what_to_do(cast: People) -> None:
    assert "負担ルールがまだ登録されていません" in cast.client("lead_staff").get("/rules").text
