"""What our writer writes is what openpyxl alone would have written, cell by cell.

The writer stands on half-private parts of openpyxl, so the version is pinned, and this is the test
that a new one has to pass.
"""

from datetime import UTC
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.table import Table, TableStyleInfo

from consortium.reports.book import Book, write
from consortium.reports.sheet import NO_EDGES, Blank, Cell, Formula, Ratio, Sheet, Text
from consortium.reports.styles import STYLES
from tests.reports.books import DATA, FORM, everything


def test_the_version_of_openpyxl_is_the_one_the_writer_was_written_for() -> None:
    assert openpyxl.__version__ == "3.1.5"


def plainly(book: Book) -> bytes:
    """Write a book by the public ways of openpyxl and `Workbook.save`."""
    workbook: Any = openpyxl.Workbook()
    workbook.remove(workbook.active)
    normal = Font(name="游ゴシック", sz=11, family=3, charset=128)
    workbook._named_styles["Normal"].font = normal
    workbook._fonts[0] = normal
    for sheet in book.sheets:
        target = workbook.create_sheet(sheet.name)
        _put_cells(target, sheet)
        _set_up(target, sheet)
    for name, (title, row, column) in book.names.items():
        place = f"'{title}'!${get_column_letter(column)}${row}"
        workbook.defined_names[name] = DefinedName(name, attr_text=place)
    workbook.properties.creator, workbook.properties.title = book.creator, book.title
    workbook.properties.created = book.issued_at.astimezone(UTC).replace(tzinfo=None)
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def _put_cells(target: Any, sheet: Sheet) -> None:
    for (row, column), (cell, style) in {**sheet.cells, **_line_cells(sheet)}.items():
        written = target.cell(row, column)
        _paint(written, style, sheet.edges.get((row, column), NO_EDGES))
        written.value = _value(cell)
        if isinstance(cell, Text):
            written.data_type = "s"
            looks_typed = cell.value[0] == "=" or cell.value == "022021"
            written.quotePrefix = looks_typed and style != "code"
        if (row, column) in sheet.unlocked:
            written.protection = Protection(locked=False)


def _line_cells(sheet: Sheet) -> dict[tuple[int, int], tuple[Cell, str]]:
    if sheet.lines is None:
        return {}
    kinds: Any = sheet.lines.kinds
    return {
        (row, place + 1): (Blank() if value is None else kinds[place](value), styles)
        for row, values in enumerate(sheet.lines.values(), start=2)
        for place, (value, styles) in enumerate(zip(values, sheet.lines.styles, strict=True))
    }


def _value(cell: Cell) -> Any:
    match cell:
        case Ratio(above, below):
            return above / below
        case Formula(text, _):
            return f"={text}"
        case Blank():
            return None
    return cell.value


def _paint(cell: Any, name: str, edges: tuple[Any, ...]) -> None:
    style = STYLES[name]
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
    if edges != NO_EDGES:
        left, right, top, bottom = (Side(edge or None, color="808080") for edge in edges)
        cell.border = Border(left, right, top, bottom)


