"""The sheet データ: the same figures for machines, one value in each cell (機械判読用)."""

from collections.abc import Iterable, Sequence

from consortium.domain.sharing.result import ItemResult, Line, Result
from consortium.domain.sharing.tax import tax_of
from consortium.reports.data_lint import plain
from consortium.reports.dues import Asking
from consortium.reports.sheet import BLANK, Cell, Column, Int, Sheet, Text

SHEET = "データ"
SAMPLE_COLUMN = Column("sample", "データ区分", 12, "data")

COLUMNS = (
    Column("year", "年度", 10, "data_int"),
    Column("code", "団体コード", 12, "data_code"),
    Column("name", "団体名", 12, "data"),
    Column("item_no", "経費番号", 8, "data_int"),
    Column("category", "経費区分", 28, "data"),
    Column("item", "費目", 28, "data"),
    Column("method", "按分方法", 24, "data"),
    Column("base", "対象経費_円", 14, "data_int"),
    Column("amount", "負担額_円", 14, "data_int"),
    Column("tax", "消費税等_円", 14, "data_int"),
)
#: Further columns of a notice; the amount stands once, so that a sum of the column is right.
ASKED_COLUMNS = (
    Column("instalment", "期", 8, "data_int"),
    Column("due_on", "納入期限", 14, "data"),
    Column("asked", "今回納入額_円", 14, "data_int"),
)


def asked_rows(
    rows: Iterable[tuple[Cell, ...]], asking: Asking, code: str
) -> Iterable[tuple[Cell, ...]]:
    """Add to each row the instalment, and to the first of the member what is asked (納入依頼)."""
    due, is_open = asking.due(code), True
    for row in rows:
        is_first = is_open and row[1] == Text(code)
        is_open = is_open and not is_first
        amount: Cell = Int(due.amount) if is_first else BLANK
        yield (*row, Int(due.no), Text(due.due_on.isoformat()), amount)


def data_sheet(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], table: str, *, is_sample: bool
) -> Sheet:
    """Make the sheet: headings in row 1, then one row per record; 見本 is a column of its own."""
    extra: tuple[Cell, ...] = (Text("見本"),) if is_sample else ()
    columns = (*columns, *((SAMPLE_COLUMN,) if is_sample else ()))
    sheet = Sheet(SHEET, table_name=table, header_row=1)
    sheet.least_widths = [column.width for column in columns]
    styles = [column.style for column in columns]
    heads = ["data_head_int" if style == "data_int" else "data_head" for style in styles]
    sheet.row(1, [Text(column.heading) for column in columns], heads)
    for number, cells in enumerate(rows, start=2):
        sheet.row(number, [_plain(cell) for cell in (*cells, *extra)], styles)
    return sheet


def _plain(cell: Cell) -> Cell:
    if not isinstance(cell, Text):
        return cell
    text = plain(cell.value)
    return Text(text) if text else BLANK


def share_rows(result: Result, codes: Iterable[str]) -> Iterable[tuple[Cell, ...]]:
    """Give a row per member, item and component of the members named, in code order.

    対象経費_円 is what the component carries over all members, so that the different values of
    an item add up to its amount.
    """
    wanted = set(codes)
    lines = [
        (line.code, line, base)
        for entry in result.items
        for line, base in _lines(result, entry)
        if line.code in wanted
    ]
    names = {party.code: party.name for party in result.parties}
    for code, line, base in sorted(lines, key=lambda row: row[0]):
        yield (
            Int(result.fiscal_year.start_year),
            Text(code),
            Text(names[code]),
            Int(line.item.no),
            Text(line.item.category),
            Text(line.item.name),
            Text(line.method),
            Int(base),
            Int(line.amount),
            _tax(line),
        )


def _tax(line: Line) -> Cell:
    """Give うち消費税等; blank where the rate of the item is not known, which is not 0 yen."""
    yen = tax_of(line.item, line.component, line.amount)
    return BLANK if yen is None else Int(yen)


def _lines(result: Result, entry: ItemResult) -> Iterable[tuple[Line, int]]:
    """Give an item's lines, each with the yen of its component over all members."""
    bases = {row.key: row.base for row in result.rows(entry)}
    for line in result.lines_of(entry):
        yield line, bases[line.component]
