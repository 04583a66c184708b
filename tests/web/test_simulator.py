"""シミュレーター・公平性: conditions, result, chooser, refusals; by address, without script."""

import re
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.clock import FrozenClock
from consortium.usecases.viewer import Viewer
from tests.factories import add_foreign_consortium, everything, seed_sample
from tests.pages import errors_of, value_of
from tests.people import ITAYANAGI, People
from tests.web.portal import open_portal, statements_of
from tests.web.simulating import START, address, asked, conditions, query, rows


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


# ---- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["lead_staff", "lead_approver", "lead_admin", "auditor"])
def test_the_office_and_the_auditor_find_it_in_the_menu(
    officer: Viewer, cast: People, role: str
) -> None:
    client = cast.client(role)
    assert f'href="{START}"' in client.get("/this-month").text
    page = client.get(START)
    assert page.status_code == 200
    for title in ("鶴田町が加入したら", "これまでの加入をたどる", "団体を選んで始める"):
        assert title in page.text
    assert "保存した算定ケースはまだありません" in page.text
    assert asked(client).status_code == 200


def test_for_a_town_it_does_not_exist(officer: Viewer, cast: People) -> None:
    town = cast.client("member_staff", ITAYANAGI)
    assert START not in town.get("/town").text
    for path in (START, f"{START}/edit", f"{START}/result", f"{START}/case"):
        assert town.get(path).status_code == 404


# ---- the result ----------------------------------------------------------------------------------


def test_the_table_shows_now_then_and_difference_of_every_member(lead: FlaskClient) -> None:
    page = lead.get(address(lead.get(START), "result"))
    assert page.status_code == 200
    table = rows(page, "years")
    assert table[0] == ["団体", "見方", "R8", "R9", "R10", "R11"]
    hirosaki = table[1:4]
    assert hirosaki[0][1:4] == ["今", "24,858,769", "24,858,769"]
    assert hirosaki[1] == ["加入後", "24,858,769", "24,728,759", "24,728,759", "24,728,759"]
    assert hirosaki[2] == ["差", "0", "△130,010", "△130,010", "△130,010"]
    savings = [row[2] for row in table if row[0] == "差"]
    assert savings == [
        "△130,010", "△162,186", "△160,760", "△161,019", "△156,539", "△159,625", "△159,984",
        "3,497,823", "2,407,700",
    ]  # fmt: skip
    assert ["加入後", "－", "3,497,823", "3,497,823", "3,497,823"] in table
    assert ["合計", "今", "47,173,900", "47,173,900", "47,173,900", "47,173,900"] in table
    assert "今の団体の負担が合わせて1,090,123円減り" in page.text
    assert "加わる団体は3,497,823円を負担します" in page.text


def test_the_breakdown_by_component_adds_up_to_what_each_pays(lead: FlaskClient) -> None:
    page = lead.get(address(lead.get(START), "result"))
    equal, people, paid = rows(page, "breakdown")[1:]
    assert (equal[0], people[0]) == ("均等割（30/100）", "人口割（70/100）")
    # 49,581,600 × 30 % ÷ 8
    assert set(equal[1:]) == {"1,859,310"}
    assert people[-1] == "1,638,513"
    assert paid[-1] == "3,497,823"


def test_the_picture_has_a_name_a_description_and_its_table(lead: FlaskClient) -> None:
    page = lead.get(address(lead.get(START), "result"))
    (drawn,) = re.findall(r'<svg class="p-svg".*?</svg>', page.text, re.DOTALL)
    assert '<title id="simulated-title">年度ごとの負担額</title>' in drawn
    assert "値は下の表にある" in drawn
    assert "鶴田町 R9 加入後 3,497,823円" in drawn
    assert "鶴田町 R9 今" not in drawn
    assert "style=" not in page.text.split("</head>")[1]
    assert rows(page, "years")[-1][0] == "鶴田町"  # the table behind the picture


