"""カレンダー配信: an address for one's own dates, shown once, switched off for good."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.reports import calendar_feed
from consortium.reports.calendar_feed import Due
from consortium.usecases import (
    accounts,
    base_rounds,
    schedule_editing,
    year_plan,
    year_start,
)
from consortium.usecases.schedule_entry import Entry
from consortium.web import feeds
from tests import factories
from tests.office import FUJISAKI, ITAYANAGI
from tests.pages import token
from tests.people import People
from tests.web.portal import Portal, open_portal

pytestmark = pytest.mark.usefixtures("plain_files")

ADDRESS = re.compile(r"http://localhost(/feeds/([A-Za-z0-9_-]{43})\.ics)")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Iterator[Portal]:
    feeds._throttle = feeds.Throttle()
    yield open_portal(app, cast, clock)
    feeds._throttle = feeds.Throttle()


def made(client: FlaskClient) -> str:
    """Make an address on the user's page and give its path."""
    page = client.get("/account")
    record_id = re.search(r'name="record_id" type="hidden" value="([^"]+)"', page.text)
    assert record_id
    form = {"csrf_token": token(page), "record_id": record_id[1]}
    answer = client.post("/account/feed", data=form)
    assert answer.status_code == 200
    found = ADDRESS.search(answer.text)
    assert found
    again = client.post("/account/feed", data=form, follow_redirects=True)
    assert "もう作成し" in again.text
    assert ADDRESS.search(again.text) is None
    return found[1]


def events(portal: Portal, path: str) -> dict[date, str]:
    """Read a feed as a calendar program would, without any cookie."""
    answer = portal.app.test_client().get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    assert "no-store" in answer.headers["Cache-Control"]
    calendar = Calendar.from_ical(answer.data)
    days = [event["dtstart"].dt for event in calendar.walk("VEVENT")]
    assert all(type(day) is date for day in days)
    uids = [str(event["uid"]) for event in calendar.walk("VEVENT")]
    assert len(set(uids)) == len(uids)
    return {event["dtstart"].dt: str(event["summary"]) for event in calendar.walk("VEVENT")}


def asked_for_figures(portal: Portal) -> None:
    entry = base_rounds.RoundEntry(
        FiscalYear(2027), ("population",), date(2026, 10, 1), date(2026, 12, 25)
    )
    with portal.app.app_context():
        base_rounds.open_round(portal.office.staff, entry, factories.NOW)


def test_a_town_sees_its_own_dates_and_no_other(portal: Portal) -> None:
    portal.run(2026, "planned")
    asked_for_figures(portal)
    with portal.app.app_context():
        year_start.start_year(portal.office.staff, FiscalYear(2026), factories.NOW)
        step = year_plan.StepEntry("内部の会議", "", date(2026, 12, 8), "stay", "lead_staff")
        year_plan.add_step(portal.office.staff, FiscalYear(2026), step, factories.NOW)
    town = portal.cast.client("member_staff", ITAYANAGI)
    path = made(town)
    found = events(portal, path)
    # The usual plan: 20 May, August, November, February, on a closed day the open day before.
    assert {day: title for day, title in found.items() if "納期限" in title} == {
        date(2026, 5, 20): "負担金の納期限（令和8年度 第1期）",
        date(2026, 8, 20): "負担金の納期限（令和8年度 第2期）",
        date(2026, 11, 20): "負担金の納期限（令和8年度 第3期）",
        date(2027, 2, 19): "負担金の納期限（令和8年度 第4期）",
    }
    assert found[date(2026, 12, 25)] == "令和9年度 基礎数値・利用意向の提出"
    assert "内部の会議" not in found.values()
    text = portal.app.test_client().get(path).text
    with portal.app.app_context(), reading() as session:
        names = session.scalars(select(models.Member.name)).all()
        amounts = session.scalars(select(models.Statement.amount)).all()
    assert [name for name in names if name in text] == ["板柳町"]
    assert not any(str(amount) in text or f"{amount:,}" in text for amount in amounts if amount)
    office = events(portal, made(portal.cast.client("lead_staff")))
    assert office[date(2026, 12, 8)] == "内部の会議"
    assert office[date(2027, 2, 19)] == "第4期の納期限"
    assert office[date(2026, 12, 25)] == "令和9年度 基礎数値の提出期限"


