"""W1 written by each contender: ours, openpyxl in two ways, XlsxWriter, and two parts of ours.

Each `prepare` makes ready what lies in memory before the clock starts and gives the action.
"""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from benchmarks._w1 import CHART, CHART_PLACE, CHART_ROW, HEADINGS, Page, Spot, Value, pages
from consortium.clock import TOKYO
from consortium.reports import rows
from consortium.reports.book import Book, write
from consortium.reports.looks import Looks
from consortium.reports.sheet import (
    BLANK,
    LANDSCAPE,
    Cell,
    Chart,
    Date,
    Edges,
    Formula,
    Int,
    Ratio,
    Sheet,
    Text,
    address,
    letters,
)
from consortium.reports.styles import STYLES, Style

Action = Callable[[], bytes]
YEN, DATE = '#,##0;"△"#,##0;"-"', '[$-411]ggge"年"m"月"d"日"'
LINE, HEAD_FILL, SUM_FILL = "808080", "D9E1F2", "F2F2F2"
FONT, SIZE = "游ゴシック", 10.5
BOX: Edges = ("thin", "thin", "thin", "thin")


class Form(NamedTuple):
    """One of the fourteen styles."""

    horizontal: str
    number_format: str = "General"
    size: float = SIZE
    bold: bool = False
    fill: str = ""
    wrap: bool = False
    has_lines: bool = True


FORMS = {
    "title": Form("center", size=16, bold=True, has_lines=False),
    "sub": Form("right", has_lines=False),
    "plain": Form("left", has_lines=False),
    "hdr": Form("center", bold=True, fill=HEAD_FILL, wrap=True),
    "text": Form("left"),
    "wrap": Form("left", wrap=True),
    "code": Form("center", "@"),
    "date": Form("center", DATE),
    "yen": Form("right", YEN),
    "pct": Form("right", "0.000%"),
    "num": Form("right", "#,##0"),
    "sumlbl": Form("center", bold=True, fill=SUM_FILL),
    "sumyen": Form("right", YEN, bold=True, fill=SUM_FILL),
    "note": Form("left", size=9, has_lines=False),
}


def plain(value: Value) -> Any:
    """Give a value as the other libraries take it."""
    if isinstance(value, Formula):
        return f"={value.text}"
    return value.numerator / value.denominator if isinstance(value, Ratio) else value


def merged(page: Page) -> tuple[str, str]:
    """Name the merged cells of a page."""
    return f"A1:{address(1, page.last_column)}", "A3:D3"


# ---- ours --------------------------------------------------------------------------------------


def ours() -> Action:
    """Our writer, formulas with their values."""
    book = our_book()
    return lambda: write(book)


def our_book() -> Book:
    """Make the workload as our own sheets."""
    STYLES.update(
        {
            f"w1_{name}": Style(
                form.number_format,
                form.horizontal,
                form.size,
                form.bold,
                form.fill,
                form.wrap,
                measured=False,
            )
            for name, form in FORMS.items()
        }
    )
    issued = datetime(2026, 2, 15, 9, 0, tzinfo=TOKYO)
    return Book("W1", "弘前市", issued, tuple(map(_our_sheet, pages())))


def _our_sheet(page: Page) -> Sheet:
    sheet = Sheet(page.name, page.orientation, header_row=HEADINGS, least_widths=page.widths)
    for spot in page.cells:
        place = spot.row, spot.column
        sheet.cells[place] = _our_cell(spot.value), f"w1_{spot.style}"
        if FORMS[spot.style].has_lines:
            sheet.edges[place] = BOX
    sheet.merges = [(1, 1, 1, page.last_column), (3, 1, 3, 4)]
    if page.name == CHART:
        values, names = (CHART_ROW, 2, CHART_ROW, 8), (HEADINGS, 2, HEADINGS, 8)
        sheet.chart = Chart("団体別負担額", names, values, (CHART_PLACE, 1))
    return sheet


def _our_cell(value: Value) -> Cell:
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, int):
        return Int(value)
    if isinstance(value, date):
        return Date(value)
    return BLANK if value is None else value


def kept_shell() -> Action:
    """Our rows in a shell that is there already, and zipping (L)."""
    book = our_book()
    parts, looks = _parts(write(book)), _kept_looks(book)
    places = {f"xl/worksheets/sheet{n}.xml": each for n, each in enumerate(book.sheets, start=1)}

    def action() -> bytes:
        made = dict(parts)
        for name, sheet in places.items():
            head, rest = parts[name].split(b"<sheetData>")
            tail = rest.partition(b"</sheetData>")[2]
            body = "".join(rows.chunks(sheet, looks)).encode()
            made[name] = head + b"<sheetData>" + body + b"</sheetData>" + tail
        return _zipped(made)

    return action


def zipping() -> Action:
    """Zip our finished parts and nothing else (Z)."""
    parts = _parts(write(our_book()))
    return lambda: _zipped(parts)


def _kept_looks(book: Book) -> Looks:
    from openpyxl import Workbook

    looks = Looks(Workbook())
    for sheet in book.sheets:
        list(rows.chunks(sheet, looks))
    return looks


