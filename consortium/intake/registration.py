"""The registration workbook as uploaded (一括登録の読取り): typed rows, and findings by cell."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError
from consortium.domain.registration.form import NO, YES, FormColumn, FormSheet, Record, Value
from consortium.domain.registration.tables import TABLES
from consortium.intake.sheet_table import Findings, Line, read_table_of
from consortium.intake.signs import shown
from consortium.intake.workbook import read_workbook

#: Longest text by kind: names, and remarks or sources.
LONGEST: Final = {"text": 100, "long": 2_000, "town": 100}
#: Sheets without which there is no consortium; the others may be left out.
NEEDED: Final = ("consortium", "members")

_WEIGHT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(slots=True)
class Upload:
    """What a workbook says, and what is wrong with it (読み取った一括登録)."""

    findings: Findings = field(default_factory=Findings)
    #: sheet key → rows that could be read whole
    content: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    #: sheets with a row that could not
    faulty: set[str] = field(default_factory=set)
    _lines: dict[tuple[str, int], Line] = field(default_factory=dict)

    def fault(  # noqa: PLR0913 -- where, what is wrong, what to do, and what it means for others
        self,
        sheet: str,
        number: int,
        column: str,
        found: str,
        todo: str,
        *,
        is_lost: bool = True,
    ) -> None:
        """Note what is wrong with a cell, or with its row where the column is unknown.

        `is_lost`: the row is not registered, so what refers to it is not wrong for that.
        """
        table, line = TABLES[sheet], self._lines.get((sheet, number))
        if is_lost:
            self.faulty.add(sheet)
        known = next((each for each in table.columns if each.key == column), table.columns[0])
        if line is None:
            self.findings.fault(table.name, "", found, todo)
        else:
            line.fault(known.heading, found, todo)

    def take(self, table: FormSheet, lines: "tuple[Line, ...]") -> None:
        """Read the rows of one sheet."""
        rows = []
        for line in lines:
            self._lines[table.key, line.row] = line
            values = {each.key: _value(each, line) for each in table.columns}
            if line.is_faulty:
                self.faulty.add(table.key)
            else:
                rows.append(Record(line.row, values))
        self.content[table.key] = tuple(rows)


def read_registration(data: bytes) -> Upload:
    """Read an uploaded workbook; what is wrong is collected, cell by cell (一括登録の読取り).

    Raises: BadInputError only for a file that is no readable workbook.
    """
    book = read_workbook(data)
    upload = Upload()
    known = {table.name for table in TABLES.values()}
    if not any(sheet.name in known for sheet in book.sheets):
        upload.findings.fault(
            "", "", "一括登録のシートが一つもありません。", "様式を使ってください。"
        )
        return upload
    for table in TABLES.values():
        sheet = book.find(table.name)
        if sheet is None:
            if table.key in NEEDED:
                upload.findings.fault(
                    table.name, "", "シートがありません。", "様式を使ってください。"
                )
            upload.content[table.key] = ()
            continue
        headings = {each.heading: each.kind != "town" for each in table.columns}
        read = read_table_of(sheet, headings, upload.findings)
        upload.take(table, read.lines)
    return upload


# ---- cells ---------------------------------------------------------------------------------------


def _value(column: FormColumn, line: Line) -> Value:
    if column.kind != "town" and column.needed and line.is_empty(column.heading):
        line.fault(column.heading, "空です。", _how(column))
        return None
    if line.is_empty(column.heading):
        return None
    return _READERS[column.kind](column, line)


def _how(column: FormColumn) -> str:
    if column.words:
        return f"{'、'.join(column.words.values())} のいずれかを書いてください。"
    return "値を書いてください。"


def _text(column: FormColumn, line: Line) -> Value:
    longest, is_long = LONGEST[column.kind], column.kind == "long"
    text = line.text(column.heading, needed=column.needed, longest=longest, as_written=True)
    if "\n" in text and not is_long:
        line.fault(column.heading, "改行が入っています。", "一行で書いてください。")
    return text or None


def _whole(column: FormColumn, line: Line) -> Value:
    return line.whole(column.heading, needed=column.needed)


def _word(column: FormColumn, line: Line) -> Value:
    word = line.one_of(column.heading, tuple(column.words.values()))
    return next((key for key, each in column.words.items() if each == word), None)


def _yes(column: FormColumn, line: Line) -> Value:
    word = line.one_of(column.heading, (YES, NO))
    return word == YES if word else None


def _month(column: FormColumn, line: Line) -> Value:
    text = line.text(column.heading, longest=40)
    try:
        return Month.parse(text)
    except BadInputError:
        pass
    # Excel makes a date of 2025-04 as soon as somebody types it.
    try:
        day = date.fromisoformat(text)
    except ValueError:
        found = f"「{shown(text)}」は月ではありません。"
        line.fault(column.heading, found, "2025-04 のように書いてください。")
        return None
    return Month.containing(day)


def _year(column: FormColumn, line: Line) -> Value:
    year = line.whole(column.heading)
    if year is not None and not 1989 <= year <= 2098:
        line.fault(column.heading, f"{year}年度は扱えません。", "西暦4桁で書いてください。")
        return None
    return year


def _weight(column: FormColumn, line: Line) -> Value:
    """Give a decimal as it is written: an agreement's 9.50 stays 9.50."""
    text = line.text(column.heading, longest=40)
    if text and (not _WEIGHT.fullmatch(text) or not Fraction(text)):
        line.fault(
            column.heading,
            f"「{text}」は使えません。",
            "0より大きい数を、80 や 9.5 のように書きます。",
        )
    return text or None


def _month_day(column: FormColumn, line: Line) -> Value:
    text = line.text(column.heading, longest=40)
    if text and not _MONTH_DAY.fullmatch(text):
        line.fault(
            column.heading, f"「{text}」は月日ではありません。", "09-30 のように書いてください。"
        )
    return text or None


_READERS: Final[Mapping[str, Callable[[FormColumn, Line], Value]]] = {
    "text": _text,
    "long": _text,
    "town": _text,
    "code": lambda column, line: line.code(column.heading, needed=column.needed),
    "year": _year,
    "whole": _whole,
    "yen": _whole,
    "number": lambda column, line: line.number(column.heading, needed=column.needed),
    "weight": _weight,
    "day": lambda column, line: line.day(column.heading, needed=column.needed),
    "month": _month,
    "month_day": _month_day,
    "word": _word,
    "yes": _yes,
}
