"""The one writer of workbooks (ブックの書き手): sheets in, the bytes of a file out.

openpyxl builds the shell (styles, page set-up, tables, charts, names) and is loaded only when a
file is made; the rows are written by `rows.py`. Nothing here reads a clock: the properties carry
the time of issue.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO
from zipfile import ZIP_DEFLATED

from consortium.reports.looks import set_normal_font
from consortium.reports.sheet import Sheet, address, letters
from consortium.reports.shell import build, footer, header

if TYPE_CHECKING:
    from openpyxl import Workbook

#: What Excel takes for the name of a sheet, and a formula between two quotes.
_SHEET_NAME = re.compile(r"[^\[\]:*?/\\'\x00-\x1f]{1,31}")


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook before it is written: sheets in order and its properties (ブック)."""

    title: str
    #: the office, never a person
    creator: str
    issued_at: datetime
    sheets: tuple[Sheet, ...]
    #: names of cells (名前の定義): name → sheet, row, column
    names: Mapping[str, tuple[str, int, int]] = field(default_factory=dict)


def write(book: Book) -> bytes:
    """Write the workbook; the same book gives the same bytes.

    Raises: CellRefusedError naming sheet, cell and type for a value that is none of our types.
    """
    target = BytesIO()
    write_into(book, target)
    return target.getvalue()


def write_into(book: Book, target: BinaryIO) -> None:
    """Write the workbook into an open file; long sheets need no memory. Raises: as `write`."""
    from openpyxl import Workbook

    from consortium.reports.frame import Archive, Own, Writer

    sheets: dict[str, Own] = {}
    for sheet in book.sheets:
        if sheet.name in sheets or not _SHEET_NAME.fullmatch(sheet.name):
            raise ValueError(f"シート名「{sheet.name}」は使えません")
        sheets[sheet.name] = Own(sheet, sheet.last, header(sheet), footer(sheet))
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    set_normal_font(workbook)
    for name, own in sheets.items():
        build(workbook.create_sheet(name), own.sheet, address(*own.last))
    _name_cells(workbook, book.names)
    issued = book.issued_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties = workbook.properties
    properties.creator, properties.title = book.creator, book.title
    properties.created = properties.modified = issued
    with Archive(target, "w", ZIP_DEFLATED) as archive:
        # `workbook.save` would set the time of modification to now.
        Writer(workbook, archive, sheets).write_data()


def _name_cells(workbook: "Workbook", names: Mapping[str, tuple[str, int, int]]) -> None:
    from openpyxl.workbook.defined_name import DefinedName

    for name, (sheet, row, column) in names.items():
        place = f"'{sheet}'!${letters(column)}${row}"
        workbook.defined_names[name] = DefinedName(name, attr_text=place)
