"""議会会期・総会の画面: 推定 and 確定, what a typed day would move, days that became closed."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.clock import FrozenClock
from consortium.usecases import calendars, council_sessions
from consortium.usecases.council_sessions import CouncilSession, SessionEntry
from consortium.usecases.viewer import Viewer
from tests import delayed
from tests.factories import seed_sample
from tests.pages import errors_of, fields_on
from tests.people import People

HIRAKAWA = "022101"
YEAR = "/council-sessions/2018"
PAGE = f"{YEAR}/{HIRAKAWA}"


@pytest.fixture
def officer(app: Flask) -> Viewer:
    with app.app_context():
        viewer = seed_sample()
        delayed.fill_calendar(viewer)
        return viewer


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    return cast.client("lead_staff")


def stored(app: Flask, officer: Viewer, code: str = HIRAKAWA) -> tuple[CouncilSession, ...]:
    with app.app_context():
        return council_sessions.show_year(officer, code, 2018).sessions


def days(found: tuple[CouncilSession, ...]) -> list[tuple[date, str]]:
    return [(each.decision_on, each.certainty) for each in found]


def test_a_year_without_entries_has_the_four_usual_days_and_no_general_meeting(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    # 2018-12-15 is a Saturday: the 推定 day is the Friday before (the design's own example).
    assert days(stored(app, officer)) == [
        (date(2018, 3, 20), "推定"), (date(2018, 6, 20), "推定"),
        (date(2018, 9, 20), "推定"), (date(2018, 12, 14), "推定"),
    ]  # fmt: skip
    assert stored(app, officer, "") == ()
    page = lead.get(YEAR).text
    assert "登録なし（日の制約にしません）" in page
    assert page.count("初期値") >= 7


def test_the_first_real_day_of_a_year_keeps_the_other_three(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    form = fields_on(lead.get(PAGE))
    form |= {"decision-1": "H30.3.16", "certainty-1": "確定", "source-1": "平成30年3月定例会の日程"}
    assert lead.post(PAGE, data=form).status_code == 302
    assert days(stored(app, officer)) == [
        (date(2018, 3, 16), "確定"), (date(2018, 6, 20), "推定"),
        (date(2018, 9, 20), "推定"), (date(2018, 12, 14), "推定"),
    ]  # fmt: skip
    # Two of them change places; a third is taken off.
    again = fields_on(lead.get(PAGE)) | {
        "decision-1": "2018-06-20", "decision-2": "2018-03-16", "decision-4": "", "source-4": "",
    }  # fmt: skip
    assert lead.post(PAGE, data=again).status_code == 302
    assert days(stored(app, officer)) == [
        (date(2018, 3, 16), "推定"), (date(2018, 6, 20), "確定"), (date(2018, 9, 20), "推定"),
    ]  # fmt: skip
    late = lead.post(PAGE, data=form)
    assert late.status_code == 409
    assert "ほかの人が先に変更しました。" in late.text


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("decision-1", "平成31年3月15日", "平成31年3月15日は2018年の日ではありません。"),
        ("decision-2", "平成30年3月20日", "平成30年3月20日が二つあります。"),
        ("opens-1", "平成30年3月21日", "開会日（平成30年3月21日）が議決日より後です。"),
        ("closes-1", "平成30年3月19日", "閉会日（平成30年3月19日）が議決日より前です。"),
        ("certainty-1", "確定", "確定した日の根拠がありません。"),
        ("opens-5", "平成30年3月1日", "議決日がありません。"),
    ],
)
def test_a_line_that_cannot_be_is_refused_where_it_stands(
    app: Flask, officer: Viewer, lead: FlaskClient, field: str, typed: str, message: str
) -> None:
    page = lead.post(PAGE, data=fields_on(lead.get(PAGE)) | {field: typed})
    assert page.status_code == 400
    marked = {"certainty-1": "source-1", "opens-5": "decision-5"}.get(field, field)
    assert errors_of(page)[marked].startswith(message)
    assert len(errors_of(page)) == 1


def test_a_day_typed_in_shows_the_plans_it_would_move_and_saves_nothing(
    app: Flask, officer: Viewer, cast: People, clock: FrozenClock
) -> None:
    """平川市's plan of the design: the vote two open days earlier leaves 4 in hand, not 2."""
    clock.advance(delayed.NOW - clock.now())
    lead = cast.client("lead_staff")
    with app.app_context():
        delayed.draft(officer)
    form = fields_on(lead.get(PAGE)) | {
        "decision-1": "平成30年3月16日", "certainty-1": "確定", "source-1": "日程表", "check": "1",
    }  # fmt: skip
    page = lead.post(PAGE, data=form)
    effects = page.text.partition('id="effects"')[2]
    assert page.status_code == 200
    assert "見込みでは、本稼働日までの余裕：2業務日から4業務日に変わります。" in effects
    # B3 itself, and A1, which ends 2017-05-26 in the design: two open days before is the 24th.
    for text in ("B3 議会の議決", "平成30年3月20日", "平成30年3月16日", "平成29年5月24日"):
        assert text in effects
    assert days(stored(app, officer))[0] == (date(2018, 3, 20), "推定")
    none = lead.post(PAGE, data=form | {"decision-1": "平成30年3月20日"})
    assert "動く工程はありません。" in none.text
    # Once it is saved, a look at another year leaves it where it is.
    del form["check"]
    assert lead.post(PAGE, data=form).status_code == 302
    other = PAGE.replace("2018", "2017")
    look = lead.post(other, data=fields_on(lead.get(other)) | {"check": "1"})
    assert "動く工程はありません。" in look.text


def test_a_certain_day_that_becomes_closed_is_reported_and_stays(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    with app.app_context():
        page = council_sessions.show_year(officer, HIRAKAWA, 2018)
        entry = SessionEntry("定例会", date(2018, 3, 16), None, None, "確定", "日程表")
        council_sessions.save_year(officer, HIRAKAWA, 2018, page.mark, [entry], delayed.NOW)
        closing = calendars.DayEntry(date(2018, 3, 16), "臨時休庁", True, HIRAKAWA)
        assert "閉庁日です" not in lead.get(YEAR).text
        calendars.add_day(officer, closing, delayed.NOW)
    assert "平川市の平成30年3月16日は、閉庁日です" in lead.get(YEAR).text
    assert days(stored(app, officer))[0] == (date(2018, 3, 16), "確定")
    guess = fields_on(lead.get(PAGE)) | {"certainty-1": "推定"}
    assert lead.post(PAGE, data=guess).status_code == 302
    assert "閉庁日です" not in lead.get(YEAR).text


def test_the_general_meeting_has_its_own_page(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    url = f"{YEAR}/assembly"
    form = fields_on(lead.get(url))
    assert form["kind-1"] == "総会"
    form |= {"decision-1": "H30.5.18", "certainty-1": "推定"}
    assert lead.post(url, data=form).status_code == 302
    assert days(stored(app, officer, "")) == [(date(2018, 5, 18), "推定")]
    assert lead.get(f"{YEAR}/131016").status_code == 404
