"""A sharing rule (負担ルール): which components weigh how much, and how yen are rounded.

A rule is a value on a timeline: `Dated[Rule]` adds 施行日 and 根拠. Rules belong to a cost
category (経費区分) of a service; the category `None` holds for all without a rule of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from consortium.domain.errors import BadInputError
from consortium.domain.timeline import Timeline
from consortium.domain.yen import Rounding


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a rule (構成割), e.g. 人口割80.

    `basis` is a key of the registry in bases.py, `series` the table of values it reads (None for
    均等割). `key` names the component in results and stays the same when the values change.
    """

    key: str
    basis: str
    label: str
    weight: Fraction
    series: str | None = None

    def __post_init__(self) -> None:
        """Refuse a component without weight."""
        if self.weight <= 0:
            raise BadInputError(
                f"構成割「{self.label}」の割合を読みました。",
                f"割合が {self.weight} です。",
                "0より大きい数にするか、この構成割を除いてください。",
                path="weight",
            )


@dataclass(frozen=True, slots=True)
class Rule:
    """The components, the rounding and the proration in force together (負担ルール)."""

    components: tuple[Component, ...]
    rounding: Rounding = field(default_factory=Rounding)
    proration: str = "monthly"

    def __post_init__(self) -> None:
        """Refuse a rule without components or with the same one twice."""
        keys = [component.key for component in self.components]
        if not keys or len(set(keys)) != len(keys):
            raise BadInputError(
                "負担ルールの構成割を読みました。",
                "構成割がありません。" if not keys else "同じ算定基礎の構成割が二つあります。",
                "算定基礎ごとに一つずつ構成割を書いてください。",
                path="components",
            )

    @property
    def whole(self) -> Fraction:
        """Sum of the weights (割合の合計); need not be 100."""
        return sum((component.weight for component in self.components), Fraction(0))


def plain(value: Fraction) -> str:
    """Write a weight as people do: 80, 9.5, and 1/3 only where decimals do not end."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = value * 10**6
    if scaled.denominator == 1:
        whole, rest = divmod(scaled.numerator, 10**6)
        return f"{whole}.{rest:06d}".rstrip("0")
    return f"{value.numerator}/{value.denominator}"


#: Rules of a consortium: (service key, 経費区分) → its dated rules; 経費区分 None holds for the
#: categories of the service that are not named.
Rules = Mapping[tuple[str, str | None], Timeline[Rule]]
