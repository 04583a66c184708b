"""The page 一括登録: a look first, then all of it; afterwards only a comparison."""

import io
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from consortium.clock import FrozenClock
from consortium.db.store import rules, settings
from consortium.db.unit import reading
from consortium.usecases import registration
from consortium.usecases.accounts import NewAccount
from consortium.usecases.consortia import NewConsortium
from consortium.usecases.settings import Entry
from tests.factories import everything
from tests.pages import token, value_of
from tests.people import People
from tests.registering import KEY, Book, changed, filled, records, rich, small, workbook
from tests.web.portal import open_portal

PAGE = "/registration"


@pytest.fixture
def admin(app: Flask, cast: People, clock: FrozenClock) -> FlaskClient:
    """Give the browser of the administrator of a consortium without towns."""
    entry = Entry("仮の名称", "見本市", shows_other_members=True, label_2019="令和元年度")
    with app.app_context():
        user = NewAccount("kanri", "管理", "lead_admin")
        registration.create(NewConsortium(KEY, entry), user, clock.now())
    return cast.client("lead_admin")


def look(admin: FlaskClient, content: bytes) -> TestResponse:
    """Choose a file."""
    fields: dict[str, Any] = {
        "csrf_token": token(admin.get(PAGE)),
        "file": FileStorage(io.BytesIO(content), "登録.xlsx"),
    }
    return sent(admin, fields)


def take(admin: FlaskClient, looked: TestResponse, **more: str) -> TestResponse:
    """Register what the look showed."""
    fields: dict[str, Any] = {name: value_of(looked, name) for name in ("content", "seen")}
    fields |= {"take": "1", "csrf_token": token(looked), **more}
    return sent(admin, fields)


def sent(admin: FlaskClient, fields: dict[str, Any]) -> TestResponse:
    """Send the form; encoded here, as the client would leave a file open for a large one."""
    boundary, body = encode_multipart(fields)
    return admin.post(PAGE, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def saved(app: Flask) -> dict[str, list[Any]]:
    """Give every row but logins."""
    with app.app_context():
        return everything()


def test_whoever_sets_up_is_led_from_the_home_page_to_a_full_consortium(
    admin: FlaskClient, app: Flask
) -> None:
    home = admin.get("/this-month").text
    assert "一括登録から始める" in home
    assert f'href="{PAGE}"' in home
    # What the calendar had before the office began is no arrears of it.
    assert "済んでいないもの" not in home
    assert "期限超過" not in admin.get("/this-month/2026-11").text
    before = saved(app)
    looked = look(admin, workbook(rich()))
    assert (looked.status_code, saved(app)) == (200, before)
    assert "このブックは登録できます。まだ登録していません。" in looked.text
    # The one record that is there already, old and new.
    assert "<td>仮の名称</td><td>見本地区電算協議会</td>" in looked.text
    done = take(admin, looked)
    assert (done.status_code, done.location) == (302, "/members")
    assert "見本村" in admin.get("/members").text
    assert "一括登録から始める" not in admin.get("/this-month").text
    answer = admin.get(f"{PAGE}/current")
    assert "filename*=UTF-8''%E4%B8%80%E6%8B%AC" in answer.headers["Content-Disposition"]
    found = records(answer.data)
    found.pop("記入のしかた")
    assert found == filled(rich())


def test_a_full_consortium_is_only_compared(admin: FlaskClient, app: Flask) -> None:
    looked = look(admin, workbook(small()))
    assert take(admin, looked).status_code == 302
    before = saved(app)
    assert take(admin, looked).status_code == 409
    assert "ブックからの登録はできません" in admin.get(PAGE).text
    assert "登録されている内容と同じです" in look(admin, workbook(small())).text
    other = look(admin, workbook(changed(small(), "費用", 0, 税込金額=1_000_002)))
    assert "<td>1,000,001</td><td>1,000,002</td>" in other.text
    assert 'name="take"' not in other.text
    assert saved(app) == before


def wrong_cell() -> Book:
    return changed(small(), "費用", 0, 開始月="四月")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook(wrong_cell()), "シート「費用」J2：「四月」は月ではありません。2025-04 のように"),
        (b"PK\x03\x04 no zip", "Excelブック（.xlsx）として開けません"),
        (workbook({"別の表": []}), "一括登録のシートが一つもありません"),
        (workbook({"協議会": small()["協議会"]}), "シート「市町村」：シートがありません"),
    ],
)
def test_a_bad_workbook_is_answered_in_words_and_changes_nothing(
    admin: FlaskClient, app: Flask, content: bytes, words: str
) -> None:
    before = saved(app)
    answer = look(admin, content)
    assert answer.status_code in (200, 400)
    assert words in answer.text
    assert 'name="take"' not in answer.text
    assert saved(app) == before


def test_two_consortia_share_a_database_and_nothing_else(
    app: Flask, cast: People, clock: FrozenClock
) -> None:
    sample = open_portal(app, cast, clock).office.staff
    browsers = {"弘前市": cast.client("lead_staff"), "見本町": app.test_client()}
    with app.app_context():
        user = NewAccount("kanri", "管理", "lead_admin")
        made = registration.register(workbook(small()), user, clock.now())
        with reading() as session:
            owner = settings.find_consortium_id(session, KEY)
            theirs = rules.rules(session, sample.consortium_id)[0].id
            ours = rules.rules(session, str(owner))[0].id
    page = browsers["見本町"].get("/login")
    fields = {"login": "kanri", "password": made.password, "csrf_token": token(page)}
    assert browsers["見本町"].post("/login", data=fields).status_code == 302
    for name, other, own, foreign in (
        ("弘前市", "見本町", theirs, ours),
        ("見本町", "弘前市", ours, theirs),
    ):
        members = browsers[name].get("/members").text
        assert (name in members, other in members) == (True, False)
        assert browsers[name].get(f"/rules/{own}").status_code == 200
        assert browsers[name].get(f"/rules/{foreign}").status_code == 404


def test_what_no_look_of_ours_has_sent_is_refused(admin: FlaskClient, app: Flask) -> None:
    looked, before = look(admin, workbook(small())), saved(app)
    other = look(admin, workbook(rich()))
    assert take(admin, looked, content="もじ").status_code == 400
    assert take(admin, looked, content=value_of(other, "content")).status_code == 409
    assert saved(app) == before


def test_a_large_workbook_comes_through_the_look(admin: FlaskClient) -> None:
    # What a form may hold without more ado is 500,000 bytes.
    book = small() | {"メモ": [{"控え": Random(row).randbytes(12_000).hex()} for row in range(40)]}
    content = workbook(book)
    assert len(content) > 400_000
    assert take(admin, look(admin, content)).status_code == 302


def test_the_empty_form_explains_every_column(admin: FlaskClient) -> None:
    book = load_workbook(io.BytesIO(admin.get(f"{PAGE}/template").data))
    lines = list(book["記入のしかた"].iter_rows(min_row=5, max_col=5, values_only=True))
    explained = {(sheet, column) for sheet, column, *_ in lines if column}
    asked = {
        (sheet.title, heading)
        for sheet in book.worksheets[1:]
        for heading in next(sheet.iter_rows(values_only=True))
    }
    assert explained == asked
    assert len(asked) > 150
    assert ("市町村", "区分", "必須", "市、町、村", "（例）町") in lines
