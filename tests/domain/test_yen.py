"""Whole yen and the one lossless division (円・端数処理)."""

from fractions import Fraction

import pytest

from consortium.domain.errors import BadInputError, CannotShareError
from consortium.domain.yen import (
    LEVELS,
    MODES,
    RESIDUALS,
    UNITS,
    Rounding,
    Weights,
    Yen,
    by_ratio,
    cut_all,
    split,
    split_all,
    spread,
    total,
)

# 弘前・平川・西目屋・藤崎・大鰐・田舎館・板柳, in code order.
CENSUS_2015 = (177_411, 32_106, 1_415, 15_179, 9_676, 7_783, 13_935)
# The weights of the Alabama case in the design, as printed there.
CENSUS_2020 = (168_466, 30_567, 1_265, 14_573, 8_665, 7_326, 12_700)
HIROSAKI, HIRAKAWA, NISHIMEYA, _FUJISAKI, _OWANI, INAKADATE, ITAYANAGI = range(7)


def shares(amount: int, weights: list[int | Fraction], **rounding: object) -> tuple[int, ...]:
    """Split one amount; the first is the lead city."""
    return split(amount, Weights.of(weights), Rounding(**rounding), lead=0).shares  # type: ignore[arg-type]  # keywords of a test


# ---- weights ---------------------------------------------------------------------------------


def test_weights_are_brought_to_whole_numbers_over_one_denominator() -> None:
    # 1/2, 1/3, 1/6 → sixths 3, 2, 1.
    weights = Weights.of([Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)])
    assert (weights.numerators, weights.denominator) == ((3, 2, 1), 6)


def test_ties_go_by_size_then_by_code() -> None:
    weights = Weights.of([1, 3, 2, 3])
    assert weights.ties == (1, 3, 2, 0)
    assert weights.largest == 1


def test_ties_as_listed_leave_the_size_out() -> None:
    weights = Weights.of([1, 3, 2, 3], ties_as_listed=True)
    assert weights.ties == (0, 1, 2, 3)
    assert weights.largest == 1


@pytest.mark.parametrize("values", [[], [0], [0, 0], [1, -1], [Fraction(-1, 3), 1]])
def test_weights_without_a_positive_one_or_with_a_negative_one_are_refused(
    values: list[int | Fraction],
) -> None:
    with pytest.raises(CannotShareError):
        Weights.of(values)


# ---- modes and residuals ---------------------------------------------------------------------


def test_the_rest_goes_by_largest_remainder() -> None:
    # 100 × 3/7 = 42.857…, 2/7 = 28.571… twice: 42 + 28 + 28 = 98, two yen left.
    result = split(100, Weights.of([3, 2, 2]), Rounding())
    assert result.shares == (43, 29, 28)
    assert result.rounded == (42, 28, 28)
    # 300 − 7·42 = 6 and 200 − 7·28 = 4, in sevenths of a yen.
    assert result.remainders == (6, 4, 4)
    assert result.order == (0, 1, 2)
    assert (result.moved, result.receiver, result.unallocated) == (0, None, 0)


def test_a_tie_of_remainders_goes_to_the_larger_share() -> None:
    # 10 × 1/4 = 2.5 and 10 × 3/4 = 7.5.
    assert shares(10, [1, 3]) == (2, 8)


def test_a_tie_of_remainders_and_shares_goes_to_the_smaller_code() -> None:
    assert shares(10, [1, 1, 1]) == (4, 3, 3)


@pytest.mark.parametrize(
    ("residual", "expected"),
    [
        ("largest_remainder", (43, 29, 28)),
        ("lead", (44, 28, 28)),
        ("largest_share", (44, 28, 28)),
        ("last", (42, 28, 30)),
        ("unallocated", (42, 28, 28)),
    ],
)
def test_each_residual_places_the_same_two_yen(residual: str, expected: tuple[int, ...]) -> None:
    assert shares(100, [3, 2, 2], residual=residual) == expected


def test_the_lead_takes_the_rest_also_when_it_is_not_the_largest() -> None:
    result = split(100, Weights.of([3, 2, 2]), Rounding(residual="lead"), lead=2)
    assert result.shares == (42, 28, 30)
    assert (result.moved, result.receiver) == (2, 2)


@pytest.mark.parametrize("lead", [None, 2])
def test_without_a_share_of_the_lead_the_largest_share_takes_the_rest(lead: int | None) -> None:
    # 100 × 3/7 = 42.857…, 4/7 = 57.142…; one yen left.
    result = split(100, Weights.of([3, 4, 0]), Rounding(residual="lead"), lead)
    assert result.shares == (42, 58, 0)
    assert result.receiver == 1


def test_the_largest_share_is_the_first_by_code_among_equals() -> None:
    # 100 ÷ 3 = 33.33…, one yen left.
    assert shares(100, [1, 1, 1], residual="largest_share") == (34, 33, 33)


def test_the_last_is_the_last_that_has_a_share() -> None:
    assert shares(100, [4, 3, 0], residual="last") == (57, 43, 0)


