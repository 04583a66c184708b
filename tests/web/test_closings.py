"""締め: the page, the banner on the year's pages, the reason under 仮締め."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.clock import FrozenClock
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import year_closing
from tests import closing
from tests.pages import errors_of, submit
from tests.people import People
from tests.web.portal import Portal, open_portal

pytestmark = pytest.mark.usefixtures("plain_files")

YEAR = FiscalYear(2021)
PAGE = "/closings/2021"
COSTS = "/costs/2021/final"
GRANT = {"name": "県補助金", "treatment": "INFO_ONLY", "amount": "100", "item": "", "member": ""}


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    """Give the portal of the sample consortium."""
    return open_portal(app, cast, clock)


@pytest.fixture
def staff(portal: Portal, cast: People) -> FlaskClient:
    """Log in as the officer."""
    return cast.client("lead_staff")


@pytest.fixture
def approver(portal: Portal, cast: People) -> FlaskClient:
    """Log in as the approver."""
    return cast.client("lead_approver")


def close(portal: Portal, kind: str = "hard") -> None:
    """Lock the year whatever is open."""
    with portal.app.app_context():
        closing.lock(portal.office.staff, YEAR, portal.office.clock.now(), kind)


def post(client: FlaskClient, step: str, **typed: str) -> object:
    """Take a step with the form of the year's page."""
    fields = {f"{step}-{name}": text for name, text in typed.items()}
    return submit(client, f"{PAGE}/{step.replace('_', '-')}", fields, page=PAGE)


def item_path(client: FlaskClient) -> str:
    """Give the address of an item of the year, from another page than the closed one."""
    return client.get(COSTS).text.split('href="/costs/items/')[1].split('"')[0]


# ---- the page ------------------------------------------------------------------------------------


def test_a_year_goes_from_open_to_closed_and_back_to_open_by_two_people(
    portal: Portal, staff: FlaskClient, approver: FlaskClient
) -> None:
    assert "令和3年度" in staff.get("/closings").text
    assert post(staff, "close_soft", reason="年度末").status_code == 302
    page = approver.get(PAGE)
    assert "精算の算定がまだ発行されていません" in page.text
    assert 'action="/closings/2021/close-hard"' not in page.text
    with portal.app.app_context():
        closing.settle(portal.office.staff, YEAR, portal.office.clock.now())
    assert "本締めできます" in approver.get(PAGE).text
    assert post(approver, "close_hard").status_code == 302
    assert "本締め" in staff.get("/closings").text
    until = (portal.office.clock.today() + timedelta(days=30)).isoformat()
    done = post(staff, "propose", reason="請求の誤り", last_day=until)
    assert done.status_code == 302
    assert "請求の誤り" in approver.get(PAGE).text
    assert post(approver, "grant").status_code == 302
    page = staff.get(COSTS)
    assert "令和3年度は再開中です" in page.text
    assert "費目を追加する" in page.text
    assert post(approver, "close_again").status_code == 302
    assert "本締め済み" in staff.get(COSTS).text


def test_closing_with_something_open_is_refused_and_says_what(
    portal: Portal, approver: FlaskClient
) -> None:
    run_id = portal.run(2021, upto="draft")
    close(portal, "soft")
    page = approver.get(PAGE)
    assert f'href="/runs/{run_id}"' in page.text
    before = portal.everything()
    refused = submit(approver, f"{PAGE}/close-hard", {}, page="/account")
    assert refused.status_code == 409
    assert "「下書き」です" in refused.text
    assert portal.everything() == before


@pytest.mark.parametrize(
    ("reason", "last_day", "field"),
    [
        ("", "2026-12-31", "propose-reason"),
        ("請求の誤り", "2026-11-30", "propose-last_day"),
        ("請求の誤り", "", "propose-last_day"),
    ],
)
def test_a_reopening_is_refused_at_its_field_and_nothing_typed_is_lost(
    portal: Portal, staff: FlaskClient, reason: str, last_day: str, field: str
) -> None:
    close(portal)
    before = portal.everything()
    page = post(staff, "propose", reason=reason, last_day=last_day)
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]
    assert reason in page.text
    assert portal.everything() == before


def test_who_proposed_a_reopening_is_offered_no_decision(
    portal: Portal, approver: FlaskClient
) -> None:
    close(portal)
    with portal.app.app_context():
        now = portal.office.clock.now()
        office = portal.office
        year_closing.propose_reopening(office.staff, YEAR, "誤り", office.clock.today(), now)
    page = approver.get(PAGE)
    assert "再開を認める" in page.text
    assert "再開を認めない" in page.text


# ---- the pages of a closed year ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "button"),
    [
        (COSTS, "/costs/2021/final/new"),
        ("/funding/2021/final", "/funding/2021/final/new"),
        ("/invoices/2021/final", "/invoices/2021/final/new"),
        ("/exchange-rates/2021", "/exchange-rates/2021/4"),
        ("/dampening/previous/2022", "保存する"),
    ],
)
def test_a_closed_year_says_who_closed_it_and_offers_no_change(
    portal: Portal, staff: FlaskClient, path: str, button: str
) -> None:
    assert button in staff.get(path).text
    close(portal)
    page = staff.get(path).text
    assert "令和3年度は本締め済みです" in page
    assert "令和8年12月1日に" in page
    assert button not in page


