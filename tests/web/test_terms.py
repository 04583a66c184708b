"""利用期・共同構築費: what is shown, what a form refuses, who may write."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.usecases import terms
from consortium.usecases.viewer import Viewer
from tests.conftest import NOW
from tests.factories import everything, seed_sample, statements
from tests.pages import errors_of, submit, token, value_of
from tests.people import ITAYANAGI, People

NEW, NEW_COST = "/terms/new", "/terms/build-costs/new"
TERM: dict[str, object] = {
    "name": "第1期",
    "since": "平成27年4月1日",
    "last_day": "平成34年3月31日",
    "source": "協定書",
}
SECOND: dict[str, object] = {**TERM, "name": "第2期", "since": "R4.4.1", "last_day": "R9.3.31"}


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def found(app: Flask, officer: Viewer) -> terms.Terms:
    with app.app_context():
        return terms.show_terms(officer, NOW.date())


def good(lead: FlaskClient, **changes: str) -> dict[str, object]:
    """Fill the form of a build cost of 84,000,000 for the first term."""
    form = lead.get(NEW_COST).text
    (term,) = re.findall(r'<option value="([\w-]{36})">第2期<', form)
    (category,) = re.findall(r'<option value="([\w-]{36})">構築<', form)
    plain = {
        "name": "第2期構築費",
        "amount": "60,000,000",
        "term": term,
        "category": category,
        "joining": "y",
        "note": "",
    }
    return {**plain, **changes}


def test_an_empty_list_says_what_to_do_and_the_rules_lead_to_it(lead: FlaskClient) -> None:
    page = lead.get("/terms")
    assert "利用期はまだ登録されていません" in page.text
    assert 'href="/terms"' in lead.get("/rules").text
    assert '<a class="p-nav__link" href="/rules" aria-current="page"' in page.text


def test_the_first_term_ends_in_a_year_that_never_came(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    answer = submit(lead, NEW, TERM)
    assert (answer.status_code, answer.location) == (302, "/terms")
    (term,) = found(app, officer).terms
    assert (term.since, term.until) == (date(2015, 4, 1), date(2022, 4, 1))
    page = lead.get("/terms").text
    assert "令和4年3月31日" in page
    assert "84か月" in page
    assert "この利用期の共同構築費は登録されていません" in page


def test_a_build_cost_is_shown_with_what_is_left(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, SECOND)
    assert submit(lead, NEW_COST, good(lead)).status_code == 302
    (cost,) = found(app, officer).costs
    assert (cost.amount, cost.joining, cost.leaving) == (60_000_000, True, False)
    page = lead.get("/terms").text
    # 60 months from April 2022; in December 2026 four are left, a million each.
    for text in ("第2期構築費", "60,000,000", "4,000,000", "取らない"):
        assert text in page


def test_a_term_of_the_past_has_nothing_left(lead: FlaskClient) -> None:
    submit(lead, NEW, SECOND)
    submit(lead, NEW, TERM)
    fields = good(lead)
    (first,) = re.findall(r'<option value="([\w-]{36})">第1期<', lead.get(NEW_COST).text)
    submit(lead, NEW_COST, {**fields, "term": first, "name": "第1期構築費"})
    page = lead.get("/terms").text
    assert "第1期構築費" in page
    assert "4,000,000" not in page


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": ""}, "name", "名称を入力してください"),
        ({"name": "第2期"}, "name", "同じ名称の利用期がすでにあります"),
        ({"since": ""}, "since", "始まりの日を入力してください"),
        ({"since": "昨日"}, "since", "「昨日」"),
        ({"last_day": "H27.3.31"}, "last_day", "終わりの日が始まりの日より前です"),
        ({"source": ""}, "source", "根拠を入力してください"),
    ],
)
def test_a_term_is_refused_at_the_field_and_nothing_changes(
    app: Flask, lead: FlaskClient, changes: dict[str, str], field: str, message: str
) -> None:
    submit(lead, NEW, SECOND)
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, {**TERM, **changes})
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]
    assert message in errors_of(page)[field]
    assert value_of(page, "last_day") == {**TERM, **changes}["last_day"]
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": ""}, "name", "名称を入力してください"),
        ({"name": "第1次"}, "name", "同じ利用期・名称の共同構築費がすでにあります"),
        ({"amount": "0"}, "amount", "1円以上にしてください"),
        ({"amount": "△5"}, "amount", "負の金額です"),
        ({"amount": ""}, "amount", "金額を入力してください"),
        ({"term": "x"}, "term", "一覧から選び直してください"),
        ({"term": ""}, "term", "利用期を選んでください"),
        ({"category": ""}, "category", "経費区分を選んでください"),
    ],
)
def test_a_build_cost_is_refused_at_the_field_and_nothing_changes(
    app: Flask, lead: FlaskClient, changes: dict[str, str], field: str, message: str
) -> None:
    submit(lead, NEW, SECOND)
    submit(lead, NEW_COST, good(lead, name="第1次"))
    with app.app_context():
        before = everything()
    page = submit(lead, NEW_COST, good(lead, **changes))
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]
    assert message in errors_of(page)[field]
    with app.app_context():
        assert everything() == before


def test_the_second_of_two_editors_of_a_term_sees_both(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, TERM)
    (term,) = found(app, officer).terms
    path = f"/terms/{term.id}"
    assert value_of(lead.get(path), "last_day") == "令和4年3月31日"
    fields = {**TERM, "row_version": "1"}
    assert submit(lead, path, {**fields, "source": "変更協定"}).status_code == 302
    page = submit(lead, path, {**fields, "source": "覚書"})
    assert page.status_code == 409
    for text in ("ほかの人が先に保存しました", "変更協定", "覚書"):
        assert text in page.text
    again = {**fields, "source": "覚書", "row_version": value_of(page, "row_version")}
    assert lead.post(path, data={"csrf_token": token(page), **again}).status_code == 302
    assert found(app, officer).terms[0].source == "覚書"
    bad = submit(lead, path, {**again, "last_day": "H1.1.8", "row_version": "3"})
    assert list(errors_of(bad)) == ["last_day"]


def test_the_second_of_two_editors_of_a_build_cost_sees_both(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, SECOND)
    fields = good(lead)
    submit(lead, NEW_COST, fields)
    (cost,) = found(app, officer).costs
    path = f"/terms/build-costs/{cost.id}"
    seen = {**fields, "row_version": "1"}
    assert submit(lead, path, {**seen, "leaving": "y"}).status_code == 302
    page = submit(lead, path, {**seen, "amount": "1"})
    assert page.status_code == 409
    for text in ("60,000,000円", "1円", "取らない"):
        assert text in page.text
    again = {**seen, "amount": "1", "row_version": value_of(page, "row_version")}
    assert lead.post(path, data={"csrf_token": token(page), **again}).status_code == 302
    assert found(app, officer).costs[0].amount == 1
    bad = submit(lead, path, {**again, "amount": "0", "row_version": "3"})
    assert list(errors_of(bad)) == ["amount"]


def test_a_term_goes_after_its_build_costs(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    submit(lead, NEW, SECOND)
    submit(lead, NEW_COST, good(lead))
    held = found(app, officer)
    term, cost = held.terms[0].id, held.costs[0].id
    page = lead.get(f"/terms/{term}/remove").text
    assert "共同構築費が1件" in page
    assert 'name="row_version"' not in page
    refused = submit(lead, f"/terms/{term}/remove", {"row_version": "1"}, page=NEW)
    assert refused.status_code == 409
    path = f"/terms/build-costs/{cost}/remove"
    assert "60,000,000円" in lead.get(path).text
    assert submit(lead, path, {"row_version": "2"}).status_code == 409
    assert submit(lead, path, {"row_version": "1"}).status_code == 302
    assert submit(lead, f"/terms/{term}/remove", {"row_version": "1"}).status_code == 302
    gone = found(app, officer)
    assert (gone.terms, gone.costs) == ((), ())


def test_everybody_reads_and_only_the_officer_writes(
    app: Flask, lead: FlaskClient, officer: Viewer, cast: People
) -> None:
    submit(lead, NEW, SECOND)
    submit(lead, NEW_COST, good(lead))
    held = found(app, officer)
    edit, edit_cost = f"/terms/{held.terms[0].id}", f"/terms/build-costs/{held.costs[0].id}"
    writing = (NEW, NEW_COST, edit, edit_cost, f"{edit}/remove", f"{edit_cost}/remove")
    readers = [cast.client(role) for role in ("lead_approver", "lead_admin", "auditor")]
    for reader in readers:
        assert "編集" not in reader.get("/terms").text
        assert {reader.get(path).status_code for path in writing} == {403}
    town = cast.client("member_staff", ITAYANAGI)
    assert "第2期構築費" in town.get("/terms").text
    assert {town.get(path).status_code for path in writing} == {404}


def test_what_is_not_there_is_not_found(lead: FlaskClient) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert lead.get(f"/terms/{nowhere}").status_code == 404
    assert lead.get(f"/terms/build-costs/{nowhere}").status_code == 404


def test_the_pages_take_eight_statements(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    submit(lead, NEW, SECOND)
    submit(lead, NEW_COST, good(lead))
    held = found(app, officer)
    edit, edit_cost = f"/terms/{held.terms[0].id}", f"/terms/build-costs/{held.costs[0].id}"
    for path in ("/terms", NEW, NEW_COST, edit, edit_cost, f"{edit}/remove"):
        with app.app_context(), statements() as counted:
            assert lead.get(path).status_code == 200
        assert len(counted) <= 8, path
