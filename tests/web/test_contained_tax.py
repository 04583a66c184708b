"""含まれる消費税の率 of a cost typed 税込: chosen, kept, left unknown."""

from fractions import Fraction

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.usecases.viewer import Viewer
from tests.factories import item_named, seed_sample
from tests.pages import chosen, errors_of, submit
from tests.people import People
from tests.web.amounts import NEW, item


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


@pytest.mark.parametrize(
    ("typed", "saved"), [("10", Fraction(10)), ("8", Fraction(8)), ("0", Fraction(0)), ("", None)]
)
def test_the_rate_within_the_yen_is_saved_and_offered_again(
    app: Flask, lead: FlaskClient, officer: Viewer, typed: str, saved: Fraction | None
) -> None:
    answer = submit(lead, NEW, item(lead, "incl", amount="1,100", contained=typed))
    assert answer.status_code == 302, errors_of(answer)
    with app.app_context():
        found = item_named(officer, 2026, "監視費", "planned")
    assert (found.amount_incl_tax, found.tax_rate) == (1_100, saved)
    assert chosen(lead.get(f"/costs/items/{found.id}"), "contained") == typed


def test_a_new_cost_is_offered_ten_percent(lead: FlaskClient) -> None:
    assert chosen(lead.get(NEW), "contained") == "10"


def test_a_rate_that_is_not_offered_is_refused_at_the_field(lead: FlaskClient) -> None:
    answer = submit(lead, NEW, item(lead, "incl", amount="1,100", contained="7"))
    assert answer.status_code == 400
    assert list(errors_of(answer)) == ["contained"]
