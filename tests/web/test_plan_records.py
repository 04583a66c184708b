"""工程の記録: the seven kinds on the plan's page, entered by the office and by the town."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.db.models import AuditEvent, Plan
from consortium.db.store import members
from consortium.db.store.feeds import OfPlans
from consortium.db.unit import reading, writing
from consortium.domain.onboarding.records import KINDS
from consortium.usecases import plan_progress, plans
from consortium.usecases.plan_days import plan_days
from consortium.usecases.plan_progress import Progress
from tests import planning
from tests.factories import NOW, OFFICER
from tests.office import ITAYANAGI
from tests.pages import errors_of, submit
from tests.people import People
from tests.planning import PLAN_ID, TSURUTA, approved_plan
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

PLAN = f"/plans/{PLAN_ID}"
RECORDS = f"{PLAN}/records"
VOTE = {
    "kind": "議会", "task_code": "B3", "code": TSURUTA, "decided_on": "R7.12.15",
    "bill": "議案第12号", "result": "条件付可決", "rider": "執行を凍結する",
    "votes_for": "10", "votes_against": "2", "source": "会議録",
}  # fmt: skip
PAPER = {"task_code": "A2", "title": "調査票", "number": "4企第1号", "dated_on": "R7.3.1"}
ISSUE = {"text": "文字同定が遅い", "task_code": "", "severity": "高", "state": "未対応"}


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    """Give the portal of the sample consortium with the approved plan of 鶴田町."""
    found = open_portal(app, cast, clock)
    with app.app_context():
        approved_plan(found.office.staff)
    return found


@pytest.fixture
def staff(portal: Portal, cast: People) -> FlaskClient:
    """Log in as the officer."""
    return cast.client("lead_staff")


@pytest.fixture
def town(portal: Portal, cast: People) -> FlaskClient:
    """Log in as somebody of 鶴田町."""
    return cast.client("member_staff", TSURUTA)


def add(client: FlaskClient, records: str, **typed: str) -> TestResponse:
    """Fill in the form of a new record."""
    path = f"{RECORDS}/{records}/new"
    found = re.search(r'name="record_id"[^>]*value="([^"]+)"', client.get(path).text)
    assert found
    return submit(client, path, {"record_id": found[1], "row_version": "1", **typed})


def record_of(client: FlaskClient, kind: str, page: str = "") -> str:
    """Give the address of the newest record of a kind that the plan's page lets change."""
    text = page or client.get(PLAN).text
    found = re.findall(rf'href="({RECORDS}/{kind}/[0-9a-f-]{{36}})"', text)
    assert found
    return str(found[-1])


def change(client: FlaskClient, path: str, version: int = 1, **typed: str) -> TestResponse:
    """Fill in the form of a record that is there."""
    own = {"record_id": path.rsplit("/", 1)[1], "row_version": str(version)}
    return submit(client, path, {**own, **typed})


def member_id(portal: Portal) -> str:
    """Give the id of 鶴田町."""
    with portal.app.app_context(), reading() as session:
        every = members.members(session, portal.office.consortium_id)
    return next(each.id for each in every if each.code == TSURUTA)


def set_plan(portal: Portal, **columns: object) -> None:
    """Put the plan into another state, whatever leads there (工程の状態)."""
    with portal.app.app_context(), writing(OFFICER, NOW) as unit:
        row = unit.session.get(Plan, PLAN_ID)
        assert row
        for name, value in columns.items():
            setattr(row, name, value)
        unit.record(portal.office.consortium_id, "plan.change", "plan", PLAN_ID, "試験")


