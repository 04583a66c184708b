"""激変緩和・許容幅: bounds on the change from last year, the total unchanged."""

from fractions import Fraction
from itertools import permutations
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consortium.domain.errors import BadInputError, CannotShareError
from consortium.domain.sharing.dampening import BY_SHARE, Dampened, Dampening, dampen
from consortium.domain.yen import Yen
from tests.depth import examples

A, B, C, D = CODES = ("022021", "022101", "023612", "023817")
TEN = Fraction(10)


def rule(*previous: int | None, **terms: Any) -> Dampening:
    """Make the terms; `previous` in code order, None for a member without an amount."""
    known = {c: Yen(yen) for c, yen in zip(CODES, previous, strict=False) if yen is not None}
    return Dampening(known, **terms)


def dampened(amounts: tuple[int, ...], terms: Dampening) -> Dampened:
    """Apply the terms to the first members."""
    return dampen(amounts, CODES[: len(amounts)], terms)


# ---- caps ----------------------------------------------------------------------------------------


def test_who_rises_too_much_pays_the_cap_and_the_rest_is_made_up() -> None:
    # Caps 1,100. A leaves 400; B and C take it 900 : 600, that is 240 and 160. B has room for
    # 200 only, so the 40 left go to C.
    result = dampened((1500, 900, 600), rule(1000, 1000, 1000, up=TEN))
    assert result.amounts == (1100, 1100, 800)
    assert result.changes == (-400, 200, 200)


def test_a_listed_member_takes_the_difference_first() -> None:
    result = dampened((1500, 900, 600), rule(1000, 1000, 1000, up=TEN, order=(C,)))
    assert result.amounts == (1100, 900, 1000)


def test_when_the_listed_member_is_full_the_others_follow_by_code() -> None:
    # Caps 1,100 each: C has room for 300 of the 400, then A and B by code, and A is full.
    result = dampened((1500, 700, 800, 100), rule(1000, 1000, 1000, 1000, up=TEN, order=(C,)))
    assert result.amounts == (1100, 800, 1100, 100)


def test_listed_members_are_asked_in_the_order_of_the_list() -> None:
    terms = rule(1000, 1000, 1000, 1000, up=TEN, order=(D, B))
    # 400: D has room for 100, B for 250 more, C takes the last 50.
    assert dampened((1500, 850, 500, 1000), terms).amounts == (1100, 1100, 550, 1100)


def test_who_falls_too_much_pays_at_least_the_lower_bound() -> None:
    # A has to pay 900, 400 more; the others pay less: 400 × 900/1,500 and 600/1,500.
    result = dampened((500, 900, 600), rule(1000, None, None, down=TEN))
    assert result.amounts == (900, 660, 440)


def test_nobody_is_lowered_below_nothing() -> None:
    # B can give 100 and no more, although it is asked first.
    result = dampened((500, 100, 600), rule(1000, None, None, down=TEN, order=(B, C)))
    assert result.amounts == (900, 0, 300)


def test_without_a_lower_bound_the_band_alone_decides_how_far_a_share_falls() -> None:
    # The same, with an upper cap that binds nobody: B still falls to nothing.
    terms = rule(1000, 1, tolerance=Fraction(5), up=Fraction(50))
    assert dampened((99, 1), terms).amounts == (100, 0)


def test_a_yen_is_an_amount_too() -> None:
    # A has to pay 9 at least; B, new, gives 8 of its 9.
    assert dampened((1, 9), rule(10, None, down=TEN)).amounts == (9, 1)


def test_a_lower_bound_gives_no_further_than_itself() -> None:
    # B may fall to 810 (90 less), C, not capped, gives the other 310.
    result = dampened((500, 900, 600), rule(1000, 900, None, down=TEN, order=(B, C)))
    assert result.amounts == (900, 810, 290)


def test_caps_are_cut_to_the_yen_inwards() -> None:
    # 110 % of 105 is 115.5, so 115; 90 % of 105 is 94.5, so 95.
    terms = rule(105, 105, up=TEN, down=TEN)
    result = dampened((130, 80), terms)
    assert result.amounts == (115, 95)
    assert [(each["low"], each["high"]) for each in result.facts] == [(95, 115), (95, 115)]


