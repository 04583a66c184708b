"""配信予定の登録・編集・一時停止・再開・終了の画面."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.store import schedules as store
from consortium.db.store.schedules import ScheduleRow
from consortium.db.unit import reading, writing
from tests.factories import OFFICER
from tests.pages import errors_of, token
from tests.people import ITAYANAGI, People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

NEW = "/schedules/new/quarterly_cost/quarter"
TYPED = {"offset": "1", "day": "10", "at_time": "09:30", "roll_rule": "next_open_day"}


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def staff(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def hidden(page: TestResponse) -> dict[str, str]:
    """Give what a form carries along without showing it."""
    found = re.findall(r'<input[^>]*id="(record_id|row_version|checked)"[^>]*>', page.text)
    values = {name: re.search(rf'id="{name}"[^>]*value="([^"]*)"', page.text) for name in found}
    return {name: value[1] for name, value in values.items() if value}


def send(
    staff: FlaskClient, path: str, typed: Mapping[str, object], page: TestResponse | None = None
) -> TestResponse:
    """Send a form as the page shown last would."""
    shown = page or staff.get(path)
    return staff.post(path, data={"csrf_token": token(shown), **hidden(shown), **typed})


def rows(portal: Portal) -> list[ScheduleRow]:
    with portal.app.app_context(), reading() as session:
        return store.schedule_rows(session, portal.office.consortium_id)


def test_a_schedule_is_shown_as_due_times_before_it_is_saved(
    portal: Portal, staff: FlaskClient
) -> None:
    assert f'href="{NEW}"' in staff.get("/schedules/new").text
    shown = send(staff, NEW, TYPED | {"towns": [ITAYANAGI]})
    assert "四半期の次の月の10日 09:30に、その四半期の分を作成" in shown.text
    assert "これからの12回" in shown.text
    assert "1月10日は日曜日のため、翌開庁日" in shown.text
    assert len(rows(portal)) == 1
    # Changed after it was shown, it is shown again.
    typed = TYPED | {"day": "last", "towns": [ITAYANAGI]}
    again = send(staff, NEW, typed, shown)
    assert "末日" in again.text
    assert len(rows(portal)) == 1
    portal.office.clock.advance(timedelta(minutes=3))
    assert send(staff, NEW, typed, again).location == "/schedules"
    assert send(staff, NEW, typed, again).status_code == 302  # sent twice
    _, new = rows(portal)
    assert (new.towns, new.schedule and new.schedule.day) == ((ITAYANAGI,), "last")
    page = staff.get("/schedules").text
    assert "四半期の次の月の末日 09:30に、その四半期の分を作成" in page
    assert "板柳町" in page


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"day": "32"}, "day", "一覧から選び直してください"),
        ({"at_time": "25:00"}, "at_time", "「25:00」という時刻はありません"),
        ({"at_time": "6:70"}, "at_time", "「6:70」という時刻はありません"),
        ({"at_time": ""}, "at_time", "時刻を入力してください"),
        ({"roll_rule": "later"}, "roll_rule", ""),
        ({"towns": ["999999"]}, "towns", "「999999」は、構成団体ではありません"),
        ({"first_day": "令和8年11月30日"}, "first_day", "過ぎた日です"),
        ({"last_day": "きのう"}, "last_day", "日付の形ではありません"),
    ],
)
def test_a_refusal_stands_at_its_field(
    portal: Portal, staff: FlaskClient, wrong: dict[str, object], field: str, message: str
) -> None:
    answer = send(staff, NEW, TYPED | wrong)
    assert answer.status_code == 400
    assert message in errors_of(answer)[field]
    assert "これからの" not in answer.text
    assert len(rows(portal)) == 1


def test_an_overlapping_schedule_is_refused_with_the_one_there_is(staff: FlaskClient) -> None:
    answer = send(staff, "/schedules/new/monthly_cost/month", TYPED)
    assert answer.status_code == 400
    assert "「毎月1日 06:00に、前の月の分を作成」と期間が重なります" in answer.text


def test_every_kind_of_period_has_its_form(staff: FlaskClient) -> None:
    links = re.findall(r'href="(/schedules/new/[^"]+)"', staff.get("/schedules/new").text)
    assert {"/schedules/new/situation/week", NEW, "/schedules/new/statement_final/fiscal_year"} <= {
        *links
    }
    for path in links:
        assert staff.get(path).status_code == 200, path
    assert staff.get("/schedules/new/monthly_cost/week").status_code == 404
    year = send(staff, "/schedules/new/statement_final/fiscal_year", TYPED | {"step": "final"})
    assert "年間予定「今年度の確定額の通知」の日 09:30に、その予定の年度の分を作成" in year.text
    assert "令和9年2月15日" in year.text
    assert "この先の回は、年間予定・納付計画に日が入ると決まります" in year.text
    week = send(staff, "/schedules/new/situation/week", TYPED | {"weekday": "mon", "offset": "0"})
    assert "毎週月曜日 09:30に、その週の分を作成" in week.text


def test_an_edit_is_shown_and_saved_and_two_editors_see_each_other(
    portal: Portal, staff: FlaskClient
) -> None:
    (row,) = rows(portal)
    path = f"/schedules/{row.id}"
    opened = staff.get(path)
    assert 'id="first_day"' not in opened.text  # it has begun
    typed = TYPED | {"day": "20", "roll_rule": "stay"}
    shown = send(staff, path, typed, opened)
    assert "毎月20日 09:30に、前の月の分を作成" in shown.text
    assert send(staff, path, typed, shown).status_code == 302
    conflict = send(
        staff, path, typed | {"day": "25"}, send(staff, path, typed | {"day": "25"}, opened)
    )
    assert conflict.status_code == 409
    assert "毎月20日 09:30に、前の月の分を作成" in conflict.text
    assert "毎月25日 09:30に、前の月の分を作成" in conflict.text
    assert send(staff, path, typed | {"day": "25"}, conflict).status_code == 302
    (after,) = rows(portal)
    assert after.schedule is not None
    assert (after.schedule.day, after.valid_from) == ("25", row.valid_from)


def test_a_schedule_is_paused_goes_on_and_ends(portal: Portal, staff: FlaskClient) -> None:
    (row,) = rows(portal)
    portal.office.clock.advance(timedelta(minutes=1))
    assert send(staff, f"/schedules/{row.id}/pause", {}).status_code == 302
    assert "停止中" in staff.get("/schedules").text
    assert staff.get(f"/schedules/{row.id}").status_code == 409
    confirm = staff.get(f"/schedules/{row.id}/resume")
    assert "これからの12回" in confirm.text
    assert send(staff, f"/schedules/{row.id}/resume", {}, confirm).status_code == 302
    assert send(staff, f"/schedules/{row.id}/resume", {}, confirm).status_code == 409
    _, new = rows(portal)
    portal.office.clock.advance(timedelta(minutes=1))
    assert send(staff, f"/schedules/{new.id}/end", {}).status_code == 302
    page = staff.get("/schedules").text
    assert "終わった予定" in page
    assert "配信予定はありません" in page


def test_only_the_officer_sees_what_changes_schedules(portal: Portal, staff: FlaskClient) -> None:
    (row,) = rows(portal)
    for role, is_there in (("lead_staff", True), ("lead_approver", False), ("auditor", False)):
        page = portal.cast.client(role).get("/schedules").text
        assert (f'href="/schedules/{row.id}/pause"' in page) is is_there
        assert ('href="/schedules/new"' in page) is is_there


def test_the_pages_need_few_statements(portal: Portal, staff: FlaskClient) -> None:
    shown = send(staff, NEW, TYPED)
    send(staff, NEW, TYPED, shown)
    step = "/schedules/new/statement_final/fiscal_year"
    typed = TYPED | {"step": "final"}
    send(staff, step, typed, send(staff, step, typed))
    assert len(rows(portal)) == 3
    for path in ("/schedules", "/schedules/new", step, f"/schedules/{rows(portal)[0].id}/end"):
        assert statements_of(portal, staff, path) <= 8, path


def test_a_schedule_that_cannot_be_computed_is_named_on_the_page(
    portal: Portal, staff: FlaskClient
) -> None:
    (row,) = rows(portal)
    with portal.app.app_context(), writing(OFFICER, datetime(2026, 12, 2, tzinfo=TOKYO)) as unit:
        unit.session.get_one(models.ReportSchedule, row.id).at_time = "25:00"
        unit.record(portal.office.consortium_id, "t", "report_schedule", row.id, "試験")
    page = staff.get("/schedules")
    assert page.status_code == 200
    assert "この予定は期日を求められません" in page.text
    assert "「25:00」という時刻はありません" in page.text
    assert staff.get("/this-month").status_code == 200
    assert send(staff, f"/schedules/{row.id}/end", {}).status_code == 302
