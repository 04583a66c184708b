"""A member's workbook, read back as its officer would."""

from dataclasses import replace
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import Month
from consortium.domain.funding import PER_MEMBER, PRE_SPLIT, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.result import CostItem, Usage
from consortium.domain.yen import Rounding, Yen
from consortium.reports import cost_statement
from consortium.reports.document import check_code, data_hash
from tests.reports import documents
from tests.reports.documents import (
    MOVING,
    RUNNING,
    calculated,
    lines,
    opened,
    rows,
    shared,
    statement,
    text_of,
    total,
    values,
)

TOWN = "023817"
REFUND = CostItem(3, "前年度の還付", "運用", Yen(-700), documents.APRIL, documents.MARCH, "core")


def test_the_sheets_stand_in_their_order() -> None:
    book = opened(cost_statement.render(statement(), TOWN))
    assert book.sheetnames == ["鑑", "負担金明細書", "算定内訳", "データ"]
    assert all(sheet.sheet_state == "visible" for sheet in book.worksheets)


@pytest.mark.parametrize("code", sorted(RUNNING))
def test_the_same_yen_stand_on_every_sheet(code: str) -> None:
    content = cost_statement.render(statement(), code)
    due = RUNNING[code] + (MOVING if code == TOWN else 0)
    letter = opened(content)["鑑"]
    assert letter["D17"].value == due
    assert total(content)[5] == due
    assert sum(row[5] for row in lines(content)) == due
    data = rows(content, "データ")[1:]
    assert sum(row[8] for row in data if row[1] == code) == due
    names = [name for each, name, _, _ in documents.MEMBERS if each == code]
    column = rows(content, "算定内訳")[5].index(names[0])
    assert calculated(content, "合計")[0][column] == due


def test_a_line_says_cost_ratio_and_amount_of_each_component() -> None:
    content = cost_statement.render(statement(), TOWN)
    equal, population, direct = lines(content)
    # 24,000,000 × 10/12 × 1/7 = 2,857,142.86; the largest remainder brings one yen more.
    assert equal[:4] == (1, "運用　共同クラウド運用費", "均等割（20/100）", 24_000_000)
    assert equal[5:] == (2_857_143, None, "令和3年6月～令和4年3月（10か月）")
    assert equal[4] == pytest.approx(10 / 84)
    assert population[3] == 96_000_000
    assert population[4] == pytest.approx(10 / 12 * 13_935 / 257_505)
    assert direct[2:] == ("個別負担", MOVING, None, MOVING, None, None)


def test_the_steps_lead_to_the_amounts() -> None:
    content = cost_statement.render(statement(), TOWN)
    names = [name for _, name, _, _ in documents.MEMBERS]
    assert rows(content, "算定内訳")[5] == ("経費区分・計算過程", *names, "計", "検算")
    weights = calculated(content, "指標　令和3年6月～令和4年3月（10か月）　5/6")
    assert weights[1][1:9] == (177411, 32106, 1415, 15179, 9676, 7783, 13935, 257505)
    before = calculated(content, "指標　令和3年4月～令和3年5月（2か月）　1/6")
    assert before[1][7:9] == (0, 243570)
    # 1/7 of ten months and 1/6 of two: 10/84 + 2/72 = 37/252; 板柳町 10/84 = 30/252.
    assert calculated(content, "共通分母（剰余の分母、指標計の積×6）")[0][8] == 252
    assert calculated(content, "切捨額計")[0][1:9] == (*[3_523_809] * 6, 2_857_142, 23_999_996)
    # 24,000,000 × 37 − 3,523,809 × 252 = 132; × 30 − 2,857,142 × 252 = 216; four yen are short.
    assert calculated(content, "剰余計（計は不足額）")[0][1:9] == (*[132] * 6, 216, 4)
    assert calculated(content, "順位")[0][1:8] == (2, 3, 4, 5, 6, 7, 1)
    amounts = calculated(content, "負担額")
    assert amounts[0][1:10] == (*[3_523_810] * 3, *[3_523_809] * 3, 2_857_143, 24_000_000, "一致")
    assert calculated(content, "小計")[0][1:9] == (*RUNNING.values(), 120_000_000)


def test_one_window_shows_the_remainders_over_the_sum_of_its_weights() -> None:
    autumn = documents.items()[0]
    autumn = replace(autumn, amount=Yen(7_700_000), first=Month(2021, 10))
    content = cost_statement.render(statement(shared([autumn])), TOWN)
    # 6,160,000 × 13,935 = 333,351 × 257,505 + 50,745
    assert calculated(content, "切捨額")[1][7] == 333_351
    assert calculated(content, "剰余（計は不足額）")[1][7] == 50_745
    assert calculated(content, "指標")[1][7:9] == (13_935, 257_505)
    assert "令和3年10月～令和4年3月" in text_of(content, "負担金明細書")


