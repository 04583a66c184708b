"""閉庁日・年間予定・年度開始・月ごとの予定: the screens of the office's year."""

import re

import pytest
from flask.testing import FlaskClient

from consortium.clock import FrozenClock
from tests.pages import errors_of, submit, token
from tests.people import ITAYANAGI, People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

STEP: dict[str, object] = {
    "title": "研修会",
    "document": "案内",
    "nominal_on": "令和8年12月6日",
    "roll_rule": "previous_open_day",
    "role": "lead_staff",
    "record_id": "11111111-1111-4111-8111-111111111111",
}
DAY: dict[str, object] = {
    "day": "R8.8.14",
    "name": "庁舎の点検",
    "way": "closed",
    "code": "",
    "record_id": "11111111-1111-4111-8111-111111111111",
}


@pytest.fixture
def portal(app: object, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)  # type: ignore[arg-type]  # the application


@pytest.fixture
def lead(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def row_of(page: str, text: str) -> str:
    """Give the row of a table in which a text stands."""
    rows: list[str] = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    return next(row for row in rows if text in row)


def link_in(row: str, words: str) -> str:
    found = re.search(rf'<a href="([^"]+)">{words}', row)
    assert found, f"no link 「{words}」 in {row}"
    return str(found[1]).replace("&amp;", "&")


# ---- 閉庁日 --------------------------------------------------------------------------------------


def test_the_list_of_a_year_shows_day_name_and_source(lead: FlaskClient) -> None:
    assert lead.get("/closed-days").location == "/closed-days/2026"
    page = lead.get("/closed-days/2026").text
    row = row_of(page, "令和8年7月20日")
    assert "海の日" in row
    assert "全団体" in row
    assert "祝日の計算（jpholiday）" in row
    assert "年末年始（12月29日〜1月3日）" in row_of(page, "令和8年12月31日")
    assert "まだ公表されていない祝日" not in page


def test_importing_fills_a_year_marks_predictions_and_again_says_nothing_changed(
    lead: FlaskClient,
) -> None:
    assert "この年の閉庁日はまだありません" in lead.get("/closed-days/2029").text
    for said in ("祝日を取り込みました（追加 ", "変わったところはありません"):
        answer = submit(lead, "/closed-days/2029/import", {}, page="/closed-days/2029")
        assert answer.location == "/closed-days/2029"
        page = lead.get("/closed-days/2029").text
        assert said in page
    assert "まだ公表されていない祝日があります" in page
    assert "予測" in row_of(page, "成人の日")
    assert "予測" not in row_of(page, "令和11年12月31日")


def test_a_day_is_added_once_for_one_town_and_can_be_edited_and_removed(lead: FlaskClient) -> None:
    for _ in range(2):
        answer = submit(lead, "/closed-days/2026/new", {**DAY, "code": ITAYANAGI})
        assert answer.location == "/closed-days/2026"
    page = lead.get("/closed-days/2026").text
    assert page.count("<td>庁舎の点検</td>") == 1
    row = row_of(page, "<td>庁舎の点検")
    assert "板柳町" in row
    edit = link_in(row, "編集")
    version = re.search(r'name="row_version"[^>]*value="(\d+)"', lead.get(edit).text)
    assert version
    fields = {"name": "点検", "way": "closed", "row_version": version[1]}
    assert submit(lead, edit, fields).status_code == 302
    stale = submit(lead, edit, {**fields, "name": "修繕"})
    assert stale.status_code == 409
    assert "点検" in stale.text
    assert "修繕" in stale.text
    remove = link_in(row_of(lead.get("/closed-days/2026").text, "<td>点検"), "削除")
    assert submit(lead, remove, {"row_version": "2"}).status_code == 302
    assert "<td>点検</td>" not in lead.get("/closed-days/2026").text


def test_a_holiday_taken_off_stays_as_a_day_that_is_open(lead: FlaskClient) -> None:
    remove = link_in(row_of(lead.get("/closed-days/2026").text, "海の日"), "開庁日にする")
    submit(lead, remove, {"row_version": "1"})
    page = lead.get("/closed-days/2026").text
    assert "祝日を取り込んでも、閉庁日に戻りません" in page
    assert "開庁</span>" in row_of(page, "海の日")


def test_a_refusal_stands_at_its_field_and_loses_nothing(lead: FlaskClient) -> None:
    answer = submit(lead, "/closed-days/2026/new", {**DAY, "day": "R8.8.15"})
    assert answer.status_code == 400
    assert "令和8年8月15日は、もともと閉庁日です" in errors_of(answer)["day"]
    assert "庁舎の点検" in answer.text
    empty = submit(lead, "/closed-days/2026/new", {"record_id": DAY["record_id"]})
    assert set(errors_of(empty)) >= {"day", "name"}


@pytest.mark.parametrize("year", ["1988", "2100", "99999999"])
def test_a_year_nobody_knows_is_a_page_that_does_not_exist(lead: FlaskClient, year: str) -> None:
    assert lead.get(f"/closed-days/{year}").status_code == 404


# ---- 年間予定 ------------------------------------------------------------------------------------


def test_the_year_shows_moved_days_states_who_and_the_screen(lead: FlaskClient) -> None:
    assert lead.get("/year-plan").location == "/year-plan/2026"
    page = lead.get("/year-plan/2026").text
    settlement = row_of(page, "前年度の精算")
    assert "R8.5.29" in settlement
    assert "5月31日は日曜日のため、前開庁日" in settlement
    assert "令和7年度" in settlement
    assert "確定がまだ発行されていません（承認者）" in settlement
    assert "期限超過" in settlement
    assert link_in(settlement, "精算を開く") == "/settlements/2025"
    estimate = row_of(page, "次年度の概算の通知")
    assert link_in(estimate, "費用を開く") == "/costs/2027/estimate"
    assert lead.get("/costs/2027/estimate").status_code == 200


def test_every_screen_a_step_leads_to_opens(lead: FlaskClient) -> None:
    page = lead.get("/year-plan/2026").text
    found = set(re.findall(r'<td class="p-table__actions"><a href="([^"]+)"', page))
    assert len(found) >= 6
    for path in found:
        assert lead.get(path.replace("&amp;", "&")).status_code == 200, path


def test_a_step_is_added_once_edited_with_both_versions_and_removed(lead: FlaskClient) -> None:
    for _ in range(2):
        assert submit(lead, "/year-plan/2026/new", STEP).location == "/year-plan/2026"
    page = lead.get("/year-plan/2026").text
    assert len(re.findall(r'<th scope="row">研修会', page)) == 1
    row = row_of(page, "研修会")
    assert "12月6日は日曜日のため、前開庁日" in row
    edit = link_in(row, "編集")
    changed = {**STEP, "title": "説明会", "row_version": "1"}
    assert submit(lead, edit, changed).status_code == 302
    stale = submit(lead, edit, {**changed, "title": "研究会"})
    assert stale.status_code == 409
    assert "説明会" in stale.text
    assert "研究会" in stale.text
    remove = link_in(row_of(lead.get("/year-plan/2026").text, "説明会"), "削除")
    assert submit(lead, remove, {"row_version": "2"}).status_code == 302
    assert (
        "説明会"
        not in lead.get("/year-plan/2026").text.partition("</h1>")[2].partition("を削除しました")[2]
    )


def test_a_day_outside_the_year_is_refused_at_its_field(lead: FlaskClient) -> None:
    answer = submit(lead, "/year-plan/2026/new", {**STEP, "nominal_on": "R9.4.1"})
    assert answer.status_code == 400
    assert "は、令和8年度の日ではありません" in errors_of(answer)["nominal_on"]
    assert "研修会" in answer.text


def test_a_step_is_marked_done_with_a_note_by_the_approver_as_well(
    portal: Portal, lead: FlaskClient
) -> None:
    approver = portal.cast.client("lead_approver")
    row = row_of(approver.get("/year-plan/2026").text, "次年度の概算の通知")
    assert "編集" not in row
    finish = link_in(row, "済にする")
    page = approver.get(finish).text
    assert "この予定を済とします" in page
    assert "期日が閉庁日に当たるとき" not in page
    assert "令和8年度の年間予定" in page
    assert "2026年度" not in page
    without = submit(approver, finish, {"row_version": "1", "note": " "})
    assert without.status_code == 400
    assert "したことを入力してください" in errors_of(without)["note"]
    assert submit(approver, finish, {"row_version": "1", "note": "文書で通知"}).status_code == 302
    row = row_of(lead.get("/year-plan/2026").text, "次年度の概算の通知")
    assert "文書で通知" in row
    assert "手入力" in row
    assert submit(lead, link_in(row, "済を取り消す"), {"row_version": "2"}).status_code == 302
    assert "済にする" in row_of(lead.get("/year-plan/2026").text, "次年度の概算の通知")


def test_the_auditor_reads_and_changes_nothing(portal: Portal) -> None:
    auditor = portal.cast.client("auditor")
    for path in ("/year-plan/2026", "/closed-days/2026", "/year-start/2027"):
        page = auditor.get(path)
        assert page.status_code == 200
        assert "<form" not in page.text.partition("<main")[2].partition("</main>")[0]
        assert ">編集<" not in page.text


def test_without_the_holidays_of_a_year_the_page_says_so(lead: FlaskClient) -> None:
    page = lead.get("/year-plan/2028").text
    assert "2028年・2029年の祝日がない" in page
    assert "令和10年度の年間予定はまだありません" in page


# ---- 年度開始 ------------------------------------------------------------------------------------


def test_the_start_copies_once_and_the_second_time_says_there_is_nothing(
    portal: Portal, lead: FlaskClient
) -> None:
    page = lead.get("/year-start/2027").text
    assert "令和8年度の予定を、1年ずらして写します" in page
    assert "4月1日に有効な負担ルール" in page
    assert "確認事項" in page
    send = {"csrf_token": token(lead.get("/year-start/2027"))}
    assert lead.post("/year-start/2027", data=send).location == "/year-start/2027"
    assert "年間予定を28件" in lead.get("/year-start/2027").text
    before = portal.everything()
    lead.post("/year-start/2027", data=send)
    assert portal.everything() == before
    assert "年度開始は、もう済んでいます" in lead.get("/year-start/2027").text


def test_every_check_leads_to_a_screen_that_opens(lead: FlaskClient) -> None:
    page = lead.get("/year-start/2027").text.partition('id="checks"')[2]
    found = re.findall(r'<td class="p-table__actions"><a href="([^"]+)"', page)
    assert len(found) >= 6
    for path in found:
        assert lead.get(path.replace("&amp;", "&")).status_code == 200, path


# ---- 今月の仕事 ----------------------------------------------------------------------------------


def test_this_month_holds_its_steps_what_is_left_over_and_leads_on(lead: FlaskClient) -> None:
    page = lead.get("/this-month").text
    assert "令和8年12月の予定" in page
    assert "先月までの予定で、済んでいないもの" in page
    assert 'href="/this-month/2026-11"' in page
    assert 'href="/this-month/2027-01"' in page
    november = lead.get("/this-month/2026-11").text
    assert "第3期の納期限" in november
    assert "先月までの予定" not in november
    assert 'href="/this-month"' in november
    january = lead.get("/this-month/2027-01").text
    assert 'href="/this-month/2026-12"' in january
    assert "月次費用報告（12月分）" in january


@pytest.mark.parametrize("month", ["2026-13", "now", "1989-12", "2099-01", "0000-00"])
def test_a_month_that_cannot_be_shown_is_a_page_that_does_not_exist(
    lead: FlaskClient, month: str
) -> None:
    assert lead.get(f"/this-month/{month}").status_code == 404


@pytest.mark.parametrize("path", ["/this-month/2026-11", "/year-plan/2026", "/closed-days/2026"])
def test_the_pages_need_eight_statements_at_most(
    portal: Portal, lead: FlaskClient, path: str
) -> None:
    portal.run(2026, "planned")
    assert statements_of(portal, lead, path) <= 8
