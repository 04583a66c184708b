"""なぜこの額か: the tree of one cell, made on demand from the stored records.

item → component → window → member. The leaves of a cell are exact fractions and the rounding;
they add up to the cell. The tree holds numbers and references only; `render()` makes the
sentences.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from consortium.domain.sharing.proration import months_between
from consortium.domain.sharing.result import (
    DIRECT,
    EARLY,
    REST,
    ROUNDING,
    USAGE,
    WHOLE,
    Charge,
    ItemResult,
    Portion,
    Pot,
    Result,
    Window,
)
from consortium.domain.sharing.rule import Component
from consortium.domain.timeline import Source
from consortium.domain.yen import RESIDUALS, Shares, Weights, by_ratio

#: What fills a sentence.
Numbers = dict[str, int | str | Fraction]


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
    item = entry.item
    numbers: Numbers = {
        "name": item.name,
        "amount": entry.shared,
        "granted": entry.granted(cell.position),
        "gross": item.amount if item.gross is None else item.gross,
        "note": item.note,
        "member": result.parties[cell.position].name,
        "shared": int(bool(entry.portions) or item.charge_to is not None),
    }
    inputs: list[Step] = []
    for charge in entry.charges:
        inputs += _charge(cell, charge) if charge.key == USAGE else ()  # charged before the rest
    for number, portion in enumerate(entry.portions):
        inputs += _portion(cell, portion, number)
        if portion.kind == WHOLE:
            numbers |= _item_rounding(cell, portion)
    for charge in entry.charges:
        inputs += _charge(cell, charge) if charge.key != USAGE else ()
    yen = Fraction(entry.amounts[cell.position])
    return Step(cell.key, "item", yen, numbers, None, tuple(inputs))


def _charge(cell: _Cell, charge: Charge) -> Iterator[Step]:
    """Explain yen that were not split; nothing if they do not concern the member."""
    item, yen = cell.entry.item, charge.amounts[cell.position]
    key = f"{cell.key}/{charge.key}"
    if charge.key == DIRECT:
        what = "direct" if item.charge_to == cell.code else "direct_other"
        yield Step(key, what, Fraction(yen), {"amount": sum(charge.amounts)})
        return
    facts = charge.facts[cell.position]
    if facts or yen:
        yield Step(key, charge.key, Fraction(yen), {"yen": yen, **facts})


def _portion(cell: _Cell, portion: Portion, number: int) -> Iterator[Step]:
    """Explain one amount of the item; a whole item has no step of its own for that."""
    pot = cell.result.pots[portion.pot]
    if portion.kind == WHOLE:
        yield from _parts(cell, portion, cell.key)
        return
    key = f"{cell.key}/{portion.kind}:{number}"
    if portion.kind == EARLY:
        if portion.counted[cell.position]:
            yield _early(cell, portion, pot, key)
        return
    if portion.kind == REST and not any(cell.position in w.positions for w in pot.windows):
        return  # who joined or left has paid before
    parts = tuple(_parts(cell, portion, key))
    yen = sum((step.value for step in parts), Fraction(0))
    numbers: Numbers = {"amount": portion.amount, "month": str(portion.month or "")}
    numbers |= _item_rounding(cell, portion)
    yield Step(key, portion.kind, yen, numbers, None, parts)


def _early(cell: _Cell, portion: Portion, pot: Pot, key: str) -> Step:
    """Explain what a member pays that is not in force all along: a year's yen, then its months."""
    amount = cell.entry.item.amount - sum(sum(c.amounts) for c in cell.entry.charges)
    row = [record.shares[cell.position] for record in portion.records]
    whole = sum(row)
    yen = sum(cut[cell.position] for cut in portion.cuts)
    item = cell.entry.item
    months = len(months_between(item.first, item.last))
    numbers: Numbers = {
        "amount": amount,
        "whole": whole,
        "counted": len(portion.counted[cell.position]),
        "months": months,
        "yen": yen,
    }
    steps = [
        step
        for index, part in enumerate(pot.components)
        for step in _exact(cell, pot, index, Fraction(amount), f"{key}/component:{part.key}")
    ]
    parts = sum((step.value for step in steps), Fraction(0))
    rounding = Step(f"{key}/year", "early_year", whole - parts, {"exact": parts, "whole": whole})
    less = Step(f"{key}/months", "early_months", Fraction(yen - whole), numbers)
    return Step(key, "early", Fraction(yen), numbers, None, (*steps, rounding, less))