def test_unallocated_yen_stay_with_nobody() -> None:
    result = split(100, Weights.of([3, 2, 2]), Rounding(residual="unallocated"))
    assert (sum(result.shares), result.unallocated) == (98, 2)
    mirrored = split(-100, Weights.of([3, 2, 2]), Rounding(residual="unallocated"))
    assert (sum(mirrored.shares), mirrored.unallocated) == (-98, -2)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        # 10 × 1/4 = 2.5 twice, 10 × 2/4 = 5.
        ("floor", (3, 2, 5)),
        ("half_up", (2, 3, 5)),
        ("ceil", (2, 3, 5)),
    ],
)
def test_each_mode_rounds_a_half_its_way_and_the_lead_evens_it_out(
    mode: str, expected: tuple[int, ...]
) -> None:
    assert shares(10, [1, 1, 2], mode=mode, residual="lead") == expected


@pytest.mark.parametrize(
    ("amount", "mode", "rounded"),
    [
        # 7 × 1/3 = 2.33…, 8 × 1/3 = 2.66…: an odd denominator has no half.
        (7, "half_up", 2),
        (8, "half_up", 3),
        (7, "ceil", 3),
        (8, "floor", 2),
        (9, "ceil", 3),
    ],
)
def test_thirds_round_to_the_nearest(amount: int, mode: str, rounded: int) -> None:
    result = split(amount, Weights.of([1, 1, 1]), Rounding(mode=mode, residual="unallocated"))
    assert result.rounded == (rounded, rounded, rounded)


def test_remainders_of_raised_shares_are_negative() -> None:
    # 10 ÷ 4 = 2.5 raised to 3: −0.5 = −2 quarters.
    result = split(10, Weights.of([1, 3]), Rounding(mode="ceil", residual="unallocated"))
    assert result.remainders == (-2, -2)
    assert result.unallocated == -1


def test_a_unit_of_a_thousand_gives_whole_thousands_and_the_lead_what_is_below() -> None:
    # 10,500 over 1:1:4 = 1,750 · 1,750 · 7,000 → 1,000 · 1,000 · 7,000; left 1,000 and 500.
    # The thousand goes to the first of the two remainders of 750.
    result = split(10_500, Weights.of([1, 1, 4]), Rounding(unit=1_000), lead=2)
    assert result.shares == (2_000, 1_000, 7_500)
    assert (result.moved, result.receiver) == (500, 2)


def test_a_multiple_of_the_unit_leaves_nothing_for_the_lead() -> None:
    result = split(10_000, Weights.of([1, 1, 1]), Rounding(unit=1_000), lead=1)
    assert result.shares == (4_000, 3_000, 3_000)
    assert (result.moved, result.receiver) == (0, None)


def test_a_unit_rounds_halves_up() -> None:
    # 100,000 × 1/4 = 25,000 → 30,000 twice, 50,000; 10,000 too much.
    assert shares(100_000, [1, 1, 2], unit=10_000, mode="half_up", residual="largest_share") == (
        30_000,
        30_000,
        40_000,
    )


def test_nobody_without_weight_gets_a_unit() -> None:
    assert shares(2, [0, 1, 0, 1, 1]) == (0, 1, 0, 1, 0)


def test_a_refund_is_the_mirror_of_the_charge() -> None:
    assert shares(-100, [3, 2, 2]) == (-43, -29, -28)
    result = split(-100, Weights.of([3, 2, 2]), Rounding(residual="lead"), lead=1)
    assert result.shares == (-42, -30, -28)
    assert result.moved == -2
    assert result.rounded == (42, 28, 28)


def test_nothing_to_share_gives_everybody_nothing() -> None:
    assert shares(0, [3, 2, 2]) == (0, 0, 0)
    assert split_all((), Weights.of([1]), Rounding()) == []


def test_amounts_split_together_come_out_as_alone() -> None:
    weights, rounding = Weights.of([3, 2, 2]), Rounding(unit=100, residual="lead")
    together = split_all((100, -7, 0, 12_345), weights, rounding, 1)
    assert together == [split(amount, weights, rounding, 1) for amount in (100, -7, 0, 12_345)]


@pytest.mark.parametrize(
    ("weights", "amount", "expected"),
    [
        # One, two and three alike; 3:2:2 as above; ties go to the first of the same size.
        ([5], 7, (7,)),
        ([1, 1], 7, (4, 3)),
        ([1, 3], 10, (2, 8)),
        ([1, 1, 1], 8, (3, 3, 2)),
        ([1, 1, 1], -8, (-3, -3, -2)),
        ([3, 2, 2], 100, (43, 29, 28)),
        ([3, 2, 2], -100, (-43, -29, -28)),
    ],
)
def test_cutting_keeps_the_yen_only(
    weights: list[int], amount: int, expected: tuple[int, ...]
) -> None:
    assert cut_all([amount, 0], Weights.of(weights)) == [expected, (0,) * len(weights)]


