"""A member's statement of what it pays and why (負担金明細書), with 鑑, 算定内訳 and データ."""

from collections.abc import Iterator, Sequence

from consortium.domain.sharing.sentences import number
from consortium.reports.calculation import calculation
from consortium.reports.data_sheet import ASKED_COLUMNS, asked_rows, data_sheet, share_rows
from consortium.reports.data_sheet import COLUMNS as DATA_COLUMNS
from consortium.reports.document import StatementDocument, member_slot
from consortium.reports.instalment_block import Contribution, instalment_block
from consortium.reports.item_notes import item_notes
from consortium.reports.letter import Links, letter
from consortium.reports.page import HEADING_ROW, bind, column_sum, head, keep_together, notes
from consortium.reports.registry import report
from consortium.reports.settlement import settlement_sheet
from consortium.reports.sheet import BLANK, Cell, Column, Date, Int, Sheet, Text, address, elsewhere
from consortium.reports.statement_lines import Line, statement_lines
from consortium.reports.steps import Steps
from consortium.reports.wording import OWN_APPROVAL, STAGES, item_name, numbered

SHEET = "負担金明細書"
#: Names of cells that other programs may ask for (名前の定義).
WHOLE_NAME, ASKED_NAME = "負担金合計", "今回納付額"
COLUMNS = (
    Column("number", "番号", 6, "center"),
    Column("category", "経費区分", 30, "wrap"),
    Column("method", "按分方法", 28, "text"),
    Column("base", "対象経費", 16, "yen"),
    Column("ratio", "按分率（参考）", 14, "ratio"),
    Column("amount", "負担額", 16, "yen"),
    Column("tax", "うち消費税等", 15, "yen"),
    Column("remarks", "備考", 20, "text"),
)
_BASE, _RATIO, _AMOUNT, _TAX, _REMARKS = 4, 5, 6, 7, 8


@report("statement", title="負担金明細書")
def render(document: StatementDocument, code: str) -> bytes:
    """Make one member's workbook; KeyError for a code that is not in the result."""
    only = None if document.shows_other_members else code
    steps = calculation(document, only)
    statement, places = _statement(document, code, steps)
    links = Links(elsewhere(SHEET, *places[WHOLE_NAME]))
    if ASKED_NAME in places:
        links = links._replace(asked=elsewhere(SHEET, *places[ASKED_NAME]))
    settled = []
    if code in document.settling:
        settling, paid, difference = settlement_sheet(document, code, steps)
        settled, links = [settling], links._replace(paid=paid, difference=difference)
    codes = [code] if only else [party.code for party in document.result.parties]
    sheets = (statement, steps.sheet, *settled, _data(document, code, codes))
    title = f"{_title(document)}　{document.name(code)}"
    names = {name: (SHEET, *place) for name, place in places.items()}
    book = (letter(document, code, links), *sheets)
    return bind(document, member_slot(code), title, book, names)


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


def _statement(
    document: StatementDocument, code: str, steps: Steps
) -> tuple[Sheet, dict[str, tuple[int, int]]]:
    """Make the sheet 負担金明細書; give it with the places of its named cells."""
    result = document.result
    position = result.position(code)
    party = result.parties[position]
    sheet = Sheet(SHEET, header_row=HEADING_ROW)
    sheet.least_widths = [column.width for column in COLUMNS]
    last = len(COLUMNS)
    head(sheet, _title(document), last, is_sample=document.is_sample)
    sheet.merge((3, 1, 3, 2), Text("団体名"), "plain")
    sheet.put(3, 3, Text(f"{party.name}（団体コード {party.code}）"), "value")
    sheet.put(3, _TAX, Text("発行日"), "label")
    sheet.put(3, _REMARKS, Date(document.issued_on), "date")
    sheet.put(5, last, Text("（単位：円）"), "unit")
    headings = [Text(column.heading) for column in COLUMNS]
    sheet.row(HEADING_ROW, headings, ["header"] * last)
    sheet.heights[HEADING_ROW] = 30
    lines = statement_lines(result, position)
    total_row = _lines(sheet, lines, steps, position)
    sheet.frame((HEADING_ROW, 1, total_row, last), header=HEADING_ROW, double=[total_row])
    places = {WHOLE_NAME: (total_row, _AMOUNT)}
    row = total_row + 2
    if document.asking is not None:
        whole = Contribution(address(total_row, _AMOUNT), result.amount(code))
        top = row
        asked, row = instalment_block(sheet, document.asking, code, top, whole)
        keep_together(sheet, top - 1, row - 1)
        places[ASKED_NAME] = (asked, _AMOUNT)
    notes(sheet, row, _notes(document, position, lines), last)
    return sheet, places


def _lines(sheet: Sheet, lines: Sequence[Line], steps: Steps, position: int) -> int:
    """Write the lines and 合計; give the row of 合計."""
    styles = [column.style for column in COLUMNS]
    first = row = HEADING_ROW + 1
    numbers = set[int]()
    for row, line in enumerate(lines, start=first):
        name, no = item_name(line.item), line.item.no
        base, ratio, amount = line.linked(steps, position)
        cells: list[Cell] = [
            BLANK if no in numbers else Int(no),
            Text(name),
            Text(line.method),
            base,
            ratio,
            amount,
            line.tax_cell(address(row, _AMOUNT)),
            Text(line.remarks) if line.remarks else BLANK,
        ]
        numbers.add(no)
        sheet.row(row, cells, styles)
        sheet.fit_height(row, name, COLUMNS[1].width)
    row = first + len(lines)
    sheet.row(row, [BLANK] * len(COLUMNS), ["total"] * len(COLUMNS))
    sheet.merge((row, 1, row, 3), Text("合計"), "total")
    taxes = [line.tax for line in lines if line.tax is not None]
    sums = {_BASE: [line.base for line in lines], _AMOUNT: [line.amount for line in lines]}
    if taxes or not lines:
        sums[_TAX] = taxes
    for column, yen in sums.items():
        sheet.put(row, column, column_sum(first, row, column, sum(yen)), "total_yen")
    sheet.heights[row] = 24
    return row


def _notes(document: StatementDocument, position: int, lines: Sequence[Line]) -> list[str]:
    """Give the notes below the table: items, rule and rounding, base figures, tax, signs."""
    texts = list(item_notes(document.result, position))
    texts += [f"負担ルール　{note}" for note in document.rule_notes]
    texts += [f"算定基礎　{note}" for note in document.basis_notes]
    texts += _figures(document, position)
    texts.append(
        "対象経費は、この団体が負担に加わる経費の額です。按分率は参考であり、負担額は端数を含む"
        "正確な割合から算定しています（過程は「算定内訳」）。"
    )
    texts.append(_tax_note(lines))
    texts.append("△は、減額を表します。")
    texts += [OWN_APPROVAL] if document.own_approval else []
    return numbered(texts)


def _tax_note(lines: Sequence[Line]) -> str:
    """Say what うち消費税等 is, and of which items it is not known."""
    text = "うち消費税等は、負担額に含まれる消費税及び地方消費税の額（円未満切捨て）です。"
    unknown = dict.fromkeys(line.item.no for line in lines if line.tax is None)
    if not unknown:
        return text
    numbers = "、".join(map(str, unknown))
    return f"{text}番号{numbers}は、税率の登録がないため空欄とし、合計に含めていません。"


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
