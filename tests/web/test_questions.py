"""質疑 on its pages: asking beside an amount, answering, files, another town's question."""

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from tests.asking import PDF
from tests.pages import errors_of, submit, token, value_of
from tests.people import FUJISAKI, ITAYANAGI, People
from tests.web.portal import Portal, issued_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return issued_portal(app, cast, clock)


@pytest.fixture
def run_id(portal: Portal) -> str:
    with portal.app.app_context(), reading() as session:
        return session.scalars(select(models.AllocationRun.id)).one()


@pytest.fixture
def town(portal: Portal) -> FlaskClient:
    return portal.cast.client("member_staff", ITAYANAGI)


@pytest.fixture
def other(portal: Portal) -> FlaskClient:
    return portal.cast.client("member_staff", FUJISAKI)


@pytest.fixture
def lead(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def ask(client: FlaskClient, run_id: str, item: str = "/1", **more: object) -> TestResponse:
    """Fill in the form beside an amount of 板柳町."""
    path = f"/questions/about/{run_id}/{ITAYANAGI}{item}"
    form = client.get(path)
    fields = {
        "csrf_token": token(form),
        "record_id": value_of(form, "record_id"),
        "text": "なぜこの額ですか。",
    }
    answer = client.post(path, data=fields | more)
    answer.request.environ["wsgi.input"].close()  # of a large file a temporary one
    return answer


def take(client: FlaskClient, path: str, step: str, text: str, **more: object) -> TestResponse:
    """Fill in the form of a step on the page of a question."""
    page = client.get(path)
    name = step.replace("-", "_")
    fields = {
        "csrf_token": token(page),
        "record_id": hidden(page, f"{name}-record_id"),
        "row_version": hidden(page, f"{name}-row_version"),
        "text": text,
    }
    return client.post(f"{path}/{step}", data=fields | more)


def hidden(page: TestResponse, name: str) -> str:
    """Give what a hidden field of a page holds."""
    found = re.search(rf'<input[^>]*\bid="{name}"[^>]*>', page.text)
    assert found, name
    value = re.search(r'value="([^"]*)"', found[0])
    assert value
    return value[1]


def file(name: str = "問.pdf", content: bytes = PDF) -> tuple[BytesIO, str]:
    return BytesIO(content), name


def test_each_amount_of_a_town_leads_to_a_question(town: FlaskClient, run_id: str) -> None:
    charges = town.get("/charges/2021").text
    assert f'href="/questions/about/{run_id}/{ITAYANAGI}"' in charges
    why = town.get(f"/charges/runs/{run_id}/why/1/{ITAYANAGI}").text
    assert f'href="/questions/about/{run_id}/{ITAYANAGI}/1"' in why
    others = town.get(f"/charges/runs/{run_id}/why/1/{FUJISAKI}").text
    assert "/questions/about/" not in others


def test_it_is_asked_answered_and_stays_with_the_amount(
    town: FlaskClient, lead: FlaskClient, run_id: str
) -> None:
    asked = ask(town, run_id)
    assert asked.status_code == 302
    path = asked.location
    assert "未回答は 1件です" in lead.get("/questions").text
    answered = take(lead, path, "answer", "人口割のためです。\n根拠は規約です。")
    assert (answered.status_code, answered.location) == (302, path)
    page = town.get(path).text
    assert "人口割のためです。<br>根拠は規約です。" in page
    for client, place in (
        (town, f"/charges/runs/{run_id}/why/1/{ITAYANAGI}"),
        (town, "/charges/2021"),
        (lead, f"/runs/{run_id}/why/1/{ITAYANAGI}"),
        (lead, f"/runs/{run_id}"),
    ):
        shown = client.get(place).text
        assert "なぜこの額ですか。" in shown, place
        assert "人口割のためです。" in shown, place
    assert "なぜこの額ですか。" not in lead.get(f"/runs/{run_id}/why/1/{FUJISAKI}").text


def test_it_goes_on_until_it_is_closed(town: FlaskClient, lead: FlaskClient, run_id: str) -> None:
    path = ask(town, run_id, "").location
    take(lead, path, "answer", "人口割のためです。")
    assert take(town, path, "ask-again", "端数は。").status_code == 302
    assert "この質疑は回答を待っています" in lead.get(path).text
    take(lead, path, "answer", "人口の順です。")
    assert take(town, path, "close", "").status_code == 302
    page = town.get(path).text
    assert "<form" not in page.partition("やり取り")[2].partition("</main>")[0]
    assert page.index("なぜこの額ですか。") < page.index("端数は。") < page.index("人口の順です。")


@pytest.mark.parametrize(
    ("role", "steps"),
    [
        ("lead_staff", {"answer"}),
        ("lead_approver", {"overrule"}),
        ("lead_admin", set()),
        ("auditor", set()),
        ("member_admin", {"ask-again", "withdraw"}),
    ],
)
def test_a_person_is_offered_the_steps_of_role_and_state(
    portal: Portal, town: FlaskClient, run_id: str, role: str, steps: set[str]
) -> None:
    path = ask(town, run_id).location
    code = ITAYANAGI if role == "member_admin" else None
    page = portal.cast.client(role, code).get(path).text
    assert set(re.findall(rf'action="{path}/([\w-]+)"', page)) == steps


def test_another_towns_question_answers_exactly_like_a_missing_one(
    portal: Portal, town: FlaskClient, other: FlaskClient, run_id: str
) -> None:
    path = ask(town, run_id, file=file()).location
    (attachment,) = re.findall(r'href="(/questions/files/[\w-]+)"', town.get(path).text)
    missing = "00000000-0000-4000-8000-000000000000"
    pairs = [
        (path, f"/questions/{missing}"),
        (attachment, f"/questions/files/{missing}"),
        (f"/questions/about/{run_id}/{ITAYANAGI}/1", f"/questions/about/{missing}/{FUJISAKI}/1"),
        (f"/questions/about/{run_id}/{ITAYANAGI}", f"/questions/about/{missing}/{FUJISAKI}"),
    ]
    for foreign, none in pairs:
        answers = [other.get(each) for each in (foreign, none)]
        assert [each.status_code for each in answers] == [404, 404]
        bodies = [re.sub(r"<code>[0-9a-f]{12}</code>|[0-9a-f]{12}", "", a.text) for a in answers]
        assert without_tokens(bodies[0]) == without_tokens(bodies[1])
    before = portal.everything()
    form = other.get("/account")
    for step in ("ask-again", "withdraw", "close"):
        data = {"csrf_token": token(form), "record_id": missing, "row_version": "1", "text": "x"}
        assert other.post(f"{path}/{step}", data=data).status_code == 404
    assert other.post(f"{path}/answer", data=data).status_code == 404
    assert portal.everything() == before
    assert "なぜこの額ですか。" not in other.get("/questions").text


def without_tokens(text: str) -> str:
    return re.sub(r'value="[^"]{40,}"', "", text)


def test_a_file_comes_back_as_an_attachment_under_its_name(
    town: FlaskClient, lead: FlaskClient, run_id: str
) -> None:
    path = ask(town, run_id, file=file("../根拠 案.PDF")).location
    page = lead.get(path).text
    assert "根拠 案.pdf" in page
    (attachment,) = re.findall(r'href="(/questions/files/[\w-]+)"', page)
    answer = lead.get(attachment)
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=attachment.pdf")
    assert "filename*=UTF-8''%E6%A0%B9%E6%8B%A0%20%E6%A1%88.pdf" in disposition
    assert town.application.test_client().get(attachment).status_code == 401


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("問.html", b"<html>", "この種類のファイル"),
        ("問.pdf", b"<script>", "中身が"),
        ("問.pdf", b"%PDF-" + b"x" * (5 * 1024 * 1024), "5MB"),
        ("問.csv", b"", "中身がありません"),
    ],
)
def test_a_bad_file_is_refused_at_its_field_and_the_text_stays(
    portal: Portal, town: FlaskClient, run_id: str, name: str, content: bytes, message: str
) -> None:
    town.get("/questions")
    before = portal.everything()
    refused = ask(town, run_id, file=file(name, content))
    assert refused.status_code == 400
    assert message in errors_of(refused)["file"]
    assert "なぜこの額ですか。" in refused.text
    assert portal.everything() == before


