"""費用: what is shown, what a form refuses, who may write."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import funding
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    add_many_items,
    everything,
    item_named,
    items_of,
    put_into_run,
    seed_sample,
    statements,
    yen,
)
from tests.pages import errors_of, submit, token, value_of
from tests.people import ITAYANAGI, People

NEW = "/costs/2026/planned/new"


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def good(lead: FlaskClient, **changes: str) -> dict[str, object]:
    """Fill the form of a new item."""
    form = lead.get(NEW)
    (category,) = re.findall(r'<option value="([\w-]{36})">運用<', form.text)
    plain = {
        "item_id": value_of(form, "item_id"),
        "category": category,
        "name": "監視費",
        "amount": "１，２３４，５６７円",
        "first_month": "2026-04",
        "last_month": "2027-03",
        "charged_to": "",
        "note": "",
    }
    return {**plain, **changes}


def test_a_year_is_shown_by_category_with_subtotals_and_total(lead: FlaskClient) -> None:
    page = lead.get("/costs/2021/final")
    assert page.status_code == 200
    for text in ("令和3年度 確定の費用", "見本", "移行の小計", "46,750,000", "185,570,000"):
        assert text in page.text
    assert "板柳町の個別負担" in page.text


def test_the_menu_leads_to_the_present_year(lead: FlaskClient) -> None:
    answer = lead.get("/costs")
    assert (answer.status_code, answer.location) == (302, "/costs/2026/planned")


def test_a_refund_is_shown_with_its_sign(lead: FlaskClient) -> None:
    assert "△1,254,000" in lead.get("/costs/2023/final").text


@pytest.mark.parametrize("start", [2014, 2028, 2099])
def test_a_year_nobody_knows_is_a_page_that_says_what_to_do(lead: FlaskClient, start: int) -> None:
    for path in (f"/costs/{start}/final", f"/costs/{start}/planned/new"):
        page = lead.get(path)
        assert page.status_code == 404
        assert f"{start}年度の費用は扱っていません" in page.text
        assert "平成27年度から令和9年度まで" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/costs/21/final",
        "/costs/２０２１/final",
        "/costs/2021.5/final",
        "/costs/-2021/final",
        "/costs/20211/final",
        "/costs/2021/settled",
        "/costs/2021/FINAL",
        "/costs/items/1",
        "/costs/items/00000000-0000-0000-0000-000000000000",
    ],
)
def test_an_address_that_is_none_is_a_page_in_japanese(lead: FlaskClient, path: str) -> None:
    page = lead.get(path)
    assert page.status_code == 404
    assert "ページが見つかりません" in page.text


def test_an_empty_stage_offers_what_could_be_copied(lead: FlaskClient) -> None:
    page = lead.get("/costs/2027/planned")
    assert "令和9年度 当初の費目はまだありません" in page.text
    assert "令和8年度 当初の6件を写す" in page.text


def test_last_years_items_are_copied_once(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    path = "/costs/2027/planned"
    source = {"source": "2026-planned"}
    answer = submit(lead, f"{path}/copy", source, page=path)
    assert (answer.status_code, answer.location) == (302, path)
    assert "6件の費目を写しました" in lead.get(path).text
    with app.app_context():
        assert len(items_of(officer, 2027, "planned")) == 6
        before = everything()
    again = submit(lead, f"{path}/copy", source, page=path)
    assert again.status_code == 409
    assert "もう費目があります" in again.text
    with app.app_context():
        assert everything() == before


def test_a_year_is_settled_by_actual_costs_of_its_own(lead: FlaskClient) -> None:
    path = "/costs/2025/settlement"
    assert "令和7年度 確定の6件を写す" in lead.get(path).text
    submit(lead, f"{path}/copy", {"source": "2025-final"}, page=path)
    assert "6件の費目を写しました" in lead.get(path).text
    run = {"year": "2025", "stage": "settlement", "reason": ""}
    made = submit(lead, "/runs/new", run)
    assert "令和7年度 精算 第1版" in lead.get(made.location).text


def test_the_message_of_a_copy_counts_the_grants(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        item = item_named(officer, 2026, "拠点間回線", "planned")
        grant = funding.Entry("県補助金", "PRE_SPLIT", yen(1_000_000), item_id=item.id)
        funding.add_measure(officer, FiscalYear(2026), "planned", grant, NOW)
    said = {
        "/costs/2026/revised": "6件の費目、その費目の補助金・財源措置1件を写しました。",
        "/costs/2027/planned": "写していない補助金・財源措置が1件あります。",
    }
    for path, told in said.items():
        submit(lead, f"{path}/copy", {"source": "2026-planned"}, page=path)
        assert told in lead.get(path).text
    assert "県補助金" in lead.get("/funding/2026/revised").text


@pytest.mark.parametrize("source", ["", "2025-final", "2026-final", "x", "2026-planned' --"])
def test_a_source_that_was_not_offered_is_refused(lead: FlaskClient, source: str) -> None:
    path = "/costs/2027/planned"
    page = submit(lead, f"{path}/copy", {"source": source}, page=path)
    assert page.status_code == 400
    assert "写す元に費目がありません" in page.text


# ---- forms ---------------------------------------------------------------------------------------


def test_full_width_amounts_are_saved_as_whole_yen(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    answer = submit(lead, NEW, good(lead))
    assert (answer.status_code, answer.location) == (302, "/costs/2026/planned")
    with app.app_context():
        assert item_named(officer, 2026, "監視費", "planned").amount_incl_tax == 1_234_567


def test_zero_yen_is_an_amount(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    assert submit(lead, NEW, good(lead, amount="0")).status_code == 302
    with app.app_context():
        assert item_named(officer, 2026, "監視費", "planned").amount_incl_tax == 0


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("amount", "1,234.5円", "小数点"),
        ("amount", "NaN", "金額として読めません"),
        ("amount", "1e999", "金額として読めません"),
        ("amount", "二百円", "金額として読めません"),
        ("amount", "9999999999999999", "大きすぎます"),
        ("amount", "", "金額を入力してください"),
        ("first_month", "2026-03", "令和8年4月から令和9年3月までの月ではありません"),
        ("last_month", "2027-04", "令和8年4月から令和9年3月までの月ではありません"),
        ("last_month", "x", "月ではありません"),
        ("category", "00000000-0000-0000-0000-000000000000", "一覧から選び直してください"),
        ("category", "", "経費区分を選んでください"),
        ("charged_to", "板柳町", "一覧から選び直してください"),
        ("name", "", "費目名を入力してください"),
        ("name", "あ" * 101, "費目名が長すぎます"),
        ("name", "監視\x08費", "制御文字"),
    ],
)
def test_a_form_refuses_at_the_field_and_changes_nothing(
    app: Flask, lead: FlaskClient, field: str, typed: str, message: str
) -> None:
    fields = good(lead, **{field: typed})
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, fields)
    assert page.status_code == 400
    assert "まだ保存していません" in page.text
    found = errors_of(page)
    assert list(found) == [field]
    assert message in found[field]
    if field == "amount":
        assert value_of(page, "amount") == typed
    assert value_of(page, "name") == str(fields["name"]) or field == "name"
    with app.app_context():
        assert everything() == before


def test_an_end_before_the_start_is_refused_at_its_field(lead: FlaskClient) -> None:
    fields = good(lead, first_month="2026-06", last_month="2026-05")
    page = submit(lead, NEW, fields)
    assert page.status_code == 400
    assert "終わりの月が始まりの月より前です" in errors_of(page)["last_month"]


def test_without_a_token_nothing_is_saved(app: Flask, lead: FlaskClient) -> None:
    fields = good(lead)
    with app.app_context():
        before = everything()
    assert lead.post(NEW, data=fields).status_code == 400
    with app.app_context():
        assert everything() == before


def test_the_second_of_two_editors_sees_both_versions_side_by_side(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        item = item_named(officer, 2026, "拠点間回線", "planned")
    path = f"/costs/items/{item.id}"
    fields = good(lead, name="拠点間回線", row_version="1")
    assert submit(lead, path, {**fields, "amount": "9,700,000"}).status_code == 302
    with app.app_context():
        before = everything()
    page = submit(lead, path, {**fields, "amount": "△1,234"})
    assert page.status_code == 409
    for text in ("ほかの人が先にこの費目を保存しました", "9,700,000円", "△1,234円"):
        assert text in page.text
    with app.app_context():
        assert everything() == before
    again = {**fields, "amount": "△1,234", "row_version": value_of(page, "row_version")}
    assert lead.post(path, data={"csrf_token": token(page), **again}).status_code == 302
    with app.app_context():
        assert item_named(officer, 2026, "拠点間回線", "planned").amount_incl_tax == -1234


@pytest.mark.parametrize("version", ["", "x", "1.5"])
def test_a_forged_version_is_refused(
    lead: FlaskClient, officer: Viewer, app: Flask, version: str
) -> None:
    with app.app_context():
        item = item_named(officer, 2026, "拠点間回線", "planned")
        before = everything()
    page = submit(lead, f"/costs/items/{item.id}", good(lead, row_version=version))
    assert page.status_code == 400
    with app.app_context():
        assert everything() == before


def test_an_item_is_deleted_after_a_question_unless_a_run_rests_on_it(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        held = item_named(officer, 2026, "拠点間回線", "planned")
        free = item_named(officer, 2026, "ヘルプデスク・保守", "planned")
        put_into_run(officer, held, "issued")
    assert "15,840,000円" in lead.get(f"/costs/items/{free.id}/remove").text
    answer = submit(lead, f"/costs/items/{free.id}/remove", {"row_version": "1"})
    assert answer.status_code == 302
    path = f"/costs/items/{held.id}/remove"
    assert "この費目は削除できません" in lead.get(path).text
    page = submit(lead, path, {"row_version": "1"}, page=NEW)
    assert page.status_code == 409
    assert "算定に含まれています" in page.text
    with app.app_context():
        names = {item.name for item in items_of(officer, 2026, "planned")}
    assert "拠点間回線" in names
    assert "ヘルプデスク・保守" not in names


# ---- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["lead_approver", "lead_admin", "auditor"])
def test_other_roles_of_the_office_read_and_are_offered_nothing_to_write(
    app: Flask, officer: Viewer, cast: People, role: str
) -> None:
    reader = cast.client(role)
    page = reader.get("/costs/2021/final")
    assert page.status_code == 200
    assert "費目を追加する" not in page.text
    assert "編集" not in page.text
    with app.app_context():
        item = items_of(officer, 2021)[0]
    for path in (NEW, f"/costs/items/{item.id}", f"/costs/items/{item.id}/remove"):
        assert reader.get(path).status_code == 403


def test_for_a_member_town_there_are_no_costs(app: Flask, officer: Viewer, cast: People) -> None:
    town = cast.client("member_staff", ITAYANAGI)
    with app.app_context():
        item = items_of(officer, 2021)[0]
    for path in ("/costs", "/costs/2021/final", "/costs/2031/final", f"/costs/items/{item.id}"):
        assert town.get(path).status_code == 404


def test_a_page_takes_eight_statements_however_many_items(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    def count() -> int:
        with app.app_context(), statements() as found:
            assert lead.get("/costs/2021/final").status_code == 200
        return len(found)

    few = count()
    with app.app_context():
        add_many_items(officer, 2021, 90)
    assert count() == few <= 8


def test_the_form_of_an_item_takes_eight_statements(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    with app.app_context():
        item = items_of(officer, 2021)[0]
        with statements() as found:
            assert lead.get(f"/costs/items/{item.id}").status_code == 200
    assert len(found) <= 8
