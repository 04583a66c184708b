"""Registering versions, rules, categories; pressing twice; taking a version back (登録・取下げ)."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.clock import FrozenClock
from consortium.db.store import rules
from consortium.db.unit import reading
from tests.pages import errors_of, submit, token
from tests.people import ITAYANAGI, People
from tests.web.portal import Portal, open_portal
from tests.web.rule_entry import fields, part, register, try_it

pytestmark = pytest.mark.usefixtures("plain_files")

EQUAL = part("equal")
CENSUS = {"series": "population", "dating": "frozen", "frozen": "population@2015-10-01/"}
TABLE = part("table", "80", **CENSUS)


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def staff(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def saved_rules(portal: Portal) -> tuple[rules.Rule, ...]:
    with portal.app.app_context(), reading() as session:
        return rules.rules(session, portal.office.consortium_id)


def form_of(portal: Portal) -> str:
    """Give the path of the form of a new version of the sample's rule."""
    return f"/rules/{saved_rules(portal)[0].id}/new"


# ---- registering ---------------------------------------------------------------------------------


def test_nothing_is_registered_that_was_not_tried(portal: Portal, staff: FlaskClient) -> None:
    path = form_of(portal)
    before = portal.everything()
    unseen = staff.post(path, data=fields(staff.get(path), "save", EQUAL))
    assert "まだ登録していません" in unseen.text
    tried = try_it(staff, path, EQUAL)
    changed = staff.post(path, data=fields(tried, "save", TABLE))
    assert "内容が変わったので、試算し直しました" in changed.text
    assert portal.everything() == before


def test_pressing_twice_registers_once(portal: Portal, staff: FlaskClient) -> None:
    path = form_of(portal)
    sent = fields(try_it(staff, path, EQUAL), "save", EQUAL)
    assert staff.post(path, data=sent).status_code == 302
    after = portal.everything()
    assert staff.post(path, data=sent).status_code == 302
    assert portal.everything() == after
    assert [version.since for version in saved_rules(portal)[0].versions] == [
        date(2015, 4, 1),
        date(2017, 4, 1),
        date(2022, 4, 1),
        date(2026, 4, 1),
    ]


def test_a_used_form_with_other_content_is_refused(portal: Portal, staff: FlaskClient) -> None:
    path = form_of(portal)
    tried = try_it(staff, path, EQUAL)
    assert staff.post(path, data=fields(tried, "save", EQUAL)).status_code == 302
    again = staff.post(path, data=fields(tried, "try", TABLE, since="令和9年4月1日"))
    refused = staff.post(path, data=fields(again, "save", TABLE, since="令和9年4月1日"))
    assert refused.status_code == 400
    assert "もう登録されています" in refused.text


def test_a_version_of_the_future_is_announced_and_told_to_the_towns(
    portal: Portal, staff: FlaskClient
) -> None:
    path = form_of(portal)
    done = register(staff, path, EQUAL, since="令和9年4月1日")
    assert done.status_code == 302
    town = portal.cast.client("member_staff", ITAYANAGI).get(path.removesuffix("/new"))
    assert town.status_code == 200
    assert ">予定<" in town.text
    assert "令和9年4月1日" in town.text
    assert "取下げ" not in town.text
    assert "新しい版" not in town.text


def test_a_day_that_is_taken_is_told_before_anything_can_be_registered(
    portal: Portal, staff: FlaskClient
) -> None:
    path, live = form_of(portal), {"X-Preview": "trial"}
    sent = fields(staff.get(path), "try", EQUAL, since="令和4年4月1日")
    for page in (staff.post(path, data=sent), staff.post(path, data=sent, headers=live)):
        assert "令和4年4月1日から適用する版がもうあります" in page.text.partition("</section>")[0]
        assert 'name="seen"' not in page.text


def test_what_has_to_be_filled_in_is_marked(portal: Portal, staff: FlaskClient) -> None:
    page = staff.get(form_of(portal)).text
    labels = re.findall(
        r'<label class="p-field__label" for="([^"]+)">([^<]+)<span[^>]*>(..)<', page
    )
    needs = {field: need for field, _, need in labels}
    required = (
        "kind",
        "weight",
        "series",
        "power",
        "dating",
        "month_day",
        "frozen",
        "first",
        "host",
    )
    assert {needs[f"c1-{name}"] for name in required} == {"必須"}
    heads = ("since", "document", "unit", "mode", "level", "residual", "proration", "leaving")
    assert {needs[name] for name in heads} == {"必須"}
    for name in ("article", "decided_on", "note", "ratio_digits", "c1-label", "c1-own_source"):
        assert needs[name] == "任意"
    assert ("c1-dating", "基準日の定め方") in {(field, label) for field, label, _ in labels}


# ---- a new rule, a new category ------------------------------------------------------------------


def test_a_category_gets_a_rule_of_its_own_without_a_gap(
    portal: Portal, staff: FlaskClient
) -> None:
    page = staff.get("/rules/new").text
    found = re.search(r'<option value="([\w-]+)">基幹系共同クラウドの運用</option>', page)
    assert found
    entered = {"name": "運用の負担", "subject": found[1]}
    assert register(staff, "/rules/new", EQUAL, **entered).status_code == 302
    assert [rule.name for rule in saved_rules(portal)] == ["費用負担（見本）", "運用の負担"]
    with portal.app.app_context():
        # 令和5年度の運用は、新しいルールの前。すべての経費区分のルールで分ける。
        assert portal.office.draft(2023, reason="区分のルールの後")
    listed = staff.get("/rules").text
    assert "基幹系共同クラウドの運用" in listed
    twice = register_again(staff, entered)
    assert "負担ルールのまだない対象を選んでください" in twice or "一覧から選び直して" in twice


