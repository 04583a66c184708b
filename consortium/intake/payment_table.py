"""Payments from a bank or a finance system, uploaded as CSV (収納の表の読取り).

Columns are found by their headings. A line names its notice by 文書番号, or its instalment by
団体コード, 年度 and 期別. Everything wrong is reported at once, with line and column; what the
numbers mean in this consortium is the use case's matter.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import parse_date
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode, municipality_code
from consortium.domain.signs import is_invisible
from consortium.domain.yen import Yen
from consortium.intake.basis_table import decode
from consortium.intake.signs import narrow, shown
from consortium.intake.workbook import address

#: What a file may hold; a year of a large consortium is a tenth of it.
LARGEST_FILE: Final = 200_000
#: So many faults are told at once; the rest is counted.
MANY: Final = 20

NUMBER, CODE, YEAR, INSTALMENT = "文書番号", "団体コード", "年度", "期別"
PAID_ON, AMOUNT, REFERENCE, NOTE = "収納日", "金額", "整理番号", "摘要"
#: Every heading that is read; a file needs those of NEEDED and one way to name the instalment.
COLUMNS: Final = (NUMBER, CODE, YEAR, INSTALMENT, PAID_ON, AMOUNT, REFERENCE, NOTE)
NEEDED: Final = (PAID_ON, AMOUNT)

_LONGEST_NUMBER: Final = 60
_LONGEST_NOTE: Final = 300
_DIGITS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3}){1,3}", re.ASCII)
_NEGATIVE: Final = re.compile(r"[△▲\-−‐–—―ー(].*")
_COMPACT_DAY: Final = re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})", re.ASCII)
_INSTALMENT: Final = re.compile(r"第?(?P<no>[0-9]{1,2})期?", re.ASCII)
_YEAR: Final = re.compile(r"(?P<year>[0-9]{4})(?:年度?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PaymentFault:
    """What is wrong where (行の誤り); line 0 is about the file as a whole."""

    line: int
    column: str
    found: str
    todo: str

    def __str__(self) -> str:
        """Give the place and both sentences."""
        place = f"{self.line}行目" if self.line else ""
        place += f"の「{self.column}」" if place and self.column else ""
        return f"{place}：{self.found}{self.todo}" if place else self.found + self.todo


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One line as read (収納の表の一行); the notice, or town, year and instalment."""

    line: int
    paid_on: date
    amount: Yen
    document_number: str = ""
    code: MunicipalityCode | None = None
    year: FiscalYear | None = None
    #: None where the line names no instalment
    instalment: int | None = None
    reference_number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaymentTable:
    """What was read (読み取った表): the lines that can be, and what is wrong with the others."""

    rows: tuple[PaymentRow, ...]
    faults: tuple[PaymentFault, ...] = ()
    #: the sheet it was read from, empty for a CSV
    sheet: str = ""
    #: heading → its place, from 0
    places: Mapping[str, int] = field(default_factory=dict)

    def told(self, faults: Sequence[PaymentFault]) -> tuple[str, ...]:
        """Say the first faults in full and count the rest (誤りの一覧)."""
        words = [self._said(each) for each in faults[:MANY]]
        if len(faults) > MANY:
            words.append(f"ほかに{len(faults) - MANY}か所あります。表の列を確かめてください。")
        return tuple(words)

    def _said(self, fault: PaymentFault) -> str:
        """Name the cell of a workbook, the line and the column of a CSV."""
        if not (self.sheet and fault.line):
            return str(fault)
        place = self.places.get(fault.column)
        cell = f"{fault.line}行目" if place is None else address(fault.line, place + 1)
        return f"シート「{self.sheet}」{cell}：{fault.found}{fault.todo}"


class _CellError(Exception):
    """A cell cannot be read: its column, what was found, what to do."""

    def __init__(self, column: str, found: str, todo: str) -> None:
        super().__init__(column, found, todo)
        self.column, self.found, self.todo = column, found, todo


def text_of(content: bytes) -> str:
    """Turn an uploaded file into text: UTF-8 with or without BOM, or Shift_JIS (文字コードの判別).

    Line ends become one kind, so that the text is the same however it travelled.
    Raises: BadInputError for what is no CSV, empty or too large.
    """
    if len(content) > LARGEST_FILE:
        raise _no_csv("ファイルが大きすぎます。", f"{LARGEST_FILE // 1000}KBまでに分けてください。")
    text = decode(content).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise _no_csv("ファイルが空です。", "見出しと収納の行のあるCSVを選び直してください。")
    return text


def read_payments(text: str, sheet: str = "") -> PaymentTable:
    """Read the lines of a file whose first line holds the headings (収納の表の読取り).

    `sheet` is the one that the text was read from, line by line and column by column.
    """
    try:
        lines = _lines(text)
        where = _places(lines[0][1] if lines else [])
    except BadInputError as error:
        return PaymentTable((), (PaymentFault(0, "", error.found, error.todo),))
    rows, faults = [], []
    for number, cells in lines[1:]:
        if len(cells) != len(lines[0][1]):
            found = f"{len(lines[0][1])}列のところ{len(cells)}列です。"
            todo = 'コンマを含む値は " で囲み、列の数をそろえてください。'
            faults.append(PaymentFault(number, "", found, todo))
            continue
        values = {name: cells[place].strip() for name, place in where.items()}
        try:
            rows.append(_row(number, values))
        except _CellError as error:
            faults.append(PaymentFault(number, error.column, error.found, error.todo))
    if not rows and not faults:
        faults.append(
            PaymentFault(0, "", "収納の行が一つもありません。", "ファイルを確かめてください。")
        )
    return PaymentTable(tuple(rows), tuple(faults), sheet, where)