def test_at_the_level_of_items_there_is_one_line_an_item_and_its_parts_below() -> None:
    result = shared(rounding=Rounding(level="item"))
    content = cost_statement.render(statement(result), TOWN)
    assert [row[2] for row in lines(content)] == ["均等割20・人口割80", "個別負担"]
    # cost-sharing.md section 10, `monthly`, `level: item`
    worked = (70_294_766, 15_607_324, 4_056_363, 9_236_625, 7_165_499, 6_453_044, 7_186_379)
    assert calculated(content, "負担額")[0][1:9] == (*worked, 120_000_000)
    parts = [
        calculated(content, f"うち{name}")[0] for name in ("均等割（20/100）", "人口割（80/100）")
    ]
    assert tuple(map(sum, zip(*(row[1:8] for row in parts), strict=True))) == worked


def test_what_the_lead_city_takes_is_a_line_of_its_own() -> None:
    rounding = Rounding(unit=1000, mode="half_up", level="item", residual="lead")
    content = cost_statement.render(statement(shared(rounding=rounding)), "022021")
    moved = calculated(content, "端数（幹事市負担）")[0]
    assert moved[2:8] == (0,) * 6
    rounded = calculated(content, "四捨五入額（1,000円単位）")[0]
    assert rounded[1] + moved[1] == calculated(content, "負担額")[0][1]
    assert rounded[8] + moved[8] == 120_000_000
    assert {row[9] for row in calculated(content, "負担額")} == {"一致"}


def test_yen_that_nobody_takes_are_shown_and_the_check_still_holds() -> None:
    rounding = Rounding(unit=1000, residual="unallocated")
    content = cost_statement.render(statement(shared(rounding=rounding)), TOWN)
    nobody = sum(row[8] for row in calculated(content, "端数差額（割り当てない額）"))
    assert nobody > 0
    assert calculated(content, "合計")[0][8] == 125_500_000 - nobody
    # The cost of a component is what it carries, also what nobody pays of it.
    assert [row[3] for row in lines(content)] == [24_000_000, 96_000_000, MOVING]
    assert {row[7] for row in rows(content, "データ")[1:]} == {24_000_000, 96_000_000, MOVING}
    assert "不一致" not in text_of(content, "算定内訳")


def test_a_refund_is_shown_with_its_sign_and_its_steps_as_absolute_values() -> None:
    content = cost_statement.render(statement(shared(documents.items(REFUND))), TOWN)
    # 20 % of −700 is −140; 140 × 30 / 252 = 16.67, the largest remainder: 17.
    assert lines(content)[3][3:6:2] == (-140, -17)
    assert calculated(content, "切捨額計（絶対値）")[0][7] == 16
    assert total(content)[5] == sum(row[5] for row in lines(content))


def test_the_letter_is_addressed_signed_and_dated_like_one_of_the_office() -> None:
    letter = opened(cost_statement.render(statement(), TOWN))["鑑"]
    assert letter["G1"].value == "弘電協第12号"
    assert letter["G2"].is_date
    assert letter["B4"].value == "板柳町長　様"
    assert letter["F7"].value == "弘前市長"
    assert letter["H7"].value == "（公印省略）"
    assert letter["A10"].value == "令和3年度共同クラウド運営負担金の確定について（通知）"
    assert letter["D17"].number_format == '"金"#,##0"円";"金△"#,##0"円"'
    assert letter["D19"].value == "令和3年6月から令和4年3月まで（10か月）"
    assert letter.max_column == 8


@pytest.mark.parametrize(
    ("stage", "subject"),
    [
        ("estimate", "運営費の負担見込額について（通知）"),
        ("planned", "運営負担金の予定額について（通知）"),
        ("revised", "運営負担金の変更について（通知）"),
        ("settlement", "運営負担金の精算について（通知）"),
    ],
)
def test_the_stage_changes_the_title_of_the_letter(stage: str, subject: str) -> None:
    letter = opened(cost_statement.render(statement(stage=stage), TOWN))["鑑"]
    assert letter["A10"].value == f"令和3年度共同クラウド{subject}"


def test_the_data_sheet_is_for_machines() -> None:
    content = cost_statement.render(statement(is_sample=False), TOWN)
    sheet = opened(content)["データ"]
    header, *data = rows(content, "データ")
    assert header == (
        "年度", "団体コード", "団体名", "経費番号", "経費区分", "費目", "按分方法",
        "対象経費_円", "負担額_円", "消費税等_円",
    )  # fmt: skip
    assert len(data) == 7 * 2 + 1
    assert not sheet.merged_cells.ranges
    assert all(value is not None for row in data for value in row[:-1])
    assert {tuple(map(type, row[:-1])) for row in data} == {
        (int, str, str, int, str, str, str, int, int)
    }
    assert [row[1] for row in data] == sorted(row[1] for row in data)
    moving = (2021, TOWN, "板柳町", 2, "移行", "データ移行費", "個別負担", MOVING, MOVING, None)
    assert data[-1] == moving
    table = sheet.tables["負担金データ"]
    assert [column.name for column in table.tableColumns] == list(header)
    assert table.ref == "A1:J16"


