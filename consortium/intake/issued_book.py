"""What a workbook says, whoever saved it last (発行したブックの内容): values, not formats."""

import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import zip_longest
from typing import NamedTuple
from zipfile import ZipFile

from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError
from consortium.intake.prescan import refused
from consortium.intake.raw_book import read
from consortium.intake.raw_cells import PlainSheet
from consortium.intake.workbook import address
from consortium.intake.worker import read_apart

#: The sheet for machines, in every statement.
DATA = "データ"
#: How a formula is compared that the file holds no value of.
NO_VALUE = "（値のない計算式）"
Value = str | int | None
#: The rows of a sheet without what is empty at their ends.
Rows = tuple[tuple[Value, ...], ...]

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
    """Give the values of every sheet of a workbook of our own by name, or of one (シートの値).

    Raises: BadInputError for one that cannot be read.
    """
    try:
        return {each["name"]: _rows(each) for each in read(content, only=only)}
    except Exception as error:  # whatever is wrong with a file on disk
        raise refused("Excelブックの中身を読み取れません。") from error


def _rows(sheet: PlainSheet) -> Rows:
    rows: list[list[Value]] = []
    for row, column, kind, held, _ in sheet["cells"]:
        value = _value(kind, held)
        if value is not None:
            rows.extend([] for _ in range(row - len(rows)))
            rows[-1].extend([None] * (column - 1 - len(rows[-1])))
            rows[-1].append(value)
    return tuple(map(tuple, rows))


def _value(kind: str, held: str | int | None) -> Value:
    """Bring a value to the form it has whichever program saved it."""
    if kind == "z":
        return NO_VALUE
    if kind == "b":
        return str(bool(held))
    if kind == "n" and isinstance(held, str):
        number = float(held)
        return int(number) if number.is_integer() else f"{number:.10g}"
    if isinstance(held, str):
        return held.replace("\r\n", "\n").replace("\r", "\n") or None
    return held


def rows_hash(content: bytes) -> str | None:
    """Hash the rows of データ; None for a file without that sheet (明細行の照合値)."""
    rows = read_sheets(content, only=DATA).get(DATA)
    return None if rows is None else hash_of(rows)


def hash_of(rows: Rows) -> str:
    """Hash rows, text in one form (明細行の照合値)."""
    return sha256_hex(canonical(rows))


def _check_codes(sheets: Iterable[PlainSheet]) -> set[str]:
    """Give the 照合符号 printed in the footers, eight digits each, the first few (照合符号)."""
    found = {"".join(code) for sheet in sheets for code in _CODE.findall(sheet["footer"])}
    return set(sorted(found)[:_MOST_CODES])


def read_upload(content: bytes) -> tuple[dict[str, Rows], set[str]]:
    """Give sheets and 照合符号 of a file from outside. Raises: BadInputError."""
    try:
        sheets = read_apart(content)
    except BadInputError as error:
        raise refused(error.found, "発行した .xlsx のファイルを選んでください。") from None
    return {each["name"]: _rows(each) for each in sheets}, _check_codes(sheets)


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
                    yield Difference(sheet, address(number, column), _shown(want), _shown(give))


def _there(is_there: bool) -> str:
    return "シートあり" if is_there else "シートなし"


def _shown(value: Value) -> str:
    if value is None:
        return "（空）"
    return f"{value:,}" if isinstance(value, int) else value
