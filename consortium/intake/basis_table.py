"""Values by 団体コード, pasted from a sheet or uploaded as CSV (基礎数値の表の読取り).

Values are joined by code and never by name. Everything wrong is reported at once, each with the
line as a text editor or the sheet counts it; a table with a single fault gives no values at all.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode, municipality_code
from consortium.intake.prescan import MOST_BYTES
from consortium.intake.sheet_table import Findings, read_table_of
from consortium.intake.signs import narrow as narrow
from consortium.intake.signs import shown
from consortium.intake.workbook import decimal, read_workbook

#: Heading → whether the file must have it.
COLUMNS: Final = {"団体コード": True, "団体名": False, "値": True}
LARGEST_FILE: Final = MOST_BYTES
LARGEST_CSV: Final = 1_000_000
#: The sheet that is read of a workbook with several.
SHEET: Final = "算定基礎"
LONGEST_PASTE: Final = 100_000
#: So many faults are told at once; the rest is counted.
MANY: Final = 20

_CODE_COLUMN, _NAME_COLUMN, _VALUE_COLUMN = COLUMNS
_HEADINGS_OF_CODE: Final = {
    "団体コード",
    "市区町村コード",
    "市町村コード",
    "自治体コード",
    "コード",
}
_GROUPED: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)
_NEGATIVE: Final = re.compile(r"[△▲\-−‐–—―ー(][ ¥]*[0-9]")
#: What a workbook begins with: it is a zip.
WORKBOOK: Final = b"PK\x03\x04"
#: What files begin with that are no text: workbooks, old workbooks, other encodings.
_BEGINNINGS: Final = {
    WORKBOOK: "Excelブック（.xlsx）です。",
    b"\xd0\xcf\x11\xe0": "古い形式のExcelブック（.xls）です。",
    b"%PDF": "PDFです。",
    b"\xff\xfe": "文字コードがUTF-16です。",
    b"\xfe\xff": "文字コードがUTF-16です。",
}
_SAVE_AS: Final = "Excelの「名前を付けて保存」で「CSV UTF-8（コンマ区切り）」を選んでください。"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong on a line (行の誤り); line 0 is about the table as a whole."""

    line: int
    found: str
    todo: str
    column: str = ""

    def __str__(self) -> str:
        """Give the line and both sentences."""
        return f"{self.line}行目：{self.found}{self.todo}" if self.line else self.found + self.todo


@dataclass(frozen=True, slots=True)
class BasisTable:
    """What was read (読み取った表): values by code, or the faults that keep them out."""

    values: Mapping[MunicipalityCode, Fraction]
    faults: tuple[Fault, ...] = ()
    #: what was read in another way than it stood
    notices: tuple[str, ...] = ()


def parse_value(text: str) -> Fraction:
    """Read a value: 177,411, １７７４１１, 9.5; never negative.

    Raises: ValueError with a Japanese sentence.
    """
    plain, seen = narrow(text), shown(text)
    if _NEGATIVE.match(plain):
        raise ValueError(f"「{seen}」は負の数です。0以上の数にしてください。")
    number = plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain
    if re.fullmatch(r"(?=.*[0-9])[0-9.]*,[0-9,.]*", number):
        raise ValueError(f"「{seen}」は桁区切りの位置が違います。3桁ごとに区切ってください。")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", number) and not _DECIMAL.fullmatch(number):
        raise ValueError(f"「{seen}」は桁が多すぎます。整数12桁、小数9桁までにしてください。")
    if not _DECIMAL.fullmatch(number):
        raise ValueError(f"「{seen}」は数として読めません。177411 や 9.5 のように書いてください。")
    return Fraction(number)


def write_value(value: Fraction) -> str:
    """Write a value as `parse_value` reads it: 177,411 and 9.5; n/d where decimals do not end."""
    scaled = value * 10**9
    if scaled.denominator != 1:
        return f"{value.numerator:,}/{value.denominator:,}"
    whole, rest = divmod(scaled.numerator, 10**9)
    return f"{whole:,}" + (f".{rest:09d}".rstrip("0") if rest else "")


