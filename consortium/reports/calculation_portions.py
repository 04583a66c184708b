"""Amounts of an item on 算定内訳, and how each was split: a block per component, or one for all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.sharing.result import (
    LINE_LABELS,
    ROUNDING,
    WHOLE,
    Portion,
    Pot,
    PotComponent,
)
from consortium.domain.yen import Rounding
from consortium.reports.calculation_block import Block, Written
from consortium.reports.calculation_cut import Cutter, Piece, Shares, pieces
from consortium.reports.calculation_live import live
from consortium.reports.calculation_table import SHARE, Due, Table
from consortium.reports.calculation_values import values, weights_lines
from consortium.reports.calculation_weights import Part, parts_of, weights_line
from consortium.reports.formulas import fits, to_unit, verdict
from consortium.reports.sheet import BLANK, Cell, Formula
from consortium.reports.wording import rule_name

#: Where an amount comes from: the cell that holds it, or what its heading is to hold.
Source = Due | Cell


class Ending(NamedTuple):
    """The line in which a block ends (最後の行), and what its amount is."""

    amount: int
    label: str = "負担額"
    styles: tuple[str, str] = SHARE


@dataclass(slots=True)
class Split:
    """One amount as written (按分の結果の行): by the key of its component, or WHOLE."""

    pot: Pot
    headings: dict[str, int] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    #: component → its single line of 指標 and the weights in it; none where it has several
    weights: dict[str, tuple[int, Part]] = field(default_factory=dict)


@dataclass(slots=True)
class Splitter:
    """Writes amounts; keeps what the items of a pot have in common (按分の書き手)."""

    table: Table
    lead: int | None
    _known: dict[tuple[int, str], list[Part] | None] = field(default_factory=dict)

    def split(self, portion: Portion, name: str, source: Source, end: Ending) -> Split:
        """Write how an amount was split by the pot of a portion."""
        table, pot = self.table, self.table.result.pots[portion.pot]
        done = Split(pot)
        groups: list[_Group] = [(each.key, each.label, (each,)) for each in pot.components]
        if pot.whole is not None:
            groups = [(WHOLE, rule_name(pot), pot.components)]
        if len(groups) > 1 and not isinstance(source, Due):
            source = Due(table.whole(table.heading(name, source)), end.amount)
        cutter = Cutter(table, source, pot.cut) if isinstance(source, Due) else None
        if cutter is not None and len(groups) > 1:
            cutter.prepare([label for _, label, _ in groups])
        for (key, label, components), record in zip(groups, portion.records, strict=True):
            amount = sum(record.shares) + record.unallocated
            cell = source
            if isinstance(cell, Due):
                cell = Formula(cell.place, amount)
            if cutter is not None and len(groups) > 1:
                cell = cutter.cell(list(done.headings.values()), amount)
            done.headings[key] = table.heading(f"{name}　{label}", cell)
            due = Due(table.whole(done.headings[key]), amount)
            block = Block(due, record, pot.rule.rounding, self.lead, end.label, end.styles)
            self._block(done, key, block, (portion.pot, components))
        return done

    def _block(
        self, done: Split, key: str, block: Block, of: tuple[int, Sequence[PotComponent]]
    ) -> None:
        """Write the lines under a heading, by formulas where they are exact."""
        table, (pot, components) = self.table, of
        parts = self.parts(pot, components)
        written = live(table, block, parts)
        if written is None:
            table.mark_values(done.headings[key])
            weights = done.pot.whole if key == WHOLE else components[0].weights
            written = values(table, block, done.pot, components, weights or done.pot.cut)
        done.written[key] = written
        keys = [part.key for part in parts or ()]
        for part, row in zip(parts or (), written.weights, strict=False):
            if keys.count(part.key) == 1:
                done.weights[part.key] = row, part

    def parts(self, pot: int, components: Sequence[PotComponent]) -> list[Part] | None:
        """Give the weights of components, found once for all items of a pot."""
        key = pot, "\n".join(component.key for component in components)
        if key not in self._known:
            result = self.table.result
            self._known[key] = parts_of(result, result.pots[pot], components)
        return self._known[key]


#: Key, label, and the components that are split at once.
_Group = tuple[str, str, Sequence[PotComponent]]


def components_of(table: Table, portion: Portion, split: Split, shares: Shares) -> dict[str, int]:
    """Write how finished shares are cut into the components (うち); give the rows by key."""
    parts: list[Piece] = [
        (part.label, row, split.weights.get(part.key))
        for part, row in zip(split.pot.components, portion.cuts, strict=True)
    ]
    rows = pieces(table, shares, split.pot.cut, parts)
    result = {part.key: row for part, row in zip(split.pot.components, rows, strict=True)}
    if shares.moved is not None:
        moved = portion.moved or (0,) * len(table.result.parties)
        cells: dict[int, Cell] = {
            at: Formula(table.at(shares.moved, at), moved[at]) for at in shares.here
        }
        result[ROUNDING] = table.line(f"うち{LINE_LABELS[ROUNDING]}", cells, sum(moved))
    return result


def percentages(table: Table, portion: Portion, splitter: Splitter, name: str) -> dict[str, int]:
    """Write what a percentage of each member's own value comes to; the total is the outcome."""
    pot = table.result.pots[portion.pot]
    one_rounding = pot.rule.rounding.level == "component" or len(pot.components) == 1
    rules = {part.key: part for part in pot.windows[0].rule.require().components}
    rows: dict[str, int] = {}
    for component, amounts in zip(pot.components, portion.cuts, strict=True):
        heading = table.heading(f"{name}　{component.label}", BLANK)
        parts = splitter.parts(portion.pot, [component])
        row = None
        if len(pot.windows) == 1 and one_rounding and parts:
            percent = rules[component.key].weight / 100 / parts[0].scale
            row = _percentage(table, parts[0], percent, pot.rule.rounding, amounts)
        if row is None:
            table.mark_values(heading)
            weights_lines(table, pot, component.key, "（円、端数処理前）")
            row = table.line("負担額", table.values(amounts), sum(amounts), SHARE)
        rows[component.key] = row
        total = Formula(table.whole(row), sum(amounts))
        table.sheet.put(heading, 2 + len(table.positions), total, "block_yen")
    return rows


def _percentage(
    table: Table, part: Part, percent: Fraction, rounding: Rounding, amounts: Sequence[int]
) -> int | None:
    """Write the values and the percentage of each; None where it would not be exact."""
    biggest = 2 * max(part.weights.values()) * percent.numerator
    if not fits(biggest + 2 * percent.denominator * rounding.unit):
        return None
    row = weights_line(table, part, "指標（百分率を掛ける値）")
    cells: dict[int, Cell] = {}
    for at in table.positions:
        if at in part.weights:
            exact = f"{table.at(row, at)}*{percent.numerator}"
            text = to_unit(exact, str(percent.denominator), rounding.unit, rounding.mode)
            cells[at] = Formula(text, amounts[at])
    # What a value may grow to before its product has too many digits.
    top = table.at(row, table.positions[0]) if table.is_hidden else f"MAX({table.across(row)})"
    sizes = f"2*{top}*{percent.numerator}+{2 * percent.denominator * rounding.unit}"
    total = sum(amounts)
    check = Formula(verdict(f"{table.whole(table.row)}={table.whole(row - 1)}", sizes), "一致")
    return table.line("負担額", cells, total, SHARE, check)
