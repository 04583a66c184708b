"""新しい版: what is refused and where, and what the trial shows."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.db.store import rules
from consortium.db.unit import reading
from tests.pages import errors_of, value_of
from tests.people import People
from tests.web.portal import Portal, open_portal
from tests.web.rule_entry import Part, add_item, fields, own, part, try_it

EQUAL = part("equal")
CENSUS = {"series": "population", "dating": "frozen", "frozen": "population@2015-10-01/"}
TABLE = part("table", "80", **CENSUS)
HOST = part("host", "33.3", host="022021")
PERCENT = part("percent", "1", **CENSUS)


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.fixture
def staff(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def saved_rules(portal: Portal) -> tuple[rules.Rule, ...]:
    with portal.app.app_context(), reading() as session:
        return rules.rules(session, portal.office.consortium_id)


def form_of(portal: Portal) -> str:
    """Give the path of the form of a new version of the sample's rule."""
    return f"/rules/{saved_rules(portal)[0].id}/new"


def trial_row(page: str, name: str) -> list[str]:
    """Give the cells of a member in the table of the trial."""
    found = re.search(rf'<th scope="row">{name}</th>(.*?)</tr>', page, re.DOTALL)
    assert found, page
    return re.findall(r"<td[^>]*>(.*?)</td>", found[1])


def preview_of(page: TestResponse) -> str:
    """Give the section that a script takes out of the page."""
    return page.text.partition('<section class="p-preview" id="trial"')[2].partition("</section>")[
        0
    ]


# ---- the form ------------------------------------------------------------------------------------


def test_the_form_begins_with_the_version_in_force(portal: Portal, staff: FlaskClient) -> None:
    page = staff.get(form_of(portal))
    assert value_of(page, "c1-weight") == "20"
    assert value_of(page, "c2-weight") == "80"
    assert value_of(page, "c2-label") == "人口割"
    chosen = 'selected value="population@2020-10-01/令和2年国勢調査(速報)"'
    assert chosen in page.text
    # A new version has a day and a ground of its own.
    assert [value_of(page, name) for name in ("since", "document", "article")] == [""] * 3


def test_components_are_added_and_removed_without_script(
    portal: Portal, staff: FlaskClient
) -> None:
    path = form_of(portal)
    sent = fields(staff.get(path), "add", EQUAL, TABLE, note="途中のメモ")
    added = staff.post(path, data=sent)
    assert added.status_code == 200
    assert value_of(added, "c2-weight") == "80"
    assert 'id="c3-weight"' in added.text
    assert "途中のメモ" in added.text
    assert not errors_of(added)
    removed = staff.post(path, data=fields(added, "remove-1", EQUAL, TABLE, EQUAL))
    assert 'id="c1-weight"' not in removed.text
    assert value_of(removed, "c2-weight") == "80"


#: (field of the head, what is typed, what is told there)
BAD_HEADS = (
    ("since", "", "施行日を入力してください。"),
    ("since", "令和8年13月1日", "令和8年13月1日"),
    ("since", "令和4年4月1日", "令和4年4月1日から適用する版がもうあります（見本の協定書）"),
    ("document", "　", "根拠の文書を入力してください。"),
    ("document", "あ" * 101, "長すぎます"),
    ("decided_on", "きのう", "きのう"),
    ("unit", "7", "端数の単位を一覧から選び直してください。"),
    ("ratio_digits", "10", "割合の桁数を一覧から選び直してください。"),
    ("proration", "weekly", "按分期間を一覧から選び直してください。"),
    ("leaving", "never", "脱退時の負担を一覧から選び直してください。"),
    ("place", "1999-final", "試算に使う費用を一覧から選び直してください。"),
    ("mode", "half_up", ""),
)