def test_money_waits_until_the_freeze_is_lifted(portal: Portal, staff: FlaskClient) -> None:
    assert add(staff, "decisions", **VOTE).status_code == 302
    vote = record_of(staff, "decisions")
    budget = {
        "member_id": member_id(portal), "kind": "債務負担", "fiscal_year_start": "2026",
        "last_fiscal_year_start": "2031", "limit_amount": "120,000,000", "state": "執行可",
        "decision_id": vote.rsplit("/", 1)[1], "executable_on": "R8.1.20",
    }  # fmt: skip
    frozen = add(staff, "budgets", **budget)
    assert frozen.status_code == 400
    assert "凍結がまだ解除されていません" in frozen.text
    assert "凍結解除日がまだ登録されていません" in staff.get(PLAN).text
    lifted = {**VOTE, "freeze_lifted_on": "令和8年1月20日"}
    assert change(staff, vote, **lifted).status_code == 302
    assert add(staff, "budgets", **budget).status_code == 302
    page = staff.get(PLAN).text
    for said in ("議会 令和7年12月15日 議案第12号 条件付可決", "令和8年度〜令和13年度 債務負担",
                 "120,000,000円", "令和8年1月20日"):  # fmt: skip
        assert said in page
    assert "凍結解除日がまだ" not in page
    # The vote cannot go while the budget rests on it.
    refused = submit(staff, f"{vote}/remove", {"row_version": "2"})
    assert refused.status_code == 409
    assert "によっています" in refused.text


def test_every_kind_is_entered_shown_and_deleted(portal: Portal, staff: FlaskClient) -> None:
    typed = {
        "contracts": {
            "kind": "利用", "title": "クラウド利用", "vendor": "見本社", "concluded_on": "R8.2.1",
            "since": "R9.4.1", "until": "令和10年3月31日", "parent_id": "",
        },
        "migrations": {
            "wave": "", "round": "1", "run_on": "R8.11.1", "state": "合格",
            "extracted": "172,000", "loaded": "172,000", "error_count": "0",
            "minutes": "2,147,483,647",
        },
        "evidence": PAPER,
        "judgements": {
            "task_code": "G2", "decided_on": "R8.11.30", "result": "条件付可",
            "rider": "帳票を直す", "conditions_due_on": "R8.12.20", "source": "判定書",
        },
        "issues": ISSUE,
    }  # fmt: skip
    for kind, fields in typed.items():
        made = add(staff, kind, **fields)
        assert made.status_code == 302, (kind, errors_of(made))
    page = staff.get(PLAN).text
    for said in ("利用契約「クラウド利用」", "令和10年3月31日", "第1回", "172,000", "A2 調査票",
                 "稼働判定 令和8年11月30日 条件付可", "令和8年12月20日", "課題1"):  # fmt: skip
        assert said in page
    assert statements_of(portal, staff, PLAN) <= 8
    # What the form shows is what was typed; sent again unchanged, it changes nothing.
    path = record_of(staff, "contracts", page)
    assert 'value="令和10年3月31日"' in staff.get(path).text
    assert change(staff, path, **typed["contracts"]).status_code == 302
    wrong = add(
        staff,
        "migrations",
        # One more than a column of 32 bits holds.
        **{**typed["migrations"], "loaded": "1.5", "extracted": "2,147,483,648"},
    )
    assert errors_of(wrong).keys() == {"loaded", "extracted"}
    twice = add(staff, "migrations", **typed["migrations"])
    assert "同じ業務の波・回の移行" in errors_of(twice)["round"]
    paths = [record_of(staff, kind, page) for kind in typed]
    for path in paths:
        answer = submit(staff, f"{path}/remove", {"row_version": "1"})
        assert answer.status_code == 302, (path, answer.text)
    left = staff.get(PLAN).text
    assert not [path for path in paths if path in left]