def _exact(cell: _Cell, pot: Pot, index: int, item: Fraction, key: str) -> tuple[Step, ...]:
    """Give the exact parts of one component of an amount, window by window."""
    component = pot.components[index].key
    return tuple(
        step
        for number, window in enumerate(pot.windows)
        for step in _window(cell, window, component, item, f"{key}/window:{number}")
    )


def _parts(cell: _Cell, portion: Portion, key: str) -> Iterator[Step]:
    """Explain an amount: its components, then what the residual rule moved as a whole."""
    pot = cell.result.pots[portion.pot]
    for index in range(len(pot.components)):
        yield _component(cell, portion, index, f"{key}/component:{pot.components[index].key}")
    if portion.moved and portion.moved[cell.position]:
        amount = portion.moved[cell.position]
        label = RESIDUALS[pot.rule.rounding.residual].label
        numbers: Numbers = {"amount": amount, "label": label}
        yield Step(f"{key}/{ROUNDING}", "moved", Fraction(amount), numbers)


def _component(cell: _Cell, portion: Portion, index: int, key: str) -> Step:
    """Explain a member's part of one component: exact parts by window, then the rounding."""
    pot = cell.result.pots[portion.pot]
    component, percent = pot.components[index], pot.rule.is_percent
    yen = portion.cuts[index][cell.position]
    at_item = pot.rule.rounding.level == "item"
    if percent:
        base = Fraction(sum(portion.cuts[index]))
        windows = _exact(cell, pot, index, Fraction(1), key)
    else:
        # At `level: item` the exact cell rests on the amount, else on the component's whole yen.
        base = (
            Fraction(portion.amount) * component.part
            if at_item
            else Fraction(sum(portion.cuts[index]) + portion.records[index].unallocated)
        )
        windows = _exact(cell, pot, index, base / component.part, key)
    exact = sum((step.value for step in windows), Fraction(0))
    numbers: Numbers = {
        "label": component.label,
        "item_amount": portion.amount,
        "part": component.part,
        "base": base,
        "yen": yen,
    }
    rounding = _component_rounding(cell, portion, index, exact)
    last = Step(f"{key}/rounding", rounding[0], yen - exact, rounding[1] | {"yen": yen})
    what = "component_percent" if percent else "component"
    return Step(key, what, Fraction(yen), numbers, None, (*windows, last))


def _component_rounding(
    cell: _Cell, portion: Portion, index: int, exact: Fraction
) -> tuple[str, Numbers]:
    """Say how the exact part of a component became yen."""
    pot = cell.result.pots[portion.pot]
    if pot.rule.is_percent and pot.rule.rounding.level == "component":
        rounding = pot.rule.rounding
        return "round_alone", {"exact": exact, "unit": rounding.unit, "mode": rounding.mode}
    if pot.rule.rounding.level == "item":
        return "round_item", {"exact": exact}
    record, weights = portion.records[index], pot.components[index].weights
    return "round_component", _rounding_numbers(cell, record, pot, weights, exact)


def _item_rounding(cell: _Cell, portion: Portion) -> Numbers:
    """Give the rounding of a whole amount, where that is the level of the rule."""
    pot = cell.result.pots[portion.pot]
    weights = pot.whole
    if weights is None:
        return {}
    if pot.rule.is_percent:
        rounding, exact = pot.rule.rounding, pot.exact(cell.position)
        return {"exact": exact, "unit": rounding.unit, "mode": rounding.mode, "alone": 1}
    exact = Fraction(portion.amount * weights.numerators[cell.position], weights.denominator)
    return _rounding_numbers(cell, portion.records[0], pot, weights, exact)


