"""The shapes of a component's weight (構成割の種類): the one place where a kind is added.

人口割, 世帯割, 端末台数割 and the like are all the shape `table` with other data. A new kind is one
function here, one example in docs/rules.md and one case file. Keys are stored in the database and
never renamed.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing.facts import Facts, Party
from consortium.domain.sharing.roots import power_of
from consortium.domain.sharing.rule import PERCENT, Component

#: (component, facts, positions of the members in force) → one weight for each position
Weigh = Callable[[Component, Facts, Sequence[int]], list[Fraction]]


class Basis(NamedTuple):
    """A registered shape of weight (構成割の種類)."""

    key: str
    #: name as printed; `{series}` stands for the name of the series
    label: str
    #: name in a list of kinds, and what it means, for an officer who meets it first
    title: str
    help: str
    reads_series: bool
    weigh: Weigh


#: Every shape by its key.
BASES: dict[str, Basis] = {}


def basis(
    key: str, *, label: str, title: str, help: str, reads_series: bool
) -> Callable[[Weigh], Weigh]:
    """Register a shape of weight under a key with its Japanese names and help text."""

    def register(weigh: Weigh) -> Weigh:
        BASES[key] = Basis(key, label, title, help, reads_series, weigh)
        return weigh

    return register


def component_label(key: str, series_label: str = "") -> str:
    """Name a component after its shape and series, e.g. 国勢調査人口 → 人口割 (構成割の名)."""
    return BASES[key].label.format(series=series_label.removeprefix("国勢調査"))


@basis(
    "equal",
    label="均等割",
    title="均等割",
    help="参加している団体で等しく分けます。",
    reads_series=False,
)
def equal(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Weigh each member 1 (均等割)."""
    return [Fraction(1)] * len(positions)


@basis(
    "table",
    label="{series}割",
    title="算定基礎の値による割",
    help="人口・世帯数・職員数・端末台数・利用件数・財政規模など、登録した値の比で分けます。",
    reads_series=True,
)
def table(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Weigh each member by its value in a series (人口割, 世帯割 …).

    Raises: NotInForceError naming member, series and date if a value is missing.
    """
    return _values(component, facts, positions)


@basis(
    "power",
    label="逓減{series}割",
    title="逓減割（値のべき乗）",
    help="値を指数（0より大きい数）でべき乗した比で分けます。指数が1より小さいと、規模の大きい団体の"
    "負担が規模ほどには増えません（人口が2倍で負担1.5倍なら、指数はおよそ0.585）。",
    reads_series=True,
)
def power(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Weigh each member by a power of its value (逓減人口割), exact to 10^-12."""
    exponent = component.power or Fraction(1)
    return [power_of(value, exponent) for value in _values(component, facts, positions)]


@basis(
    "fixed",
    label="固定割合",
    title="固定割合・重みつき均等割",
    help="ルールに書いた数の比で分けます。固定の割合のほか、市100・町50のような重みつきの均等割にも"
    "使います。参加する団体すべてに数（負担しない団体は0）を書きます。",
    reads_series=False,
)
def fixed(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Weigh each member by the number that the rule itself writes (固定割合).

    Raises: NotInForceError naming a member in force for which the rule writes none.
    """
    return [_own(component, facts.parties[position]) for position in positions]


def _own(component: Component, party: Party) -> Fraction:
    try:
        return component.own[party.code]
    except KeyError:
        raise NotInForceError(
            f"{component.label}により按分しようとしました。",
            f"{party.name}（{party.code}）の割合がルールに書かれていません。",
            f"{party.name}の割合（負担しないなら0）を書いた版を登録してください。",
        ) from None


@basis(
    "host",
    label="幹事・所在地負担",
    title="幹事・所在地負担",
    help="施設や幹事を引き受ける一つの団体が、この構成割の全額を負担します。",
    reads_series=False,
)
def host(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Weigh the member that the rule names, and nobody else (幹事・所在地負担).

    Raises: NotInForceError if that member is not in force.
    """
    weights = [Fraction(facts.parties[position].code in component.own) for position in positions]
    if not any(weights):
        raise NotInForceError(
            f"{component.label}を求めました。",
            f"負担する団体（{'、'.join(component.own)}）が、その期間に参加していません。",
            "団体の加入日か、負担ルールの団体を確認してください。",
        )
    return weights


@basis(
    PERCENT,
    label="{series}の割合",
    title="基礎値の割合",
    help="団体ごとに、その団体自身の値（基準財政需要額など）に決まった百分率を掛けた額を負担します。"
    "総額は結果として決まるので、費目に額を書きません。",
    reads_series=True,
)
def percent(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Give the yen of each member for the whole time: a percentage of its own value.

    Here a weight is an amount, so the total is an output (基礎値の割合).
    """
    return [value * component.weight / 100 for value in _values(component, facts, positions)]


def _values(component: Component, facts: Facts, positions: Sequence[int]) -> list[Fraction]:
    """Read the members' values; those the rule writes itself come first (区分だけの値)."""
    try:
        series = facts.series[component.series or ""]
    except KeyError:
        raise BadInputError(
            f"構成割「{component.label}」の算定基礎を探しました。",
            f"算定基礎「{component.series}」がありません。",
            "算定基礎を登録するか、構成割の算定基礎を直してください。",
            path="basis",
        ) from None
    own: Mapping[str, Fraction] = component.own
    parties = [facts.parties[position] for position in positions]
    if not own:
        return [series.value(party) for party in parties]
    return [own[p.code] if p.code in own else series.value(p) for p in parties]
