"""なぜこの額か: the tree of one cell, made on demand from the stored records.

item → component → window → member. The leaves of a cell are exact fractions and the rounding;
they add up to the cell. The tree holds numbers and references only; `render()` makes the
sentences.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from consortium.domain.sharing.result import DIRECT, ROUNDING, ItemResult, Pot, Result
from consortium.domain.timeline import Source
from consortium.domain.yen import RESIDUALS, Shares


@dataclass(frozen=True, slots=True)
class DatedRef:
    """Which dated entry a step used (根拠): since when, from which source."""

    since: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation (説明の一段).

    `key` is a stable path, `what` the key of its sentence, `numbers` what fills the sentence;
    the values of `inputs` add up to `value`.
    """

    key: str
    what: str
    value: Fraction
    numbers: Mapping[str, int | str | Fraction]
    parameter: DatedRef | None = None
    inputs: "tuple[Step, ...]" = ()

    def leaves(self) -> "Iterator[Step]":
        """Give the steps without inputs (葉)."""
        if not self.inputs:
            yield self
        for step in self.inputs:
            yield from step.leaves()


@dataclass(frozen=True, slots=True)
class _Cell:
    """The cell being explained: one member's part of one item."""

    result: Result
    entry: ItemResult
    position: int

    @property
    def key(self) -> str:
        return f"item:{self.entry.item.no}"

    @property
    def code(self) -> str:
        return self.result.parties[self.position].code


def explain(result: Result, item_no: int, code: str) -> Step:
    """Explain one cell: what a member pays for one item (なぜこの額か)."""
    entry = next(entry for entry in result.items if entry.item.no == item_no)
    cell = _Cell(result, entry, result.position(code))
    numbers: dict[str, int | str | Fraction] = {
        "name": entry.item.name,
        "amount": entry.item.amount,
        "member": result.parties[cell.position].name,
    }
    inputs: tuple[Step, ...]
    if entry.pot is None:
        inputs = (_direct(cell),)
    else:
        pot = result.pots[entry.pot]
        inputs = tuple(_component(cell, pot, index) for index in range(len(pot.components)))
        if entry.moved and entry.moved[cell.position]:
            inputs += (_moved(cell, pot),)
        if pot.whole is not None:
            numerator = entry.item.amount * pot.whole.numerators[cell.position]
            exact = Fraction(numerator, pot.whole.denominator)
            numbers |= _rounding_numbers(cell, entry.records[0], pot, exact)
    return Step(cell.key, "item", Fraction(entry.amounts[cell.position]), numbers, None, inputs)


def _direct(cell: _Cell) -> Step:
    item = cell.entry.item
    what = "direct" if item.charge_to == cell.code else "direct_other"
    amount = Fraction(cell.entry.cuts[0][cell.position])
    return Step(f"{cell.key}/{DIRECT}", what, amount, {"amount": item.amount})


def _moved(cell: _Cell, pot: Pot) -> Step:
    label = RESIDUALS[pot.rule.rounding.residual].label
    amount = cell.entry.moved[cell.position]
    numbers: dict[str, int | str | Fraction] = {"amount": amount, "label": label}
    return Step(f"{cell.key}/{ROUNDING}", "moved", Fraction(amount), numbers)


def _component(cell: _Cell, pot: Pot, index: int) -> Step:
    """Explain a member's part of one component: exact parts by window, then the rounding."""
    component, entry = pot.components[index], cell.entry
    yen = entry.cuts[index][cell.position]
    at_item = pot.whole is not None
    # At `level: item` the exact cell rests on the item; otherwise on the component's whole yen.
    base = (
        Fraction(entry.item.amount) * component.part
        if at_item
        else Fraction(sum(entry.cuts[index]) + entry.records[index].unallocated)
    )
    key = f"{cell.key}/component:{component.key}"
    windows = tuple(
        step
        for number in range(len(pot.windows))
        for step in _window(cell, pot, index, number, base / component.part)
    )
    exact = sum((step.value for step in windows), Fraction(0))
    record = entry.records[0 if at_item else index]
    what = "round_item" if at_item else "round_component"
    rounding = Step(
        f"{key}/rounding",
        what,
        yen - exact,
        _rounding_numbers(cell, record, pot, exact) | {"yen": yen},
    )
    numbers: dict[str, int | str | Fraction] = {
        "label": component.label,
        "item_amount": entry.item.amount,
        "part": component.part,
        "base": base,
        "yen": yen,
    }
    return Step(key, "component", Fraction(yen), numbers, None, (*windows, rounding))


def _window(cell: _Cell, pot: Pot, index: int, number: int, item: Fraction) -> Iterator[Step]:
    """Explain the exact part of one window; nothing if the component is not in its rule."""
    key, window, position = pot.components[index].key, pot.windows[number], cell.position
    rule = window.rule.require()
    for part, weights in zip(rule.components, window.weights, strict=True):
        if part.key != key:
            continue
        base = sum(weights, Fraction(0))
        inside = position in window.positions
        weight = weights[window.positions.index(position)] if inside else Fraction(0)
        amount = item * window.part * part.weight / rule.whole
        numbers: dict[str, int | str | Fraction] = {
            "first": str(window.first),
            "last": str(window.last),
            "part": window.part,
            "share": part.weight / rule.whole,
            "amount": amount,
            "weight": weight,
            "base": base,
            "members": len(window.positions),
            "basis": _basis_name(cell.result, part.series) if part.series else part.label,
        }
        ref = DatedRef(window.rule.since, source_text(window.rule.source))
        what = "window" if inside else "window_absent"
        path = f"{cell.key}/component:{key}/window:{number}/member:{cell.code}"
        yield Step(path, what, amount * weight / base, numbers, ref)


def _basis_name(result: Result, key: str) -> str:
    series = next(series for series in result.series if series.key == key)
    return " ".join(text for text in (series.label, series.edition) if text)


def _rounding_numbers(
    cell: _Cell, record: Shares, pot: Pot, exact: Fraction
) -> dict[str, int | str | Fraction]:
    """Give what the rounding sentence needs: rounded yen, rank, what the member took as a whole."""
    position = cell.position
    rank = record.order.index(position) + 1 if record.order else 0
    rounding = pot.rule.rounding
    return {
        "exact": exact,
        "rounded": record.rounded[position],
        "rank": rank,
        "share": record.shares[position],
        "moved": record.moved if record.receiver == position else 0,
        "unit": rounding.unit,
        "mode": rounding.mode,
        "residual": rounding.residual,
    }


def source_text(source: Source) -> str:
    """Write a source in one line (根拠)."""
    decided = f"{source.decided_on.isoformat()} 議決" if source.decided_on else ""
    return " ".join(text for text in (source.document, source.article, decided) if text)
