"""確定した計画 on the pages: the margin beside the forecast, the warning, amounts not shown."""

import re
from datetime import date

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from tests.delayed import (
    HIRAKAWA,
    NOW,
    approved,
    begun,
    cost_as_in_the_design,
    fill_calendar,
    vote_on,
)
from tests.pages import fields_on
from tests.people import People
from tests.web.portal import Portal, open_portal


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    """Give the sample with a filled calendar, in the spring before the plan begins."""
    clock.advance(NOW - clock.now())
    found = open_portal(app, cast, clock)
    with app.app_context():
        fill_calendar(found.office.staff)
    return found


def test_plan_and_list_warn_of_a_confirmed_plan_that_cannot_stay(portal: Portal) -> None:
    """The vote put off from 03-20 to 03-26 costs three open days; two were in hand."""
    with portal.app.app_context():
        plan = approved(portal.office.staff)
    lead = portal.cast.client("lead_staff")
    assert "計画のままでは" not in lead.get(f"/plans/{plan.id}").text
    here = f"/council-sessions/2018/{HIRAKAWA}"
    form = fields_on(lead.get(here)) | {
        "decision-1": "平成30年3月26日", "certainty-1": "確定", "source-1": "日程表", "check": "1",
    }  # fmt: skip
    effects = lead.post(here, data=form).text.partition('id="effects"')[2]
    said = "確定した計画のままでは、本稼働日までの余裕：2業務日から不足1業務日に変わります。"
    assert said in effects
    assert f'href="/plans/{plan.id}/change"' in effects

    with portal.app.app_context():
        # A1 begun early lets the forecast reach another vote, which the confirmed dates do not.
        begun(portal.office.staff, plan, "A1", date(2017, 3, 1))
        vote_on(portal.office.staff, HIRAKAWA, date(2018, 3, 9), date(2018, 3, 26))
    beside = re.compile("余裕[0-9]+業務日\\s*（計画のままでは、1業務日遅れ）")
    assert beside.search(lead.get("/plans").text)
    page = lead.get(f"/plans/{plan.id}").text
    assert beside.search(page)
    warned = page.partition("計画のままでは本稼働日に間に合いません（確定した計画）")[2]
    assert "「B3 議会の議決」の計画の終わり（平成30年3月20日）は、議決日ではありません。" in warned
    assert "本稼働日まで1業務日足りません。" in warned
    assert f'href="/plans/{plan.id}/change"' in warned.partition("</div>")[0]


def test_a_missing_basis_value_says_the_way_out_beside_confirming(portal: Portal) -> None:
    """鶴田町 has no value anywhere: a new edition, and a new version of the rule that names it."""
    with portal.app.app_context():
        cost_as_in_the_design(portal.office.staff)
        plan = approved(portal.office.staff, code="023841", kana="つるたまち")
    approver = portal.cast.client("lead_approver")
    page = approver.get(f"/plans/{plan.id}/change?days=A3+80&anchor=2019-08-01").text
    yen, _, rest = page.partition('id="confirm"')
    assert "鶴田町（023841）の値が登録されていません。" in yen
    assert "の値を登録してください" not in yen, "an edition in use takes no more values"
    for way in ('新しい版を<a href="/bases"', '<a href="/rules">負担ルール</a>に登録'):
        assert way in yen
    assert "負担額の変化は示されていません" in rest
    kept = approver.get(f"/plans/{plan.id}/change?days=D3+100").text
    assert "負担額の変化は示されていません" not in kept
