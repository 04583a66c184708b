"""算定の比較の画面: two runs beside each other."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import costs
from consortium.db.unit import writing
from consortium.domain.yen import Yen
from tests import factories
from tests.pages import errors_of
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def staff(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def path_of(old: str, new: str) -> str:
    return f"/runs/compare?old={old}&new={new}"


def redrafted(portal: Portal, more: int) -> str:
    """Raise the first shared cost of FY2021, if at all, and draft the second edition."""
    office = portal.office
    with portal.app.app_context():
        item = next(
            each for each in factories.items_of(office.staff, 2021) if not each.charged_to_id
        )
        raised = replace(item, amount_incl_tax=Yen(item.amount_incl_tax + more))
        if more:
            with writing(factories.OFFICER, factories.NOW) as unit:
                costs.save_item(unit, office.consortium_id, item, raised)
        return office.draft(2021, "final", "費用の見直し")


def foreign_run(portal: Portal) -> str:
    """Let another consortium have a run."""
    with portal.app.app_context():
        owner = factories.add_foreign_consortium().consortium_id
        with writing(factories.OFFICER, factories.NOW) as unit:
            run = models.AllocationRun(
                id=models.new_id(),
                consortium_id=owner,
                fiscal_year_start=2021,
                stage="final",
                edition=1,
                state="draft",
                document="{}",
                document_sha256="a" * 64,
                total=0,
                drafted_by="u-1",
                drafted_at=factories.NOW,
            )
            unit.session.add(run)
            unit.record(owner, "test.run", "allocation_run", run.id, "試験の算定")
            return run.id


def section(page: str, name: str) -> str:
    """Give the part of a page under a heading."""
    start = page.index(f'id="{name}"')
    return page[start : page.index("</section>", start)]


def numbers(text: str) -> list[int]:
    """Read the amounts written in cells, signs included."""
    found = re.findall(r"<td class=\"p-num\">([＋△]?)([\d,]+)", text)
    return [int(digits.replace(",", "")) * (-1 if sign == "△" else 1) for sign, digits in found]


def test_a_new_edition_beside_the_one_it_replaces(portal: Portal, staff: FlaskClient) -> None:
    old = portal.run()
    new = redrafted(portal, 7_000)
    assert f"/runs/compare?old={old}&amp;new={new}" in staff.get(f"/runs/{new}").text
    page = staff.get(path_of(old, new)).text
    assert f'<option selected value="{old}">' in page
    assert f'<option selected value="{new}">' in page
    members = numbers(section(page, "members"))
    # Seven towns and the sum: before, after, difference. FY2021 costs 185,570,000.
    assert members[-3:] == [185_570_000, 185_577_000, 7_000]
    assert sum(members[2:-1:3]) == 7_000
    inputs = section(page, "inputs")
    assert inputs.count("<tr>") == 2
    assert "：額" in inputs
    assert "差のない費目：8件" in page


def test_the_amounts_lead_to_both_explanations(portal: Portal, staff: FlaskClient) -> None:
    old = portal.run()
    new = redrafted(portal, 70_000)
    items = section(staff.get(path_of(old, new)).text, "items")
    links = re.findall(r'href="(/runs/([\w-]+)/why/\d+/\d{6})"', items)
    assert {run for _, run in links} == {old, new}
    assert len(links) == 2 * 7
    assert all(staff.get(link).status_code == 200 for link, _ in links)


def test_two_years_show_who_joined_and_what_the_towns_pay_more(
    portal: Portal, staff: FlaskClient
) -> None:
    old, new = portal.run(2020, upto="draft"), portal.run(2021, upto="draft")
    page = staff.get(path_of(old, new)).text
    inputs = section(page, "inputs")
    assert "令和2年度" in inputs
    assert "令和3年度" in inputs
    rows = re.findall(r"<tr>(.*?)</tr>", inputs, re.DOTALL)
    joined = [row for row in rows if "加わる" in row]
    assert [name for name in ("藤崎町", "板柳町") if any(name in row for row in joined)] == [
        "藤崎町",
        "板柳町",
    ]
    assert len(joined) == 2


def test_the_other_way_round_the_signs_are_turned(portal: Portal, staff: FlaskClient) -> None:
    old, new = portal.run(2020, upto="draft"), portal.run(2021, upto="draft")
    there = numbers(section(staff.get(path_of(old, new)).text, "members"))
    back = numbers(section(staff.get(path_of(new, old)).text, "members"))
    assert there[-1] == -back[-1] != 0


def test_two_runs_without_a_difference_say_so(portal: Portal, staff: FlaskClient) -> None:
    old = portal.run()
    new = redrafted(portal, 0)
    page = staff.get(path_of(old, new)).text
    assert "二つの算定に違いはありません" in page
    assert "前提に違いはありません" in page
    assert "差のない費目：9件" in page


def test_one_run_chosen_twice_is_refused_at_the_field(portal: Portal, staff: FlaskClient) -> None:
    run_id = portal.run()
    portal.run(2020, upto="draft")
    answer = staff.get(path_of(run_id, run_id))
    assert answer.status_code == 400
    assert "前と同じ算定です" in errors_of(answer)["new"]
    assert "団体ごとの差" not in answer.text


def test_a_missing_choice_is_named_and_the_other_one_kept(
    portal: Portal, staff: FlaskClient
) -> None:
    run_id = portal.run()
    portal.run(2020, upto="draft")
    answer = staff.get(path_of("", run_id))
    assert answer.status_code == 400
    assert errors_of(answer) == {"old": "前の算定を選んでください。"}
    assert f'<option selected value="{run_id}">' in answer.text


def test_the_first_edition_offers_itself_as_the_later_one(
    portal: Portal, staff: FlaskClient
) -> None:
    run_id = portal.run()
    portal.run(2020, upto="draft")
    assert f'href="/runs/compare?new={run_id}"' in staff.get(f"/runs/{run_id}").text
    answer = staff.get(f"/runs/compare?new={run_id}")
    assert answer.status_code == 200
    assert errors_of(answer) == {}
    assert f'<option selected value="{run_id}">' in answer.text


def test_with_fewer_than_two_runs_there_is_nothing_to_choose(
    portal: Portal, staff: FlaskClient
) -> None:
    assert "比べる算定がありません" in staff.get("/runs/compare").text
    portal.run(2020, upto="draft")
    assert "/runs/compare" not in staff.get("/runs").text
    portal.run(2021, upto="draft")
    assert "/runs/compare" in staff.get("/runs").text
    assert "比べる</button>" in staff.get("/runs/compare").text


@pytest.mark.parametrize("wrong", [UNKNOWN, "1", "../x", "％"])
def test_a_run_that_is_none_does_not_exist(portal: Portal, staff: FlaskClient, wrong: str) -> None:
    run_id = portal.run(upto="draft")
    assert staff.get(path_of(run_id, wrong)).status_code == 404
    assert staff.get(path_of(wrong, run_id)).status_code == 404


def test_another_consortiums_run_does_not_exist(portal: Portal, staff: FlaskClient) -> None:
    run_id, foreign = portal.run(upto="draft"), foreign_run(portal)
    assert staff.get(path_of(run_id, foreign)).status_code == 404
    assert foreign not in staff.get("/runs/compare").text


def test_a_town_does_not_find_the_page(portal: Portal) -> None:
    old, new = portal.run(2020), portal.run(2021)
    town = portal.cast.client("member_staff", "023817")
    assert town.get(path_of(old, new)).status_code == 404


@pytest.mark.parametrize("items", [10, 200])
def test_200_items_need_as_few_statements_as_ten(
    portal: Portal, staff: FlaskClient, items: int
) -> None:
    with portal.app.app_context():
        factories.add_many_items(portal.office.staff, 2021, items)
    old, new = portal.run(2020, upto="draft"), portal.run(2021, upto="draft")
    assert statements_of(portal, staff, path_of(old, new)) <= 8