def test_the_form_of_a_closed_year_has_no_button_and_sending_it_is_refused(
    portal: Portal, staff: FlaskClient
) -> None:
    path = "/costs/items/" + item_path(staff)
    close(portal)
    assert "保存する</button>" not in staff.get(path).text
    before = portal.everything()
    sent = submit(staff, "/funding/2021/final/new", {**GRANT, "record_id": str(closing.new_id())})
    assert sent.status_code == 409
    assert "再開を申し出てください" in sent.text
    assert portal.everything() == before


def test_a_run_of_a_closed_year_offers_no_step(portal: Portal, staff: FlaskClient) -> None:
    run_id = portal.run(2021, upto="draft")
    assert "審査に出す" in staff.get(f"/runs/{run_id}").text
    close(portal)
    page = staff.get(f"/runs/{run_id}").text
    assert "令和3年度は本締め済みです" in page
    assert 'action="/runs/' not in page
    sent = submit(staff, f"/runs/{run_id}/submit", {}, page="/account")
    assert sent.status_code == 409


# ---- the reason under 仮締め ---------------------------------------------------------------------


def test_under_the_soft_lock_a_form_asks_why_and_keeps_what_was_typed(
    portal: Portal, staff: FlaskClient
) -> None:
    path = "/funding/2021/final/new"
    assert "change_reason" not in staff.get(path).text
    close(portal, "soft")
    assert "change_reason" in staff.get(path).text
    fields = {**GRANT, "record_id": str(closing.new_id())}
    before = portal.everything()
    refused = submit(staff, path, fields)
    assert refused.status_code == 400
    assert list(errors_of(refused)) == ["change_reason"]
    assert 'value="県補助金"' in refused.text
    assert portal.everything() == before
    saved = submit(staff, path, {**fields, "change_reason": "交付決定の遅れ"})
    assert saved.status_code == 302
    chain = "".join(map(str, portal.everything()["audit_event"]))
    assert "交付決定の遅れ" in chain


def test_under_the_soft_lock_recalculating_asks_why(portal: Portal, staff: FlaskClient) -> None:
    run_id = portal.run(2021, upto="draft")
    close(portal, "soft")
    page = f"/runs/{run_id}"
    assert submit(staff, f"{page}/recalculate", {}, page=page).status_code == 400
    typed = {"change_reason": "請求の遅れ"}
    assert submit(staff, f"{page}/recalculate", typed, page=page).status_code == 302
    assert "請求の遅れ" in staff.get(page).text


def test_under_the_soft_lock_actual_costs_are_copied_for_the_settlement_with_a_reason(
    portal: Portal, staff: FlaskClient
) -> None:
    """仮締め is on 31 March, 精算 in May: its costs begin as a copy of 確定."""
    close(portal, "soft")
    page = "/costs/2021/settlement"
    assert "令和3年度 確定の9件を写す</option>" in staff.get(page).text
    before = portal.everything()
    refused = submit(staff, f"{page}/copy", {"source": "2021-final"}, page=page)
    assert (refused.status_code, list(errors_of(refused))) == (400, ["change_reason"])
    assert portal.everything() == before
    typed = {"source": "2021-final", "change_reason": "実績の登録"}
    assert submit(staff, f"{page}/copy", typed, page=page).status_code == 302
    assert "9件の費目を写しました" in staff.get(page).text
    assert "実績の登録" in "".join(map(str, portal.everything()["audit_event"]))


def test_what_is_in_force_in_a_softly_closed_year_asks_why_as_well(
    portal: Portal, staff: FlaskClient
) -> None:
    """The page does not know the year before the date is typed: the field comes then."""
    close(portal, "soft")
    fields = {"name": "第X期", "since": "2021-07-01", "last_day": "2021-12-31", "source": "協定書"}
    refused = submit(staff, "/terms/new", fields)
    assert refused.status_code == 400
    assert list(errors_of(refused)) == ["change_reason"]
    saved = submit(staff, "/terms/new", {**fields, "change_reason": "登録もれ"})
    assert saved.status_code == 302


# ---- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["lead_admin", "auditor"])
def test_others_read_and_take_no_step(
    portal: Portal, as_role: Callable[[str], FlaskClient], role: str
) -> None:
    page = as_role(role).get(PAGE).text
    assert "いま、あなたが行う手順はありません" in page


@pytest.fixture
def as_role(cast: People) -> Callable[[str], FlaskClient]:
    """Log in as somebody of a role."""
    return lambda role: cast.client(role)


def test_the_pages_take_few_statements(portal: Portal, staff: FlaskClient) -> None:
    close(portal)
    for path, most in (("/closings", 8), (COSTS, 8)):
        with portal.counted() as found:
            assert staff.get(path).status_code == 200
        assert len(found) <= most, path
