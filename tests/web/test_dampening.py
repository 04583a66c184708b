"""激変緩和・許容幅: versions, amounts of the year before, who may write."""

from fractions import Fraction

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.clock import FrozenClock
from consortium.db.store import dampening as store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases.viewer import Viewer
from tests.factories import everything, seed_sample, statements
from tests.pages import errors_of, submit, token, value_of
from tests.people import HIROSAKI, ITAYANAGI, People
from tests.web.portal import open_portal

NEW = "/dampening/new"
GOOD: dict[str, object] = {
    "since": "令和8年4月1日",
    "up": "１０％",
    "down": "",
    "tolerance": "2.5",
    "order": "by_share",
    **{f"turn_{place}": "" for place in range(1, 8)},
    "document": "協定書",
    "article": "第9条",
    "decided_on": "",
    "note": "",
}


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def versions(app: Flask, officer: Viewer) -> tuple[store.Version, ...]:
    with app.app_context(), reading() as session:
        return store.versions(session, officer.consortium_id)


def test_an_empty_page_says_so_and_the_rules_lead_to_it(lead: FlaskClient) -> None:
    page = lead.get("/dampening")
    assert "激変緩和の定めはありません" in page.text
    assert 'href="/dampening"' in lead.get("/rules").text
    assert '<a class="p-nav__link" href="/rules" aria-current="page"' in page.text


def test_a_version_is_saved_and_says_from_which_year_it_counts(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    answer = submit(lead, NEW, GOOD)
    assert (answer.status_code, answer.location) == (302, "/dampening")
    (saved,) = versions(app, officer)
    assert (saved.up, saved.down, saved.tolerance) == (Fraction(10), None, Fraction(5, 2))
    page = lead.get("/dampening").text
    for text in ("増加は10％まで、許容幅2.5％", "算定額の割合で分ける", "協定書 第9条"):
        assert text in page
    assert "令和8年度から" in page
    assert "適用中" in page


def test_a_version_of_the_middle_of_a_year_counts_from_the_next(lead: FlaskClient) -> None:
    submit(lead, NEW, {**GOOD, "since": "令和8年4月2日"})
    assert "令和9年度から" in lead.get("/dampening").text


def test_the_order_and_the_end_are_kept(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    listed = {**GOOD, "order": "listed", "turn_1": ITAYANAGI, "turn_2": HIROSAKI}
    assert submit(lead, NEW, listed).status_code == 302
    end = {**GOOD, "since": "令和9年4月1日", "up": "", "tolerance": "", "ends": "y"}
    assert submit(lead, NEW, end).status_code == 302
    first, last = versions(app, officer)
    assert first.order == (ITAYANAGI, HIROSAKI)
    assert last.ends
    page = lead.get("/dampening").text
    for text in ("板柳町→弘前市の順に受け持つ", "激変緩和を行わない", "予定", "令和9年3月31日"):
        assert text in page
    edit = lead.get(f"/dampening/versions/{first.id}").text
    assert f'<option selected value="{ITAYANAGI}">板柳町' in edit


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"since": ""}, "since", "施行日を入力してください"),
        ({"since": "令和7年4月1日"}, "since", "同じ施行日の激変緩和の版がすでにあります"),
        ({"up": "", "tolerance": ""}, "up", "上限も許容幅もありません"),
        ({"up": "-1"}, "up", "％として読めません"),
        ({"down": "101"}, "down", "100％以下"),
        ({"tolerance": "100.5"}, "tolerance", "100％以下"),
        ({"order": ""}, "order", "差額の受け持ちを選んでください"),
        ({"order": "listed"}, "order", "団体がないか"),
        ({"order": "listed", "turn_1": HIROSAKI, "turn_3": HIROSAKI}, "order", "同じ団体が二度"),
        ({"order": "listed", "turn_1": "x"}, "turn_1", "一覧から選び直してください"),
        ({"ends": "y"}, "ends", "どちらか一つにしてください"),
        ({"document": ""}, "document", "根拠の文書を入力してください"),
        ({"decided_on": "そのうち"}, "decided_on", "「そのうち」"),
    ],
)
def test_a_version_is_refused_at_the_field_and_nothing_changes(
    app: Flask, lead: FlaskClient, changes: dict[str, str], field: str, message: str
) -> None:
    submit(lead, NEW, {**GOOD, "since": "令和7年4月1日"})
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, {**GOOD, **changes})
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]
    assert message in errors_of(page)[field]
    assert value_of(page, "up") == {**GOOD, **changes}["up"]
    with app.app_context():
        assert everything() == before


def test_the_second_of_two_editors_sees_both(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, GOOD)
    (saved,) = versions(app, officer)
    path = f"/dampening/versions/{saved.id}"
    assert value_of(lead.get(path), "tolerance") == "2.5"
    seen = {**GOOD, "row_version": "1"}
    listed = {"order": "listed", "turn_1": ITAYANAGI}
    assert submit(lead, path, {**seen, **listed, "up": "12"}).status_code == 302
    page = submit(lead, path, {**seen, "up": "15"})
    assert page.status_code == 409
    for text in ("ほかの人が先に保存しました", "12％", "15％", "板柳町"):
        assert text in page.text
    again = {**seen, "up": "15", "row_version": value_of(page, "row_version")}
    assert lead.post(path, data={"csrf_token": token(page), **again}).status_code == 302
    assert versions(app, officer)[0].up == 15
    bad = submit(lead, path, {**again, "down": "200", "row_version": "3"})
    assert list(errors_of(bad)) == ["down"]


