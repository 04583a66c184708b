"""What must always hold for one call of the apportionment (按分の不変条件), tried at random.

The numbers M-… are those of the table of invariants that the design keeps.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consortium.domain.errors import CannotShareError
from consortium.domain.yen import (
    MODES,
    RESIDUALS,
    UNITS,
    WHOLE_YEN,
    Rounding,
    Shares,
    Weights,
    by_ratio,
    cut_all,
    split,
    spread,
)
from tests.depth import examples
from tests.domain.properties.agreements import amounts, values
from tests.oracle import STEPS

pytestmark = pytest.mark.property

SAMPLE = 1_000

party_weights = st.lists(
    st.one_of(values, st.builds(Fraction, st.integers(0, 10**4), st.integers(1, 60))),
    min_size=1,
    max_size=12,
).filter(any)
digits = st.one_of(st.none(), st.none(), st.integers(1, 9))
roundings = st.one_of(
    st.builds(Rounding, st.sampled_from(UNITS), ratio_digits=digits),
    st.builds(
        Rounding,
        st.sampled_from(UNITS),
        st.sampled_from(sorted(MODES)),
        st.just("component"),
        st.sampled_from(sorted(set(RESIDUALS) - {"largest_remainder"})),
        digits,
    ),
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[int, list[Fraction | int], Rounding, int | None]:
    """Make the arguments of one call of the apportionment."""
    given_weights = draw(party_weights)
    lead = draw(st.one_of(st.none(), st.integers(0, len(given_weights) - 1)))
    return draw(amounts), given_weights, draw(roundings), lead


Call = tuple[int, list[Fraction | int], Rounding, int | None]


def exact_of(total: int, given_weights: list[Fraction | int]) -> list[Fraction]:
    whole = sum(given_weights, Fraction(0))
    return [Fraction(total) * weight / whole for weight in given_weights]


def parted(call: Call) -> Shares:
    total, given_weights, rounding, lead = call
    return split(total, Weights.of(given_weights), rounding, lead)


@examples(SAMPLE)
@given(calls())
def test_m01_the_shares_and_the_rest_are_the_total(call: Call) -> None:
    result = parted(call)
    assert sum(result.shares) + result.unallocated == call[0]
    if call[2].residual != "unallocated":
        assert result.unallocated == 0


@examples(SAMPLE)
@given(st.lists(st.just(0), max_size=12))
def test_m01_without_a_positive_weight_nothing_is_shared(zeros: list[int]) -> None:
    with pytest.raises(CannotShareError):
        Weights.of(zeros)


@examples(SAMPLE)
@given(calls())
def test_m02_everybody_stays_at_the_exact_share_up_to_one_unit(call: Call) -> None:
    total, given_weights, rounding, lead = call
    assume(rounding.ratio_digits is None)  # else the quota is that of the rounded ratio: below
    result, unit = parted(call), rounding.unit
    sign = -1 if total < 0 else 1
    step = STEPS[rounding.mode]
    for position, exact in enumerate(exact_of(abs(total), given_weights)):
        share_of = sign * result.shares[position]
        own = share_of - sign * result.moved if position == result.receiver else share_of
        if rounding.residual == "largest_remainder":
            assert floor(exact / unit) * unit <= own <= ceil(exact / unit) * unit
        else:
            assert own == step(exact / unit) * unit
    if rounding.residual == "largest_remainder":
        assert 0 <= sign * result.moved < unit
    members = sum(1 for weight in given_weights if weight)
    if rounding.mode == "floor" and unit == 1:
        assert sign * result.moved <= members - 1
    assert abs(result.moved + result.unallocated) < members * unit
    if result.moved:
        assert given_weights[result.receiver or 0] > 0
        if rounding.residual in ("lead", "largest_remainder") and lead is not None:
            assert result.receiver == lead or not given_weights[lead]


@examples(SAMPLE)
@given(calls(), st.integers(1, 9))
def test_m02_ratios_rounded_first_are_the_quota(call: Call, decimals: int) -> None:
    total, given_weights, rounding, lead = call
    rounding = replace(rounding, ratio_digits=decimals)
    weights, scale = Weights.of(given_weights), 10**decimals
    ratios = by_ratio(weights, rounding)
    assert ratios.denominator == scale
    for units, exact in zip(ratios.numerators, exact_of(scale, given_weights), strict=True):
        if rounding.residual == "largest_remainder":
            assert abs(units - exact) < 1
        else:
            assert units == floor(exact + Fraction(1, 2))
    if rounding.residual == "largest_remainder":
        assert sum(ratios.numerators) == scale
    result = split(total, weights, rounding, lead)
    for position, units in enumerate(ratios.numerators):
        exact = Fraction(abs(total) * units, scale * rounding.unit)
        size = abs(result.rounded[position])
        assert size == STEPS[rounding.mode](exact) * rounding.unit


@examples(SAMPLE)
@given(calls())
def test_m04_who_has_no_weight_pays_nothing(call: Call) -> None:
    for weight, amount in zip(call[1], parted(call).shares, strict=True):
        if not weight:
            assert amount == 0


@examples(SAMPLE)
@given(party_weights, amounts)
def test_m05_a_larger_weight_never_pays_less_and_a_tie_goes_by_code(
    given_weights: list[Fraction | int], total: int
) -> None:
    shares = split(total, Weights.of(given_weights), Rounding()).shares
    sizes = [abs(each) for each in shares]
    pairs = sorted(zip(given_weights, sizes, strict=True), key=lambda pair: pair[0])
    for (lighter, less), (heavier, more) in pairwise(pairs):
        if lighter < heavier:
            assert less <= more
    for weight in set(given_weights):
        alike = [size for each, size in zip(given_weights, sizes, strict=True) if each == weight]
        assert alike == sorted(alike, reverse=True)
        assert alike[0] - alike[-1] <= 1


@examples(SAMPLE)
@given(party_weights, st.integers(0, 10**11), st.one_of(st.integers(0, 20), st.integers(0, 10**6)))
def test_m06_a_larger_total_takes_at_most_one_yen_from_anybody(
    given_weights: list[Fraction | int], total: int, more: int
) -> None:
    weights = Weights.of(given_weights)
    before = split(total, weights, Rounding()).shares
    after = split(total + more, weights, Rounding()).shares
    rise = exact_of(more, given_weights)
    for earlier, later, exact in zip(before, after, rise, strict=True):
        assert later >= earlier - 1
        if exact >= 1:
            assert later >= earlier


@examples(SAMPLE)
@given(
    calls(), st.one_of(st.integers(1, 10**6), st.builds(Fraction, st.integers(1, 99), st.just(7)))
)
def test_m07_weights_times_a_number_give_the_same_shares(call: Call, factor: Fraction) -> None:
    total, given_weights, rounding, lead = call
    scaled = parted((total, [weight * factor for weight in given_weights], rounding, lead))
    # Only the remainders are counted over another denominator.
    assert scaled._replace(remainders=()) == parted(call)._replace(remainders=())


@examples(SAMPLE)
@given(calls())
def test_m10_a_refund_mirrors_the_charge(call: Call) -> None:
    charge, refund = parted(call), parted((-call[0], *call[1:]))
    assert refund.shares == tuple(-amount for amount in charge.shares)
    assert refund.unallocated == -charge.unallocated
    assert refund.moved == -charge.moved


@examples(SAMPLE)
@given(party_weights, st.one_of(st.integers(1, 30), st.integers(1, 10**7)), st.integers(0, 10**11))
def test_m17_nobody_pays_more_than_one_yen_more_when_somebody_joins(
    given_weights: list[Fraction | int], newcomer: int, total: int
) -> None:
    alone = split(total, Weights.of(given_weights), Rounding()).shares
    together = split(total, Weights.of([*given_weights, newcomer]), Rounding()).shares
    for before, after in zip(alone, together, strict=False):
        assert after <= before + 1


@examples(SAMPLE)
@given(amounts, st.integers(1, 60))
def test_m13_a_year_cut_into_months_adds_up_to_the_year(total: int, months: int) -> None:
    cut = spread(total, months)
    assert sum(cut) == total
    assert len(cut) == months
    for amount in cut:
        assert abs(amount - Fraction(total, months)) < 1
        assert amount * total >= 0


# ---- cutting without records -----------------------------------------------------------------

cut_weights = st.one_of(
    st.lists(st.integers(0, 5), min_size=1, max_size=4).filter(any),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any),
    st.builds(lambda n, w: [w] * n, st.integers(1, 12), st.integers(1, 9)),
)
cut_amounts = st.lists(st.one_of(st.integers(-30, 30), st.integers(-(10**11), 10**11)), max_size=4)


@examples(SAMPLE)
@given(cut_amounts, cut_weights, st.booleans())
def test_cutting_gives_the_same_yen_as_splitting(
    amounts: list[int], values: list[int], as_listed: bool
) -> None:
    weights = Weights.of(values, ties_as_listed=as_listed)
    alone = [split(amount, weights, WHOLE_YEN).shares for amount in amounts]
    assert cut_all(amounts, weights) == alone


def test_every_small_cut_between_two_is_the_same_as_splitting() -> None:
    for a, b, as_listed in product(range(5), range(1, 5), (True, False)):
        weights = Weights.of([a, b], ties_as_listed=as_listed)
        amounts = list(range(-12, 13))
        alone = [split(amount, weights, WHOLE_YEN).shares for amount in amounts]
        assert cut_all(amounts, weights) == alone
