"""算定基礎: which values are used, since when, from which source."""

import re

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


@pytest.mark.parametrize("role", ["lead_staff", "lead_approver", "lead_admin", "auditor"])
def test_the_office_reads_what_is_used_now_and_where_it_is_from(
    officer: Viewer, cast: People, role: str
) -> None:
    page = cast.client(role).get("/bases")
    assert page.status_code == 200
    for text in (
        "いま使っているのは <strong>令和2年国勢調査(速報)</strong>",
        "見込",
        "平成22年国勢調査(組替)",
        "177,411",
        "e-Stat 令和2年国勢調査 速報集計 2021-06-25公表",
        "いまの負担ルールでは使っていません",
        # 183,473 + 33,764 + 1,594 + 16,021 + 10,978 + 8,153 + 15,227
        "269,210",
    ):
        assert text in page.text


def test_long_names_of_editions_do_not_widen_the_tables(officer: Viewer, cast: People) -> None:
    page = cast.client("lead_staff").get("/bases").text
    # The heads of the columns are names of editions: they may take several lines.
    values = re.findall(r'<table class="([^"]+)">\s*<caption[^>]*>.*?の値</span>', page)
    assert len(values) == 2
    assert all("p-table--wraps" in each for each in values)
    assert '<th scope="row">令和2年国勢調査(速報)<span class="p-table__note">' in page


def test_for_a_member_town_the_page_does_not_exist(officer: Viewer, cast: People) -> None:
    assert cast.client("member_staff", ITAYANAGI).get("/bases").status_code == 404


def test_an_office_without_values_sees_what_to_do(cast: People) -> None:
    assert "算定基礎がまだ登録されていません" in cast.client("lead_staff").get("/bases").text


def test_the_page_takes_eight_statements(app: Flask, officer: Viewer, cast: People) -> None:
    lead = cast.client("lead_staff")
    with app.app_context(), statements() as found:
        assert lead.get("/bases").status_code == 200
    assert len(found) <= 8
