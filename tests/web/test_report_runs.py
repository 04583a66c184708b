"""帳票の作成の画面: what is being made, what failed, and what can be asked of it."""

from datetime import datetime

import pytest
from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.domain.errors import BadInputError
from consortium.usecases import ordering, reporting
from tests.office import chain_faults, report_runs
from tests.pages import submit
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

JANUARY = datetime(2027, 1, 1, 6, tzinfo=TOKYO)


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


def report_of(portal: Portal, kind: str) -> str:
    with portal.app.app_context():
        return report_runs(kind)[-1].id


def tick(portal: Portal, at: datetime) -> None:
    with portal.app.app_context():
        portal.office.tick(at)


def test_an_issue_for_many_towns_leads_to_its_progress_and_goes_on_without_the_page(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", 1)
    run_id = portal.run(2026, "planned", upto="approved")
    approver, page = portal.cast.client("lead_approver"), f"/runs/{run_id}/issue"
    answer = submit(approver, page, {}, page=page)
    path = f"/report-runs/{report_of(portal, 'statement_planned')}"
    assert (answer.status_code, answer.location) == (302, path)
    shown = approver.get(path).text
    assert f'data-progress="{path}/progress" data-phase="moving"' in shown
    assert "作成の順番を待っています。" in shown
    assert path in approver.get(f"/runs/{run_id}").text
    assert path in approver.get("/report-runs").text
    asked = approver.get(f"{path}/progress").json
    assert asked == {
        "state": "due", "made": 0, "total": None, "phase": "moving",
        "text": "作成の順番を待っています。",
    }  # fmt: skip
    tick(portal, datetime(2026, 12, 1, 10, 1, tzinfo=TOKYO))
    asked = approver.get(f"{path}/progress").json
    assert asked is not None
    assert (asked["made"], asked["total"], asked["phase"]) == (8, 8, "over")
    assert portal.state(run_id) == "issued"
    shown = approver.get(path).text
    assert "data-progress" not in shown
    assert shown.count("受け取る<span") == 8


def test_a_failure_stands_at_the_head_of_the_office_until_somebody_tries_again(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = BadInputError("作成しました。", "値が誤りです。", "直してください。")
    portal.run(2026, "planned")
    with monkeypatch.context() as patch:
        patch.setattr(reporting, "BACK_OFF", ())
        patch.setattr(reporting, "_write", lambda *_: (_ for _ in ()).throw(wrong))
        tick(portal, JANUARY)
    staff, path = (
        portal.cast.client("lead_staff"),
        f"/report-runs/{report_of(portal, 'monthly_cost')}",
    )
    for role in ("lead_staff", "lead_approver", "lead_admin", "auditor"):
        page = portal.cast.client(role).get("/this-month").text
        assert "作成できていない帳票があります（1件）" in page
        assert f'href="{path}"' in page
    assert "値が誤りです。" in staff.get(path).text
    assert f"{path}/retry" not in portal.cast.client("auditor").get(path).text
    assert submit(staff, f"{path}/retry", {}, page=path).location == path
    tick(portal, JANUARY)
    assert "作成できていない" not in staff.get("/this-month").text
    assert "令和8年12月分" in staff.get("/report-runs").text.partition('id="done"')[2]


def test_waiting_for_people_is_shown_and_is_no_alarm(portal: Portal) -> None:
    tick(portal, JANUARY)
    staff, path = (
        portal.cast.client("lead_staff"),
        f"/report-runs/{report_of(portal, 'monthly_cost')}",
    )
    assert "作成できていない" not in staff.get("/this-month").text
    assert "この年度の負担金の発行待ち" in staff.get("/report-runs").text
    assert 'data-phase="waiting"' in staff.get(path).text
    answer = submit(staff, f"{path}/run-now", {}, page=path)
    assert answer.location == path
    assert "まだ作成できません（この年度の負担金の発行待ち）。" in staff.get(path).text
    portal.run(2026, "planned")
    submit(staff, f"{path}/run-now", {}, page=path)
    assert "作成し、公開しました。" in staff.get(path).text


def test_a_new_edition_is_made_with_a_reason_that_no_refusal_loses(portal: Portal) -> None:
    portal.run(2026, "planned")
    tick(portal, JANUARY)
    staff, path = (
        portal.cast.client("lead_staff"),
        f"/report-runs/{report_of(portal, 'monthly_cost')}",
    )
    assert f"{path}/remake" in staff.get(path).text
    assert f"{path}/remake" not in portal.cast.client("lead_approver").get(path).text
    refused = submit(staff, f"{path}/remake", {"reason": ""}, page=f"{path}/remake")
    assert refused.status_code == 400
    assert "理由を入力してください。" in refused.text
    answer = submit(staff, f"{path}/remake", {"reason": "体裁の直し"}, page=f"{path}/remake")
    assert answer.location != path
    shown = staff.get(str(answer.location)).text
    assert "第2版" in shown
    assert "体裁の直し" in shown
    assert f"{path}/remake" not in staff.get(path).text
    inbox = portal.cast.client("member_staff", "023817").get("/inbox").text
    assert inbox.partition('id="reports"')[2].count("失効") == 1


def test_a_report_that_waits_is_cancelled_by_the_staff_with_a_reason(portal: Portal) -> None:
    tick(portal, JANUARY)
    staff, path = (
        portal.cast.client("lead_staff"),
        f"/report-runs/{report_of(portal, 'monthly_cost')}",
    )
    page = f"{path}/cancel"
    assert page in staff.get(path).text
    assert page not in portal.cast.client("lead_approver").get(path).text
    refused = submit(staff, page, {"reason": ""}, page=page)
    assert (refused.status_code, "理由を入力してください。" in refused.text) == (400, True)
    answer = submit(staff, page, {"reason": "前の事務局が出した"}, page=page)
    assert answer.location == path
    shown = staff.get(path).text
    assert "前の事務局が出した" in shown.partition('id="events"')[2]
    assert page not in shown
    assert f"{path}/remake" in shown
    assert "作成を取り消しました。" in staff.get("/report-runs").text.partition('id="done"')[2]
    assert "ここでは取り消せません" in staff.get(page).text
    with portal.app.app_context():
        assert chain_faults(portal.office) == []


def test_a_missing_month_is_chosen_from_those_that_ended(portal: Portal) -> None:
    portal.run(2026, "planned")
    staff, path = portal.cast.client("lead_staff"), "/report-runs/new"
    assert "令和8年12月分" not in staff.get(path).text
    for chosen in ("", "monthly_cost 2026-12", "archive FY2026"):
        assert submit(staff, path, {"chosen": chosen}, page=path).status_code == 400
    answers = [submit(staff, path, {"chosen": "monthly_cost 2026-11"}, page=path) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert "作成し、公開しました。" in staff.get(str(answers[0].location)).text


def test_the_pages_need_eight_statements_at_most(portal: Portal) -> None:
    portal.run(2026, "planned")
    tick(portal, datetime(2027, 5, 2, tzinfo=TOKYO))
    staff = portal.cast.client("lead_staff")
    assert statements_of(portal, staff, "/report-runs") <= 4
    path = f"/report-runs/{report_of(portal, 'monthly_cost')}"
    assert statements_of(portal, staff, path) <= 8
    assert statements_of(portal, staff, f"{path}/progress") <= 2
