"""今月の仕事 says what towns and colleagues wait for: questions, reopenings, late figures."""

from datetime import timedelta

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.usecases import base_rounds, year_closing
from tests import asking, closing, figures
from tests.office import ITAYANAGI
from tests.people import People
from tests.web.portal import Portal, open_portal

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


def shown(portal: Portal, role: str = "lead_staff") -> tuple[str, str]:
    """Give what the page shows as one's own work, and as that of others."""
    page = portal.cast.client(role).get("/this-month").text
    own, _, others = page.partition('id="others"')
    return own, others


def test_a_question_waits_until_it_is_answered(portal: Portal) -> None:
    run_id = portal.run()
    with portal.app.app_context():
        mine = asking.ask(portal.office, run_id, asking.town(portal.office))
        # What the lead city asked waits for the town, not for the office.
        theirs = asking.ask(portal.office, run_id, portal.office.staff, item_no=2)
    own, _ = shown(portal)
    assert "質疑に答える" in own
    assert f"/questions/{mine}" in own
    assert f"/questions/{theirs}" not in own
    with portal.app.app_context():
        asking.take(portal.office, mine, "answer", portal.office.staff)
    assert f"/questions/{mine}" not in shown(portal)[0]


def test_a_reopening_waits_for_the_approver_and_then_for_its_last_day(portal: Portal) -> None:
    year, office = figures.YEAR, portal.office
    with portal.app.app_context():
        closing.close(office, year)
        last_day = office.clock.today() + timedelta(days=30)
        now = office.clock.now()
        year_closing.propose_reopening(office.staff, year, "請求の誤り", last_day, now)
    own, _ = shown(portal, "lead_approver")
    assert "再開の申出を確かめる" in own
    assert "請求の誤り" in own
    assert "再開の申出を確かめる" in shown(portal)[1]
    with portal.app.app_context():
        year_closing.grant_reopening(office.approver, year, office.clock.now())
    own, _ = shown(portal, "lead_approver")
    assert "再開の申出を確かめる" not in own
    assert "直して、本締めに戻す" in own
    with portal.app.app_context():
        year_closing.close_again(office.approver, year, office.clock.now())
    assert "直して、本締めに戻す" not in shown(portal, "lead_approver")[0]


def test_late_figures_wait_until_they_are_in_an_edition(portal: Portal) -> None:
    office = portal.office
    with portal.app.app_context():
        round_id = figures.opened(office)
        figures.hand_in(office, round_id, "022101", 30_000)
        figures.close(office, round_id)
    assert "遅れて出た基礎数値" not in shown(portal)[0]
    office.clock.advance(timedelta(days=1))
    with portal.app.app_context():
        figures.hand_in(office, round_id, ITAYANAGI, 12_500)
    own, _ = shown(portal)
    assert own.count("遅れて出た基礎数値を版に入れる") == 1
    assert "令和9年度 板柳町" in own
    office.clock.advance(timedelta(days=1))
    with portal.app.app_context():
        base_rounds.take_late(office.staff, round_id, office.clock.today(), office.clock.now())
    assert "遅れて出た基礎数値" not in shown(portal)[0]
