"""A statement where who joined pays first (加入団体先取り), recomputed as its reader would.

The figures are those of cost-sharing.md section 10: 120,000,000 yen of FY2021, 20/80.
"""

import pytest

from consortium.domain.sharing.result import CostItem
from consortium.domain.yen import Rounding, Yen
from consortium.reports import cost_statement
from tests.reports import documents
from tests.reports.documents import (
    MOVING,
    calculated,
    lines,
    rows,
    shared,
    statement,
    text_of,
    total,
)

TOWN = "023817"
#: The members but 板柳町, which joined in June; of `level: component` as of `level: item`.
STAYED = (69_497_211, 15_656_810, 4_284_759, 9_384_785, 7_345_738, 6_644_318)
JOINED = 7_186_379
EVEN, BY_PEOPLE = "均等割（20/100）", "人口割（80/100）"


def test_who_joined_reads_the_cost_that_was_shared_and_its_part_of_it() -> None:
    content = cost_statement.render(statement(documents.shared(proration="joiner_first")), TOWN)
    equal, people, direct = lines(content)
    # 7,186,379 in the ratio 3,428,571.42… : 5,195,083.59… are 2,857,142.78… and 4,329,236.21….
    assert equal[2:6] == (EVEN, 24_000_000, pytest.approx(2_857_143 / 24_000_000), 2_857_143)
    assert people[2:6] == (BY_PEOPLE, 96_000_000, pytest.approx(4_329_236 / 96e6), 4_329_236)
    assert (equal[7], direct[3]) == ("令和3年6月～令和4年3月（10か月）", MOVING)
    assert total(content)[3:6:2] == (125_500_000, JOINED + MOVING)
    data = rows(content, "データ")[1:]
    assert {row[7] for row in data if row[3] == 1} == {24_000_000, 96_000_000}
    assert sum(row[8] for row in data if row[3] == 1) == 120_000_000


def test_who_was_there_all_along_reads_what_was_taken_off_first() -> None:
    result = documents.shared(proration="joiner_first")
    content = cost_statement.render(statement(result), "023621")
    # 120,000,000 − 7,186,379; 20 % of it in six, and 80 % × 9,676 ÷ 243,570.
    assert "途中で加入・脱退した団体の額を除いた 112,813,621円 を、通年の団体で分けました。" in (
        text_of(content, "負担金明細書")
    )
    assert [row[2:6] for row in lines(content)] == [
        (EVEN, 24_000_000, pytest.approx(3_760_454 / 24_000_000), 3_760_454),
        (BY_PEOPLE, 96_000_000, pytest.approx(3_585_284 / 96_000_000), 3_585_284),
    ]


def test_the_steps_lead_from_the_weights_to_the_months_of_who_joined() -> None:
    content = cost_statement.render(statement(documents.shared(proration="joiner_first")), TOWN)
    heads = [row[0] for row in rows(content, "算定内訳")[6:] if str(row[0]).startswith("1　")]
    name = "1　運用　共同クラウド運用費"
    assert heads == [
        name,
        f"{name}　年額とした場合　{EVEN}",
        f"{name}　年額とした場合　{BY_PEOPLE}",
        f"{name}　途中加入・脱退の団体の額　均等割20・人口割80",
        f"{name}　残りの額",
        f"{name}　残りの額　{EVEN}",
        f"{name}　残りの額　{BY_PEOPLE}",
    ]
    weights = calculated(content, "指標")
    assert [row[7:9] for row in weights] == [(1, 7), (13_935, 257_505), (0, 6), (0, 243_570)]
    # 96,000,000 × 13,935 = 5,195,083 × 257,505 + 152,085, the third remainder of three yen left.
    assert calculated(content, "切捨額")[1][7] == 5_195_083
    assert calculated(content, "剰余（計は不足額）")[1][7:9] == (152_085, 3)
    assert calculated(content, "順位")[1][7] == 3
    years = calculated(content, "年額とした場合の額")
    assert [row[7:10] for row in years] == [
        (3_428_571, 24_000_000, "一致"), (5_195_084, 96_000_000, "一致"),
    ]  # fmt: skip
    assert calculated(content, "年額とした場合の額の計")[0][6:8] == (0, 3_428_571 + 5_195_084)
    assert calculated(content, "参加した月数（12か月のうち）")[0][7] == 10
    # 8,623,655 × 10 ÷ 12 = 7,186,379.1…
    months = calculated(content, "負担額（年額×月数÷12、円未満切捨て）")[0]
    assert months[6:9] == (0, JOINED, JOINED)
    parts = [calculated(content, f"うち{label}") for label in (EVEN, BY_PEOPLE)]
    assert [row[6:9] for part in parts for row in part] == [
        (0, 2_857_143, 2_857_143), (0, 4_329_236, 4_329_236),
    ]  # fmt: skip
    assert calculated(content, "小計")[0][1:10] == (*STAYED, JOINED, 120_000_000, "一致")


