"""納入依頼・督促・年度アーカイブ: what the pages show, ask and refuse."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.usecases import year_closing
from tests.pages import submit, value_of
from tests.people import People
from tests.web.portal import Portal, issued_portal

pytestmark = pytest.mark.usefixtures("plain_files")

#: On 2026-12-01 three instalments of FY2026 are over; the fourth is due on 2027-02-19.
YEAR, FOURTH = "/notices/2026", "/notices/2026/4"
ITAYANAGI = "023817"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return issued_portal(app, cast, clock, 2026, "planned")


def hidden(page: str) -> dict[str, str]:
    """Give what the form of a page hides."""
    found = re.findall(r'<input[^>]*type="hidden"[^>]*>', page)
    pairs = [
        (re.search(r'name="([^"]+)"', each), re.search(r'value="([^"]*)"', each)) for each in found
    ]
    return {name[1]: value[1] for name, value in pairs if name and value}


def issue_fourth(portal: Portal) -> dict[str, str]:
    client = portal.cast.client("lead_approver")
    fields = hidden(client.get(FOURTH).text)
    assert client.post(FOURTH, data=fields).status_code == 302
    return fields


def test_the_notices_are_shown_before_they_go_out_and_go_out_once(portal: Portal) -> None:
    client = portal.cast.client("lead_approver")
    listed = client.get(YEAR)
    assert listed.status_code == 200
    assert "納期限を過ぎました" in listed.text
    assert f'href="{FOURTH}"' in listed.text
    shown = client.get(FOURTH)
    assert "納入依頼 7通を発行します" in shown.text
    assert "令和9年2月19日" in shown.text
    before = portal.everything()
    client.get(FOURTH)
    assert portal.everything() == before
    fields = hidden(shown.text)
    done = client.post(FOURTH, data=fields, follow_redirects=True)
    assert "第4期の納入依頼を発行しました" in done.text
    after = portal.everything()
    again = client.post(FOURTH, data=fields, follow_redirects=True)
    assert "第4期の納入依頼を発行しました" in again.text
    assert portal.everything() == after
    assert "すべて送りました" in client.get(FOURTH).text
    register = client.get("/register/2026").text
    assert "納入依頼（第4期）" in register
    assert re.search(r"期限 <time[^>]*>R9\.2\.19", register)
    town = portal.cast.client("member_staff", ITAYANAGI)
    for path in ("/inbox", "/town", "/charges/2026"):
        assert "納入依頼（第4期）" in town.get(path).text, path


def test_a_notice_shows_its_own_edition_and_the_stage_it_rests_on(portal: Portal) -> None:
    issue_fourth(portal)
    other = portal.cast.client("lead_approver")
    cancel = f"/register/statements/{portal.statement_of(ITAYANAGI, 2026)}/cancel"
    assert ">第1版（当初による）<" in other.get(cancel).text
    assert submit(other, cancel, {"reason": "宛先の誤り"}).status_code == 302
    issue_fourth(portal)
    register = other.get("/register/2026").text.partition("発行ごとの一式")[0]
    # Seven notices, one of them void and sent again; seven 明細書 and the 総括表 as ever.
    assert register.count(">第1版（当初による）<") == 7
    assert register.count(">第2版（当初による）<") == 1
    assert register.count(">当初 第1版<") == 8
    assert "当初 第2版" not in register
    town = portal.cast.client("member_staff", ITAYANAGI)
    for path in ("/inbox", "/town", "/charges/2026"):
        page = town.get(path).text
        assert ("第2版（当初による）" in page, "当初 第2版" in page) == (True, False), path


def test_past_the_due_day_of_the_plan_the_form_asks_for_another(portal: Portal) -> None:
    client, first = portal.cast.client("lead_approver"), "/notices/2026/1"
    page = client.get(first).text
    assert "納付計画の納期限を過ぎています" in page
    fields, before = hidden(page), portal.everything()
    refused = client.post(first, data=fields)
    assert refused.status_code == 400
    assert "納期限の令和8年5月20日は過ぎています" in refused.text
    refused = client.post(first, data=fields | {"due_on": "2026-12-20"})
    assert refused.status_code == 400
    assert "納期限の令和8年12月20日は、閉庁日です" in refused.text  # a Sunday
    assert 'value="2026-12-20"' in refused.text
    assert portal.everything() == before
    assert client.post(first, data=fields | {"due_on": "R8.12.21"}).status_code == 302
    assert re.search(r"期限 <time[^>]*>R8\.12\.21", client.get("/register/2026").text)


def test_fewer_than_fourteen_days_need_a_tick(portal: Portal, clock: FrozenClock) -> None:
    clock.advance(datetime(2027, 2, 10, 1, tzinfo=UTC) - clock.now())
    client = portal.cast.client("lead_approver")
    page = client.get(FOURTH)
    assert "納期限まで9日です" in page.text
    fields = hidden(page.text)
    refused = client.post(FOURTH, data=fields)
    assert refused.status_code == 400
    assert "14日前までに送る定め" in refused.text
    assert client.post(FOURTH, data=fields | {"is_late_accepted": "y"}).status_code == 302


def test_overdue_towns_are_chosen_and_reminded(portal: Portal, clock: FrozenClock) -> None:
    issue_fourth(portal)
    clock.advance(datetime(2027, 3, 1, 1, tzinfo=UTC) - clock.now())
    client = portal.cast.client("lead_approver")
    path = f"{FOURTH}/remind"
    page = client.get(path)
    assert "期限超過の団体" in page.text
    fields = hidden(page.text) | {"due_on": value_of(page, "due_on")}
    nobody = client.post(path, data=fields)
    assert nobody.status_code == 400
    assert "督促する団体を選んでください" in nobody.text
    chosen = fields | {f"town-{ITAYANAGI}": "y"}
    stale = client.post(path, data=chosen | {f"open-{ITAYANAGI}": "1"})
    assert stale.status_code == 409
    done = client.post(path, data=chosen, follow_redirects=True)
    assert "第4期の督促を発行しました" in done.text
    assert "1回（" in client.get(path).text
    inbox = portal.cast.client("member_staff", ITAYANAGI).get("/inbox").text
    assert "督促（第4期）" in inbox
    # 納入依頼 and 督促, beside the 明細書 that both rest on.
    assert (inbox.count("第1版（当初による）"), inbox.count("当初 第1版")) == (2, 1)
    assert "督促" not in portal.cast.client("member_staff", "023612").get("/town").text


def test_the_archive_waits_for_the_year_to_be_closed(
    portal: Portal, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = portal.cast.client("lead_approver")
    page = client.get("/archives/2026")
    assert "まだ発行できません" in page.text
    assert "精算の算定がまだ発行されていません" in page.text
    assert "年度アーカイブを発行する" not in page.text
    monkeypatch.setattr(year_closing, "_open_points", lambda *_: [])
    with portal.app.app_context():
        from consortium.domain.calendar.period import FiscalYear

        office = portal.office
        year_closing.close_soft(office.staff, FiscalYear(2026), "", clock.now())
        year_closing.close_hard(office.approver, FiscalYear(2026), "", clock.now())
    page = client.get("/archives/2026")
    assert "年度アーカイブを発行する" in page.text
    made = client.post("/archives/2026/issue", data=hidden(page.text), follow_redirects=True)
    assert "年度アーカイブを発行しました" in made.text
    link = re.search(r'href="(/files/[0-9a-f-]+)"', made.text)
    assert link
    listed = [each for each in client.get("/register/2026").text.split("<tr") if link[1] in each]
    assert [(">第1版<" in each, "当初" in each) for each in listed] == [(True, False)]
    # It holds all of 操作記録, which the staff do not read; nor are they offered it.
    for page in ("/archives/2026", "/register/2026"):
        assert link[1] in client.get(page).text
        assert link[1] not in portal.cast.client("lead_staff").get(page).text
    for role, code, status in (
        ("lead_staff", None, 403), ("auditor", None, 200), ("member_staff", ITAYANAGI, 404),
    ):  # fmt: skip
        got = portal.cast.client(role, code).get(link[1])
        assert got.status_code == status, role
    got = client.get(link[1])
    assert got.mimetype == "application/zip"
    assert "archive_FY2026_v1.zip" in got.headers["Content-Disposition"]


def test_staff_see_and_cannot_issue(portal: Portal) -> None:
    client = portal.cast.client("lead_staff")
    assert client.get(YEAR).status_code == 200
    assert f'href="{FOURTH}"' not in client.get(YEAR).text
    assert client.get(FOURTH).status_code == 403