def read_pasted(text: str, members: Mapping[MunicipalityCode, str]) -> BasisTable:
    """Read lines copied from a sheet: code, name if there is one, value (貼付けの読取り).

    `members` are the towns that may occur, by code.
    """
    if len(text) > LONGEST_PASTE:
        found = f"貼り付けた文字が多すぎます（{len(text):,}文字）。"
        return BasisTable({}, (Fault(0, found, "団体コードと値の列だけにしてください。"),))
    delimiter = "\t" if "\t" in text else ","
    try:
        lines = _lines(text, delimiter)
    except BadInputError as error:
        return BasisTable({}, (Fault(0, error.found, error.todo),))
    if lines and narrow(lines[0][1][0]) in _HEADINGS_OF_CODE:
        lines = lines[1:]
    desk = _Desk(members, {}, [])
    for number, cells in lines:
        desk.take_cells(number, cells)
    return desk.table()


def read_file(content: bytes, members: Mapping[MunicipalityCode, str]) -> BasisTable:
    """Read a workbook or a CSV file with the headings 団体コード and 値, in any order.

    CSV: UTF-8 with or without BOM, and Shift_JIS as Excel writes it.
    """
    if content.startswith(WORKBOOK):
        return _read_book(content, members)
    try:
        text = decode(content)
        lines = _lines(text, ",")
        where = _places(lines[0] if lines else (1, []))
    except BadInputError as error:
        return BasisTable({}, (Fault(0, error.found, error.todo),))
    desk = _Desk(members, {}, [])
    for number, cells in lines[1:]:
        if len(cells) != len(lines[0][1]):
            found = f"{len(lines[0][1])}列のところ{len(cells)}列です。"
            desk.refuse(number, found, 'コンマを含む値は " で囲み、列の数をそろえてください。')
            continue
        desk.take(number, cells[where[_CODE_COLUMN]], cells[where[_VALUE_COLUMN]])
    return desk.table()


def _read_book(content: bytes, members: Mapping[MunicipalityCode, str]) -> BasisTable:
    """Read the only sheet of a workbook, or the one named 算定基礎 (ブックの読取り)."""
    try:
        sheet = read_workbook(content).only_or(SHEET)
    except BadInputError as error:
        return BasisTable({}, (Fault(0, error.found, error.todo),))
    findings, desk = Findings(), _Desk(members, {}, [])
    for line in read_table_of(sheet, COLUMNS, findings).lines:
        code, value = line.code(_CODE_COLUMN), line.number(_VALUE_COLUMN, needed=False)
        if code is not None and not line.is_faulty:
            desk.take(line.row, code, "" if value is None else decimal(value))
        for fault in desk.faults:
            line.fault(fault.column, fault.found, fault.todo)
        desk.faults.clear()
    if findings.has_faults:
        return BasisTable({}, tuple(Fault(0, words, "") for words in findings.told()))
    return replace(desk.table(), notices=findings.notes())


def decode(content: bytes) -> str:
    """Turn the bytes of a CSV file into text: UTF-8 or Shift_JIS (文字コードの判別).

    Raises: BadInputError for what is not text, naming what it is where that can be seen.
    """
    if len(content) > LARGEST_CSV:
        raise _no_csv("ファイルが大きすぎます。", "1MBまでのCSVにしてください。")
    for beginning, found in _BEGINNINGS.items():
        if content.startswith(beginning):
            raise _no_csv(found, _SAVE_AS)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp932")
        except UnicodeDecodeError:
            raise _no_csv("UTF-8でもShift_JISでもありません。", _SAVE_AS) from None
    if "\0" in text:
        raise _no_csv("文字でないもの（NUL）が入っています。", _SAVE_AS)
    if text.lstrip().startswith("<"):
        raise _no_csv("CSVではなく、HTMLかXMLです。", _SAVE_AS)
    return text


