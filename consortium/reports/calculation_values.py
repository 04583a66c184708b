"""Blocks of 算定内訳 that hold values, because no formula would be exact (値のみ).

Powers, rounded ratios, and integers of more than 15 digits: the lines are those of the formulas,
the figures those of the stored result; only sums and the check calculate.
"""

from collections.abc import Sequence
from fractions import Fraction

from consortium.domain.sharing.result import Pot, PotComponent, Window
from consortium.domain.yen import RESIDUALS, Weights, by_ratio
from consortium.reports.calculation_block import (
    UNALLOCATED,
    Block,
    Written,
    rest_label,
    rounded_label,
)
from consortium.reports.calculation_table import STEP_COUNT, Table
from consortium.reports.calculation_weights import months_label
from consortium.reports.formulas import fits
from consortium.reports.sheet import DASH, Cell, Int, Ratio


def values(
    table: Table, block: Block, pot: Pot, components: Sequence[PotComponent], weights: Weights
) -> Written:
    """Write a block of values; `weights` are what the amount was split by."""
    for component in components:
        label = component.label if len(components) > 1 else ""
        weights_lines(table, pot, component.key, label)
    if len(components) > 1 or len(pot.windows) > 1:
        _combined(table, weights)
    # Whoever takes part, even where its ratio is rounded to nothing: it may take the odd yen.
    here = [at for at in table.positions if weights.numerators[at]]
    if block.rounding.ratio_digits is not None:
        weights = by_ratio(weights, block.rounding)
        ratios = {at: Ratio(weights.numerators[at], weights.denominator) for at in table.positions}
        label = f"割合（小数{block.rounding.ratio_digits}桁に丸めた値）"
        total = Ratio(sum(weights.numerators), weights.denominator)
        table.line(label, ratios, total, ("step", "ratio"))
    record = block.record
    rounded: dict[int, Cell] = {at: Int(record.rounded[at]) for at in here}
    table.line(rounded_label(block), rounded, sum(record.rounded))
    _remainders(table, block, weights, here)
    if record.order:
        places = {at: place for place, at in enumerate(record.order, start=1)}
        ranks: dict[int, Cell] = {at: Int(places[at]) if at in here else DASH
                                  for at in table.positions}  # fmt: skip
        table.line("順位", ranks, DASH, STEP_COUNT)
    moved = None
    if record.receiver is not None and record.moved:
        cells: dict[int, Cell] = {at: Int(record.moved) for at in here if at == record.receiver}
        label = RESIDUALS[block.rounding.residual].label
        moved = table.line(f"端数（{label}）", cells, record.moved)
    return _shares(table, block, here)._replace(moved=moved)


def _shares(table: Table, block: Block, here: Sequence[int]) -> Written:
    record = block.record
    shares: dict[int, Cell] = {at: Int(record.shares[at]) for at in here}
    total, rest = sum(record.shares), record.unallocated
    keeps = block.rounding.residual == UNALLOCATED
    left = block.due._replace(
        place=f"{block.due.place}-{table.whole(table.row + 1)}" if keeps else block.due.place,
        amount=block.due.amount - rest,
    )
    check = table.balance(table.row, total, left)
    share = table.line(block.label, shares, total, block.styles, check)
    if not keeps:
        return Written(share)
    nobody = dict.fromkeys(table.positions, DASH)
    return Written(share, rest=table.line("端数差額（割り当てない額）", nobody, Int(rest)))


def weights_lines(table: Table, pot: Pot, key: str, label: str = "") -> None:
    """Write a component's weights, once for each window of months."""
    for window in pot.windows:
        texts = ["指標"] + ([label] if label else [])
        if len(pot.windows) > 1:
            texts.append(months_label(table.result.fiscal_year, window))
        weights = _weights_in(window, key)
        if weights is None:
            continue
        own = dict(zip(window.positions, weights, strict=True))
        cells = {at: exact(own[at]) for at in table.positions if at in own}
        total = sum(weights, Fraction(0))
        whole = all(weight.denominator == 1 for weight in weights)
        style = ("step", "count" if whole else "decimal")
        table.line("　".join(texts), cells, exact(total), style)


def _weights_in(window: Window, key: str) -> tuple[Fraction, ...] | None:
    """Give a component's weights in a window; None if its rule has no such component."""
    for component, weights in zip(window.rule.require().components, window.weights, strict=True):
        if component.key == key:
            return weights
    return None


def exact(value: Fraction) -> Cell:
    """Write a weight as a whole number; only where it is none, as a decimal."""
    if value.denominator == 1 and fits(value.numerator):
        return Int(value.numerator)
    return Ratio(value.numerator, value.denominator)


def _combined(table: Table, weights: Weights) -> None:
    """Write the members' exact parts over one denominator (持分)."""
    whole = weights.denominator
    here = [at for at in table.positions if weights.numerators[at]]
    if fits(whole):
        cells: dict[int, Cell] = {at: Int(weights.numerators[at]) for at in here}
        table.line("持分（分子、計は共通分母）", cells, Int(whole), STEP_COUNT)
        return
    cells = {at: Ratio(weights.numerators[at], whole) for at in here}
    table.line("持分（全体を100％とする割合）", cells, Ratio(1, 1), ("step", "ratio"))


def _remainders(table: Table, block: Block, weights: Weights, here: Sequence[int]) -> None:
    """Write what rounding left, as parts of a unit: the whole numbers may have any length."""
    unit = block.rounding.unit
    cells: dict[int, Cell] = {
        at: Ratio(block.record.remainders[at], weights.denominator * unit) for at in here
    }
    table.line(
        rest_label(block.rounding.mode, f"{unit:,}円に対する割合"),
        cells,
        Int(block.left),
        ("step", "ratio"),
    )
    # The sum is yen, and the line shows percentages.
    column = 2 + len(table.positions)
    table.sheet.put(table.row - 1, column, Int(block.left), "yen")
