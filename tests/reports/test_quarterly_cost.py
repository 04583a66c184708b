"""The quarterly report of a member, and the weekly one of the lead city."""

from dataclasses import replace
from datetime import datetime

from consortium.reports import monthly_cost, quarterly_cost, situation
from consortium.reports.document import MonthlyDocument, data_hash
from consortium.reports.situation_document import SituationDocument
from tests.reports.documents import TOKYO, monthly, opened, quarterly, rows
from tests.reports.documents import situation as situation_document

TOWN = "023817"
YEAR = 7_186_379


def test_the_quarters_are_the_months_of_the_monthly_report_and_add_up_to_the_year() -> None:
    table = rows(quarterly_cost.render(quarterly(), TOWN), "四半期費用報告")[9:14]
    months = [row[1] for row in rows(monthly_cost.render(monthly(), TOWN), "月次費用報告")[9:21]]
    assert [yen for row in table[:4] for yen in row[1:4]] == months
    # 12 × 598,864 leaves 11 yen: eleven months have one more, so one quarter has one less.
    assert sorted(row[4] for row in table[:4]) == [1_796_594, 1_796_595, 1_796_595, 1_796_595]
    assert table[4][0] == "年額"
    assert sum(table[4][1:4]) == table[4][4] == table[3][5] == YEAR
    assert [row[7] for row in table[:4]] == ["経過", "◎ 報告期", "予定", "予定"]
    assert table[1][0] == "第2四半期　令和3年7月～令和3年9月"


def test_the_figures_above_say_this_quarter_so_far_and_what_is_left() -> None:
    table = rows(quarterly_cost.render(quarterly(), TOWN), "四半期費用報告")
    now, so_far, left, year = table[5][:4]
    assert (now, so_far) == (table[10][4], table[10][5])
    assert so_far == table[9][4] + table[10][4]
    assert so_far + left == year == YEAR


def test_a_further_edition_says_so_and_a_quarter_is_told_from_its_last_month() -> None:
    again = opened(quarterly_cost.render(quarterly(edition=2), TOWN))["四半期費用報告"]
    assert again.oddFooter.right.text.startswith("令和3年度　第2四半期　第2版　照合符号 ")
    slot = "member:023817"
    documents = (monthly(), quarterly(), quarterly(edition=2), replace(quarterly(), quarter=None))
    assert len({data_hash(each, slot) for each in documents}) == 4
    for document in documents:
        assert MonthlyDocument.from_json(document.to_json()) == document


def test_the_situation_tells_what_waits_for_each_town_and_adds_it_up() -> None:
    table = rows(situation.render(situation_document()), "状況報告")
    assert table[0][0] == "令和3年度共同クラウド状況報告（11月22日からの週）"
    assert table[3][0] == "令和3年11月29日 08:00 現在"
    ootawani, total = table[7], table[9]
    assert ootawani[:3] == ("023621", "大鰐町", 2)
    assert ootawani[3] == datetime(2021, 5, 6)  # noqa: DTZ001 -- openpyxl knows no time zone
    assert ootawani[4:8] == (2, 250_000, 1, 150_000)
    # 0 + 2 + 1 documents, 0 + 2 + 1 instalments, 0 + 250,000 + 3,172,000 yen.
    assert (total[0], total[2], *total[4:8]) == ("合計", 3, 3, 3_422_000, 1, 150_000)
    assert [row[0] for row in table[11:15]] == [
        "作業中の算定", "算定", "令和3年度 変更 第1版", "令和4年度 概算 第1版"
    ]  # fmt: skip
    assert table[13][2:5:2] == ("審査中", "承認者")


def test_a_situation_without_anything_to_do_says_so() -> None:
    quiet = situation_document(runs=(), towns=())
    text = [row[0] for row in rows(situation.render(quiet), "状況報告")]
    assert "作業中の算定はありません。" in text


def test_the_situation_made_late_has_the_hash_of_one_in_time() -> None:
    document = situation_document()
    late = replace(
        document, issued_at=datetime(2022, 12, 1, tzinfo=TOKYO), register_seq=999, register_hash="f"
    )
    assert data_hash(late, "lead") == data_hash(document, "lead")
    assert data_hash(replace(document, towns=document.towns[:2]), "lead") != data_hash(
        document, "lead"
    )
    assert SituationDocument.from_json(document.to_json()) == document
