"""The pages with pictures of plans: what they show, to whom, and how many statements they take."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.db.store import plans
from consortium.db.unit import writing
from consortium.domain.onboarding.plan import Plan
from consortium.usecases import plans as plan_pages
from consortium.usecases import sample_plans, settings
from consortium.usecases.plan_pictures import PictureDays, days_of
from consortium.usecases.viewer import Viewer
from tests import delayed
from tests.factories import NOW, OFFICER, seed_sample, statements
from tests.people import FUJISAKI, ITAYANAGI, People

#: Five towns beside 平川市: each has one plan to join a service.
MEMBERS = (FUJISAKI, ITAYANAGI, "023434", "023621", "023671")
ALL, BESIDE = "/plans/chart", "/plans/chart/beside"


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium and the closed days of the example."""
    with app.app_context():
        staff = seed_sample()
        delayed.fill_calendar(staff)
        return staff


@pytest.fixture
def plan(app: Flask, officer: Viewer) -> Plan:
    """Save 平川市's plan, approved: dates of the design's worked example."""
    with app.app_context():
        return delayed.approved(officer)


@pytest.fixture
def lead(plan: Plan, cast: People) -> FlaskClient:
    """Log in as an officer of the lead city, on 2026-12-01."""
    return cast.client("lead_staff")


def pictures(page: str) -> list[str]:
    return re.findall(r'<svg class="p-gantt.*?</svg>', page, re.DOTALL)


def titles(picture: str) -> list[str]:
    return re.findall(r"<g><title>(.*?)</title>", picture)


def test_the_page_of_a_plan_draws_every_task_and_the_sessions_it_waits_for(
    lead: FlaskClient, plan: Plan
) -> None:
    page = lead.get(f"/plans/{plan.id}/chart").text
    (picture,) = pictures(page)
    told = titles(picture)
    assert len([each for each in told if "、計画 " in each]) == 27
    # The baseline frozen with the approval, as the worked example has it.
    assert any("B3 議会の議決、" in each and "基準計画 H30.2.28〜H30.3.20" in each for each in told)
    assert "平川市議会の議決日 平成30年3月20日（推定）" in told
    # No word of a style anywhere: the browser would refuse it.
    assert "style=" not in page
    assert "p-a3" in page
    # The table behind it has a row for each of the 27 tasks.
    table = page[page.index("<details") :]
    assert table.count('<th scope="row"') == 27


def test_without_closed_days_the_planned_dates_are_drawn_alone(
    app: Flask, officer: Viewer, plan: Plan
) -> None:
    with app.app_context():
        page = plan_pages.show_plan(officer, plan.id, NOW.date())
    empty = replace(page, desk=replace(page.desk, closed=()))
    assert days_of([empty]) == PictureDays((), ())
    assert len(days_of([page]).sessions) == len(days_of([page, page]).sessions) > 0


def test_a_session_entered_is_no_longer_a_guess(
    app: Flask, lead: FlaskClient, officer: Viewer, plan: Plan
) -> None:
    with app.app_context():
        delayed.vote_on(officer, delayed.HIRAKAWA, date(2018, 3, 19))
    told = titles(pictures(lead.get(f"/plans/{plan.id}/chart").text)[0])
    assert "平川市議会の議決日 平成30年3月19日" in told
    assert "平川市議会の議決日 平成30年3月20日（推定）" not in told


def test_the_year_with_two_names_bears_the_one_the_office_has_set(
    app: Flask, lead: FlaskClient, officer: Viewer, plan: Plan
) -> None:
    # H1 runs to 2019-07-01, three months into the year.
    path = "/plans/chart/beside?plan=" + plan.id
    assert "令和元年度" in lead.get(path).text or "R1年度" in lead.get(path).text
    with app.app_context():
        seen = settings.show_settings(officer)
        entry = replace(settings.entry_of(seen), label_2019="平成31年度")
        settings.change_settings(officer, seen.row_version, entry, NOW)
    assert "平成31年度" in pictures(lead.get(path).text)[0]


