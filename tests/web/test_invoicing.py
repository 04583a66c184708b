"""税抜, 米ドル, 請求書, 為替レート, 従量: shown before it is saved, refused at the field."""

import re
from datetime import date
from fractions import Fraction

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import invoices
from consortium.usecases.invoices import InvoiceEntry
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    everything,
    item_named,
    items_of,
    month,
    seed_sample,
    statements,
)
from tests.pages import errors_of, submit, token, value_of
from tests.people import ITAYANAGI, People
from tests.web.amounts import INVOICE, NEW, item, look_and_save, register_rate, usage_path


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
def invoice(app: Flask, officer: Viewer) -> str:
    """Register an invoice without lines."""
    entry = InvoiceEntry("（株）見本データ", "第12号", date(2026, 4, 30), "invoice", "floor")
    with app.app_context():
        return invoices.add_invoice(officer, FiscalYear(2026), "planned", entry, NOW).id


@pytest.fixture
def rate(app: Flask, officer: Viewer) -> None:
    """Register the rate of April 2026."""
    register_rate(app, officer)


# ---- the ways to enter an amount -----------------------------------------------------------------


def test_the_form_offers_the_three_ways(lead: FlaskClient) -> None:
    page = lead.get(NEW).text
    for way, label in (("incl", "税込額"), ("net", "税抜額と税率"), ("usd", "米ドルと為替レート")):
        assert re.search(rf'href="{NEW}\?way={way}"[^>]*>{label}<', page)
    assert lead.get(f"{NEW}?way=eur").text.count('id="amount"') == 1


