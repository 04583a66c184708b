"""A member's statement of what it pays and why (負担金明細書): 鑑, 負担金明細書, 算定内訳, データ.

うち消費税等 is not a column yet: costs carry no tax rate, and no figure is made up for it.
"""

from collections.abc import Iterator, Sequence

from consortium.domain.sharing.result import MONTH, ROUNDING, ItemResult, Portion, Pot, Result
from consortium.domain.sharing.sentences import number
from consortium.reports.book import Book, write
from consortium.reports.calculation import calculation
from consortium.reports.data_sheet import ASKED_COLUMNS, asked_rows, data_sheet, share_rows
from consortium.reports.data_sheet import COLUMNS as DATA_COLUMNS
from consortium.reports.document import StatementDocument, member_slot
from consortium.reports.dues import Asking, instalment_name
from consortium.reports.item_notes import item_notes
from consortium.reports.letter import letter
from consortium.reports.page import HEADING_ROW, head, notes, sign
from consortium.reports.registry import report
from consortium.reports.settlement import settlement_sheet
from consortium.reports.sheet import BLANK, Cell, Column, Date, Int, Ratio, Sheet, Text
from consortium.reports.wording import (
    OWN_APPROVAL,
    STAGES,
    item_name,
    months_in,
    months_of_item,
    numbered,
    rule_name,
    span,
)

SHEET = "負担金明細書"
COLUMNS = (
    Column("number", "番号", 6, "center"),
    Column("category", "経費区分", 32, "wrap"),
    Column("method", "按分方法", 28, "text"),
    Column("base", "対象経費", 16, "yen"),
    Column("ratio", "按分率（参考）", 16, "ratio"),
    Column("amount", "負担額", 16, "yen"),
    Column("remarks", "備考", 24, "text"),
)
_BASE, _RATIO, _AMOUNT, _REMARKS = 4, 5, 6, 7
_MARKED = ("marked", "marked_date", "marked_yen", "marked")


@report("statement", title="負担金明細書")
def render(document: StatementDocument, code: str) -> bytes:
    """Make one member's workbook; KeyError for a code that is not in the result."""
    slot = member_slot(code)
    only = None if document.shows_other_members else code
    steps = calculation(document, only)
    statement = _statement(document, code)
    codes = [code] if only else [party.code for party in document.result.parties]
    settled = [settlement_sheet(document, code)] if code in document.settling else []
    sheets = (statement, steps, *settled, _data(document, code, codes))
    for sheet in sheets:
        sign(sheet, document, slot)
    title = f"{_title(document)}　{document.name(code)}"
    book = (letter(document, code), *sheets)
    return write(Book(title, document.office, document.issued_at, book))


def _data(document: StatementDocument, code: str, codes: list[str]) -> Sheet:
    """Make データ; a notice says on the first row of its member what it asks for."""
    columns, rows = list(DATA_COLUMNS), list(share_rows(document.result, codes))
    if document.asking is not None:
        columns += ASKED_COLUMNS
        rows = list(asked_rows(rows, document.asking, code))
    return data_sheet(columns, rows, "負担金データ", is_sample=document.is_sample)


def _title(document: StatementDocument) -> str:
    label = STAGES[document.stage].label
    if document.asking is not None:
        label = f"{label}・{document.asking.name}"
    return f"{document.fiscal_year_label}共同クラウド運営負担金明細書（{label}）"


def _statement(document: StatementDocument, code: str) -> Sheet:
    """Make the sheet 負担金明細書."""
    result = document.result
    party = result.parties[result.position(code)]
    sheet = Sheet(SHEET, header_row=HEADING_ROW)
    sheet.least_widths = [column.width for column in COLUMNS]
    last = len(COLUMNS)
    head(sheet, _title(document), last, is_sample=document.is_sample)
    sheet.put(3, 1, Text("団体名"), "plain")
    sheet.put(3, 3, Text(f"{party.name}（団体コード {party.code}）"), "value")
    sheet.put(3, _AMOUNT, Text("発行日"), "label")
    sheet.put(3, _REMARKS, Date(document.issued_on), "date")
    sheet.put(5, last, Text("（単位：円）"), "unit")
    headings = [Text(column.heading) for column in COLUMNS]
    sheet.row(HEADING_ROW, headings, ["header"] * last)
    sheet.heights[HEADING_ROW] = 30
    total_row = _lines(sheet, result, code)
    sheet.frame((HEADING_ROW, 1, total_row, last), header=HEADING_ROW, double=[total_row])
    row = _instalments(sheet, document.asking, code, total_row + 2)
    notes(sheet, row, _notes(document, result.position(code)), last)
    return sheet


def _instalments(sheet: Sheet, asking: Asking | None, code: str, row: int) -> int:
    """Write the block 期別納付 of a notice; give the next free row."""
    if asking is None:
        return row
    headings = [Text(text) for text in ("期別", "納期限", "納付額", "備考")]
    # The columns are those of the table above: where it has more, a cell goes over several.
    spans = ((1, 2), (3, _RATIO), (_AMOUNT, _AMOUNT), (_REMARKS, _REMARKS))
    last = len(COLUMNS)
    sheet.put(row, 1, Text("期別納付"), "value")
    row += 1
    top = row
    for (left, right), heading in zip(spans, headings, strict=True):
        sheet.merge((row, left, row, right), heading, "header")
    for due in asking.dues[code]:
        row += 1
        is_now = due.no == asking.no
        remark = "今回" if is_now else f"{due.sent_as}で依頼済" if due.sent_as else ""
        cells: tuple[Cell, ...] = (
            Text(instalment_name(due.no)),
            Date(due.due_on),
            Int(due.amount),
            Text(remark),
        )
        styles = _MARKED if is_now else ("text", "text_date", "yen", "text")
        for (left, right), cell, style in zip(spans, cells, styles, strict=True):
            sheet.merge((row, left, row, right), cell, style)
    row += 1
    sheet.merge((row, 1, row, _RATIO), Text("計"), "total")
    sheet.put(row, _REMARKS, BLANK, "total")
    sheet.put(row, _AMOUNT, Int(sum(due.amount for due in asking.dues[code])), "total_yen")
    sheet.frame((top, 1, row, last), header=top, double=[row])
    return row + 2


