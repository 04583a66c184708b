"""補助金・財源措置: what is shown, what a form refuses, who may write."""

import re
from fractions import Fraction

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.db.store import funding as store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases.viewer import Viewer
from tests.factories import everything, item_named, seed_sample, statements
from tests.pages import errors_of, submit, token, value_of
from tests.people import ITAYANAGI, People

SHEET = "/funding/2026/planned"
NEW = f"{SHEET}/new"


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
    """Fill the form of a grant of a million for 拠点間回線."""
    form = lead.get(NEW)
    (item,) = re.findall(r'<option value="([\w-]{36})">拠点間回線<', form.text)
    plain = {
        "record_id": value_of(form, "record_id"),
        "name": "県補助金",
        "treatment": "PRE_SPLIT",
        "item": item,
        "member": "",
        "amount": "１，０００，０００円",
        "rate": "",
        "note": "交付決定 第12号",
    }
    return {**plain, **changes}


def town(lead: FlaskClient, name: str = "板柳町") -> str:
    """Give the value of a town in the form."""
    (found,) = re.findall(rf'<option value="([\w-]{{36}})">{name}<', lead.get(NEW).text)
    return str(found)


def measures(app: Flask, officer: Viewer) -> tuple[store.Measure, ...]:
    with app.app_context(), reading() as session:
        return store.measures(session, officer.consortium_id, FiscalYear(2026), "planned")


def test_an_empty_list_says_what_to_do_and_the_costs_lead_to_it(lead: FlaskClient) -> None:
    page = lead.get(SHEET)
    assert page.status_code == 200
    assert "補助金・財源措置はまだありません" in page.text
    assert f'href="{SHEET}"' in lead.get("/costs/2026/planned").text
    assert '<a class="p-nav__link" href="/costs" aria-current="page"' in page.text


def test_without_costs_there_is_nothing_to_fund(lead: FlaskClient) -> None:
    assert "この段階の費目がまだありません" in lead.get("/funding/2026/revised").text


def test_a_grant_is_saved_and_shown_with_what_is_left_to_share(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    answer = submit(lead, NEW, good(lead))
    assert (answer.status_code, answer.location) == (302, SHEET)
    (saved,) = measures(app, officer)
    assert (saved.amount, saved.treatment, saved.is_sample) == (1_000_000, "PRE_SPLIT", True)
    page = lead.get(SHEET)
    with app.app_context():
        item = item_named(officer, 2026, "拠点間回線", "planned")
    for text in ("県補助金", "交付決定 第12号", f"{item.amount_incl_tax - 1_000_000:,}", "見本"):
        assert text in page.text


def test_a_form_sent_twice_adds_one(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    fields = good(lead)
    assert submit(lead, NEW, fields).status_code == 302
    assert submit(lead, NEW, fields).status_code == 302
    assert len(measures(app, officer)) == 1
    other = submit(lead, NEW, {**fields, "name": "国補助金"})
    assert other.status_code == 400
    assert "もう追加されています" in other.text
    assert value_of(other, "record_id") != fields["record_id"]


@pytest.mark.parametrize("record_id", ["", "x", "00000000-0000-4000-8000-00000000000G"])
def test_a_forged_form_is_refused(
    app: Flask, lead: FlaskClient, officer: Viewer, record_id: str
) -> None:
    page = submit(lead, NEW, good(lead, record_id=record_id))
    assert page.status_code == 400
    assert "この入力画面は使えません" in page.text
    assert measures(app, officer) == ()


def test_a_grant_to_a_town_and_information_are_shown_apart(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    to_town = good(lead, treatment="PER_MEMBER", item="", member=town(lead), name="町補助")
    assert submit(lead, NEW, to_town).status_code == 302
    rate = good(lead, treatment="INFO_ONLY", item="", amount="", rate="３０", name="交付税措置")
    assert submit(lead, NEW, rate).status_code == 302
    page = lead.get(SHEET)
    for text in ("団体への補助", "板柳町", "負担額の30％", "すべての団体", "団体への補助の小計"):
        assert text in page.text
    saved = {each.name: (each.amount, each.rate) for each in measures(app, officer)}
    assert saved == {"町補助": (1_000_000, None), "交付税措置": (None, Fraction(3, 10))}


def test_grants_above_their_cost_are_reported(lead: FlaskClient) -> None:
    assert submit(lead, NEW, good(lead, amount="99,999,999")).status_code == 302
    page = lead.get(SHEET)
    assert "補助金が費用を超えています" in page.text
    assert "確かめるまで、発行できません" in page.text


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": ""}, "name", "名称を入力してください"),
        ({"treatment": ""}, "treatment", "扱いを選んでください"),
        ({"item": ""}, "item", "控除する費目がありません"),
        ({"item": "x"}, "item", "一覧から選び直してください"),
        ({"treatment": "PER_MEMBER"}, "member", "補助を受ける団体がありません"),
        ({"member": "x"}, "member", "一覧から選び直してください"),
        ({"amount": "△1"}, "amount", "負の金額です"),
        ({"amount": "1.5"}, "amount", "小数点"),
        ({"amount": ""}, "amount", "金額も割合もありません"),
        ({"rate": "30"}, "rate", "参考（交付税措置など）にだけ"),
        ({"rate": "三割"}, "rate", "％として読めません"),
        ({"rate": "0.0000001"}, "rate", "細かすぎます"),
        ({"rate": "0"}, "rate", "0より大きく100以下"),
        ({"rate": "130"}, "rate", "0より大きく100以下"),
        ({"treatment": "INFO_ONLY", "rate": "30"}, "amount", "両方があります"),
        ({"note": "あ" * 501}, "note", "備考が長すぎます"),
    ],
)
def test_a_form_refuses_at_the_field_and_changes_nothing(
    app: Flask, lead: FlaskClient, changes: dict[str, str], field: str, message: str
) -> None:
    fields = good(lead, **changes)
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, fields)
    assert page.status_code == 400
    assert "まだ保存していません" in page.text
    found = errors_of(page)
    assert list(found) == [field]
    assert message in found[field]
    assert value_of(page, "name") == fields["name"]
    assert value_of(page, "amount") == fields["amount"]
    with app.app_context():
        assert everything() == before