def test_fairness_shows_value_fraction_and_test_in_words(lead: FlaskClient) -> None:
    changes: dict[str, str | None] = {"last": "2026", "entrants-7-code": None}
    changes |= {"entrants-7-since": None, "entrants-7-value": None}
    page = asked(lead, changes)
    table = rows(page, "fairness")
    # 14,400,000/7 + 1,200,000 + 126,500 = 23,685,500/7
    assert table[2] == [
        "西目屋村", "2,193,121", "3,383,642.857123,685,500/7", "△1,190,521.8571△8,333,653/7",
        "15,726,500.0000", "✓単独の費用以下",
    ]  # fmt: skip
    assert table[-1][:3] == ["合計", "47,173,900", "47,173,900.0000"]
    assert "7団体の組合せ 128 通り" in page.text


def test_who_pays_more_than_alone_is_said_with_a_cross(lead: FlaskClient) -> None:
    # By equal parts the village pays for residents of the city.
    page = asked(lead, {"equal": "1", "population": "0", "fixed": "0", "per_unit": "1,000"})
    words = {row[0]: row[-1] for row in rows(page, "fairness")[1:-1]}
    assert words["西目屋村"] == "✗単独の費用を超える"
    assert words["弘前市"] == "✓単独の費用以下"


def test_the_true_history_has_a_row_for_each_joining_date(lead: FlaskClient) -> None:
    page = lead.get(address(lead.get(START), "result", "first=2015"))
    table = rows(page, "joinings")
    assert [row[:4] for row in table[1:]] == [
        ["H27.4.1", "弘前市、西目屋村、大鰐町、田舎館村", "4", "37,782,800"],
        ["H31.4.1", "平川市", "5", "42,044,90037,782,800から"],
        ["R3.4.1", "藤崎町", "6", "44,702,70042,044,900から"],
        ["R3.6.1", "板柳町", "7", "47,173,90044,702,700から"],
    ]
    assert "加入後の負担額です" in page.text  # twelve years: no room for two bars each


def test_more_than_eight_towns_are_drawn_as_eight_fills(lead: FlaskClient) -> None:
    more = {f"entrants-{8 + n}-{key}": value for n in range(3) for key, value in {
        "code": ("022012", "022039", "022047")[n], "since": "2027-04-01", "value": str(50_000 + n),
    }.items()}  # fmt: skip
    page = asked(lead, more)
    legend = re.findall(r'<text x="[\d.]+" y="[\d.]+">([^<]+)</text>', page.text)
    assert len(legend) == 8
    assert "ほか4団体" in legend
    assert {"鶴田町", "青森市", "八戸市", "黒石市", "弘前市"} <= set(legend)


def test_more_than_twelve_members_are_told_why_there_is_no_value(lead: FlaskClient) -> None:
    codes = ["022012", "022039", "022047", "022055", "022063", "022071"]
    more = {f"entrants-{8 + n}-code": code for n, code in enumerate(codes)}
    more |= {f"entrants-{8 + n}-since": "2027-04-01" for n in range(len(codes))}
    page = asked(lead, {**more, "edition": "2015-10-01/平成27年国勢調査"})
    assert page.status_code == 200
    assert "14団体では、組合せが16,384通りになるため求めません。" in page.text


# ---- the form ------------------------------------------------------------------------------------


def test_the_form_opens_with_the_conditions_of_the_address(lead: FlaskClient) -> None:
    page = lead.get(f"{START}/edit?{query(lead, {'fixed': '1,000', 'name': '試し'})}")
    assert page.status_code == 200
    assert value_of(page, "fixed") == "1,000"
    assert value_of(page, "name") == "試し"
    assert value_of(page, "entrants-7-value") == "12077"
    assert value_of(page, "entrants-6-since") == "2021-06-01"
    assert len(page.data) < 60_000


def test_without_conditions_the_form_has_the_present_members(lead: FlaskClient) -> None:
    page = lead.get(f"{START}/edit")
    assert re.findall(r'name="entrants-\d-code" value="(\d+)"', page.text) == [
        "022021", "023434", "023621", "023671", "022101", "023612", "023817",
    ]  # fmt: skip


