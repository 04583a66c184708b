"""The receipt book as a workbook (受領簿): one line for each receipt, whole hashes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from consortium.domain.calendar.wareki import wareki
from consortium.reports.book import Book, write
from consortium.reports.page import head
from consortium.reports.sheet import A3, BLANK, LANDSCAPE, Cell, Column, Date, Int, Sheet, Text

TITLE = "受領簿"

COLUMNS = (
    Column("number", "文書番号", 16, "text"),
    Column("document", "帳票", 36, "text"),
    Column("edition", "版", 6, "count"),
    Column("code", "団体コード", 12, "code"),
    Column("town", "団体", 14, "text"),
    Column("issued_on", "発行日", 18, "text_date"),
    Column("state", "受領", 10, "center"),
    Column("reader", "受領した人", 16, "text"),
    Column("first", "受領日時", 18, "center"),
    Column("last", "最後に受け取った日時", 18, "center"),
    Column("times", "回数", 8, "count"),
    Column("file_hash", "ファイル照合値（SHA-256）", 68, "code"),
)
_HEAD = 4


class BookHead(NamedTuple):
    """Whose receipt book it is, of which year and when it was made (受領簿の頭)."""

    year_label: str
    consortium: str
    office: str
    made_at: datetime
    is_sample: bool


class BookLine(NamedTuple):
    """A receipt, or a file without any (受領簿の一行); times are those of Japan."""

    number: str
    document: str
    edition: int
    code: str
    town: str
    issued_on: date
    state: str
    reader: str
    first: datetime | None
    last: datetime | None
    times: int
    file_hash: str


def cells(line: BookLine) -> tuple[str | int, ...]:
    """Write a line as plain values: days and times as ISO writes them (CSVの一行)."""
    return tuple(_plain(value) for value in line)


def _plain(value: str | int | date | None) -> str | int:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else value


def render(book: BookHead, lines: Sequence[BookLine]) -> bytes:
    """Write the workbook; the same book gives the same bytes."""
    sheet = Sheet(TITLE, LANDSCAPE, A3, header_row=_HEAD, frozen_columns=2)
    head(sheet, f"{TITLE}（{book.year_label}）", len(COLUMNS), is_sample=book.is_sample)
    sheet.put(_HEAD - 1, 1, Text(f"{book.consortium}　{book.office}"), "value")
    made = f"{wareki(book.made_at.date())} {book.made_at:%H:%M} 現在"
    sheet.put(_HEAD - 1, len(COLUMNS), Text(made), "unit")
    sheet.row(_HEAD, [Text(column.heading) for column in COLUMNS], ["header"] * len(COLUMNS))
    styles = [column.style for column in COLUMNS]
    for row, line in enumerate(lines, start=_HEAD + 1):
        sheet.row(row, map(_cell, line), styles)
    sheet.frame((_HEAD, 1, _HEAD + len(lines), len(COLUMNS)), header=_HEAD)
    sheet.least_widths = [column.width for column in COLUMNS]
    sheet.footer_left = f"{book.consortium}　{TITLE}"
    return write(Book(TITLE, book.office, book.made_at, (sheet,)))


def _cell(value: str | int | date | None) -> Cell:
    if isinstance(value, date) and not isinstance(value, datetime):
        return Date(value)
    plain = _plain(value)
    if isinstance(plain, int):
        return Int(plain)
    return Text(plain) if plain else BLANK