def test_the_town_enters_its_papers_and_issues_only(
    portal: Portal, staff: FlaskClient, town: FlaskClient
) -> None:
    assert add(town, "evidence", **PAPER).status_code == 302
    assert add(town, "issues", **ISSUE).status_code == 302
    assert town.get(f"{RECORDS}/decisions/new").status_code == 404
    # A4 is the lead city's task.
    assert "A4" not in town.get(f"{RECORDS}/evidence/new").text.replace("A4判", "")
    assert add(town, "evidence", **{**PAPER, "task_code": "A4"}).status_code == 400
    paper = record_of(town, "evidence")
    assert submit(town, f"{paper}/confirm", {}, page=f"{paper}").status_code in (403, 404)
    # Once confirmed, the town reads it only; a change by the office asks for another look.
    for seen in ("9", "9" * 5000):
        late = submit(staff, f"{paper}/confirm", {"row_version": seen}, page=PLAN)
        assert late.status_code == 409
    assert submit(staff, f"{paper}/confirm", {"row_version": "1"}, page=PLAN).status_code == 302
    assert town.get(paper).status_code == 404
    assert paper not in town.get(PLAN).text
    assert "確認済" in town.get(PLAN).text
    assert change(staff, paper, 2, **{**PAPER, "title": "調査票（改）"}).status_code == 302
    assert "確認待ち" in town.get(PLAN).text
    # A plan that was given up keeps its records as they are.
    set_plan(portal, state="stopped")
    assert "調査票（改）" in staff.get(PLAN).text
    assert f"{RECORDS}/" not in staff.get(PLAN).text
    assert staff.get(paper).status_code == 409
    assert town.get(f"{RECORDS}/issues/new").status_code == 404


def test_a_shared_plan_shows_another_town_none_of_its_records(
    portal: Portal, cast: People, staff: FlaskClient, town: FlaskClient
) -> None:
    said = {"issues": "文字同定が遅い", "evidence": "4企第1号", "decisions": "議案第12号"}
    assert add(staff, "decisions", **VOTE).status_code == 302
    assert add(town, "evidence", **PAPER).status_code == 302
    assert add(town, "issues", **ISSUE, due_on="R8.12.25").status_code == 302
    paths = [record_of(staff, kind) for kind in said]
    others = [cast.client(role, ITAYANAGI) for role in ("member_staff", "member_admin")]
    assert {each.get(PLAN).status_code for each in others} == {404}
    set_plan(portal, is_shared=True)
    assert "凍結解除日がまだ登録されていません" in town.get(PLAN).text
    for other in others:
        page = other.get(PLAN)
        assert page.status_code == 200
        assert "B3" in page.text  # the plan itself is shared
        found = [
            word for word in (*said.values(), "凍結解除日", "record-findings") if word in page.text
        ]
        assert found == []
        assert [key for key in KINDS if f'id="{key}"' in page.text] == []
    for path in [*(f"{RECORDS}/{key}/new" for key in KINDS), *paths]:
        assert others[0].get(path).status_code == 404, path
        assert others[0].get(f"{path}/remove").status_code == 404, path
    readers = [town, staff, *(cast.client(role) for role in ("lead_approver", "auditor"))]
    for reader in [*readers, cast.client("member_admin", TSURUTA)]:
        page = reader.get(PLAN)
        assert [word for word in said.values() if word not in page.text] == []
    # The calendars are decided by the same: the day of the issue is for the town and the lead side.
    with portal.app.app_context():
        every = OfPlans("", "", with_tasks=False)
        staffer = portal.office.staff
        seen = {
            code: [
                due.day
                for due in plan_days(planning.town(staffer, code), every)
                if "issue" in due.key
            ]
            for code in (TSURUTA, ITAYANAGI)
        }
    assert seen == {TSURUTA: [date(2026, 12, 25)], ITAYANAGI: []}


def test_nobody_adds_records_to_a_plan_counted_back(
    portal: Portal, staff: FlaskClient, town: FlaskClient
) -> None:
    assert add(town, "evidence", **PAPER).status_code == 302
    assert add(town, "issues", **ISSUE).status_code == 302
    paper, issue = record_of(staff, "evidence"), record_of(staff, "issues")
    set_plan(portal, is_reference=True)
    before = portal.everything()
    new = {"record_id": "7b0c1b3e-0000-4000-8000-000000000001", "row_version": "1", **ISSUE}
    elsewhere = "/account"
    for client, status in ((staff, 409), (town, 404)):
        for path in (f"{RECORDS}/issues/new", issue, paper, f"{issue}/remove"):
            assert client.get(path).status_code == status, path
            assert submit(client, path, new, page=elsewhere).status_code == status, path
    confirmed = submit(staff, f"{paper}/confirm", {"row_version": "1"}, page=elsewhere)
    assert confirmed.status_code == 404
    assert portal.everything() == before
    assert f"{RECORDS}/" not in staff.get(PLAN).text