def test_a_result_without_conditions_leads_to_the_start(lead: FlaskClient) -> None:
    answer = lead.get(f"{START}/result")
    assert (answer.status_code, answer.location) == (302, START)


def test_towns_are_searched_and_added_on_the_server(lead: FlaskClient) -> None:
    given = conditions(lead)
    found = lead.get(f"{START}/edit?{urlencode({**given, 'pref': '02', 'q': '黒石'})}")
    assert "1団体が見つかりました。" in found.text
    assert re.findall(r'name="add" value="(\d+)"', found.text) == ["022047"]
    added = lead.get(f"{START}/edit?{urlencode({**given, 'add': '022047'})}")
    assert 'name="entrants-8-code" value="022047"' in added.text
    assert value_of(added, "entrants-8-since") == "2027-04-01"
    assert "青森県" in added.text
    again = lead.get(f"{START}/edit?{urlencode({**given, 'add': '023841'})}")
    assert again.text.count('value="023841"') == 2  # the member, and a choice of 幹事市


def test_a_search_that_finds_too_many_or_nothing_says_so(lead: FlaskClient) -> None:
    many = lead.get(f"{START}/edit?pref=01")
    assert "179団体のうち初めの60団体です。" in many.text
    none = lead.get(f"{START}/edit?q=ない名前")
    assert "見つかりません。名前の一部か" in none.text
    assert "見つかりません" not in lead.get(f"{START}/edit?pref=%FF%FE&q=").text


def test_towns_marked_are_left_out_and_the_rest_move_up(lead: FlaskClient) -> None:
    changes: dict[str, str | None] = {"entrants-1-drop": "y", "entrants-6-drop": "y"}
    page = lead.get(f"{START}/edit?{query(lead, changes)}")
    assert re.findall(r'name="entrants-\d-code" value="(\d+)"', page.text) == [
        "022021", "023621", "023671", "022101", "023612", "023841",
    ]  # fmt: skip
    assert value_of(page, "entrants-5-value") == "12077"


def test_a_first_consortium_without_members_gets_an_empty_table(app: Flask, cast: People) -> None:
    with app.app_context():
        seed_sample()
        stranger = add_foreign_consortium()
    assert stranger.consortium_id == "c-2"
    page = cast.client("lead_staff").get(f"{START}/edit?edition=&first=2026")
    assert "団体がまだありません" in page.text


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"entrants-7-since": "令和9年13月1日"}, "entrants-7-since", "暦にない日です"),
        ({"entrants-7-since": ""}, "entrants-7-since", "加入日を入力してください"),
        ({"entrants-7-since": "2040-04-01"}, "entrants-7-since", "終わりの年度より後"),
        ({"entrants-7-last_day": "2027-03-01"}, "entrants-7-last_day", "加入日より前"),
        ({"entrants-7-value": ""}, "entrants-7-value", "鶴田町の人口が、選んだ版"),
        ({"entrants-7-value": "-5"}, "entrants-7-value", "負の数"),
        ({"entrants-7-value": "たくさん"}, "entrants-7-value", "数として読めません"),
        ({"entrants-7-code": "999999"}, "entrants-7-since", "全国の一覧（1,741団体）にありません"),
        ({"entrants-7-code": "023817"}, "entrants-7-since", "板柳町が二度あります"),
        ({"equal": "0", "population": "0"}, "equal", "割合がどちらも0"),
        ({"equal": "x"}, "equal", "数として読めません"),
        ({"fixed": "1.5"}, "fixed", "小数点"),
        ({"fixed": "-1"}, "fixed", "負の金額"),
        ({"fixed": "0", "per_member": "0", "per_unit": "0"}, "fixed", "費用がすべて0円"),
        ({"base_day": "1999-01-01"}, "base_day", "加入している団体がありません"),
        ({"base_day": "きのう"}, "base_day", "日付の形ではありません"),
        ({"last": "2025"}, "last", "始まりの年度より前"),
        ({"first": "2012"}, "last", "一度に試算できるのは15年度まで"),
        ({"first": "99999"}, "first", "一覧から選び直してください"),
        ({"first": "٢٠٢٦"}, "first", "一覧から選び直してください"),
        ({"edition": "2030-10-01/未来"}, "edition", "一覧から選び直してください"),
        ({"mode": "ceil"}, "mode", "最大剰余"),
        ({"residual": "x"}, "residual", "一覧から選び直してください"),
        ({"unit": "7"}, "unit", "一覧から選び直してください"),
        ({"item": ""}, "item", "費目の名前を入力してください"),
        ({"name": "\u202e逆"}, "name", "制御文字"),
        ({"lead": "131016"}, "lead", "一覧から選び直してください"),
    ],
)
def test_bad_input_is_refused_at_its_field_and_stays_as_typed(
    lead: FlaskClient, changes: dict[str, str | None], field: str, why: str
) -> None:
    page = asked(lead, changes)
    assert page.status_code == 400
    assert why in errors_of(page)[field]
    assert "まだ計算していません" in page.text
    assert value_of(page, "entrants-0-since") == "2015-04-01"
    for name, typed in changes.items():
        if re.search(rf'<input[^>]*\bid="{name}"', page.text):
            assert value_of(page, name) == typed


