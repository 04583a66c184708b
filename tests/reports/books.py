"""A small workbook that has everything the writer can do."""

from collections.abc import Iterator
from datetime import date, datetime

from consortium.reports.book import Book
from consortium.reports.sheet import (
    BLANK,
    UPRIGHT,
    Chart,
    Date,
    Formula,
    Int,
    Lines,
    Ratio,
    Sheet,
    Text,
)
from tests.reports.documents import TOKYO

ISSUED = datetime(2022, 2, 15, 9, 0, tzinfo=TOKYO)
FORM, DATA = "総括表", "データ"
HEADINGS = ("区分", "弘前市", "平川市", "計")


def form() -> Sheet:
    """A form with every type of cell, lines, a check, a chart, open cells and a header."""
    sheet = Sheet(FORM, UPRIGHT, one_page=True, header_row=2, frozen_columns=1)
    sheet.merge((1, 1, 1, 4), Text("題 & <題>"), "title")
    sheet.row(2, map(Text, HEADINGS), ["header"] * 4)
    amounts = (Text("=cmd|x"), Int(1_234_567), Int(-2_000), Formula("SUM(B3:C3)", 1_232_567))
    sheet.row(3, amounts, ["text", "yen", "yen", "total_yen"])
    check = Formula('IF(D3<>"<&>",1,2)', "不一致")
    sheet.row(5, (Text("検算"), BLANK, Text(" 二\n行 "), check), ["text", "yen", "wrap", "good"])
    ratio = Formula("B3/D3", Ratio(1_234_567, 1_232_567))
    days = (Text("率"), Ratio(1, 3), Date(date(2019, 5, 1)), ratio)
    sheet.row(6, days, ["step", "ratio", "text_date", "percent"])
    sheet.row(8, (Text("022021"), Text("022021"), BLANK, BLANK), ["code", "text", "plain", "plain"])
    sheet.frame((2, 1, 6, 4), header=2, double=[6])
    sheet.heights = {1: 30, 5: 36.5, 7: 12}  # no cell is in row 7
    sheet.least_widths = [20, 8, 30]
    sheet.is_protected, sheet.unlocked = True, {(3, 2), (3, 3)}
    sheet.checks = [(5, 4, 5, 4), (3, 1, 3, 1)]
    sheet.chart = Chart("団体別", (2, 2, 2, 3), (3, 2, 3, 3), (9, 1), (12, 6))
    sheet.header_left, sheet.footer_left, sheet.footer_right = "見本", "1台帳 & 2", "12号 [&D]"
    return sheet


def long(count: int, columns: int = 3) -> Sheet:
    """A table of many lines that are made while they are written."""

    def values() -> Iterator[tuple[int | str | date | None, ...]]:
        for number in range(count):
            day = date(2025, 4, 1) if number % 2 else None
            yield (number * 7_919, f"={number % 50}", day) * (columns // 3)

    sheet = Sheet(DATA, table_name="負担金データ", header_row=1)
    names = [f"列{number}" for number in range(1, columns + 1)]
    sheet.row(1, map(Text, names), ["data_head"] * columns)
    repeated = columns // 3
    kinds, styles = (Int, Text, Date) * repeated, ("data_int", "data", "text_date") * repeated
    sheet.lines = Lines(kinds, styles, count, values)
    return sheet


def everything() -> Book:
    names = {"負担金合計": (FORM, 3, 4), "今回納付額": (FORM, 3, 2)}
    return Book("題", "弘前市", ISSUED, (form(), long(4)), names)
