"""The covering letter of a statement (鑑)."""

from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.fiscalyear.instalment import charged_months
from consortium.reports.document import StatementDocument, member_slot
from consortium.reports.page import sign, witness
from consortium.reports.sheet import BLANK, UPRIGHT, Cell, Date, Int, Sheet, Text
from consortium.reports.wording import (
    STAGES,
    addressee,
    you,
)

SHEET = "鑑"
_WIDTHS = (4, 13, 13, 13, 13, 13, 13, 9)
#: Characters of the value box D:H.
_VALUE_WIDTH = 60


def letter(document: StatementDocument, code: str) -> Sheet:
    """Make the letter to one member."""
    sheet = Sheet(SHEET, UPRIGHT, one_page=True, least_widths=_WIDTHS)
    slot = member_slot(code)
    name = document.result.parties[document.result.position(code)].name
    stage = STAGES[document.stage]
    number = document.numbers.get(slot, "")
    if document.is_sample:
        sheet.put(1, 1, Text("【見本】実際の通知ではありません"), "letter_sample")
    sheet.merge((1, 7, 1, 8), Text(number) if number else BLANK, "letter_right")
    sheet.merge((2, 7, 2, 8), Date(document.issued_on), "letter_date")
    sheet.put(4, 2, Text(addressee(name)), "letter")
    sheet.put(7, 6, Text(f"{document.office}長"), "letter")
    sheet.put(8, 6, Text("（公印省略）"), "letter")
    title = f"{document.fiscal_year_label}{stage.subject}"
    sheet.merge((10, 1, 10, 8), Text(title), "letter_title")
    sheet.heights[10] = 30
    body = stage.body.format(year=document.fiscal_year_label, you=you(name))
    # One cell per line: wrapped lines stand too close, and might begin with 「。」.
    for row, line in enumerate(body.split("\n"), start=12):
        sheet.put(row, 2, Text(line), "letter")
    sheet.merge((15, 1, 15, 8), Text("記"), "letter_center")
    row = max(_points(sheet, document, code) + 1, 33)
    sheet.put(row, 2, Text(f"担当　{document.consortium}　幹事市　{document.office}"), "letter")
    sheet.put(row + 2, 2, Text(witness(document, slot)), "letter_small")
    sheet.put(row + 3, 8, BLANK, "letter")
    sign(sheet, document, slot)
    return sheet


def _points(sheet: Sheet, document: StatementDocument, code: str) -> int:
    """Write the numbered points from row 17 on; give the first row after them."""
    result, stage = document.result, STAGES[document.stage]
    months = charged_months(result, code)
    period = (
        f"{wareki_month(months[0])}から{wareki_month(months[-1])}まで（{len(months)}か月）"
        if months
        else "該当する期間はありません"
    )
    points: list[tuple[str, Cell, str]] = [
        (f"１　{stage.amount}", Int(result.amount(code)), "letter_amount"),
        ("２　対象期間", Text(period), "letter"),
        ("３　負担ルール", Text("\n".join(document.rule_notes)), "letter_body"),
        ("４　算定基礎", Text("\n".join(document.basis_notes)), "letter_body"),
        ("５　版", Text(f"{stage.label}　第{document.edition}版"), "letter"),
        ("６　内訳", Text("別紙「負担金明細書」及び「算定内訳」のとおり"), "letter"),
    ]
    row = 17
    for label, cell, style in points:
        sheet.merge((row, 2, row, 3), Text(label), "letter")
        sheet.merge((row, 4, row, 8), cell, style)
        if isinstance(cell, Text):
            sheet.fit_height(row, cell.value, _VALUE_WIDTH)
        row += 2
    return row
