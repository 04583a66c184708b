"""The lines of 負担金明細書: which parts of which costs a member bears (明細の行)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from consortium.domain.sharing.result import (
    MONTH,
    ROUNDING,
    WHOLE,
    CostItem,
    ItemResult,
    Portion,
    Pot,
    Result,
)
from consortium.domain.sharing.tax import carried, tax_of
from consortium.reports.sheet import BLANK, INT_LIMIT, Cell, Formula, Int, Ratio
from consortium.reports.steps import Steps
from consortium.reports.wording import months_in, months_of_item, rule_name, span


class Line(NamedTuple):
    """A member's part of one component of one item (明細の一行), in yen."""

    item: CostItem
    #: key of the printed row as in `Result.rows`, or WHOLE
    key: str
    method: str
    base: int
    #: blank where nothing was split by a ratio
    ratio: Ratio | None
    amount: int
    remarks: str

    def linked(self, steps: Steps, position: int) -> tuple[Cell, Cell, Cell]:
        """Give 対象経費, 按分率 and 負担額, each by the cell of 算定内訳 it came about in."""
        at = (self.item.no, self.key)
        base, share = steps.base(*at), steps.share(*at, position)
        ratio: Cell | None = self.ratio
        if ratio is not None:
            sign = -1 if self.base < 0 else 1
            ratio = steps.ratio(*at, position, (sign * self.amount, sign * self.base)) or ratio
        return (_or_yen(base, self.base), ratio or BLANK, _or_yen(share, self.amount))

    @property
    def tax(self) -> int | None:
        """The tax in the amount (うち消費税等); None where the item has no known rate."""
        return tax_of(self.item, self.key, self.amount)

    def tax_cell(self, amount: str) -> Cell:
        """Give うち消費税等 by formula; `amount` is the address of 負担額."""
        rate, yen = carried(self.item, self.key), self.tax
        if rate is None or yen is None:
            return BLANK
        percent = rate * 100
        part, whole = percent.numerator, 100 * percent.denominator + percent.numerator
        if not part or abs(self.amount) * part >= INT_LIMIT:
            return Int(yen)
        return Formula(f"SIGN({amount})*INT(ABS({amount})*{part}/{whole})", yen)


def _or_yen(text: str | None, yen: int) -> Cell:
    return Int(yen) if text is None else Formula(text, yen)


def statement_lines(result: Result, position: int) -> list[Line]:
    """Give a member's lines in the order of the items: per component, or one per item."""
    return [
        line._replace(remarks=_remarks(result, entry, position))
        for entry in result.items
        for line in _lines(result, entry, position)
    ]


def _lines(result: Result, entry: ItemResult, position: int) -> Iterator[Line]:
    split = frozenset[str]()
    if entry.portions and entry.portions[0].records and entry.portions[0].kind != MONTH:
        pot = result.pots[entry.portions[0].pot]
        yield from _split(entry.item, pot, entry.portions, position)
        split = _keys(pot)
    for row in result.rows(entry):
        if row.key not in split and (row.concerns[position] or row.amounts[position]):
            yield Line(entry.item, row.key, row.label, row.base, None, row.amounts[position], "")


def in_one_line(result: Result, entry: ItemResult) -> frozenset[str]:
    """Name the rows that 明細書 prints as one line: the parts of an item that is rounded whole."""
    first = next(iter(entry.portions), None)
    if first is None or not first.records or first.kind == MONTH:
        return frozenset()
    pot = result.pots[first.pot]
    return frozenset() if pot.whole is None else _keys(pot)


def _keys(pot: Pot) -> frozenset[str]:
    return frozenset({part.key for part in pot.components} | {ROUNDING})


def _split(item: CostItem, pot: Pot, portions: Sequence[Portion], position: int) -> Iterator[Line]:
    """Give the lines of an item whose first records are of all its yen, with the member's part.

    Under 加入団体先取り those are the records of the whole year; what the member bears of them has
    two portions, so its part is that of the yen, not of the weights.
    """
    amounts = [
        sum(cuts) for cuts in zip(*(_cuts(each, position) for each in portions), strict=True)
    ]
    if pot.whole is not None:
        moved = sum(each.moved[position] for each in portions if each.moved)
        named, amounts = [(WHOLE, rule_name(pot), pot.whole)], [sum(amounts) + moved]
    else:
        named = [(part.key, part.label, part.weights) for part in pot.components]
    for (key, method, weights), record, amount in zip(
        named, portions[0].records, amounts, strict=True
    ):
        base = sum(record.shares) + record.unallocated
        ratio: Ratio | None = Ratio(weights.numerators[position], weights.denominator)
        if len(portions) > 1:
            ratio = Ratio(amount, base) if base > 0 else None
        if weights.numerators[position]:
            yield Line(item, key, method, base, ratio, amount, "")


def _cuts(portion: Portion, position: int) -> list[int]:
    """Give a member's yen of each component."""
    return [row[position] for row in portion.cuts]


def _remarks(result: Result, entry: ItemResult, position: int) -> str:
    """Say for which months, where it is not the whole fiscal year (備考)."""
    months = months_of_item(entry.item, result.fiscal_year)
    if entry.portions:
        months = months_in(result, entry, position)
    # None: a grant for somebody who takes no part in any of them.
    if not months or len(months) == len(result.fiscal_year.months()):
        return ""
    return f"{span(months)}（{len(months)}か月）"