def test_a_version_is_deleted_after_a_question(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, NEW, GOOD)
    (saved,) = versions(app, officer)
    path = f"/dampening/versions/{saved.id}/remove"
    assert "10％" in lead.get(path).text
    assert submit(lead, path, {"row_version": "7"}).status_code == 409
    assert submit(lead, path, {"row_version": "1"}).status_code == 302
    assert versions(app, officer) == ()


# ---- amounts of the year before ------------------------------------------------------------------

PREVIOUS = "/dampening/previous/2026"


def typed(app: Flask, officer: Viewer) -> dict[str, int]:
    with app.app_context(), reading() as session:
        found = store.typed_amounts(session, officer.consortium_id, FiscalYear(2025))
    return {each.code: each.amount for each in found}


def test_amounts_of_a_year_without_issued_run_are_typed_in(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    page = lead.get(PREVIOUS)
    assert "令和7年度に発行した算定がありません" in page.text
    amounts = {
        f"amount_{HIROSAKI}": "１，２３４",
        f"amount_{ITAYANAGI}": "0",
        "source": "令和7年度決定通知",
    }
    answer = submit(lead, PREVIOUS, amounts)
    assert (answer.status_code, answer.location) == (302, PREVIOUS)
    assert typed(app, officer) == {HIROSAKI: 1234, ITAYANAGI: 0}
    again = lead.get(PREVIOUS)
    assert value_of(again, f"amount_{HIROSAKI}") == "1,234"
    assert value_of(again, "source") == "令和7年度決定通知"


def test_emptying_a_field_takes_the_amount_away(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    submit(lead, PREVIOUS, {f"amount_{HIROSAKI}": "5", f"amount_{ITAYANAGI}": "6"})
    submit(lead, PREVIOUS, {f"amount_{HIROSAKI}": "", f"amount_{ITAYANAGI}": "6"})
    assert typed(app, officer) == {ITAYANAGI: 6}


def test_a_wrong_amount_is_refused_at_its_field(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    page = submit(lead, PREVIOUS, {f"amount_{HIROSAKI}": "△1", f"amount_{ITAYANAGI}": "6"})
    assert page.status_code == 400
    assert list(errors_of(page)) == [f"amount_{HIROSAKI}"]
    assert value_of(page, f"amount_{ITAYANAGI}") == "6"
    assert typed(app, officer) == {}


def test_the_second_of_two_who_type_amounts_is_told(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    old = value_of(lead.get(PREVIOUS), "seen")
    submit(lead, PREVIOUS, {f"amount_{HIROSAKI}": "5"})
    page = submit(lead, PREVIOUS, {"seen": old, f"amount_{HIROSAKI}": "9"})
    assert page.status_code == 409
    assert "ほかの人が先に保存しました" in page.text
    assert "<td>5円</td><td>9円</td>" in page.text
    assert value_of(page, f"amount_{HIROSAKI}") == "9"
    assert typed(app, officer) == {HIROSAKI: 5}
    again = {"csrf_token": token(page), "seen": value_of(page, "seen")}
    assert lead.post(PREVIOUS, data={**again, f"amount_{HIROSAKI}": "9"}).status_code == 302
    assert typed(app, officer) == {HIROSAKI: 9}


def test_issued_amounts_are_used_and_cannot_be_typed(
    app: Flask, cast: People, clock: FrozenClock
) -> None:
    portal = open_portal(app, cast, clock)
    portal.run(2025)
    page = cast.client("lead_staff").get(PREVIOUS)
    assert "発行済みの令和7年度 確定 第1版の負担額を使います" in page.text
    assert "発行済みの額を使う" in page.text
    assert f"amount_{HIROSAKI}" not in page.text


@pytest.mark.parametrize("start", [1950, 2028])
def test_a_year_far_away_is_not_found(lead: FlaskClient, start: int) -> None:
    path = f"/dampening/previous/{start}"
    assert lead.get(path).status_code == 404
    assert submit(lead, path, {}, page=NEW).status_code == 404


# ---- who -----------------------------------------------------------------------------------------


def test_everybody_reads_the_terms_and_only_the_officer_writes(
    app: Flask, lead: FlaskClient, officer: Viewer, cast: People
) -> None:
    submit(lead, NEW, GOOD)
    (saved,) = versions(app, officer)
    edit = f"/dampening/versions/{saved.id}"
    for role in ("lead_approver", "lead_admin", "auditor"):
        reader = cast.client(role)
        assert "編集" not in reader.get("/dampening").text
        assert {reader.get(path).status_code for path in (NEW, edit, f"{edit}/remove")} == {403}
        assert "保存する" not in reader.get(PREVIOUS).text
        assert submit(reader, PREVIOUS, {}, page="/account").status_code == 403
    town = cast.client("member_staff", ITAYANAGI)
    page = town.get("/dampening").text
    assert "増加は10％まで" in page
    assert PREVIOUS not in page
    assert {town.get(path).status_code for path in (NEW, edit, PREVIOUS)} == {404}


def test_the_pages_take_eight_statements(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    submit(lead, NEW, GOOD)
    (saved,) = versions(app, officer)
    for path in ("/dampening", NEW, f"/dampening/versions/{saved.id}", PREVIOUS):
        with app.app_context(), statements() as counted:
            assert lead.get(path).status_code == 200
        assert len(counted) <= 8, path