def test_bad_input_at_the_head_is_told_at_its_field(portal: Portal, staff: FlaskClient) -> None:
    before = portal.everything()
    path = form_of(portal)
    for name, typed, told in BAD_HEADS:
        page = try_it(staff, path, part("equal", "12.5"), **{name: typed})
        assert page.status_code == 400, (name, typed)
        assert "この内容で登録する" not in page.text
        found = errors_of(page)
        assert set(found) == ({name} if told else {"residual"}), (name, typed)
        assert told in "".join(found.values())
        assert value_of(page, "c1-weight") == "12.5"
    assert portal.everything() == before


#: (component, field, what is told there)
BAD_PARTS: tuple[tuple[Part, str, str], ...] = (
    (part("equal", ""), "c1-weight", "割合を入力してください。"),
    (part("equal", "0"), "c1-weight", "割合が0です"),
    (part("equal", "-1"), "c1-weight", "読めません"),
    (part("equal", "八十"), "c1-weight", "読めません"),
    (part("magic"), "c1-kind", "種類を一覧から選び直してください。"),
    (part("table"), "c1-series", "算定基礎を選んでください。"),
    (part("table", series="moon"), "c1-series", "算定基礎を一覧から選び直してください。"),
    (part("table", series="population", dating=""), "c1-dating", "基準日の定め方を"),
    (
        part("table", series="population", dating="previous_fiscal_year"),
        "c1-month_day",
        "月日を入力してください。",
    ),
    (
        part("table", series="population", dating="previous_fiscal_year", month_day="2月30日"),
        "c1-month_day",
        "毎年ある月日",
    ),
    (part("table", series="population", dating="frozen"), "c1-frozen", "固定する版を"),
    (part("table", **CENSUS | {"series": "households"}), "c1-frozen", "ほかの算定基礎の版"),
    (
        part("table", series="population", dating="cumulated", first="令和5年1月1日"),
        "c1-last",
        "期間の終わりの日を入力してください。",
    ),
    (
        part(
            "table",
            series="population",
            dating="cumulated",
            first="令和5年1月1日",
            last="令和4年1月1日",
        ),
        "c1-last",
        "初日",
    ),
    (part("power", **CENSUS), "c1-power", "指数を入力してください。"),
    (part("power", power="0", **CENSUS), "c1-power", "0"),
    (part("power", power="4", **CENSUS), "c1-power", "3"),
    (part("table", own_022021="1,77,411", **CENSUS), "c1-own_022021", "桁区切り"),
    (part("table", own_022021="-5", **CENSUS), "c1-own_022021", "負の数"),
    (part("table", own_022021="100", **CENSUS), "c1-own_source", "根拠を入力してください。"),
    (part("host"), "c1-host", "負担する団体を選んでください。"),
    (part("host", host="999999"), "c1-host", "負担する団体を一覧から"),
    (
        part("fixed", **own("1", "1", "1", "1", "1", "1", "")),
        "c1-own_023817",
        "値がありません（負担しないなら0）。",
    ),
)


def test_bad_input_in_a_component_is_told_at_its_field(portal: Portal, staff: FlaskClient) -> None:
    before = portal.everything()
    path = form_of(portal)
    for bad, field, told in BAD_PARTS:
        page = try_it(staff, path, bad, note="残るメモ")
        assert page.status_code == 400, (field, told)
        found = errors_of(page)
        assert list(found) == [field], (field, told)
        assert told in found[field]
        assert "残るメモ" in page.text
    assert portal.everything() == before


def test_what_a_kind_does_not_use_is_not_checked(portal: Portal, staff: FlaskClient) -> None:
    page = try_it(
        staff, form_of(portal), part("equal", power="謎", month_day="謎", own_022021="謎")
    )
    assert page.status_code == 200
    assert value_of(page, "c1-power") == "謎"


@pytest.mark.parametrize(
    ("parts", "head", "told"),
    [
        ((), {}, "構成割がありません"),
        (
            (PERCENT, EQUAL),
            {},
            "ほかの種類の構成割と同じルールには書けません",
        ),
        (
            (PERCENT,),
            {"proration": "monthly_rounded"},
            "月割・日割・年額から",
        ),
        ((PERCENT,), {"ratio_digits": "3"}, "丸めない"),
        ((EQUAL, EQUAL), {}, "「均等割」という名前の構成割が二つあります"),
    ],
)
def test_what_does_not_go_together_is_refused(
    portal: Portal,
    staff: FlaskClient,
    parts: tuple[Part, ...],
    head: dict[str, str],
    told: str,
) -> None:
    before = portal.everything()
    page = try_it(staff, form_of(portal), *parts, **head)
    assert page.status_code == 400
    assert told in page.text
    assert portal.everything() == before


