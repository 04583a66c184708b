"""The sheet 精算書 of a statement of the stage 精算: item by item, paid, final, difference."""

from consortium.reports.document import StatementDocument
from consortium.reports.dues import Settling
from consortium.reports.page import HEADING_ROW, head, notes
from consortium.reports.sheet import BLANK, UPRIGHT, Cell, Column, Date, Int, Sheet, Text
from consortium.reports.wording import DISPOSITIONS, numbered

SHEET = "精算書"
COLUMNS = (
    Column("number", "番号", 6, "center"),
    Column("category", "経費区分", 32, "wrap"),
    Column("paid", "概算納入額（Ａ）", 18, "yen"),
    Column("final", "確定額（Ｂ）", 18, "yen"),
    Column("difference", "過不足額（Ｂ－Ａ）", 20, "yen"),
    Column("remarks", "備考", 26, "text"),
)


def settlement_sheet(document: StatementDocument, code: str) -> Sheet:
    """Make the sheet; KeyError for a member without a settlement."""
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
    total_row = _lines(sheet, settling)
    sheet.frame((HEADING_ROW, 1, total_row, last), header=HEADING_ROW, double=[total_row])
    sheet.put(total_row + 2, 2, Text(settling.sentence), "value")
    sheet.put(total_row + 3, 2, Text(DISPOSITIONS[settling.disposition]), "plain")
    texts = numbered(
        [
            "概算納入額は、精算の前に有効であった算定による額です。合計は、発行日までに収納した額です。",
            "収納した額が算定による額と異なるときは、その差を「収納額との差」に示します。",
            "過不足額は、確定額から概算納入額を引いた額です。△は、還付又は充当する額を表します。",
        ]
    )
    notes(sheet, total_row + 5, texts, last)
    return sheet


def _lines(sheet: Sheet, settling: Settling) -> int:
    """Write the lines and 合計; give the row of 合計."""
    styles = [column.style for column in COLUMNS]
    row = HEADING_ROW + 1
    for line in settling.lines:
        cells: list[Cell] = [
            BLANK if line.no is None else Int(line.no),
            Text(line.name),
            Int(line.paid),
            Int(line.final),
            Int(line.final - line.paid),
            Text(line.remark) if line.remark else BLANK,
        ]
        sheet.row(row, cells, styles)
        sheet.fit_height(row, line.name, COLUMNS[1].width)
        row += 1
    sheet.row(row, [BLANK] * len(COLUMNS), ["total"] * len(COLUMNS))
    sheet.merge((row, 1, row, 2), Text("合計"), "total")
    sums = (settling.paid, settling.final, settling.difference)
    for column, amount in enumerate(sums, start=3):
        sheet.put(row, column, Int(amount), "total_yen")
    sheet.heights[row] = 24
    return row
