"""openpyxl's writer with our own rows in its sheets (シートの書出し).

Loads openpyxl, so it is imported only when a file is made. What is subclassed here is half-private:
the version is pinned, and a test compares a workbook of ours with one by `Workbook.save`.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from consortium.reports.looks import Looks
from consortium.reports.rows import chunks
from consortium.reports.sheet import Sheet, address, area_address

#: Rows from which a sheet goes into the file chunk by chunk.
_MANY_ROWS = 5_000
_NO_ROWS = b"<sheetData />"


class Own(NamedTuple):
    """A sheet of ours with its last row and column, its header and its footer."""

    sheet: Sheet
    last: tuple[int, int]
    header: str
    footer: str


class Archive(ZipFile):
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
            zinfo_or_arcname = _entry(zinfo_or_arcname)
        super().writestr(zinfo_or_arcname, data, compress_type, compresslevel)

    def write_sheet(self, name: str, parts: Iterator[bytes], *, is_long: bool) -> None:
        """Write a sheet at once, or in chunks if it is long."""
        if not is_long:
            self.writestr(name, b"".join(parts))
            return
        with self.open(_entry(name), "w", force_zip64=True) as entry:
            for part in parts:
                entry.write(part)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    entry.create_system = 3
    return entry


class Writer(ExcelWriter):
    """openpyxl's writer, but for the rows of the sheets."""

    def __init__(self, workbook: Workbook, archive: Archive, sheets: Mapping[str, Own]) -> None:
        """Take the shell, where to write it, and the sheets by name."""
        super().__init__(workbook, archive)
        self._archive = archive
        self._sheets = sheets
        self._looks = Looks(workbook)

    def write_worksheet(self, ws: Any) -> None:
        """Write a sheet as the parent class does, with our rows between head and tail."""
        own = self._sheets[ws.title]
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts = ws._charts
        around = BytesIO()
        frame: Any = _Frame(ws, around, own)
        frame.write()
        ws._rels = frame._rels
        parts = _parts(around.getvalue(), chunks(own.sheet, self._looks))
        self._archive.write_sheet(ws.path[1:], parts, is_long=own.last[0] > _MANY_ROWS)
        self.manifest.append(ws)


def _parts(around: bytes, rows: Iterator[str]) -> Iterator[bytes]:
    head, _, tail = around.partition(_NO_ROWS)
    yield head + b"<sheetData>"
    for chunk in rows:
        yield chunk.encode()
    yield b"</sheetData>" + tail


class _Frame(WorksheetWriter):
    """A sheet with nothing between its head and its tail."""

    def __init__(self, ws: Any, out: BytesIO, own: Own) -> None:
        super().__init__(ws, out)
        self.own = own

    def write_dimensions(self) -> None:
        self._send(Element("dimension", {"ref": f"A1:{address(*self.own.last)}"}))

    def write_cols(self) -> None:
        whole = Element("cols")
        for column, width in enumerate(self.own.sheet.widths(), start=1):
            place = {"min": str(column), "max": str(column)}
            hidden = {"hidden": "1"} if column in self.own.sheet.hidden_columns else {}
            SubElement(whole, "col", {**place, "width": f"{width:g}", "customWidth": "1", **hidden})
        self._send(whole)

    def write_rows(self) -> None:
        self._send(Element("sheetData"))

    def write_merged_cells(self) -> None:
        # openpyxl would take the lines off the inner cells.
        merges = self.own.sheet.merges
        if merges:
            whole = Element("mergeCells", {"count": str(len(merges))})
            for area in merges:
                SubElement(whole, "mergeCell", {"ref": area_address(area)})
            self._send(whole)

    def write_header(self) -> None:
        whole = Element("headerFooter")
        SubElement(whole, "oddHeader").text = self.own.header
        SubElement(whole, "oddFooter").text = self.own.footer
        self._send(whole)

    def _send(self, element: Element) -> None:
        stream: Any = self.xf
        stream.send(element)