def test_two_editors_and_a_form_sent_twice(portal: Portal, staff: FlaskClient) -> None:
    path = f"{RECORDS}/issues/new"
    found = re.search(r'name="record_id"[^>]*value="([^"]+)"', staff.get(path).text)
    assert found
    for _ in range(2):
        sent = {"record_id": found[1], "row_version": "1", **ISSUE}
        assert submit(staff, path, sent).status_code == 302
    assert staff.get(PLAN).text.count("文字同定が遅い") == 1
    issue = record_of(staff, "issues")
    working = {**ISSUE, "state": "対応中", "in_charge": "鶴田 太郎"}
    assert change(staff, issue, 1, **working).status_code == 302
    late = change(staff, issue, 1, **{**working, "in_charge": "弘前 花子"})
    assert late.status_code == 409
    assert "鶴田 太郎" in late.text
    assert "弘前 花子" in late.text
    step_back = change(staff, issue, 2, **{**ISSUE, "state": "未対応"})
    assert step_back.status_code == 400
    # Sent again as it is, it says nothing new.
    assert change(staff, issue, 2, **working).status_code == 302
    with portal.app.app_context(), reading() as session:
        events = session.query(AuditEvent).filter_by(object_type="plan_issue").all()
        assert sorted(each.action for each in events) == ["plan_issue.change", "plan_issue.create"]


def test_a_vote_put_off_leads_to_the_preview_a_judgement_no_opens_the_trial_run(
    portal: Portal, staff: FlaskClient, clock: FrozenClock
) -> None:
    put_off = add(staff, "decisions", **{**VOTE, "result": "継続", "rider": ""})
    assert put_off.headers["Location"] == f"{PLAN}/change?before=B3+2025-12-16"
    assert "令和7年12月16日より前には始めない" in staff.get(put_off.headers["Location"]).text
    add(staff, "evidence", **{**PAPER, "task_code": "G1"})
    done = Progress("done", date(2026, 10, 1), date(2026, 10, 30))
    with portal.app.app_context():
        plan_progress.report_task(
            portal.office.staff, PLAN_ID, "G1", 1, done, "", clock.now(), clock.today()
        )
    no = add(
        staff, "judgements", task_code="G2", decided_on="R8.11.30", result="否", source="判定書"
    )
    assert no.headers["Location"] == f"{PLAN}/change"
    with portal.app.app_context():
        trial = plans.read_plan(portal.office.staff, PLAN_ID).task("G1")
    assert trial
    assert (trial.state, trial.started_on, trial.finished_on) == (
        "working", date(2026, 10, 1), None,
    )  # fmt: skip


def test_one_day_has_one_decision_of_a_kind_on_a_task_of_a_town(staff: FlaskClient) -> None:
    """Of two, nobody could say which of them holds."""
    put_off = {**VOTE, "result": "継続", "rider": ""}
    assert add(staff, "decisions", **put_off).status_code == 302
    second = add(staff, "decisions", **VOTE)
    assert (second.status_code, list(errors_of(second))) == (400, ["decided_on"])
    assert "同じ工程・種類・団体・日の議決・判定" in errors_of(second)["decided_on"]
    assert add(staff, "decisions", **VOTE | {"decided_on": "R7.12.16"}).status_code == 302
    moved = change(staff, record_of(staff, "decisions"), **VOTE)
    assert (moved.status_code, list(errors_of(moved))) == (400, ["decided_on"])
    # Another town's head decides for itself.
    head = {**put_off, "kind": "首長", "task_code": "A2"}
    for code in (TSURUTA, ITAYANAGI):
        assert add(staff, "decisions", **head | {"code": code}).status_code == 302
