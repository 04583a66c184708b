"""為替レート and 従量: shown before they are saved, refused at the field."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.usecases.viewer import Viewer
from tests.factories import (
    everything,
    item_named,
    put_into_run,
    seed_sample,
)
from tests.pages import errors_of, submit, value_of
from tests.people import People
from tests.web.amounts import NEW, RATE, item, look_and_save, register_rate, usage_path


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


@pytest.fixture
def rate(app: Flask, officer: Viewer) -> None:
    """Register the rate of April 2026."""
    register_rate(app, officer)


# ---- 為替レート ----------------------------------------------------------------------------------


def test_a_rate_is_registered_and_changed_with_a_reason_after_a_look(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    path = "/exchange-rates/2026/4"
    assert submit(lead, path, RATE).status_code == 302
    assert "149.53" in lead.get("/exchange-rates/2026").text
    look_and_save(lead, f"{NEW}?way=usd", item(lead, "usd", usd_4="1,000"))
    changed = {**RATE, "rate": "150", "row_version": "1"}
    page = submit(lead, path, changed)
    assert page.status_code == 400
    assert "理由がありません" in errors_of(page)["reason"]
    changed["reason"] = "請求書の訂正"
    page = submit(lead, path, changed)
    for text in ("149,530", "150,000", "まだ保存していません"):
        assert text in page.text
    assert look_and_save(lead, path, changed).status_code == 302
    with app.app_context():
        assert item_named(officer, 2026, "監視費", "planned").amount_incl_tax == 150_000


def test_an_issued_item_is_named_as_one_that_stays(
    app: Flask, lead: FlaskClient, officer: Viewer, rate: None
) -> None:
    for name in ("発行した利用料", "これからの利用料"):
        look_and_save(lead, f"{NEW}?way=usd", item(lead, "usd", name=name, usd_4="1,000"))
    with app.app_context():
        put_into_run(officer, item_named(officer, 2026, "発行した利用料", "planned"), "issued")
    changed = {**RATE, "rate": "150", "row_version": "1", "reason": "訂正"}
    page = submit(lead, "/exchange-rates/2026/4", changed)
    assert "発行済みの費目は変わりません" in page.text
    assert "<li>発行した利用料</li>" in page.text


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("rate", "", "1米ドルの円を入力してください"),
        ("rate", "0", "0より大きい"),
        ("rate", "-149", "負の数"),
        ("rate", "149円53銭", "読めません"),
        ("source", "", "出典を入力してください"),
        ("quoted_on", "きのう", "日付の形ではありません"),
    ],
)
def test_a_rate_is_refused_at_the_field(
    app: Flask, lead: FlaskClient, field: str, typed: str, message: str
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, "/exchange-rates/2026/4", {**RATE, field: typed})
    assert page.status_code == 400
    assert message in errors_of(page)[field]
    assert value_of(page, field) == typed
    with app.app_context():
        assert everything() == before


def test_the_second_of_two_editors_of_a_rate_is_told(lead: FlaskClient, rate: None) -> None:
    page = submit(lead, "/exchange-rates/2026/4", {**RATE, "rate": "150", "reason": "訂正"})
    assert page.status_code == 409
    assert "149.53" in page.text
    assert value_of(page, "row_version") == "1"


@pytest.mark.parametrize("path", ["/exchange-rates/2026/13", "/exchange-rates/1999"])
def test_a_month_or_year_nobody_knows_is_a_page_that_does_not_exist(
    lead: FlaskClient, path: str
) -> None:
    assert lead.get(path).status_code == 404


# ---- 従量 ----------------------------------------------------------------------------------------


def test_quantities_are_shown_in_yen_and_saved(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    path = usage_path(app, officer)
    fields: dict[str, object] = {
        "unit_price": "12.5", "mode": "floor", "row_version": "1", "quantity_022021": "101",
    }  # fmt: skip
    page = submit(lead, path, fields)
    # 101 × 12.5 = 1,262.5; 9,636,000 − 1,262.
    for text in ("1,262", "9,634,738", "まだ保存していません"):
        assert text in page.text
    assert look_and_save(lead, path, fields).status_code == 302
    assert "従量" in lead.get("/costs/2026/planned").text
    assert value_of(lead.get(path), "quantity_022021") == "101"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"unit_price": "12.5円50"}, "数として読めません"),
        ({"unit_price": "-1"}, "負の数です"),
        ({"quantity_022021": "百"}, "数として読めません"),
        ({"quantity_022021": ""}, "数量が一つもありません"),
        ({"unit_price": ""}, "単価がありません"),
        ({"quantity_012025": "1"}, "利用していない団体"),
        ({"quantity_022021": "999999999"}, "超えています"),
    ],
)
def test_a_quantity_without_sense_is_refused(
    app: Flask, lead: FlaskClient, officer: Viewer, fields: dict[str, str], message: str
) -> None:
    good = {"unit_price": "12.5", "mode": "floor", "row_version": "1", "quantity_022021": "1"}
    with app.app_context():
        before = everything()
    page = submit(lead, usage_path(app, officer), {**good, **fields})
    assert page.status_code == 400
    assert message in page.text
    with app.app_context():
        assert everything() == before


def test_the_second_of_two_who_enter_quantities_sees_both(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    path = usage_path(app, officer)
    seen = {"unit_price": "12.5", "mode": "floor", "row_version": "1", "quantity_022021": "101"}
    assert look_and_save(lead, path, seen).status_code == 302
    with app.app_context():
        before = everything()
    page = look_and_save(lead, path, {**seen, "unit_price": "20", "quantity_022021": "305"})
    assert page.status_code == 409
    for text in ("ほかの人が先に保存しました", "12.5円", "20円", "101", "305"):
        assert text in page.text
    assert value_of(page, "quantity_022021") == "305"
    with app.app_context():
        assert everything() == before
    # Looked at again, the second version is saved: 9,636,000 − 305 × 20.
    again = {**seen, "unit_price": "20", "quantity_022021": "305"}
    again["row_version"] = str(value_of(page, "row_version"))
    assert "9,629,900" in submit(lead, path, again).text
    assert look_and_save(lead, path, again).status_code == 302
    assert value_of(lead.get(path), "quantity_022021") == "305"
