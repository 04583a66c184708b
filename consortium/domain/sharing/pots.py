"""Exact cells: what part of an item each component and member has (按分の型). Step 4 of `share()`.

Nothing is rounded here. Items of the same category, service and months share one pot.
"""

from collections.abc import Sequence
from fractions import Fraction

from consortium.domain.errors import CannotShareError
from consortium.domain.sharing.result import Pot, PotComponent, Window
from consortium.domain.sharing.rule import PERCENT, plain
from consortium.domain.yen import Weights


def pot_of(windows: tuple[Window, ...], members: int, *, with_cells: bool = False) -> Pot:
    """Add up the exact cells of the windows (component × member).

    They sum to 1; under a percentage of each member's own value they are yen. `with_cells` keeps
    how each member's share divides into components, which `level: item` needs anyway.

    Raises: CannotShareError where all weights are zero, naming month and basis.
    """
    cells = _cells(windows, members)
    labels = _labels(windows)
    components = tuple(
        PotComponent(key, labels[key], sum(row, Fraction(0)), Weights.of(row))
        for key, row in cells.items()
    )
    cut = Weights.of((part.part for part in components), ties_as_listed=True)
    at_item = windows[0].rule.require().rounding.level == "item"
    if not at_item and not with_cells:
        return Pot(windows, components, cut, None, ())
    columns = list(zip(*cells.values(), strict=True))
    whole = Weights.of(sum(column, Fraction(0)) for column in columns) if at_item else None
    each = tuple(
        Weights.of(column, ties_as_listed=True) if any(column) else None for column in columns
    )
    return Pot(windows, components, cut, whole, each)


def refuse_mixture(name: str, windows: Sequence[Window]) -> None:
    """Refuse an item in which rule versions differ in rounding, proration or their very kind."""
    rules = [window.rule.require() for window in windows]
    if len({(rule.rounding, rule.proration, rule.is_percent) for rule in rules}) > 1:
        dates = "、".join(sorted({str(window.rule.since) for window in windows}))
        raise CannotShareError(
            f"費目「{name}」を按分しようとしました。",
            f"期間内に効力のある負担ルールの版（{dates} 施行）で端数処理か按分期間が違います。",
            "費目を版の境目で分けるか、端数処理と按分期間を揃えてください。",
        )


def _cells(windows: tuple[Window, ...], members: int) -> dict[str, list[Fraction]]:
    cells: dict[str, list[Fraction]] = {}
    for window in windows:
        rule = window.rule.require()
        for component, weights in zip(rule.components, window.weights, strict=True):
            base = total_of(weights)
            if base.numerator <= 0:
                raise CannotShareError(
                    f"{component.label}により {window.first} の費用を按分しようとしました。",
                    "参加団体の重みがすべて0です。",
                    f"「{component.label}」の値を確認してください。",
                )
            row = cells.setdefault(component.key, [_NONE] * members)
            one = window.part * component.weight / (rule.whole * base)
            if component.basis == PERCENT:
                one = window.part  # the weights are yen already
            for position, weight in zip(window.positions, weights, strict=True):
                row[position] = one * weight + row[position] if row[position] else one * weight
    return cells


_NONE = Fraction(0)


def total_of(weights: Sequence[Fraction]) -> Fraction:
    """Add weights up; most are whole numbers, which are added much faster (重みの計)."""
    if all([weight.denominator == 1 for weight in weights]):
        return Fraction(sum([weight.numerator for weight in weights]))
    return sum(weights, _NONE)


def _labels(windows: tuple[Window, ...]) -> dict[str, str]:
    """Name each component with its weight, e.g. 人口割（80/100）; both if a version changed it."""
    names: dict[str, list[str]] = {}
    for window in windows:
        rule = window.rule.require()
        for component in rule.components:
            weight = f"{plain(component.weight)}/{plain(rule.whole)}"
            if component.basis == PERCENT:
                weight = f"{plain(component.weight)}％"
            name = f"{component.label}（{weight}）"
            seen = names.setdefault(component.key, [])
            if name not in seen:
                seen.append(name)
    return {key: "→".join(seen) for key, seen in names.items()}