def test_a_member_without_an_amount_of_last_year_is_not_capped() -> None:
    assert dampened((1500, 300), rule(1000, None, up=TEN)).amounts == (1100, 700)
    assert dampened((1500, 300), rule(1000, 0, up=TEN)).amounts == (1100, 700)
    assert dampened((1500, 300), rule(1000, -5, up=TEN)).amounts == (1100, 700)


def test_who_pays_nothing_this_year_neither_takes_nor_is_capped() -> None:
    # B left; C has a refund. Both stay as computed, and their old amounts lift nobody.
    result = dampened((1000, 0, -50, 900), rule(1000, 800, 700, 800, up=TEN, down=TEN))
    assert result.amounts == (1020, 0, -50, 880)
    assert "low" not in result.facts[1]


def test_within_the_bounds_nothing_moves() -> None:
    result = dampened((1010, 990), rule(1000, 1000, up=TEN, down=TEN))
    assert result.amounts == (1010, 990)
    assert result.changes == (0, 0)


def test_caps_that_cannot_hold_the_total_are_refused_with_the_numbers() -> None:
    with pytest.raises(CannotShareError) as refused:
        dampen((1500, 1000), (A, B), rule(1000, 1000, up=TEN), {A: "弘前市"})
    assert str(refused.value) == (
        "激変緩和により 2,500円を収めようとしました。増加の上限の合計 2,200円が負担額の合計"
        " 2,500円を下回ります（弘前市 1,100円、022101 1,100円）。"
        "上限・下限の％を広げるか、この年度の激変緩和を外してください。"
    )


def test_lower_bounds_above_the_total_are_refused_with_the_numbers() -> None:
    with pytest.raises(CannotShareError, match=r"下限の合計 1,800円が負担額の合計 1,100円を上回"):
        dampened((500, 600), rule(1000, 1000, down=TEN))


def test_caps_that_just_hold_the_total_are_kept() -> None:
    assert dampened((1300, 900), rule(1000, 1000, up=TEN)).amounts == (1100, 1100)
    assert dampened((500, 1300), rule(1000, 1000, down=TEN)).amounts == (900, 900)


def test_the_facts_of_a_capped_member_by_hand() -> None:
    result = dampened((1500, 900, 600), rule(1000, 1000, None, up=TEN, down=Fraction(20)))
    # A to 1,100; B may rise to 1,100; 400 × 900/1,500 = 240, but B has room for 200.
    assert result.facts[0] == {
        "computed": 1500,
        "amount": 1100,
        "change": -400,
        "previous": 1000,
        "old_share": Fraction(1, 2),
        "new_share": Fraction(1500, 2400),
        "high": 1100,
        "low": 800,
        "banded": 1500,
        "in_band": 0,
    }
    assert result.facts[2] == {"computed": 600, "amount": 800, "change": 200}


# ---- tolerance -----------------------------------------------------------------------------------
# Last year 500, 300, 200 (50, 30, 20 %); computed 1,040, 620, 340 of 2,000 (52, 31, 17 %). The
# shares move by 4 %, 3.33… % and 15 % of themselves.

LAST = (500, 300, 200)
NEW = (1040, 620, 340)


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        (3, (1040, 620, 340)),
        (4, (1000, 600, 400)),
        (14, (1000, 600, 400)),
        (15, (1000, 600, 400)),
    ],
)
def test_a_share_within_the_band_stays_as_it_was(tolerance: int, expected: tuple[int, ...]) -> None:
    assert dampened(NEW, rule(*LAST, tolerance=Fraction(tolerance))).amounts == expected


