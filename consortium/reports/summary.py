"""All members' amounts on one sheet for the lead city (負担金総括表), and データ of all members."""

from consortium.domain.sharing.result import Result
from consortium.reports.book import Book, write
from consortium.reports.calculation import MOST_ON_A4
from consortium.reports.data_sheet import COLUMNS as DATA_COLUMNS
from consortium.reports.data_sheet import data_sheet, share_rows
from consortium.reports.document import LEAD_SLOT, StatementDocument
from consortium.reports.page import HEADING_ROW, head, notes, sign, witness
from consortium.reports.registry import report
from consortium.reports.sheet import A3, A4, BLANK, Cell, Column, Date, Int, Ratio, Sheet, Text
from consortium.reports.wording import OWN_APPROVAL, STAGES, item_name, numbered, takes_part

SHEET = "負担金総括表"
COLUMNS = (
    Column("category", "経費区分", 36),
    Column("member", "", 14, "yen"),
    Column("unallocated", "端数差額", 12, "yen"),
    Column("total", "計", 16, "yen"),
)
#: 決裁欄, from the highest rank down.
APPROVERS = ("課長", "課長補佐", "係長", "担当")
_STAMP_HEIGHT = 42


@report("summary", title="負担金総括表")
def render(document: StatementDocument) -> bytes:
    """Make the lead city's workbook."""
    summary = _summary(document)
    data = data_sheet(
        DATA_COLUMNS,
        share_rows(document.result, [party.code for party in document.result.parties]),
        "負担金データ",
        is_sample=document.is_sample,
    )
    for sheet in (summary, data):
        sign(sheet, document, LEAD_SLOT)
    title = _title(document)
    return write(Book(title, document.office, document.issued_at, (summary, data)))


def _title(document: StatementDocument) -> str:
    label = STAGES[document.stage].label
    return f"{document.fiscal_year_label}共同クラウド運営負担金総括表（{label}）"


def _summary(document: StatementDocument) -> Sheet:
    """Make the sheet 負担金総括表."""
    result = document.result
    positions = takes_part(result)
    category, member, rest, total = COLUMNS
    extra = [rest] if result.unallocated else []
    names = [result.parties[position].name for position in positions]
    headings = [category.heading, *names, *(each.heading for each in (*extra, total))]
    sheet = Sheet(SHEET, paper=A4 if len(positions) <= MOST_ON_A4 else A3, header_row=HEADING_ROW)
    sheet.frozen_columns = 1
    sheet.least_widths = [
        category.width,
        *[member.width] * len(positions),
        *[each.width for each in (*extra, total)],
    ]
    last = len(headings)
    head(sheet, _title(document), last, is_sample=document.is_sample)
    sheet.put(3, 1, Text(f"{document.consortium}　第{document.edition}版"), "value")
    sheet.put(4, 1, Date(document.issued_on), "date")
    _approval(sheet, last)
    sheet.put(5, last, Text("（単位：円）"), "unit")
    sheet.row(HEADING_ROW, [Text(heading) for heading in headings], ["header"] * last)
    sheet.heights[HEADING_ROW] = 30
    row = _rows(sheet, result, positions)
    sheet.frame((HEADING_ROW, 1, row, last), header=HEADING_ROW, double=[row - 1])
    texts = numbered(
        [
            *(f"負担ルール　{note}" for note in document.rule_notes),
            *(f"算定基礎　{note}" for note in document.basis_notes),
            *(f"確認事項　{finding.text}" for finding in result.findings),
            "△は、減額を表します。構成比は表示のための値で、合計が100％にならないことがあります。",
            *([OWN_APPROVAL] if document.own_approval else []),
        ]
    )
    notes(sheet, row + 2, [*texts, witness(document, LEAD_SLOT)], last)
    return sheet


def _approval(sheet: Sheet, last: int) -> None:
    """Draw the boxes for the seals of approval at the right of rows 3 and 4 (決裁欄)."""
    first = max(3, last - len(APPROVERS) + 1)
    right = first + len(APPROVERS) - 1
    for offset, rank in enumerate(APPROVERS):
        sheet.put(3, first + offset, Text(rank), "center")
    sheet.heights[4] = _STAMP_HEIGHT
    beyond = [COLUMNS[1].width] * (right - last)
    sheet.least_widths = [*sheet.least_widths, *beyond]
    sheet.frame((3, first, 4, right))


def _rows(sheet: Sheet, result: Result, positions: tuple[int, ...]) -> int:
    """Write a row per item, then 合計 and 構成比; give the last row."""
    row = HEADING_ROW + 1
    shows_rest = bool(result.unallocated)
    for entry in result.items:
        amounts = entry.amounts
        cells = [Int(amounts[position]) for position in positions]
        if shows_rest:
            cells.append(Int(entry.unallocated))
        cells.append(Int(sum(amounts) + entry.unallocated))
        name = f"{entry.item.no}　{item_name(entry.item)}"
        sheet.put(row, 1, Text(name), "wrap")
        sheet.fit_height(row, name, COLUMNS[0].width)
        sheet.row(row, cells, ["yen"] * len(cells), first=2)
        row += 1
    sums = [result.amounts[position] for position in positions]
    sums += [result.unallocated] if shows_rest else []
    sums.append(result.total)
    sheet.put(row, 1, Text("合計"), "total")
    sheet.row(row, [Int(amount) for amount in sums], ["total_yen"] * len(sums), first=2)
    sheet.heights[row] = 24
    ratios: list[Cell] = [
        Ratio(amount, result.total) if result.total > 0 else BLANK for amount in sums
    ]
    sheet.put(row + 1, 1, Text("構成比"), "total")
    sheet.row(row + 1, ratios, ["total_percent"] * len(sums), first=2)
    return row + 1