def test_with_the_other_towns_hidden_no_figure_of_theirs_is_in_the_file() -> None:
    document = statement(shows_other_members=False)
    content = cost_statement.render(document, "023621")
    own = {int(line.amount) for line in document.result.lines() if line.code == "023621"}
    others = {int(line.amount) for line in document.result.lines()} - own
    others |= {yen for code, yen in RUNNING.items() if code != "023621"} | {12_686_379}
    others |= {people for code, _, people, _ in documents.MEMBERS if code != "023621"}
    names = {name for code, name, _, _ in documents.MEMBERS if code not in ("023621", "022021")}
    shown = values(content)
    assert not others & {value for value in shown if isinstance(value, int)}
    assert not [value for value in shown for name in names if name in str(value)]
    assert rows(content, "算定内訳")[5] == ("経費区分・計算過程", "大鰐町", "計", "検算")
    assert {row[1] for row in rows(content, "データ")[1:]} == {"023621"}
    assert calculated(content, "合計")[0][1:] == (RUNNING["023621"], 120_000_000, "一致")


def test_a_sample_says_so_on_every_sheet_and_a_real_one_nowhere() -> None:
    for is_sample in (True, False):
        content = cost_statement.render(statement(is_sample=is_sample, rule_notes=()), TOWN)
        for sheet in opened(content).worksheets:
            assert (sheet.oddHeader.left.text == "見本") is is_sample
            assert ("見本" in text_of(content, sheet.title)) is is_sample


def test_every_page_carries_name_number_edition_check_code_and_register() -> None:
    document = statement(numbers={"member:023817": "弘電協A&B第12号"})
    code = check_code(data_hash(document, "member:023817"))
    for sheet in opened(cost_statement.render(document, TOWN)).worksheets:
        assert sheet.oddHeader.right.text == "&A"
        assert sheet.oddFooter.left.text == "台帳 128 0123456789abcdef"
        assert sheet.oddFooter.center.text == "&P / &N"
        assert sheet.oddFooter.right.text == f"弘電協A&&B第12号　第1版　照合符号 {code}"
    assert documents.HEAD in text_of(cost_statement.render(document, TOWN), "鑑")


def test_every_sheet_is_set_up_for_a4() -> None:
    book = opened(cost_statement.render(statement(), TOWN))
    for sheet in book.worksheets:
        assert int(sheet.page_setup.paperSize) == 9
        assert (sheet.page_setup.fitToWidth, sheet.sheet_properties.pageSetUpPr.fitToPage) == (
            1,
            True,
        )
        assert sheet.print_area
        assert sheet.print_options.horizontalCentered
        assert sheet.page_margins.left == pytest.approx(15 / 25.4)
    turned = [sheet.page_setup.orientation for sheet in book.worksheets]
    assert turned == ["portrait", "landscape", "landscape", "landscape"]
    assert [sheet.print_title_rows for sheet in book.worksheets[1:]] == ["$1:$6", "$1:$6", "$1:$1"]
    assert book["算定内訳"].freeze_panes == "B7"


def test_a_code_that_is_not_in_the_result_is_an_error() -> None:
    with pytest.raises(KeyError):
        cost_statement.render(statement(), "023809")


def test_the_notes_say_how_amounts_came_about() -> None:
    # 1,300円 − 300円 = 1,000円。100 × 12円 = 1,200円 of 20,000円。
    used = Usage(Fraction(12), {TOWN: Fraction(100)})
    grant = Grant("県補助金", Yen(300), PRE_SPLIT, item=3)
    costs = [
        CostItem(
            3,
            "回線",
            "",
            Yen(1_300),
            documents.APRIL,
            documents.APRIL,
            "core",
            note="税抜1,182円＋…",
        ),
        CostItem(4, "印刷", "", Yen(20_000), documents.APRIL, documents.MARCH, "core", usage=used),
    ]
    result = documents.shared(costs, agreement=Agreement((grant,)))
    text = text_of(cost_statement.render(statement(result), "022021"), "負担金明細書")
    assert "番号3　回線　税抜1,182円＋…。1,300円から補助金300円を引いた額です。" in text
    assert "従量" not in text
    text = text_of(cost_statement.render(statement(result), TOWN), "負担金明細書")
    assert "番号4　印刷　従量は 100 × 単価12円 です。" in text
    assert "番号3" not in text  # 板柳町 joins in June


def test_a_grant_to_a_member_comes_off_its_share_and_not_off_the_cost() -> None:
    grants = (
        Grant("県補助金", Yen(300), PRE_SPLIT, item=3),
        Grant("町補助", Yen(20), PER_MEMBER, item=3, member="023621"),
    )
    cost = CostItem(3, "回線", "", Yen(1_000), documents.APRIL, documents.APRIL, "core")
    result = documents.shared([cost], agreement=Agreement(grants))
    content = cost_statement.render(statement(result), "023621")
    text = text_of(content, "負担金明細書")
    assert "番号3　回線　1,000円から補助金300円を引いた額です。" in text
    assert "分けた後の負担額から、この団体への補助（町補助）20円を引きます。" in text
    # 700 yen were shared: 140 equally, 560 by inhabitants.
    assert [row[3] for row in lines(content)] == [140, 560, -20]
    text = text_of(cost_statement.render(statement(result), "022021"), "負担金明細書")
    assert "1,000円から補助金300円を引いた額です。" in text
    assert "この団体への補助" not in text
