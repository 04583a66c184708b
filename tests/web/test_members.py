"""構成団体: the timeline, joining and leaving."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.usecases.viewer import Viewer
from tests import seven
from tests.factories import everything, seed_sample, statements
from tests.pages import errors_of, submit, value_of
from tests.people import ITAYANAGI, People

JOIN = "/members/join"
# 鶴田町: 6·0+5·2+4·3+3·8+2·4 = 54, 54 mod 11 = 10, 11 − 10 = 1.
GOOD = {
    "code": "０２３８４１",
    "name": "鶴田町",
    "kana": "つるたまち",
    "kind": "町",
    "since": "令和9年4月1日",
    "source": "令和8年12月議会議決",
}


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def test_the_page_draws_the_timeline_and_its_table(lead: FlaskClient) -> None:
    page = lead.get("/members").text
    assert "令和8年12月1日" in page
    assert "7団体が加入しています" in page
    assert 'role="img"' in page
    for town in seven.TOWNS:
        assert town.name in page
        assert town.code in page
    assert "R3.6.1 加入" in page
    assert "H31.4.1 加入" in page


def test_a_service_whose_members_nobody_published_says_so(lead: FlaskClient) -> None:
    page = lead.get("/members").text
    assert page.count("参加団体の資料なし") == 2


@pytest.mark.parametrize("role", ["lead_approver", "lead_admin", "auditor", "member_staff"])
def test_everybody_reads_and_only_the_officer_writes(
    officer: Viewer, cast: People, role: str
) -> None:
    reader = cast.client(role, ITAYANAGI if role == "member_staff" else None)
    page = reader.get("/members")
    assert page.status_code == 200
    assert "加入を登録する" not in page.text
    refused = 404 if role == "member_staff" else 403
    assert reader.get(JOIN).status_code == refused
    assert reader.get(f"/members/{ITAYANAGI}/end").status_code == refused


def test_a_town_joins(lead: FlaskClient) -> None:
    (core,) = re.findall(r'value="([\w-]{36})" id="services-0"', lead.get(JOIN).text)
    answer = submit(lead, JOIN, {**GOOD, "services": core})
    assert (answer.status_code, answer.location) == (302, "/members")
    page = lead.get("/members").text
    assert "鶴田町の加入を登録しました" in page
    assert "023841" in page


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("code", "023842", "検査数字は1です"),
        ("code", "23841", "数字6桁ではありません"),
        ("code", "023817", "板柳町の団体コード"),
        ("code", "", "団体コードを入力してください"),
        ("since", "令和9年2月30日", "暦にない日です"),
        ("since", "来年の春", "日付の形ではありません"),
        ("since", "9999-12-31", "扱える日付ではありません"),
        ("since", "", "加入日を入力してください"),
        ("name", "", "団体名を入力してください"),
        ("kind", "区", ""),
        ("source", " ", "根拠を入力してください"),
        ("services", "x", "一覧にないサービス"),
    ],
)
def test_a_form_refuses_at_the_field_and_changes_nothing(
    app: Flask, lead: FlaskClient, field: str, typed: str, message: str
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, JOIN, {**GOOD, field: typed})
    assert page.status_code == 400
    found = errors_of(page)
    assert list(found) == [field]
    assert message in found[field]
    assert re.search(r"[ぁ-ん]", found[field])
    if field in {"code", "since"}:
        assert value_of(page, field) == typed
    with app.app_context():
        assert everything() == before


def test_joining_twice_is_refused_at_the_date(lead: FlaskClient) -> None:
    page = submit(lead, JOIN, {**GOOD, "code": ITAYANAGI, "name": "板柳町"})
    assert page.status_code == 400
    assert "重なっています" in errors_of(page)["since"]


def test_the_last_day_is_shown_as_it_was_entered(lead: FlaskClient) -> None:
    path = f"/members/{ITAYANAGI}/end"
    assert "基幹系共同クラウドの利用も、同じ日に終わります" in lead.get(path).text
    answer = submit(lead, path, {"last_day": "令和9年3月31日", "reason": "議決"})
    assert (answer.status_code, answer.location) == (302, "/members")
    page = lead.get("/members").text
    assert "令和9年3月31日" in page
    assert "令和9年4月1日" not in page


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("令和3年5月31日", "より前の日です"),
        ("", "利用終了日を入力してください"),
        ("0000-00-00", "暦にない日です"),
    ],
)
def test_an_end_that_cannot_be_is_refused_and_changes_nothing(
    app: Flask, lead: FlaskClient, typed: str, message: str
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, f"/members/{ITAYANAGI}/end", {"last_day": typed, "reason": "議決"})
    assert page.status_code == 400
    assert message in errors_of(page)["last_day"]
    assert value_of(page, "last_day") == typed
    with app.app_context():
        assert everything() == before


def test_a_code_that_is_nobodys_is_not_found(lead: FlaskClient) -> None:
    assert lead.get("/members/131016/end").status_code == 404


def test_the_page_takes_eight_statements_however_many_towns(app: Flask, lead: FlaskClient) -> None:
    def count() -> int:
        with app.app_context(), statements() as found:
            assert lead.get("/members").status_code == 200
        return len(found)

    few = count()
    assert submit(lead, JOIN, GOOD).status_code == 302
    assert count() == few <= 8


def test_an_office_without_members_sees_what_to_do(cast: People, app: Flask) -> None:
    page = cast.client("lead_staff").get("/members")
    assert page.status_code == 200
    assert "構成団体がまだ登録されていません" in page.text
    assert "加入予定団体" in page.text  # these seven have no stay
    assert "共同サービスがまだ登録されていません" in page.text
