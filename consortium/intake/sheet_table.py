"""A table on an uploaded sheet (表の読取り): columns by heading, everything wrong collected.

Nothing is raised for a cell: each finding names sheet and cell, and all are told at once.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.domain.calendar.wareki import parse_date
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode, municipality_code
from consortium.domain.signs import is_invisible
from consortium.intake.signs import bare, narrow, shown
from consortium.intake.workbook import Cell, Sheet, address

#: So many findings are told at once; the rest is counted.
MANY: Final = 20

_GROUPED: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_PLAIN: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_LOST: Final = 10**15
_MINUS: Final = re.compile(r"[△▲\-−‐–—―]\s*")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in an upload, and where (指摘); no cell: the sheet; no sheet: the file."""

    sheet: str
    cell: str
    found: str
    todo: str = ""

    def __str__(self) -> str:
        """Give the place and both sentences: シート「基礎数値」G5：…"""
        place = f"シート「{self.sheet}」{self.cell}：" if self.sheet else ""
        return f"{place}{self.found}{self.todo}"


@dataclass(slots=True)
class Findings:
    """Collects what is wrong with an upload, and what was read in another way than it stood."""

    faults: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)

    @property
    def has_faults(self) -> bool:
        """Say whether something is wrong: nothing of the upload may be saved then."""
        return bool(self.faults)

    def fault(self, sheet: str, cell: str, found: str, todo: str) -> None:
        """Add something wrong (誤り)."""
        self.faults.append(Finding(sheet, cell, found, todo))

    def notice(self, sheet: str, cell: str, found: str, todo: str = "") -> None:
        """Add something to be looked at (注意)."""
        self.notices.append(Finding(sheet, cell, found, todo))

    def told(self) -> tuple[str, ...]:
        """Say the first faults in full and count the rest (誤りの一覧)."""
        return _told(self.faults)

    def notes(self) -> tuple[str, ...]:
        """Say the first notices in full and count the rest (注意の一覧)."""
        return _told(self.notices)

    def refuse(self, asked: str) -> None:
        """Stop where something is wrong. Raises: BadInputError at `file` with what is wrong."""
        if self.faults:
            words = "".join(self.told())
            raise BadInputError(
                asked, words, "ブックを直してから、選び直してください。", path="file"
            )


def _told(findings: Sequence[Finding]) -> tuple[str, ...]:
    words = [str(each) for each in findings[:MANY]]
    if len(findings) > MANY:
        words.append(f"ほかに{len(findings) - MANY}か所あります。")
    return tuple(words)


