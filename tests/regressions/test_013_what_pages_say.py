"""What pages of the first release said wrongly: stages, days, forms without use, the band."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError
from consortium.domain.services import refuse_overlaps
from consortium.usecases.members import end_membership
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    everything,
    item_named,
    items_of,
    put_into_run,
    seed_sample,
    statements,
)
from tests.pages import submit
from tests.people import HIROSAKI, ITAYANAGI, People

ISSUED = "この段階の明細書は発行済みです。"


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


# ---- a stage without costs -----------------------------------------------------------------------


def test_a_run_of_a_stage_without_costs_is_refused_and_nothing_is_saved(
    app: Flask, lead: FlaskClient
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, "/runs/new", {"year": "2021", "stage": "settlement", "reason": ""})
    assert page.status_code == 400
    with app.app_context():
        assert everything() == before


# ---- days in 和暦 --------------------------------------------------------------------------------


def test_overlapping_periods_are_named_in_wareki() -> None:
    with pytest.raises(BadInputError) as refusal:
        refuse_overlaps(
            [Period(date(2015, 4, 1), date(2019, 5, 1)), Period(date(2019, 4, 30))], "板柳町の加入"
        )
    assert refusal.value.found == (
        "平成27年4月1日から平成31年4月30日までと平成31年4月30日から（継続中）が重なっています。"
    )


def test_a_day_before_joining_is_answered_in_wareki(app: Flask, officer: Viewer) -> None:
    with app.app_context(), pytest.raises(BadInputError) as refusal:
        end_membership(officer, ITAYANAGI, date(2021, 5, 31), "議決", NOW)
    assert refusal.value.found == "加入日（令和3年6月1日）より前の日です。"


# ---- a form that can only be refused -------------------------------------------------------------


def test_the_end_of_the_lead_city_is_refused_before_anything_is_typed(
    app: Flask, lead: FlaskClient
) -> None:
    with app.app_context():
        before = everything()
    path = f"/members/{HIROSAKI}/end"
    opened = lead.get(path)
    assert opened.status_code == 400
    assert "弘前市は幹事市です。幹事市の利用終了は登録できません。" in opened.text
    assert 'name="last_day"' not in opened.text
    fields = {"last_day": "令和9年3月31日", "reason": "議決"}
    assert submit(lead, path, fields, page="/costs/2026/planned/new").status_code == 400
    with app.app_context():
        assert everything() == before


def test_the_end_of_a_town_that_left_is_refused_before_anything_is_typed(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    with app.app_context():
        end_membership(officer, ITAYANAGI, date(2027, 3, 31), "議決", NOW)
    page = lead.get(f"/members/{ITAYANAGI}/end")
    assert page.status_code == 400
    assert "板柳町に継続中の加入期間がありません。" in page.text


# ---- 見本 ----------------------------------------------------------------------------------------


def test_the_band_names_what_the_product_has(lead: FlaskClient) -> None:
    page = lead.get("/costs/2026/planned").text
    assert "金額と割合は公表されていないため、実在しない見本の値です。" in page
    assert "支払日" not in page


# ---- costs changed after 発行 --------------------------------------------------------------------


@pytest.fixture
def running(app: Flask, officer: Viewer) -> Callable[[str], None]:
    """Let a run of 2026 当初 stand in a state."""

    def put(state: str) -> None:
        with app.app_context():
            put_into_run(officer, item_named(officer, 2026, "拠点間回線", "planned"), state)

    return put


@pytest.mark.parametrize("state", ["draft", "in_review", "approved", "superseded"])
def test_before_issue_nothing_is_said(
    lead: FlaskClient, running: Callable[[str], None], state: str
) -> None:
    running(state)
    assert ISSUED not in lead.get("/costs/2026/planned").text


def test_costs_of_an_issued_stage_say_that_statements_stay_as_they_are(
    app: Flask, officer: Viewer, lead: FlaskClient, running: Callable[[str], None]
) -> None:
    running("issued")
    page = lead.get("/costs/2026/planned").text
    assert f"{ISSUED}ここでの変更は、次の版を算定するまで明細書に反映されません。" in page
    assert ISSUED not in lead.get("/costs/2025/final").text
    with app.app_context(), statements() as found:
        assert lead.get("/costs/2026/planned").status_code == 200
        assert len(found) <= 8
        assert items_of(officer, 2026, "planned")
