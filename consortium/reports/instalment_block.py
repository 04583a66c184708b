"""The block 期別納付 of a notice: its instalments, by the rule of the plan where they follow it."""

from collections.abc import Sequence
from typing import NamedTuple

from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.yen import round_to
from consortium.reports.dues import Asking, Due, instalment_name
from consortium.reports.sheet import (
    BLANK,
    INT_LIMIT,
    Cell,
    Date,
    Formula,
    Int,
    Sheet,
    Text,
    address,
)

#: Columns of the table above that 期別, 納期限, 納付額 and 備考 take, each from … to.
SPANS = ((2, 2), (3, 5), (6, 7), (8, 8))
_HEADINGS = ("期別", "納期限", "納付額", "備考")
_AMOUNT = SPANS[2][0]
_STYLES = ("text", "text_date", "yen", "text")
_MARKED = ("marked", "marked_date", "marked_yen", "marked")


class Contribution(NamedTuple):
    """What is cut into instalments (負担金): the address of its cell, and its yen."""

    place: str
    amount: int


def instalment_block(
    sheet: Sheet, asking: Asking, code: str, row: int, whole: Contribution
) -> tuple[int, int]:
    """Write the block from a row on; give the row of what is asked for, and the next free one."""
    dues = asking.dues[code]
    sheet.put(row, SPANS[0][0], Text("期別納付"), "value")
    top = row + 1
    _line(sheet, top, [Text(text) for text in _HEADINGS], ["header"] * len(SPANS))
    first = top + 1
    for row, due in enumerate(dues, start=first):
        is_now = due.no == asking.no
        remark = "今回" if is_now else f"{due.sent_as}で依頼済" if due.sent_as else ""
        text = _rule(asking.cut, dues, due, whole, first)
        cells: list[Cell] = [
            Text(instalment_name(due.no)),
            Date(due.due_on),
            Formula(text, due.amount) if text else Int(due.amount),
            Text(remark) if remark else BLANK,
        ]
        _line(sheet, row, cells, _MARKED if is_now else _STYLES)
    last = first + len(dues)
    sheet.merge((last, SPANS[0][0], last, _AMOUNT - 1), Text("計"), "total")
    places = f"{address(first, _AMOUNT)}:{address(last - 1, _AMOUNT)}"
    total = Formula(f"SUM({places})", sum(due.amount for due in dues))
    sheet.merge((last, *SPANS[2][:1], last, SPANS[2][1]), total, "total_yen")
    sheet.put(last, SPANS[3][0], BLANK, "total")
    sheet.frame((top, SPANS[0][0], last, SPANS[-1][1]), header=top, double=[last])
    return first + asking.no - 1, last + 2


def _line(sheet: Sheet, row: int, cells: Sequence[Cell], styles: Sequence[str]) -> None:
    for (left, right), cell, style in zip(SPANS, cells, styles, strict=True):
        sheet.merge((row, left, row, right), cell, style)


def _rule(
    cut: Instalments | None, dues: tuple[Due, ...], due: Due, whole: Contribution, first: int
) -> str | None:
    """Give the formula of an instalment; None where it does not follow the plan (額の定め).

    What was asked for before stays whatever the contribution becomes, and so does what is more or
    less than the rule gives, e.g. with a shortage of the year before.
    """
    if cut is None or due.sent_as or len(dues) != len(cut.percents) + 1 or whole.amount < 0:
        return None
    if due.no == len(dues):
        before = sum(each.amount for each in dues[:-1])
        if due.amount != whole.amount - before:
            return None
        places = f"{address(first, _AMOUNT)}:{address(first + due.no - 2, _AMOUNT)}"
        return f"{whole.place}-SUM({places})"
    percent = cut.percents[due.no - 1]
    if due.amount != round_to(percent * whole.amount / 100, cut.mode, cut.unit):
        return None
    part = percent / 100
    divisor = part.denominator * cut.unit
    lift = {"floor": 0, "half_up": divisor // 2, "ceil": divisor - 1}[cut.mode]
    if whole.amount * part.numerator + lift >= INT_LIMIT:
        return None
    size = whole.place if part.numerator == 1 else f"{whole.place}*{part.numerator}"
    size = f"({size}+{lift})" if lift else size
    return f"INT({size}/{divisor})" + (f"*{cut.unit}" if cut.unit > 1 else "")
