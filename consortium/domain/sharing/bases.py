"""The shapes of a component's weight (構成割の種類): the one place where a kind is added.

人口割, 世帯割, 端末台数割, host share and fixed percentages are all the shape `table` with other
data. Keys are stored in the database and never renamed.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.errors import BadInputError
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.rule import Component

#: (component, facts, positions of the members in force) → one weight for each position
Weigh = Callable[[Component, Facts, Sequence[int]], list[Fraction]]


class Basis(NamedTuple):
    """A registered shape of weight (構成割の種類)."""

    key: str
    label: str
    reads_series: bool
    weigh: Weigh


#: Every shape by its key.
BASES: dict[str, Basis] = {}


def basis(key: str, *, label: str, reads_series: bool) -> Callable[[Weigh], Weigh]:
    """Register a shape of weight under a key and its Japanese label."""

    def register(weigh: Weigh) -> Weigh:
        BASES[key] = Basis(key, label, reads_series, weigh)
        return weigh

    return register


def component_label(key: str, series_label: str = "") -> str:
    """Name a component after its shape and series, e.g. 国勢調査人口 → 人口割 (構成割の名)."""
    return BASES[key].label.format(series=series_label.removeprefix("国勢調査"))


@basis("equal", label="均等割", reads_series=False)
def equal(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Weigh each member 1 (均等割)."""
    return [Fraction(1)] * len(positions)


@basis("table", label="{series}割", reads_series=True)
def table(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Weigh each member by its value in a series (人口割, 世帯割 …).

    Raises: NotInForceError naming member, series and date if a value is missing.
    """
    try:
        series = facts.series[component.series or ""]
    except KeyError:
        raise BadInputError(
            f"構成割「{component.label}」の算定基礎を探しました。",
            f"算定基礎「{component.series}」がありません。",
            "算定基礎を登録するか、構成割の算定基礎を直してください。",
            path="basis",
        ) from None
    return [series.value(facts.parties[position]) for position in positions]