@dataclass(slots=True)
class Line:
    """One row of a table (表の行); `row` is its row on the sheet, from 1."""

    row: int
    _sheet: Sheet
    #: heading → its column on the sheet, from 1
    columns: Mapping[str, int]
    _findings: Findings
    is_faulty: bool = False

    def is_empty(self, column: str) -> bool:
        """Say whether a cell holds nothing (空欄)."""
        cell = self._cell(column)
        return cell is None or (cell.kind == "text" and not str(cell.value).strip())

    def place(self, column: str) -> str:
        """Name the cell of a column: G5 (番地)."""
        return address(self.row, self.columns[column]) if column in self.columns else ""

    def fault(self, column: str, found: str, todo: str) -> None:
        """Say what is wrong with a cell (誤り)."""
        self.is_faulty = True
        self._findings.fault(self._sheet.name, self.place(column), found, todo)

    def notice(self, column: str, found: str, todo: str = "") -> None:
        """Say what is to be looked at in a cell (注意)."""
        self._findings.notice(self._sheet.name, self.place(column), found, todo)

    def words(self, column: str, *, needed: bool = True) -> str:
        """Give a cell in words, as a CSV file would hold it; empty where it is faulty.

        A number that lost its last digits, because a cell keeps 15 of them, is a fault.
        """
        cell = self._readable(column, needed=needed)
        if cell is None:
            return ""
        if cell.kind == "number" and abs(Fraction(cell.words)) >= _LOST:
            found = f"「{shown(cell.words)}」は桁が多すぎて、末尾の数字が失われています。"
            self.fault(column, found, "セルの書式を文字列にしてから、入れ直してください。")
            return ""
        return cell.words

    def text(
        self, column: str, *, needed: bool = True, longest: int = 300, as_written: bool = False
    ) -> str:
        """Give the text of a cell; empty where there is none or it is faulty.

        In one line, single spaces between words, unless asked for `as_written`.
        """
        words = self.words(column, needed=needed)
        text = unicodedata.normalize("NFC", words if as_written else " ".join(words.split()))
        if is_invisible(text.replace("\n", "")):
            self.fault(column, "目に見えない制御文字が入っています。", "消してください。")
        elif len(text) > longest:
            found = f"長すぎます（{len(text):,}文字）。"
            self.fault(column, found, f"{longest}文字までにしてください。")
        else:
            return text
        return ""

    def one_of(self, column: str, allowed: Collection[str], *, needed: bool = True) -> str:
        """Give one of the words allowed, as they are written there; else empty."""
        text = self.text(column, needed=needed)
        found = next((word for word in allowed if narrow(word) == narrow(text)), "")
        if text and not found:
            words = "、".join(word for word in allowed if word)
            self.fault(column, f"「{shown(text)}」です。", f"{words} のいずれかにしてください。")
        return found

    def number(self, column: str, *, needed: bool = True) -> Fraction | None:
        """Give a number, negative with △ or −; None where there is none or it is faulty (数)."""
        cell = self._readable(column, needed=needed)
        if cell is None:
            return None
        if cell.kind == "number" and isinstance(cell.value, int | Fraction):
            return Fraction(cell.value)
        if cell.kind == "text":
            number = _number(str(cell.value))
            if number is not None:
                self.notice(column, f"文字の「{shown(str(cell.value))}」を数として読みました。")
                return number
        self.fault(
            column,
            f"「{shown(cell.words)}」は数ではありません。",
            "1894000 のような数を入れてください。",
        )
        return None

    def whole(self, column: str, *, needed: bool = True) -> int | None:
        """Give a whole number; None where there is none or it is faulty (整数)."""
        number = self.number(column, needed=needed)
        if number is None or number.denominator == 1:
            return None if number is None else number.numerator
        cell = self._cell(column)
        self.fault(
            column, f"「{cell.words if cell else ''}」に端数があります。", "整数にしてください。"
        )
        return None

    def day(self, column: str, *, needed: bool = True) -> date | None:
        """Give a day, from a date cell or text in 和暦 or 西暦; else None (日付)."""
        cell = self._readable(column, needed=needed)
        if cell is None:
            return None
        if isinstance(cell.value, date):
            return cell.value
        if cell.kind == "text":
            try:
                return parse_date(narrow(str(cell.value)))
            except BadInputError as error:
                self.fault(column, f"「{shown(cell.words)}」：{error.found}", error.todo)
                return None
        self.fault(
            column,
            f"「{shown(cell.words)}」は日付ではありません。",
            "2026-10-01 のような日付にしてください。",
        )
        return None

    def code(self, column: str, *, needed: bool = True) -> MunicipalityCode | None:
        """Give a 団体コード; a number has lost its leading zero and gets it back. Else None."""
        cell = self._readable(column, needed=needed)
        if cell is None:
            return None
        padded = cell.words.zfill(6) if cell.kind == "number" else cell.words
        try:
            return municipality_code(padded)
        except BadInputError as error:
            self.fault(column, f"団体コード「{shown(cell.words)}」は{error.found}", error.todo)
            return None

    def _cell(self, column: str) -> Cell | None:
        place = self.columns.get(column)
        return self._sheet.cell(self.row, place) if place is not None else None

    def _readable(self, column: str, *, needed: bool) -> Cell | None:
        """Give a cell that holds a value; say so where one is needed or cannot be read."""
        cell = self._cell(column)
        if cell is None or self.is_empty(column):
            if needed:
                self.fault(column, f"「{column}」が空です。", "値を入れてください。")
            return None
        if cell.kind == "error":
            found = f"「{shown(cell.words)}」は値ではありません。"
            self.fault(column, found, "値を入れ直してください。")
            return None
        if cell.kind == "none":
            todo = "Excelで開いて保存し直すか、値を入れてください。"
            self.fault(column, "計算式だけで、計算した値がありません。", todo)
            return None
        if cell.has_formula:
            self.notice(
                column, f"計算式のセルです。保存されている値「{shown(cell.words)}」を読みました。"
            )
        return cell


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below a line of headings (表)."""

    lines: tuple[Line, ...]
    #: headings that stand there and were not asked for
    unknown: tuple[str, ...] = ()


def read_table_of(
    sheet: Sheet, headings: Mapping[str, bool], findings: Findings, *, header_row: int = 1
) -> Table:
    """Find the columns by their headings and give the rows below (表の読取り).

    `headings`: heading → whether it must be there. They are compared without spaces and widths; one
    that is missing or stands twice is a fault of the sheet, and no row is given.
    """
    there = _headings(sheet, header_row)
    names = [name for name, _ in there]
    wanted = {bare(name): name for name in headings}
    for name, is_needed in headings.items():
        times = names.count(bare(name))
        if times > 1:
            found = f"見出し「{name}」が{times}つあります。"
            findings.fault(sheet.name, "", found, "一つだけにしてください。")
        elif is_needed and not times:
            found = f"{header_row}行目に、見出し「{name}」がありません。"
            findings.fault(sheet.name, "", found, "様式の見出しを変えないでください。")
    if any(names.count(name) > 1 for name in wanted) or any(
        headings[wanted[name]] and name not in names for name in wanted
    ):
        return Table(())
    columns = {wanted[name]: column for name, column in there if name in wanted}
    lines = [
        Line(number, sheet, columns, findings)
        for number in range(header_row + 1, len(sheet.rows) + 1)
        if any(_is_filled(cell) for cell in sheet.rows[number - 1])
    ]
    return Table(tuple(lines), tuple(name for name in names if name not in wanted))


def _headings(sheet: Sheet, row: int) -> list[tuple[str, int]]:
    """Give each heading with its column."""
    cells = sheet.rows[row - 1] if row <= len(sheet.rows) else ()
    return [
        (bare(cell.words), column)
        for column, cell in enumerate(cells, start=1)
        if cell is not None and bare(cell.words)
    ]


def _is_filled(cell: Cell | None) -> bool:
    return cell is not None and (cell.kind != "text" or bool(str(cell.value).strip()))


def _number(text: str) -> Fraction | None:
    """Read text that is a number but for its signs: １，２３４, △5, 9.5; None for any other."""
    plain = narrow(text)
    minus = _MINUS.match(plain)
    digits = plain[minus.end() :] if minus else plain
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    if not _PLAIN.fullmatch(digits):
        return None
    return -Fraction(digits) if minus else Fraction(digits)
