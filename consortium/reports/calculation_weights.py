"""The weights of 算定内訳: 算定基礎 once at the top, and the 指標 of each block that read them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.result import Pot, PotComponent, Result, Window
from consortium.domain.sharing.rule import PERCENT, Component
from consortium.domain.sharing.sentences import series_note
from consortium.reports.calculation_table import STEP_COUNT, Table
from consortium.reports.formulas import fits
from consortium.reports.sheet import BLANK, Cell, Formula, Int
from consortium.reports.wording import span

_TABLE, _POWER = "table", "power"
_TRIAL = "ここの値を変えると、その値を使う費目が計算し直されます（「値のみ」を除く）。"


class Part(NamedTuple):
    """Weights by which a part of an amount is shared (按分の一部分): one line of 指標."""

    #: key of the component
    key: str
    label: str
    #: part of the amount that goes by these weights
    share: Fraction
    #: whole numbers in the ratio of the weights, by position
    weights: dict[int, int]
    #: how many times the weights they are
    scale: int
    #: by position, the series whose value is the weight
    linked: dict[int, str]

    @property
    def total(self) -> int:
        """Sum of the weights (指標計)."""
        return sum(self.weights.values())


def parts_of(result: Result, pot: Pot, chosen: Sequence[PotComponent]) -> list[Part] | None:
    """Give the weights of some components of a pot, each once (按分の部分); their shares add to 1.

    Windows with the same weights become one part. None where weights are no exact ratio of whole
    numbers that a sheet can hold: powers, and decimals of many digits.
    """
    known = {series.key: series for series in result.series}
    parts: list[Part] = []
    for wanted in chosen:
        found: list[Part] = []
        for window in pot.windows:
            rule = window.rule.require()
            for component, weights in zip(rule.components, window.weights, strict=True):
                if component.key != wanted.key:
                    continue
                if component.basis == _POWER:
                    return None
                share = window.part * component.weight / rule.whole
                part = _part(component, share, dict(zip(window.positions, weights, strict=True)))
                part = _linked(result, part, component, known)
                label = months_label(result.fiscal_year, window)
                found = _merged(found, part._replace(label=label))
        if not fits(*(part.total for part in found)):
            return None
        parts += [part._replace(label=_label(wanted, chosen, found, part)) for part in found]
    whole = sum((part.share for part in parts), Fraction(0))
    return [part._replace(share=part.share / whole) for part in parts]


def _part(component: Component, share: Fraction, weights: dict[int, Fraction]) -> Part:
    if component.basis == PERCENT:  # a weight is yen there: the value itself is shown
        weights = {at: weight * 100 / component.weight for at, weight in weights.items()}
    scale = lcm(*(weight.denominator for weight in weights.values()))
    whole = {at: int(weight * scale) for at, weight in weights.items()}
    return Part(component.key, "", share, whole, scale, {})


def _linked(result: Result, part: Part, component: Component, known: dict[str, Series]) -> Part:
    """Find the weights that are values of a series as they stand (算定基礎への参照)."""
    series = known.get(component.series or "")
    if component.basis not in (_TABLE, PERCENT) or series is None or not is_whole(series):
        return part
    codes = {at: result.parties[at].code for at in part.weights}
    linked = {
        at: series.key
        for at, code in codes.items()
        if code not in component.own and series.values.get(code, -1) * part.scale
        == part.weights[at]
    }  # fmt: skip
    return part._replace(linked=linked)


def is_whole(series: Series) -> bool:
    """Say whether a series has whole numbers only, as populations do."""
    return all(value.denominator == 1 and fits(int(value)) for value in series.values.values())


def _merged(parts: list[Part], part: Part) -> list[Part]:
    for at, other in enumerate(parts):
        if (other.weights, other.scale, other.linked) == (part.weights, part.scale, part.linked):
            label = f"{other.label}・{part.label}"
            parts[at] = other._replace(share=other.share + part.share, label=label)
            return parts
    return [*parts, part]


def months_label(year: FiscalYear, window: Window) -> str:
    """Name the months, or the days, of a window (区間)."""
    if window.days is not None:
        first, last = window.days
        return f"{wareki(first)}～{wareki(last)}（{(last - first).days + 1}日）"
    months = [month for month in year.months() if window.first <= month <= window.last]
    return f"{span(months)}（{len(months)}か月）"


def _label(
    component: PotComponent, chosen: Sequence[PotComponent], found: list[Part], part: Part
) -> str:
    """Name a line of 指標: the component where there are several, the months where they differ."""
    texts = ["指標"] + ([component.label] if len(chosen) > 1 else [])
    texts += [part.label] if len(found) > 1 else []
    texts += [f"（{part.scale:,}倍した整数）"] if part.scale > 1 else []
    return "　".join(texts)


# ---- writing -------------------------------------------------------------------------------------


def weights_line(table: Table, part: Part, label: str = "") -> int:
    """Write a line of 指標 and give its row; values of a series point to 算定基礎."""
    cells: dict[int, Cell] = {}
    own: list[int] = []
    for position in table.positions:
        if position not in part.weights:
            continue
        weight = part.weights[position]
        row = table.inputs.get(part.linked.get(position, ""))
        if row is None:
            cells[position] = Int(weight)
            own.append(position)
        else:
            table.unlock(row, [position])  # open only where a formula follows it
            times = f"*{part.scale}" if part.scale > 1 else ""
            cells[position] = Formula(f"{table.pinned(row, position)}{times}", weight)
    row = table.line(label or part.label, cells, part.total, STEP_COUNT)
    table.unlock(row, own)
    return row


def inputs(table: Table) -> None:
    """Write 算定基礎: every series that a 指標 reads, once."""
    result = table.result
    linked: dict[str, set[int]] = {}
    for part in _every_part(result):
        for position, key in part.linked.items():
            linked.setdefault(key, set()).add(position)
    listed = [series for series in result.series if series.key in linked]
    if not listed:
        return
    trial = "" if table.is_hidden else f"　{_TRIAL}"
    table.heading(f"算定基礎{trial}", BLANK)
    for series in listed:
        values = {
            at: int(series.values[party.code])
            for at, party in enumerate(result.parties)
            if at in linked[series.key]
        }
        label = series_note(replace(series, source=""))
        cells: dict[int, Cell] = {at: Int(values[at]) for at in table.positions if at in values}
        row = table.line(label, cells, sum(values.values()), ("wrap", "count"))
        table.inputs[series.key] = row


def _every_part(result: Result) -> Iterator[Part]:
    for pot in result.pots:
        for component in pot.components:
            yield from parts_of(result, pot, [component]) or ()