def test_weights_of_any_size_stay_exact() -> None:
    huge = 10**30
    assert shares(10**11, [huge, huge, 1]) == (5 * 10**10, 5 * 10**10, 0)


# ---- the Alabama paradox (a total one yen higher, somebody one yen less) ---------------------


def moves(weights: tuple[int, ...], amount: int) -> dict[int, int]:
    """Say by how much each share changes when the total rises by one yen."""
    before, after = (shares(each, list(weights)) for each in (amount, amount + 1))
    return {n: after[n] - before[n] for n in range(len(weights)) if after[n] != before[n]}


def test_the_alabama_case_of_2020_is_as_documented() -> None:
    assert shares(141_230_824, list(CENSUS_2020))[:3] == (97_685_977, 17_724_450, 733_518)
    assert shares(141_230_825, list(CENSUS_2020))[:3] == (97_685_978, 17_724_451, 733_517)
    assert moves(CENSUS_2020, 141_230_824) == {HIROSAKI: 1, HIRAKAWA: 1, NISHIMEYA: -1}


def test_the_alabama_case_of_28_yen_takes_one_from_itayanagi() -> None:
    assert moves(CENSUS_2015, 28)[ITAYANAGI] == -1
    assert sum(moves(CENSUS_2015, 28).values()) == 1


def test_the_alabama_case_of_100_million_takes_one_from_inakadate() -> None:
    assert shares(100_000_061, list(CENSUS_2015))[INAKADATE] == 3_022_468
    assert shares(100_000_062, list(CENSUS_2015))[INAKADATE] == 3_022_467


# ---- ratios rounded first ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("residual", "numerators"),
    [
        # 1/6 = 0.166…, 2/6 = 0.333…, 3/6 = 0.5: to two decimals 0.17, 0.33 and 0.50.
        ("lead", (17, 33, 50)),
        ("last", (17, 33, 50)),
        # Cut to 0.16, 0.33, 0.50; the missing 0.01 to the largest remainder, .66….
        ("largest_remainder", (17, 33, 50)),
    ],
)
def test_ratios_rounded_first_keep_their_order(residual: str, numerators: tuple[int, ...]) -> None:
    weights = Weights.of([1, 2, 3])
    rounding = Rounding(residual=residual, ratio_digits=2)
    assert by_ratio(weights, rounding) == Weights(numerators, 100, (2, 1, 0), 2)


def test_ratios_are_rounded_half_up_and_need_not_add_up() -> None:
    # 1/8 = 0.125 and 3/8 = 0.375: 0.13, 0.38 and 0.50.
    rounding = Rounding(residual="lead", ratio_digits=2)
    assert by_ratio(Weights.of([1, 3, 4]), rounding).numerators == (13, 38, 50)
    assert split(100, Weights.of([1, 3, 4]), rounding, lead=0).shares == (12, 38, 50)


# ---- a rounding that has no meaning ----------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("unit", 10), ("mode", "up"), ("level", "member"), ("residual", "first")],
)
def test_an_unknown_choice_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(BadInputError) as refusal:
        Rounding(**{field: value})  # type: ignore[arg-type]  # the point of the test
    assert refusal.value.path == field
    assert str(value) in refusal.value.found


@pytest.mark.parametrize("mode", ["half_up", "ceil"])
def test_largest_remainder_needs_floor(mode: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        Rounding(mode=mode)
    assert refusal.value.path == "mode"
    for residual in set(RESIDUALS) - {"largest_remainder"}:
        assert Rounding(mode=mode, residual=residual).mode == mode


def test_the_choices_are_those_of_the_agreements() -> None:
    assert UNITS == (1, 100, 1_000, 10_000)
    assert MODES == {"floor": "切捨て", "half_up": "四捨五入", "ceil": "切上げ"}
    assert LEVELS == {"component": "構成割ごと", "item": "費目ごと"}
    assert {key: residual.label for key, residual in RESIDUALS.items()} == {
        "largest_remainder": "最大剰余",
        "lead": "幹事市負担",
        "largest_share": "最大負担団体",
        "last": "最終負担者",
        "unallocated": "端数差額",
    }
    assert Rounding() == Rounding(1, "floor", "component", "largest_remainder")


# ---- months and sums -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "parts", "expected"),
    [
        # f(100·k/3): 33, 66, 100.
        (100, 3, (33, 33, 34)),
        (-100, 3, (-33, -33, -34)),
        (0, 4, (0, 0, 0, 0)),
        # f(5·k/12): 0 0 1 1 2 2 2 3 3 4 4 5.
        (5, 12, (0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1)),
        (7, 1, (7,)),
    ],
)
def test_a_year_is_cut_into_months(amount: int, parts: int, expected: tuple[int, ...]) -> None:
    assert spread(amount, parts) == expected


def test_a_total_is_yen() -> None:
    assert total([Yen(1), Yen(-3), Yen(5)]) == 3
    assert total([]) == 0