def test_net_and_rate_are_shown_as_gross_before_anything_is_saved(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    path = f"{NEW}?way=net"
    fields = item(lead, "net", net_amount="１，００５円", tax_rate="10%")
    with app.app_context():
        before = everything()
    page = submit(lead, path, fields)
    assert page.status_code == 200
    assert "まだ保存していません" in page.text
    for text in ("1,105円", "税抜1,005円＋消費税（10％）100円", "この金額で保存する"):
        assert text in page.text
    with app.app_context():
        assert everything() == before
    answer = look_and_save(lead, path, fields)
    assert (answer.status_code, answer.location) == (302, "/costs/2026/planned")
    with app.app_context():
        assert item_named(officer, 2026, "監視費", "planned").amount_incl_tax == 1_105
    assert "税抜1,005円＋消費税（10％）100円" in lead.get("/costs/2026/planned").text


def test_a_number_changed_after_looking_is_shown_again(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    path = f"{NEW}?way=net"
    fields = item(lead, "net", net_amount="1,000", tax_rate="10")
    page = submit(lead, path, fields)
    other = {**fields, "net_amount": "2,000", "checked": value_of(page, "checked")}
    again = submit(lead, path, other)
    assert again.status_code == 200
    assert "2,200円" in again.text
    with app.app_context():
        assert "監視費" not in {each.name for each in items_of(officer, 2026, "planned")}


def test_a_rate_that_the_tax_never_had_is_doubted_but_taken(lead: FlaskClient) -> None:
    fields = item(lead, "net", net_amount="1,000", tax_rate="8.5")
    page = submit(lead, f"{NEW}?way=net", fields)
    assert "8.5％は、消費税にあったことのない税率です。" in page.text
    assert "消費税（8.5％）85円" in page.text


def test_dollars_are_multiplied_by_the_rate_of_their_month(
    app: Flask, lead: FlaskClient, officer: Viewer, rate: None
) -> None:
    path = f"{NEW}?way=usd"
    form = lead.get(path).text
    assert "令和8年4月" in form
    assert "1米ドル 149.53円" in form
    fields = item(lead, "usd", usd_4="US$1,000.00")
    assert look_and_save(lead, path, fields).status_code == 302
    with app.app_context():
        saved = item_named(officer, 2026, "監視費", "planned")
    assert saved.amount_incl_tax == 149_530
    assert saved.dollars == {month("2026-04"): Fraction(1_000)}
    edit = lead.get(f"/costs/items/{saved.id}")
    assert value_of(edit, "usd_4") == "1,000"


@pytest.mark.parametrize(
    ("way", "field", "typed", "message"),
    [
        ("net", "net_amount", "1,000.5", "小数点"),
        ("net", "net_amount", "", "税抜額を入力してください"),
        ("net", "tax_rate", "", "税率を入力してください"),
        ("net", "tax_rate", "-8", "読めません"),
        ("net", "tax_rate", "101", "税率は100までです"),
        ("net", "tax_rate", "八", "読めません"),
        ("net", "invoice", "x", "一覧から選び直してください"),
        ("usd", "usd_4", "1e3", "数として読めません"),
        ("usd", "usd_4", "1,00", "桁区切り"),
        ("usd", "usd_5", "10", "令和8年5月の為替レートが登録されていません"),
    ],
)
def test_a_form_refuses_at_the_field_and_changes_nothing(
    app: Flask, lead: FlaskClient, rate: None, way: str, field: str, typed: str, message: str
) -> None:
    good = {"net_amount": "1,000", "tax_rate": "10"} if way == "net" else {"usd_4": "10"}
    fields = item(lead, way, **{**good, field: typed})
    with app.app_context():
        before = everything()
    page = submit(lead, f"{NEW}?way={way}", fields)
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]
    assert message in errors_of(page)[field]
    if field != "invoice":
        assert value_of(page, field) == typed
    with app.app_context():
        assert everything() == before


def test_dollars_in_no_month_are_refused(lead: FlaskClient) -> None:
    page = submit(lead, f"{NEW}?way=usd", item(lead, "usd"))
    assert page.status_code == 400
    assert "米ドルの金額が一つもありません。" in page.text


def test_the_second_of_two_editors_sees_dollars_and_tax_side_by_side(
    app: Flask, lead: FlaskClient, officer: Viewer, rate: None
) -> None:
    look_and_save(lead, f"{NEW}?way=usd", item(lead, "usd", usd_4="10", tax_rate="10"))
    with app.app_context():
        saved = item_named(officer, 2026, "監視費", "planned")
    path = f"/costs/items/{saved.id}?way=usd"
    typed = {**item(lead, "usd", usd_4="20", tax_rate="10"), "row_version": "1"}
    assert look_and_save(lead, path, typed).status_code == 302
    page = submit(lead, path, {**typed, "usd_4": "30"})
    late = {
        **typed, "usd_4": "30", "row_version": "1", "csrf_token": token(page),
        "checked": value_of(page, "checked"),
    }  # fmt: skip
    with app.app_context():
        before = everything()
    conflict = lead.post(path, data=late)
    assert conflict.status_code == 409
    for text in ("令和8年4月の米ドル", "US$20.00", "US$30.00"):
        assert text in conflict.text
    with app.app_context():
        assert everything() == before


# ---- 請求書 --------------------------------------------------------------------------------------


def test_an_invoice_is_registered_filled_and_its_rounding_changed(
    app: Flask, lead: FlaskClient
) -> None:
    answer = submit(lead, "/invoices/2026/planned/new", INVOICE)
    assert answer.status_code == 302
    page = lead.get(answer.location)
    assert "明細がまだありません" in page.text
    (link,) = re.findall(r'href="(/costs/2026/planned/new\?way=net&amp;invoice=[^"]+)"', page.text)
    path = link.replace("&amp;", "&")
    chosen = re.search(r'<option selected value="([^"]+)">（株）見本データ', lead.get(path).text)
    assert chosen
    for name, net in (("一", "333,333"), ("二", "333,333"), ("三", "333,334")):
        fields = item(lead, "net", name=name, net_amount=net, tax_rate="10", invoice=chosen[1])
        assert look_and_save(lead, path, fields).status_code == 302
    found = lead.get(answer.location).text
    for text in ("1,000,000", "100,000", "1,100,000"):
        assert text in found
    edit = f"{answer.location}/edit"
    changed = {**INVOICE, "tax_per": "line", "row_version": "1"}
    looked = submit(lead, edit, changed)
    assert "まだ保存していません" in looked.text
    for text in ("366,668", "366,667"):
        assert text in looked.text
    assert look_and_save(lead, edit, changed).status_code == 302
    assert "99,999" in lead.get(answer.location).text
    assert "99,999" in lead.get("/invoices/2026/planned").text


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("supplier", "", "請求者を入力してください"),
        ("number", "番" * 61, "長すぎます"),
        ("invoice_date", "令和8年4月31日", "暦にない日"),
        ("invoice_date", "", "請求日を入力してください"),
        ("tax_per", "item", "Not a valid choice"),
    ],
)
def test_an_invoice_is_refused_at_the_field(
    app: Flask, lead: FlaskClient, field: str, typed: str, message: str
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, "/invoices/2026/planned/new", {**INVOICE, field: typed})
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]
    assert message in errors_of(page)[field] or field == "tax_per"
    with app.app_context():
        assert everything() == before