def test_what_the_band_moves_falls_on_those_outside_it() -> None:
    # 3.5 %: B keeps 30 %, 600. The 20 it no longer pays go 1,040 : 340 to A and C: 15.07, 4.93.
    terms = rule(*LAST, tolerance=Fraction(7, 2))
    result = dampened(NEW, terms)
    assert result.amounts == (1055, 600, 345)
    assert [each["in_band"] for each in result.facts] == [0, 1, 0]
    assert [each["banded"] for each in result.facts] == [1055, 600, 345]


def test_the_order_of_the_agreement_holds_for_the_band_too() -> None:
    terms = rule(*LAST, tolerance=Fraction(7, 2), order=(C,))
    assert dampened(NEW, terms).amounts == (1040, 600, 360)


def test_members_that_came_or_went_do_not_disturb_the_shares_of_the_others() -> None:
    # B is new and pays what was computed; of A and C, 3 : 1 becomes 302 : 98. D left.
    terms = Dampening({A: Yen(300), C: Yen(100), D: Yen(70)}, tolerance=Fraction(3))
    assert dampened((302, 50, 98, 0), terms).amounts == (300, 50, 100, 0)


def test_who_is_outside_the_band_can_be_left_with_nothing() -> None:
    # A keeps 1,000/1,001 of 100 yen, 99.9; the odd yen is A's by the larger remainder.
    assert dampened((99, 1), rule(1000, 1, tolerance=Fraction(5))).amounts == (100, 0)


def test_without_an_amount_of_last_year_no_band_holds() -> None:
    assert dampened((7, 8), rule(None, 0, tolerance=TEN)).amounts == (7, 8)


def test_the_band_comes_first_and_the_caps_hold_after_it() -> None:
    # The band brings A, B, C to 1,000, 600, 400, which caps of 105 % more still allow.
    terms = rule(*LAST, tolerance=Fraction(4), up=Fraction(105), down=Fraction(0))
    assert dampened(NEW, terms).amounts == (1000, 600, 400)
    # Without the band A's 1,040 are above its cap of 1,025.
    assert dampened(NEW, rule(*LAST, up=Fraction(105))).amounts[0] == 1025
    # Caps of 90 % more, 950, 570, 380, are too little for 2,000.
    with pytest.raises(CannotShareError, match=r"1,900円が負担額の合計 2,000円"):
        dampened(NEW, rule(*LAST, tolerance=Fraction(4), up=Fraction(90)))


def test_the_odd_yen_of_the_band_go_by_largest_remainder() -> None:
    # 100 by 1 : 1 : 1, all within the band: 34, 33, 33.
    assert dampened((33, 33, 34), rule(1, 1, 1, tolerance=TEN)).amounts == (34, 33, 33)


# ---- what may be entered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "found", "wrong"),
    [
        ("up", "増加・減少の上限も許容幅もありません", {}),
        ("up", "-1％です", {"up": Fraction(-1)}),
        ("down", "-1％です", {"down": Fraction(-1)}),
        ("down", "101％です", {"down": Fraction(101)}),
        ("tolerance", "-1/2％です", {"tolerance": Fraction(-1, 2)}),
        ("tolerance", "101％です", {"tolerance": Fraction(101)}),
        ("order", "「by_name」は使えません", {"up": TEN, "order": "by_name"}),
        ("order", "団体がないか", {"up": TEN, "order": ()}),
        ("order", "同じ団体が二度", {"up": TEN, "order": (A, B, A)}),
    ],
)
def test_terms_without_a_meaning_are_refused_at_the_field(
    field: str, found: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadInputError, match=found) as refused:
        rule(1000, **wrong)
    assert refused.value.path == field


def test_bounds_at_their_ends_are_allowed() -> None:
    widest = rule(1000, up=Fraction(0), down=Fraction(100), tolerance=Fraction(100))
    assert widest.order == BY_SHARE


def test_an_order_that_names_a_stranger_is_refused() -> None:
    with pytest.raises(BadInputError, match="団体コード 023817 の団体がありません") as refused:
        dampened((1500, 900), rule(1000, 1000, up=TEN, order=(A, D)))
    assert refused.value.path == "order"


# ---- whatever the numbers ------------------------------------------------------------------------

