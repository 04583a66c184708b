"""What a workbook says, whoever saved it last (発行したブックの内容): values, not formats."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from html import unescape
from io import BytesIO
from itertools import zip_longest
from typing import Any, NamedTuple
from zipfile import ZipFile

from consortium.domain.canonical import canonical, sha256_hex
from consortium.intake.own_rows import own_rows
from consortium.intake.prescan import MOST_COLUMNS, MOST_ROWS, prescan, refused

#: The sheet for machines, in every statement.
DATA = "データ"
Value = str | int | None
#: The rows of a sheet without what is empty at their ends.
Rows = tuple[tuple[Value, ...], ...]

_FOOTER = re.compile(rb"<(?:[\w.-]+:)?oddFooter[^<>]*>([^<]{0,2000})<")
#: A workbook of ours has one; a few more may have been put together by hand.
_MOST_CODES = 8
_CODE = re.compile(r"照合符号 ([0-9a-f]{4})-([0-9a-f]{4})")


class Difference(NamedTuple):
    """A cell that differs (異なるセル): where, as issued, as found."""

    sheet: str
    cell: str
    issued: str
    found: str


def content_hash(content: bytes) -> str:
    """Hash the parts of a workbook or a zip, however they are compressed (内容照合値)."""
    with ZipFile(BytesIO(content)) as archive:
        lines = [
            f"{name}\0{sha256_hex(archive.read(name))}\n" for name in sorted(archive.namelist())
        ]
    return sha256_hex("".join(lines))


def read_sheets(content: bytes, *, only: str = "") -> dict[str, Rows]:
    """Give the values of every sheet by name, or of one (シートの値).

    The content must have passed `prescan`, or be our own. Raises: BadInputError.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        names = [name for name in book.sheetnames if only in ("", name)]
        return {name: _rows(book[name]) for name in names}
    except Exception as error:  # whatever a hostile file makes openpyxl raise
        raise refused("Excelブックの中身を読み取れません。") from error


def _rows(sheet: Any) -> Rows:
    if not hasattr(sheet, "iter_rows"):  # a sheet that is only a chart
        return ()
    cells = sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
    rows = [_trimmed(list(row)) for row in cells]
    while rows and not rows[-1]:
        rows.pop()
    return tuple(rows)


def _trimmed(cells: list[object]) -> tuple[Value, ...]:
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return tuple(map(_value, cells))


def _value(cell: object) -> Value:
    """Bring a value to the form it has whichever program saved it."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else f"{cell:.10g}"
    return cell if isinstance(cell, int) else str(cell).replace("\r\n", "\n")


def rows_hash(content: bytes) -> str | None:
    """Hash the rows of データ; None for a file without that sheet (明細行の照合値)."""
    rows = own_rows(content, DATA)
    if rows is None:
        rows = read_sheets(content, only=DATA).get(DATA)
    return None if rows is None else hash_of(rows)


def hash_of(rows: Rows) -> str:
    """Hash rows, text in one form (明細行の照合値)."""
    return sha256_hex(canonical(rows))


def check_codes(content: bytes) -> set[str]:
    """Give the 照合符号 printed in the footers, eight digits each, the first few (照合符号)."""
    found: set[str] = set()
    with ZipFile(BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                for footer in _FOOTER.finditer(archive.read(name)):
                    text = unescape(footer[1].decode("utf-8", "replace"))
                    found.update("".join(code) for code in _CODE.findall(text))
                    if len(found) >= _MOST_CODES:
                        return set(sorted(found)[:_MOST_CODES])
    return found


def read_upload(content: bytes) -> tuple[dict[str, Rows], set[str]]:
    """Give sheets and 照合符号 of a file from outside. Raises: BadInputError."""
    prescan(content)
    return read_sheets(content), check_codes(content)


def differing_cells(issued: Mapping[str, Rows], found: Mapping[str, Rows]) -> Iterator[Difference]:
    """Give every cell whose value is not as issued, sheet by sheet (異なるセル)."""
    for sheet in (*issued, *(name for name in found if name not in issued)):
        if sheet not in issued or sheet not in found:
            yield Difference(sheet, "", *(_there(sheet in side) for side in (issued, found)))
            continue
        pairs = zip_longest(issued[sheet], found[sheet], fillvalue=())
        for number, (wanted, given) in enumerate(pairs, start=1):
            for column, (want, give) in enumerate(zip_longest(wanted, given), start=1):
                if want != give:
                    place = f"{_letters(column)}{number}"
                    yield Difference(sheet, place, _shown(want), _shown(give))


def _there(is_there: bool) -> str:
    return "シートあり" if is_there else "シートなし"


def _shown(value: Value) -> str:
    if value is None:
        return "（空）"
    return f"{value:,}" if isinstance(value, int) else value


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