# ---- the trial -----------------------------------------------------------------------------------


def test_the_trial_shows_each_member_now_and_then(portal: Portal, staff: FlaskClient) -> None:
    add_item(portal, 700_000)
    page = try_it(staff, form_of(portal), EQUAL, place="2026-estimate")
    # 新しい版は 7 団体で 100,000円ずつ。今は均等割 20,000円と、人口割 560,000円 × 人口 ÷ 243,739。
    # 弘前市 387,282.46…円、藤崎町 33,493.53…円。切り捨てた 4円は、端数の大きい順に
    # 大鰐町 .97、平川市 .96、藤崎町 .53、弘前市 .46 へ。
    assert trial_row(page.text, "弘前市") == ["407,283", "100,000", "△307,283", "14.29%"]
    assert trial_row(page.text, "藤崎町") == ["53,494", "100,000", "46,506", "14.29%"]
    assert trial_row(page.text, "合計") == ["700,000", "700,000", "0", ""]


def test_a_version_from_october_is_tried_for_half_of_the_year(
    portal: Portal, staff: FlaskClient
) -> None:
    add_item(portal, 700_000)
    path = form_of(portal)
    entered = {"place": "2026-estimate", "since": "令和8年10月1日"}
    page = try_it(staff, path, EQUAL, **entered)
    # 均等割は 700,000円 × (20/100 × 6/12 ＋ 6/12) ＝ 420,000円、7 団体で 60,000円ずつ。
    # 人口割は 280,000円。弘前市は 193,641.23…円で、切り捨てた 3円は端数の大きい大鰐町・藤崎町・
    # 平川市へ行く。
    assert trial_row(page.text, "弘前市")[1] == "253,641"
    refused = try_it(staff, path, EQUAL, **entered, unit="1000")
    assert "この版では計算できません" in refused.text
    assert "端数処理か按分期間が違います" in refused.text


def test_a_year_without_costs_is_tried_with_an_example(portal: Portal, staff: FlaskClient) -> None:
    path = "/rules/new"
    opened = staff.get(path).text
    chosen = re.search(r'<option value="([\w-]+)">電子申請システム[^<]*</option>', opened)
    assert chosen
    entered = {"name": "電子申請", "subject": chosen[1]}
    page = try_it(staff, path, EQUAL, **entered)
    assert "このルールで分ける費目がありません" in page.text
    assert "参加している団体がありません" in page.text
    assert "比べる今の額がありません" in page.text


