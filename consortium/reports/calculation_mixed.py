"""A parts block of 算定内訳: several ratios added, each with its own 指標 (按分の計算式の続き).

Months before and after somebody joined, or the components of an item that is rounded as a whole.
Every part is cut off by itself; what that leaves is brought over one denominator and added up.
"""

from collections.abc import Sequence
from math import lcm, prod
from typing import NamedTuple

from consortium.reports.calculation_block import (
    Block,
    Cut,
    Written,
    finish,
    rest_label,
    rounded_label,
)
from consortium.reports.calculation_table import STEP_COUNT, Table
from consortium.reports.calculation_weights import Part, weights_line
from consortium.reports.formulas import fits, floordiv
from consortium.reports.sheet import BLANK, DASH, Cell, Formula


class _Mix(NamedTuple):
    """Parts over one denominator (共通分母)."""

    block: Block
    parts: Sequence[Part]
    #: numerators over `whole`
    shares: tuple[int, ...]
    whole: int
    #: is the amount shared by the weights first, and then cut to the part: two short products in
    #: place of one of three factors, where that has too many digits
    in_two: bool

    @classmethod
    def of(cls, block: Block, parts: Sequence[Part]) -> "_Mix":
        """Bring the parts over one denominator."""
        whole = lcm(*(part.share.denominator for part in parts))
        shares = tuple(int(part.share * whole) for part in parts)
        tops = [max(part.weights.values()) for part in parts]
        products = [block.size * m * top for m, top in zip(shares, tops, strict=True)]
        return cls(block, parts, shares, whole, not fits(*products))

    @property
    def common(self) -> int:
        """The denominator of all exact shares: `whole` times the 指標計."""
        return self.whole * prod(part.total for part in self.parts)

    @property
    def is_exact(self) -> bool:
        """Say whether every integer of the block has few enough digits (桁数)."""
        size, times = self.block.size, 2 if self.in_two else 1
        products = [0]
        if self.in_two:
            products = [size * max(part.total, self.whole) for part in self.parts]
        sums = times * len(self.parts) * self.common
        return fits(sums, 2 * size + self.block.rounding.unit, *products)

    def sizes(self, table: Table, weights: Sequence[int], common: str) -> tuple[str, ...]:
        """Give the same as text of formulas, for figures somebody changes."""
        size = f"ABS({self.block.due.place})"
        texts = [f"{(2 if self.in_two else 1) * len(self.parts)}*{common}"]
        for share, row in zip(self.shares, weights, strict=True):
            if self.in_two:
                texts += [f"{size}*{table.whole(row)}", f"{size}*{self.whole}"]
            elif table.is_hidden:
                texts.append(f"{size}*{share}*{table.at(row, table.positions[0])}")
            else:
                texts.append(f"{size}*{share}*MAX({table.across(row)})")
        return tuple(texts)


class _Exact(NamedTuple):
    """What the lines of the parts come to: yen cut off and remainders, by part and position."""

    yen: list[dict[int, int]]
    rests: list[dict[int, int]]


def mixed(table: Table, block: Block, parts: Sequence[Part]) -> Written | None:
    """Write a block of several parts; None where it would not be exact, with nothing written."""
    mix = _Mix.of(block, parts)
    if not mix.is_exact:
        return None
    exact = _exact(mix)
    rows = [_part_lines(table, mix, exact, number) for number in range(len(parts))]
    weights = [row for row, _, _ in rows]
    product = "*".join([str(mix.whole), *(table.whole(row) for row in weights)])
    label = "共通分母（剰余の分母、指標計の積" + (f"×{mix.whole}）" if mix.whole > 1 else "）")
    empty = dict.fromkeys(table.positions, BLANK)
    row = table.line(label, empty, table.over_all(product, mix.common), STEP_COUNT)
    common = table.whole(row)
    found = _united(table, block, mix, exact, (rows, common))
    here = [at for at in table.positions if any(at in part.weights for part in parts)]
    sizes = mix.sizes(table, weights, common)
    done = finish(table, block, found._replace(sizes=sizes), here)
    return done._replace(weights=tuple(weights))


def _exact(mix: _Mix) -> _Exact:
    yen, rests = [], []
    for number, (part, share) in enumerate(zip(mix.parts, mix.shares, strict=True)):
        others = prod(each.total for at, each in enumerate(mix.parts) if at != number)
        cut, over = {}, {}
        for at, weight in part.weights.items():
            if mix.in_two:
                year, left = divmod(mix.block.size * weight, part.total)
                cut[at], below = divmod(year * share, mix.whole)
                over[at] = (below * part.total + left * share) * others
            else:
                exact = mix.block.size * share * weight
                cut[at], left = divmod(exact, mix.whole * part.total)
                over[at] = left * others
        yen.append(cut)
        rests.append(over)
    return _Exact(yen, rests)


