"""工程表 and 工程のカレンダー on the pages: out, filled in, taken in; made, read, revoked."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.usecases import plan_progress
from consortium.usecases.plan_progress import Progress
from consortium.web import feeds
from tests.factories import NOW
from tests.office import FUJISAKI, ITAYANAGI
from tests.pages import token, value_of
from tests.people import People
from tests.plan_files import OTHER, OWN, TODAY, filled, open_plans, stored
from tests.web.portal import Portal, open_portal

PAGE = "/plans/import"
BEGUN = {"G11": date(2026, 11, 24), "I11": 0.25, "J11": "作業中"}


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Iterator[Portal]:
    feeds._throttle = feeds.Throttle()
    opened = open_portal(app, cast, clock)
    with app.app_context():
        open_plans(opened.office.staff)
    yield opened
    feeds._throttle = feeds.Throttle()


@pytest.fixture
def town(portal: Portal) -> FlaskClient:
    return portal.cast.client("member_staff", ITAYANAGI)


def choose(client: FlaskClient, content: bytes) -> TestResponse:
    """Choose a file on the page."""
    data: dict[str, Any] = {
        "csrf_token": token(client.get(PAGE)), "file": (BytesIO(content), "工程表.xlsx"),
    }  # fmt: skip
    return client.post(PAGE, data=data)


def confirm(client: FlaskClient, looked: TestResponse, **changes: str) -> TestResponse:
    """Send the form of the differences."""
    kept = ("csrf_token", "file_name", "text", "seen")
    fields = {name: unescape(value_of(looked, name)) for name in kept}
    return client.post(PAGE, data={"take": "1"} | fields | changes)


def test_a_town_takes_its_workbook_fills_it_in_looks_and_takes_it_in(
    portal: Portal, town: FlaskClient
) -> None:
    form = town.get(f"/plans/{OWN}/workbook")
    names = form.headers["Content-Disposition"]
    assert "filename=plan_023817_v1.xlsx" in names
    assert "工程表_023817_板柳町 加入工程_第1版.xlsx" in unquote(names)
    assert town.get(f"/plans/{OTHER}/workbook").status_code == 404
    before = portal.everything()
    looked = choose(town, filled(form.data, "板柳町", BEGUN))
    assert looked.status_code == 200
    assert "差分（1件の作業）" in looked.text
    cells = re.findall(r"<td>([^<]*)</td>", looked.text)
    assert cells[:3] == ["（空欄）", "（空欄）", "令和8年11月24日"]
    assert cells[3:] == ["0％", "0％", "25％", "未着手", "未着手", "作業中"]
    assert portal.everything() == before
    taken = confirm(town, looked)
    assert (taken.status_code, taken.location) == (302, "/plans")
    with portal.app.app_context():
        task = stored(portal.office.staff).task("B3")
    assert task
    assert (task.state, task.percent) == ("working", 25)
    again = choose(town, filled(form.data, "板柳町", BEGUN))
    assert "差分はありません" in again.text
    assert 'name="take"' not in again.text


def test_a_conflict_is_decided_by_whoever_takes_the_file_in(
    portal: Portal, town: FlaskClient
) -> None:
    content = filled(town.get(f"/plans/{OWN}/workbook").data, "板柳町", BEGUN)
    looked = choose(town, content)
    with portal.app.app_context():
        task = stored(portal.office.staff).task("B3")
        assert task
        plan_progress.report_task(
            portal.office.staff, OWN, "B3", task.row_version,
            Progress("working", date(2026, 11, 25)), "試験", NOW, TODAY,
        )  # fmt: skip
    late = confirm(town, looked)
    assert (late.status_code, "下見の後に、工程の実績が変わりました。" in late.text) == (409, True)
    assert "競合が1件あります" in late.text
    undecided = confirm(town, late)
    assert (undecided.status_code, "競合が決まっていません" in undecided.text) == (400, True)
    assert confirm(town, undecided, **{f"pick_{task.id}": "file"}).status_code == 302
    with portal.app.app_context():
        after = stored(portal.office.staff).task("B3")
    assert after
    assert after.started_on == date(2026, 11, 24)


def test_what_cannot_be_taken_in_is_told_and_changes_nothing(
    portal: Portal, town: FlaskClient
) -> None:
    form = town.get(f"/plans/{OWN}/workbook").data
    before = portal.everything()
    faulty = choose(town, filled(form, "板柳町", {"J15": "完了済み", "G15": "=TODAY()"}))
    assert "シート「板柳町」G15：計算式のセルです" in faulty.text
    assert "直すところが1か所あります。まだ何も反映していません。" in faulty.text
    assert "差分はありません" not in faulty.text
    for answer, words in (
        (choose(town, b"PK\x03\x04"), "Excelブック（.xlsx）として開けません。"),
        (town.post(PAGE, data={"csrf_token": token(town.get(PAGE))}), "ファイルを選んでください。"),
        (
            town.post(PAGE, data={"csrf_token": token(town.get(PAGE)), "take": "1", "text": "[]"}),
            "控え（隠しシート「控え」）が、変わっているか",
        ),
    ):
        assert (answer.status_code, words in answer.text) == (400, True), words
    assert portal.everything() == before


def make_feed(client: FlaskClient, **choice: str) -> TestResponse:
    page = client.get("/account/plan-feeds")
    kept = {"csrf_token": token(page), "record_id": value_of(page, "record_id")}
    fields = {**kept, "code": "", "in_charge": ""}
    return client.post("/account/plan-feeds", data=fields | choice)


def test_a_calendar_of_plans_is_read_by_its_address_until_it_is_revoked(
    portal: Portal, town: FlaskClient, clock: FrozenClock
) -> None:
    lead, stranger = portal.cast.client("lead_staff"), portal.app.test_client()
    made = make_feed(lead, code=ITAYANAGI, in_charge="事業者", with_tasks="y")
    (path,) = re.findall(r"http://localhost(/feeds/[\w-]{43}\.ics)", made.text)
    answer = stranger.get(path)
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["uid"].startswith(f"member-{ITAYANAGI}-{OWN}-E5@")
    clock.advance(timedelta(minutes=10))
    unchanged = stranger.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    # A second one leaves the first alone, and so does the address of the due dates.
    (other,) = re.findall(r"http://localhost(/feeds/[\w-]{43}\.ics)", make_feed(lead).text)
    page = lead.get("/account/plan-feeds")
    assert "板柳町・事業者" in page.text
    assert path not in page.text
    revoke = re.findall(r'action="(/account/plan-feeds/[\w-]+/revoke)"', page.text)
    assert len(revoke) == 2
    csrf = {"csrf_token": token(page)}
    theirs = {"csrf_token": token(make_feed(town))}
    before = portal.everything()
    nobodys = "/account/plan-feeds/7b0c1b3e-0000-4000-8000-000000000001/revoke"
    for each in (revoke[0], nobodys):  # not the town's to switch off
        assert town.post(each, data=theirs).status_code == 404
    assert portal.everything() == before
    assert lead.post(revoke[0], data=csrf).status_code == 302
    assert [stranger.get(each).status_code for each in (path, other)] == [404, 200]
    refused = make_feed(town, code=FUJISAKI)
    assert (refused.status_code, "一覧から選び直してください" in refused.text) == (400, True)