def _lines(sheet: Sheet, result: Result, code: str) -> int:
    """Write the lines and 合計; give the row of 合計."""
    position = result.position(code)
    styles = [column.style for column in COLUMNS]
    row = HEADING_ROW + 1
    base_sum = amount_sum = 0
    for entry in result.items:
        for place, (method, base, ratio, amount) in enumerate(_shares(result, entry, position)):
            name, remarks = item_name(entry.item), _remarks(result, entry, position)
            cells: list[Cell] = [
                BLANK if place else Int(entry.item.no),
                Text(name),
                Text(method),
                Int(base),
                ratio,
                Int(amount),
                Text(remarks) if remarks else BLANK,
            ]
            sheet.row(row, cells, styles)
            sheet.fit_height(row, name, COLUMNS[1].width)
            base_sum, amount_sum, row = base_sum + base, amount_sum + amount, row + 1
    sheet.row(row, [BLANK] * len(COLUMNS), ["total"] * len(COLUMNS))
    sheet.merge((row, 1, row, 3), Text("合計"), "total")
    sheet.put(row, _BASE, Int(base_sum), "total_yen")
    sheet.put(row, _AMOUNT, Int(amount_sum), "total_yen")
    sheet.heights[row] = 24
    return row


def _shares(result: Result, entry: ItemResult, position: int) -> list[tuple[str, int, Cell, int]]:
    """Give method, 対象経費, 按分率 and amount of each line: per component, or one per item."""
    lines, split = [], set[str]()
    if entry.portions and entry.portions[0].records and entry.portions[0].kind != MONTH:
        pot = result.pots[entry.portions[0].pot]
        lines = _split(pot, entry.portions, position)
        split = {part.key for part in pot.components} | {ROUNDING}
    for row in result.rows(entry):
        if row.key not in split and (row.concerns[position] or row.amounts[position]):
            lines.append((row.label, row.base, BLANK, row.amounts[position]))
    return lines


def _split(
    pot: Pot, portions: Sequence[Portion], position: int
) -> list[tuple[str, int, Cell, int]]:
    """Give the lines of an item whose first records are of all its yen, with the member's part.

    Under 加入団体先取り those are the records of the whole year; what the member bears of them has
    two portions, so its part is that of the yen, not of the weights.
    """
    amounts = [
        sum(cuts) for cuts in zip(*(_cuts(each, position) for each in portions), strict=True)
    ]
    if pot.whole is not None:
        moved = sum(each.moved[position] for each in portions if each.moved)
        named, amounts = [(rule_name(pot), pot.whole)], [sum(amounts) + moved]
    else:
        named = [(component.label, component.weights) for component in pot.components]
    lines: list[tuple[str, int, Cell, int]] = []
    for (method, weights), record, amount in zip(named, portions[0].records, amounts, strict=True):
        base = sum(record.shares) + record.unallocated
        ratio: Cell = Ratio(weights.numerators[position], weights.denominator)
        if len(portions) > 1:
            ratio = Ratio(amount, base) if base else BLANK
        if weights.numerators[position]:
            lines.append((method, base, ratio, amount))
    return lines


def _cuts(portion: Portion, position: int) -> list[int]:
    """Give a member's yen of each component."""
    return [row[position] for row in portion.cuts]


def _remarks(result: Result, entry: ItemResult, position: int) -> str:
    """Say for which months, where it is not the whole fiscal year (備考)."""
    year = result.fiscal_year
    months = months_of_item(entry.item, year)
    if entry.portions:
        months = months_in(result, entry, position)
    if len(months) == len(year.months()):
        return ""
    return f"{span(months)}（{len(months)}か月）"


def _notes(document: StatementDocument, position: int) -> list[str]:
    """Give the notes below the table: items, rule and rounding, base figures, signs."""
    texts = list(item_notes(document.result, position))
    texts += [f"負担ルール　{note}" for note in document.rule_notes]
    texts += [f"算定基礎　{note}" for note in document.basis_notes]
    texts += _figures(document, position)
    texts.append(
        "対象経費は、この団体が負担に加わる経費の額です。按分率は参考であり、負担額は端数を含む"
        "正確な割合から算定しています（過程は「算定内訳」）。"
    )
    texts.append("△は、減額を表します。")
    texts += [OWN_APPROVAL] if document.own_approval else []
    return numbered(texts)


def _figures(document: StatementDocument, position: int) -> Iterator[str]:
    """Give the base figures that the shares rest on (基礎数値), of the others where they may be."""
    parties = document.result.parties
    shown = parties if document.shows_other_members else (parties[position],)
    for series in document.result.series:
        values = [
            f"{party.name} {number(series.values[party.code])}"
            for party in shown
            if party.code in series.values
        ]
        if values:
            yield f"基礎数値　{series.label}　{'、'.join(values)}"
