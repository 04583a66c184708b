"""基礎数値の提出 on its pages: asking, the town's form, closing, late figures, who may."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from tests.pages import errors_of, submit, token, value_of
from tests.people import FUJISAKI, ITAYANAGI, People
from tests.web.portal import Portal, open_portal, statements_of

ROUNDS = "/base-rounds"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def lead(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


@pytest.fixture
def town(portal: Portal) -> FlaskClient:
    return portal.cast.client("member_staff", ITAYANAGI)


def asked(lead: FlaskClient, **changes: str) -> TestResponse:
    """Fill in the form of a round."""
    page = lead.get(f"{ROUNDS}/new")
    fields = {
        "csrf_token": token(page),
        "record_id": value_of(page, "record_id"),
        "year": "2027",
        "series_population": "y",
        "reference_on": "令和8年10月1日",
        "due_on": "令和8年12月10日",
        "note": "住民基本台帳の人口です。",
    }
    return lead.post(f"{ROUNDS}/new", data=fields | changes)


@pytest.fixture
def path(lead: FlaskClient) -> str:
    """Ask for the population of FY2027; give the path of the round."""
    location: str = asked(lead).location
    return location


def form_of(path: str, code: str = ITAYANAGI) -> str:
    return f"/base-figures/{path.rpartition('/')[2]}/{code}"


def fill(client: FlaskClient, form: str, value: str, **changes: str) -> TestResponse:
    """Fill in the form of a hand-in as it stands."""
    page = client.get(form)
    chosen = re.findall(
        r'<select[^>]*name="(intent_[\w-]+)".*?<option selected value="([^"]*)"',
        page.text,
        re.DOTALL,
    )
    fields = {
        "csrf_token": token(page),
        "record_id": value_of(page, "record_id"),
        "row_version": value_of(page, "row_version"),
        "value_population": value,
        "certainty_population": "確定",
        **dict(chosen),
    }
    return client.post(form, data=fields | changes)


def test_an_empty_list_says_what_to_do(lead: FlaskClient, town: FlaskClient) -> None:
    assert "提出の依頼はまだありません" in lead.get(ROUNDS).text
    assert "提出の依頼はまだありません" in town.get("/base-figures").text


def test_it_is_asked_handed_in_and_closed(lead: FlaskClient, town: FlaskClient, path: str) -> None:
    listed = town.get("/base-figures").text
    assert "令和9年度の基礎数値の提出" in listed
    assert "未提出" in listed
    form = town.get(form_of(path)).text
    assert "住民基本台帳の人口です。" in form
    assert "前回の値" in form
    answer = fill(town, form_of(path), "１２，８００", note="9月末の値")
    assert (answer.status_code, answer.location) == (302, "/base-figures")
    assert "提出済" in town.get("/base-figures").text
    page = lead.get(path).text
    assert "12,800" in page
    assert "7団体のうち1団体が提出しました" in page
    assert "9月末の値" in page
    confirm = lead.get(f"{path}/close")
    assert "提出のない団体があります" in confirm.text
    closed = submit(
        lead,
        f"{path}/close",
        {"row_version": value_of(confirm, "row_version"), "published_on": "令和8年12月1日"},
    )
    assert (closed.status_code, closed.location) == (302, path)
    after = lead.get(path).text
    assert "見込で補った団体があります" in after
    bases = lead.get("/bases").text
    assert "令和9年度の提出" in bases
    row = bases.split(">藤崎町<")[1].partition("</tr>")[0]
    assert "見込" in row
    assert "この依頼は締め切られました" in town.get(form_of(path)).text


def test_a_late_figure_is_taken_into_a_new_edition(
    portal: Portal, lead: FlaskClient, town: FlaskClient, path: str
) -> None:
    confirm = lead.get(f"{path}/close")
    version = value_of(confirm, "row_version")
    submit(lead, f"{path}/close", {"row_version": version, "published_on": "2026-12-01"})
    portal.office.clock.advance(timedelta(days=1))
    assert (
        "締切り後の提出です"
        in portal.cast.client("member_staff", ITAYANAGI).get(form_of(path)).text
    )
    late = portal.cast.client("member_staff", ITAYANAGI)
    assert fill(late, form_of(path), "12,900").status_code == 302
    staff = portal.cast.client("lead_staff")
    assert "遅れた提出を取り込む" in staff.get(path).text
    taken = submit(staff, f"{path}/late", {"published_on": "2026-12-02"})
    assert taken.status_code == 302
    page = staff.get(path).text
    assert "板柳町の値を取り込み" in page
    # The sample's rule names the census of 2020, so that no run will use the new edition: said
    # once for what was done, once on the round's page with the way to the rule.
    assert "次の算定から使います" not in page
    assert page.count("は令和2年国勢調査(速報)を使うと定めています。") == 2
    assert re.search(r'href="/rules/[-0-9a-f]{36}">負担ルール「費用負担（見本）」を開く', page)
    assert "を使うと定めています" in staff.get(path).text
    assert "令和9年度の提出・追加1" in staff.get("/bases").text


def test_a_great_difference_is_confirmed_first(
    portal: Portal, town: FlaskClient, path: str
) -> None:
    town.get(form_of(path))
    before = portal.everything()
    refused = fill(town, form_of(path), "99,999")
    assert refused.status_code == 400
    assert "20％を超えて変わる値があります" in refused.text
    assert "99,999" in refused.text
    assert portal.everything() == before
    assert fill(town, form_of(path), "99,999", confirms="y").status_code == 302


def test_the_second_of_two_who_hand_in_sees_both(
    portal: Portal, lead: FlaskClient, town: FlaskClient, path: str
) -> None:
    assert fill(town, form_of(path), "12,800", note="9月末の値").status_code == 302
    before = portal.everything()
    entered = f"{path}/figures/{ITAYANAGI}"
    late = {"row_version": "0", "reason": "電話で確認"}
    page = fill(lead, entered, "12,900", **late)
    assert page.status_code == 409
    for text in ("ほかの人が先に保存しました", "12,800（確定）", "12,900（確定）", "9月末の値"):
        assert text in page.text
    assert value_of(page, "value_population") == "12,900"
    assert value_of(page, "row_version") == "1"
    assert portal.everything() == before
    # Looked at, the second one counts; the first stays in the list.
    assert fill(lead, entered, "12,900", reason="電話で確認").status_code == 302
    assert "12,800" in lead.get(entered).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"row_version": ""}, ""),
        ({"value_population": ""}, "value_population"),
        ({"value_population": "abc"}, "value_population"),
        ({"value_population": "-5"}, "value_population"),
        ({"certainty_population": "たぶん"}, "certainty_population"),
        ({"note": "長" * 501}, "note"),
        ({"record_id": "x"}, ""),
    ],
)
def test_a_bad_hand_in_changes_nothing(
    portal: Portal, town: FlaskClient, path: str, changes: dict[str, str], field: str
) -> None:
    before = portal.everything()
    refused = fill(town, form_of(path), "12,800", **changes)
    assert refused.status_code == 400
    assert not field or field in errors_of(refused)
    assert portal.everything() == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"series_population": ""}, "算定基礎が選ばれていません"),
        ({"reference_on": "13月1日"}, "日付"),
        ({"due_on": ""}, "期限を入力してください"),
        ({"year": "1999"}, "年度を一覧から"),
    ],
)
def test_a_bad_request_changes_nothing(
    portal: Portal, lead: FlaskClient, changes: dict[str, str], message: str
) -> None:
    before = portal.everything()
    refused = asked(lead, **changes)
    assert refused.status_code == 400
    assert message in refused.text
    assert portal.everything() == before


def test_a_second_round_of_the_year_waits(lead: FlaskClient, path: str) -> None:
    refused = asked(lead)
    assert refused.status_code == 409
    assert "まだ受付中です" in refused.text


def test_another_towns_form_answers_exactly_like_a_missing_one(
    portal: Portal, town: FlaskClient, path: str
) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    before = portal.everything()
    answers = [
        town.get(form_of(path, FUJISAKI)),
        town.get(form_of(f"/{missing}")),
        town.get(form_of(f"/{missing}", FUJISAKI)),
    ]
    of_the_lead = [
        town.get(path),
        town.get(f"{path}/figures/{ITAYANAGI}"),
        town.get(f"{ROUNDS}/{missing}"),
    ]
    for alike in (answers, of_the_lead):
        assert [each.status_code for each in alike] == [404] * 3
        bodies = {re.sub(r'[0-9a-f]{12}|value="[^"]{40,}"', "", each.text) for each in alike}
        assert len(bodies) == 1
    data = {"csrf_token": token(town.get("/account")), "value_population": "1"}
    assert town.post(form_of(path, FUJISAKI), data=data).status_code == 404
    assert portal.everything() == before


def test_the_lead_enters_for_a_town_with_a_reason(lead: FlaskClient, path: str) -> None:
    form = f"{path}/figures/{FUJISAKI}"
    refused = fill(lead, form, "15,000", reason="")
    assert refused.status_code == 400
    assert "reason" in errors_of(refused)
    assert fill(lead, form, "15,000", reason="電話で確認した").status_code == 302
    page = lead.get(path).text
    assert "幹事市が入力（電話で確認した）" in page


def test_a_publication_day_to_come_is_refused_at_its_field(
    portal: Portal, lead: FlaskClient, path: str
) -> None:
    before = portal.everything()
    refused = submit(lead, f"{path}/close", {"row_version": "1", "published_on": "2026-12-02"})
    assert refused.status_code == 400
    assert "今日（令和8年12月1日）より後です" in errors_of(refused)["published_on"]
    assert portal.everything() == before


def test_two_who_close_at_once_close_once(portal: Portal, lead: FlaskClient, path: str) -> None:
    fields = {"row_version": "1", "published_on": "2026-12-01"}
    assert submit(lead, f"{path}/close", fields).status_code == 302
    before = portal.everything()
    again = submit(lead, f"{path}/close", fields)
    assert again.status_code == 409
    assert portal.everything() == before


def test_the_round_needs_few_statements(portal: Portal, lead: FlaskClient, path: str) -> None:
    none = statements_of(portal, lead, path)
    for code in (ITAYANAGI, FUJISAKI):
        client = portal.cast.client("member_staff", code)
        assert fill(client, form_of(path, code), "13,000", confirms="y").status_code == 302
    assert statements_of(portal, lead, path) <= none + 2
    assert none <= 14
