"""FY2025 worked out by hand (手計算): plain whole numbers, nothing of the product.

One cost is shared evenly, one by population. What is left below a yen goes, one yen each, to the
largest remainders. Every amount that the scripted year and docs/year.md name comes from here.
"""

from collections.abc import Sequence
from typing import Final

from tests.seven import POPULATION, TOWNS

CODES: Final = tuple(town.code for town in TOWNS)
NAMES: Final = {town.code: town.name for town in TOWNS}
HIROSAKI, HIRAKAWA, NISHIMEYA, FUJISAKI, OWANI, INAKADATE, ITAYANAGI = CODES
Amounts = dict[str, int]

_OLD, _NEW = (POPULATION[day] for day in sorted(POPULATION)[-2:])
#: 平成27年 and 令和2年（速報）, by town; and the new one without 板柳町, which was late.
CENSUS_2015: Final = dict(zip(CODES, _OLD, strict=True))
CENSUS_2020: Final = dict(zip(CODES, _NEW, strict=True))
WITHOUT_ITAYANAGI: Final = CENSUS_2020 | {ITAYANAGI: CENSUS_2015[ITAYANAGI]}

STAGES: Final = ("estimate", "planned", "revised", "final", "settlement")
#: Stage → the even cost, the costs by population, and the people they are shared by.
COSTS: Final[dict[str, tuple[int, tuple[int, ...], Amounts]]] = {
    "estimate": (7_700_000, (32_188_125,), CENSUS_2015),
    "planned": (7_000_000, (28_325_550,), CENSUS_2015),
    "revised": (7_000_000, (28_325_550,), WITHOUT_ITAYANAGI),
    "final": (7_000_000, (29_248_680,), CENSUS_2020),
    # The late invoice: 1,107,905 and a tenth of it, below a yen cut off.
    "settlement": (7_000_000, (29_248_680, 1_107_905 + 1_107_905 // 10), CENSUS_2020),
}
#: 藤崎町 paid this of the first instalment; 平川市 paid this instead of the third.
PART, TOO_MUCH = 400_000, 1_500_000


def shared(amount: int, weights: Amounts) -> Amounts:
    """Share by weights; the rest by largest remainder, then by weight, then by code."""
    whole = sum(weights.values())
    yen = {code: amount * weight // whole for code, weight in weights.items()}
    over = {code: amount * weight % whole for code, weight in weights.items()}
    turn = sorted(weights, key=lambda code: (-over[code], -weights[code], code))
    for code in turn[: amount - sum(yen.values())]:
        yen[code] += 1
    return yen


def borne(even: int, costs: Sequence[int], people: Amounts) -> Amounts:
    """Add up what each town bears of the costs of a run."""
    parts = [shared(even, dict.fromkeys(CODES, 1)), *(shared(cost, people) for cost in costs)]
    return {code: sum(part[code] for part in parts) for code in CODES}


#: Stage → what each town bears.
BORNE: Final = {stage: borne(*COSTS[stage]) for stage in STAGES}


def quarter(amount: int) -> int:
    """Take 25 %, raised to the next 1,000 yen."""
    return -(-amount // 4_000) * 1_000


def asked(code: str) -> tuple[int, int, int, int]:
    """Give what the four notices ask a town for: two by 当初, two by 変更."""
    first = quarter(BORNE["planned"][code])
    third = quarter(BORNE["revised"][code])
    return first, first, third, BORNE["revised"][code] - 2 * first - third


ASKED: Final = {code: asked(code) for code in CODES}


def paid(code: str) -> tuple[int, int, int, int]:
    """Give what a town pays for each instalment; 藤崎町 the rest of the first after a reminder."""
    first, second, third, fourth = ASKED[code]
    return first, second, TOO_MUCH if code == HIRAKAWA else third, fourth


PAID: Final = {code: paid(code) for code in CODES}
#: 精算額: what each town still owes, negative where it gets money back.
OPEN: Final = {code: BORNE["settlement"][code] - sum(PAID[code]) for code in CODES}


def disposition(code: str) -> str:
    """平川市 takes what it paid too much into the next year; others are paid back or pay."""
    if code == HIRAKAWA:
        return "credit"
    return "refund" if OPEN[code] < 0 else "additional"


def halves(before: str, after: str) -> dict[str, tuple[int, int]]:
    """Divide a difference into cost and population: the mean of both orders, in half yen."""
    (even, old_costs, old_people), (_, new_costs, new_people) = COSTS[before], COSTS[after]
    cost_first = borne(even, new_costs, old_people)
    people_first = borne(even, old_costs, new_people)
    old, new = BORNE[before], BORNE[after]
    return {
        code: (
            cost_first[code] - old[code] + new[code] - people_first[code],
            people_first[code] - old[code] + new[code] - cost_first[code],
        )
        for code in CODES
    }