def test_an_address_is_stored_as_a_hash_only_and_dies_when_it_should(
    portal: Portal, clock: FrozenClock
) -> None:
    town = portal.cast.client("member_staff", ITAYANAGI)
    old = made(town)
    secret = old.removeprefix("/feeds/").removesuffix(".ics")
    assert not any(secret in str(rows) for rows in portal.everything().values())
    assert ADDRESS.search(town.get("/account").text) is None  # shown once
    stranger = portal.app.test_client()
    new = made(town)
    assert [stranger.get(path).status_code for path in (old, new)] == [404, 200]
    other = made(portal.cast.client("member_staff", FUJISAKI))
    csrf = {"csrf_token": token(town.get("/account"))}
    assert town.post("/account/feed/revoke", data=csrf).status_code == 302
    assert [stranger.get(path).status_code for path in (new, other)] == [404, 200]
    masked = re.compile("受付番号.*?</")
    never = stranger.get("/feeds/" + "A" * 43 + ".ics")
    assert masked.sub("", stranger.get(new).text) == masked.sub("", never.text)
    with portal.app.app_context():
        (login,) = [each.login for each in accounts.list_accounts() if each.code == FUJISAKI]
        accounts.disable_account(login, clock.now())
    assert stranger.get(other).status_code == 404


@pytest.mark.parametrize("wrong", ["", "x", "A" * 42, "A" * 44, "A" * 5_000, "..%2F" * 9, "表"])
def test_what_is_no_token_asks_no_database(portal: Portal, wrong: str) -> None:
    client = portal.app.test_client()
    with portal.counted() as statements:
        assert client.get(f"/feeds/{wrong}.ics").status_code == 404
    assert statements == []


def test_one_address_may_not_read_without_end(portal: Portal, clock: FrozenClock) -> None:
    client = portal.app.test_client()
    path = "/feeds/" + "A" * 43 + ".ics"
    for _ in range(feeds.MOST):
        assert client.get(path).status_code == 404
    refused = client.get(path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    clock.advance(timedelta(minutes=1))
    assert client.get(path).status_code == 404


def test_the_throttle_forgets_the_oldest_addresses(clock: FrozenClock) -> None:
    throttle = feeds.Throttle()
    for number in range(3 * feeds._KNOWN_ADDRESSES):
        throttle.allows(f"2001:db8::{number:x}", clock.now())
    assert len(throttle._counts) == feeds._KNOWN_ADDRESSES


def test_a_feed_holds_the_nearest_days_and_any_text(clock: FrozenClock) -> None:
    now = clock.now()
    today = now.date()
    dues = [Due(f"d-{n}", today + timedelta(days=n), f"期限{n}") for n in range(-600, 600)]
    hostile = Due("x", today, "題; \\, \r\nBEGIN:VALARM\r\n" + "長" * 300, "一行目\n二行目")
    read = Calendar.from_ical(calendar_feed.calendar_feed("名", "c-1", [*dues, hostile], now))
    found = read.walk("VEVENT")
    assert len(found) == calendar_feed.MOST_EVENTS
    days = [event["dtstart"].dt for event in found]
    # 500 events: today twice, and 249 days on each side.
    assert (days[0], days[-1]) == (today - timedelta(days=249), today + timedelta(days=249))
    (odd,) = [event for event in found if event["uid"] == "x@c-1"]
    assert odd["summary"].startswith("題; \\, ")
    assert read.walk("VALARM") == []
    assert odd["dtend"].dt - odd["dtstart"].dt == timedelta(days=1)
    lines = calendar_feed.calendar_feed("名", "c-1", [hostile], now).split(b"\r\n")
    assert max(map(len, lines)) <= 75


def schedule(portal: Portal, kind: str, period: str, **rule: object) -> None:
    """Register a schedule that begins now."""
    entry = Entry(kind, period, "06:00", "stay", **rule)  # type: ignore[arg-type]  # as the test says
    with portal.app.app_context():
        schedule_editing.create_schedule(portal.office.staff, entry, factories.NOW, models.new_id())


def test_a_town_sees_when_the_reports_come_that_it_gets_until_the_end_of_next_year(
    portal: Portal,
) -> None:
    # The sample has its monthly report already, on the first of the month after.
    schedule(portal, "quarterly_cost", "quarter", day="10", offset=1, towns=(FUJISAKI,))
    schedule(portal, "situation", "week", weekdays=("mon",), offset=1)
    schedule(portal, "backup", "day", weekdays=("mon", "tue", "wed", "thu", "fri"))
    mine = events(portal, made(portal.cast.client("member_staff", ITAYANAGI)))
    # The first of each month from January 2027 to March 2028, the last of the next fiscal year.
    assert len(mine) == 15
    assert (min(mine), max(mine)) == (date(2027, 1, 1), date(2028, 3, 1))
    assert mine[date(2027, 1, 1)] == "月次費用報告（令和8年12月分）の作成"
    theirs = events(portal, made(portal.cast.client("member_staff", FUJISAKI)))
    # October to December 2026 … October to December 2027, each on the 10th of the month after.
    quarterly = [day for day, title in theirs.items() if "四半期" in title]
    assert len(theirs) == 15 + 5
    assert (min(quarterly), max(quarterly)) == (date(2027, 1, 10), date(2028, 1, 10))
    office = events(portal, made(portal.cast.client("auditor")))
    assert any("状況報告" in title for title in office.values())
    assert not any("バックアップ" in title for title in office.values())
