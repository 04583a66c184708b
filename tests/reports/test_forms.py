"""The forms as a workbook: places, formulas and what they come to, formats, print areas, names.

Values are worked out by hand from the year of `documents`; a formula that points to 算定内訳 is
followed to its cell there, which must hold the member's yen of the line.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.yen import Rounding, Yen
from consortium.reports import causes, cost_statement, monthly_cost, notice, reminder, summary
from tests.reports import documents
from tests.reports.documents import (
    COMPARED,
    MOVING,
    RUNNING,
    first_asked,
    monthly,
    opened,
    reminded,
    rows,
    settled,
    shared,
    statement,
    text_of,
    with_formulas,
)
from tests.reports.test_causes import document as causes_document

TOWN = "023817"
TEN, EIGHT = Fraction(1, 10), Fraction(8, 100)
YEN = '#,##0_ ;"△"#,##0_ ;0_ '
_STEP = re.compile(r"'算定内訳'!([A-Z]+)([0-9]+)")


def taxed(running: Fraction | None = TEN, moving: Fraction | None = EIGHT) -> Result:
    """The running costs at 10 %, the move of 板柳町 at 8 %, or as asked."""
    first, second = documents.items()
    return shared([replace(first, tax_rate=running), replace(second, tax_rate=moving)])


def cells(book: Any, sheet: str, *places: str) -> list[Any]:
    return [book[sheet][place].value for place in places]


def steps(book: Any, text: str) -> Iterator[tuple[str, str, Any]]:
    """Follow a formula to 算定内訳: first column of the row, heading of the column, value."""
    sheet = book["算定内訳"]
    head = next(row for row in range(1, 12) if sheet.cell(row, 1).value == "経費区分・計算過程")
    for column, row in _STEP.findall(text):
        yield sheet[f"A{row}"].value, sheet[f"{column}{head}"].value, sheet[f"{column}{row}"].value


def test_the_statement_has_its_columns_places_formats_and_names() -> None:
    content = cost_statement.render(statement(taxed()), TOWN)
    book = with_formulas(content)
    sheet = book["負担金明細書"]
    assert [cell.value for cell in sheet[6]] == [
        "番号", "経費区分", "按分方法", "対象経費", "按分率（参考）", "負担額", "うち消費税等",
        "備考",
    ]  # fmt: skip
    assert cells(book, "負担金明細書", "A3", "C3", "G3", "H5", "A10") == [
        "団体名", "板柳町（団体コード 023817）", "発行日", "（単位：円）", "合計",
    ]  # fmt: skip
    assert {str(area) for area in sheet.merged_cells.ranges} >= {"A1:H1", "A3:B3", "A10:C10"}
    assert [sheet[f"{column}7"].number_format for column in "DEFG"] == [
        YEN, "0.0000%_ ", YEN, YEN,
    ]  # fmt: skip
    widths = [sheet.column_dimensions[column].width for column in "ABCDEFGH"]
    assert all(map(float.__ge__, map(float, widths), (6.0, 30, 28, 16, 14, 16, 15, 20)))
    assert sheet.print_area.startswith("'負担金明細書'!$A$1:$H$")
    assert {name: found.attr_text for name, found in book.defined_names.items()} == {
        "負担金合計": "'負担金明細書'!$F$10"
    }


def test_the_tax_is_what_each_line_holds_and_adds_up() -> None:
    content = cost_statement.render(statement(taxed()), TOWN)
    book, plain = opened(content), with_formulas(content)
    # 2,857,143 × 10/110 = 259,740.3; 4,329,236 × 10/110 = 393,566.9; 5,500,000 × 8/108 = 407,407.4
    assert cells(book, "負担金明細書", "G7", "G8", "G9", "G10") == [
        259_740, 393_566, 407_407, 1_060_713,
    ]  # fmt: skip
    assert cells(plain, "負担金明細書", "G7", "G9", "D10", "F10", "G10") == [
        "=SIGN(F7)*INT(ABS(F7)*10/110)", "=SIGN(F9)*INT(ABS(F9)*8/108)",
        "=SUM(D7:D9)", "=SUM(F7:F9)", "=SUM(G7:G9)",
    ]  # fmt: skip
    data = [row for row in rows(content, "データ") if row[1] == TOWN]
    assert [row[9] for row in data] == [259_740, 393_566, 407_407]


def test_the_tax_of_an_item_rounded_whole_is_the_same_in_data() -> None:
    """西目屋村: 20,000,000 ÷ 7 + 80,000,000 × 1,415 ÷ 257,505 = 3,296,745.3, holds 299,704.09.

    Its parts 2,857,142 and 439,602 would hold 259,740 and 39,963 by themselves: one yen less.
    """
    item = replace(documents.items()[0], amount=Yen(100_000_000), tax_rate=TEN)
    there = [(code, name, people, date(2015, 4, 1)) for code, name, people, _ in documents.MEMBERS]
    result = shared([item], Rounding(level="item"), members=there)
    content = cost_statement.render(statement(result), "023434")
    assert opened(content)["負担金明細書"]["G7"].value == 299_704
    parts = [row[9] for row in rows(content, "データ") if row[1] == "023434"]
    assert sum(parts) == 299_704
    assert parts[0] == 259_740


def test_the_tax_of_a_refund_is_cut_toward_zero_and_an_unknown_one_is_no_zero() -> None:
    refund = CostItem(
        3, "還付", "運用", Yen(-700), documents.APRIL, documents.MARCH, "core", tax_rate=TEN
    )
    first = documents.items()[0]
    content = cost_statement.render(statement(shared([first, refund])), TOWN)
    # −17 and −25 of 板柳町: −1.5 and −2.3
    column = [row[6] for row in rows(content, "負担金明細書")[6:11]]
    assert column == [None, None, -1, -2, -3]
    text = text_of(content, "負担金明細書")
    assert "番号1は、税率の登録がないため空欄とし、合計に含めていません。" in text
    unknown = cost_statement.render(statement(), TOWN)
    assert [row[6] for row in rows(unknown, "負担金明細書")[6:10]] == [None] * 4


def test_a_tax_free_item_holds_none_and_says_so() -> None:
    content = cost_statement.render(statement(taxed(Fraction(0), TEN)), TOWN)
    assert [row[6] for row in rows(content, "負担金明細書")[6:10]] == [0, 0, 500_000, 500_000]
    assert "税率の登録がない" not in text_of(content, "負担金明細書")


@pytest.mark.parametrize("code", [TOWN, "022021"])
@pytest.mark.parametrize(
    "result", [shared(), shared(rounding=Rounding(level="item"))], ids=["component", "item"]
)
def test_every_amount_of_the_statement_is_that_of_its_step(result: Result, code: str) -> None:
    content = cost_statement.render(statement(result), code)
    book, texts = opened(content), with_formulas(content)["負担金明細書"]
    shown = book["負担金明細書"]
    name = result.parties[result.position(code)].name
    last = next(row for row in range(7, 20) if shown.cell(row, 1).value == "合計")
    for row in range(7, last):
        (step,) = steps(book, texts.cell(row, 6).value)
        assert step[1:] == (name, shown.cell(row, 6).value)
        assert "負担額" in step[0]
        bases = list(steps(book, texts.cell(row, 4).value))
        assert {heading for _, heading, _ in bases} == {"計"}
        assert sum(yen for *_, yen in bases) == shown.cell(row, 4).value
    # Both levels give these two the same (cost-sharing.md section 10).
    assert shown.cell(last, 6).value == RUNNING[code] + (MOVING if code == TOWN else 0)


def test_the_letter_points_to_the_year_the_instalment_and_the_settlement() -> None:
    yearly = with_formulas(cost_statement.render(statement(), TOWN))
    assert yearly["鑑"]["D17"].value == "='負担金明細書'!F10"
    asks = with_formulas(notice.render(documents.asked(), TOWN))
    assert asks["鑑"]["D17"].value == "='負担金明細書'!F15"  # the second, not the year
    assert asks.defined_names["今回納付額"].attr_text == "'負担金明細書'!$F$15"
    more = with_formulas(cost_statement.render(documents.changed(), TOWN))["鑑"]
    assert (more["D19"].value, more["D21"].value) == (12_700_000, "=D17-D19")
    paid = with_formulas(cost_statement.render(settled(), TOWN))["鑑"]
    assert (paid["D19"].value, paid["D21"].value) == ("='精算書'!C10", "=ABS('精算書'!E10)")


def test_a_long_name_of_the_office_ends_at_the_margin_above_the_seal() -> None:
    office = "津軽広域圏情報システム共同利用事務組合"
    sheet = opened(cost_statement.render(statement(office=office), TOWN))["鑑"]
    assert (sheet["H7"].value, sheet["H8"].value) == (f"{office}長", "（公印省略）")
    assert (sheet["F7"].value, sheet["H7"].alignment.horizontal) == (None, "right")


def test_the_letter_is_one_page_that_ends_where_the_form_does() -> None:
    for content in (
        cost_statement.render(settled(), TOWN),
        notice.render(first_asked(), TOWN),
        reminder.render(reminded(), TOWN),
    ):
        sheet = opened(content)["鑑"]
        assert sheet.page_setup.fitToHeight == 1
        assert sheet.print_area == "'鑑'!$A$1:$H$38"
        widths = [sheet.column_dimensions[column].width for column in "ABCDEFGH"]
        assert widths == [4, 13, 13, 13, 13, 13, 13, 9]


def test_the_settlement_is_worked_out_on_its_sheet() -> None:
    content = cost_statement.render(settled(), TOWN)
    texts = with_formulas(content)["精算書"]
    assert [texts[place].value for place in ("E7", "E9", "C10", "D10", "E10")] == [
        "=D7-C7", "=D9-C9", "=SUM(C7:C9)", "=SUM(D7:D9)", "=D10-C10",
    ]  # fmt: skip
    assert [step[1:] for step in steps(opened(content), texts["D7"].value)] == [
        ("板柳町", 7_186_379)
    ]
    assert texts["B12"].value == (
        '=IF(E10<0,"還付額　"&TEXT(-E10,"#,##0")&"円",'
        'IF(E10>0,"追加納入額　"&TEXT(E10,"#,##0")&"円","過不足なし"))'
    )


def test_the_lead_citys_table_is_made_of_the_steps() -> None:
    content = summary.render(statement())
    book, texts = opened(content), with_formulas(content)["負担金総括表"]
    for column, (code, yen) in enumerate(RUNNING.items(), start=2):
        name = next(name for each, name, *_ in documents.MEMBERS if each == code)
        found = list(steps(book, texts.cell(7, column).value))
        assert [step[1:] for step in found] == [(name, yen)]
    assert [texts[place].value for place in ("I7", "B9", "I9", "B10", "I10")] == [
        "=SUM(B7:H7)", "=SUM(B7:B8)", "=SUM(I7:I8)", "=B9/$I9", "=I9/$I9",
    ]  # fmt: skip
    assert (texts["B7"].number_format, texts["B10"].number_format) == (YEN, "0.00%_ ")


def test_the_chart_shows_each_members_total_below_the_table() -> None:
    (chart,) = with_formulas(summary.render(statement()))["負担金総括表"]._charts
    (series,) = chart.series
    assert (chart.type, chart.legend) == ("bar", None)
    assert series.val.numRef.f.replace("'", "") == "負担金総括表!$B$9:$H$9"
    assert (series.cat.strRef or series.cat.numRef).f.replace("'", "") == "負担金総括表!$B$6:$H$6"
    assert (chart.anchor._from.row, chart.anchor._from.col) == (11, 0)  # row 12: two below 構成比


def test_a_chart_or_a_block_that_may_not_fit_begins_a_page() -> None:
    assert not with_formulas(summary.render(statement()))["負担金総括表"].row_breaks.brk
    assert not with_formulas(notice.render(first_asked(), TOWN))["負担金明細書"].row_breaks.brk
    more = [replace(documents.items()[0], no=number) for number in range(3, 10)]
    many = shared(documents.items(*more))
    # nine items in rows 7 to 15, 合計, 構成比, an empty row with which the page begins, the chart
    sheet = with_formulas(summary.render(statement(many)))["負担金総括表"]
    assert [each.id for each in sheet.row_breaks.brk] == [17]
    assert sheet._charts[0].anchor._from.row == 18
    asking = replace(first_asked(), result=many)
    # seventeen lines in rows 7 to 23, 合計 in 24, an empty row, 期別納付
    sheet = with_formulas(notice.render(asking, TOWN))["負担金明細書"]
    assert [each.id for each in sheet.row_breaks.brk] == [24]
    assert sheet["B26"].value == "期別納付"


def test_the_causes_stand_in_the_lead_citys_book_where_there_was_an_earlier_run() -> None:
    book = opened(summary.render(statement(compared=COMPARED)))
    assert book.sheetnames == ["負担金総括表", "算定内訳", "データ", "要因分解"]
    sheet = book["要因分解"]
    assert sheet["A3"].value == "前の算定　令和3年度 当初 第1版"
    assert [cell.value for cell in sheet[9]] == ["板柳町", 0, -30, 20, -10, -10, "一致"]
    assert [cell.value for cell in sheet[10]] == ["合計", 1_500, 70, 20, 90, 1_590, "一致"]
    assert sheet.oddFooter.right.text.startswith("弘電協第20号　第1版　照合符号 ")


def test_the_causes_are_added_up_and_checked_by_formula() -> None:
    sheet = with_formulas(causes.render(causes_document()))["要因分解"]
    assert [cell.value for cell in sheet[10]][1:] == [
        *(f"=SUM({column}7:{column}9)" for column in "BCDEFG"),
        "=I10-B10", "=SUM(I7:I9)", '=IF(SUM(C10:G10)=H10,"一致","不一致")',
    ]  # fmt: skip
    assert sheet["H7"].value == "=I7-B7"
    areas = [str(area.sqref) for area in sheet.conditional_formatting]
    assert areas == ["J7:J10"]


def test_the_months_add_up_by_formula() -> None:
    sheet = with_formulas(monthly_cost.render(monthly(), TOWN))["月次費用報告"]
    assert [sheet[place].value for place in ("C10", "C11", "D11", "B22", "C21")] == [
        "=B10", "=C10+B11", "=C11/$B$22", "=SUM(B10:B21)", "=C20+B21",
    ]  # fmt: skip
    # August is the fifth month, in row 14.
    assert [sheet[place].value for place in ("A6", "B6", "C6", "D6")] == [
        "=B14", "=C14", "=D6-B6", "=B22",
    ]  # fmt: skip


def test_with_the_other_towns_hidden_no_formula_leaves_the_members_own_cells() -> None:
    document = settled()
    content = cost_statement.render(replace(document, shows_other_members=False), TOWN)
    shown, book = opened(content), with_formulas(content)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if not (isinstance(cell.value, str) and cell.value.startswith("=")):
                    continue
                for *_, value in steps(shown, cell.value):
                    assert value is not None, (sheet.title, cell.coordinate)
                assert shown[sheet.title][cell.coordinate].value is not None
    assert shown["算定内訳"].max_column == 4  # label, 板柳町, 計, 検算


def test_forms_are_guarded_and_data_is_open() -> None:
    for content in (
        cost_statement.render(settled(), TOWN),
        summary.render(statement(compared=COMPARED)),
        monthly_cost.render(monthly(), TOWN),
    ):
        for sheet in opened(content).worksheets:
            assert sheet.protection.sheet is (sheet.title != "データ")
            assert sheet.protection.password is None


def test_the_office_made_it_and_no_person() -> None:
    properties = opened(cost_statement.render(statement(), TOWN)).properties
    assert (properties.creator, properties.lastModifiedBy) == ("弘前市", None)
    assert properties.title == "令和3年度共同クラウド運営負担金明細書（確定）　板柳町"
