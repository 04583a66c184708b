"""Blocks of 算定内訳 that calculate: one amount among the members (按分の計算式).

A simple block has one line of 指標; a parts block adds several ratios, each with its own 指標. Both
follow yen.split_all step by step and end in the same lines: 順位, 端数, 負担額, 端数差額.
"""

from collections.abc import Sequence

from consortium.reports.calculation_block import (
    RESIDUALS_IN_FORMULAS,
    Block,
    Cut,
    Written,
    finish,
    rest_label,
    rounded_label,
)
from consortium.reports.calculation_mixed import mixed
from consortium.reports.calculation_table import Table
from consortium.reports.calculation_weights import Part, weights_line
from consortium.reports.formulas import fits, to_unit
from consortium.reports.sheet import Cell, Formula


def live(table: Table, block: Block, parts: Sequence[Part] | None) -> Written | None:
    """Write a block that calculates; None where it would not be exact, with nothing written."""
    rounding = block.rounding
    if parts is None or rounding.ratio_digits is not None:
        return None
    if rounding.residual not in RESIDUALS_IN_FORMULAS:
        return None
    if len(parts) == 1:
        return _simple(table, block, parts[0])
    return mixed(table, block, parts)


# ---- one line of 指標 ----------------------------------------------------------------------------


def _simple(table: Table, block: Block, part: Part) -> Written | None:
    unit, total = block.rounding.unit, part.total
    twice = 2 if block.rounding.mode == "half_up" else 1
    whole_yen = block.rounding.mode == "floor" and unit == 1
    if not fits(block.size * total if whole_yen else (twice * block.size + unit) * total):
        return None
    weights = weights_line(table, part)
    size, divisor = f"ABS({block.due.place})", table.whole(weights)
    here = [at for at in table.positions if at in part.weights]
    cut: dict[int, Cell] = {}
    for at in here:
        exact = f"{size}*{table.at(weights, at)}"
        text = to_unit(exact, divisor, unit, block.rounding.mode)
        cut[at] = Formula(text, block.record.rounded[at])
    rounded = table.line(rounded_label(block), cut, sum(block.record.rounded))
    rests: dict[int, Cell] = {}
    for at in here:
        text = f"{size}*{table.at(weights, at)}-{table.at(rounded, at)}*{divisor}"
        kept = block.size * part.weights[at] - block.record.rounded[at] * total
        rests[at] = Formula(text, kept)
    short = table.over_all(f"{size}-{table.whole(rounded)}", block.left)
    rest = table.line(rest_label(block.rounding.mode), rests, short)
    biggest = f"{size}*{divisor}" if whole_yen else f"({twice}*{size}+{unit})*{divisor}"
    found = Cut(rounded, rest, (rest, weights), (weights,), (biggest,))
    return finish(table, block, found, here)._replace(weights=(weights,))
