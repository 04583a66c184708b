"""The sheet 算定内訳: how each amount came about, step by step, in formulas (算定内訳).

Per item and component: the weights (指標), what rounding cut off (切捨額), what it left (剰余), the
order in which odd yen were served (順位), the amount (負担額), its sum and the check (検算).
"""

from consortium.domain.sharing.result import ItemResult, Result
from consortium.reports.calculation_items import Item
from consortium.reports.calculation_portions import Splitter
from consortium.reports.calculation_table import COLUMNS, SHEET, TOTAL, VALUES_ONLY, Due, Table
from consortium.reports.calculation_weights import inputs
from consortium.reports.document import StatementDocument
from consortium.reports.formulas import added
from consortium.reports.page import HEADING_ROW, head, notes
from consortium.reports.sheet import A3, A4, BLANK, Cell, Int, Sheet, Text
from consortium.reports.steps import Steps
from consortium.reports.wording import STAGES, takes_part

#: More members, or wider columns in all, need A3 to be read: long remainders have 15 digits.
MOST_ON_A4, WIDEST_ON_A4 = 10, 230


def calculation(document: StatementDocument, only: str | None = None) -> Steps:
    """Make the sheet; `only` keeps the other members' columns away from that member's file."""
    result = document.result
    positions = shown_positions(result) if only is None else (result.position(only),)
    sheet = Sheet(SHEET, row_height=18)
    top, last = _head(sheet, document, positions, only)
    table = Table(sheet, result, positions, top + 1, is_hidden=only is not None)
    steps = Steps(sheet, positions)
    inputs(table)
    lead = next((at for at, party in enumerate(result.parties) if party.is_lead), None)
    splitter = Splitter(table, lead)
    # Another town's direct charge stays out of a file that shows one town only.
    entries = [entry for entry in result.items if _concerns(result, entry, positions)]
    for entry in entries:
        Item(steps, table, splitter, entry).write()
    steps.total_row = _total(table, steps, entries)
    sheet.heights[steps.total_row] = 24
    sheet.frame((top, 1, steps.total_row, last), header=top, double=[steps.total_row])
    sheet.checks.append((top + 1, last, steps.total_row, last))
    sheet.is_protected = True
    widths = sheet.widths()
    for row in table.inputs.values():
        sheet.fit_height(row, table.label(row), widths[0])
    is_wide = len(positions) > MOST_ON_A4 or sum(widths) > WIDEST_ON_A4
    sheet.paper = A3 if is_wide else A4
    return steps


def shown_positions(result: Result) -> tuple[int, ...]:
    """Give the members that have a column: whom some item concerns, if only by a weight."""
    weighed = {
        at
        for pot in result.pots
        for part in pot.components
        for at, weight in enumerate(part.weights.numerators)
        if weight
    }
    return tuple(sorted(weighed.union(takes_part(result))))


def _head(
    sheet: Sheet, document: StatementDocument, positions: tuple[int, ...], only: str | None
) -> tuple[int, int]:
    """Write everything above the first line; give the row of the headings and the last column."""
    step, member, whole, check = COLUMNS
    sheet.least_widths = [step.width, *[member.width] * len(positions), whole.width, check.width]
    last = len(sheet.least_widths)
    stage = STAGES[document.stage].label
    title = f"{document.fiscal_year_label}共同クラウド運営負担金　算定内訳（{stage}）"
    parties = document.result.parties
    if only is not None:
        title += f"　{document.name(only)}"
    head(sheet, title, last, is_sample=document.is_sample)
    top = max(HEADING_ROW, notes(sheet, 3, document.rule_notes, last) + 1)
    sheet.put(top - 1, last, Text("（単位：円）"), "unit")
    names = [parties[position].name for position in positions]
    headings = [step.heading, *names, whole.heading, check.heading]
    sheet.row(top, [Text(heading) for heading in headings], ["header"] * last)
    sheet.heights[top] = 30
    sheet.header_row, sheet.frozen_columns = top, 1
    return top, last


def _concerns(result: Result, entry: ItemResult, positions: tuple[int, ...]) -> bool:
    """Say whether an item concerns any of the members shown."""
    codes = {result.parties[position].code for position in positions}
    return any(line.code in codes for line in result.lines_of(entry))


def _total(table: Table, steps: Steps, entries: list[ItemResult]) -> int:
    """Write 合計, and check it by the sums of the items."""
    total = sum(sum(entry.amounts) for entry in entries)
    rows = [steps.items[entry.item.no] for entry in entries]
    text = added([table.whole(row) for row in rows])
    check: Cell = VALUES_ONLY if rows else BLANK
    if text:
        right = sum(entry.item.amount - entry.unallocated for entry in entries)
        check = table.balance(table.row, total, Due(text, right))
    cells = table.added(rows, table.result.amounts) if rows else table.values(table.result.amounts)
    return table.line("合計", cells, Int(total) if not rows else total, TOTAL, check)
