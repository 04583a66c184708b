"""算定基礎の版: the form, what it refuses, corrections, CSV out, who may."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.db.store import bases as store
from consortium.db.unit import reading
from consortium.usecases.viewer import Viewer
from tests.factories import everything, seed_sample, statements
from tests.pages import errors_of, submit, token, value_of
from tests.people import ITAYANAGI, People
from tests.web.basis_pages import FINAL, NEW, SERIES, cells, good


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def saved(app: Flask, officer: Viewer, series: str = "population") -> dict[str, dict[str, Any]]:
    with app.app_context(), reading() as session:
        found = store.editions(session, officer.consortium_id, series)
    return {each.name: {str(c): v for c, v in each.values.items()} for each in found}


def id_of(app: Flask, officer: Viewer, series: str, name: str) -> str:
    with app.app_context(), reading() as session:
        found = store.editions(session, officer.consortium_id, series)
    return next(each.id for each in found if each.name == name)


# ---- saving --------------------------------------------------------------------------------------


def test_a_typed_edition_is_saved_beside_the_earlier_one(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    answer = submit(lead, NEW, good(**{"value-023817": "１２，７００"}))
    assert (answer.status_code, answer.location) == (302, "/bases#population")
    found = saved(app, officer)
    assert found["令和2年国勢調査(確定)"] == {
        code: int(value.replace(",", "")) for code, value in FINAL.items()
    }
    assert found["令和2年国勢調査(速報)"]["022021"] == 168564
    page = lead.get("/bases")
    assert "国勢調査人口の版「令和2年国勢調査(確定)」を登録しました。" in page.text
    assert "未登録です" not in page.text


def test_sent_twice_it_is_saved_once(app: Flask, lead: FlaskClient) -> None:
    assert submit(lead, NEW, good()).status_code == 302
    with app.app_context():
        before = everything()
    assert submit(lead, NEW, good()).status_code == 302
    with app.app_context():
        assert everything() == before


def test_a_town_without_value_is_named_but_no_obstacle(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    assert submit(lead, NEW, good(**{"value-023817": ""})).status_code == 302
    assert ITAYANAGI not in saved(app, officer)["令和2年国勢調査(確定)"]
    assert "板柳町の値は未登録です。" in lead.get("/bases").text


def test_a_new_series_is_saved_with_its_first_edition(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    fields = good(label="端末台数", key="desks", name="令和3年度当初", **{"value-022021": "12.5"})
    assert submit(lead, SERIES, fields).location == "/bases#desks"
    assert saved(app, officer, "desks")["令和3年度当初"]["022021"] == 12.5
    page = lead.get("/bases").text
    assert "端末台数の値" in page
    assert ">12.5<" in page


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("name", "", "版を入力してください"),
        ("name", "確\x08定", "制御文字"),
        ("name", "あ" * 101, "長すぎます"),
        ("source", " ", "根拠を入力してください"),
        ("reference_date", "", "基準日を入力してください"),
        ("reference_date", "令和2年", "日付の形ではありません"),
        ("reference_date", "R2.2.30", "暦にない日"),
        ("period_from", "R2.10.2", "期間の初日が末日より後です"),
        ("published_on", "2020-09-30", "令和2年10月1日より前です"),
        ("certainty", "", "確度を選んでください"),
        ("name", "令和2年国勢調査(速報)", "もう登録されています"),
        ("value-022021", "△5", "負の数です"),
        ("value-022021", "=1+1", "数として読めません"),
        ("value-022021", "17,7411", "桁区切りの位置"),
        ("value-022021", "<script>", "数として読めません"),
    ],
)
def test_a_form_refuses_at_the_field_and_changes_nothing(
    app: Flask, lead: FlaskClient, field: str, typed: str, message: str
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, good(**{field: typed}))
    assert page.status_code == 400
    assert "まだ保存していません" in page.text
    found = errors_of(page)
    assert list(found) == [field]
    assert message in found[field]
    assert value_of(page, "value-022101") == "30,567"
    if typed == "△5":
        assert value_of(page, field) == typed
    assert "<script>" not in page.text.partition("<main")[2]
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": ""}, "label"),
        ({"key": "端末"}, "key"),
        ({"key": "grant"}, "key"),
        ({"label": "国勢調査人口"}, "label"),
    ],
)
def test_a_new_series_is_refused_at_the_field(
    lead: FlaskClient, changes: dict[str, str], field: str
) -> None:
    page = submit(lead, SERIES, good(**{"label": "端末台数", "key": "", **changes}))
    assert page.status_code == 400
    assert list(errors_of(page)) == [field]


def test_without_any_value_nothing_is_saved(app: Flask, lead: FlaskClient) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, good(**{f"value-{code}": "" for code in FINAL}))
    assert page.status_code == 400
    assert "構成団体の値が一つもありません" in page.text
    with app.app_context():
        assert everything() == before


def test_without_a_token_nothing_is_saved(app: Flask, lead: FlaskClient) -> None:
    with app.app_context():
        before = everything()
    for path in (NEW, SERIES):
        assert lead.post(path, data=good()).status_code == 400
        assert lead.post(path, data={**good(), "check": "1"}).status_code == 400
    with app.app_context():
        assert everything() == before


# ---- correcting, withdrawing, downloading --------------------------------------------------------


def test_an_unused_edition_is_corrected(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    path = f"/bases/editions/{id_of(app, officer, 'households', '平成27年国勢調査')}"
    opened = lead.get(path)
    assert cells(opened, "弘前市") == ["71,152", "", "0", "0.0％"]
    fields = good(
        name="平成27年国勢調査", reference_date="H27.10.1", published_on="", reason="転記誤り",
        seen=value_of(opened, "seen"),
        **{f"value-{code}": value_of(opened, f"value-{code}") for code in FINAL}
        | {"value-022021": "71,153"},
    )  # fmt: skip
    answer = lead.post(path, data={"csrf_token": token(opened), **fields})
    assert (answer.status_code, answer.location) == (302, "/bases#households")
    assert saved(app, officer, "households")["平成27年国勢調査"]["022021"] == 71153
    with app.app_context():
        before = everything()
    again = lead.post(path, data={"csrf_token": token(opened), **fields, "value-022021": "71,200"})
    assert again.status_code == 409
    assert "ほかの人が変更しています" in again.text
    assert value_of(again, "value-022021") == "71,200"
    assert cells(again, "弘前市")[0] == "71,153"
    with app.app_context():
        assert everything() == before
    fields["seen"] = value_of(again, "seen")
    assert lead.post(path, data={"csrf_token": token(again), **fields}).status_code == 302


def test_a_used_edition_says_what_uses_it_and_what_to_do(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    path = f"/bases/editions/{id_of(app, officer, 'population', '平成27年国勢調査')}"
    for place in (path, f"{path}/withdraw"):
        page = lead.get(place)
        assert page.status_code == 200
        assert "負担ルール「費用負担（見本）」が使っています" in page.text
        assert f'href="{NEW}"' in page.text
        assert "<form" not in page.text.partition("<main")[2]
    with app.app_context():
        before = everything()
    for place in (path, f"{path}/withdraw"):
        page = submit(lead, place, good(reason="誤り", seen="x"), page=NEW)
        assert page.status_code == 409
    with app.app_context():
        assert everything() == before


def test_an_unused_edition_is_withdrawn_after_a_question(
    app: Flask, lead: FlaskClient, officer: Viewer
) -> None:
    edition = id_of(app, officer, "households", "平成27年国勢調査")
    path = f"/bases/editions/{edition}/withdraw"
    opened = lead.get(path)
    fields = {"csrf_token": token(opened), "seen": value_of(opened, "seen"), "reason": ""}
    assert list(errors_of(lead.post(path, data=fields))) == ["reason"]
    assert lead.post(path, data={**fields, "reason": "別の資料"}).location == "/bases"
    assert saved(app, officer, "households") == {}
    assert lead.get(path).status_code == 404


def test_an_edition_is_downloaded_as_csv(app: Flask, officer: Viewer, cast: People) -> None:
    edition = id_of(app, officer, "population", "令和2年国勢調査(速報)")
    path = f"/bases/editions/{edition}/values.csv"
    for role in ("lead_staff", "lead_approver", "lead_admin", "auditor"):
        answer = cast.client(role).get(path)
        assert answer.status_code == 200
        assert answer.data.startswith(
            "\ufeff団体コード,団体名,値\r\n022021,弘前市,168564\r\n".encode()
        )
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert app.test_client().get(path).status_code == 401
    assert cast.client("member_staff", ITAYANAGI).get(path).status_code == 404


# ---- who, and how much ---------------------------------------------------------------------------


def places(app: Flask, officer: Viewer) -> list[str]:
    edition = f"/bases/editions/{id_of(app, officer, 'households', '平成27年国勢調査')}"
    return [NEW, SERIES, edition, f"{edition}/withdraw"]


@pytest.mark.parametrize("role", ["lead_approver", "lead_admin", "auditor"])
def test_other_roles_of_the_office_read_and_are_offered_nothing_to_write(
    app: Flask, officer: Viewer, cast: People, role: str
) -> None:
    reader = cast.client(role)
    page = reader.get("/bases").text
    assert "新しい版を登録する" not in page
    assert "訂正" not in page
    assert "CSV" in page
    assert {reader.get(path).status_code for path in places(app, officer)} == {403}


def test_for_a_member_town_none_of_it_exists(app: Flask, officer: Viewer, cast: People) -> None:
    town = cast.client("member_admin", ITAYANAGI)
    assert {town.get(path).status_code for path in places(app, officer)} == {404}


@pytest.mark.parametrize(
    "path",
    ["/bases/desks/new", "/bases/%3Cscript%3E/new", "/bases/editions/x",
     "/bases/editions/00000000-0000-0000-0000-000000000000"],
)  # fmt: skip
def test_what_is_not_there_is_a_page_in_japanese(lead: FlaskClient, path: str) -> None:
    page = lead.get(path)
    assert page.status_code == 404
    assert "ページが見つかりません" in page.text


def test_each_page_takes_eight_statements(app: Flask, lead: FlaskClient, officer: Viewer) -> None:
    for path in [*places(app, officer), "/bases"]:
        lead.get(path)
        with app.app_context(), statements() as found:
            assert lead.get(path).status_code == 200
        assert len(found) <= 8, path
