"""The lead city's book: all members' amounts (負担金総括表), 算定内訳, データ and 要因分解."""

from math import ceil

from consortium.domain.sharing.result import Result
from consortium.reports.calculation import MOST_ON_A4, calculation
from consortium.reports.causes import causes_sheet
from consortium.reports.data_sheet import COLUMNS as DATA_COLUMNS
from consortium.reports.data_sheet import data_sheet, share_rows
from consortium.reports.document import LEAD_SLOT, StatementDocument
from consortium.reports.page import (
    HEADING_ROW,
    bind,
    column_sum,
    head,
    keep_together,
    notes,
    witness,
)
from consortium.reports.registry import report
from consortium.reports.sheet import (
    A3,
    A4,
    BLANK,
    Cell,
    Chart,
    Column,
    Date,
    Formula,
    Int,
    Ratio,
    Sheet,
    Text,
    address,
)
from consortium.reports.steps import Steps
from consortium.reports.wording import OWN_APPROVAL, STAGES, item_name, numbered, takes_part

SHEET = "負担金総括表"
COLUMNS = (
    Column("category", "経費区分", 30),
    Column("member", "", 14, "yen"),
    Column("unallocated", "端数差額", 12, "yen"),
    Column("total", "計", 16, "yen"),
)
#: 決裁欄, from the highest rank down.
APPROVERS = ("課長", "課長補佐", "係長", "担当")
_STAMP_HEIGHT = 42
#: The chart: its width, what its title and axis take of its height, and a member's bar, in cm.
_CHART_WIDTH, _CHART_FRAME, _BAR = 24, 2.4, 0.7
_POINTS_IN_A_CM = 28.35


@report("summary", title="負担金総括表")
def render(document: StatementDocument) -> bytes:
    """Make the lead city's workbook."""
    steps = calculation(document)
    data = data_sheet(
        DATA_COLUMNS,
        share_rows(document.result, [party.code for party in document.result.parties]),
        "負担金データ",
        is_sample=document.is_sample,
    )
    sheets = [_summary(document, steps), steps.sheet, data]
    if document.compared is not None:
        issued, is_sample = ("発行日", document.issued_on), document.is_sample
        sheets.append(
            causes_sheet(document.compared, document.consortium, issued, is_sample=is_sample)
        )
    return bind(document, LEAD_SLOT, _title(document), sheets)


def _title(document: StatementDocument) -> str:
    label = STAGES[document.stage].label
    return f"{document.fiscal_year_label}共同クラウド運営負担金総括表（{label}）"


def _summary(document: StatementDocument, steps: Steps) -> Sheet:
    """Make the sheet 負担金総括表."""
    result = document.result
    positions = takes_part(result)
    category, member, rest, total = COLUMNS
    extra = [rest] if result.leaves_rest else []
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
    row = _rows(sheet, result, positions, steps)
    sheet.frame((HEADING_ROW, 1, row, last), header=HEADING_ROW, double=[row - 1])
    row = _chart(sheet, row, len(positions))
    texts = numbered(
        [
            *(f"負担ルール　{note}" for note in document.rule_notes),
            *(f"算定基礎　{note}" for note in document.basis_notes),
            *(f"確認事項　{finding.text}" for finding in result.findings),
            "△は、減額を表します。構成比は表示のための値で、合計が100％にならないことがあります。",
            *([OWN_APPROVAL] if document.own_approval else []),
        ]
    )
    notes(sheet, row, [*texts, witness(document, LEAD_SLOT)], last)
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


def _rows(sheet: Sheet, result: Result, positions: tuple[int, ...], steps: Steps) -> int:
    """Write a row per item, then 合計 and 構成比; give the last row."""
    first = HEADING_ROW + 1
    shows_rest = result.leaves_rest
    for row, entry in enumerate(result.items, start=first):
        no, amounts = entry.item.no, entry.amounts
        cells = [_linked(steps.amount(no, each), amounts[each]) for each in positions]
        if shows_rest:
            cells.append(_linked(steps.unallocated(no), entry.unallocated))
        whole = f"SUM({address(row, 2)}:{address(row, len(cells) + 1)})"
        cells.append(Formula(whole, sum(amounts) + entry.unallocated))
        name = f"{no}　{item_name(entry.item)}"
        sheet.put(row, 1, Text(name), "wrap")
        sheet.fit_height(row, name, COLUMNS[0].width)
        sheet.row(row, cells, ["yen"] * len(cells), first=2)
    sums: list[int] = [result.amounts[position] for position in positions]
    sums += [result.unallocated] if shows_rest else []
    sums.append(result.total)
    row = first + len(result.items)
    whole = f"${address(row, len(sums) + 1)}"
    sheet.put(row, 1, Text("合計"), "total")
    sheet.put(row + 1, 1, Text("構成比"), "total")
    sheet.heights[row] = 24
    for column, amount in enumerate(sums, start=2):
        sheet.put(row, column, column_sum(first, row, column, amount), "total_yen")
        ratio: Cell = BLANK
        if result.total > 0:
            ratio = Formula(f"{address(row, column)}/{whole}", Ratio(amount, result.total))
        sheet.put(row + 1, column, ratio, "total_percent")
    return row + 1


def _linked(text: str | None, yen: int) -> Cell:
    return Int(yen) if text is None else Formula(text, yen)


def _chart(sheet: Sheet, last: int, members: int) -> int:
    """Draw the members' amounts two rows below the table; give the next free row (グラフ)."""
    if not members:
        return last + 2
    total, place = last - 1, last + 2
    height = _CHART_FRAME + _BAR * members
    sheet.chart = Chart(
        "団体別負担額（円）",
        (HEADING_ROW, 2, HEADING_ROW, members + 1),
        (total, 2, total, members + 1),
        (place, 1),
        (_CHART_WIDTH, height),
    )
    after = place + ceil(height * _POINTS_IN_A_CM / sheet.row_height)
    keep_together(sheet, place - 1, after)
    return after + 1
