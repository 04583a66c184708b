"""Cutting anew around what is notified, and the plan of a year (納付計画・変更後の期別の額)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.instalment import Instalments, fit
from consortium.domain.fiscalyear.plan import InstalmentPlan, Part, allocate, usual_plan

YEAR = FiscalYear(2026)
QUARTERS = Instalments((Fraction(25),) * 3, 1_000, "ceil")
#: Closed besides Saturday and Sunday in FY2026: 昭和の日 … 天皇誕生日, as far as the tests reach.
HOLIDAYS = OpenDays({date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6), date(2027, 2, 11)})
#: 藤崎町 of the worked example: 7,572,857.
FUJISAKI = 7_572_857


def plan(method: str = "percents", count: int = 4, unit: int = 1_000, mode: str = "ceil") -> object:
    """Give a plan of a method; items: category a in the 1st, b in the 2nd, the rest last."""
    percents = [Fraction(25)] * (count - 1) + [None]
    asked = [("a",), ("b",)] + [()] * count
    parts = tuple(
        Part(
            date(2026, 5 + number, 20),
            "stay",
            date(2026, 5 + number, 20),
            percents[number] if method == "percents" else None,
            asked[number] if method == "items" else (),
        )
        for number in range(count)
    )
    return InstalmentPlan(YEAR, method, unit, mode, parts)


def amounts(of: object, amount: int, sent: dict[int, int] | None = None, **by: int) -> list[int]:
    assert isinstance(of, InstalmentPlan)
    return list(of.amounts(amount, by, sent or {}))


# ---- the worked figure and what a change does ----------------------------------------------------


def test_the_worked_example_of_the_design() -> None:
    assert QUARTERS.cut(FUJISAKI) == (1_894_000, 1_894_000, 1_894_000, 1_890_857)


def test_nothing_notified_cuts_as_ever() -> None:
    assert QUARTERS.recut(FUJISAKI, {}) == QUARTERS.cut(FUJISAKI)


def test_what_is_notified_stays_and_the_others_are_cut_from_the_new_amount() -> None:
    # 変更 to 8,000,000 after the first notice: 25 % are 2,000,000; the last takes the rest.
    found = QUARTERS.recut(8_000_000, {1: 1_894_000})
    assert found == (1_894_000, 2_000_000, 2_000_000, 2_106_000)
    assert sum(found) == 8_000_000


def test_a_smaller_amount_leaves_less_and_less() -> None:
    # 4,500,000: 25 % are 1,125,000; notified are 2 × 1,894,000, left 712,000.
    found = QUARTERS.recut(4_500_000, {1: 1_894_000, 2: 1_894_000})
    assert found == (1_894_000, 1_894_000, 712_000, 0)


def test_more_notified_than_the_amount_is_left_to_the_settlement() -> None:
    assert QUARTERS.recut(3_000_000, {1: 1_894_000, 2: 1_894_000}) == (1_894_000, 1_894_000, 0, 0)


def test_a_rise_after_the_last_notice_is_left_to_the_settlement() -> None:
    sent = dict(enumerate(QUARTERS.cut(FUJISAKI), start=1))
    assert QUARTERS.recut(8_000_000, sent) == QUARTERS.cut(FUJISAKI)


def test_a_cancelled_notice_in_the_middle_is_cut_again() -> None:
    sent = dict(enumerate(QUARTERS.cut(FUJISAKI), start=1))
    del sent[2]
    assert QUARTERS.recut(FUJISAKI, sent) == QUARTERS.cut(FUJISAKI)


def test_a_negative_amount_is_the_mirror_image() -> None:
    found = QUARTERS.recut(-8_000_000, {1: -1_894_000})
    assert found == (-1_894_000, -2_000_000, -2_000_000, -2_106_000)


def test_a_number_that_the_plan_does_not_have_is_refused() -> None:
    with pytest.raises(BadInputError, match="第5期は納入依頼済みですが、計画は第4期まで"):
        QUARTERS.recut(FUJISAKI, {5: 1})
    with pytest.raises(BadInputError):
        fit((1, 2), {0: 1})


# ---- the plan ------------------------------------------------------------------------------------


def test_the_usual_plan_is_that_of_the_design() -> None:
    # 20 Feb 2027 is a Saturday: the day before. 20 May, 20 Aug and 20 Nov 2026 are open days.
    found = usual_plan(YEAR, HOLIDAYS)
    assert [part.due_on for part in found.parts] == [
        date(2026, 5, 20), date(2026, 8, 20), date(2026, 11, 20), date(2027, 2, 19),
    ]  # fmt: skip
    assert amounts(found, FUJISAKI) == [1_894_000, 1_894_000, 1_894_000, 1_890_857]
    assert found.parts[3].due_nominal == date(2027, 2, 20)


def test_equal_parts_are_rounded_and_the_last_is_the_rest() -> None:
    # 1,000,000 / 3 = 333,333.3; down to 1,000: 333,000; rest 334,000.
    assert amounts(plan("equal", 3, mode="floor"), 1_000_000) == [333_000, 333_000, 334_000]
    assert amounts(plan("equal", 1), 1_000_000) == [1_000_000]


def test_a_single_instalment_asks_for_the_whole_amount() -> None:
    only = Part(date(2026, 5, 20), "stay", date(2026, 5, 20))
    for method in ("equal", "percents", "items"):
        assert amounts(InstalmentPlan(YEAR, method, 1_000, "ceil", (only,)), 1_234_567) == [
            1_234_567
        ]


def test_items_ask_for_the_categories_named_and_the_rest_last() -> None:
    by = {"a": 300_001, "b": 200, "c": 50}
    exact = plan("items", 3, unit=1)
    assert amounts(exact, 300_251, None, **by) == [300_001, 200, 50]
    # A change of 100 after the first notice lands where its category is asked for.
    assert amounts(exact, 300_351, {1: 300_001}, **(by | {"b": 300})) == [300_001, 300, 50]


def test_by_items_too_only_the_last_may_be_off_unit() -> None:
    # Up to 1,000: 300,001 → 301,000 and 20,200 → 21,000; 820,251 less both is 498,251.
    by = {"a": 300_001, "b": 20_200, "c": 500_050}
    assert amounts(plan("items", 3), 820_251, None, **by) == [301_000, 21_000, 498_251]
    back = {key: -amount for key, amount in by.items()}
    assert amounts(plan("items", 3), -820_251, None, **back) == [-301_000, -21_000, -498_251]
    # No instalment exceeds what is left: nothing is asked for before it is owed.
    assert amounts(plan("items", 3), 320_201, None, a=300_001, b=20_200) == [301_000, 19_201, 0]


def test_a_plan_for_the_next_year_moves_its_days_anew() -> None:
    moved = usual_plan(YEAR, HOLIDAYS).moved(FiscalYear(2027), OpenDays())
    # 20 Nov 2027 is a Saturday, 20 Feb 2028 a Sunday.
    assert [part.due_on for part in moved.parts] == [
        date(2027, 5, 20), date(2027, 8, 20), date(2027, 11, 19), date(2028, 2, 18),
    ]  # fmt: skip
    assert moved.year == FiscalYear(2027)


def test_the_29th_of_february_becomes_the_28th() -> None:
    leap = date(2028, 2, 29)
    only = InstalmentPlan(FiscalYear(2027), "equal", 1, "floor", (Part(leap, "stay", leap),))
    moved = only.moved(FiscalYear(2028), OpenDays())
    assert moved.parts[0].due_nominal == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"method": "monthly"}, "method"),
        ({"unit": 10}, "unit"),
        ({"mode": "up"}, "mode"),
        ({"parts": ()}, "parts"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(change: dict[str, object], path: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        replace(usual_plan(YEAR, HOLIDAYS), **change)  # type: ignore[arg-type]
    assert refusal.value.path == path


@pytest.mark.parametrize(
    ("number", "change", "path"),
    [
        (1, {"due_nominal": date(2026, 3, 31)}, "due-1"),
        (4, {"due_nominal": date(2027, 6, 1)}, "due-4"),
        (2, {"due_nominal": date(2026, 5, 20)}, "due-2"),
        (1, {"roll_rule": "tomorrow"}, "due-1"),
        (1, {"percent": None}, "percent-1"),
        (4, {"percent": Fraction(25)}, "percent-4"),
        (1, {"percent": Fraction(51)}, "percents"),
    ],
)
def test_an_instalment_that_cannot_be_is_refused(
    number: int, change: dict[str, object], path: str
) -> None:
    usual = usual_plan(YEAR, HOLIDAYS)
    parts = list(usual.parts)
    parts[number - 1] = replace(parts[number - 1], **change)  # type: ignore[arg-type]
    with pytest.raises(BadInputError) as refusal:
        replace(usual, parts=tuple(parts))
    assert refusal.value.path == path


def test_the_last_day_of_the_year_is_that_of_the_accounts() -> None:
    may = replace(usual_plan(YEAR, HOLIDAYS).parts[3], due_nominal=date(2027, 5, 31))
    usual = usual_plan(YEAR, HOLIDAYS)
    assert replace(usual, parts=(*usual.parts[:3], may)).parts[3] == may


# ---- money that names no instalment --------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "loose", "counted"),
    [
        ((0, 0, 0), 250, (250, 0, 0)),
        ((100, 0, 0), 250, (300, 50, 0)),
        ((0, 0, 0), 1_000, (300, 300, 400)),
        ((0, 0, 0), 1_200, (300, 300, 400)),  # what is over belongs to no instalment
        ((350, 0, 0), 100, (350, 100, 0)),  # an over-payment stays where it is
        ((300, 0, 0), -50, (300, 0, 0)),  # money given back is taken from none
    ],
)
def test_loose_money_goes_to_the_earliest_open(
    paid: tuple[int, ...], loose: int, counted: tuple[int, ...]
) -> None:
    assert allocate((300, 300, 400), paid, loose) == counted
