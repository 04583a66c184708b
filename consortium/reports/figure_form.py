"""基礎数値様式: the workbook in which towns write their base figures, and hand it in again.

One sheet 基礎数値 with its headings in row 1, so that a program finds them; how to fill it in is on
another sheet. Only the cells to fill in can be changed.
"""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from consortium.reports.book import Book, write
from consortium.reports.page import head, notes
from consortium.reports.sheet import (
    BLANK,
    INT_LIMIT,
    UPRIGHT,
    Cell,
    Column,
    Date,
    Int,
    Ratio,
    Sheet,
    Text,
)

SHEET, GUIDE = "基礎数値", "記入のしかた"
YEAR, CODE, NAME, BASIS = "年度", "団体コード", "団体名", "算定基礎"
DAY, EDITION, VALUE, UNIT = "基準日", "版", "値", "単位"
CERTAINTY, SOURCE, NOTE = "見込・確定", "出典", "備考"
COLUMNS = (
    Column("year", YEAR, 13, "center"),
    Column("code", CODE, 12, "code"),
    Column("name", NAME, 14, "text"),
    Column("basis", BASIS, 20, "text"),
    Column("day", DAY, 19, "text_date"),
    Column("edition", EDITION, 20, "text"),
    Column("value", VALUE, 15, "input_number"),
    Column("unit", UNIT, 8, "center"),
    Column("certainty", CERTAINTY, 12, "input_center"),
    Column("source", SOURCE, 30, "input"),
    Column("note", NOTE, 24, "input"),
)
#: What the town fills in (記入する列).
OPEN = (VALUE, CERTAINTY, SOURCE, NOTE)

#: Word within the name of a 算定基礎 → the unit that its values have; most names say it.
_UNITS = {"世帯": "世帯", "人口": "人", "職員": "人", "台数": "台", "件数": "件", "面積": "㎢"}

HOW_TO = (
    "色のついた欄（値・見込・確定・出典・備考）だけに記入してください。ほかの欄は変えられません。",
    "値は、基準日現在の数を、算用数字で入れてください。計算式や「約」などの文字は入れないでください。",
    "見込・確定には、確かめた数なら「確定」、まだ動く数なら「見込」と入れてください。",
    "出典には、値の元になった資料の名前を入れてください（例：住民基本台帳）。なければ空欄でかまいません。",
    "シートの名前、1行目の見出し、行の数は変えないでください。",
    "記入したら .xlsx のまま保存し、ポータルの「基礎数値の提出」の画面で選んでください。",
    "画面で前回の値と並べて確かめ、「提出する」を押すと提出になります。選んだだけでは提出になりません。",
)


class FigureRow(NamedTuple):
    """One value that is asked for, with what is known of it (様式の一行)."""

    code: str
    name: str
    basis: str
    value: Fraction | None = None
    certainty: str = ""


class FigureForm(NamedTuple):
    """What a form says: of which year, day and edition, and its rows (基礎数値様式の内容)."""

    office: str
    #: the year as printed, e.g. 令和9年度
    year: str
    reference_on: date
    due_on: date
    #: name of the edition that the figures go into
    edition: str
    #: when they were asked for; the only time in the file
    asked_at: datetime
    rows: Sequence[FigureRow]
    is_sample: bool = False


def unit_of(basis: str) -> str:
    """Give the unit of a 算定基礎 by its name, empty where the name does not say it (単位).

    >>> unit_of("国勢調査世帯数"), unit_of("住民基本台帳人口"), unit_of("指数")
    ('世帯', '人', '')
    """
    return next((unit for word, unit in _UNITS.items() if word in basis), "")


def render(form: FigureForm) -> bytes:
    """Make the workbook; the same form gives the same bytes (基礎数値様式)."""
    sheets = (_figures(form), _guide(form))
    for sheet in sheets:
        sheet.is_protected = True
        sheet.header_left = "見本" if form.is_sample else ""
        sheet.footer_left = f"{form.year}　基礎数値様式"
    return write(Book(f"{form.year} 基礎数値様式", form.office, form.asked_at, sheets))


def _figures(form: FigureForm) -> Sheet:
    sheet = Sheet(SHEET, header_row=1)
    sheet.least_widths = [column.width for column in COLUMNS]
    sheet.row(1, [Text(column.heading) for column in COLUMNS], ["header"] * len(COLUMNS))
    styles = [column.style for column in COLUMNS]
    for number, row in enumerate(form.rows, start=2):
        known: tuple[Cell, ...] = (
            Text(form.year),
            Text(row.code),
            Text(row.name),
            Text(row.basis),
            Date(form.reference_on),
            Text(form.edition),
            _number(row.value),
            Text(unit_of(row.basis)),
            Text(row.certainty),
            BLANK,
            BLANK,
        )
        sheet.row(number, known, styles)
        sheet.unlocked |= {
            (number, place)
            for place, column in enumerate(COLUMNS, start=1)
            if column.heading in OPEN
        }
    sheet.frame((1, 1, len(form.rows) + 1, len(COLUMNS)), header=1)
    return sheet


def _number(value: Fraction | None) -> Cell:
    if value is None:
        return BLANK
    if value.denominator == 1 and abs(value) < INT_LIMIT:
        return Int(value.numerator)
    return Ratio(value.numerator, value.denominator)


def _guide(form: FigureForm) -> Sheet:
    sheet = Sheet(GUIDE, UPRIGHT)
    sheet.least_widths = [16, 70]
    head(sheet, f"{form.year}　基礎数値様式の記入のしかた", 2, is_sample=form.is_sample)
    facts: tuple[tuple[str, Cell], ...] = (
        ("基準日", Date(form.reference_on)),
        ("提出期限", Date(form.due_on)),
        ("依頼元", Text(form.office)),
    )
    for row, (label, cell) in enumerate(facts, start=3):
        sheet.put(row, 1, Text(label), "text")
        sheet.put(row, 2, cell, "text_date" if isinstance(cell, Date) else "text")
    notes(sheet, 7, [f"{no}．{text}" for no, text in enumerate(HOW_TO, start=1)], 2)
    return sheet
