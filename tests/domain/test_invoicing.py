"""Consumption tax and foreign currency (消費税・外貨)."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.invoicing import (
    TAX_PER,
    Rate,
    RateTotal,
    decimal,
    in_yen,
    rate_totals,
    rounding_note,
    tax_note,
    taxed,
    usd_note,
)
from consortium.domain.yen import MODES, Yen
from tests.depth import examples

Lines = Sequence[tuple[int, Fraction | int]]

APRIL, MAY, JUNE = Month(2025, 4), Month(2025, 5), Month(2025, 6)
RATES = {
    APRIL: Rate(Fraction("149.53"), "三菱UFJ銀行 TTM", date(2025, 4, 30)),
    MAY: Rate(Fraction(150)),
}
# The three lines of the design: 1,000,000円 at 10 % is 100,000円 of tax.
THIRDS: Lines = [(333_333, 10), (333_333, 10), (333_334, 10)]


# ---- consumption tax -----------------------------------------------------------------------------


def test_per_line_each_line_loses_its_fraction() -> None:
    # 33,333.3 and 33,333.3 and 33,333.4, each cut.
    assert taxed(THIRDS, "line", "floor") == (33_333, 33_333, 33_333)
    assert sum(taxed(THIRDS)) == 99_999


def test_per_invoice_the_sum_is_rounded_once_and_the_largest_remainder_gets_the_yen() -> None:
    taxes = taxed(THIRDS, "invoice", "floor")
    assert taxes == (33_333, 33_333, 33_334)
    assert sum(taxes) == 100_000


def test_each_rate_of_an_invoice_is_rounded_on_its_own() -> None:
    # 8 %: 199 × 8 % = 15.92, twice 31.84 → 31. 10 %: 199 × 10 % = 19.9, twice 39.8 → 39.
    # Rounded together it would be 71.64 → 71, which is one yen more than 31 + 39.
    taxes = taxed([(199, 8), (199, 10), (199, 8), (199, 10)], "invoice", "floor")
    assert (taxes[0] + taxes[2], taxes[1] + taxes[3]) == (31, 39)
    # Equal lines: the first of the rate gets the yen.
    assert taxes == (16, 20, 15, 19)


def test_equal_remainders_go_to_the_larger_line() -> None:
    # 5 × 10 % = 0.5 and 15 × 10 % = 1.5: two yen in all.
    for mode in MODES:
        assert taxed([(5, 10), (15, 10)], "invoice", mode) == (0, 2)


@pytest.mark.parametrize(("mode", "tax"), [("floor", 10), ("half_up", 11), ("ceil", 11)])
def test_the_mode_rounds_half_a_yen(mode: str, tax: int) -> None:
    assert taxed([(105, 10)], "line", mode) == (tax,)
    assert taxed([(-105, 10)], "line", mode) == (-tax,)


@pytest.mark.parametrize(("mode", "tax"), [("floor", 10), ("half_up", 10), ("ceil", 11)])
def test_the_mode_rounds_a_tenth_of_a_yen(mode: str, tax: int) -> None:
    assert taxed([(101, 10)], "line", mode) == (tax,)


@pytest.mark.parametrize("mode", MODES)
def test_a_tax_of_whole_yen_is_left_alone(mode: str) -> None:
    assert taxed([(100, 10), (-100, 10), (0, 10), (77, 0)], "line", mode) == (10, -10, 0, 0)


def test_a_credit_in_an_invoice_keeps_the_total() -> None:
    # 100.5 − 33.3 = 67.2 → 67. Cut towards zero: 100 and −33, which is 67 already.
    assert taxed([(1_005, 10), (-333, 10)], "invoice") == (100, -33)
    # 100.1 − 33.9 = 66.2 → 66; cut: 100 − 33 = 67, so the credit takes the yen.
    assert taxed([(1_001, 10), (-339, 10)], "invoice") == (100, -34)


def test_the_rate_may_have_decimals() -> None:
    # The national part of 10 %: 1,000 × 7.8 % = 78.
    assert taxed([(1_000, Fraction("7.8"))]) == (78,)


def test_an_invoice_without_lines_has_no_tax() -> None:
    assert taxed([], "invoice") == ()


@pytest.mark.parametrize(
    ("percent", "shown"), [(-1, "△1％"), (101, "101％"), (Fraction(1001, 10), "1001/10％")]
)
def test_a_rate_outside_0_to_100_is_refused(percent: Fraction | int, shown: str) -> None:
    with pytest.raises(BadInputError, match=shown) as refusal:
        taxed([(100, 10), (100, percent)])
    assert refusal.value.path == "tax_rate"


def test_0_and_100_percent_are_rates() -> None:
    assert taxed([(123, 0), (123, 100)]) == (0, 123)


@pytest.mark.parametrize(
    ("per", "mode", "path", "choices"),
    [("item", "floor", "tax_per", "line、invoice"), ("line", "up", "mode", "floor、half_up、ceil")],
)
def test_an_unknown_way_of_rounding_is_refused(
    per: str, mode: str, path: str, choices: str
) -> None:
    with pytest.raises(BadInputError, match=f"{choices} のいずれか") as refusal:
        taxed([(100, 10)], per, mode)
    assert refusal.value.path == path


def test_the_totals_of_an_invoice_stand_by_rate() -> None:
    lines: Lines = [(1_000, 8), (2_000, 10), (500, 8), (300, 0)]
    totals = rate_totals(lines, taxed(lines, "invoice"))
    assert totals == (
        RateTotal(Fraction(10), Yen(2_000), Yen(200)),
        RateTotal(Fraction(8), Yen(1_500), Yen(120)),
        RateTotal(Fraction(0), Yen(300), Yen(0)),
    )
    assert [each.gross for each in totals] == [2_200, 1_620, 300]


# ---- foreign currency ----------------------------------------------------------------------------


def test_dollars_of_a_month_become_yen_at_its_rate() -> None:
    assert in_yen({APRIL: Fraction(1_000)}, RATES) == 149_530


def test_the_months_are_added_before_the_one_rounding() -> None:
    # 1.01 × 149.53 = 151.0253 and 0.01 × 150 = 1.5: together 152.5253; cut one by one, 152 too few.
    amounts = {APRIL: Fraction("1.01"), MAY: Fraction("0.01")}
    assert in_yen(amounts, RATES, "floor") == 152
    assert in_yen(amounts, RATES, "half_up") == 153
    # 0.3 × 150 = 45 leaves nothing; 0.6 + 0.6 of a yen make one.
    assert in_yen({APRIL: Fraction("0.004"), MAY: Fraction("0.004")}, RATES) == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_credit_in_dollars_is_the_mirror_image(mode: str) -> None:
    amount = Fraction("12.345")
    assert in_yen({APRIL: -amount}, RATES, mode) == -in_yen({APRIL: amount}, RATES, mode)


def test_months_without_a_rate_are_named() -> None:
    amounts = {JUNE: Fraction(1), APRIL: Fraction(1), Month(2026, 1): Fraction(0)}
    with pytest.raises(NotInForceError, match="令和7年6月、令和8年1月の為替レートがありません。"):
        in_yen(amounts, RATES)


def test_an_unknown_mode_is_refused_for_dollars() -> None:
    with pytest.raises(BadInputError, match="「up」は使えません"):
        in_yen({APRIL: Fraction(1)}, RATES, "up")


@pytest.mark.parametrize(("rate", "shown"), [("0", "0円"), ("-1.5", "△1.5円")])
def test_a_rate_has_to_be_more_than_nothing(rate: str, shown: str) -> None:
    with pytest.raises(BadInputError, match=f"1米ドル{shown}です。") as refusal:
        Rate(Fraction(rate))
    assert refusal.value.path == "rate"


# ---- in words ------------------------------------------------------------------------------------


def test_the_note_of_a_tax() -> None:
    assert tax_note(333_333, 10, 33_333) == "税抜333,333円＋消費税（10％）33,333円"
    assert tax_note(-1_000, Fraction("7.8"), -78) == "税抜△1,000円＋消費税（7.8％）△78円"


def test_the_note_of_a_tax_names_the_invoice_and_its_rounding() -> None:
    rounding = rounding_note("invoice", "half_up", "請求書 第12号（令和7年4月30日）")
    assert rounding == "請求書 第12号（令和7年4月30日）、請求書ごとに1円未満四捨五入"
    assert tax_note(100, 8, 8, rounding).endswith("8円（" + rounding + "）")
    assert rounding_note("line", "floor") == "明細行ごとに1円未満切捨て"


def test_the_note_of_dollars() -> None:
    note = usd_note({APRIL: Fraction(1_000)}, RATES)
    assert note == "US$1,000.00 × 149.53円（令和7年4月）＝149,530円"


def test_the_note_of_several_months_says_that_it_was_rounded() -> None:
    # 1.234 × 149.53 = 184.52002 and −0.5 × 150 = −75: 109.52002.
    amounts = {MAY: Fraction("-0.5"), APRIL: Fraction("1.234")}
    assert usd_note(amounts, RATES, "half_up") == (
        "US$1.234 × 149.53円（令和7年4月）＋△US$0.50 × 150円（令和7年5月）"
        "＝110円（1円未満四捨五入）"
    )


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        ("0", 0, "0"),
        ("0", 2, "0.00"),
        ("1234567", 0, "1,234,567"),
        ("-1234.5", 2, "△1,234.50"),
        ("0.05", 0, "0.05"),
        ("1e-30", 0, "0." + "0" * 29 + "1"),
    ],
)
def test_a_number_is_written_exactly(value: str, places: int, shown: str) -> None:
    assert decimal(Fraction(value), places) == shown


def test_a_number_without_an_end_is_not_written() -> None:
    with pytest.raises(BadInputError, match="1/3 は小数で書き切れません。"):
        decimal(Fraction(1, 3))


# ---- what must always hold -----------------------------------------------------------------------

nets = st.one_of(
    st.sampled_from([0, 1, -1, 5, 10, 333_333]),
    st.integers(-(10**10), 10**10),
    st.integers(-99, 99),
)
percents = st.sampled_from([Fraction(8), Fraction(10), Fraction(0), Fraction("7.8"), Fraction(5)])
invoices = st.lists(st.tuples(nets, percents), max_size=12)
modes = st.sampled_from(sorted(MODES))


def exact_tax(net: int, percent: Fraction) -> Fraction:
    """Give the tax before any rounding."""
    return net * percent / 100


def rounded(exact: Fraction, mode: str) -> int:
    """Round away from the engine's code: by floor, by ceil, or the nearer of the two."""
    size = abs(exact)
    by_mode = {"floor": floor(size), "ceil": ceil(size), "half_up": floor(size + Fraction(1, 2))}
    return by_mode[mode] if exact >= 0 else -by_mode[mode]