def _parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(parts: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        for name, part in parts.items():
            archive.writestr(ZipInfo(name), part, ZIP_DEFLATED, 6)
    return target.getvalue()


# ---- openpyxl ----------------------------------------------------------------------------------


def bare() -> Action:
    """openpyxl with each style registered once (B0)."""
    return lambda: _openpyxl(_shared_styles)


def usual() -> Action:
    """openpyxl with the objects of its style assigned to each cell (U)."""
    return lambda: _openpyxl(_style_objects)


Painter = Callable[[Any, Spot], None]


def _objects() -> dict[str, dict[str, Any]]:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    side = Side("thin", color=LINE)
    found: dict[str, dict[str, Any]] = {}
    for name, form in FORMS.items():
        found[name] = {
            "font": Font(name=FONT, sz=form.size, b=form.bold),
            "fill": PatternFill("solid", start_color=form.fill) if form.fill else PatternFill(),
            "border": Border(side, side, side, side) if form.has_lines else Border(),
            "alignment": Alignment(
                horizontal=form.horizontal, vertical="center", wrap_text=form.wrap or None
            ),
            "number_format": form.number_format,
        }
    return found


def _shared_styles(workbook: Any) -> Painter:
    from openpyxl.cell import Cell as ExcelCell

    kept: dict[str, Any] = {}
    for name, attributes in _objects().items():
        scratch = ExcelCell(workbook.worksheets[0], row=1, column=1)
        for attribute, value in attributes.items():
            setattr(scratch, attribute, value)
        kept[name] = scratch._style

    def paint(cell: Any, spot: Spot) -> None:
        cell._style = kept[spot.style]

    return paint


def _style_objects(_workbook: Any) -> Painter:
    objects = _objects()

    def paint(cell: Any, spot: Spot) -> None:
        for attribute, value in objects[spot.style].items():
            setattr(cell, attribute, value)

    return paint


def _openpyxl(painter: Callable[[Any], Painter]) -> bytes:
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    sheets: list[Any] = [workbook.create_sheet(page.name) for page in pages()]
    paint = painter(workbook)
    for sheet, page in zip(sheets, pages(), strict=True):
        _set_up(sheet, page)
        for spot in page.cells:
            paint(sheet.cell(spot.row, spot.column, plain(spot.value)), spot)
        for area in merged(page):
            sheet.merge_cells(area)
        if page.name == CHART:
            _add_chart(sheet)
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def _set_up(sheet: Any, page: Page) -> None:
    for column, width in enumerate(page.widths, start=1):
        sheet.column_dimensions[letters(column)].width = width
    sheet.page_setup.orientation, sheet.page_setup.paperSize = page.orientation, 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{HEADINGS}"
    sheet.print_area = f"A1:{address(page.last_row, page.last_column)}"
    sheet.freeze_panes = f"A{HEADINGS + 1}"
    sheet.oddHeader.right.text, sheet.oddFooter.center.text = "&A", "&P / &N"
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5


def _add_chart(sheet: Any) -> None:
    from openpyxl.chart import BarChart, Reference

    chart: Any = BarChart()
    chart.title = "団体別負担額"
    row = Reference(sheet, min_col=2, max_col=8, min_row=CHART_ROW)
    chart.add_data(row, from_rows=True, titles_from_data=False)
    chart.set_categories(Reference(sheet, min_col=2, max_col=8, min_row=HEADINGS))
    sheet.add_chart(chart, f"A{CHART_PLACE}")


# ---- XlsxWriter --------------------------------------------------------------------------------


def xlsxwriter() -> Action:
    """XlsxWriter in its normal mode, formulas with their values (X)."""
    return _xlsxwriter


def _xlsxwriter() -> bytes:
    from xlsxwriter import Workbook

    target = BytesIO()
    workbook = Workbook(target, {"in_memory": True})
    formats = {name: workbook.add_format(_properties(form)) for name, form in FORMS.items()}
    for page in pages():
        sheet = workbook.add_worksheet(page.name)
        _set_up_xlsxwriter(sheet, page)
        for area in merged(page):
            sheet.merge_range(area, "")
        for row, column, value, style in page.cells:
            _put(sheet, row - 1, column - 1, value, formats[style])
        if page.name == CHART:
            chart = workbook.add_chart({"type": "column"})
            names = [page.name, HEADINGS - 1, 1, HEADINGS - 1, 7]
            values = [page.name, CHART_ROW - 1, 1, CHART_ROW - 1, 7]
            chart.add_series({"categories": names, "values": values})
            chart.set_title({"name": "団体別負担額"})
            sheet.insert_chart(f"A{CHART_PLACE}", chart)
    workbook.close()
    return target.getvalue()


def _properties(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = {
        "font_name": FONT,
        "font_size": form.size,
        "bold": form.bold,
        "align": form.horizontal,
        "valign": "vcenter",
        "text_wrap": form.wrap,
        "num_format": form.number_format,
    }
    if form.fill:
        found |= {"pattern": 1, "bg_color": f"#{form.fill}"}
    return found | ({"border": 1, "border_color": f"#{LINE}"} if form.has_lines else {})


def _put(sheet: Any, row: int, column: int, value: Value, form: Any) -> None:
    if isinstance(value, Formula):
        sheet.write_formula(row, column, f"={value.text}", form, value.cached)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, form)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, form)
    elif value is None:
        sheet.write_blank(row, column, None, form)
    else:
        sheet.write_number(row, column, plain(value), form)


def _set_up_xlsxwriter(sheet: Any, page: Page) -> None:
    for column, width in enumerate(page.widths):
        sheet.set_column(column, column, width)
    if page.orientation == LANDSCAPE:
        sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, HEADINGS - 1)
    sheet.print_area(0, 0, page.last_row - 1, page.last_column - 1)
    sheet.freeze_panes(HEADINGS, 0)
    sheet.set_header("&R&A")
    sheet.set_footer("&C&P / &N")
    sheet.center_horizontally()
    sheet.set_margins(left=0.5, right=0.5)


CONTENDERS: dict[str, Callable[[], Action]] = {
    "W1": ours,
    "B0": bare,
    "U": usual,
    "X": xlsxwriter,
    "L": kept_shell,
    "Z": zipping,
}