@pytest.mark.parametrize("text", ["", "長" * 2001, "見えない\u200b字"])
def test_a_bad_text_is_refused_at_its_field(
    portal: Portal, town: FlaskClient, run_id: str, text: str
) -> None:
    before = portal.everything()
    refused = ask(town, run_id, text=text)
    assert refused.status_code == 400
    assert "text" in errors_of(refused)
    assert portal.everything() == before


def test_what_was_written_is_never_markup(
    town: FlaskClient, lead: FlaskClient, run_id: str
) -> None:
    path = ask(town, run_id, text="<script>alert(1)</script>").location
    for place in (path, "/questions", f"/runs/{run_id}"):
        page = lead.get(place).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_the_same_form_twice_asks_once(portal: Portal, town: FlaskClient, run_id: str) -> None:
    record_id = "11111111-1111-4111-8111-111111111111"
    first = ask(town, run_id, record_id=record_id)
    before = portal.everything()
    second = ask(town, run_id, record_id=record_id)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert portal.everything() == before


def test_the_second_of_two_answers_sees_the_first_and_keeps_its_text(
    portal: Portal, town: FlaskClient, lead: FlaskClient, run_id: str
) -> None:
    path = ask(town, run_id).location
    take(lead, path, "answer", "先の回答です。")
    late = take(portal.cast.client("lead_staff"), path, "answer", "後の回答です。", row_version="1")
    assert late.status_code == 409
    assert "ほかの人が書き込みました" in late.text
    assert "先の回答です。" in late.text
    assert "後の回答です。" in late.text
    (version,) = re.findall(r'id="answer-row_version"[^>]*value="(\d+)"', late.text)
    sent = {
        "csrf_token": token(late),
        "record_id": hidden(late, "answer-record_id"),
        "row_version": version,
        "text": "後の回答です。",
    }
    # Seen, it may be sent again.
    again = lead.post(f"{path}/answer", data={**sent, "csrf_token": token(lead.get(path))})
    assert again.status_code == 302