def test_without_a_token_nothing_is_saved(app: Flask, lead: FlaskClient) -> None:
    fields = good(lead)
    with app.app_context():
        before = everything()
    assert lead.post(NEW, data=fields).status_code == 400
    with app.app_context():
        assert everything() == before


def test_the_second_of_two_editors_sees_both_versions(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, good(lead))
    (saved,) = measures(app, officer)
    path = f"/funding/measures/{saved.id}"
    assert value_of(lead.get(path), "amount") == "1,000,000"
    fields = good(lead, row_version="1")
    assert submit(lead, path, {**fields, "amount": "2,000,000"}).status_code == 302
    with app.app_context():
        before = everything()
    page = submit(lead, path, {**fields, "amount": "3,000,000"})
    assert page.status_code == 409
    for text in ("ほかの人が先に保存しました", "2,000,000円", "3,000,000円", "拠点間回線"):
        assert text in page.text
    with app.app_context():
        assert everything() == before
    again = {**fields, "amount": "3,000,000", "row_version": value_of(page, "row_version")}
    assert lead.post(path, data={"csrf_token": token(page), **again}).status_code == 302
    assert measures(app, officer)[0].amount == 3_000_000


def test_a_change_is_refused_at_the_field(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    submit(lead, NEW, good(lead))
    (saved,) = measures(app, officer)
    fields = good(lead, row_version="1", item="")
    page = submit(lead, f"/funding/measures/{saved.id}", fields)
    assert page.status_code == 400
    assert list(errors_of(page)) == ["item"]


def test_a_grant_is_deleted_after_a_question(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, good(lead))
    (saved,) = measures(app, officer)
    path = f"/funding/measures/{saved.id}/remove"
    assert "1,000,000円" in lead.get(path).text
    assert submit(lead, path, {"row_version": "9"}).status_code == 409
    assert submit(lead, path, {"row_version": ""}).status_code == 400
    assert len(measures(app, officer)) == 1
    answer = submit(lead, path, {"row_version": "1"})
    assert (answer.status_code, answer.location) == (302, SHEET)
    assert measures(app, officer) == ()


def test_an_item_with_a_grant_is_not_deleted(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, good(lead))
    with app.app_context():
        item = item_named(officer, 2026, "拠点間回線", "planned")
    page = submit(lead, f"/costs/items/{item.id}/remove", {"row_version": "1"})
    assert page.status_code == 409
    assert "補助金・財源措置「県補助金」の対象になっています" in page.text


@pytest.mark.parametrize("start", [2014, 2099])
def test_a_year_nobody_knows_is_a_page_that_says_what_to_do(lead: FlaskClient, start: int) -> None:
    for path in (f"/funding/{start}/final", f"/funding/{start}/final/new"):
        page = lead.get(path)
        assert page.status_code == 404
        assert f"{start}年度の費用は扱っていません" in page.text


@pytest.mark.parametrize("role", ["lead_approver", "lead_admin", "auditor"])
def test_other_roles_of_the_office_read_only(
    app: Flask, lead: FlaskClient, officer: Viewer, cast: People, role: str
) -> None:
    submit(lead, NEW, good(lead))
    (saved,) = measures(app, officer)
    reader = cast.client(role)
    page = reader.get(SHEET)
    assert page.status_code == 200
    assert "県補助金" in page.text
    assert "編集" not in page.text
    for path in (NEW, f"/funding/measures/{saved.id}", f"/funding/measures/{saved.id}/remove"):
        assert reader.get(path).status_code == 403


def test_for_a_member_town_there_is_no_funding(officer: Viewer, cast: People) -> None:
    assert cast.client("member_staff", ITAYANAGI).get(SHEET).status_code == 404


def test_the_pages_take_eight_statements(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    submit(lead, NEW, good(lead))
    (saved,) = measures(app, officer)
    for path in (SHEET, NEW, f"/funding/measures/{saved.id}"):
        with app.app_context(), statements() as found:
            assert lead.get(path).status_code == 200
        assert len(found) <= 8, path