def _set_up(target: Any, sheet: Sheet) -> None:
    rows, columns = sheet.last
    last = f"{get_column_letter(columns)}{rows}"
    for row in range(1, rows + 1):
        target.row_dimensions[row].height = sheet.heights.get(row, sheet.row_height)
    for column, width in enumerate(sheet.widths(), start=1):
        target.column_dimensions[get_column_letter(column)].width = width
    target.sheet_format.defaultRowHeight, target.sheet_format.customHeight = 20, True
    for top, left, bottom, right in sheet.merges:
        target.merged_cells.add(CellRange(None, left, top, right, bottom))
    target.page_setup.orientation, target.page_setup.paperSize = sheet.orientation, sheet.paper
    target.page_setup.fitToWidth, target.page_setup.fitToHeight = 1, int(sheet.one_page)
    target.sheet_properties.pageSetUpPr.fitToPage = True
    target.page_margins.left = target.page_margins.right = 15 * (1 / 25.4)
    target.page_margins.top, target.page_margins.bottom = 20 * (1 / 25.4), 0.75
    target.page_margins.header = target.page_margins.footer = 0.31
    target.print_options.horizontalCentered = True
    target.print_area = f"A1:{last}"
    target.print_title_rows = f"1:{sheet.header_row}"
    target.freeze_panes = {FORM: "B3", DATA: "A2"}[sheet.name]
    target.sheet_view.showGridLines = False
    target.protection.sheet = sheet.is_protected
    if sheet.name == FORM:
        _dress_form(target)
    else:
        table = Table(displayName=sheet.table_name, ref=f"A1:{last}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
        target.add_table(table)
    head, foot = target.oddHeader, target.oddFooter
    parts = [(head.right, "&A", 9), (foot.center, "&P / &N", 8)]
    if sheet.name == FORM:
        parts += [(head.left, "見本", 12), (foot.left, "1台帳 && 2", 8)]
        parts += [(foot.right, "12号 [&&D]", 8)]
    for part, text, size in parts:
        part.text, part.size, part.font = text, size, "游ゴシック,標準"


_equal: Any = CellIsRule


def _dress_form(target: Any) -> None:
    for alarm in ("不一致", "桁数超過"):
        red = PatternFill("solid", start_color="FFC7CE", end_color="FFC7CE")
        rule = _equal(operator="equal", formula=[f'"{alarm}"'], fill=red)
        target.conditional_formatting.add("D5 A3", rule)
    chart = BarChart()
    chart.width, chart.height = 12, 6
    target.add_chart(chart, "A9")


LOOKS = ("font", "fill", "border", "alignment", "number_format", "protection", "quotePrefix")
PARTS = (
    "sheet_format",
    "sheet_properties",
    "page_setup",
    "page_margins",
    "print_options",
    "protection",
    "oddHeader",
    "oddFooter",
)
VALUES = (
    "print_area",
    "print_title_rows",
    "print_title_cols",
    "freeze_panes",
    "dimensions",
    "sheet_state",
)


@pytest.fixture(scope="module")
def both() -> tuple[Any, ...]:
    """Both workbooks, read back."""
    book = everything()
    return tuple(openpyxl.load_workbook(BytesIO(made)) for made in (write(book), plainly(book)))


def test_every_cell_has_the_value_and_the_look_of_the_plain_one(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    seen = 0
    for sheet in theirs.worksheets:
        own = ours[sheet.title]
        assert own.max_row == sheet.max_row
        assert own.max_column == sheet.max_column
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            written = own[cell.coordinate]
            looks = [[str(getattr(each, look)) for look in LOOKS] for each in (written, cell)]
            assert looks[0] == looks[1], cell
            assert written.data_type == cell.data_type, cell
            value = pytest.approx(cell.value) if type(cell.value) is float else cell.value
            assert written.value == value, cell
            seen += 1
    assert seen == 8 * 4 + 5 * 3


def test_every_sheet_has_the_set_up_of_the_plain_one(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    assert ours.sheetnames == theirs.sheetnames
    for sheet in theirs.worksheets:
        own = ours[sheet.title]
        assert {str(area) for area in own.merged_cells} == {str(a) for a in sheet.merged_cells}
        for name in PARTS:
            found, wanted = getattr(own, name), getattr(sheet, name)
            assert str(found) == str(wanted), name
        assert [getattr(own, name) for name in VALUES] == [getattr(sheet, n) for n in VALUES]
        assert own.sheet_view.showGridLines is sheet.sheet_view.showGridLines is False
        heights = [{n: d.ht for n, d in each.row_dimensions.items()} for each in (own, sheet)]
        widths = [{n: d.width for n, d in each.column_dimensions.items()} for each in (own, sheet)]
        assert heights[0] == heights[1]
        assert widths[0] == widths[1]
        assert [_tree(table) for table in own.tables.values()] == [
            _tree(table) for table in sheet.tables.values()
        ]
        rules = [
            [(str(area.sqref), [_tree(rule) for rule in area.rules], [r.dxf for r in area.rules])
             for area in each.conditional_formatting]
            for each in (own, sheet)
        ]  # fmt: skip
        assert rules[0] == rules[1]


def test_the_workbook_has_the_names_the_properties_and_the_place_of_the_chart(
    both: tuple[Any, Any],
) -> None:
    ours, theirs = both
    names = [{n: d.attr_text for n, d in each.defined_names.items()} for each in both]
    assert names[0] == names[1]
    assert names[0] == {"負担金合計": "'総括表'!$D$3", "今回納付額": "'総括表'!$B$3"}
    assert ours.calculation.fullCalcOnLoad is theirs.calculation.fullCalcOnLoad is True
    for name in ("creator", "title", "created"):
        assert getattr(ours.properties, name) == getattr(theirs.properties, name)
    places = [each[FORM]._charts[0].anchor for each in both]
    assert places[0]._from.row == places[1]._from.row == 8
    assert _tree(places[0].ext) == _tree(places[1].ext)


def _tree(part: Any) -> list[Any]:
    """Give a part of a workbook as what can be compared: name, attributes, parts inside."""

    def of(node: Any) -> list[Any]:
        return [node.tag, dict(node.attrib), node.text, [of(inner) for inner in node]]

    return of(part.to_tree())
