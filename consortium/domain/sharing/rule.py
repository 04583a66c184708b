"""A sharing rule (負担ルール): which components weigh how much, and how yen are rounded.

A rule is a value on a timeline: `Dated[Rule]` adds 施行日 and 根拠. Rules belong to a cost
category (経費区分) of a service; the category `None` holds for all without a rule of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from consortium.domain.errors import BadInputError
from consortium.domain.timeline import Timeline
from consortium.domain.yen import Rounding

if TYPE_CHECKING:
    from consortium.domain.sharing.dating import Dating

#: Key of the kind whose total is an output; it shares a rule with no other kind.
PERCENT = "percent"

#: Until when a member that leaves pays (脱退時の負担).
LEAVINGS = {"month": "脱退の月まで", "year": "年度末まで"}


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a rule (構成割), e.g. 人口割80.

    `basis` is a key of the registry in bases.py, `series` the table of values it reads (None for
    均等割), `dating` which edition of it. `key` names the component in results and stays the same
    when the values change. `own` holds values by 団体コード that the rule itself writes: all of
    them for 固定割合, single ones in place of the series' for this rule only (区分だけの値), with
    `own_source` saying why. `power` is the exponent of 逓減割. Of a percentage of each member's own
    value (基礎値の割合), `weight` is the percentage.
    """

    key: str
    basis: str
    label: str
    weight: Fraction
    series: str | None = None
    own: Mapping[str, Fraction] = field(default_factory=dict)
    own_source: str = ""
    power: Fraction | None = None
    dating: "Dating | None" = None

    def __post_init__(self) -> None:
        """Refuse a component without weight, and a negative value of its own."""
        if self.weight <= 0:
            raise BadInputError(
                f"構成割「{self.label}」の割合を読みました。",
                f"割合が {self.weight} です。",
                "0より大きい数にするか、この構成割を除いてください。",
                path="weight",
            )
        for code, value in self.own.items():
            if value < 0:
                raise BadInputError(
                    f"構成割「{self.label}」の値を読みました。",
                    f"{code} の値 {value} は負です。",
                    "0以上の値にしてください。",
                    path="values",
                )


@dataclass(frozen=True, slots=True)
class Rule:
    """The components, the rounding and the proration in force together (負担ルール).

    `leaving` says until when a member that leaves pays: a key of `LEAVINGS`.
    """

    components: tuple[Component, ...]
    rounding: Rounding = field(default_factory=Rounding)
    proration: str = "monthly"
    leaving: str = "month"

    def __post_init__(self) -> None:
        """Refuse a rule without components or whose parts do not go together."""
        keys = [component.key for component in self.components]
        if not keys or len(set(keys)) != len(keys):
            raise BadInputError(
                "負担ルールの構成割を読みました。",
                "構成割がありません。" if not keys else "同じ算定基礎の構成割が二つあります。",
                "算定基礎ごとに一つずつ構成割を書いてください。",
                path="components",
            )
        if self.leaving not in LEAVINGS:
            raise BadInputError(
                "脱退時の負担の指定を読みました。",
                f"「{self.leaving}」は使えません。",
                f"{'、'.join(LEAVINGS)} のいずれかにしてください。",
                path="leaving",
            )
        if self.is_percent:
            self._refuse_mixture()

    def _refuse_mixture(self) -> None:
        """Refuse percentages beside components, and what needs an amount to be cut."""
        if any(component.basis != PERCENT for component in self.components):
            raise BadInputError(
                "負担ルールの構成割を読みました。",
                "基礎値の割合（percent）とほかの構成割が混じっています。",
                "基礎値の割合だけのルールにし、ほかの構成割は別の経費区分に分けてください。",
                path="components",
            )
        if self.proration in ("monthly_rounded", "joiner_first"):
            raise BadInputError(
                "基礎値の割合（percent）のルールの按分期間を読みました。",
                f"「{self.proration}」は、分ける総額のないこのルールでは使えません。",
                "monthly、daily、none のいずれかにしてください。",
                path="proration",
            )
        if self.rounding.ratio_digits is not None:
            raise BadInputError(
                "基礎値の割合（percent）のルールの端数処理を読みました。",
                "割合を丸める桁数（ratio_digits）は、分ける総額のないこのルールでは使えません。",
                "ratio_digits を除いてください。",
                path="rounding.ratio_digits",
            )

    @property
    def is_percent(self) -> bool:
        """Say whether the total is an output of the rule (基礎値の割合)."""
        return any(component.basis == PERCENT for component in self.components)

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


def timeline_of(rules: Rules, service: str, category: str) -> Timeline[Rule] | None:
    """Give the dated rules of a category, else those for all of the service, else None."""
    return rules.get((service, category)) or rules.get((service, None))
