"""The covering letter of a document (鑑)."""

from typing import NamedTuple

from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.fiscalyear.instalment import charged_months
from consortium.reports.document import ReminderDocument, StatementDocument, member_slot
from consortium.reports.page import sign, witness
from consortium.reports.sheet import BLANK, UPRIGHT, Cell, Date, Int, Sheet, Text
from consortium.reports.wording import (
    DISPOSITIONS,
    NOTICE_BODY,
    OWN_APPROVAL,
    PAYMENT,
    STAGES,
    addressee,
    you,
)

SHEET = "鑑"
_WIDTHS = (4, 13, 13, 13, 13, 13, 13, 9)
#: Characters of the value box D:H.
_VALUE_WIDTH = 60


class Point(NamedTuple):
    """One numbered point below 記 (記の項): label, what it says, style."""

    label: str
    cell: Cell
    style: str = "letter"


class Letter(NamedTuple):
    """What a letter says (鑑の内容)."""

    title: str
    #: lines of the body
    body: str
    points: list[Point]


def letter(document: StatementDocument, code: str) -> Sheet:
    """Make the letter that goes with a statement or a notice to one member."""
    return draw(document, code, _content(document, code))


def draw(document: StatementDocument | ReminderDocument, code: str, content: Letter) -> Sheet:
    """Draw a letter to one member (鑑の様式)."""
    sheet = Sheet(SHEET, UPRIGHT, one_page=True, least_widths=_WIDTHS)
    slot = member_slot(code)
    number = document.numbers.get(slot, "")
    if document.is_sample:
        sheet.put(1, 1, Text("【見本】実際の通知ではありません"), "letter_sample")
    sheet.merge((1, 7, 1, 8), Text(number) if number else BLANK, "letter_right")
    sheet.merge((2, 7, 2, 8), Date(document.issued_on), "letter_date")
    sheet.put(4, 2, Text(addressee(document.name(code))), "letter")
    sheet.put(7, 6, Text(f"{document.office}長"), "letter")
    sheet.put(8, 6, Text("（公印省略）"), "letter")
    sheet.merge((10, 1, 10, 8), Text(content.title), "letter_title")
    sheet.heights[10] = 30
    # One cell per line: wrapped lines stand too close, and might begin with 「。」.
    for row, line in enumerate(content.body.split("\n"), start=12):
        sheet.put(row, 2, Text(line), "letter")
    sheet.merge((15, 1, 15, 8), Text("記"), "letter_center")
    row = max(_points(sheet, content.points) + 1, 33)
    sheet.put(row, 2, Text(f"担当　{document.consortium}　幹事市　{document.office}"), "letter")
    sheet.put(row + 2, 2, Text(witness(document, slot)), "letter_small")
    sheet.put(row + 3, 8, BLANK, "letter")
    sign(sheet, document, slot)
    return sheet


def _points(sheet: Sheet, points: list[Point]) -> int:
    """Write the numbered points from row 17 on; give the first row after them."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    row = 17
    for number, (label, cell, style) in enumerate(points, start=1):
        numbered = f"{str(number).translate(wide)}　{label}"
        sheet.merge((row, 2, row, 3), Text(numbered), "letter")
        sheet.merge((row, 4, row, 8), cell, style)
        if isinstance(cell, Text):
            sheet.fit_height(row, cell.value, _VALUE_WIDTH)
        row += 2
    return row


def _content(document: StatementDocument, code: str) -> Letter:
    """Give the letter of a stage, or of the instalment that is asked for."""
    stage, name = STAGES[document.stage], document.name(code)
    title, body = f"{document.fiscal_year_label}{stage.subject}", stage.body
    if document.asking is not None:
        title = (
            f"{document.fiscal_year_label}共同クラウド運営負担金（{document.asking.name}）"
            "の納入について（依頼）"
        )
        body = NOTICE_BODY.replace("{instalment}", document.asking.name)
    body = body.format(year=document.fiscal_year_label, you=you(name))
    points = [*_amounts(document, code), Point("対象期間", Text(_period(document, code)))]
    points += _grounds(document)
    if document.own_approval:
        points.append(Point("承認", Text(OWN_APPROVAL), "letter_body"))
    return Letter(title, body, points)


def _amounts(document: StatementDocument, code: str) -> list[Point]:
    """Say what is to be paid: the instalment, or the year's amount and what became of it."""
    if document.asking is not None:
        due = document.asking.due(code)
        return [
            Point("今回の納入額", Int(due.amount), "letter_amount"),
            Point("納入期限", Date(due.due_on), "letter_day"),
            Point("納入方法", Text(PAYMENT), "letter_body"),
        ]
    amount = document.result.amount(code)
    points = [Point(STAGES[document.stage].amount, Int(amount), "letter_amount")]
    if document.before is not None:
        old = document.before.amounts.get(code)
        said: Cell = Text("－（今回からの負担）") if old is None else Int(old)
        points += [
            Point(STAGES[document.stage].before, said, "letter" if old is None else "letter_yen"),
            Point("差額", Int(amount - (old or 0)), "letter_yen"),
            Point("比べた算定", Text(document.before.title)),
        ]
    settling = document.settling.get(code)
    if settling is not None:
        said = Int(abs(settling.difference)) if settling.difference else Text("過不足なし")
        style = "letter_yen" if settling.difference else "letter"
        points += [
            Point("概算納入額", Int(settling.paid), "letter_yen"),
            Point(settling.heading, said, style),
            Point("過不足の処理", Text(DISPOSITIONS[settling.disposition]), "letter_body"),
        ]
    return points


def _period(document: StatementDocument, code: str) -> str:
    months = charged_months(document.result, code)
    if not months:
        return "該当する期間はありません"
    return f"{wareki_month(months[0])}から{wareki_month(months[-1])}まで（{len(months)}か月）"


def _grounds(document: StatementDocument) -> list[Point]:
    """Say by which rule, figures and edition, and where the items stand."""
    label = STAGES[document.stage].label
    inside = Point("内訳", Text("別紙「負担金明細書」及び「算定内訳」のとおり"))
    if document.asking is not None:
        edition = f"{label}　第{document.asking.run_edition}版の負担金による"
        return [inside, Point("算定", Text(edition))]
    if document.settling:
        inside = Point("内訳", Text("別紙「負担金明細書」、「算定内訳」及び「精算書」のとおり"))
    return [
        Point("負担ルール", Text("\n".join(document.rule_notes)), "letter_body"),
        Point("算定基礎", Text("\n".join(document.basis_notes)), "letter_body"),
        Point("版", Text(f"{label}　第{document.edition}版")),
        inside,
    ]