yen = st.integers(0, 10**9)
percent = st.builds(Fraction, st.integers(0, 1000), st.sampled_from((10, 100, 7)))
orders = st.one_of(st.just(BY_SHARE), st.sampled_from(list(permutations(CODES, 2))))


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[int, ...], Dampening]:
    """Make computed amounts near those of last year, and terms."""
    last = draw(st.lists(yen, min_size=4, max_size=4))
    shift = st.integers(-30, 30)
    amounts = tuple(each * (100 + draw(shift)) // 100 + draw(st.integers(0, 3)) for each in last)
    previous = {c: Yen(y) for c, y in zip(CODES, last, strict=True) if draw(st.booleans()) or y % 2}
    up, down, tolerance = (draw(st.one_of(st.none(), percent)) for _ in range(3))
    assume(any(each is not None for each in (up, down, tolerance)))
    down, tolerance = (
        None if each is None else min(each, Fraction(100)) for each in (down, tolerance)
    )
    return amounts, Dampening(previous, up, down, tolerance, draw(orders))


@pytest.mark.property
@examples(1_000)
@given(cases())
def test_the_total_never_changes_and_every_cap_holds(
    case: tuple[tuple[int, ...], Dampening],
) -> None:
    amounts, terms = case
    try:
        result = dampened(amounts, terms)
    except CannotShareError:
        return
    assert sum(result.amounts) == sum(amounts)
    assert [a + c for a, c in zip(amounts, result.changes, strict=True)] == list(result.amounts)
    for code, computed, paid in zip(CODES, amounts, result.amounts, strict=True):
        assert paid >= 0
        last = terms.previous.get(code, 0)
        if computed == 0:
            assert paid == 0
        elif last > 0:
            if terms.up is not None:
                assert paid <= floor(last * (1 + terms.up / 100))
            if terms.down is not None:
                assert paid >= ceil(last * (1 - terms.down / 100))


@pytest.mark.property
@examples(1_000)
@given(cases())
def test_it_is_refused_only_where_the_caps_cannot_hold_the_total(
    case: tuple[tuple[int, ...], Dampening],
) -> None:
    amounts, terms = case
    tops, bottoms = [], []
    for code, computed in zip(CODES, amounts, strict=True):
        last = terms.previous.get(code, 0)
        if computed:
            capped = last > 0 and terms.up is not None
            tops.append(floor(last * (1 + (terms.up or 0) / 100)) if capped else None)
            floored = last > 0 and terms.down is not None
            bottoms.append(ceil(last * (1 - (terms.down or 0) / 100)) if floored else 0)
    too_low = None not in tops and sum(top or 0 for top in tops) < sum(amounts)
    if too_low or sum(bottoms) > sum(amounts):
        with pytest.raises(CannotShareError):
            dampened(amounts, terms)
    else:
        dampened(amounts, terms)


@pytest.mark.property
@examples(1_000)
@given(st.lists(yen, min_size=4, max_size=4), percent, orders)
def test_an_amount_as_last_year_stays(
    amounts: list[int], bound: Fraction, order: tuple[str, ...] | str
) -> None:
    most = min(bound, Fraction(100))
    terms = rule(*amounts, up=bound, down=most, tolerance=most, order=order)
    assert dampened(tuple(amounts), terms).amounts == tuple(amounts)


@pytest.mark.property
@examples(1_000)
@given(st.lists(st.integers(1, 10**9), min_size=4, max_size=4), st.permutations(CODES))
def test_the_order_stated_decides_who_takes_the_difference(
    amounts: list[int], order: list[str]
) -> None:
    # Only the first of four was there last year; what it may not pay, the first listed takes.
    terms = Dampening({A: Yen(amounts[0])}, up=Fraction(0), order=tuple(order))
    more = (amounts[0] + 1000, *amounts[1:])
    first = next(code for code in order if code != A)
    expected = {c: a + 1000 * (c == first) for c, a in zip(CODES, amounts, strict=True)}
    assert dampened(more, terms).amounts == tuple(expected.values())