def test_a_step_that_is_over_keeps_what_was_typed(
    portal: Portal, town: FlaskClient, lead: FlaskClient, run_id: str
) -> None:
    path = ask(town, run_id).location
    opened = lead.get(path)
    take(town, path, "withdraw", "")
    sent = {
        "csrf_token": token(opened),
        "record_id": hidden(opened, "answer-record_id"),
        "row_version": hidden(opened, "answer-row_version"),
        "text": "書きかけの回答",
    }
    refused = lead.post(f"{path}/answer", data=sent)
    assert refused.status_code == 409
    assert "まだ送っていません" in refused.text
    assert "書きかけの回答" in refused.text


def test_an_open_question_shows_on_the_final_run_and_blocks_the_issue(
    portal: Portal, town: FlaskClient, lead: FlaskClient, run_id: str
) -> None:
    path = ask(town, run_id).location
    with portal.app.app_context():
        second = portal.office.approved(2021, "final", "再算定")
    approver = portal.cast.client("lead_approver")
    assert "未回答の質疑があります（1件）" in approver.get(f"/runs/{second}").text
    refused = submit(approver, f"/runs/{second}/issue", {})
    assert refused.status_code == 409
    assert "未回答の質疑が1件" in refused.text
    assert portal.state(second) == "approved"
    assert take(approver, path, "overrule", "").status_code == 400
    assert take(approver, path, "overrule", "協議会で決定済みのため。").status_code == 302
    assert "未回答の質疑があります" not in approver.get(f"/runs/{second}").text
    assert submit(approver, f"/runs/{second}/issue", {}).status_code == 302
    assert portal.state(second) == "issued"
    assert "協議会で決定済みのため。" in town.get(path).text


def test_the_lead_asks_from_the_page_of_a_run(lead: FlaskClient, run_id: str) -> None:
    assert f"/questions/about/{run_id}/{ITAYANAGI}" in lead.get(f"/runs/{run_id}").text
    path = ask(lead, run_id, "").location
    assert "幹事市から" in lead.get("/questions").text
    assert "続けて質問する" in lead.get(path).text


def test_the_list_by_year(town: FlaskClient, lead: FlaskClient, run_id: str) -> None:
    assert "質疑はまだありません" in lead.get("/questions").text
    ask(town, run_id)
    assert "なぜこの額ですか。" in lead.get("/questions/2021").text
    assert "なぜこの額ですか。" not in lead.get("/questions/2020").text
    assert '<a class="p-nav__link" href="/questions" aria-current="page"' in (
        town.get("/questions").text
    )


def test_the_pages_need_few_statements_however_many_questions(
    portal: Portal, town: FlaskClient, lead: FlaskClient, run_id: str
) -> None:
    ask(town, run_id)
    few = {path: statements_of(portal, lead, path) for path in ("/questions", f"/runs/{run_id}")}
    for _ in range(3):
        ask(town, run_id)
    for path, count in few.items():
        assert statements_of(portal, lead, path) == count <= 10
