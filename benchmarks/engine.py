"""P2: the engine beside a plain-integer largest remainder of the same two components."""

import random
from datetime import date
from fractions import Fraction

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


def _plainly(amounts: list[int]) -> list[tuple[list[int], list[int]]]:
    equal, population = [1] * len(POPULATION), list(POPULATION.values())
    found = []
    for amount in amounts:
        first, second = plain_largest_remainder(amount, [20, 80])
        found.append(
            (plain_largest_remainder(first, equal), plain_largest_remainder(second, population))
        )
    return found


def _pair(*, recorded: bool) -> Pair:
    items, facts = _items(), _facts()
    rules = {("", None): Timeline([Dated(date(2015, 4, 1), _rule(), Source("見本"))])}
    amounts = [int(item.amount) for item in items]
    result = share(items, rules, facts, YEAR)
    expected = [tuple(map(tuple, pair)) for pair in _plainly(amounts)]
    if [entry.cuts for entry in result.items] != expected:
        raise RuntimeError("the two do not agree, so their times mean nothing")
    return Pair(
        ours=lambda: share(items, rules, facts, YEAR, recorded=recorded),
        theirs=lambda: _plainly(amounts),
    )


@goal("P2", "200費目×7団体の按分、説明の記録つき ÷ 素の整数", at_most=1.5)
def with_records() -> Pair:
    """Share with the compact records that explain every cell."""
    return _pair(recorded=True)


@goal("P2", "200費目×7団体の按分、記録なし ÷ 素の整数", at_most=0.75)
def without_records() -> Pair:
    """Share for a trial that nobody will ask to explain."""
    return _pair(recorded=False)