def test_at_the_level_of_items_who_joined_has_one_line_an_item_too() -> None:
    result = shared(rounding=Rounding(level="item"), proration="joiner_first")
    content = cost_statement.render(statement(result), TOWN)
    line = (120_000_000, pytest.approx(JOINED / 120_000_000), JOINED)
    assert lines(content)[0][2:6] == ("均等割20・人口割80", *line)
    # 120,000,000 × 647,685 ÷ 9,012,675 = 8,623,655.0…
    assert calculated(content, "共通分母（剰余の分母、指標計の積×5）")[0][8] == 9_012_675
    assert calculated(content, "年額とした場合の額")[0][7:10] == (8_623_655, 120_000_000, "一致")
    assert calculated(content, "負担額")[0][1:9] == (*STAYED, 0, 112_813_621)
    assert [row[7] for row in calculated(content, f"うち{EVEN}")] == [2_857_143, 0]
    content = cost_statement.render(statement(result), "022021")
    assert lines(content)[0][3:6:2] == (120_000_000, STAYED[0])


def test_what_the_lead_takes_of_the_rest_is_in_its_one_line() -> None:
    rounding = Rounding(unit=1000, level="item", residual="lead")
    result = shared(rounding=rounding, proration="joiner_first")
    content = cost_statement.render(statement(result), "022021")
    (line,) = lines(content)
    assert line[3] == 120_000_000
    assert line[5] == total(content)[5] == result.amounts[0]
    assert result.rows(result.items[0])[-1].key == "rounding"


def test_a_component_without_a_yen_has_no_ratio() -> None:
    # 1 yen is cut 0 : 1 into 20 % and 80 %.
    cost = CostItem(1, "運用費", "", Yen(1), documents.APRIL, documents.MARCH, "core")
    content = cost_statement.render(statement(shared([cost], proration="joiner_first")), "022021")
    assert [row[3:6] for row in lines(content)] == [(0, None, 0), (1, 1, 1)]


def test_the_file_of_who_was_there_all_along_leaves_out_the_years_of_the_others() -> None:
    document = statement(shared(proration="joiner_first"), shows_other_members=False)
    text = text_of(cost_statement.render(document, "023621"), "算定内訳")
    assert "年額とした場合　" not in text
    assert "うち均等割" not in text
    assert "残りの額\n112813621" in text
    own = text_of(cost_statement.render(document, TOWN), "算定内訳")
    assert own.count("年額とした場合　") == 2


def test_who_joined_reads_the_months_its_amount_stands_for() -> None:
    # 全期間なら、均等割 24,000,000 ÷ 7 ＝ 3,428,571.4（残り3円は弘前・平川・西目屋）、
    # 人口割 96,000,000 × 13,935 ÷ 257,505 ＝ 5,195,083.59（残り3円の3番目で ＋1）。
    result = documents.shared(proration="joiner_first")
    whole = 3_428_571 + 5_195_084
    text = text_of(cost_statement.render(statement(result), TOWN), "負担金明細書")
    assert f"全期間とした額 {whole:,}円 × 10/12 です。" in text
