"""A short way to the rows of our own workbooks (自分のブックの明細行): text and whole numbers only.

Every file issued is read once to hash its rows. openpyxl reads anything, and takes ten times as
long; what this way does not know for certain, it leaves to openpyxl.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from consortium.intake.prescan import MOST_ROWS

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)

OwnRows = tuple[tuple[str | int | None, ...], ...]


class _UnknownError(Exception):
    """There is something that only openpyxl reads."""


def own_rows(content: bytes, sheet: str) -> OwnRows | None:
    """Give the rows of a sheet of our own; None for what has to be read by openpyxl (明細行)."""
    with ZipFile(BytesIO(content)) as archive:
        try:
            part = _part_of(archive, sheet)
            dates = _date_styles(archive)
            rows = list(_rows(_parsed(archive, part), dates))
        except (_UnknownError, KeyError):
            return None
    while rows and not rows[-1]:
        rows.pop()
    return tuple(rows)


def _parsed(archive: ZipFile, name: str) -> Any:
    from defusedxml.ElementTree import fromstring

    return fromstring(archive.read(name))


def _part_of(archive: ZipFile, sheet: str) -> str:
    """Find the part that holds a sheet."""
    sheets = _parsed(archive, "xl/workbook.xml").iter(f"{_MAIN}sheet")
    link = next((each.get(_LINK) for each in sheets if each.get("name") == sheet), None)
    for each in _parsed(archive, "xl/_rels/workbook.xml.rels"):
        if each.get("Id") == link:
            return str(each.get("Target")).lstrip("/")
    raise _UnknownError


def _date_styles(archive: ZipFile) -> frozenset[str]:
    """Name the cell styles that show a number as a day or a time."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

    styles = _parsed(archive, "xl/styles.xml")
    codes = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    codes |= {str(n.get("numFmtId")): n.get("formatCode") for n in styles.iter(f"{_MAIN}numFmt")}
    formats = styles.find(f"{_MAIN}cellXfs")
    return frozenset(
        str(place)
        for place, each in enumerate(formats if formats is not None else ())
        if is_date_format(codes.get(str(each.get("numFmtId")), "General"))
    )


def _rows(worksheet: Any, dates: frozenset[str]) -> Iterator[tuple[str | int | None, ...]]:
    for number, row in enumerate(worksheet.iter(f"{_MAIN}row"), start=1):
        if row.get("r") != str(number) or number > MOST_ROWS:
            raise _UnknownError
        cells = [_value(cell, place, number, dates) for place, cell in enumerate(row)]
        while cells and cells[-1] is None:
            cells.pop()
        yield tuple(cells)


def _value(cell: Any, place: int, row: int, dates: frozenset[str]) -> str | int | None:
    if place >= 26 or cell.get("r") != f"{chr(ord('A') + place)}{row}":
        raise _UnknownError
    kind, held = cell.get("t"), list(cell)
    if not held:
        return None
    if kind == "inlineStr" and len(held) == 1 and [each.tag for each in held[0]] == [f"{_MAIN}t"]:
        return held[0][0].text or None
    text = held[0].text or ""
    if kind == "n" and cell.get("s") not in dates and _WHOLE.fullmatch(text):
        return int(text)
    raise _UnknownError
