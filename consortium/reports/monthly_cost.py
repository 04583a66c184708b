"""A member's cost month by month of the fiscal year (月次費用報告), and データ.

A month's amount is the issued yearly amount cut into months; the report adds nothing to it.
"""

from collections.abc import Iterable

from consortium.domain.calendar.wareki import wareki_month
from consortium.reports.data_sheet import data_sheet
from consortium.reports.document import MonthlyDocument, member_slot
from consortium.reports.page import (
    HEADING_ROW,
    bind,
    column_sum,
    head,
    headline,
    notes,
    of_member,
    witness,
)
from consortium.reports.registry import report
from consortium.reports.sheet import (
    BLANK,
    UPRIGHT,
    Cell,
    Column,
    Formula,
    Int,
    Ratio,
    Sheet,
    Text,
    address,
)
from consortium.reports.wording import numbered

SHEET = "月次費用報告"
COLUMNS = (
    Column("month", "月", 20, "text"),
    Column("amount", "月の費用", 18, "yen"),
    Column("sum", "累計", 18, "yen"),
    Column("ratio", "年額に対する累計", 20, "percent"),
    Column("state", "区分", 16, "center"),
)
DATA_COLUMNS = (
    Column("year", "年度", 10, "data_int"),
    Column("code", "団体コード", 12, "data_code"),
    Column("name", "団体名", 12, "data"),
    Column("calendar_year", "年", 8, "data_int"),
    Column("month", "月", 8, "data_int"),
    Column("amount", "月額_円", 14, "data_int"),
    Column("sum", "累計_円", 14, "data_int"),
    Column("year_amount", "年額_円", 14, "data_int"),
    Column("state", "区分", 12, "data"),
)
_AMOUNT, _SUM = 2, 3
PAST, REPORTED, COMING = "経過", "報告月", "予定"
#: First row of the three figures above the table, and of the table's headings.
_FIGURES_ROW, _TABLE_ROW = 5, HEADING_ROW + 3

_MARKED = {"text": "marked", "yen": "marked_yen", "percent": "marked_percent"}


@report("monthly_cost", title="月次費用報告")
def render(document: MonthlyDocument, code: str) -> bytes:
    """Make one member's workbook; KeyError for a code that is not in the document."""
    rows = list(_cumulated(document, code))
    report_sheet = _report(document, code, rows)
    data = data_sheet(
        DATA_COLUMNS, _data(document, code, rows), "月次費用データ", is_sample=document.is_sample
    )
    title = f"{_title(document)}　{document.name(code)}"
    return bind(document, member_slot(code), title, (report_sheet, data))


def _title(document: MonthlyDocument) -> str:
    label = f"{wareki_month(document.month)}分"
    return f"{document.fiscal_year_label}共同クラウド月次費用報告（{label}）"


_Row = tuple[str, int, int, str, int, int]


def _cumulated(document: MonthlyDocument, code: str) -> Iterable[_Row]:
    """Give per month: its name, amount, sum so far, state, calendar year and month."""
    so_far = 0
    for month, yen in document.months[code]:
        so_far += yen
        state = PAST if month < document.month else COMING
        state = REPORTED if month == document.month else state
        yield wareki_month(month), yen, so_far, state, month.year, month.month


def _report(document: MonthlyDocument, code: str, rows: list[_Row]) -> Sheet:
    """Make the sheet 月次費用報告."""
    sheet = Sheet(SHEET, UPRIGHT, header_row=_TABLE_ROW)
    sheet.least_widths = [column.width for column in COLUMNS]
    last = len(COLUMNS)
    head(sheet, _title(document), last, is_sample=document.is_sample)
    of_member(sheet, document, code, last)
    year_amount = document.year_amounts[code]
    _figures(sheet, rows, year_amount)
    sheet.put(_TABLE_ROW - 1, last, Text("（単位：円）"), "unit")
    headings = [Text(column.heading) for column in COLUMNS]
    sheet.row(_TABLE_ROW, headings, ["header"] * last)
    sheet.heights[_TABLE_ROW] = 30
    total_row = _months(sheet, rows, year_amount)
    sheet.frame((_TABLE_ROW, 1, total_row, last), header=_TABLE_ROW, double=[total_row])
    texts = numbered(
        [
            f"年額は、{document.fiscal_year_label}の共同クラウド運営負担金（{document.stage}）の額です。",
            "月の費用は、年額を月に分けた額です。12か月の合計は、年額と一致します。",
            "△は、減額を表します。",
        ]
    )
    notes(sheet, total_row + 2, [*texts, witness(document, member_slot(code))], last)
    return sheet


def _figures(sheet: Sheet, rows: list[_Row], year_amount: int) -> None:
    """Write the reported month, the sum so far and what is left, before the table."""
    at, month, so_far = next(
        (
            (at, yen, total)
            for at, (_, yen, total, state, *_) in enumerate(rows)
            if state == REPORTED
        ),
        (None, 0, 0),
    )
    row, year = _FIGURES_ROW + 1, address(_TABLE_ROW + len(rows) + 1, _AMOUNT)
    now: list[Cell] = [Int(month), Int(so_far)]
    if at is not None:
        places = [address(_TABLE_ROW + 1 + at, column) for column in (_AMOUNT, _SUM)]
        now = [Formula(place, yen) for place, yen in zip(places, (month, so_far), strict=True)]
    left = Formula(f"{address(row, 4)}-{address(row, 2)}", year_amount - so_far)
    labels = ("当月の費用", "当月までの累計", "残りの月の額", "年額")
    cells = (*now, left, Formula(year, year_amount))
    headline(sheet, _FIGURES_ROW, dict(zip(labels, cells, strict=True)))


def _months(sheet: Sheet, rows: list[_Row], year_amount: int) -> int:
    """Write a row per month, the reported one emphasised, and 年額; give the last row."""
    first = _TABLE_ROW + 1
    last = first + len(rows)
    year = f"$B${last}"
    for row, (label, yen, so_far, state, *_) in enumerate(rows, start=first):
        amount, before, sum_here = (
            address(*place) for place in ((row, _AMOUNT), (row - 1, _SUM), (row, _SUM))
        )
        ratio: Cell = BLANK
        if year_amount > 0:
            ratio = Formula(f"{sum_here}/{year}", Ratio(so_far, year_amount))
        total = amount if row == first else f"{before}+{amount}"
        cells: list[Cell] = [Text(label), Int(yen), Formula(total, so_far), ratio, Text(state)]
        styles = [column.style for column in COLUMNS]
        if state == REPORTED:
            cells[-1] = Text(f"◎ {state}")
            styles = [_MARKED.get(style, "marked_center") for style in styles]
        sheet.row(row, cells, styles)
    total_cell = column_sum(first, last, _AMOUNT, sum(yen for _, yen, *_ in rows))
    cells = [Text("年額"), total_cell, BLANK, BLANK, BLANK]
    sheet.row(last, cells, ["total", "total_yen", "total", "total", "total"])
    sheet.heights[last] = 24
    return last


def _data(document: MonthlyDocument, code: str, rows: list[_Row]) -> Iterable[tuple[Cell, ...]]:
    """Give a row per month."""
    for _, yen, so_far, state, year, month in rows:
        yield (
            Int(document.fiscal_year.start_year),
            Text(code),
            Text(document.name(code)),
            Int(year),
            Int(month),
            Int(yen),
            Int(so_far),
            Int(document.year_amounts[code]),
            Text(state),
        )
