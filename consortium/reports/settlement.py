"""The sheet 精算書 of a statement of the stage 精算: item by item, paid, final, difference."""

from consortium.reports.document import StatementDocument
from consortium.reports.dues import Settling
from consortium.reports.page import HEADING_ROW, column_sum, head, notes
from consortium.reports.sheet import (
    BLANK,
    UPRIGHT,
    Cell,
    Column,
    Date,
    Formula,
    Int,
    Sheet,
    Text,
    address,
    elsewhere,
)
from consortium.reports.steps import Steps
from consortium.reports.wording import DISPOSITIONS, numbered

SHEET = "精算書"
COLUMNS = (
    Column("number", "番号", 6, "center"),
    Column("category", "経費区分", 30, "wrap"),
    Column("paid", "概算納入額（Ａ）", 17, "yen"),
    Column("final", "確定額（Ｂ）", 17, "yen"),
    Column("difference", "過不足額（Ｂ－Ａ）", 17, "yen"),
    Column("remarks", "備考", 24, "text"),
)
_PAID, _FINAL, _DIFFERENCE = 3, 4, 5


def settlement_sheet(
    document: StatementDocument, code: str, steps: Steps
) -> tuple[Sheet, str, str]:
    """Make the sheet; give it with the cells of what was paid and of the difference, as formulas.

    Raises: KeyError for a member without a settlement.
    """
    settling = document.settling[code]
    sheet = Sheet(SHEET, UPRIGHT, header_row=HEADING_ROW)
    sheet.least_widths = [column.width for column in COLUMNS]
    last = len(COLUMNS)
    title = f"{document.fiscal_year_label}共同クラウド運営負担金精算書"
    head(sheet, title, last, is_sample=document.is_sample)
    sheet.put(3, 1, Text("団体名"), "plain")
    sheet.put(3, 2, Text(f"　{document.name(code)}（団体コード {code}）"), "value")
    sheet.put(3, last - 1, Text("発行日"), "label")
    sheet.put(3, last, Date(document.issued_on), "date")
    sheet.put(5, last, Text("（単位：円）"), "unit")
    sheet.row(HEADING_ROW, [Text(column.heading) for column in COLUMNS], ["header"] * last)
    sheet.heights[HEADING_ROW] = 30
    total_row = _lines(sheet, settling, steps, document.result.position(code))
    sheet.frame((HEADING_ROW, 1, total_row, last), header=HEADING_ROW, double=[total_row])
    sheet.put(total_row + 2, 2, _sentence(settling, address(total_row, _DIFFERENCE)), "value")
    sheet.put(total_row + 3, 2, Text(DISPOSITIONS[settling.disposition]), "plain")
    texts = numbered(
        [
            "概算納入額は、精算の前に有効であった算定による額です。合計は、発行日までに収納した額です。",
            "収納した額が算定による額と異なるときは、その差を「収納額との差」に示します。",
            "過不足額は、確定額から概算納入額を引いた額です。△は、還付又は充当する額を表します。",
        ]
    )
    notes(sheet, total_row + 5, texts, last)
    paid, difference = (elsewhere(SHEET, total_row, column) for column in (_PAID, _DIFFERENCE))
    return sheet, paid, difference


def _sentence(settling: Settling, place: str) -> Formula:
    """Say the difference in one sentence, by its cell (精算の文)."""
    more, less = (f'TEXT({sign}{place},"#,##0")&"円"' for sign in ("", "-"))
    text = f'IF({place}<0,"還付額　"&{less},IF({place}>0,"追加納入額　"&{more},"過不足なし"))'
    return Formula(text, settling.sentence)


def _lines(sheet: Sheet, settling: Settling, steps: Steps, position: int) -> int:
    """Write the lines and 合計; give the row of 合計."""
    styles = [column.style for column in COLUMNS]
    first = HEADING_ROW + 1
    for row, line in enumerate(settling.lines, start=first):
        final = None if line.no is None else steps.amount(line.no, position)
        cells: list[Cell] = [
            BLANK if line.no is None else Int(line.no),
            Text(line.name),
            Int(line.paid),
            Formula(final, line.final) if final else Int(line.final),
            _difference(row, line.final - line.paid),
            Text(line.remark) if line.remark else BLANK,
        ]
        sheet.row(row, cells, styles)
        sheet.fit_height(row, line.name, COLUMNS[1].width)
    row = first + len(settling.lines)
    sheet.row(row, [BLANK] * len(COLUMNS), ["total"] * len(COLUMNS))
    sheet.merge((row, 1, row, 2), Text("合計"), "total")
    for column, yen in ((_PAID, settling.paid), (_FINAL, settling.final)):
        sheet.put(row, column, column_sum(first, row, column, yen), "total_yen")
    sheet.put(row, _DIFFERENCE, _difference(row, settling.difference), "total_yen")
    sheet.heights[row] = 24
    return row


def _difference(row: int, yen: int) -> Formula:
    return Formula(f"{address(row, _FINAL)}-{address(row, _PAID)}", yen)
