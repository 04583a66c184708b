"""The sheet データ: the same figures for machines, one value in each cell (機械判読用)."""

from collections import Counter
from collections.abc import Iterable, Sequence

from consortium.domain.sharing.result import ItemResult, Line, Result
from consortium.domain.sharing.tax import tax_of
from consortium.reports.data_lint import plain
from consortium.reports.dues import Asking
from consortium.reports.sheet import BLANK, Cell, Column, Int, Sheet, Text
from consortium.reports.statement_lines import in_one_line

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
        (line.code, line, base, tax)
        for entry in result.items
        for line, base, tax in _lines(result, entry)
        if line.code in wanted
    ]
    names = {party.code: party.name for party in result.parties}
    for code, line, base, tax in sorted(lines, key=lambda row: row[0]):
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
            tax,
        )


def _lines(result: Result, entry: ItemResult) -> Iterable[tuple[Line, int, Cell]]:
    """Give an item's lines, each with the yen of its component over all members and its tax.

    Rows that 明細書 prints as one line have the tax of that line together: each what it adds.
    """
    bases = {row.key: row.base for row in result.rows(entry)}
    joined, so_far = in_one_line(result, entry), Counter[str]()
    for line in result.lines_of(entry):
        before = so_far[line.code] if line.component in joined else 0
        if line.component in joined:
            so_far[line.code] += line.amount
        yield line, bases[line.component], _tax(line, before)


def _tax(line: Line, before: int) -> Cell:
    """Give うち消費税等; blank where the rate of the item is not known, which is not 0 yen."""
    whole = tax_of(line.item, line.component, before + line.amount)
    rest = tax_of(line.item, line.component, before)
    return BLANK if whole is None or rest is None else Int(whole - rest)
