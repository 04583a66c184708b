"""加入工程 in the browser's eyes: made, approved, reported by the town, and seen by whom."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.usecases import calendars, plans, sample_plans
from consortium.usecases.plan_progress import Progress, report_task
from tests import factories, planning
from tests.pages import errors_of, fields_on
from tests.people import ITAYANAGI, People
from tests.planning import PLAN_ID, TSURUTA
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

SHOW = f"/plans/{PLAN_ID}"
TODAY = date(2026, 12, 1)


def send(client: FlaskClient, path: str, typed: dict[str, str]) -> TestResponse:
    """Send the form of a page as it stands but for what is typed."""
    return client.post(path, data={**fields_on(client.get(path)), **typed})


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    """Give a portal in which 鶴田町 is to join on 1 April 2027, as planned so far."""
    opened = open_portal(app, cast, clock)
    with app.app_context():
        planning.plan_kept_up(opened.office.staff, app.config["FILES_DIR"], TODAY)
    return opened


@pytest.fixture
def town(portal: Portal) -> FlaskClient:
    return portal.cast.client("member_staff", TSURUTA)


#: What a new plan is asked to choose.
HEAD = {
    "anchor_on": "R11.4.1", "kind": "join", "anchor_mode": "backward", "legal_form": "agreement",
    "uses_common_layout": "",
}  # fmt: skip


def draft_of_nakadomari(portal: Portal, lead: FlaskClient) -> str:
    """Find 中泊町, make a draft of its plan and give its address."""
    with portal.app.app_context():
        calendars.import_holidays(portal.office.staff, 2029, factories.NOW, TODAY)
    add = "/plans/new/023876"
    assert add in lead.get("/plans/new?q=中泊").text
    assert "よみが空です" in errors_of(send(lead, add, HEAD))["kana"]
    bare = send(lead, add, HEAD | {"kana": "なかどまりまち", "service_id": ""})
    assert "共同サービスが選ばれていません" in errors_of(bare)["service_id"]
    made = send(lead, add, HEAD | {"kana": "なかどまりまち"})
    assert made.status_code == 302
    return made.location


def test_the_pages_take_at_most_eight_statements(portal: Portal) -> None:
    with portal.app.app_context():
        sample_plans.add_references(planning.team(portal.office.staff))
    lead = portal.cast.client("lead_staff")
    past = sample_plans.key("plan", "022101")
    for path in ("/plans", SHOW, f"/plans/{past}", f"{SHOW}/tasks/G1", "/plans/new?q=鶴田"):
        assert statements_of(portal, lead, path) <= 8, path


def test_a_town_reports_its_own_task_and_no_other(portal: Portal, town: FlaskClient) -> None:
    # On 1 December the trial run (原課) is under way, the environment (事業者) is the vendor's.
    page = town.get(SHOW).text
    assert f"{SHOW}/tasks/G1" in page
    assert f"{SHOW}/tasks/D4" not in page
    assert "編集</a>" not in page
    typed = {"state": "working", "started_on": "R8.11.26", "percent": "40", "note": "順調"}
    assert send(town, f"{SHOW}/tasks/G1", typed).location.endswith(SHOW)
    with portal.app.app_context():
        task = plans.read_plan(portal.office.staff, PLAN_ID).task("G1")
    assert task is not None
    assert (task.state, task.started_on, task.percent, task.note) == (
        "working", date(2026, 11, 26), 40, "順調",
    )  # fmt: skip
    for code in ("D4", "D1", "H0"):
        assert town.get(f"{SHOW}/tasks/{code}").status_code == 409


#: What is typed, the field it is refused at, and what is said there.
REFUSED = (
    ({"state": "done"}, "finished_on", "終了日がありません"),
    ({"state": "done", "finished_on": "R8.12.2"}, "finished_on", "まだ来ていません"),
    (
        {"state": "done", "finished_on": "R8.11.25"},
        "finished_on",
        "開始日（令和8年11月26日）より前",
    ),
    ({"state": "working", "started_on": ""}, "started_on", "開始日がありません"),
    ({"state": "waiting"}, "state", "状態が「未着手」"),
    ({"state": "working", "percent": "101"}, "percent", "0から100"),
    # Planned in 2026; the closed days begin with 2024.
    ({"state": "working", "started_on": "H28.11.26"}, "started_on", "離れすぎています"),
    ({"state": "working", "started_on": "R4.11.26"}, "started_on", "閉庁日表が2024年から"),
)


def test_a_report_that_cannot_be_is_refused_at_its_field(town: FlaskClient) -> None:
    given = {"started_on": "R8.11.26", "finished_on": "", "percent": "10"}
    for typed, field, message in REFUSED:
        page = send(town, f"{SHOW}/tasks/G1", given | typed)
        assert page.status_code == 400
        assert message in errors_of(page)[field]


def test_who_saves_second_sees_what_the_first_one_saved(portal: Portal, town: FlaskClient) -> None:
    seen = town.get(f"{SHOW}/tasks/G1")
    assert seen.status_code == 200
    with portal.app.app_context():
        staff = portal.office.staff
        task = plans.read_plan(staff, PLAN_ID).task("G1")
        assert task is not None
        entry = Progress("working", date(2026, 11, 26), percent=70, note="幹事市の記入")
        report_task(staff, PLAN_ID, "G1", task.row_version, entry, "", factories.NOW, TODAY)
    stale = {"state": "working", "started_on": "R8.11.26", "percent": "20", "row_version": "1"}
    page = send(town, f"{SHOW}/tasks/G1", stale)
    assert page.status_code == 409
    assert "幹事市の記入" in page.text


def conflict_on(page: TestResponse) -> dict[str, list[str]]:
    """Give what was saved and what was typed where they differ, by what it is (競合)."""
    assert page.status_code == 409
    table = page.text.partition('aria-label="保存されている内容とあなたの入力')[2]
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("</table>")[0], re.DOTALL)
    words = [re.sub("<[^>]+>", "\n", row).split("\n") for row in rows[1:]]
    cells = [[word.strip() for word in row if word.strip()] for row in words]
    return {title: rest[:2] for title, *rest in cells if rest[-1] == "違う"}


def test_who_changes_a_plan_second_sees_what_the_first_one_saved(portal: Portal) -> None:
    lead, approver = (portal.cast.client(f"lead_{role}") for role in ("staff", "approver"))
    path = draft_of_nakadomari(portal, lead)
    choices = HEAD | {"uses_common_layout": "yes"}
    task = f"{path}/tasks/A1/draft"
    stop, edit = f"{path}/steps/stop", f"{path}/edit"
    seen = {each: fields_on(lead.get(each)) for each in (task, edit, stop)}
    asked = fields_on(approver.get(f"{path}/approve"))
    first = {"title": "先の題", "is_shared": "y"}
    assert send(lead, edit, HEAD | first).status_code == 302
    late = lead.post(edit, data=seen[edit] | choices | {"title": "後の題"})
    assert conflict_on(late) == {
        "工程名": ["先の題", "後の題"],
        "中間標準レイアウト": ["未定", "使う"],
        "ほかの構成団体にも見せる（共有）": ["はい", "いいえ"],
    }
    assert "先の題" in lead.get(path).text
    # Sent again from the page that showed it, it replaces what was saved.
    assert lead.post(edit, data=fields_on(late) | choices).status_code == 302
    assert "後の題" in lead.get(path).text
    # One more day for the same task, by two people.
    assert send(lead, task, {"days": "41"}).status_code == 302
    days = lead.post(task, data=seen[task] | {"days": "43", "not_before": "R9.4.1"})
    assert conflict_on(days) == {"業務日": ["41", "43"], "着手可能日": ["なし", "令和9年4月1日"]}
    # A step says what the plan is by now, and what it would be.
    stale = approver.post(f"{path}/approve", data=asked | {"reason": "総会で説明"})
    assert conflict_on(stale) == {"状態": ["草案", "承認済"]}
    assert "後の題" in stale.text
    assert "この内容で置き換える" not in stale.text
    again = approver.post(f"{path}/approve", data=fields_on(stale) | {"reason": "総会で説明"})
    assert again.status_code == 302
    given_up = lead.post(stop, data=seen[stop] | {"reason": "都合"})
    assert conflict_on(given_up) == {"状態": ["承認済", "中止"]}


def test_a_done_task_is_opened_again_with_a_reason_only(portal: Portal) -> None:
    lead = portal.cast.client("lead_staff")
    typed = {"state": "working", "started_on": "R8.11.2", "finished_on": "", "percent": "90"}
    page = send(lead, f"{SHOW}/tasks/E4", typed)
    assert "理由を書いてください" in errors_of(page)["reason"]
    assert send(lead, f"{SHOW}/tasks/E4", typed | {"reason": "再実施"}).status_code == 302


def test_a_stopped_plan_offers_no_step(portal: Portal) -> None:
    lead, steps = portal.cast.client("lead_staff"), (f"{SHOW}/joining/", f"{SHOW}/steps/")
    assert [each in lead.get(SHOW).text for each in steps] == [True, True]
    stopped = send(lead, f"{SHOW}/steps/stop", {"reason": "見送り"})
    assert stopped.location.endswith(SHOW)
    assert [each in lead.get(SHOW).text for each in steps] == [False, False]


def test_another_town_finds_nothing(portal: Portal) -> None:
    other = portal.cast.client("member_staff", ITAYANAGI)
    assert "鶴田町" not in other.get("/plans").text
    for path in (SHOW, f"{SHOW}/tasks/A1"):
        assert other.get(path).status_code == 404


def test_a_town_is_found_and_its_plan_made_changed_and_approved(portal: Portal) -> None:
    lead = portal.cast.client("lead_staff")
    path = draft_of_nakadomari(portal, lead)
    assert "0／27" in lead.get("/plans").text
    # One more working day for A1: the draft's dates follow at once.
    task = f"{path}/tasks/A1/draft"
    assert send(lead, task, {"days": "41"}).location.endswith(path)
    assert '<td class="p-num">41</td>' in lead.get(path).text
    approver = portal.cast.client("lead_approver")
    done = send(approver, f"{path}/approve", {"name": "当初計画", "reason": "総会で説明"})
    assert done.status_code == 302
    assert send(lead, task, {"days": "42"}).status_code == 400
    assert "当初計画" in lead.get(path).text
    members = lead.get("/members").text
    assert "加入予定団体" in members
    assert "構成団体（7団体）" in members