def test_no_member_at_all_is_refused_at_the_head(lead: FlaskClient) -> None:
    changes = {key: None for key in conditions(lead) if key.startswith("entrants-")}
    page = asked(lead, {**changes, "lead": ""})
    assert page.status_code == 400
    assert "市区町村を検索して加えてください" in page.text


def test_a_population_of_nobody_is_refused_by_the_engine_in_words(lead: FlaskClient) -> None:
    changes: dict[str, str | None] = {f"entrants-{n}-value": "0" for n in range(8)}
    page = asked(lead, {**changes, "equal": "0"})
    assert page.status_code == 400
    assert "参加団体の重みがすべて0です" in page.text


@pytest.mark.parametrize(
    "rest", ["entrants-0-code=022021", "first=2026", "edition=x&do=1", "%00=1"]
)
def test_an_address_cut_short_is_a_form_and_never_a_fault(lead: FlaskClient, rest: str) -> None:
    for name in ("result", "edit", "case"):
        assert lead.get(f"{START}/{name}?{rest}").status_code in (200, 400)


def test_nothing_of_it_changes_the_database(app: Flask, lead: FlaskClient) -> None:
    with app.app_context():
        before = everything()
    asked(lead)
    lead.get(f"{START}/edit?{query(lead, {'add': '022047'})}")
    with app.app_context():
        assert everything() == before


# ---- the file ------------------------------------------------------------------------------------


def test_each_year_is_handed_out_as_a_case_file(lead: FlaskClient) -> None:
    page = lead.get(address(lead.get(START), "result"))
    found = re.findall(r'href="([^"]*/simulator/case\?[^"]*year=2027)"', page.text)
    file = lead.get(found[0].replace("&amp;", "&"))
    assert file.status_code == 200
    assert file.mimetype == "application/yaml"
    assert "filename*=UTF-8''%E7%AE%97%E5%AE%9A" in file.headers["Content-Disposition"]
    assert "amount: 49581600" in file.text
    assert lead.get(f"{START}/case?{query(lead, {'year': '1999'})}").status_code == 400


# ---- how much it asks ----------------------------------------------------------------------------


def test_no_page_asks_the_database_more_than_eight_times(
    app: Flask, cast: People, clock: FrozenClock
) -> None:
    portal = open_portal(app, cast, clock)
    lead = cast.client("lead_staff")
    result = address(lead.get(START), "result")
    for path in (START, result, result.replace("result?", "edit?"), f"{START}/edit?pref=13"):
        assert statements_of(portal, lead, path) <= 8, path
