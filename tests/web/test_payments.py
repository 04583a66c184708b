"""納付・精算 on the page: the matrix, recording, voiding, settling, a town's view."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.db.unit import reading
from consortium.usecases import instalments, settlements
from tests import collecting
from tests.collecting import YEAR
from tests.office import FUJISAKI, ITAYANAGI, copy_costs
from tests.pages import errors_of, submit, token, value_of
from tests.people import People
from tests.web.portal import Portal, issued_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

PLAN, EDIT = "/instalments/2026", "/instalments/2026/edit"
TOWN = f"/payments/2026/{ITAYANAGI}"
NEW = f"{TOWN}/new"
SETTLEMENT = "/settlements/2026"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return issued_portal(app, cast, clock, 2026, "planned")


@pytest.fixture
def lead(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def notify(portal: Portal, no: int = 1) -> dict[str, str]:
    with portal.app.app_context():
        return collecting.send_notices(portal.office, no)


def first(portal: Portal, code: str = ITAYANAGI) -> instalments.InstalmentLine:
    with portal.app.app_context():
        return collecting.line_of(portal.office, code, 1)


def payment(lead: FlaskClient, **changes: str) -> dict[str, str]:
    """Fill the form of a payment."""
    form = lead.get(f"{NEW}?no=1")
    (target,) = re.findall(r'<option selected value="([^"]*)"', form.text)
    plain = {
        "record_id": value_of(form, "record_id"),
        "target": target,
        "paid_on": "令和8年5月20日",
        "amount": "１，０００円",
        "reference_number": "会-1",
        "note": "振込",
    }
    return {**plain, **changes}


# ---- the matrix ----------------------------------------------------------------------------------


def test_the_year_shows_every_town_and_instalment(portal: Portal, lead: FlaskClient) -> None:
    notify(portal)
    page = lead.get("/payments")
    assert page.status_code == 200
    for town in ("弘前市", "板柳町", "西目屋村"):
        assert town in page.text
    assert "第1期（R8.5.20）" in page.text
    assert "第4期（R9.2.19）" in page.text  # 20 Feb 2027 is a Saturday
    assert f"{first(portal).amount:,}" in page.text
    assert page.text.count("期限超過</span>") == 7
    assert "195日" in page.text
    assert '<a class="p-nav__link" href="/payments" aria-current="page"' in page.text


def test_a_year_without_amounts_says_what_to_do(lead: FlaskClient) -> None:
    assert "この年度の負担金は、まだ決まっていません" in lead.get("/payments/2027").text
    assert "標準の計画" in lead.get("/instalments/2027").text


def test_the_page_asks_few_questions(portal: Portal, lead: FlaskClient) -> None:
    notify(portal)
    for path in ("/payments/2026", TOWN, NEW, PLAN, EDIT, SETTLEMENT):
        assert statements_of(portal, lead, path) <= 8, path


# ---- recording and voiding -----------------------------------------------------------------------


def test_a_payment_is_recorded_once(portal: Portal, lead: FlaskClient) -> None:
    notify(portal)
    fields = payment(lead)
    for _ in range(2):
        answer = submit(lead, NEW, fields)
        assert (answer.status_code, answer.location) == (302, TOWN)
    page = lead.get(TOWN)
    assert page.text.count("会-1") == 1
    assert "一部納付" not in page.text  # overdue says more
    assert first(portal).paid == 1_000


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"amount": "0"}, "amount", "金額が0円です。"),
        ({"amount": "△5"}, "amount", "負の金額です。ここには1円以上を入力してください。"),
        ({"amount": "1.5"}, "amount", "小数点"),
        ({"amount": ""}, "amount", "金額を入力してください。"),
        ({"paid_on": "2026-12-02"}, "paid_on", "まだ来ていない日です。"),
        ({"paid_on": "5月"}, "paid_on", "日付の形ではありません。"),
        ({"target": "x"}, "target", "選び直してください。"),
        ({"reference_number": "1" * 61}, "reference_number", "長すぎます"),
    ],
)
def test_a_refused_payment_changes_nothing_and_keeps_what_was_typed(
    portal: Portal, lead: FlaskClient, changes: dict[str, str], field: str, said: str
) -> None:
    notify(portal)
    fields = payment(lead, **changes)
    before = portal.everything()
    answer = submit(lead, NEW, fields)
    assert answer.status_code == 400
    assert said in errors_of(answer)[field]
    assert "振込" in answer.text
    assert portal.everything() == before


def test_a_cancelled_notice_takes_no_payment(portal: Portal, lead: FlaskClient) -> None:
    sent = notify(portal)
    fields = payment(lead)
    assert fields["target"] == sent[ITAYANAGI]
    with portal.app.app_context():
        collecting.cancel_notice(portal.office, sent[ITAYANAGI])
    before = portal.everything()
    answer = submit(lead, NEW, fields)
    assert answer.status_code == 400
    assert portal.everything() == before


def test_an_unknown_town_does_not_exist(lead: FlaskClient) -> None:
    for path in ("/payments/2026/999999", "/payments/2026/999999/new"):
        assert lead.get(path).status_code == 404


def test_a_payment_is_voided_with_a_reason_and_stays_visible(
    portal: Portal, lead: FlaskClient
) -> None:
    submit(lead, NEW, payment(lead))
    (path,) = re.findall(r'href="(/payments/entries/[\w-]+/void)"', lead.get(TOWN).text)
    assert "取り消す理由を入力してください。" in submit(lead, path, {"reason": " "}).text
    answer = submit(lead, path, {"reason": "団体の取違え"})
    assert (answer.status_code, answer.location) == (302, TOWN)
    page = lead.get(TOWN)
    assert "取消：団体の取違え" in page.text
    assert path not in page.text
    assert "この収納は取り消されています" in lead.get(path).text
    assert first(portal).paid == 0


# ---- the plan ------------------------------------------------------------------------------------


def plan_fields(page: TestResponse, **changes: str) -> dict[str, str]:
    """Give what stands in the form of the plan."""
    names = re.findall(r'<input[^>]*\bid="((?:due|percent)-\d+)"', page.text)
    fields = {name: value_of(page, name) for name in names}
    fields |= {name.replace("due", "roll"): "previous_open_day" for name in names if "due" in name}
    fields |= dict.fromkeys(re.findall(r'<select[^>]*\bid="(category-[\w-]+)"', page.text), "")
    plain = {
        "method": "percents", "unit": "1000", "mode": "ceil", "way": "cash",
        "row_version": value_of(page, "row_version"),
    }  # fmt: skip
    return {**plain, **fields, **{name.replace("_", "-"): text for name, text in changes.items()}}


def test_the_plan_is_looked_at_saved_and_shown(portal: Portal, lead: FlaskClient) -> None:
    form = lead.get(EDIT)
    assert value_of(form, "due-1") == "令和8年5月20日"
    fields = plan_fields(form, percent_1="30", percent_2="30", percent_3="30")
    before = portal.everything()
    looked = submit(lead, EDIT, {**fields, "check": "1"})
    assert looked.status_code == 200
    assert "団体ごとの各期の額" in looked.text
    assert portal.everything() == before
    assert submit(lead, EDIT, fields).location == PLAN
    page = lead.get(PLAN)
    assert page.text.count("30％") == 3
    assert "標準の計画" not in page.text


def test_two_officers_at_once_see_both_plans(portal: Portal, lead: FlaskClient) -> None:
    submit(lead, EDIT, plan_fields(lead.get(EDIT)))
    mine = plan_fields(lead.get(EDIT), percent_1="40")
    submit(lead, EDIT, plan_fields(lead.get(EDIT), percent_1="30"))
    before = portal.everything()
    answer = submit(lead, EDIT, mine)
    assert answer.status_code == 409
    assert "ほかの人が先に保存しました" in answer.text
    assert "30％" in answer.text
    assert "40％" in answer.text
    assert portal.everything() == before
    again = {**mine, "row_version": value_of(answer, "row_version")}
    assert submit(lead, EDIT, again).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"due_1": "2027-06-01"}, "due-1"),
        ({"due_2": ""}, "due-2"),
        ({"percent_1": ""}, "percent-1"),
        ({"percent_4": "25"}, "percent-4"),
        ({"percent_1": "百"}, "percent-1"),
        ({"unit": "7"}, "unit"),
        ({"due_3": "2026-11-30"}, "due-3"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_its_field(
    portal: Portal, lead: FlaskClient, changes: dict[str, str], field: str
) -> None:
    before = portal.everything()
    answer = submit(lead, EDIT, plan_fields(lead.get(EDIT), **changes))
    assert answer.status_code == 400
    assert field in errors_of(answer)
    assert portal.everything() == before


def test_what_was_notified_cannot_be_changed(portal: Portal, lead: FlaskClient) -> None:
    notify(portal)
    answer = submit(lead, EDIT, plan_fields(lead.get(EDIT), due_1="2026-05-19"))
    assert "納入依頼済み" in errors_of(answer)["due-1"]


# ---- settling ------------------------------------------------------------------------------------


@pytest.fixture
def settled(portal: Portal) -> Portal:
    """Issue the settlement run; 板柳町 has paid 5,000 too much, the others nothing."""
    with portal.app.app_context():
        copy_costs(portal.office, 2026, "planned", 2026, "settlement")
    portal.run(2026, "settlement")
    with portal.app.app_context():
        with reading() as session:
            found = settlements.settlement_facts(session, portal.office.consortium_id, YEAR)
        final = {line.code: line.final for line in found.lines}
        collecting.pay(portal.office, ITAYANAGI, final[ITAYANAGI] + 5_000, date(2026, 5, 20))
    return portal


def test_before_the_run_is_issued_the_page_says_so(lead: FlaskClient) -> None:
    assert "精算の算定がまだ発行されていません" in lead.get(SETTLEMENT).text


def test_the_approver_settles_and_staff_pays_back(settled: Portal, lead: FlaskClient) -> None:
    approver = settled.cast.client("lead_approver")
    assert "精算を確定する" not in lead.get(SETTLEMENT).text
    page = approver.get(SETTLEMENT)
    assert "△5,000" in page.text
    fields = {f"way-{code}": "cash" for code in re.findall(r'name="way-(\d{6})"', page.text)}
    answer = submit(approver, f"{SETTLEMENT}/settle", fields, page=SETTLEMENT)
    assert answer.location == SETTLEMENT
    assert "第1版 確定" in lead.get(SETTLEMENT).text
    before = settled.everything()
    again = approver.post(
        f"{SETTLEMENT}/settle",
        data={"csrf_token": token(approver.get("/account")), "seen": "x", **fields},
    )
    assert again.status_code == 302
    assert settled.everything() == before
    path = f"{SETTLEMENT}/{ITAYANAGI}"
    form = lead.get(path)
    assert "5,000円を還付" in form.text
    done = {"record_id": value_of(form, "record_id"), "done_on": "R8.12.1"}
    done["csrf_token"] = token(form)
    for _ in range(2):  # a double click
        assert lead.post(path, data=done).location == SETTLEMENT
    assert lead.get(path).status_code == 409
    assert "処理済" in lead.get(SETTLEMENT).text


def test_figures_that_changed_are_shown_again(settled: Portal) -> None:
    approver = settled.cast.client("lead_approver")
    page = approver.get(SETTLEMENT)
    fields = {f"way-{code}": "cash" for code in re.findall(r'name="way-(\d{6})"', page.text)}
    fields |= {"seen": value_of(page, "seen"), "csrf_token": token(page)}
    with settled.app.app_context():
        collecting.pay(settled.office, FUJISAKI, 1, date(2026, 5, 20))
    answer = approver.post(f"{SETTLEMENT}/settle", data=fields)
    assert answer.status_code == 409
    assert "額が変わりました" in answer.text
    assert submit(approver, f"{SETTLEMENT}/settle", fields | {"seen": value_of(answer, "seen")},
                  page=SETTLEMENT).status_code == 302  # fmt: skip


# ---- a town --------------------------------------------------------------------------------------


def test_a_town_sees_its_own_instalments_and_payments(portal: Portal, lead: FlaskClient) -> None:
    notify(portal)
    submit(lead, NEW, payment(lead))
    town = portal.cast.client("member_staff", ITAYANAGI)
    assert "/charges/2026/payments" in town.get("/charges/2026").text
    page = town.get("/charges/2026/payments")
    assert page.status_code == 200
    assert "会-1" in page.text
    assert f"{first(portal).amount:,}" in page.text
    assert "/void" not in page.text
    other = portal.cast.client("member_staff", FUJISAKI).get("/charges/2026/payments")
    assert "会-1" not in other.text
    assert town.get("/payments").status_code == 404
