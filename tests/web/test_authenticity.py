"""照合の画面と、発行の取消し."""

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from tests.office import copy_costs
from tests.people import People
from tests.web.portal import Portal, issued_portal

ITAYANAGI, FUJISAKI = "023817", "023612"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    opened = issued_portal(app, cast, clock)
    opened.app.config["WTF_CSRF_ENABLED"] = False  # what is asked is what the page answers
    return opened


def stored(portal: Portal, code: str | None, start: int = 2021) -> bytes:
    """Give the bytes of a town's newest statement."""
    query = select(models.ReportFile.stored_name).where(
        models.ReportFile.id == portal.file_of(code, start)
    )
    with portal.app.app_context(), reading() as session:
        name = session.scalars(query).one()
    return (portal.office.worker.folder / name).read_bytes()


def saved_again(content: bytes, sheet: str = "", cell: str = "", value: object = None) -> bytes:
    """Open a workbook, put a value into a cell, and save its values as another program would."""
    book = load_workbook(BytesIO(content), data_only=True)
    if sheet:
        book[sheet][cell].value = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def asked(client: FlaskClient, content: bytes, name: str = "明細書.xlsx") -> tuple[int, str]:
    """Send a file to the page."""
    sent = {"file": (BytesIO(content), name)}
    answer = client.post("/authenticity", data=sent, content_type="multipart/form-data")
    return answer.status_code, answer.text


def test_the_stored_file_is_genuine_and_current(portal: Portal) -> None:
    town = portal.cast.client("member_staff", ITAYANAGI)
    before = portal.everything()
    status, page = asked(town, stored(portal, ITAYANAGI))
    assert (status, "真正・現行" in page) == (200, True)
    assert "共ク第7号" in page
    assert portal.everything() == before


def test_a_superseded_file_names_the_edition_that_replaced_it(portal: Portal) -> None:
    old = stored(portal, ITAYANAGI)
    with portal.app.app_context():
        portal.office.issued(reason="改める")
    _, page = asked(portal.cast.client("auditor"), old)
    assert "真正・第2版で失効" in page


def test_a_genuine_file_names_a_later_stage_of_its_year(portal: Portal) -> None:
    town, other = portal.cast.client("member_staff", ITAYANAGI), portal.cast.client("lead_approver")
    portal.run(2026, "planned")
    planned, said = stored(portal, ITAYANAGI, 2026), "後の段階"
    assert said not in asked(town, planned)[1]
    with portal.app.app_context():
        copy_costs(portal.office, 2026, "planned", 2026, "revised")
    portal.run(2026, "revised")
    for client in (town, other):
        page = asked(client, planned)[1]
        assert "真正・現行" in page
        assert "この年度には、後の段階（変更 第1版）が発行されています。" in page
    assert said not in asked(town, stored(portal, ITAYANAGI, 2026))[1]  # 変更 is the last itself
    assert said not in asked(town, stored(portal, ITAYANAGI))[1]  # another year
    cancel = f"/register/statements/{portal.statement_of(None, 2026)}/cancel"
    assert other.post(cancel, data={"reason": "誤り"}).status_code == 302
    assert said not in asked(town, planned)[1]


def test_a_file_saved_again_has_the_same_values(portal: Portal) -> None:
    again = saved_again(stored(portal, ITAYANAGI))
    assert again != stored(portal, ITAYANAGI)
    _, page = asked(portal.cast.client("member_staff", ITAYANAGI), again)
    assert "数値一致（再保存）" in page


@pytest.mark.parametrize(("sheet", "cell"), [("データ", "I2"), ("負担金明細書", "F7")])
def test_a_changed_amount_is_named_by_sheet_and_cell(portal: Portal, sheet: str, cell: str) -> None:
    changed = saved_again(stored(portal, ITAYANAGI), sheet, cell, 1_234_567)
    status, page = asked(portal.cast.client("lead_staff"), changed)
    assert (status, "変更あり" in page) == (200, True)
    assert f"<td>{cell}</td>" in page
    assert "<td>1,234,567</td>" in page


