"""工程表: what stands where, in the file that goes out."""

from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from consortium.domain.onboarding import plan_form as form
from consortium.domain.onboarding.plan import TASK_STATES
from consortium.reports.plan_axis import spans
from consortium.reports.plan_sheet import render
from consortium.reports.wording import SAMPLE_LINE
from tests.reports import plan_books
from tests.reports.plan_books import A1, B2, NOTE

#: Months of 鶴田町's plan by hand: May 2025 to December 2026, weeks from Mondays, April.
MONTHS = [*"56789", "10", "11", "12", *"123", *"456789", "10", "11", "12"]
#: openpyxl gives the text of the file, which Excel reads as it was typed.
ESCAPED = NOTE.replace("_x0041_", "_x005F_x0041_")
WEEKS = [
    "1/1", "1/4", "1/11", "1/18", "1/25", "2/1", "2/8", "2/15", "2/22",
    "3/1", "3/8", "3/15", "3/22", "3/29",
]  # fmt: skip


def opened(content: bytes) -> Any:
    return load_workbook(BytesIO(content))


def marks(sheet: Any, row: int) -> dict[str, str]:
    """Give the marks of a row by the label of their column."""
    labels, cells = ([cell.value for cell in sheet[at][11:]] for at in (5, row))
    pairs = zip(labels, cells, strict=True)
    return {f"{label}#{at}": mark for at, (label, mark) in enumerate(pairs) if mark}


def test_a_sheet_has_the_columns_of_the_design_and_the_months_in_weeks_before_the_go_live() -> None:
    book = opened(render(plan_books.one()))
    assert book.sheetnames == ["鶴田町", form.RECORD]
    assert book[form.RECORD].sheet_state == "hidden"
    assert not book[form.RECORD].print_area
    sheet = book["鶴田町"]
    headings = [cell.value for cell in sheet[5]]
    assert headings == [
        "作業ID", "番号", "工程", "担当", "業務日", "区分", "開始日", "終了日",
        "進捗", "状態", "備考", *MONTHS, *WEEKS, "4",
    ]  # fmt: skip
    # 11 columns of FY2025, 9 months and 14 weeks of FY2026, one of FY2027.
    years = {str(area): sheet.cell(4, area.min_col).value for area in sheet.merged_cells
             if area.min_row == 4}  # fmt: skip
    assert years == {"L4:V4": "令和7年度", "W4:AS4": "令和8年度"}
    assert sheet["AT4"].value == "R09"
    assert sheet.column_dimensions["A"].hidden
    assert not sheet.column_dimensions["B"].hidden
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("D6", "$1:$5")
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (8, "landscape")
    (choice,) = sheet.data_validations.dataValidation
    assert choice.formula1 == f'"{",".join(TASK_STATES.values())}"'
    assert str(choice.sqref) == "J7 J9 J11 J13 J15"


def test_the_rows_hold_typed_dates_and_marks_where_work_is() -> None:
    sheet = opened(render(plan_books.one()))["鶴田町"]
    planned, happened = [[cell.value for cell in sheet[row][:11]] for row in (8, 9)]
    assert [str(each) for each in planned[5:8]] == [
        "計画", "2026-09-24 00:00:00", "2026-11-20 00:00:00",
    ]  # fmt: skip
    assert planned[:5] == [B2.id, "B2", B2.name, "各財政課", 40]
    assert (happened[0], happened[5:]) == (
        B2.id, ["実績", sheet["G9"].value, None, 0.4, "作業中", ESCAPED],
    )  # fmt: skip
    assert sheet["G9"].value.date() == date(2026, 11, 2)
    assert sheet["G9"].number_format == '[$-411]ge"."m"."d'
    open_cells = {cell.coordinate for row in sheet for cell in row if not cell.protection.locked}
    assert open_cells == {f"{column}{row}" for column in "GHIJK" for row in range(7, 16, 2)}
    # A1: May to July; B2 has been worked on since November; E5 is the last week, H0 the day after.
    assert marks(sheet, 6) == marks(sheet, 7) == {"5#0": "■", "6#1": "■", "7#2": "■"}
    assert marks(sheet, 9) == {"11#18": "■", "12#19": "■"}
    assert marks(sheet, 12) == {"3/29#33": "■"}
    assert (marks(sheet, 14), marks(sheet, 15)) == ({"4#34": "★"}, {})
    assert sheet["L6"].fill.start_color.rgb != sheet["L7"].fill.start_color.rgb


def test_several_plans_have_a_sheet_each_and_one_over_all_and_the_bytes_are_the_same() -> None:
    content = render(plan_books.two())
    assert content == render(plan_books.two())
    book = opened(content)
    assert book.sheetnames == [form.ALL, "鶴田町", "鶴田町（2）", form.RECORD]
    assert [book[name]["B2"].value or book[name]["A2"].value for name in book.sheetnames[:3]] == [
        SAMPLE_LINE
    ] * 3
    every = [[cell.value for cell in row[:3]] for row in book[form.ALL].iter_rows(6, 12)]
    assert every == [
        *[[code, "鶴田町", name] for code, name in (
            ("A1", A1.name), ("B2", B2.name), ("B3", "議会の議決"), ("E5", "本移行・切替"),
            ("H0", "本稼働"), ("A1", A1.name), ("H0", "本稼働"),
        )],
    ]  # fmt: skip
    assert [each.id for each in book[form.ALL].row_breaks.brk] == [10]


def test_a_long_axis_is_cut_to_quarters_and_then_to_years() -> None:
    first = date(2015, 6, 1)
    assert len(spans(first, date(2021, 5, 31))) == 72  # months
    quarters = spans(first, date(2021, 6, 30))
    # June 2015 closes its quarter; then three months each, the last April to June 2021.
    assert [str(each.period.since) for each in quarters[:2]] == ["2015-06-01", "2015-07-01"]
    assert (len(quarters), str(quarters[-1].period.since)) == (25, "2021-04-01")
    years = spans(first, date(2040, 3, 31))
    assert [str(each.period.since) for each in years[:2]] == ["2015-06-01", "2016-04-01"]
    assert len(years) == 25
