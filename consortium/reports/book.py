"""The one writer of cells (ブックの書き手): sheets in, the bytes of a workbook out.

openpyxl is loaded only when a file is made. Nothing here reads a clock: the properties carry the
date of issue. Each style is registered once per workbook, because style objects are what makes
openpyxl slow.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from consortium.reports.sheet import (
    INT_LIMIT,
    LANDSCAPE,
    NO_EDGES,
    Blank,
    Cell,
    Date,
    Edges,
    Formula,
    Int,
    Ratio,
    Sheet,
    Text,
    address,
)
from consortium.reports.styles import CODE, GOTHIC, STYLES, Style

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet
    from openpyxl.writer.excel import ExcelWriter

_TEXT_LIMIT = 32_767
_LINE_COLOUR = "808080"
_MM = 1 / 25.4
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Excel reads _x0041_ inside a string as the letter A.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
#: What Excel would read as a formula, a number, a date or an error when somebody edits the cell.
_RETYPED = re.compile(r"[=+\-@#'\t\r0-9.(¥$]|(?:true|false)$", re.IGNORECASE)


class CellRefusedError(TypeError):
    """A cell holds what no workbook of ours may hold (セルに書けない値)."""

    def __init__(self, sheet: str, place: tuple[int, int], found: str) -> None:
        """Name sheet, cell and what was found there."""
        super().__init__(f"シート「{sheet}」の{address(*place)}には書けません: {found}")


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
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    _set_normal_font(workbook)
    looks = _Looks(workbook)
    for sheet in book.sheets:
        _write_sheet(workbook.create_sheet(sheet.name), sheet, looks)
    issued = book.issued_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    properties = workbook.properties
    properties.creator, properties.title = book.creator, book.title
    properties.created = properties.modified = issued
    target = BytesIO()
    with _Archive(target, "w", ZIP_DEFLATED) as archive:
        # `workbook.save` would set the time of modification to now.
        _writer(workbook, archive).write_data()
    return target.getvalue()


def _writer(workbook: "Workbook", archive: "_Archive") -> "ExcelWriter":
    """Give openpyxl's writer, which keeps the sheets in memory: their files took a sixth of it."""
    from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.writer.excel import ExcelWriter

    class InMemory(ExcelWriter):
        def write_worksheet(self, ws: Any) -> None:
            ws._drawing = SpreadsheetDrawing()  # none of ours has a picture
            sheet = BytesIO()
            writer = WorksheetWriter(ws, sheet)
            writer.write()
            ws._rels = writer._rels  # type: ignore[attr-defined]  # missing in the stubs
            archive.writestr(ws.path[1:], sheet.getvalue())
            self.manifest.append(ws)

    return InMemory(workbook, archive)