def test_another_towns_file_is_as_unknown_as_any_other(portal: Portal) -> None:
    town = portal.cast.client("member_staff", ITAYANAGI)
    theirs = stored(portal, FUJISAKI)
    foreign = BytesIO()
    book = load_workbook(BytesIO(theirs))
    for sheet in book.worksheets[1:]:
        book.remove(sheet)
    book.worksheets[0].oddFooter.right.text = ""  # type: ignore[union-attr]
    book.save(foreign)
    pages = [asked(town, each)[1] for each in (theirs, saved_again(theirs), foreign.getvalue())]
    assert ["不明" in page for page in pages] == [True, True, True]
    assert all("藤崎" not in page for page in pages)
    assert "真正・現行" in asked(portal.cast.client("lead_staff"), theirs)[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Excelブック（.xlsx）として開けません"),
        (b"<html>", "Excelブック（.xlsx）として開けません"),
        (b"PK\x03\x04broken", "Excelブック（.xlsx）として開けません"),
    ],
)
def test_what_is_no_workbook_gets_a_sentence_and_changes_nothing(
    portal: Portal, content: bytes, said: str
) -> None:
    staff = portal.cast.client("lead_staff")
    before = portal.everything()
    status, page = asked(staff, content)
    assert (status, said in page) == (400, True)
    assert portal.everything() == before


def test_without_a_file_the_page_asks_for_one(portal: Portal) -> None:
    answer = portal.cast.client("auditor").post("/authenticity", data={})
    assert answer.status_code == 400
    assert "照合するファイルを選んでください" in answer.text
    assert "保存していません" not in answer.text


def test_a_whole_issue_is_cancelled_by_another_approver_and_stays_listed(portal: Portal) -> None:
    approver = portal.cast.client("lead_approver")
    path = f"/register/statements/{portal.statement_of(ITAYANAGI)}/cancel"
    page = approver.get(path).text
    assert page.count("共ク第") >= 8
    assert "令和3年度 確定 第1版" in page
    assert "2021年度" not in page
    refused = approver.post(path, data={"reason": ""})
    assert refused.status_code == 400
    done = approver.post(path, data={"reason": "請求額の誤り"})
    assert (done.status_code, done.location) == (302, "/register/2021")
    page = approver.get("/register/2021").text
    assert page.count("取消</span>") == 8
    assert page.count("請求額の誤り") == 8
    town = portal.cast.client("member_staff", ITAYANAGI)
    for where in ("/inbox", "/charges"):
        assert "取消</span>" in town.get(where).text
    assert "現在" not in town.get("/town").text
    assert "真正・取消" in asked(town, stored(portal, ITAYANAGI))[1]
    assert approver.get(f"/files/{portal.file_of(ITAYANAGI)}").status_code == 200


def test_sent_twice_a_cancellation_has_one_effect_and_one_answer(portal: Portal) -> None:
    approver = portal.cast.client("lead_approver")
    path = f"/register/statements/{portal.statement_of(None)}/cancel"
    answers = [approver.post(path, data={"reason": "誤り"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    other = portal.cast.client("lead_approver").post(path, data={"reason": "別の理由"})
    assert (other.status_code, "すでに取り消されています" in other.text) == (409, True)


def test_the_export_is_for_those_who_may_read_the_chain(portal: Portal) -> None:
    auditor, admin = portal.cast.client("auditor"), portal.cast.client("lead_admin")
    answer = auditor.get("/register/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="register.json"'
    assert answer.get_json()["format"] == 1
    assert answer.data == admin.get("/register/export").data
    assert b"import json" in auditor.get("/register/verifier").data
    assert portal.cast.client("lead_staff").get("/register/export").status_code == 403
    assert portal.cast.client("member_staff", ITAYANAGI).get("/register/export").status_code == 404
