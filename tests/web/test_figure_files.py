"""基礎数値様式 on the pages: out, filled in, looked at, handed in; nothing is saved by looking."""

import re
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from tests import figures
from tests.factories import everything
from tests.pages import errors_of, token, value_of
from tests.people import FUJISAKI, ITAYANAGI, People
from tests.web.portal import Portal, open_portal


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def lead(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


@pytest.fixture
def town(portal: Portal) -> FlaskClient:
    return portal.cast.client("member_staff", ITAYANAGI)


@pytest.fixture
def round_id(portal: Portal) -> str:
    """Ask for the population of FY2027."""
    with portal.app.app_context():
        return figures.opened(portal.office)


def filled(form: TestResponse, row: int = 2, **cells: object) -> bytes:
    """Fill in a row of a downloaded form as Excel does."""
    book = load_workbook(BytesIO(form.data))
    sheet = book["基礎数値"]
    for column, value in ({"G": 13_000, "I": "見込", "J": "住民基本台帳"} | cells).items():
        sheet[f"{column}{row}"] = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def send(client: FlaskClient, page: str, content: bytes) -> TestResponse:
    """Choose a file on the page of a hand-in."""
    data: dict[str, Any] = {
        "csrf_token": token(client.get(page)), "file": (BytesIO(content), "様式.xlsx"),
    }  # fmt: skip
    return client.post(f"{page}/file", data=data)


def hand_in(client: FlaskClient, page: str, shown: TestResponse, **changes: str) -> TestResponse:
    """Send the form of the hand-in as it was filled from the file."""
    intents = re.findall(
        r'<select[^>]*name="(intent_[\w-]+)".*?<option selected value="([^"]*)"', shown.text,
        re.DOTALL,
    )  # fmt: skip
    certainty = re.findall(
        r'<input[^>]*\bchecked\b[^>]*name="certainty_population"[^>]*value="([^"]*)"', shown.text
    )
    note = re.search(r'<textarea[^>]*name="note"[^>]*>\s*(.*?)</textarea>', shown.text, re.DOTALL)
    assert note
    fields = {
        "csrf_token": token(shown),
        "record_id": value_of(shown, "record_id"),
        "row_version": value_of(shown, "row_version"),
        "value_population": value_of(shown, "value_population"),
        "certainty_population": certainty[0],
        "note": note[1].strip(),
        **dict(intents),
    }
    return client.post(page, data=fields | changes)


def test_a_town_takes_its_form_fills_it_in_looks_and_hands_in(
    portal: Portal, town: FlaskClient, lead: FlaskClient, round_id: str
) -> None:
    page = f"/base-figures/{round_id}/{ITAYANAGI}"
    form = town.get(f"{page}/form.xlsx")
    names = form.headers["Content-Disposition"]
    assert "filename=base_figures_FY2027_023817.xlsx" in names
    assert "R09_基礎数値様式_023817_板柳町.xlsx" in unquote(names)
    rows = list(
        load_workbook(BytesIO(form.data))["基礎数値"].iter_rows(min_row=2, values_only=True)
    )
    assert [row[:3] for row in rows] == [("令和9年度", "023817", "板柳町")]
    with portal.app.app_context():
        before = everything()
    shown = send(town, page, filled(form))
    assert shown.status_code == 200
    with portal.app.app_context():
        assert everything() == before
    assert "まだ提出していません" in shown.text
    # The figure before is the census of 2020 (bases.csv).
    assert "国勢調査人口：前回 12,712 → 今回 13,000（見込）、＋288" in shown.text
    answer = hand_in(town, page, shown)
    assert (answer.status_code, answer.location) == (302, "/base-figures"), errors_of(answer)
    found = lead.get(f"/base-rounds/{round_id}").text
    assert "13,000" in found
    assert "国勢調査人口：出典 住民基本台帳" in found
    assert "見込" in found


def test_a_form_of_another_year_is_refused_with_its_cell(
    portal: Portal, town: FlaskClient, round_id: str
) -> None:
    page = f"/base-figures/{round_id}/{ITAYANAGI}"
    wrong = filled(town.get(f"{page}/form.xlsx"), A="令和8年度", G="多数")
    with portal.app.app_context():
        before = everything()
    answer = send(town, page, wrong)
    assert answer.status_code == 400
    assert "file" in errors_of(answer)
    assert "シート「基礎数値」A2：「令和8年度」の様式です。" in answer.text
    assert "シート「基礎数値」G2：" in answer.text
    assert "まだ提出していません" not in answer.text
    with portal.app.app_context():
        assert everything() == before


def test_the_lead_city_has_one_form_for_all_and_enters_it_for_a_town_with_a_reason(
    lead: FlaskClient, town: FlaskClient, round_id: str
) -> None:
    form = lead.get(f"/base-rounds/{round_id}/form.xlsx")
    rows = list(
        load_workbook(BytesIO(form.data))["基礎数値"].iter_rows(min_row=2, values_only=True)
    )
    codes = [row[1] for row in rows]
    assert len(codes) == 7
    assert "R09_基礎数値様式_全団体.xlsx" in unquote(form.headers["Content-Disposition"])
    page = f"/base-rounds/{round_id}/figures/{FUJISAKI}"
    content = filled(form, codes.index(FUJISAKI) + 2, G=14_500)
    shown = send(lead, page, content)
    assert "ほかの団体の6行は読みませんでした。" in shown.text
    refused = hand_in(lead, page, shown)
    assert "reason" in errors_of(refused)
    answer = hand_in(lead, page, shown, reason="電話で聞き取り")
    assert answer.status_code == 302
    assert "14,500" in lead.get(f"/base-rounds/{round_id}").text
    # The same file is another town's form to a town.
    own = send(town, f"/base-figures/{round_id}/{ITAYANAGI}", content)
    assert own.status_code == 400
    assert "の様式です。板柳町（023817）の様式を選んでください。" in own.text


def test_a_town_gets_no_form_of_another_town(town: FlaskClient, round_id: str) -> None:
    assert town.get(f"/base-figures/{round_id}/{FUJISAKI}/form.xlsx").status_code == 404
    own = token(town.get(f"/base-figures/{round_id}/{ITAYANAGI}"))
    answer = town.post(f"/base-figures/{round_id}/{FUJISAKI}/file", data={"csrf_token": own})
    assert answer.status_code == 404