class _Archive(ZipFile):
    """A zip whose entries name neither a time nor a host (書庫)."""

    def writestr(
        self,
        zinfo_or_arcname: str | ZipInfo,
        data: Any,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        """Write a part as of the first day that a zip can name."""
        if isinstance(zinfo_or_arcname, str):
            zinfo_or_arcname = ZipInfo(zinfo_or_arcname, (1980, 1, 1, 0, 0, 0))
            zinfo_or_arcname.compress_type = ZIP_DEFLATED
            zinfo_or_arcname.external_attr = 0o600 << 16
            zinfo_or_arcname.create_system = 3
        super().writestr(zinfo_or_arcname, data, compress_type, compresslevel)


def _set_normal_font(workbook: "Workbook") -> None:
    """Column widths are counted in characters of the normal font."""
    from openpyxl.styles import Font
    from openpyxl.utils.indexed_list import IndexedList

    font = Font(name=GOTHIC, sz=11, family=3, charset=128)
    inner: Any = workbook
    inner._fonts = IndexedList([font])
    inner._named_styles["Normal"].font = font


class _Looks:
    """Styles of one workbook, each registered once (書式の登録)."""

    def __init__(self, workbook: "Workbook") -> None:
        from openpyxl.cell import Cell as ExcelCell

        self._scratch: Callable[[], Any] = lambda: ExcelCell(
            workbook.worksheets[0], row=1, column=1
        )
        self._known: dict[tuple[str, Edges, bool], Any] = {}

    def of(self, name: str, edges: Edges, quoted: bool) -> Any:
        """Give the finished style of a cell."""
        key = (name, edges, quoted)
        if key not in self._known:
            self._known[key] = self._register(STYLES[name], edges, quoted)
        return self._known[key]

    def _register(self, style: Style, edges: Edges, quoted: bool) -> Any:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        cell = self._scratch()
        cell.font = Font(name=style.font, sz=style.size, b=style.bold, family=3, charset=128)
        cell.alignment = Alignment(
            horizontal=style.horizontal,
            vertical=style.vertical,
            wrap_text=style.wrap or None,
            indent=style.indent,
        )
        cell.number_format = style.number_format
        if style.fill:
            cell.fill = PatternFill("solid", start_color=style.fill)
        if any(edges):
            left, right, top, bottom = (Side(edge or None, color=_LINE_COLOUR) for edge in edges)
            cell.border = Border(left=left, right=right, top=top, bottom=bottom)
        if quoted:
            cell.quotePrefix = True
        return cell._style


def _write_sheet(target: "Worksheet", sheet: Sheet, looks: _Looks) -> None:
    for place in sorted(sheet.cells):
        cell, name = sheet.cells[place]
        value = _value(cell, sheet.name, place)
        quoted = (
            isinstance(cell, Text) and isinstance(value, str) and _is_retyped(value, STYLES[name])
        )
        written: Any = target.cell(*place)
        if value is not None:
            written.value = value
            if isinstance(value, str) and not isinstance(cell, Formula):
                # openpyxl would take "=…" for a formula and "#N/A" for an error.
                written.data_type = "s"
        written._style = looks.of(name, sheet.edges.get(place, NO_EDGES), quoted)
    for top, left, bottom, right in sheet.merges:
        _merge(target, f"{address(top, left)}:{address(bottom, right)}")
    _set_sizes(target, sheet)
    _set_page(target, sheet)
    _set_headers(target, sheet)
    if sheet.table_name:
        _add_table(target, sheet)


def _merge(target: "Worksheet", area: str) -> None:
    """Merge without openpyxl's own way, which takes the lines off the inner cells."""
    from openpyxl.worksheet.cell_range import CellRange

    target.merged_cells.add(CellRange(area))


def _value(cell: Cell, sheet: str, place: tuple[int, int]) -> str | int | float | date | None:
    """Give what openpyxl writes for a cell; anything but our own types is refused."""
    kind = type(cell)
    held = None if kind is Blank else getattr(cell, "value", None)
    if kind is Blank:
        return None
    if kind is Text and type(held) is str:
        return _clean(held, sheet, place)
    if kind is Int and type(held) is int:
        if abs(held) >= INT_LIMIT:
            raise CellRefusedError(sheet, place, f"{held} は15桁を超えます")
        return held
    if kind is Date and type(held) is date:
        return held
    if isinstance(cell, Ratio):
        return _ratio(cell, sheet, place)
    if isinstance(cell, Formula):
        return f"={cell.text}"
    held_type = f"（{type(held).__name__}）" if kind in (Text, Int, Date) else ""
    raise CellRefusedError(sheet, place, f"型 {kind.__name__}{held_type}")


def _ratio(cell: Ratio, sheet: str, place: tuple[int, int]) -> float:
    """Divide for display: the only float that is ever written."""
    whole = type(cell.numerator) is int and type(cell.denominator) is int
    if not whole or cell.denominator <= 0:
        found = f"型 Ratio（{cell.numerator!r} / {cell.denominator!r}）"
        raise CellRefusedError(sheet, place, found)
    return cell.numerator / cell.denominator


def _clean(text: str, sheet: str, place: tuple[int, int]) -> str:
    """Bring a text to the form that every reader gives back unchanged."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _ESCAPE.sub("_x005F_", _BROKEN.sub("\ufffd", text))
    if len(text) > _TEXT_LIMIT:
        raise CellRefusedError(sheet, place, f"{len(text)}文字は長すぎます")
    return text


def _is_retyped(text: str, style: Style) -> bool:
    return style.number_format != CODE and _RETYPED.match(text) is not None


def _set_sizes(target: "Worksheet", sheet: Sheet) -> None:
    for index, width in enumerate(sheet.widths(), start=1):
        target.column_dimensions[address(1, index)[:-1]].width = width
    target.sheet_format.defaultRowHeight = sheet.row_height
    target.sheet_format.customHeight = True
    for row in range(1, sheet.last[0] + 1):
        target.row_dimensions[row].height = sheet.heights.get(row, sheet.row_height)


def _set_page(target: "Worksheet", sheet: Sheet) -> None:
    page = target.page_setup
    page.orientation = "landscape" if sheet.orientation == LANDSCAPE else "portrait"
    page.paperSize = str(sheet.paper)
    page.fitToWidth, page.fitToHeight = 1, 1 if sheet.one_page else 0
    if target.sheet_properties.pageSetUpPr is not None:
        target.sheet_properties.pageSetUpPr.fitToPage = True
    margins = target.page_margins
    margins.left = margins.right = 15 * _MM
    margins.top, margins.bottom = 20 * _MM, 0.75
    margins.header = margins.footer = 0.31
    target.print_options.horizontalCentered = True
    target.print_area = f"A1:{address(*sheet.last)}"
    target.sheet_view.showGridLines = False
    if sheet.header_row:
        target.print_title_rows = f"1:{sheet.header_row}"
        target.freeze_panes = address(sheet.header_row + 1, sheet.frozen_columns + 1)


def _set_headers(target: "Worksheet", sheet: Sheet) -> None:
    header: Any = target.oddHeader
    footer: Any = target.oddFooter
    parts = (
        (header.left, sheet.header_left.replace("&", "&&"), 12),
        (header.right, "&A", 9),
        (footer.left, sheet.footer_left.replace("&", "&&"), 8),
        (footer.center, "&P / &N", 8),
        (footer.right, sheet.footer_right.replace("&", "&&"), 8),
    )
    for part, text, size in parts:
        if text:
            part.text, part.size, part.font = text, size, f"{GOTHIC},標準"


def _add_table(target: "Worksheet", sheet: Sheet) -> None:
    from openpyxl.worksheet.table import Table, TableStyleInfo

    if sheet.last[0] < 2:  # a table needs at least one line below its heading
        return
    table = Table(displayName=sheet.table_name, ref=f"A1:{address(*sheet.last)}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    target.add_table(table)
