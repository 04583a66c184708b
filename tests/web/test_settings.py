"""設定: for the lead_admin only."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.usecases.viewer import Viewer
from tests.factories import everything, seed_sample
from tests.pages import errors_of, submit, value_of
from tests.people import ITAYANAGI, People

GOOD = {
    "name": "弘前地区電算共同化推進協議会",
    "office_name": "弘前市",
    "shows_other_members": "y",
    "label_2019": "令和元年度",
    "usd_mode": "floor",
    "row_version": "1",
}


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def admin(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as its administrator."""
    return cast.client("lead_admin")


def test_the_older_label_of_fy2019_shows_on_the_next_page(admin: FlaskClient, cast: People) -> None:
    assert submit(admin, "/settings", {**GOOD, "label_2019": "平成31年度"}).status_code == 302
    assert "平成31年度 確定の費用" in cast.client("auditor").get("/costs/2019/final").text


def test_an_unticked_box_means_no(app: Flask, admin: FlaskClient) -> None:
    fields = {name: value for name, value in GOOD.items() if name != "shows_other_members"}
    assert submit(admin, "/settings", fields).status_code == 302
    assert (
        "checked" not in admin.get("/settings").text.split("shows_other_members")[1].split(">")[0]
    )


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "あ" * 61),
        ("office_name", " "),
        ("label_2019", "昭和94年度"),
        ("usd_mode", "up"),
    ],
)
def test_a_form_refuses_at_the_field_and_changes_nothing(
    app: Flask, admin: FlaskClient, field: str, typed: str
) -> None:
    with app.app_context():
        before = everything()
    page = submit(admin, "/settings", {**GOOD, field: typed})
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]
    if field == "name":
        assert value_of(page, field) == typed
    with app.app_context():
        assert everything() == before


def test_the_second_of_two_editors_is_refused(app: Flask, admin: FlaskClient) -> None:
    assert submit(admin, "/settings", {**GOOD, "name": "別の名"}).status_code == 302
    with app.app_context():
        before = everything()
    page = submit(admin, "/settings", GOOD)
    assert page.status_code == 409
    assert "ほかの人が先に保存しました" in page.text
    assert "<td>別の名</td><td>弘前地区電算共同化推進協議会</td>" in page.text
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize(
    ("role", "status"),
    [("lead_staff", 403), ("lead_approver", 403), ("auditor", 403), ("member_admin", 404)],
)
def test_nobody_else_opens_it(officer: Viewer, cast: People, role: str, status: int) -> None:
    person = cast.client(role, ITAYANAGI if status == 404 else None)
    assert person.get("/settings").status_code == status
