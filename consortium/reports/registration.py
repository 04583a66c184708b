"""The registration workbook (一括登録): a record a row, and one sheet that explains every column.

The same content gives the same bytes: nothing in the file says when it was written.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction

from consortium.domain.calendar.period import Month
from consortium.domain.registration.form import (
    KINDS,
    NO,
    YES,
    Content,
    FormColumn,
    FormSheet,
    Record,
    Value,
)
from consortium.domain.registration.tables import TABLES
from consortium.reports.book import Book, write
from consortium.reports.sheet import (
    BLANK,
    INT_LIMIT,
    LANDSCAPE,
    Cell,
    Date,
    Int,
    Ratio,
    Sheet,
    Text,
    length,
    lines_needed,
)

TITLE = "一括登録"
GUIDE = "記入のしかた"

_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
#: Half-width characters a column of text takes before it runs on in a second line.
_WIDEST = 50
_STYLES = {"code": "data_code", "year": "data_int", "day": "text_date"}
_GUIDE_COLUMNS = (("シート", 18), ("列", 24), ("必須", 8), ("書き方", 60), ("記入例", 30))


def render(content: Content, office: str = "") -> bytes:
    """Write the workbook of a consortium; without content the empty form (様式)."""
    sheets = (_guide(), *(_sheet(table, content.get(key, ())) for key, table in TABLES.items()))
    return write(Book(TITLE, office or "共同クラウド管理ポータル", _UNDATED, sheets))


def _sheet(table: FormSheet, rows: Sequence[Record]) -> Sheet:
    sheet = Sheet(table.name, LANDSCAPE, header_row=1)
    columns = table.columns
    sheet.row(1, [Text(each.heading) for each in columns], ["header"] * len(columns))
    widths = [0] * len(columns)
    for number, row in enumerate(rows, start=2):
        folded = [""]
        for place, column in enumerate(columns, start=1):
            cell = _cell(column, row[column.key])
            style = _style(column, row[column.key])
            if isinstance(cell, Text) and _is_folded(cell.value):
                style, widths[place - 1] = "wrap", _WIDEST
                folded.append(cell.value)
            sheet.put(number, place, cell, style)
        highest = max(folded, key=lambda text: lines_needed(text, _WIDEST))
        sheet.fit_height(number, highest, _WIDEST)
    sheet.least_widths = widths
    return sheet


def _is_folded(text: str) -> bool:
    """Say whether a text runs on in a second line: no column of Excel is wider than 255."""
    return "\n" in text or length(text) > _WIDEST


def _style(column: FormColumn, value: Value) -> str:
    if isinstance(value, Fraction) and value.denominator != 1:
        return "decimal"
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return _STYLES.get(column.kind, "data_int")
    return _STYLES.get(column.kind, "data")


def _cell(column: FormColumn, value: Value) -> Cell:
    """Write a value so that it is read back exactly: a number that Excel would cut, as text."""
    if value is None or value == "":
        return BLANK
    if isinstance(value, bool):
        return Text(YES if value else NO)
    if isinstance(value, date):
        return Date(value)
    if isinstance(value, Month):
        return Text(str(value))
    if isinstance(value, Fraction):
        return _number(value)
    if isinstance(value, int):
        return Int(value)
    if column.kind == "weight" and value.isdecimal() and str(int(value)) == value:
        return _number(Fraction(value))
    return Text(column.words.get(value, value) if column.kind == "word" else value)


def _number(value: Fraction) -> Cell:
    whole = value.denominator == 1
    if whole and abs(value.numerator) < INT_LIMIT:
        return Int(value.numerator)
    # Fifteen digits are what a number in a workbook keeps; one with more is written as text.
    if Fraction(f"{float(value):.15g}") == value and not whole:
        return Ratio(value.numerator, value.denominator)
    return Text(decimal_text(value))


def decimal_text(value: Fraction) -> str:
    """Write an exact number with as many decimals as it has, n/d where they do not end.

    >>> decimal_text(Fraction(-19, 2)), decimal_text(Fraction(1, 3))
    ('-9.5', '1/3')
    """
    scaled = abs(value) * 10**18
    if scaled.denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    whole, rest = divmod(scaled.numerator, 10**18)
    sign = "-" if value < 0 else ""
    return sign + f"{whole}.{rest:018d}".rstrip("0").rstrip(".")


# ---- 記入のしかた --------------------------------------------------------------------------------


def _guide() -> Sheet:
    """Make the sheet that explains every column; it is never read."""
    sheet = Sheet(GUIDE, LANDSCAPE, header_row=4)
    last = len(_GUIDE_COLUMNS)
    sheet.least_widths = [width for _, width in _GUIDE_COLUMNS]
    sheet.merge((1, 1, 1, last), Text("一括登録の記入のしかた"), "title")
    sheet.heights[1] = 30
    sheet.merge((2, 1, 2, last), Text(_ABOUT), "note")
    sheet.fit_height(2, _ABOUT, 130)
    sheet.row(4, [Text(name) for name, _ in _GUIDE_COLUMNS], ["header"] * last)
    row = 4
    for table in TABLES.values():
        row += 1
        sheet.merge((row, 1, row, last), Text(f"{table.name}　{table.about}"), "block")
        sheet.fit_height(row, f"{table.name}　{table.about}", 130)
        for column in table.columns:
            row += 1
            sheet.row(row, map(Text, _explained(table, column)), _GUIDE_STYLES)
            sheet.fit_height(row, _how(column), 62)
    sheet.frame((4, 1, row, last), header=4)
    return sheet


_ABOUT = (
    "1行目の見出しとシートの名前は変えないでください。列の順は変えてもよく、使わないシートは見出しだけで"
    "かまいません。計算式ではなく値を書きます。記入例は見本であり、この「記入のしかた」のシートは読み取りません。"
    "加入予定団体（加入期間のない団体）とその値、加入工程などの工程は、このブックに入りません。"
)
_GUIDE_STYLES = ("text", "text", "center", "wrap", "text")


def _explained(table: FormSheet, column: FormColumn) -> Iterator[str]:
    yield table.name
    yield column.heading
    yield "必須" if column.needed else ""
    yield _how(column)
    yield f"（例）{column.example}" if column.example else ""


def _how(column: FormColumn) -> str:
    words: Mapping[str, str] = column.words
    kind = "、".join(words.values()) if words else KINDS[column.kind]
    return "。".join(part for part in (kind, column.note) if part)
