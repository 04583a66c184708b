"""What openpyxl builds around the rows of a sheet (外枠): page, table, checks, protection."""

from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from consortium.reports.chart import bar_chart
from consortium.reports.sheet import (
    ALARMS,
    LANDSCAPE,
    Sheet,
    Text,
    address,
    area_address,
)
from consortium.reports.styles import BAD_FILL, GOTHIC

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_MM = 1 / 25.4
#: Excel calls a file broken whose header or footer is longer.
_HEADER_LIMIT = 255


def build(target: "Worksheet", sheet: Sheet, last: str) -> None:
    """Set up everything of a sheet but its cells, of which `last` is the last."""
    target.sheet_format.defaultRowHeight = sheet.row_height
    target.sheet_format.customHeight = True
    _set_page(target, sheet, last)
    if sheet.is_protected:
        target.protection.sheet = True
    if sheet.is_hidden:
        target.sheet_state = "hidden"
    if sheet.choices:
        _add_choices(target, sheet)
    if sheet.checks:
        _add_checks(target, sheet)
    if sheet.table_name:
        _add_table(target, sheet, last)
    if sheet.chart is not None:
        target.add_chart(bar_chart(sheet, sheet.chart), address(*sheet.chart.place))


def _set_page(target: "Worksheet", sheet: Sheet, last: str) -> None:
    from openpyxl.worksheet.pagebreak import Break

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
    if not sheet.is_hidden:  # some programs print a hidden sheet that has an area to print
        target.print_area = f"A1:{last}"
    target.sheet_view.showGridLines = False
    for row in sheet.breaks:
        target.row_breaks.append(Break(id=row - 1))
    if sheet.header_row:
        target.print_title_rows = f"1:{sheet.header_row}"
        target.freeze_panes = address(sheet.header_row + 1, sheet.frozen_columns + 1)


def header(sheet: Sheet) -> str:
    """Give the header: 見本 at the left, the name of the sheet at the right."""
    return _parts(("L", sheet.header_left, 12), ("R", "&A", 9))


def footer(sheet: Sheet) -> str:
    """Give the footer: register, page of pages, number and 照合符号."""
    left, right = sheet.footer_left, sheet.footer_right
    return _parts(("L", left, 8), ("C", "&P / &N", 8), ("R", right, 8))


def _parts(*parts: tuple[str, str, int]) -> str:
    """Join the parts that have a text; the space keeps a digit of it away from the size."""
    text = "".join(
        f'&{place}&"{GOTHIC},標準"&{size} {_doubled(text)}' for place, text, size in parts if text
    )
    if len(text) > _HEADER_LIMIT:
        raise ValueError(f"ヘッダー・フッターが長すぎます（{len(text)}文字）: {text}")
    return text


def _doubled(text: str) -> str:
    return text if text in ("&A", "&P / &N") else text.replace("&", "&&")


def _add_choices(target: "Worksheet", sheet: Sheet) -> None:
    """Let cells take words of a list only; whoever fills them in chooses (入力規則)."""
    from openpyxl.worksheet.datavalidation import DataValidation

    for words, areas in sheet.choices.items():
        rule: Any = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
        rule.showErrorMessage = True
        rule.errorTitle = "入力できない値です"
        rule.error = f"{'、'.join(words)} から選んでください。"
        for area in areas:
            rule.add(area_address(area))
        target.add_data_validation(rule)


def _add_checks(target: "Worksheet", sheet: Sheet) -> None:
    """Paint red what shows an alarm; a comparison names no cell, so it fits any area."""
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import PatternFill

    equal: Any = CellIsRule
    areas = " ".join(map(area_address, sheet.checks))
    for alarm in ALARMS:
        fill = PatternFill("solid", start_color=BAD_FILL, end_color=BAD_FILL)
        rule = equal(operator="equal", formula=[f'"{alarm}"'], fill=fill)
        target.conditional_formatting.add(areas, rule)


def _add_table(target: "Worksheet", sheet: Sheet, last: str) -> None:
    from openpyxl.worksheet.table import Table, TableStyleInfo

    if last.lstrip(ascii_uppercase) == "1":  # a table needs at least one line below its heading
        return
    table: Any = Table(displayName=sheet.table_name, ref=f"A1:{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    # openpyxl would look for the headings in its own cells, which there are none of.
    table._initialise_columns()
    for column, entry in enumerate(table.tableColumns, start=1):
        heading = sheet.cells[1, column][0]
        if not isinstance(heading, Text):
            raise TypeError(f"{sheet.name}: the heading of column {column} is no text")
        entry.name = heading.value
    target.add_table(table)