def _window(
    cell: _Cell, window: Window, component: str, item: Fraction, key: str
) -> Iterator[Step]:
    """Explain the exact part of one window; nothing if the component is not in its rule."""
    rule, position = window.rule.require(), cell.position
    for part, weights in zip(rule.components, window.weights, strict=True):
        if part.key != component:
            continue
        base = sum(weights, Fraction(0))
        inside = position in window.positions
        weight = weights[window.positions.index(position)] if inside else Fraction(0)
        percent = rule.is_percent
        amount = item * window.part * (1 if percent else part.weight / rule.whole)
        numbers: Numbers = {
            **_span(window),
            "part": window.part,
            "share": part.weight / rule.whole,
            "amount": amount,
            "weight": weight,
            "base": base,
            "members": len(window.positions),
            "kind": part.basis,
            "basis": _basis_name(cell.result, part.series) if part.series else part.label,
            "percent": part.weight,
        }
        numbers |= _value_numbers(cell, part) if inside else {}
        ref = DatedRef(window.rule.since, source_text(window.rule.source))
        what = ("window_percent" if percent else "window") if inside else "window_absent"
        exact = amount * weight if percent else amount * weight / base
        yield Step(f"{key}/member:{cell.code}", what, exact, numbers, ref)


def _span(window: Window) -> Numbers:
    """Give the time of a window: its months, or its days where days are counted."""
    if window.days is None:
        return {"first": str(window.first), "last": str(window.last)}
    first, last = window.days
    return {
        "first": str(window.first), "last": str(window.last),
        "first_day": first.isoformat(), "last_day": last.isoformat(),
    }  # fmt: skip


def _value_numbers(cell: _Cell, part: Component) -> Numbers:
    """Give the value behind a weight where it is not the weight itself, and whose value it is."""
    numbers: Numbers = {}
    own = part.own.get(cell.code)
    if part.series is not None:
        series = next(series for series in cell.result.series if series.key == part.series)
        numbers["value"] = series.values[cell.code] if own is None else own
        if own is not None:
            numbers["own_source"] = part.own_source or "負担ルールに書かれた値"
    if part.power is not None:
        numbers["power"] = part.power
    return numbers


def _basis_name(result: Result, key: str) -> str:
    series = next(series for series in result.series if series.key == key)
    return " ".join(text for text in (series.label, series.edition) if text)


def _rounding_numbers(
    cell: _Cell, record: Shares, pot: Pot, weights: Weights, exact: Fraction
) -> Numbers:
    """Give what the rounding sentence needs: rounded yen, rank, what the member took as a whole."""
    position = cell.position
    rank = record.order.index(position) + 1 if record.order else 0
    rounding = pot.rule.rounding
    numbers: Numbers = {
        "exact": exact,
        "rounded": record.rounded[position],
        "rank": rank,
        "share": record.shares[position],
        "moved": record.moved if record.receiver == position else 0,
        "unit": rounding.unit,
        "mode": rounding.mode,
        "residual": rounding.residual,
    }
    if rounding.ratio_digits is not None:
        units = by_ratio(weights, rounding).numerators[position]
        numbers |= {
            "digits": rounding.ratio_digits,
            "ratio": Fraction(units, 10**rounding.ratio_digits),
            "exact_ratio": Fraction(weights.numerators[position], weights.denominator),
        }
    return numbers


def source_text(source: Source) -> str:
    """Write a source in one line (根拠)."""
    decided = f"{source.decided_on.isoformat()} 議決" if source.decided_on else ""
    return " ".join(text for text in (source.document, source.article, decided) if text)