@pytest.mark.property
@examples(1_000)
@given(invoices, modes)
def test_m_21_the_lines_sum_to_the_invoice_rate_by_rate(lines: Lines, mode: str) -> None:
    taxes = taxed(lines, "invoice", mode)
    for percent in {rate for _, rate in lines}:
        mine = [place for place, line in enumerate(lines) if line[1] == percent]
        exact = sum((exact_tax(lines[place][0], Fraction(percent)) for place in mine), Fraction(0))
        assert sum(taxes[place] for place in mine) == rounded(exact, mode)
    totals = rate_totals(lines, taxes)
    assert sum(each.gross for each in totals) == sum(net for net, _ in lines) + sum(taxes)


@pytest.mark.property
@examples(1_000)
@given(invoices, modes, st.sampled_from(sorted(TAX_PER)))
def test_m_21_no_line_is_a_yen_away_from_its_exact_tax(lines: Lines, mode: str, per: str) -> None:
    for (net, percent), tax in zip(lines, taxed(lines, per, mode), strict=True):
        assert type(tax) is int
        exact = exact_tax(net, Fraction(percent))
        assert abs(tax - exact) < 1
        if per == "line":
            assert tax == rounded(exact, mode)


@pytest.mark.property
@examples(1_000)
@given(invoices, modes, st.sampled_from(sorted(TAX_PER)))
def test_m_10_a_credit_note_is_the_mirror_of_the_invoice(lines: Lines, mode: str, per: str) -> None:
    credit = [(-net, percent) for net, percent in lines]
    assert taxed(credit, per, mode) == tuple(-tax for tax in taxed(lines, per, mode))


dollars = st.dictionaries(
    st.sampled_from([APRIL, MAY]),
    st.builds(Fraction, st.integers(-(10**9), 10**9), st.sampled_from([1, 100, 10**6])),
)


@pytest.mark.property
@examples(1_000)
@given(dollars, modes)
def test_dollars_are_rounded_once(amounts: dict[Month, Fraction], mode: str) -> None:
    exact = sum((usd * RATES[month].rate for month, usd in amounts.items()), Fraction(0))
    assert in_yen(amounts, RATES, mode) == rounded(exact, mode)