def test_a_used_form_makes_no_second_rule(portal: Portal, staff: FlaskClient) -> None:
    opened = staff.get("/rules/new")
    first, second = (
        str(
            re.findall(
                rf'<option value="([\w-]+)">基幹系共同クラウドの{name}</option>', opened.text
            )[0]
        )
        for name in ("運用", "回線")
    )
    tried = staff.post(
        "/rules/new", data=fields(opened, "try", EQUAL, name="運用の負担", subject=first)
    )
    entered = {"name": "運用の負担", "subject": first}
    assert staff.post("/rules/new", data=fields(tried, "save", EQUAL, **entered)).status_code == 302
    entered = {"name": "回線の負担", "subject": second}
    again = staff.post("/rules/new", data=fields(opened, "try", EQUAL, **entered))
    refused = staff.post("/rules/new", data=fields(again, "save", EQUAL, **entered))
    assert refused.status_code == 400
    assert "もう登録されています" in refused.text
    assert len(saved_rules(portal)) == 2
    # What is told is to send it once more; then it is a rule of its own.
    tried = staff.post("/rules/new", data=fields(refused, "try", EQUAL, **entered))
    assert staff.post("/rules/new", data=fields(tried, "save", EQUAL, **entered)).status_code == 302
    assert {rule.name for rule in saved_rules(portal)} >= {"運用の負担", "回線の負担"}


def register_again(client: FlaskClient, entered: dict[str, str]) -> str:
    return try_it(client, "/rules/new", EQUAL, **entered | {"name": "別の名前"}).text


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("name", "", "ルールの名前を入力してください。"),
        ("name", "費用負担（見本）", "という負担ルールがもうあります"),
        ("subject", "", "対象を選んでください。"),
        ("subject", "nonsense", "対象を一覧から選び直してください。"),
    ],
)
def test_bad_input_of_a_new_rule_is_told_at_its_field(
    portal: Portal, staff: FlaskClient, name: str, typed: str, told: str
) -> None:
    before = portal.everything()
    opened = staff.get("/rules/new").text
    found = re.search(r'<option value="([\w-]+)">基幹系共同クラウドの運用</option>', opened)
    assert found
    entered = {"name": "運用の負担", "subject": found[1], name: typed}
    page = try_it(staff, "/rules/new", EQUAL, **entered)
    if page.status_code == 200:
        page = staff.post("/rules/new", data=fields(page, "save", EQUAL, **entered))
    assert page.status_code == 400
    assert told in errors_of(page)[name]
    assert portal.everything() == before


def test_a_category_is_added_after_the_others(portal: Portal, staff: FlaskClient) -> None:
    page = staff.get("/rules/categories/new")
    core = re.search(r'<option value="([\w-]+)">基幹系共同クラウド</option>', page.text)
    assert core
    entered = {"service": core[1], "name": "研修"}
    assert submit(staff, "/rules/categories/new", entered).status_code == 302
    again = submit(staff, "/rules/categories/new", entered)
    assert errors_of(again) == {
        "name": "「研修」はもう登録されています。登録済みの経費区分を使ってください。"
    }
    assert "基幹系共同クラウドの研修" in staff.get("/rules/new").text


# ---- taking back ---------------------------------------------------------------------------------


def withdraw_path(portal: Portal, since: date) -> str:
    (found,) = [v.id for v in saved_rules(portal)[0].versions if v.since == since]
    return f"/rules/versions/{found}/withdraw"


def test_an_announced_version_is_taken_back_with_a_reason(
    portal: Portal, staff: FlaskClient
) -> None:
    register(staff, form_of(portal), TABLE, part("host", "5", host="022021"), since="令和9年4月1日")
    path = withdraw_path(portal, date(2027, 4, 1))
    before = portal.everything()
    assert "理由を入力してください。" in submit(staff, path, {"reason": ""}).text
    assert portal.everything() == before
    assert "令和4年4月1日からの版が、そのまま続きます" in re.sub(
        "<[^>]+>", "", staff.get(path).text
    )
    assert submit(staff, path, {"reason": "議決が延期になった"}).status_code == 302
    assert [v.since.year for v in saved_rules(portal)[0].versions] == [2015, 2017, 2022]
    told = [str(row) for row in portal.everything()["audit_event"]]
    assert any("議決が延期になった" in row and "版の取下げ" in row for row in told)


@pytest.mark.parametrize("state", ["in_review", "approved", "issued"])
def test_a_version_on_which_a_run_rests_stays(
    portal: Portal, staff: FlaskClient, state: str
) -> None:
    register(staff, form_of(portal), TABLE, since="令和5年4月1日")
    path = withdraw_path(portal, date(2023, 4, 1))
    portal.run(2023, upto=state)
    page = staff.get(path)
    assert "この版で計算した算定があります（令和5年度 確定 第1版）" in page.text
    before = portal.everything()
    sent = {"csrf_token": token(staff.get(form_of(portal))), "reason": "まちがい"}
    assert staff.post(path, data=sent).status_code == 409
    assert portal.everything() == before


def test_a_draft_or_a_run_of_another_version_does_not_hold_it(
    portal: Portal, staff: FlaskClient
) -> None:
    portal.run(2023, upto="issued")
    register(staff, form_of(portal), TABLE, since="令和5年4月1日")
    with portal.app.app_context():
        portal.office.draft(2024)
    path = withdraw_path(portal, date(2023, 4, 1))
    assert submit(staff, path, {"reason": "まちがい"}).status_code == 302


def test_the_first_version_in_force_stays(portal: Portal, staff: FlaskClient) -> None:
    page = staff.get(withdraw_path(portal, date(2015, 4, 1)))
    assert "代わりに適用される前の版がありません" in page.text
