"""A member's cost by quarters of the fiscal year (四半期費用報告), and データ.

A quarter's amount is the sum of its three months in 月次費用報告; the report adds nothing to it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from consortium.reports.data_sheet import data_sheet
from consortium.reports.document import MonthlyDocument, member_slot
from consortium.reports.monthly_cost import COMING, PAST
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
    Cell,
    Column,
    Formula,
    Int,
    Ratio,
    Sheet,
    Text,
    address,
)
from consortium.reports.wording import numbered, quarter_name, span

SHEET = "四半期費用報告"
COLUMNS = (
    Column("quarter", "四半期", 30),
    Column("first", "1か月目", 16, "yen"),
    Column("second", "2か月目", 16, "yen"),
    Column("third", "3か月目", 16, "yen"),
    Column("amount", "四半期の費用", 18, "yen"),
    Column("sum", "累計", 18, "yen"),
    Column("ratio", "年額に対する累計", 18, "percent"),
    Column("state", "区分", 16, "center"),
)
DATA_COLUMNS = (
    Column("year", "年度", 10, "data_int"),
    Column("code", "団体コード", 12, "data_code"),
    Column("name", "団体名", 12, "data"),
    Column("quarter", "四半期", 8, "data_int"),
    Column("amount", "四半期額_円", 14, "data_int"),
    Column("sum", "累計_円", 14, "data_int"),
    Column("year_amount", "年額_円", 14, "data_int"),
    Column("state", "区分", 12, "data"),
)
_AMOUNT, _SUM = 5, 6
REPORTED = "報告期"
#: First row of the figures above the table, and of the table's headings.
_FIGURES_ROW, _TABLE_ROW = 5, HEADING_ROW + 3
_MARKED = {"text": "marked", "yen": "marked_yen", "percent": "marked_percent"}


class _Quarter(NamedTuple):
    """One quarter as printed: its months' yen, their sum, the sum so far, and 区分."""

    no: int
    name: str
    months: tuple[int, ...]
    so_far: int
    state: str

    @property
    def amount(self) -> int:
        """The quarter's cost, in yen."""
        return sum(self.months)


@report("quarterly_cost", title="四半期費用報告")
def render(document: MonthlyDocument, code: str) -> bytes:
    """Make one member's workbook; KeyError for a code that is not in the document."""
    quarters = list(_quarters(document, code))
    sheet = _report(document, code, quarters)
    data = data_sheet(
        DATA_COLUMNS,
        _data(document, code, quarters),
        "四半期費用データ",
        is_sample=document.is_sample,
    )
    title = f"{_title(document)}　{document.name(code)}"
    return bind(document, member_slot(code), title, (sheet, data))


def _title(document: MonthlyDocument) -> str:
    return f"{document.fiscal_year_label}共同クラウド四半期費用報告（{document.period_name}）"


def _quarters(document: MonthlyDocument, code: str) -> Iterable[_Quarter]:
    so_far, months = 0, document.months[code]
    reported = document.quarter or 1
    for no in range(1, 5):
        part = months[3 * no - 3 : 3 * no]
        yen = tuple(amount for _, amount in part)
        so_far += sum(yen)
        state = REPORTED if no == reported else PAST if no < reported else COMING
        name = f"{quarter_name(no)}　{span([month for month, _ in part])}"
        yield _Quarter(no, name, yen, so_far, state)


def _report(document: MonthlyDocument, code: str, quarters: list[_Quarter]) -> Sheet:
    """Make the sheet 四半期費用報告."""
    sheet = Sheet(SHEET, header_row=_TABLE_ROW)
    sheet.least_widths = [column.width for column in COLUMNS]
    last, year_amount = len(COLUMNS), document.year_amounts[code]
    head(sheet, _title(document), last, is_sample=document.is_sample)
    of_member(sheet, document, code, last)
    total_row = _TABLE_ROW + 1 + len(quarters)
    _figures(sheet, quarters, year_amount, total_row)
    sheet.put(_TABLE_ROW - 1, last, Text("（単位：円）"), "unit")
    sheet.row(_TABLE_ROW, [Text(column.heading) for column in COLUMNS], ["header"] * last)
    sheet.heights[_TABLE_ROW] = 30
    for row, quarter in enumerate(quarters, start=_TABLE_ROW + 1):
        _line(sheet, row, quarter, f"${address(total_row, _AMOUNT)}", year_amount)
    sums = [sum(each.months[at] for each in quarters) for at in range(3)]
    cells = [
        column_sum(_TABLE_ROW + 1, total_row, column, yen)
        for column, yen in enumerate((*sums, year_amount), start=2)
    ]
    rest: list[Cell] = [BLANK] * (last - _AMOUNT)
    styles = ["total", *["total_yen"] * 4, *["total"] * (last - _AMOUNT)]
    sheet.row(total_row, [Text("年額"), *cells, *rest], styles)
    sheet.heights[total_row] = 24
    sheet.frame((_TABLE_ROW, 1, total_row, last), header=_TABLE_ROW, double=[total_row])
    texts = numbered(
        [
            f"年額は、{document.fiscal_year_label}の共同クラウド運営負担金（{document.stage}）の額です。",
            "四半期の費用は、月次費用報告の三つの月の額の計です。四つの四半期の計は、年額と一致します。",
            "△は、減額を表します。",
        ]
    )
    notes(sheet, total_row + 2, [*texts, witness(document, member_slot(code))], last)
    return sheet


def _figures(sheet: Sheet, quarters: list[_Quarter], year_amount: int, total_row: int) -> None:
    """Write the reported quarter, the sum so far and what is left, before the table."""
    at, now = next(
        (row, each)
        for row, each in enumerate(quarters, start=_TABLE_ROW + 1)
        if each.state == REPORTED
    )
    row = _FIGURES_ROW + 1
    headline(
        sheet,
        _FIGURES_ROW,
        {
            "当四半期の費用": Formula(address(at, _AMOUNT), now.amount),
            "累計": Formula(address(at, _SUM), now.so_far),
            "残りの額": Formula(f"{address(row, 4)}-{address(row, 2)}", year_amount - now.so_far),
            "年額": Formula(address(total_row, _AMOUNT), year_amount),
        },
    )


def _line(sheet: Sheet, row: int, quarter: _Quarter, year: str, year_amount: int) -> None:
    """Write a quarter; `year` is the address of 年額."""
    amount, before, here = (
        address(*place) for place in ((row, _AMOUNT), (row - 1, _SUM), (row, _SUM))
    )
    ratio: Cell = BLANK
    if year_amount > 0:
        ratio = Formula(f"{here}/{year}", Ratio(quarter.so_far, year_amount))
    state, styles = quarter.state, [column.style for column in COLUMNS]
    if state == REPORTED:
        state = f"◎ {state}"
        styles = [_MARKED.get(style, "marked_center") for style in styles]
    cells: list[Cell] = [
        Text(quarter.name),
        *(Int(yen) for yen in quarter.months),
        Formula(f"SUM({address(row, 2)}:{address(row, 4)})", quarter.amount),
        Formula(amount if quarter.no == 1 else f"{before}+{amount}", quarter.so_far),
        ratio,
        Text(state),
    ]
    sheet.row(row, cells, styles)


def _data(
    document: MonthlyDocument, code: str, quarters: list[_Quarter]
) -> Iterable[tuple[Cell, ...]]:
    """Give a row per quarter."""
    for each in quarters:
        yield (
            Int(document.fiscal_year.start_year),
            Text(code),
            Text(document.name(code)),
            Int(each.no),
            Int(each.amount),
            Int(each.so_far),
            Int(document.year_amounts[code]),
            Text(each.state),
        )
