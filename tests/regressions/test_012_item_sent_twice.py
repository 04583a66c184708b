"""A form of a new cost sent twice, by a double click or a reload, stored it twice (費目の追加)."""

import threading
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.db.engine import db
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.usecases.cost_items import add_item, remove_item
from consortium.usecases.costs import Entry, show_costs
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, add_foreign_consortium, everything, items_of, month, yen
from tests.factories import seed_sample as seeded
from tests.pages import submit, value_of
from tests.people import People

NEW = "/costs/2026/planned/new"
SHEET = "/costs/2026/planned"
ID = "6f1c1c1e-7a1b-4a53-9d53-0f6a3a0b1c2d"
FY2026 = FiscalYear(2026)


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seeded()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def entry(viewer: Viewer, name: str = "監視費") -> Entry:
    categories = show_costs(viewer, FY2026, "planned", date(2026, 12, 1)).categories
    category = next(each for each in categories if each.name == "運用")
    return Entry(category.id, name, yen(1_200_000), month("2026-04"), month("2027-03"))


def fields(app: Flask, officer: Viewer, item_id: str, **changes: str) -> dict[str, object]:
    with app.app_context():
        category = entry(officer).category_id
    plain = {"item_id": item_id, "category": category, "name": "監視費", "amount": "1200000"}
    months = {"first_month": "2026-04", "last_month": "2027-03", "charged_to": "", "note": ""}
    return {**plain, **months, **changes}


def test_every_form_carries_an_id_of_its_own(lead: FlaskClient) -> None:
    first, second = (value_of(lead.get(NEW), "item_id") for _ in range(2))
    assert len(first) == len(second) == 36
    assert first != second


def test_the_same_form_sent_again_gives_the_first_answer_and_changes_nothing(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    sent = fields(app, officer, value_of(lead.get(NEW), "item_id"))
    assert submit(lead, NEW, sent).location == SHEET
    with app.app_context():
        before = everything()
    again = submit(lead, NEW, sent)
    assert (again.status_code, again.location) == (302, SHEET)
    with app.app_context():
        assert everything() == before


def test_another_cost_typed_into_a_form_already_sent_is_not_swallowed(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    sent = fields(app, officer, ID)
    assert submit(lead, NEW, sent).status_code == 302
    page = submit(lead, NEW, {**sent, "name": "研修費"})
    assert page.status_code == 400
    assert "費目「監視費」はもう追加されています" in page.text
    assert value_of(page, "name") == "研修費"
    fresh = value_of(page, "item_id")
    assert fresh != ID
    assert submit(lead, NEW, {**sent, "name": "研修費", "item_id": fresh}).status_code == 302
    with app.app_context():
        names = [item.name for item in items_of(officer, 2026, "planned")]
    assert (names.count("監視費"), names.count("研修費")) == (1, 1)


@pytest.mark.parametrize("item_id", ["", "1", ID.upper(), ID + "0", "{" + ID + "}", "x' OR 1=1"])
def test_an_id_that_is_none_is_refused_with_a_new_one(
    app: Flask, lead: FlaskClient, officer: Viewer, item_id: str
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, fields(app, officer, item_id))
    assert page.status_code == 400
    assert len(value_of(page, "item_id")) == 36
    assert "もう一度送ってください" in page.text
    with app.app_context():
        assert everything() == before


def test_a_form_without_an_id_is_refused(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    sent = fields(app, officer, "")
    del sent["item_id"]
    with app.app_context():
        before = everything()
    assert submit(lead, NEW, sent).status_code == 400
    with app.app_context():
        assert everything() == before


def test_the_id_of_another_consortiums_item_is_refused(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        taken = items_of(officer, 2021)[0].id
        foreigner = add_foreign_consortium()
        own = entry(officer)
        before = everything()
        with pytest.raises(BadInputError):
            add_item(foreigner, FY2026, "planned", own, NOW, taken)
        assert everything() == before


def test_the_id_of_an_older_item_of_ours_adds_nothing(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        taken = items_of(officer, 2021)[0].id
        before = everything()
    assert submit(lead, NEW, fields(app, officer, taken)).status_code == 400
    with app.app_context():
        assert everything() == before


def test_an_id_is_free_again_when_its_item_was_deleted(database: Flask) -> None:
    officer = seeded()
    new = add_item(officer, FY2026, "planned", entry(officer), NOW, ID)
    remove_item(officer, ID, new.row_version, NOW)
    assert add_item(officer, FY2026, "planned", entry(officer), NOW, ID).id == ID


def test_the_same_form_sent_twice_at_the_same_moment_is_saved_once(database: Flask) -> None:
    officer = seeded()
    sent = replace(entry(officer), note="二度押し")
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def once() -> None:
        with database.app_context():
            barrier.wait(10)
            outcomes.append(add_item(officer, FY2026, "planned", sent, NOW, ID).id)
            db.session.remove()

    threads = [threading.Thread(target=once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert outcomes == [ID, ID]
    assert [item.note for item in items_of(officer, 2026, "planned")].count("二度押し") == 1
