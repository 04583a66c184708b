"""P2: the engine beside a plain-integer largest remainder of the same two components.

Other ways to do the same, without a goal: integers that keep what items of one rule have in common,
and `Fraction` throughout. All give the same yen.
"""

import random
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from math import floor

from benchmarks import Pair, goal
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Yen

#: 国勢調査人口 2015, in 団体コード order.
POPULATION = {
    "022021": 177411,
    "022101": 32106,
    "023434": 1415,
    "023612": 15179,
    "023621": 9676,
    "023671": 7783,
    "023817": 13935,
}
ITEMS = 200
YEAR = FiscalYear(2022)


def _items() -> list[CostItem]:
    rng = random.Random(20_260_401)  # noqa: S311 -- amounts of a benchmark, the same each time
    months = YEAR.months()
    return [
        CostItem(no, f"費目{no}", "運用", Yen(rng.randrange(10**5, 10**7)), months[0], months[-1])
        for no in range(1, ITEMS + 1)
    ]


def _facts() -> Facts:
    values = {code: Fraction(value) for code, value in POPULATION.items()}
    return Facts(
        tuple(Party(code, code, code == "022021") for code in POPULATION),
        {"": {code: (Period(date(2015, 4, 1)),) for code in POPULATION}},
        {"population": Series("population", "国勢調査人口", values)},
    )


def _rule() -> Rule:
    return Rule(
        (
            Component("equal", "equal", "均等割", Fraction(20)),
            Component("population", "table", "人口割", Fraction(80), "population"),
        )
    )


def plain_largest_remainder(total: int, weights: list[int]) -> list[int]:
    """Split as one would without an engine: whole numbers, largest remainder, ties by weight."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    rest = total - sum(shares)
    order = sorted(
        range(len(weights)), key=lambda i: (-(total * weights[i] % whole), -weights[i], i)
    )
    for index in order[:rest]:
        shares[index] += 1
    return shares


def cached_largest_remainder(weights: list[int]) -> Callable[[int], list[int]]:
    """Give the same with the sum and the order of ties worked out once."""
    whole = sum(weights)
    ties = sorted(range(len(weights)), key=lambda i: (-weights[i], i))

    def split(total: int) -> list[int]:
        exact = [total * weight for weight in weights]
        shares = [each // whole for each in exact]
        over = [each % whole for each in exact]
        for index in sorted(ties, key=over.__getitem__, reverse=True)[: total - sum(shares)]:
            shares[index] += 1
        return shares

    return split


def fraction_largest_remainder(total: int, weights: list[int]) -> list[int]:
    """Give the same with exact fractions."""
    exact = [total * Fraction(weight, sum(weights)) for weight in weights]
    shares = [floor(each) for each in exact]
    order = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], -weights[i], i))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return shares


Cuts = list[tuple[list[int], list[int]]]


def _in_turn(amounts: list[int], split: Callable[[int, list[int]], list[int]]) -> Cuts:
    equal, population = [1] * len(POPULATION), list(POPULATION.values())
    found = []
    for amount in amounts:
        first, second = split(amount, [20, 80])
        found.append((split(first, equal), split(second, population)))
    return found


def _plainly(amounts: list[int]) -> Cuts:
    return _in_turn(amounts, plain_largest_remainder)


def _in_fractions(amounts: list[int]) -> Cuts:
    return _in_turn(amounts, fraction_largest_remainder)


def _cached(amounts: list[int]) -> Cuts:
    cut, equally, by_population = map(
        cached_largest_remainder, ([20, 80], [1] * len(POPULATION), list(POPULATION.values()))
    )
    found = []
    for amount in amounts:
        first, second = cut(amount)
        found.append((equally(first), by_population(second)))
    return found


def _pair(theirs: Callable[[list[int]], Cuts], *, recorded: bool) -> Pair:
    items, facts = _items(), _facts()
    rules = {("", None): Timeline([Dated(date(2015, 4, 1), _rule(), Source("見本"))])}
    amounts = [int(item.amount) for item in items]
    result = share(items, rules, facts, YEAR)
    expected = [tuple(map(tuple, pair)) for pair in theirs(amounts)]
    if [entry.portions[0].cuts for entry in result.items] != expected:
        raise RuntimeError("the two do not agree, so their times mean nothing")
    return Pair(
        ours=lambda: share(items, rules, facts, YEAR, recorded=recorded),
        theirs=lambda: theirs(amounts),
    )


@goal("P2", "200費目×7団体の按分、説明の記録つき ÷ 素の整数", at_most=1.5)
def with_records() -> Pair:
    """Share with the compact records that explain every cell."""
    return _pair(_plainly, recorded=True)


@goal("P2", "200費目×7団体の按分、記録なし ÷ 素の整数", at_most=0.75)
def without_records() -> Pair:
    """Share for a trial that nobody will ask to explain."""
    return _pair(_plainly, recorded=False)


@goal("P2", "同、記録つき ÷ 割合ごとに前計算した整数", at_most=None)
def beside_cached() -> Pair:
    """Compare with integers that keep what the items have in common."""
    return _pair(_cached, recorded=True)


@goal("P2", "同、記録つき ÷ Fraction", at_most=None)
def beside_fractions() -> Pair:
    """Compare with exact fractions."""
    return _pair(_in_fractions, recorded=True)