def test_the_same_number_again_is_refused_at_the_number(lead: FlaskClient, invoice: str) -> None:
    page = submit(lead, "/invoices/2026/planned/new", INVOICE)
    assert page.status_code == 400
    assert "すでにあります" in errors_of(page)["number"]


def test_the_second_of_two_editors_of_an_invoice_is_told(
    app: Flask, lead: FlaskClient, invoice: str
) -> None:
    path = f"/invoices/{invoice}/edit"
    changed = {**INVOICE, "row_version": "1", "note": "先"}
    assert submit(lead, path, changed).status_code == 302
    with app.app_context():
        before = everything()
    page = submit(lead, path, {**changed, "note": "後"})
    assert page.status_code == 409
    assert "ほかの人が先に保存しました" in page.text
    assert value_of(page, "row_version") == "2"
    with app.app_context():
        assert everything() == before


def test_an_invoice_with_lines_is_not_deleted(app: Flask, lead: FlaskClient, invoice: str) -> None:
    path = f"{NEW}?way=net"
    fields = item(lead, "net", net_amount="9", tax_rate="10", invoice=invoice)
    look_and_save(lead, path, fields)
    page = lead.get(f"/invoices/{invoice}/remove")
    assert "明細が1件あります" in page.text
    assert (
        submit(lead, f"/invoices/{invoice}/remove", {"row_version": "1"}, page=NEW).status_code
        == 409
    )
    with app.app_context():
        assert everything()["invoice"] != []


def test_an_invoice_without_lines_is_deleted_after_a_question(
    app: Flask, lead: FlaskClient, invoice: str
) -> None:
    path = f"/invoices/{invoice}/remove"
    assert "（株）見本データ" in lead.get(path).text
    assert submit(lead, path, {"row_version": "1"}).status_code == 302
    with app.app_context():
        assert everything()["invoice"] == []


# ---- who, and how fast ---------------------------------------------------------------------------

READ = ("/invoices/2026/planned", "/exchange-rates/2026")
WRITE = ("/invoices/2026/planned/new", "/exchange-rates/2026/4")


@pytest.mark.parametrize("role", ["lead_approver", "lead_admin", "auditor"])
def test_other_roles_of_the_office_read_and_write_nothing(
    app: Flask, officer: Viewer, invoice: str, cast: People, role: str
) -> None:
    reader = cast.client(role)
    for path in (*READ, f"/invoices/{invoice}"):
        page = reader.get(path)
        assert page.status_code == 200
        assert "登録する" not in page.text
        assert "追加する" not in page.text
    for path in (*WRITE, f"/invoices/{invoice}/edit", usage_path(app, officer)):
        assert reader.get(path).status_code == 403


def test_for_a_member_town_there_are_none(
    app: Flask, officer: Viewer, invoice: str, cast: People
) -> None:
    town = cast.client("member_staff", ITAYANAGI)
    for path in (*READ, *WRITE, f"/invoices/{invoice}", usage_path(app, officer)):
        assert town.get(path).status_code == 404


def test_no_page_takes_more_than_eight_statements(
    app: Flask, lead: FlaskClient, officer: Viewer, invoice: str, rate: None
) -> None:
    fields = item(lead, "usd", usd_4="10", tax_rate="10", invoice=invoice)
    look_and_save(lead, f"{NEW}?way=usd", fields)
    with app.app_context():
        saved = item_named(officer, 2026, "監視費", "planned")
    pages = (
        *READ, *WRITE, "/costs/2026/planned", f"{NEW}?way=net", f"{NEW}?way=usd",
        f"/costs/items/{saved.id}", f"/costs/items/{saved.id}?way=net",
        f"/costs/items/{saved.id}/usage", f"/invoices/{invoice}", f"/invoices/{invoice}/edit",
        f"/invoices/{invoice}/remove",
    )  # fmt: skip
    for path in pages:
        with app.app_context(), statements() as found:
            assert lead.get(path).status_code == 200
        assert len(found) <= 8, path
