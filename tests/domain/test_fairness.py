"""公平性: the Shapley value and the cost alone, against figures of the design and a slow oracle."""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from itertools import combinations, permutations
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing import fairness
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.fairness import CostModel, shapley, stand_alone
from consortium.domain.sharing.rule import Component
from consortium.domain.timeline import Timeline
from consortium.domain.yen import Yen
from tests.depth import examples
from tests.domain.agreement import make_item, make_rule

#: 令和2年国勢調査(速報), published 2021-06-25; 鶴田町 as the design types it in.
TOWNS = {
    "022021": ("弘前市", 168_564),
    "022101": ("平川市", 30_621),
    "023434": ("西目屋村", 1_265),
    "023612": ("藤崎町", 14_578),
    "023621": ("大鰐町", 8_671),
    "023671": ("田舎館村", 7_328),
    "023817": ("板柳町", 12_712),
}
TSURUTA = {"023841": ("鶴田町", 12_077)}
RULE = make_rule(
    *(
        Component("equal", "equal", "均等割", Fraction(30)),
        Component("population", "table", "人口割", Fraction(70), "population"),
    ),
    level="item",
)


def model(towns: Mapping[str, tuple[str, int]]) -> CostModel:
    """State the cost of the design: 14,400,000 + 1,200,000 per member + 100 per resident."""
    values = {code: Fraction(value) for code, (_, value) in towns.items()}
    return CostModel(Yen(14_400_000), Yen(1_200_000), Fraction(100), values)


def agreed(towns: Mapping[str, tuple[str, int]]) -> dict[str, Yen]:
    """Share that cost by 30/70 as one item."""
    stated = model(towns)
    parties = tuple(
        Party(code, name, code == "022021") for code, (name, _) in sorted(towns.items())
    )
    facts = Facts(
        parties,
        {"": dict.fromkeys(towns, (Period(date(2015, 4, 1)),))},
        {"population": Series("population", "国勢調査人口", stated.values)},
    )
    total = stated.cost(frozenset(towns))
    assert total.denominator == 1
    result = share(
        [make_item(total.numerator)], {("", None): Timeline([RULE])}, facts, FiscalYear(2021)
    )
    return {party.code: amount for party, amount in zip(parties, result.amounts, strict=True)}


# ---- the figures of the design -------------------------------------------------------------------


def test_of_an_additive_cost_each_value_is_a_seventh_of_the_fixed_part_and_ones_own() -> None:
    values = shapley(list(TOWNS), model(TOWNS).cost)
    assert values == {
        code: Fraction(14_400_000, 7) + 1_200_000 + 100 * people
        for code, (_, people) in TOWNS.items()
    }
    assert sum(values.values()) == 47_173_900


def test_when_tsuruta_joins_the_seven_save_what_the_design_says() -> None:
    before, after = agreed(TOWNS), agreed(TOWNS | TSURUTA)
    assert (sum(before.values()), sum(after.values())) == (47_173_900, 49_581_600)
    savings = {TOWNS[code][0]: before[code] - after[code] for code in TOWNS}
    assert savings == {
        "弘前市": 130_010,
        "平川市": 156_539,
        "藤崎町": 159_625,
        "大鰐町": 160_760,
        "田舎館村": 161_019,
        "西目屋村": 162_186,
        "板柳町": 159_984,
    }
    assert sum(savings.values()) == 1_090_123
    assert after["023841"] == 3_497_823


def test_each_member_is_set_beside_its_value_and_its_cost_alone() -> None:
    lines = {line.code: line for line in fairness.fairness(agreed(TOWNS), model(TOWNS).cost)}
    assert list(lines) == sorted(TOWNS)
    smallest, lead = lines["023434"], lines["022021"]
    # 西目屋村 alone: 14,400,000 + 1,200,000 + 126,500.
    assert smallest.alone == 15_726_500
    assert smallest.shapley == Fraction(14_400_000, 7) + 1_326_500
    assert smallest.difference == smallest.agreed - smallest.shapley
    assert lead.alone == 14_400_000 + 1_200_000 + 16_856_400
    assert all(line.passes for line in lines.values())
    assert sum(line.difference for line in lines.values()) == 0


def test_who_pays_one_yen_more_than_alone_fails_and_who_pays_as_much_passes() -> None:
    def cost(group: frozenset[str]) -> Fraction:
        return Fraction(100 * len(group))

    lines = fairness.fairness({"a": Yen(100), "b": Yen(101), "c": Yen(99)}, cost)
    assert [(line.code, line.alone, line.passes) for line in lines] == [
        ("a", Fraction(100), True),
        ("b", Fraction(100), False),
        ("c", Fraction(100), True),
    ]


# ---- the cost function ---------------------------------------------------------------------------