@pytest.mark.parametrize(
    ("parts", "head", "told"),
    [
        (
            (
                part("equal", "33.3"),
                part("table", "33.3", **CENSUS),
                part("host", "33.3", host="022021"),
            ),
            {},
            "割合の計が99.9で、100になりません。合計に対する割合で按分します。",
        ),
        (
            (part("fixed", **own("33.3", "33.3", "33.3", "0", "0", "0", "0")),),
            {},
            "「固定割合」の団体ごとの値の計が99.9で、100になりません。",
        ),
        ((TABLE,), {"residual": "unallocated"}, "端数差額として残ります"),
        ((part("table", series="population"),), {}, "見込の値です"),
        ((EQUAL,), {"since": "令和8年10月1日", "unit": "1000"}, "年度の途中（令和8年10月1日）から"),
        ((EQUAL,), {"since": "令和8年4月15日"}, "月の初日ではありません"),
        ((EQUAL,), {}, "弘前市の負担割合が"),
        (
            (EQUAL,),
            {"ratio_digits": "3"},
            "均等割（100/100）の割合を小数第3位までに丸めると、計が1.001になり",
        ),
        ((EQUAL,), {"since": "令和5年4月1日"}, "は過ぎています。これまでの算定は変わりません。"),
    ],
)
def test_the_trial_says_what_to_look_at(
    portal: Portal,
    staff: FlaskClient,
    parts: tuple[Part, ...],
    head: dict[str, str],
    told: str,
) -> None:
    page = try_it(staff, form_of(portal), *parts, **head)
    assert page.status_code == 200
    assert told in page.text


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        # 世帯数は平成27年だけ。
        (
            part("table", series="households", dating="previous_fiscal_year", month_day="9/30"),
            "登録されている版",
        ),
        (part("fixed", **own("0", "0", "0", "0", "0", "0", "0")), "参加団体の重みがすべて0です"),
    ],
)
def test_what_the_engine_refuses_is_told_and_nothing_typed_is_lost(
    portal: Portal, staff: FlaskClient, bad: Part, told: str
) -> None:
    page = try_it(staff, form_of(portal), bad, note="残るメモ")
    assert page.status_code == 200
    assert "この版では計算できません" in page.text
    assert told in page.text
    assert "残るメモ" in page.text


def test_the_preview_is_a_section_that_a_script_can_take_out(
    portal: Portal, staff: FlaskClient
) -> None:
    path = form_of(portal)
    opened = staff.get(path)
    assert re.search(r'<script src="/static/js/preview\.js\?v=\w{12}" defer></script>', opened.text)
    assert '<form class="p-form p-form--wide" method="post" novalidate data-preview="trial">' in (
        opened.text
    )
    for page in (opened, try_it(staff, path, EQUAL), try_it(staff, path, part("equal", ""))):
        assert page.text.count('id="trial"') == 1
    sections = [preview_of(page) for page in (opened, try_it(staff, path, EQUAL))]
    assert ['name="seen"' in section for section in sections] == [False, True]


def test_a_preview_tries_and_does_nothing_else(portal: Portal, staff: FlaskClient) -> None:
    path, live = form_of(portal), {"X-Preview": "trial"}
    tried = try_it(staff, path, EQUAL)
    before = portal.everything()
    for do in ("save", "add", "remove-1", "try"):
        page = staff.post(path, data=fields(tried, do, EQUAL), headers=live)
        assert page.status_code == 200
        assert preview_of(page) == preview_of(tried)
        assert 'id="c2-weight"' not in page.text
    assert portal.everything() == before
    unfinished = staff.post(path, data=fields(tried, "try", part("equal", "")), headers=live)
    assert unfinished.status_code == 200
    assert "構成割1 割合：割合を入力してください。" in preview_of(unfinished)
    assert 'name="seen"' not in preview_of(unfinished)


def test_a_component_more_or_less_asks_for_a_preview(portal: Portal, staff: FlaskClient) -> None:
    path = form_of(portal)
    opened = staff.get(path)
    added = staff.post(path, data=fields(opened, "add", EQUAL))
    assert ["data-stale" in page.text for page in (opened, added)] == [False, True]


def test_a_trial_saves_nothing(portal: Portal, staff: FlaskClient) -> None:
    before = portal.everything()
    assert try_it(staff, form_of(portal), EQUAL).status_code == 200
    assert portal.everything() == before


# ---- statements ----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "/{id}", "/{id}/new", "/new", "/categories/new"])
def test_a_page_takes_at_most_eight_statements(
    portal: Portal, staff: FlaskClient, page: str
) -> None:
    path = f"/rules{page}".replace("{id}", saved_rules(portal)[0].id)
    staff.get(path)
    with portal.counted() as found:
        assert staff.get(path).status_code == 200
    assert len(found) <= 8, found


def test_a_trial_reads_the_costs_besides(portal: Portal, staff: FlaskClient) -> None:
    path = form_of(portal)
    sent = fields(staff.get(path), "try", EQUAL)
    with portal.counted() as found:
        assert staff.post(path, data=sent).status_code == 200
    assert len(found) <= 16, found
