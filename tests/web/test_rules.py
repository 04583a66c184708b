"""負担ルール: what applies today, in words, and what applied before."""

import pytest
from flask import Flask

from consortium.usecases.viewer import Viewer
from tests.factories import seed_sample, statements
from tests.people import ITAYANAGI, People


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.mark.parametrize("role", ["lead_staff", "auditor", "member_staff"])
def test_the_rule_in_force_is_told_in_words_with_its_source(
    officer: Viewer, cast: People, role: str
) -> None:
    page = cast.client(role, ITAYANAGI if role == "member_staff" else None).get("/rules")
    assert page.status_code == 200
    for text in ("均等割20・人口割80", "1円未満を切捨て", "最大剰余", "月割", "見本の協定書 第7条"):
        assert text in page.text
    assert page.text.count("過去") == 2
    assert ">予定<" not in page.text


def test_a_town_gets_no_link_to_a_page_it_cannot_open(officer: Viewer, cast: People) -> None:
    assert 'href="/bases"' in cast.client("lead_staff").get("/rules").text
    assert 'href="/bases"' not in cast.client("member_staff", ITAYANAGI).get("/rules").text


def test_an_office_without_rules_sees_what_to_do(cast: People) -> None:
    assert "負担ルールがまだ登録されていません" in cast.client("lead_staff").get("/rules").text


def test_the_page_takes_eight_statements(app: Flask, officer: Viewer, cast: People) -> None:
    lead = cast.client("lead_staff")
    with app.app_context(), statements() as found:
        assert lead.get("/rules").status_code == 200
    assert len(found) <= 8