def _part_lines(table: Table, mix: _Mix, exact: _Exact, number: int) -> tuple[int, int, int]:
    """Write 指標, 切捨額 and 剰余 of one part; give their rows."""
    part, share, whole = mix.parts[number], mix.shares[number], mix.whole
    name = part.label.removeprefix("指標")
    weights = weights_line(table, part, f"{part.label}　{share}/{whole}")
    total, size = table.whole(weights), f"ABS({mix.block.due.place})"
    here = [at for at in table.positions if at in part.weights]
    texts = {at: f"{size}*{share}*{table.at(weights, at)}" for at in here}
    divisor, below = f"({whole}*{total})", dict.fromkeys(here, "")
    if mix.in_two:
        year, left = _of_the_year(table, mix, number, weights)
        texts = {at: f"{table.at(year, at)}*{share}" for at in here}
        divisor = str(whole)
        below = {at: f"*{total}+{table.at(left, at)}*{share}" for at in here}
    cut: dict[int, Cell] = {
        at: Formula(floordiv(texts[at], divisor), exact.yen[number][at]) for at in here
    }
    rounded = table.line(f"切捨額{name}", cut, sum(exact.yen[number].values()))
    # The rows of the other parts stand at the same distance, some of them further down.
    step = rounded + 2 - weights
    others = [
        table.whole(weights + step * (at - number)) for at in range(len(mix.parts)) if at != number
    ]
    rests: dict[int, Cell] = {}
    for at in here:
        over = f"({texts[at]}-{table.at(rounded, at)}*{divisor}){below[at]}"
        rests[at] = Formula("*".join([f"({over})", *others]), exact.rests[number][at])
    rest = table.line(f"剰余{name}", rests, DASH)
    return weights, rounded, rest


def _of_the_year(table: Table, mix: _Mix, number: int, weights: int) -> tuple[int, int]:
    """Write the share of the whole amount by the weights of a part, and its remainder."""
    part, size, total = mix.parts[number], f"ABS({mix.block.due.place})", table.whole(weights)
    yen: dict[int, Cell] = {}
    rests: dict[int, Cell] = {}
    floors = {at: divmod(mix.block.size * each, part.total) for at, each in part.weights.items()}
    row = table.row
    for at in table.positions:
        if at in floors:
            exact = f"{size}*{table.at(weights, at)}"
            yen[at] = Formula(floordiv(exact, total), floors[at][0])
            rests[at] = Formula(f"{exact}-{table.at(row, at)}*{total}", floors[at][1])
    table.line("全額をこの指標で分けた切捨額", yen, sum(floor for floor, _ in floors.values()))
    return row, table.line("その剰余", rests, DASH)


#: Rows of each part (指標, 切捨額, 剰余), and the cell of 共通分母.
_Rows = tuple[list[tuple[int, int, int]], str]


def _united(table: Table, block: Block, mix: _Mix, exact: _Exact, rows: _Rows) -> Cut:
    """Write the yen and remainders of all parts together (切捨額計, 剰余計)."""
    lines, common = rows
    yen: dict[int, Cell] = {}
    rests: dict[int, Cell] = {}
    kept: dict[int, tuple[int, int]] = {}
    here = [at for at in table.positions if any(at in part.weights for part in mix.parts)]
    every = {at for part in mix.parts for at in part.weights}
    for at in every:
        over = sum(each.get(at, 0) for each in exact.rests)
        carry, left = divmod(over, mix.common)
        kept[at] = sum(each.get(at, 0) for each in exact.yen) + carry, left
    first, second = table.row, table.row + 1
    for at in here:
        cut = "+".join(table.at(line[1], at) for line in lines)
        text = "(" + "+".join(table.at(line[2], at) for line in lines) + ")"
        yen[at] = Formula(f"{cut}+{floordiv(text, common)}", kept[at][0])
        text = f"{text}-({table.at(first, at)}-({cut}))*{common}"
        rests[at] = Formula(text, kept[at][1])
    floors = sum(quotient for quotient, _ in kept.values())
    is_plain = block.rounding.mode == "floor" and block.rounding.unit == 1
    label = "切捨額計" + ("（絶対値）" if block.due.amount < 0 else "")
    table.line(label, yen, floors)
    size = f"ABS({block.due.place})"
    if is_plain:
        short = table.over_all(f"{size}-{table.whole(first)}", block.left)
        table.line("剰余計（計は不足額）", rests, short)
        return Cut(first, second, (second, first), (first, second), ())
    table.line("剰余計", rests, DASH)
    return _in_units(table, block, (first, second, common), kept)


def _in_units(
    table: Table, block: Block, rows: tuple[int, int, str], kept: dict[int, tuple[int, int]]
) -> Cut:
    """Round yen and remainder to the unit; both compare apart, so nothing grows by the unit."""
    (first, second, common), rounding = rows, block.rounding
    unit, here = rounding.unit, [at for at in table.positions if at in kept]
    cut: dict[int, Cell] = {}
    below: dict[int, Cell] = {}
    row = table.row
    for at in here:
        yen, rest = table.at(first, at), table.at(second, at)
        if rounding.mode == "half_up" and unit == 1:
            text = f"{yen}+IF(2*{rest}>={common},1,0)"
        elif rounding.mode == "half_up":  # the unit is even, so what is below a yen never decides
            text = f"{floordiv(f'(2*{yen}+{unit})', str(2 * unit))}*{unit}"
        elif rounding.mode == "ceil":
            text = f"{floordiv(f'({yen}+({rest}>0)+{unit}-1)', str(unit))}*{unit}"
        else:
            text = f"{floordiv(yen, str(unit))}*{unit}"
        rounded = block.record.rounded[at]
        cut[at] = Formula(text, rounded)
        below[at] = Formula(f"{yen}-{table.at(row, at)}", kept[at][0] - rounded)
    table.line(rounded_label(block), cut, sum(block.record.rounded))
    short = table.over_all(f"ABS({block.due.place})-{table.whole(row)}", block.left)
    under = table.line(rest_label(rounding.mode, "円"), below, short)
    return Cut(row, under, (under, second, first), (first, second), ())
