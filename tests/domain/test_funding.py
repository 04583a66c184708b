"""補助金・財源措置: what may be entered, what is subtracted, what is only information (M-20)."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.errors import BadInputError
from consortium.domain.funding import (
    INFO_ONLY,
    PER_MEMBER,
    PRE_SPLIT,
    TREATMENTS,
    Grant,
    above_cost,
    relief,
    taken_off,
)
from consortium.domain.yen import Yen
from tests.depth import examples

HIROSAKI, HIRAKAWA, ITAYANAGI = CODES = ("022021", "022101", "023817")


def grant(amount: int | None = 1000, treatment: str = PRE_SPLIT, **more: Any) -> Grant:
    """Make a grant that is right unless told otherwise."""
    targets: dict[str, dict[str, Any]] = {PRE_SPLIT: {"item": 1}, PER_MEMBER: {"member": HIROSAKI}}
    known = targets.get(treatment, {})
    return Grant("県補助金", None if amount is None else Yen(amount), treatment, **known | more)


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_every_treatment_has_a_label_and_says_whose_share_falls(treatment: str) -> None:
    assert TREATMENTS[treatment].label
    assert "負担" in TREATMENTS[treatment].help
    assert grant(treatment=treatment).treatment == treatment


@pytest.mark.parametrize(
    ("field", "found", "wrong"),
    [
        ("name", "名称が空です", {"name": " "}),
        ("treatment", "「LOAN」は使えません", {"treatment": "LOAN"}),
        ("amount", "-1円です", {"amount": Yen(-1)}),
        ("amount", "金額も割合もありません", {"amount": None}),
        ("item", "控除する費目がありません", {"item": None}),
        ("member", f"団体（{HIROSAKI}）が指定", {"member": HIROSAKI}),
        ("rate", "参考（交付税措置など）にだけ", {"rate": Fraction(3, 10)}),
    ],
)
def test_a_grant_that_cannot_be_applied_is_refused_at_the_field(
    field: str, found: str, wrong: dict[str, Any]
) -> None:
    right: dict[str, Any] = {
        "name": "県補助金",
        "amount": Yen(1000),
        "treatment": PRE_SPLIT,
        "item": 1,
    }
    with pytest.raises(BadInputError, match=found) as refused:
        Grant(**right | wrong)
    assert refused.value.path == field


def test_a_grant_to_a_member_names_the_member() -> None:
    with pytest.raises(BadInputError, match="補助を受ける団体がありません") as refused:
        grant(treatment=PER_MEMBER, member=None)
    assert refused.value.path == "member"


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1, 10), Fraction(11, 10)])
def test_a_rate_lies_above_0_and_up_to_1(rate: Fraction) -> None:
    with pytest.raises(BadInputError, match="0より大きく1以下") as refused:
        grant(None, INFO_ONLY, rate=rate)
    assert refused.value.path == "rate"


def test_information_has_an_amount_or_a_rate_and_not_both() -> None:
    assert grant(0, INFO_ONLY).amount == 0
    assert grant(None, INFO_ONLY, rate=Fraction(1)).rate == 1
    with pytest.raises(BadInputError, match="両方があります。どちらか一つ") as refused:
        grant(1, INFO_ONLY, rate=Fraction(1, 2))
    assert refused.value.path == "amount"


def test_what_is_taken_off_an_item_is_the_sum_of_its_own_grants() -> None:
    grants = [
        grant(1000),
        grant(200),
        grant(30, item=2),
        grant(4, PER_MEMBER, item=1),
        grant(5, INFO_ONLY, item=1),
    ]
    assert taken_off(grants, 1) == 1200
    assert taken_off(grants, 2) == 30
    assert taken_off(grants, 3) == 0
    assert taken_off([grant(0)], 1) == 0


def test_grants_above_their_cost_are_reported_with_the_numbers() -> None:
    grants = [grant(1000), grant(500)]
    assert above_cost("費目「運用費」の額", grants, 1500) is None
    assert above_cost("費目「運用費」の額", grants, 1499) == (
        "財源措置「県補助金」、「県補助金」の計 1,500円が、費目「運用費」の額 1,499円を"
        " 1円超えています。"
    )


def test_no_grant_is_never_above_a_cost() -> None:
    # A refund is a negative cost: nothing is above it as long as nothing is granted.
    assert above_cost("費目「返還」の額", [grant(0)], -100) is None
    assert above_cost("費目「返還」の額", [], -100) is None
    assert above_cost("費目「返還」の額", [grant(1)], -100) is not None


def bearing(item: str | int | None) -> Sequence[int]:
    """Say what the three towns bear of item 1, and of everything."""
    return {1: (101, 50, 0), None: (1001, 150, 70)}[item]  # type: ignore[index]


def test_a_rate_counts_for_all_members_and_is_cut_to_the_yen() -> None:
    # 30 % of 1,001 is 300.3, of 150 is 45, of 70 is 21.
    assert relief([grant(None, INFO_ONLY, rate=Fraction(3, 10))], CODES, bearing) == (300, 45, 21)


def test_a_rate_of_an_item_counts_what_is_borne_of_that_item() -> None:
    # Half of 101 is 50.5; 板柳町 bears nothing of the item.
    half = grant(None, INFO_ONLY, rate=Fraction(1, 2), item=1)
    assert relief([half], CODES, bearing) == (50, 25, 0)


def test_a_rate_of_one_member_leaves_the_others_alone() -> None:
    all_of_it = grant(None, INFO_ONLY, rate=Fraction(1), member=HIRAKAWA)
    assert relief([all_of_it], CODES, bearing) == (0, 150, 0)


def test_an_amount_of_one_member_is_its_own() -> None:
    assert relief([grant(7, INFO_ONLY, member=ITAYANAGI)], CODES, bearing) == (0, 0, 7)
    assert relief([grant(0, INFO_ONLY, member=ITAYANAGI)], CODES, bearing) == (0, 0, 0)


def test_an_amount_for_all_is_shared_by_what_they_bear() -> None:
    # 100 × 101/151 = 66.89, 100 × 50/151 = 33.11: the odd yen goes to the larger remainder.
    assert relief([grant(100, INFO_ONLY, item=1)], CODES, bearing) == (67, 33, 0)


def test_information_adds_up_and_other_treatments_are_none() -> None:
    grants = [grant(7, INFO_ONLY, member=HIROSAKI), grant(2, INFO_ONLY, member=HIROSAKI)]
    assert relief([*grants, grant(50)], CODES, bearing) == (9, 0, 0)
    assert relief([grant(50, PER_MEMBER)], CODES, bearing) == (0, 0, 0)


def test_nobody_is_relieved_of_a_refund() -> None:
    def refund(_item: str | int | None) -> Sequence[int]:
        return (-100, -50, 0)

    rate = grant(None, INFO_ONLY, rate=Fraction(1, 2))
    assert relief([rate, grant(10, INFO_ONLY)], CODES, refund) == (0, 0, 0)


@pytest.mark.property
@examples(1_000)
@given(
    st.lists(st.integers(-(10**6), 10**9), min_size=3, max_size=3),
    st.integers(0, 10**9),
    st.builds(Fraction, st.integers(1, 99), st.just(100)),
)
def test_an_amount_is_shared_whole_and_a_rate_never_exceeds_what_is_borne(
    borne: list[int], amount: int, rate: Fraction
) -> None:
    def of(_item: str | int | None) -> Sequence[int]:
        return borne

    shared = relief([grant(amount, INFO_ONLY)], CODES, of)
    assert sum(shared) == (amount if any(yen > 0 for yen in borne) else 0)
    rated = relief([grant(None, INFO_ONLY, rate=rate)], CODES, of)
    assert all(0 <= part <= max(yen, 0) for part, yen in zip(rated, borne, strict=True))
