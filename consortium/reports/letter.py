"""The covering letter of a document (鑑)."""

from typing import NamedTuple

from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.fiscalyear.instalment import charged_months
from consortium.reports.document import ReminderDocument, StatementDocument, member_slot
from consortium.reports.dues import Before, Settling
from consortium.reports.page import witness
from consortium.reports.sheet import (
    BLANK,
    UPRIGHT,
    Cell,
    Date,
    Formula,
    Int,
    Sheet,
    Text,
    address,
    length,
)
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
#: Characters of the value box D:H, and of the sender's name before the seal.
_VALUE_WIDTH, _SENDER_WIDTH = 60, 24
_FIRST_POINT, _VALUE = 17, 4
#: Row of 担当, and the last one of the page, where the points leave them there.
_CONTACT, _LAST = 33, 38


class Links(NamedTuple):
    """Cells of the other sheets that the letter shows (鑑が示すセル), as formula text.

    The year's amount, the instalment asked for, what was paid and its difference to the amount.
    """

    amount: str
    asked: str = ""
    paid: str = ""
    difference: str = ""


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


def letter(document: StatementDocument, code: str, links: Links) -> Sheet:
    """Make the letter that goes with a statement or a notice to one member."""
    return draw(document, code, _content(document, code, links))


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
    _sender(sheet, f"{document.office}長")
    sheet.merge((10, 1, 10, 8), Text(content.title), "letter_title")
    sheet.heights[10] = 30
    # One cell per line: wrapped lines stand too close, and might begin with 「。」.
    for row, line in enumerate(content.body.split("\n"), start=12):
        sheet.put(row, 2, Text(line), "letter")
    sheet.merge((15, 1, 15, 8), Text("記"), "letter_center")
    row = max(_points(sheet, content.points) + 1, _CONTACT)
    for line in (f"担当　{document.consortium}", f"　　　幹事市　{document.office}"):
        sheet.put(row, 2, Text(line), "letter")
        row += 1
    sheet.put(row, 2, Text(witness(document, slot)), "letter_small")
    sheet.put(max(row, _LAST), 8, BLANK, "letter")
    return sheet


def _sender(sheet: Sheet, name: str) -> None:
    """Write who sends it and that the seal is left out; a long name from the right margin."""
    is_short = length(name) <= _SENDER_WIDTH
    place, style = ((7, 6), "letter") if is_short else ((7, 8), "letter_right")
    sheet.put(*place, Text(name), style)
    sheet.put(7 if is_short else 8, 8, Text("（公印省略）"), "letter_right")


def _points(sheet: Sheet, points: list[Point]) -> int:
    """Write the numbered points from row 17 on; give the first row after them."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    row = _FIRST_POINT
    for number, (label, cell, style) in enumerate(points, start=1):
        numbered = f"{str(number).translate(wide)}　{label}"
        sheet.merge((row, 2, row, 3), Text(numbered), "letter")
        sheet.merge((row, _VALUE, row, 8), cell, style)
        if isinstance(cell, Text):
            sheet.fit_height(row, cell.value, _VALUE_WIDTH)
        row += 2
    return row


def _content(document: StatementDocument, code: str, links: Links) -> Letter:
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
    points = [*_amounts(document, code, links), Point("対象期間", Text(_period(document, code)))]
    points += _grounds(document)
    if document.own_approval:
        points.append(Point("承認", Text(OWN_APPROVAL), "letter_body"))
    return Letter(title, body, points)


def _amounts(document: StatementDocument, code: str, links: Links) -> list[Point]:
    """Say what is to be paid: the instalment, or the year's amount and what became of it."""
    if document.asking is not None:
        due = document.asking.due(code)
        return [
            Point("今回の納入額", Formula(links.asked, due.amount), "letter_amount"),
            Point("納入期限", Date(due.due_on), "letter_day"),
            Point("納入方法", Text(PAYMENT), "letter_body"),
        ]
    amount, stage = document.result.amount(code), STAGES[document.stage]
    points = [Point(stage.amount, Formula(links.amount, amount), "letter_amount")]
    if document.before is not None:
        points += _changed(document.before, document.before.amounts.get(code), amount, stage.before)
    settling = document.settling.get(code)
    if settling is not None:
        points += _settled(settling, links)
    return points


def _changed(before: Before, old: int | None, amount: int, heading: str) -> list[Point]:
    """Say what was issued before; it stands right below the amount, the difference below it."""
    new_place, old_place = (address(_FIRST_POINT + down, _VALUE) for down in (0, 2))
    points = [Point(heading, Text("－（今回からの負担）"))]
    difference = Formula(new_place, amount)
    if old is not None:
        points = [Point(heading, Int(old), "letter_yen")]
        difference = Formula(f"{new_place}-{old_place}", amount - old)
    points.append(Point("差額", difference, "letter_yen"))
    return [*points, Point("比べた算定", Text(before.title))]


def _settled(settling: Settling, links: Links) -> list[Point]:
    said = Point(settling.heading, Text("過不足なし"))
    if settling.difference:
        size = Formula(f"ABS({links.difference})", abs(settling.difference))
        said = Point(settling.heading, size, "letter_yen")
    return [
        Point("概算納入額", Formula(links.paid, settling.paid), "letter_yen"),
        said,
        Point("過不足の処理", Text(DISPOSITIONS[settling.disposition]), "letter_body"),
    ]


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