def test_nobody_costs_nothing_and_one_member_costs_the_fixed_part_too() -> None:
    stated = CostModel(Yen(1_000), Yen(30), Fraction("0.5"), {"a": Fraction(7), "b": Fraction(3)})
    assert stated.cost(frozenset()) == 0
    assert stated.cost({"a"}) == Fraction("1033.5")
    assert stated.cost({"a", "b"}) == 1_065


def test_a_member_without_a_value_is_named_only_where_a_unit_costs_something() -> None:
    assert CostModel(Yen(10), Yen(1), Fraction(0), {}).cost({"023841"}) == 11
    with pytest.raises(NotInForceError, match="023841の算定基礎の値がありません"):
        CostModel(Yen(10), Yen(1), Fraction(1), {}).cost({"023841"})


# ---- refusals ------------------------------------------------------------------------------------


def free(_group: frozenset[str]) -> Fraction:
    return Fraction(0)


def test_twelve_members_are_the_most() -> None:
    assert len(shapley([str(n) for n in range(12)], free)) == 12
    with pytest.raises(BadInputError, match=r"13団体です.*8,192通り.*12団体まで") as refused:
        shapley([str(n) for n in range(13)], free)
    assert refused.value.path == "members"


@pytest.mark.parametrize(("players", "why"), [([], "団体がありません"), (["a", "a"], "二度")])
def test_nobody_and_a_member_named_twice_are_refused(players: list[str], why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        shapley(players, free)


# ---- properties ----------------------------------------------------------------------------------

CODES = "abcde"
Table = Callable[[frozenset[str]], Fraction]


@st.composite
def games(draw: st.DrawFn) -> tuple[str, Table]:
    """Make up to five members and any cost for each group of them."""
    players = CODES[: draw(st.integers(1, 5))]
    yen = st.fractions(-(10**9), 10**9, max_denominator=97)
    groups = [
        frozenset(group) for size in range(1, len(players) + 1)
        for group in combinations(players, size)
    ]  # fmt: skip
    costs = {group: draw(yen) for group in groups} | {frozenset(): Fraction(0)}
    return players, costs.__getitem__


def by_permutations(players: str, cost: Table) -> dict[str, Fraction]:
    """Let the members arrive in every order and take the mean of what each adds."""
    sums = dict.fromkeys(players, Fraction(0))
    for order in permutations(players):
        there: frozenset[str] = frozenset()
        for player in order:
            sums[player] += cost(there | {player}) - cost(there)
            there |= {player}
    return {player: value / factorial(len(players)) for player, value in sums.items()}


@pytest.mark.property
@examples(200)
@given(games())
def test_the_value_is_the_mean_over_all_orders_and_adds_up(game: tuple[str, Table]) -> None:
    players, cost = game
    values = shapley(players, cost)
    assert values == by_permutations(players, cost)
    assert sum(values.values()) == cost(frozenset(players))


@pytest.mark.property
@examples(100)
@given(games(), st.data())
def test_members_that_add_the_same_to_every_group_pay_the_same(
    game: tuple[str, Table], data: st.DataObject
) -> None:
    players, cost = game
    first, second = data.draw(st.sampled_from(players)), data.draw(st.sampled_from(players))

    def alike(group: frozenset[str]) -> Fraction:
        swapped = {first: second, second: first}
        return cost(group) + cost(frozenset(swapped.get(code, code) for code in group))

    values = shapley(players, alike)
    assert values[first] == values[second]


@pytest.mark.property
@examples(100)
@given(games(), st.fractions(0, 10**6))
def test_who_adds_only_its_own_cost_pays_that(game: tuple[str, Table], own: Fraction) -> None:
    players, cost = game

    def with_loner(group: frozenset[str]) -> Fraction:
        return cost(group - {"z"}) + (own if "z" in group else 0)

    values = shapley([*players, "z"], with_loner)
    assert values["z"] == own
    assert {code: values[code] for code in players} == shapley(players, cost)


@pytest.mark.property
@examples(100)
@given(games(), st.fractions(-1000, 1000), st.fractions(0, 1000))
def test_the_values_of_two_costs_add_up(
    game: tuple[str, Table], each: Fraction, fixed: Fraction
) -> None:
    players, cost = game

    def other(group: frozenset[str]) -> Fraction:
        return each * len(group) ** 2 + (fixed if group else 0)

    both = shapley(players, lambda group: cost(group) + other(group))
    one, two = shapley(players, cost), shapley(players, other)
    assert both == {code: one[code] + two[code] for code in players}


@pytest.mark.property
@examples(100)
@given(games())
def test_what_each_costs_alone_is_the_cost_of_its_own_group(game: tuple[str, Table]) -> None:
    players, cost = game
    assert stand_alone(players, cost) == {code: cost(frozenset(code)) for code in players}