def test_all_plans_stand_on_one_axis_without_those_counted_back_or_stopped(
    app: Flask, lead: FlaskClient, officer: Viewer, plan: Plan
) -> None:
    with app.app_context():
        sample_plans.add_references(sample_plans.Team(officer, officer, NOW))
        stopped = delayed.draft(officer, date(2020, 4, 1), FUJISAKI)
        with writing(OFFICER, NOW) as unit:
            plans.save_plan(unit, officer.consortium_id, stopped, replace(stopped, state="stopped"))
    (picture,) = pictures(lead.get(ALL).text)
    phases = ["計画立案", "仕様検討", "調達", "導入・移行", "本稼働", "運用"]
    assert [each.split("、")[0].split()[1] for each in titles(picture) if "計画 " in each] == phases
    assert picture.count('writing-mode="vertical-rl">平川市 加入工程<') == 1
    # The three joins counted back are what stands beside each other if nobody chose.
    (picture,) = pictures(lead.get(BESIDE).text)
    heads = re.findall(r'class="p-gantt__panel"[^>]*>(.*?)</text>', picture)
    assert heads == [
        "平川市　本稼働 平成31年4月1日",
        "藤崎町　本稼働 令和3年4月1日",
        "板柳町　本稼働 令和3年6月1日",
    ]
    # The worked example: 板柳's B3 must end with the session of March 2020, its C1 by 2020-06-18.
    told = [each for each in titles(picture) if each.startswith("C1 ")]
    assert [re.findall(r"限界日 ([^、]*)", each) for each in told] == [
        ["H30.4.20"], ["R2.4.20"], ["R2.6.18"],
    ]  # fmt: skip


def test_a_town_sees_the_pictures_of_its_own_and_of_shared_plans_only(
    app: Flask, plan: Plan, cast: People, officer: Viewer
) -> None:
    own, other = (cast.client("member_staff", code) for code in (delayed.HIRAKAWA, FUJISAKI))
    one, beside = f"/plans/{plan.id}/chart", f"{BESIDE}?plan={plan.id}"
    assert [own.get(path).status_code for path in (one, beside)] == [200, 200]
    assert [other.get(path).status_code for path in (one, beside)] == [404, 404]
    assert len(pictures(own.get(ALL).text)) == 1
    assert "平川市" not in other.get(ALL).text
    with app.app_context(), writing(OFFICER, NOW) as unit:
        plans.save_plan(unit, officer.consortium_id, plan, replace(plan, is_shared=True))
    assert [other.get(path).status_code for path in (one, beside)] == [200, 200]


def test_no_more_plans_are_put_beside_each_other_than_can_be_read(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        ids = [delayed.draft(officer, date(2019, 4, 1), code).id for code in MEMBERS]
    page = lead.get(BESIDE, query_string={"plan": ids}).text
    assert pictures(page)[0].count('class="p-gantt__panel"') == 4
    assert "一度に並べられるのは4つまでです" in page


def test_a_town_going_to_join_stands_dotted_in_the_timeline_and_is_not_counted(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        approver = replace(officer, user_id="u-9", role="lead_approver")
        begun = datetime(2024, 12, 2, 1, 0, tzinfo=UTC)
        sample_plans.make(sample_plans.Team(officer, approver, begun))
    page = lead.get("/plans").text
    assert "鶴田町は令和9年4月1日に加入予定" in page
    timeline = page[page.index('aria-labelledby="timeline-title') :]
    assert timeline.count("p-svg__bar--expected") == 1
    assert "R9.4.1 加入予定" in timeline
    # Seven towns in each of the fiscal years 2021 to 2027, the last without the eighth.
    assert re.findall(r'p-svg__strong" x="[\d.]+" y="20"[^>]*>(\d)', timeline)[-7:] == ["7"] * 7


def test_the_pages_take_eight_statements(app: Flask, lead: FlaskClient, plan: Plan) -> None:
    for path in (f"/plans/{plan.id}/chart", ALL, BESIDE, f"{BESIDE}?plan={plan.id}", "/plans"):
        lead.get(path)
        with app.app_context(), statements() as found:
            assert lead.get(path).status_code == 200
        assert len(found) <= 8, " / ".join([each.split("FROM")[1][:40] for each in found])
