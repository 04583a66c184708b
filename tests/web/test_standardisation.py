"""The pages of the standardisation: matrix, cell, entry, answers, import, what a town sees."""

import io
import re
from base64 import b64encode
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import writing
from consortium.usecases import standard_cells
from tests import factories, standard
from tests.office import HIROSAKI, ITAYANAGI
from tests.pages import fields_on, submit, token, value_of
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

HERE = "/standardisation"
IMPORT = f"{HERE}/import"
NISHIMEYA = "023434"
JUKI = f"{HERE}/towns/{NISHIMEYA}/juki"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    found = open_portal(app, cast, clock)
    with app.app_context():
        standard.seed(found.office)
    return found


@pytest.fixture
def lead(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


def plain(html: str) -> str:
    """Give the words of a piece of a page."""
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def rows_of(page: TestResponse, caption: str) -> list[str]:
    """Give the rows of the table that a caption names, in words."""
    table = page.text.partition(f'aria-label="{caption}')[2].partition("</table>")[0]
    return [plain(row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]


# ---- the matrix ----------------------------------------------------------------------------------


def test_the_matrix_flags_nishimeya_and_does_not_call_small_towns_done(
    portal: Portal, lead: FlaskClient
) -> None:
    page = lead.get(HERE)
    rows = rows_of(page, "令和8年1月の進捗")
    heads, lines = rows[0], rows[1:]
    assert heads == (
        "業務 弘前市 平川市 西目屋村 藤崎町 大鰐町 田舎館村 板柳町 最大の差"  # in order of codes
    )
    assert len(lines) == 20
    juki = next(line for line in lines if line.startswith("住民基本台帳"))
    assert "38 ステップ（西目屋村の住民基本台帳） 矛盾の可能性 27" in juki
    assert juki.endswith("27 ステップ（板柳町の住民基本台帳） 12 離れている")
    seiho = next(line for line in lines if line.startswith("生活保護"))
    assert seiho.count("対象外（推定）") == 5
    assert "完了 " not in seiho
    assert 'title="順に進めたとすれば ⑯-2 既存環境' in page.text
    # Three numbers side by side; the whole of the seven, and the prefecture.
    cards = plain(
        page.text.partition('<div class="p-cards">')[2].partition('<ul class="p-list">')[0]
    )
    assert "手続き進捗率 75.4% 対象外（推定を含む）を除くと 73.5%" in cards
    assert "稼働済み業務数 0 業務 未稼働 0、不明 130" in cards
    assert "全業務完了団体数 0 団体 7団体のうち。" in cards
    assert "矛盾の可能性 19 か所 18業務で" in cards
    assert "青森県の平均（40団体の単純平均）：78.9%" in page.text
    assert "gcportal" in page.text
    numbers = rows_of(page, "団体ごとの三つの数")
    assert "西目屋村 768 ／ 800 96.00% 95.56% 96.00% 0 0 18 －" in numbers
    # 13 cells at 40 in no number of what is done: 10 対象外（推定）, 3 要確認.
    assert "計 0 0 0 0 0 0 0 10 3" in rows_of(page, "四つの状態と業務の印")
    # The flagged ones come first, what only asks for 対象外 last: 19 and 13.
    kinds = [line.split()[2] for line in rows_of(page, "指摘と回答")[1:]]
    assert kinds == ["幹事市との差"] * 19 + ["対象外の確認"] * 13
    assert statements_of(portal, lead, HERE) <= 8


def test_the_order_of_the_businesses_follows_the_source(lead: FlaskClient) -> None:
    def first(order: str) -> list[str]:
        return [row.split()[0] for row in rows_of(lead.get(f"{HERE}?order={order}"), "令和8年1月")][
            1:5
        ]

    assert first("soumu") == ["住民基本台帳", "選挙人名簿管理", "固定資産税", "個人住民税"]
    assert first("digital") == ["住民基本台帳", "印鑑登録", "戸籍", "戸籍の附票"]
    assert first("plan") == ["住民基本台帳", "選挙人名簿管理", "固定資産税", "個人住民税"]
    assert lead.get(f"{HERE}?month=2025-12").status_code == 404
    assert lead.get(f"{HERE}?month=x").status_code == 404


def test_the_months_stand_beside_each_other(portal: Portal, lead: FlaskClient) -> None:
    table = standard.changed("平川市", "戸籍", "0.65")
    with portal.app.app_context():
        standard.take_in(portal.office, standard.as_csv(table), standard.FEBRUARY)
    page = lead.get(HERE)
    assert 'aria-current="page">令和8年2月' in page.text
    koseki = next(row for row in rows_of(page, "令和8年2月の進捗") if row.startswith("戸籍 "))
    assert "26 ステップ（平川市の戸籍） 前月差 △1 後退" in koseki
    assert "後退" not in plain(lead.get(f"{HERE}?month=2026-01").text.partition("<table")[2])


def test_the_workbook_holds_the_same(lead: FlaskClient) -> None:
    given = lead.get(f"{HERE}/workbook?month=2026-01")
    assert given.status_code == 200
    assert given.data == lead.get(f"{HERE}/workbook").data
    book = load_workbook(io.BytesIO(given.data))
    assert book.sheetnames == ["20業務と団体", "三つの数", "指摘と回答"]
    lines = {row[0]: row for row in book["20業務と団体"].iter_rows(values_only=True)}
    # 業務, largest difference, then count, difference, mark of each town: 西目屋村 is the third.
    assert lines["住民基本台帳"][1] == 12
    assert lines["住民基本台帳"][8:11] == (38, "–", "矛盾の可能性")
    assert lines["生活保護"][8:11] == (40, "–", "対象外（推定）")
    numbers = {row[0]: row for row in book["三つの数"].iter_rows(values_only=True)}
    assert numbers["計"][1:3] == (4222, 5600)
    assert round(numbers["計"][5], 3) == 0.735
    assert book["指摘と回答"].max_row == 1 + 32


# ---- one cell ------------------------------------------------------------------------------------


def test_a_question_is_answered_on_the_page_of_the_cell(portal: Portal, lead: FlaskClient) -> None:
    page = lead.get(JUKI)
    assert "幹事市の29より9進んでいます" in page.text
    assert "⑯-2 既存環境の設定変更(庁内NW接続等) まで" in page.text
    hidden = {
        name: value_of(page, f"{name}_gap")
        for name in ("record_id", "month", "kind", "own", "other")
    }
    fields = hidden | {"csrf_token": token(page)}
    before = portal.everything()
    assert "回答を選んでください" in lead.post(f"{JUKI}/answer", data=fields).text
    unexplained = lead.post(f"{JUKI}/answer", data=fields | {"answer": "その他"})
    assert unexplained.status_code == 400
    assert "説明が空です" in unexplained.text
    gone = lead.post(f"{JUKI}/answer", data=fields | {"answer": "別システム", "own": "37"})
    assert gone.status_code == 400
    assert portal.everything() == before
    for _ in range(2):
        sent = lead.post(f"{JUKI}/answer", data=fields | {"answer": "別システム"})
        assert sent.status_code == 302
    shown = lead.get(JUKI)
    assert "これまでの回答（1件）" in shown.text
    assert 'id="answer-0"' not in shown.text
    assert "18 か所" in plain(lead.get(HERE).text)


def test_a_refused_answer_stands_at_its_own_question_only(
    portal: Portal, lead: FlaskClient
) -> None:
    path = f"{HERE}/towns/{HIROSAKI}/juki"
    states = ["done"] * 29 + ["waiting"] * 11
    with portal.app.app_context():
        now = portal.office.clock.now()
        standard_cells.enter_states(
            portal.office.staff, HIROSAKI, "juki", (standard.JANUARY, states, 0), now
        )
        standard.planned(portal.office, "p-1", "standard")
        standard.planned(portal.office, "p-2", "standard", "H0", "⑱-1")
    fields = {"month": "2026-01", "kind": "task", "own": "40", "other": "1", "answer": "その他"}
    fields |= {"record_id": "7b0c1b3e-0000-4000-8000-000000000001"}
    refused = submit(lead, f"{path}/answer", fields, page=path)
    assert refused.status_code == 400
    wrong = [part for part in refused.text.split("<h3>")[1:] if "説明が空です" in part]
    assert [part.count("H0 移行計画") for part in wrong] == [1]
    # A question that is gone meanwhile is told once, at the first one that is left.
    gone = submit(lead, f"{path}/answer", fields | {"own": "39", "note": "訳"}, page=path)
    assert gone.text.count("この指摘は、今の数ではもうありません") == 1


def test_the_forty_states_are_entered_and_shown_apart(portal: Portal, lead: FlaskClient) -> None:
    path = f"{HERE}/towns/{HIROSAKI}/juki"
    begun = lead.get(f"{path}/steps?upto=29")
    assert begun.text.count('<option selected value="done">') == 29
    fields = {f"step_{no}": "done" for no in range(1, 29)} | {"step_29": "not_applicable"}
    fields |= {"step_30": "working"} | {f"step_{no}": "waiting" for no in range(31, 41)}
    fields |= {"row_version": "0", "month": "2026-01"}
    before = portal.everything()
    missing = submit(lead, f"{path}/steps", {k: v for k, v in fields.items() if k != "step_7"})
    assert missing.status_code == 400
    assert portal.everything() == before
    assert submit(lead, f"{path}/steps", fields).status_code == 302
    page = plain(lead.get(path).text)
    assert "完了済み 28、作業中 1、未着手 10、対象外 1" in page
    # Who saves second sees what the first one saved beside it, and replaces it only then.
    before = portal.everything()
    late = submit(lead, f"{path}/steps", fields | {"step_30": "done"})  # as seen before
    assert late.status_code == 409
    assert portal.everything() == before
    rows = rows_of(late, "保存されている内容とあなたの入力")[1:]
    assert len(rows) == 40
    assert [row for row in rows if not row.endswith(" 同じ")] == [
        "⑫-1 特定個人情報保護評価(PIA)の実施 作業中 完了済み 違う"
    ]
    again = {
        **fields_on(late),
        **fields,
        "step_30": "done",
        "row_version": value_of(late, "row_version"),
    }
    assert lead.post(f"{path}/steps", data=again).status_code == 302
    assert "完了済み 29、作業中 0、" in plain(lead.get(path).text)


def test_how_a_business_is_done_is_recorded(lead: FlaskClient) -> None:
    path = f"{HERE}/towns/{ITAYANAGI}/juki"
    form = lead.get(f"{path}/rollout")
    core = re.search(r'<option selected value="([^"]+)">基幹系', form.text)
    assert core
    fields = {
        "row_version": "0",
        "month": "2026-01",
        "applicable": "yes",
        "service_id": core[1],
        "go_live_on": "令和3年5月31日",
        "transition_reason": "4",
    }
    early = submit(lead, f"{path}/rollout", fields)
    assert early.status_code == 400
    assert "利用開始より前の日" in early.text
    assert submit(lead, f"{path}/rollout", fields | {"go_live_on": "R8.1.4"}).status_code == 302
    assert "令和8年1月4日" in lead.get(path).text
    assert submit(lead, f"{path}/rollout", fields | {"go_live_on": "R8.1.5"}).status_code == 409
    assert "事業者のリソースひっ迫" in plain(
        lead.get(f"{HERE}/special").text.partition('id="recorded"')[2]
    )
    assert "稼働済み業務数 1 業務" in plain(lead.get(HERE).text)


def test_a_town_sees_and_answers_its_own_column_only(portal: Portal) -> None:
    town = portal.cast.client("member_staff", NISHIMEYA)
    page = town.get(HERE)
    assert rows_of(page, "令和8年1月の進捗")[0] == "業務 西目屋村"
    shown = page.text.partition("<main")[2]
    for other in ("板柳町", "藤崎町", "平川市", "大鰐町", "田舎館村"):
        assert other not in shown
    assert "未回答の指摘" in shown
    assert town.get(JUKI).status_code == 200
    for path in ("", "/steps", "/rollout"):
        assert town.get(f"{HERE}/towns/{HIROSAKI}/juki{path}").status_code == 404
    assert town.get(f"{HERE}/towns/{NISHIMEYA}/nothing").status_code == 404
    assert town.get(IMPORT).status_code in (403, 404)
    book = load_workbook(io.BytesIO(town.get(f"{HERE}/workbook").data))
    words = {cell for row in book["20業務と団体"].iter_rows(values_only=True) for cell in row}
    assert "西目屋村" in words
    assert "板柳町" not in words
    answered = town.get(JUKI)
    fields = {
        name: value_of(answered, f"{name}_gap")
        for name in ("record_id", "month", "kind", "own", "other")
    }
    fields |= {"csrf_token": token(answered), "answer": "報告誤り"}
    assert town.post(f"{JUKI}/answer", data=fields).status_code == 302
    reader = portal.cast.client("auditor")
    assert "報告誤り" in reader.get(HERE).text
    assert reader.get(f"{JUKI}/steps").status_code == 403


# ---- taking a file in ----------------------------------------------------------------------------


def choose(lead: FlaskClient, content: bytes, month: str, name: str = "進捗.xlsx") -> TestResponse:
    fields = {
        "csrf_token": token(lead.get(IMPORT)), "month": month, "file": (io.BytesIO(content), name),
        "source": "試験の表",
    }  # fmt: skip
    return lead.post(IMPORT, data=fields, content_type="multipart/form-data")


def confirm(lead: FlaskClient, looked: TestResponse, **ticked: str) -> TestResponse:
    fields = {name: value_of(looked, name) for name in ("file_name", "content", "seen")}
    kept = {name: value_of(looked, f"{name}_kept") for name in ("month", "source")}
    fields |= kept | ticked | {"csrf_token": token(looked), "take": "1"}
    return lead.post(IMPORT, data=fields, content_type="multipart/form-data")


def test_a_file_is_looked_at_and_then_taken_in_whole(portal: Portal, lead: FlaskClient) -> None:
    content = standard.as_ministry_book(standard.changed("板柳町", "住民記録", "0.75"))
    before = portal.everything()
    looked = choose(lead, content, "令和8年1月")
    assert looked.status_code == 200
    assert "このファイルが第2版になり" in looked.text
    assert rows_of(looked, "構成団体の数の新旧")[1:] == ["板柳町 住民基本台帳 27 30 ＋3"]
    assert "令和8年1月の進捗は、もう第1版があります" in looked.text
    unticked = confirm(lead, looked)
    assert unticked.status_code == 400
    assert "印を付けてください" in unticked.text
    assert portal.everything() == before
    # The page that asks for the tick holds the file still.
    assert confirm(lead, unticked, confirmed="y").status_code == 302
    after = portal.everything()
    assert len(after["pmo_snapshot"]) == 2
    assert len(after["pmo_row"]) == 80
    assert confirm(lead, looked).status_code == 302  # sent twice
    assert portal.everything() == after
    assert "もう取り込まれています" in choose(lead, content, "2026-01").text


REFUSED = {
    "another month": (
        standard.as_ministry_book(standard.published(), "令和7年12月"),
        "令和7年12月のもの",
    ),
    "a future month": (standard.as_csv(standard.published()), "まだ来ていない月"),
    "a workbook of something else": (b"PK\x03\x04 no workbook", "Excel"),
    "no table": ("令和8年".encode(), "見出し"),
    "nothing": (b"", "ファイル"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_none_of_the_two_is_refused(
    portal: Portal, lead: FlaskClient, case: str
) -> None:
    content, words = REFUSED[case]
    before = portal.everything()
    month = "令和99年1月" if case == "a future month" else "令和8年1月"
    answer = choose(lead, content, month)
    assert answer.status_code == 400
    assert words in plain(answer.text)
    forged = {"month": "2026-01", "take": "1", "content": b64encode(content).decode(), "seen": "x"}
    forged["csrf_token"] = token(lead.get(IMPORT))
    assert lead.post(IMPORT, data=forged).status_code in (400, 409)
    assert portal.everything() == before


def test_a_file_with_a_fault_says_that_and_nothing_else(portal: Portal, lead: FlaskClient) -> None:
    table = standard.changed("弘前市", "住民記録", "0.7333")
    before = portal.everything()
    answer = choose(lead, standard.as_csv(table), "令和8年2月", "進捗.csv")
    assert answer.status_code == 400
    assert "弘前市の住民基本台帳（0.7333）は、40分の1の倍数ではありません" in answer.text
    assert "行がありません" not in answer.text
    assert "構成団体の数の新旧" not in answer.text
    assert "変わる数" not in answer.text
    assert portal.everything() == before


def test_a_town_that_is_going_to_join_is_told_why_it_has_no_column(
    portal: Portal, lead: FlaskClient
) -> None:
    listed = standard.as_digital_book([("022021", "弘前市", "市", ["就学"])])
    with portal.app.app_context():
        standard.take_in(portal.office, listed, standard.JANUARY, "結果一覧.xlsx")
        stay = select(models.Membership).join(models.Member).where(models.Member.code == NISHIMEYA)
        with writing(factories.OFFICER, portal.office.clock.now()) as unit:
            unit.session.scalars(stay).one().since = date(2030, 4, 1)
            unit.record(portal.office.consortium_id, "test", "member", NISHIMEYA, "試験")
    town = portal.cast.client("member_staff", NISHIMEYA)
    for path in (HERE, f"{HERE}/special"):
        page = town.get(path)
        assert page.status_code == 200
        assert "まだ協議会に入っていない団体の列はありません" in page.text
        assert "数を押すと" not in page.text
        assert "該当なし" not in page.text
        assert "/workbook" not in page.text
    assert "まだ協議会に入っていない" not in lead.get(HERE).text
