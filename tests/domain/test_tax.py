"""The consumption tax in a member's yen (うち消費税等)."""

from dataclasses import replace
from fractions import Fraction

import pytest

from consortium.domain.sharing.result import (
    DAMPENING,
    DIRECT,
    GRANT,
    JOINING,
    LEAVING,
    ROUNDING,
    USAGE,
)
from consortium.domain.sharing.tax import carried, tax_in, tax_of
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    by_table,
    make_facts,
    make_item,
    make_rule,
    shared,
)

TEN, EIGHT = Fraction(1, 10), Fraction(8, 100)


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [
        (1_100, TEN, 100),
        (1_099, TEN, 99),  # 99.909…
        (10, TEN, 0),
        (11, TEN, 1),
        (-1_099, TEN, -99),  # a refund mirrors the charge
        (1_080, EIGHT, 80),
        (1_079, EIGHT, 79),  # 79.925…
        (-13, EIGHT, 0),  # 0.962…
        (-14, EIGHT, -1),  # 1.037…
        (5_000_000, Fraction(0), 0),
        (0, TEN, 0),
        (999_999_999_999_999, TEN, 90_909_090_909_090),  # a float would say …091
    ],
)
def test_the_tax_within_is_cut_toward_zero(amount: int, rate: Fraction, tax: int) -> None:
    assert tax_in(amount, rate) == tax


@pytest.mark.parametrize("percent", [8, 10])
def test_it_is_what_the_formula_of_the_sheet_gives(percent: int) -> None:
    """SIGN(x)*INT(ABS(x)*10/110) in whole numbers, and 8/108."""
    for amount in range(-1_200, 1_200):
        sign = (amount > 0) - (amount < 0)
        assert tax_in(amount, Fraction(percent, 100)) == sign * (
            abs(amount) * percent // (100 + percent)
        )


def test_m21_the_rate_moves_no_yen_and_follows_the_amounts() -> None:
    """What is shared is 税込: the tax of a share is within the share, and within the whole."""
    rule = make_rule(by_table(80), EQUAL)
    facts = make_facts(units={HIROSAKI: 7, HIRAKAWA: 3, FUJISAKI: 1})
    cost = make_item(99_999_999)
    plain, taxed = (shared([each], rule, facts) for each in (cost, replace(cost, tax_rate=TEN)))
    assert [line.amount for line in plain.lines()] == [line.amount for line in taxed.lines()]
    taxes = [tax_of(line.item, line.component, line.amount) for line in taxed.lines()]
    # 99,999,999 × 10 ÷ 110 = 9,090,908.9…; six lines lose less than one yen each.
    assert len(taxes) == 6
    assert 9_090_908 - 6 < sum(tax or 0 for tax in taxes) <= 9_090_908


def test_every_part_of_a_cost_holds_its_tax_and_money_between_members_none() -> None:
    cost = make_item(1_100, tax_rate=TEN)
    parts = ("equal", "人口割", DIRECT, USAGE, ROUNDING)
    assert {tax_of(cost, key, 550) for key in parts} == {50}
    assert {carried(cost, key) for key in parts} == {TEN}
    assert {tax_of(cost, key, 550) for key in (GRANT, JOINING, LEAVING, DAMPENING)} == {0}


def test_a_rate_that_nobody_knows_gives_no_tax_rather_than_zero() -> None:
    assert tax_of(make_item(1_100), "equal", 550) is None
    assert tax_of(make_item(1_100, tax_rate=Fraction(0)), "equal", 550) == 0
