"""遅延の影響: the page before a plan's dates change, and confirming what it showed."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.db.store import plans
from consortium.db.unit import writing
from consortium.domain.onboarding.plan import Plan
from tests.delayed import NOW, approved, cost_as_in_the_design, draft, fill_calendar, stored
from tests.factories import OFFICER
from tests.pages import errors_of
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of


@pytest.fixture
def clock() -> FrozenClock:
    """Let it be the spring before the plan begins."""
    return FrozenClock(NOW)


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    """Give the sample with a filled calendar."""
    found = open_portal(app, cast, clock)
    with app.app_context():
        fill_calendar(found.office.staff)
    return found


@pytest.fixture
def plan(portal: Portal) -> Plan:
    """Give 平川市's plan, approved, and the costs of the design's example."""
    with portal.app.app_context():
        cost_as_in_the_design(portal.office.staff)
        return approved(portal.office.staff)


def saved(portal: Portal, plan: Plan) -> Plan:
    with portal.app.app_context():
        return stored(portal.office.staff, plan.id)


def confirm_on(client: FlaskClient, page: TestResponse, reason: str, **more: str) -> TestResponse:
    """Fill in the form at the end of a preview, with everything it hides, and send it."""
    form = page.text.split('id="confirm"')[1]
    action = re.search(r'<form[^>]*action="([^"]+)"', form)
    assert action, "nothing to confirm here"
    hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', form)
    kept = [(_part(each, "name"), _part(each, "value")) for each in hidden]
    fields = [(name, value) for name, value in kept if name not in more]
    return client.post(action[1], data=MultiDict([*fields, ("reason", reason), *more.items()]))


def _part(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def _link(page: str, label: str) -> str:
    """Give the address behind a link that says so."""
    return unescape(page.split(label)[0].rsplit('href="', 1)[1].split('"')[0])


def test_a_delay_is_seen_handed_on_and_confirmed(portal: Portal, plan: Plan) -> None:
    lead, approver = portal.cast.client("lead_staff"), portal.cast.client("lead_approver")
    before = portal.everything()
    asked = {"do": "task", "task": "A3", "task_days": "80", "task_before": "", "task_window": ""}
    answer = lead.get(f"/plans/{plan.id}/change", query_string=asked)
    assert answer.status_code == 302
    # The change stands in the address, which can be kept and sent.
    late = answer.headers["Location"]
    assert parse_qsl(urlsplit(late).query) == [("days", "A3 80")]
    page = lead.get(late).text
    for said in (
        "業務日を60日から80日に", "不足 60 業務日です。", "82,720,867", "△4,573,793", "83,837,328",
        "按分期間：月割", "3月議会に間に合わず", "120,000,000", "23件が動きます。",
    ):  # fmt: skip
        assert said in page
    assert "この変更を確定する" not in page, "本稼働日 has to be chosen first"
    chosen = _link(page, "（最も早い日）")
    assert ("anchor", "2019-07-02") in parse_qsl(urlsplit(chosen).query)
    assert "このページのアドレスを承認者に渡してください" in lead.get(chosen).text
    assert portal.everything() == before, "nobody has changed anything yet"

    shown = approver.get(chosen)
    assert "checked" in shown.text.split('name="replans"')[0].rsplit("<input", 1)[1]
    refused = confirm_on(approver, shown, "", replans="y")
    assert refused.status_code == 400
    assert errors_of(refused) == {"reason": "理由を入力してください。"}
    # The page that refused it carries the change on.
    sent = confirm_on(approver, refused, "差異の検討に時間を要したため", replans="y")
    assert sent.status_code == 302
    now = saved(portal, plan)
    assert (str(now.anchor_on), now.revision) == ("2019-07-02", plan.revision + 1)
    assert "変更1" in approver.get(f"/plans/{plan.id}").text
    compared = lead.get(f"/plans/{plan.id}/compare?old=1&new=2").text
    assert "平成31年4月1日" in compared
    assert "令和元年7月2日" in compared


def test_what_changed_meanwhile_is_shown_again(portal: Portal, plan: Plan) -> None:
    lead = portal.cast.client("lead_staff")
    shown = lead.get(f"/plans/{plan.id}/change?days=D3+100")
    other = lead.get(f"/plans/{plan.id}/change?days=F3+30")
    assert confirm_on(lead, other, "先の変更").status_code == 302
    late = confirm_on(lead, shown, "後の変更")
    assert late.status_code == 409
    assert "新しい影響を確かめて" in late.text
    assert saved(portal, plan).revision == plan.revision + 1
    # The new page stands for the new state: sent again, it is what was seen.
    assert confirm_on(lead, late, "後の変更").status_code == 302
    assert saved(portal, plan).revision == plan.revision + 2


def test_a_revision_no_form_has_sent_is_out_of_date(portal: Portal, plan: Plan) -> None:
    lead = portal.cast.client("lead_staff")
    shown = lead.get(f"/plans/{plan.id}/change?days=D3+100")
    for typed in ("9" * 5000, "99999999999", "x"):
        assert confirm_on(lead, shown, "変更", seen_revision=typed).status_code == 409
    assert saved(portal, plan).revision == plan.revision


def test_links_days_and_pulled_tasks_are_added_and_taken_back(portal: Portal, plan: Plan) -> None:
    lead = portal.cast.client("lead_staff")
    here = f"/plans/{plan.id}/change"
    link = {
        "do": "link",
        "link_before": "E1",
        "link_after": "E2",
        "link_type": "FS",
        "link_lag": "4",
    }
    first = lead.get(here, query_string={**link, "days": "C1 15"}).headers["Location"]
    assert parse_qsl(urlsplit(first).query) == [("days", "C1 15"), ("link", "E1 E2 FS 4")]
    gone = {**link, "link_dropped": "y"}
    then = lead.get(f"{first}&pull=C2", query_string=None)
    assert "C2 契約" in then.text
    assert "前倒しする" in then.text
    assert lead.get(_link(then.text, "取りやめる")).status_code == 200
    dropped = lead.get(here, query_string=gone).headers["Location"]
    assert parse_qsl(urlsplit(dropped).query) == [("drop", "E1 E2 FS")]
    day = {"do": "day", "day_anchor": "令和元年7月2日", "day_start": ""}
    assert "anchor=2019-07-02" in lead.get(here, query_string=day).headers["Location"]
    freed = {"do": "task", "task": "D2", "task_freed": "y", "task_window": "none"}
    assert parse_qsl(urlsplit(lead.get(here, query_string=freed).headers["Location"]).query) == [
        ("before", "D2"),
        ("window", "D2"),
    ]


#: query → what the page says of it
NOT_READ = {
    "days=A3+many": "アドレスの一部が読めません。",
    "link=A1+A2+XX+0": "アドレスの一部が読めません。",
    "anchor=2019-13-01": "アドレスの一部が読めません。",
    "days=A9+3": "作業「A9」は、この工程にありません。",
    "link=C2+C1+FS+0": "C1 → C2 → C1",
    "link=E1+E2+FS+-1000000000000": "-999から999までの数にしてください。",
    "window=H1+council+999999": "協議会にない団体です。",
    "anchor=2035-04-01": "閉庁日",
    "do=task&task=A3&task_days=99999&task_window=": "0から2000までの数を入力してください。",
    "do=task&task=&task_window=": "作業を選んでください。",
    "do=link&link_before=E1&link_after=E1&link_type=FS": "先行とは別の作業を選んでください。",
}


def test_what_cannot_be_previewed_is_explained(portal: Portal, plan: Plan) -> None:
    lead = portal.cast.client("lead_staff")
    for query, said in NOT_READ.items():
        answer = lead.get(f"/plans/{plan.id}/change?{query}")
        assert answer.status_code == 400, query
        assert said in unescape(answer.text), query


def test_plans_of_one_session_stand_together(portal: Portal) -> None:
    days = {"022101": date(2019, 4, 1), "023612": date(2021, 4, 1), "023817": date(2021, 6, 1)}
    with portal.app.app_context():
        _, fujisaki, itayanagi = (
            draft(portal.office.staff, day, code) for code, day in days.items()
        )
    lead = portal.cast.client("lead_staff")
    page = lead.get("/plans/councils").text
    # In the spring of 2017 there is still time for the two later ones to ride on the earlier vote.
    earlier, first, second = page.split("<h2>")[1:]
    assert earlier.startswith("早い議会に乗せられる工程")
    assert earlier.count("平成30年3月20日") == earlier.count("平川市と一緒に準備できます") == 2
    assert first.startswith("平成30年3月の議会")
    assert "平川市" in first
    assert second.startswith("令和2年3月の議会")
    assert "藤崎町・板柳町は、準備をまとめられます。" in second
    # Who does not go on, or has arrived, rides nowhere and is nobody's company.
    with portal.app.app_context(), writing(OFFICER, NOW) as unit:
        for old, state in ((fujisaki, "stopped"), (itayanagi, "done")):
            plans.save_plan(unit, portal.office.staff.consortium_id, old, replace(old, state=state))
    (left,) = lead.get("/plans/councils").text.split("<h2>")[1:]
    assert left.startswith("平成30年3月の議会")
    assert "藤崎町" not in left
    assert "板柳町" not in left


def test_a_preview_reads_each_thing_once(portal: Portal, plan: Plan) -> None:
    lead = portal.cast.client("lead_staff")
    here = f"/plans/{plan.id}/change"
    assert statements_of(portal, lead, here) <= 8
    # What is crossed, and what one fiscal year is shared from: as for a run of that year.
    assert statements_of(portal, lead, f"{here}?days=A3+80") <= 23
