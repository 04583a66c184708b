"""注意 on the page of a plan: the closed days before going live, busy weeks, what others took."""

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.usecases import busy_periods
from tests import delayed
from tests.factories import seed_sample
from tests.people import ITAYANAGI, People


@pytest.fixture
def clock() -> FrozenClock:
    """Let it be the spring before 平川市's plan begins."""
    return FrozenClock(delayed.NOW)


def told_on(page: str) -> str:
    return page.partition('id="cautions"')[2].partition("</section>")[0]


def busy_on(told: str) -> set[str]:
    return {"".join(each) for each in re.findall(r"<li>(\w+) [^<]*?は、(\w+?)の繁忙期", told)}


@pytest.mark.parametrize(
    ("code", "day", "closed", "busy"),
    [
        # Two in hand: the dates are two open days before the design's limits (its section 5):
        # G1 from 2019-02-21 to 03-20, cut-over from 03-25 to 03-27.
        (delayed.HIRAKAWA, date(2019, 4, 1), "", {"G1税", "G1住基", "E5住基", "H0住基"}),
        # 板柳町 has 40 in hand: trial run and cut-over of 2021 end on 03-30 like 藤崎町's, go-live
        # is in June. The last weekend before it is one open day away.
        (ITAYANAGI, date(2021, 6, 1), "1業務日前の土日が最後", {"G1税", "G1住基", "E5住基"}),
    ],
)
def test_a_plan_tells_what_its_days_run_into(
    app: Flask, cast: People, code: str, day: date, closed: str, busy: set[str]
) -> None:
    with app.app_context():
        viewer = seed_sample()
        delayed.fill_calendar(viewer)
        plan = delayed.draft(viewer, day, code)
    page = unescape(cast.client("lead_staff").get(f"/plans/{plan.id}").text)
    told = told_on(page)
    assert ("直前に閉庁日がありません" in told) is bool(closed)
    assert closed in told
    assert busy_on(told) == busy
    assert "29（13＋16）" in page
    assert "sakaietsuko.net/news/1946/" in page


def test_the_office_is_asked_by_its_own_busy_weeks(app: Flask, cast: People) -> None:
    with app.app_context():
        viewer = seed_sample()
        delayed.fill_calendar(viewer)
        plan = delayed.draft(viewer)
        seen = busy_periods.show_periods(viewer).mark
        # 平川市's cut-over is 2019-03-25 to 03-27, its trial run over on 03-20.
        audit = busy_periods.Entry("監査", "3/26", "3/31", "監査の予定")
        busy_periods.save_periods(viewer, seen, [audit], delayed.NOW)
    page = unescape(cast.client("lead_staff").get(f"/plans/{plan.id}").text)
    assert busy_on(told_on(page)) == {"E5監査"}
