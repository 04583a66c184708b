"""How 算定内訳 cuts an amount into components, and finished shares into theirs (構成割への切分け).

To the whole yen by largest remainder, as `yen.cut_all` does; of equal remainders the component that
the rule lists first comes first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from consortium.domain.yen import Weights
from consortium.reports.calculation_table import STEP_YEN, VALUES_ONLY, Due, Table
from consortium.reports.calculation_weights import Part
from consortium.reports.formulas import fits, floordiv, nearest, verdict
from consortium.reports.sheet import BLANK, Cell, Formula, Int

_BOTH = 2


@dataclass(slots=True)
class Cutter:
    """Gives the amount of each component of an amount, as a formula (構成割ごとの額)."""

    table: Table
    due: Due
    cut: Weights
    #: rows of 切捨額 and 剰余 of each component, where there are more than two
    rows: list[tuple[int, int]] = field(default_factory=list)

    def prepare(self, labels: Sequence[str]) -> None:
        """Write what more than two components need first: 切捨額 and 剰余 of each."""
        if len(labels) <= _BOTH or not self._fits:
            return
        table, size, whole = self.table, f"ABS({self.due.place})", self.cut.denominator
        empty = dict.fromkeys(table.positions, BLANK)
        for label, part in zip(labels, self.cut.numerators, strict=True):
            exact = f"{size}*{part}"
            floor, rest = divmod(abs(self.due.amount) * part, whole)
            cell = Formula(floordiv(exact, str(whole)), floor)
            row = table.line(f"構成割の切捨額　{label}", empty, cell)
            cell = Formula(f"{exact}-{table.whole(row)}*{whole}", rest)
            table.line(f"構成割の剰余　{label}", empty, cell)
            self.rows.append((row, row + 1))

    @property
    def _fits(self) -> bool:
        times = 2 * abs(self.due.amount) + 1
        return fits(times * self.cut.denominator, 2 * self.cut.denominator)

    def cell(self, headings: Sequence[int], amount: int) -> Cell:
        """Give the amount of the next component; `headings` are the rows of those before it."""
        place, numerators, number = self.due.place, self.cut.numerators, len(headings)
        if not self._fits:
            return Int(amount)
        if len(numerators) == _BOTH:
            if number:
                return Formula(f"{place}-{self.table.whole(headings[0])}", amount)
            first = nearest(f"ABS({place})", str(numerators[0]), str(self.cut.denominator))
            return Formula(f"SIGN({place})*{first}", amount)
        floors = [self.table.whole(row) for row, _ in self.rows]
        own = self.table.whole(self.rows[number][1])
        before = "".join(
            f"+({self.table.whole(row)}{'>=' if at < number else '>'}{own})"
            for at, (_, row) in enumerate(self.rows)
            if at != number
        )
        short = f"ABS({place})-{'-'.join(floors)}"
        text = f"SIGN({place})*({floors[number]}+IF(1{before}<={short},1,0))"
        return Formula(text, amount)


class Shares(NamedTuple):
    """Finished shares to be cut (負担額): their row, what one member took apart, who has one."""

    row: int
    moved: int | None
    here: Sequence[int]
    #: yen by position, without what was taken apart
    yen: Mapping[int, int]

    def place(self, table: Table, at: int) -> str:
        """Name what is cut of a member's share."""
        moved = f"-{table.at(self.moved, at)}" if self.moved is not None else ""
        return table.at(self.row, at) + moved


#: Of each component: label, yen by member in the order of the parties, and its line of 指標.
Piece = tuple[str, tuple[int, ...], tuple[int, Part] | None]


def pieces(table: Table, shares: Shares, cut: Weights, parts: Sequence[Piece]) -> list[int]:
    """Write each share's components (うち); give their rows."""
    first = table.row
    texts = _texts(table, shares, cut, parts)
    rows = []
    for number, (label, amounts, _) in enumerate(parts):
        cells: dict[int, Cell] = {}
        for at in shares.here:
            text = texts(number, first, at) if texts else None
            cells[at] = Formula(text, amounts[at]) if text else Int(amounts[at])
        check: Cell = BLANK
        if number == 0:
            check = _check(table, shares, cut, parts) if texts else VALUES_ONLY
        rows.append(table.line(f"うち{label}", cells, sum(amounts), STEP_YEN, check))
    return rows


#: (number of the component, row of the first one, position) → formula text
_Texts = Callable[[int, int, int], str]


def _texts(table: Table, shares: Shares, cut: Weights, parts: Sequence[Piece]) -> _Texts | None:
    """Give the formulas of the components of a share; None where they would not be exact."""
    if len(parts) == 1:
        return lambda _number, _row, at: shares.place(table, at)
    if len(parts) != _BOTH or _bound(shares, cut, parts) is None:
        return None

    def text(number: int, row: int, at: int) -> str:
        place = shares.place(table, at)
        if number:
            return f"{place}-{table.at(row, at)}"
        first, second = _products(table, cut, parts, [at])
        share = f"SIGN({place})*{nearest(f'ABS({place})', first, f'({first}+{second})')}"
        if any(part[1].weights.get(at) for _, _, part in parts if part):
            return share
        return f"IF({first}+{second}=0,0,{share})"  # no weight at all, unless somebody types one

    return text


def _products(
    table: Table, cut: Weights, parts: Sequence[Piece], at: Sequence[int]
) -> tuple[str, str]:
    """Give a member's part by each of two components, over the same denominator.

    Of several members it is the largest, which no member exceeds.
    """
    (_, _, one), (_, _, two) = parts
    if one is None or two is None:
        raise ValueError("a component without 指標 cannot be cut by formula")

    def product(number: int, own: int, other: int) -> str:
        cell = f"MAX({table.across(own)})" if len(at) > 1 else table.at(own, at[0])
        return f"{cut.numerators[number]}*{cell}*{table.whole(other)}"

    return product(0, one[0], two[0]), product(1, two[0], one[0])


def _bound(shares: Shares, cut: Weights, parts: Sequence[Piece]) -> int | None:
    """Give what no integer of the formulas exceeds; None where that is too much."""
    (_, _, one), (_, _, two) = parts
    if one is None or two is None:
        return None
    first = cut.numerators[0] * max(one[1].weights.values()) * two[1].total
    second = cut.numerators[1] * max(two[1].weights.values()) * one[1].total
    bound = 2 * abs(sum(shares.yen.values())) * first + 2 * (first + second)
    return bound if fits(bound) else None


def _check(table: Table, shares: Shares, cut: Weights, parts: Sequence[Piece]) -> Cell:
    """Check that the components come to the shares (検算)."""
    rows = range(table.row, table.row + len(parts))
    total = table.whole(shares.row)
    total += f"-{table.whole(shares.moved)}" if shares.moved is not None else ""
    sizes = []
    if len(parts) == _BOTH:
        shown = table.positions if len(table.positions) > 1 else table.positions[:1]
        first, second = _products(table, cut, parts, shown)
        sizes = [f"2*ABS({total})*{first}+2*({first}+{second})"]
    test = f"{'+'.join(table.whole(row) for row in rows)}={total}"
    kept = sum(sum(amounts) for _, amounts, _ in parts) == sum(shares.yen.values())
    return Formula(verdict(test, *sizes), "一致" if kept else "不一致")
