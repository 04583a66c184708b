"""P1: the engine beside an independent implementation with `Fraction`, on random agreements.

The second implementation is the oracle of the tests, the agreements are theirs, too: the same ones
every time, 10,000 that give an answer, with one to four costs each.
"""

from functools import cache
from typing import NamedTuple

from benchmarks import Count, goal
from consortium.domain.sharing.result import Result
from tests import oracle
from tests.domain.properties.agreements import many_matters
from tests.domain.properties.engine import shared
from tests.oracle import Paid, RefusedError

CASES, SEED = 10_000, 20_260_401


class Compared(NamedTuple):
    """What came out (比較の結果): items, those that do not add up, those that are not identical."""

    items: int
    unequal_sums: int
    different: int


@cache
def _compared() -> Compared:
    """Share at random until 10,000 agreements gave an answer."""
    cases = items = unequal_sums = different = 0
    for agreement, costs in many_matters(SEED):
        try:
            expected = [oracle.pays(agreement, cost) for cost in costs]
        except RefusedError:
            continue  # nobody there, no rule, or no weight
        cases += 1
        result = shared(agreement, costs)
        items += len(costs)
        unequal_sums += sum(
            sum(entry.amounts) + entry.unallocated != entry.item.amount for entry in result.items
        )
        different += _different(result, expected)
        if cases == CASES:
            break
    return Compared(items, unequal_sums, different)


def _different(result: Result, expected: list[Paid]) -> int:
    """Count the costs of which somebody's yen differ, grants and 端数差額 included."""
    codes = [*(party.code for party in result.parties), ""]
    found = 0
    for entry, paid in zip(result.items, expected, strict=True):
        yen = dict.fromkeys(codes, 0)
        for (_, code), part in paid.items():
            yen[code] += part
        found += [*entry.amounts, entry.unallocated] != list(yen.values())
    return found


@goal("P1", "乱数の協定10,000件：合計が費目の額と合わない費目", at_most=0)
def unequal_sums() -> Count:
    """Count the items whose shares do not add up to the amount."""
    return Count(_compared().unequal_sums)


@goal("P1", "乱数の協定10,000件：Fraction の独立の実装と違う費目", at_most=0)
def different() -> Count:
    """Count the items of which some member's yen differ from those of the oracle."""
    return Count(_compared().different)


@goal("P1", "同、比べた費目", at_most=None)
def compared_items() -> Count:
    """Count the items that were compared."""
    return Count(_compared().items)