@dataclass(frozen=True, slots=True)
class _Desk:
    """Collects values and faults line by line (読取りの途中)."""

    members: Mapping[MunicipalityCode, str]
    #: code → line and value; None: the cell was empty
    found: dict[MunicipalityCode, tuple[int, Fraction | None]]
    faults: list[Fault]

    def refuse(self, line: int, found: str, todo: str, column: str = _CODE_COLUMN) -> None:
        self.faults.append(Fault(line, found, todo, column))

    def take_cells(self, line: int, cells: Sequence[str]) -> None:
        """Take a pasted line of two or three cells; cells left empty at the end do not count."""
        filled = list(cells)
        while len(filled) > 2 and not filled[-1].strip():
            filled.pop()
        is_split = len(filled) > 2 and re.fullmatch(r"[0-9]{1,3}", narrow(filled[-2]))
        if len(filled) > 3 or is_split:
            todo = "団体コードと値の2列か、間に団体名を入れた3列にし、列はタブで区切ってください。"
            self.refuse(
                line, f"列の数が違うか、値がコンマで分かれています（{len(filled)}列）。", todo
            )
        elif len(filled) < 2:
            self.refuse(line, "値の列がありません。", "団体コードと値を並べてください。")
        else:
            self.take(line, filled[0], filled[-1])

    def take(self, line: int, code_text: str, value_text: str) -> None:
        """Take a code and its value."""
        try:
            code = municipality_code(code_text)
        except BadInputError as error:
            self.refuse(line, *_about_code(code_text, error))
            return
        if code not in self.members:
            found = f"{code} は構成団体の団体コードではありません。"
            self.refuse(line, found, "構成団体の行だけにしてください。")
            return
        if code in self.found:
            found = f"{code}（{self.members[code]}）は{self.found[code][0]}行目にもあります。"
            self.refuse(line, found, "一つの団体は一行にしてください。")
            return
        try:
            self.found[code] = line, parse_value(value_text) if value_text.strip() else None
        except ValueError as error:
            self.found[code] = line, None
            self.refuse(line, f"{self.members[code]}の値{error}", "", _VALUE_COLUMN)

    def table(self) -> BasisTable:
        """Give the values, or the faults if there is one."""
        values = {code: value for code, (_, value) in self.found.items() if value is not None}
        if not self.faults and not values:
            self.refuse(0, "値が一つもありません。", "団体コードと値の列があるか確かめてください。")
        if not self.faults:
            return BasisTable(values)
        told = self.faults[:MANY]
        if len(self.faults) > MANY:
            more = f"ほかに{len(self.faults) - MANY}か所あります。"
            told.append(Fault(0, more, "表の列を確かめてください。"))
        return BasisTable({}, tuple(told))


def _lines(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Cut a text into cells, each row with the number of its first line; empty rows are left out.

    Raises: BadInputError for quotation marks that do not close.
    """
    file = io.StringIO(text.removeprefix("\ufeff"), newline="")
    reader = csv.reader(file, delimiter=delimiter, strict=True)
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


def _places(heading: tuple[int, list[str]]) -> dict[str, int]:
    """Say in which place each column stands.

    Raises: BadInputError for headings missing, unknown or twice.
    """
    names = [narrow(cell) for cell in heading[1]]
    unknown = [shown(name) for name in names if name not in COLUMNS]
    missing = [name for name, needed in COLUMNS.items() if needed and name not in names]
    todo = (
        f"1行目の見出しを {_CODE_COLUMN} と {_VALUE_COLUMN}"
        f"（{_NAME_COLUMN} の列もあってよい）にしてください。"
    )
    if missing:
        raise _no_csv(f"見出し {'、'.join(missing)} がありません。", todo)
    if unknown:
        raise _no_csv(f"見出し「{'」「'.join(unknown[:5])}」は使いません。", todo)
    if len(set(names)) < len(names):
        raise _no_csv("同じ見出しが二つあります。", todo)
    return {name: place for place, name in enumerate(names)}


def _about_code(text: str, error: BadInputError) -> tuple[str, str]:
    plain = narrow(text)
    if not plain:
        return "団体コードが空です。", "6桁の団体コードを書いてください。"
    if re.fullmatch(r"[0-9]{5}", plain):
        found = f"「{plain}」は5桁です。先頭の0が落ちているかもしれません。"
        return found, "022021 のように6桁にし、Excelでは文字列の書式にしてください。"
    return f"団体コード「{shown(text)}」は{error.found}", error.todo


def _no_csv(found: str, todo: str) -> BadInputError:
    return BadInputError("CSVを読みました。", found, todo, path="file")