def _lines(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows, first = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((first, cells))
            first = reader.line_num + 1
    except csv.Error:
        found = f'{first}行目から、引用符（"）の使い方が正しくありません。'
        raise _no_csv(found, "引用符を閉じるか除いてください。") from None
    return rows


def _places(heading: Sequence[str]) -> dict[str, int]:
    """Say in which place each column stands; headings not known are left out."""
    names = [narrow(cell) for cell in heading]
    known = [name for name in names if name in COLUMNS]
    todo = f"1行目の見出しを {'、'.join(COLUMNS)} の名前にしてください。"
    if twice := [name for name in known if known.count(name) > 1]:
        raise _no_csv(f"見出し「{twice[0]}」が二つあります。", "どちらか一つにしてください。")
    missing = [name for name in NEEDED if name not in known]
    if NUMBER not in known and CODE not in known:
        missing.insert(0, f"{NUMBER}（または {CODE}）")
    if NUMBER not in known and CODE in known and YEAR not in known:
        missing.append(YEAR)
    if missing:
        raise _no_csv(f"見出し {'、'.join(missing)} がありません。", todo)
    return {name: names.index(name) for name in known}


def _row(line: int, values: Mapping[str, str]) -> PaymentRow:
    number = narrow(values.get(NUMBER, ""))
    code = year = no = None
    if not number:
        code, year = _code(values.get(CODE, "")), _year(values.get(YEAR, ""))
        no = _instalment(values.get(INSTALMENT, ""))
    return PaymentRow(
        line,
        _day(values[PAID_ON]),
        _yen(values[AMOUNT]),
        _short(NUMBER, number, _LONGEST_NUMBER),
        code,
        year,
        no,
        _short(REFERENCE, narrow(values.get(REFERENCE, "")), _LONGEST_NUMBER),
        _short(
            NOTE,
            unicodedata.normalize("NFC", " ".join(values.get(NOTE, "").split())),
            _LONGEST_NOTE,
        ),
    )


def _code(text: str) -> MunicipalityCode:
    if not text:
        found = f"{NUMBER}も{CODE}もありません。"
        raise _CellError(CODE, found, "どちらかを書いてください。")
    if re.fullmatch(r"[0-9]{5}", narrow(text)):
        found = f"「{shown(text)}」は5桁です。先頭の0が落ちているかもしれません。"
        raise _CellError(CODE, found, "022021 のように6桁にしてください。")
    try:
        return municipality_code(text)
    except BadInputError as error:
        raise _CellError(CODE, f"「{shown(text)}」は{error.found}", error.todo) from None


def _year(text: str) -> FiscalYear:
    plain = narrow(text)
    todo = "2026 または 令和8年度 のように書いてください。"
    if not plain:
        raise _CellError(YEAR, "年度が空です。", todo)
    if match := _YEAR.fullmatch(plain):
        start = int(match["year"])
    else:
        try:
            start = parse_date(plain.removesuffix("度").removesuffix("年") + "年5月1日").year
        except BadInputError:
            raise _CellError(YEAR, f"「{shown(text)}」は年度として読めません。", todo) from None
    if not 1900 <= start <= 2999:
        raise _CellError(YEAR, f"「{shown(text)}」は扱える年度ではありません。", todo)
    return FiscalYear(start)


def _instalment(text: str) -> int | None:
    plain = narrow(text)
    if not plain:
        return None
    match = _INSTALMENT.fullmatch(plain)
    if match is None or not int(match["no"]):
        found = f"「{shown(text)}」は期として読めません。"
        raise _CellError(INSTALMENT, found, "1 または 第1期 のように書いてください。")
    return int(match["no"])


def _day(text: str) -> date:
    plain = narrow(text)
    if not plain:
        raise _CellError(PAID_ON, "収納日が空です。", "収納した日を書いてください。")
    if match := _COMPACT_DAY.fullmatch(plain):
        plain = f"{match['y']}-{match['m']}-{match['d']}"
    try:
        return parse_date(plain)
    except BadInputError as error:
        raise _CellError(PAID_ON, f"「{shown(text)}」：{error.found}", error.todo) from None


def _yen(text: str) -> Yen:
    plain = narrow(text).removeprefix("¥").removeprefix("\\").removesuffix("円").strip()
    if not plain:
        raise _CellError(AMOUNT, "金額が空です。", "金額を書いてください。")
    if _NEGATIVE.fullmatch(plain):
        found = f"「{shown(text)}」は負の金額です。"
        raise _CellError(
            AMOUNT, found, "取込みは収納だけです。還付は精算の画面で記録してください。"
        )
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _DIGITS.fullmatch(plain):
        found = f"「{shown(text)}」は金額として読めません。"
        raise _CellError(AMOUNT, found, "1,894,000 のように、1円以上の整数にしてください。")
    if not int(plain):
        raise _CellError(AMOUNT, "金額が0円です。", "1円以上の行だけにしてください。")
    return Yen(int(plain))


def _short(column: str, text: str, longest: int) -> str:
    if len(text) > longest:
        found = f"長すぎます（{len(text)}文字）。"
        raise _CellError(column, found, f"{longest}文字までにしてください。")
    if is_invisible(text):
        raise _CellError(column, "目に見えない制御文字が入っています。", "消してください。")
    return text


def _no_csv(found: str, todo: str) -> BadInputError:
    return BadInputError("収納の表を読みました。", found, todo, path="file")
