"""算定の画面: the way of a run through the browser."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import writing
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import funding
from tests import factories
from tests.pages import errors_of, seen_on, submit, token
from tests.people import ITAYANAGI, People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

BUTTONS = ("submit", "recalculate", "discard", "approve", "send-back", "withdraw", "issue")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def staff(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


@pytest.fixture
def approver(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_approver")


@pytest.mark.usefixtures("workbooks")
def test_two_people_bring_a_run_from_the_form_to_the_register(
    portal: Portal, staff: FlaskClient, approver: FlaskClient
) -> None:
    made = submit(staff, "/runs/new", {"year": "2021", "stage": "final", "reason": ""})
    path = made.location
    assert "下書きを作成しました" in staff.get(path).text
    assert submit(staff, f"{path}/submit", {}, page=path).status_code == 302
    assert "承認者の確認を待っています" in staff.get(path).text
    assert submit(approver, f"{path}/approve", {}, page=path).status_code == 302
    confirm = approver.get(f"{path}/issue").text
    assert "負担金明細書 7通と、負担金総括表 1通" in confirm
    assert "板柳町" in confirm
    assert submit(approver, f"{path}/issue", {}).location == path
    assert "発行しました" in approver.get(path).text
    assert portal.state(path.rpartition("/")[2]) == "issued"
    assert "共ク第7号" in staff.get("/register/2021").text


def test_issuing_by_a_double_click_has_one_effect_and_one_answer(
    portal: Portal, approver: FlaskClient
) -> None:
    path = f"/runs/{portal.run(upto='approved')}/issue"
    page = approver.get(path)
    data = {"csrf_token": token(page), "seen": seen_on(page)}
    first = approver.post(path, data=data)
    before = portal.everything()
    second = approver.post(path, data=data)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert portal.everything() == before


@pytest.mark.parametrize(
    ("state", "step", "role"),
    [
        ("in_review", "submit", "lead_staff"),
        ("issued", "recalculate", "lead_staff"),
        ("approved", "discard", "lead_staff"),
        ("draft", "approve", "lead_approver"),
        ("approved", "approve", "lead_approver"),
        ("draft", "issue", "lead_approver"),
        ("in_review", "issue", "lead_approver"),
        ("in_review", "withdraw", "lead_approver"),
        ("issued", "withdraw", "lead_approver"),
    ],
)
def test_a_step_in_the_wrong_state_is_refused_and_nothing_changes(
    portal: Portal, state: str, step: str, role: str
) -> None:
    run_id = portal.run(upto=state)
    client = portal.cast.client(role)
    before = portal.everything()
    answer = submit(client, f"/runs/{run_id}/{step}", {"reason": "試験"}, page="/account")
    assert answer.status_code == 409
    assert "この算定は今" in answer.text
    assert "費目と団体" in answer.text  # told on the page of the run itself
    assert portal.everything() == before


def test_whoever_drafted_a_run_is_told_why_the_buttons_are_missing(portal: Portal) -> None:
    client = portal.cast.client("lead_approver")
    run_id = portal.run(upto="in_review")
    own = select(models.UserAccount.id).where(models.UserAccount.role == "lead_approver")
    with portal.app.app_context(), writing(factories.OFFICER, factories.NOW) as unit:
        unit.session.execute(update(models.AllocationRun).values(drafted_by=own.scalar_subquery()))
        unit.record(portal.office.consortium_id, "t", "allocation_run", run_id, "試験")
    page = client.get(f"/runs/{run_id}").text
    assert "あなたが作成した算定です" in page
    assert f"/runs/{run_id}/approve" not in page
    before = portal.everything()
    refused = submit(client, f"/runs/{run_id}/approve", {}, page="/account")
    assert refused.status_code == 409
    assert "別の承認者" in refused.text
    assert portal.everything() == before


@pytest.mark.parametrize("state", ["draft", "in_review", "approved", "issued"])
def test_a_person_sees_the_buttons_of_role_and_state(portal: Portal, state: str) -> None:
    run_id = portal.run(upto=state)
    offered = {
        ("draft", "lead_staff"): {"submit", "recalculate", "discard"},
        ("in_review", "lead_approver"): {"approve", "send-back"},
        ("approved", "lead_approver"): {"issue", "withdraw"},
    }
    for role in ("lead_staff", "lead_approver", "lead_admin", "auditor"):
        page = portal.cast.client(role).get(f"/runs/{run_id}").text
        shown = {step for step in BUTTONS if f"/runs/{run_id}/{step}" in page}
        assert shown == offered.get((state, role), set()), role


def test_sending_back_asks_for_a_reason_and_shows_it_to_the_drafter(
    portal: Portal, staff: FlaskClient, approver: FlaskClient
) -> None:
    run_id = portal.run(upto="in_review")
    path = f"/runs/{run_id}/send-back"
    refused = submit(approver, path, {"reason": ""})
    assert refused.status_code == 400
    assert "理由" in errors_of(refused)["reason"]
    assert portal.state(run_id) == "in_review"
    submit(approver, path, {"reason": "回線費の期間が違います。"})
    page = staff.get(f"/runs/{run_id}").text
    assert "差し戻されました" in page
    assert "回線費の期間が違います。" in page


def test_discarding_shows_first_what_will_go(portal: Portal, staff: FlaskClient) -> None:
    run_id = portal.run(upto="draft")
    path = f"/runs/{run_id}/discard"
    assert "令和3年度 確定 第1版の算定" in staff.get(path).text
    assert portal.state(run_id) == "draft"
    assert submit(staff, path, {}).location == "/runs"
    assert portal.state(run_id) is None
    assert "破棄しました" in staff.get("/runs").text


def test_a_further_edition_without_a_reason_keeps_what_was_entered(
    portal: Portal, staff: FlaskClient
) -> None:
    portal.run()
    answer = submit(staff, "/runs/new", {"year": "2021", "stage": "final", "reason": " "})
    assert answer.status_code == 400
    assert "理由が書かれていません" in errors_of(answer)["reason"]
    assert '<option selected value="2021">' in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"year": "2035", "stage": "final"},
        {"year": "x", "stage": "final"},
        {"year": "2021", "stage": "guess"},
        {"year": "2021", "stage": "planned"},
        {},
    ],
)
def test_a_year_or_stage_that_cannot_be_computed_is_refused(
    portal: Portal, staff: FlaskClient, fields: dict[str, object]
) -> None:
    before = portal.everything()
    answer = submit(staff, "/runs/new", fields)
    assert answer.status_code == 400
    assert "誤りがあります" in answer.text
    assert portal.everything() == before


def test_a_second_draft_is_refused_with_the_form_kept(portal: Portal, staff: FlaskClient) -> None:
    portal.run(upto="draft")
    answer = submit(staff, "/runs/new", {"year": "2021", "stage": "final", "reason": "再算定"})
    assert answer.status_code == 409
    assert "まだ「下書き」です" in answer.text
    assert "再算定</textarea>" in answer.text


def test_without_a_token_no_step_is_taken(portal: Portal, staff: FlaskClient) -> None:
    run_id = portal.run(upto="draft")
    for step in ("submit", "recalculate", "discard"):
        assert staff.post(f"/runs/{run_id}/{step}").status_code == 400
    assert portal.state(run_id) == "draft"


def test_the_matrix_shows_every_amount_with_its_totals_and_links(
    portal: Portal, staff: FlaskClient
) -> None:
    run_id = portal.run()
    page = staff.get(f"/runs/{run_id}").text
    foot = page[page.index("<tfoot>") : page.index("</tfoot>")]
    totals = [int(each.replace(",", "")) for each in re.findall(r">([\d,]+)<", foot)]
    # The nine sample costs of FY2021 add up to 185,570,000.
    assert totals[0] == sum(totals[1:]) == 185_570_000
    links = re.findall(rf'href="(/runs/{run_id}/why/\d+/\d{{6}})"', page)
    # Seven costs are shared by seven towns, two are borne by one town each.
    assert len(links) == len(set(links)) == 7 * 7 + 2
    assert all(staff.get(link).status_code == 200 for link in links[::10])


def test_the_picture_has_its_table_and_the_amounts_of_each_year(
    portal: Portal, staff: FlaskClient
) -> None:
    assert "算定はまだありません" in staff.get("/runs").text
    portal.run(2020)
    portal.run(2021)
    page = staff.get("/runs").text
    assert '<svg class="p-svg"' in page
    assert page.count("185,570,000") == 2  # the table behind the picture, and the list


@pytest.mark.parametrize("items", [10, 200])
def test_the_matrix_needs_as_few_statements_for_200_items_as_for_ten(
    portal: Portal, staff: FlaskClient, items: int
) -> None:
    with portal.app.app_context():
        factories.add_many_items(portal.office.staff, 2021, items)
    run_id = portal.run(upto="draft")
    assert statements_of(portal, staff, f"/runs/{run_id}") == 7
    assert statements_of(portal, staff, "/runs") <= 8


@pytest.mark.parametrize("path", ["/runs/00000000-0000-4000-8000-000000000000", "/runs/1"])
def test_what_does_not_exist_is_a_page_that_says_so(staff: FlaskClient, path: str) -> None:
    answer = staff.get(path)
    assert answer.status_code == 404
    assert "ページが見つかりません" in answer.text


def test_a_cancelled_issue_is_said_on_the_list_and_on_its_page(
    portal: Portal, staff: FlaskClient, approver: FlaskClient
) -> None:
    path = f"/runs/{portal.run()}"
    assert "発行</span>" in staff.get("/runs").text
    assert "取り消されました" not in staff.get(path).text
    cancel = f"/register/statements/{portal.statement_of(None)}/cancel"
    assert submit(approver, cancel, {"reason": "請求額の誤り"}).status_code == 302
    listed = staff.get("/runs").text
    assert ("取消</span>" in listed, "発行</span>" in listed) == (True, False)
    assert "年度別・団体別の負担額" not in listed  # nothing of the year is in force
    page = staff.get(path).text
    tags = page[: page.index("p-stack")]
    assert ("取消</span>" in tags, "発行</span>" in tags) == (True, False)
    banner = page[page.index("この発行は取り消されました") :][:300]
    assert "理由：請求額の誤り" in banner
    assert "取消</span>" not in staff.get(f"/runs/{portal.run(2020)}").text
    assert statements_of(portal, staff, path) == 7
    assert "この発行は取り消されています" in approver.get(f"{path}/issue").text


def test_before_issuing_the_page_says_what_can_be_undone(
    portal: Portal, approver: FlaskClient
) -> None:
    page = approver.get(f"/runs/{portal.run(upto='approved')}/issue").text
    assert "取り消せません" not in page
    assert (
        "発行した文書は書き換えられません。取り消すと、番号は「取消」として台帳に残ります。" in page
    )


# ---- grants, and what blocks a step --------------------------------------------------------------


def grant(portal: Portal, treatment: str, amount: int, code: str = "") -> None:
    """Enter a grant for 拠点間回線 of FY2021, of a town if one is named."""
    staff = portal.office.staff
    with portal.app.app_context():
        item = factories.item_named(staff, 2021, "拠点間回線")
        towns = funding.show_funding(staff, FiscalYear(2021), "final", factories.NOW.date()).members
        member = next((each.id for each in towns.values() if each.code == code), None)
        entry = funding.Entry(
            "県補助金", treatment, factories.yen(amount), item_id=item.id, member_id=member
        )
        funding.add_measure(staff, FiscalYear(2021), "final", entry, factories.NOW)


def row_of(page: str, name: str) -> list[str]:
    """Give the cells of an item in the matrix."""
    row = re.search(rf'<th scope="row">{name}<.*?</tr>', page, re.DOTALL)
    assert row
    return re.findall(r"※?[\d,]+(?=<)|－", re.sub(r"<a [^>]*>", "", row[0].partition("</th>")[2]))


def test_the_matrix_marks_amounts_after_a_grant(portal: Portal, staff: FlaskClient) -> None:
    assert "※" not in staff.get(f"/runs/{portal.run(2020)}").text
    grant(portal, "PER_MEMBER", 20_000, ITAYANAGI)
    own = staff.get(f"/runs/{portal.run(upto='draft')}").text
    marked = [cell.startswith("※") for cell in row_of(own, "拠点間回線")]
    # 合計, then the seven towns by code: 板柳町 is the last.
    assert marked == [True, *[False] * 6, True]
    assert "※ 補助金・財源措置を引いた後の額です。" in own
    assert not any("※" in cell for cell in row_of(own, "システム利用料"))


def test_a_grant_before_the_split_marks_every_amount(portal: Portal, staff: FlaskClient) -> None:
    grant(portal, "PRE_SPLIT", 1_000_000)
    page = staff.get(f"/runs/{portal.run(upto='draft')}").text
    cells = row_of(page, "拠点間回線")
    # 8,844,000 - 1,000,000
    assert cells[0] == "※7,844,000"
    assert all(cell.startswith("※") for cell in cells)


def test_what_blocks_a_step_stands_where_its_button_would(
    portal: Portal, staff: FlaskClient, approver: FlaskClient
) -> None:
    grant(portal, "PRE_SPLIT", 8_844_001)
    run_id = portal.run(upto="draft")
    path = f"/runs/{run_id}"
    page = staff.get(path)
    assert "審査に出すことができません。費用・財源措置を直してから" in page.text
    assert f"{path}/submit" not in page.text
    refused = submit(staff, f"{path}/submit", {}, page=path)
    assert refused.status_code == 409
    assert "「審査に出す」を行おうとしました。" in refused.text
    assert f'action="{path}/recalculate"' in refused.text
    # A run that was submitted before anybody knew of the finding.
    for state, told, step in (
        ("in_review", "承認できません。差し戻して", "approve"),
        ("approved", "発行できません。承認を取り消して", "issue"),
    ):
        put_into(portal, run_id, state)
        page = approver.get(path)
        assert told in page.text
        assert f"{path}/{step}" not in page.text
        refused = submit(approver, f"{path}/{step}", {}, page=path)
        assert refused.status_code == 409
        assert "1円超えています" in refused.text
        assert "費目と団体" in refused.text
    confirm = approver.get(f"{path}/issue").text
    assert "この算定は発行できません" in confirm
    assert "この内容で発行する" not in confirm


def put_into(portal: Portal, run_id: str, state: str) -> None:
    """Put a run into a state that its findings would keep it from."""
    run = models.AllocationRun
    with portal.app.app_context(), writing(factories.OFFICER, factories.NOW) as unit:
        unit.session.execute(update(run).where(run.id == run_id).values(state=state))
        unit.record(portal.office.consortium_id, "t", "allocation_run", run_id, "試験")


def test_a_stale_step_shows_the_figures_of_now(portal: Portal, staff: FlaskClient) -> None:
    run_id = portal.run(upto="draft")
    for step in ("submit", "recalculate", "discard"):
        page = submit(staff, f"/runs/{run_id}/{step}", {"seen": "0" * 64}, page=f"/runs/{run_id}")
        assert page.status_code == 409
        assert "画面を開いた後に計算し直されています" in page.text
        assert seen_on(page) != "0" * 64
        assert f'action="/runs/{run_id}/submit"' in page.text
    assert portal.state(run_id) == "draft"
