"""加入金と脱退時の残存費用: straight line over the term, to the yen (M-16, M-25)."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.sharing.transfers import (
    JOINING,
    LEAVING,
    BuildCost,
    Term,
    Transfer,
    transfers,
)
from consortium.domain.yen import Yen
from tests.depth import examples

FIRST = Term.between("第1期", date(2015, 4, 1), date(2022, 4, 1))
SECOND = Term.between("第2期", date(2022, 4, 1), date(2027, 4, 1))
#: 84 months: a million each
COST = BuildCost("第1期構築費", Yen(84_000_000), FIRST, "core", "構築", leaving=True)
JUNE = Month(2021, 6)
YEAR = FiscalYear(2021)
START = date(2015, 4, 1)
FROM_JUNE = Period(date(2021, 6, 1))
TO_JUNE = Period(START, date(2021, 6, 1))
ALWAYS = Period(START)


class Towns:
    """Towns 0, 1, 2 … with weights 3, 1, 2, 2 and the periods in which they take part."""

    def __init__(self, *stays: tuple[Period, ...], weights: tuple[int, ...] = (3, 1, 2, 2)) -> None:
        self.stays, self.weights = stays, weights
        self.asked: set[tuple[str, str]] = set()

    def in_force(self, service: str, month: Month) -> tuple[int, ...]:
        assert service == "core"
        return tuple(
            position
            for position, periods in enumerate(self.stays)
            if any(period.overlaps(month.period) for period in periods)
        )

    def ratio(self, service: str, category: str, month: Month) -> Mapping[int, Fraction]:
        self.asked.add((service, category))
        present = self.in_force(service, month)
        whole = sum(self.weights[position] for position in present)
        return {position: Fraction(self.weights[position], whole) for position in present}

    def transfers(self, *costs: BuildCost, year: FiscalYear = YEAR) -> list[Transfer]:
        return transfers(costs, self.ratio, self.in_force, year.months(), len(self.stays))


# ---- terms and costs -----------------------------------------------------------------------------


def test_the_first_term_has_84_months_and_10_are_left_in_june_2021() -> None:
    assert (FIRST.first, FIRST.last, FIRST.months) == (Month(2015, 4), Month(2022, 3), 84)
    assert FIRST.months_left(JUNE) == 10
    assert FIRST.months_left(FIRST.last) == 1
    assert COST.undepreciated(JUNE) == 10_000_000


def test_a_month_of_which_a_day_lies_in_the_term_is_one_of_its_months() -> None:
    # 15 January to 10 March: January, February, March.
    odd = Term.between("試行", date(2021, 1, 15), date(2021, 3, 11))
    assert (odd.first, odd.last, odd.months) == (Month(2021, 1), Month(2021, 3), 3)
    assert Term.between("試行", date(2021, 1, 15), date(2021, 3, 1)).months == 2
    assert Term.between("試行", date(2021, 1, 15), date(2021, 3, 2)).months == 3
    thirds = BuildCost("試行", Yen(100), odd)
    assert thirds.undepreciated(Month(2021, 2)) == Fraction(200, 3)


def test_a_term_that_ends_before_it_begins_is_refused_by_name() -> None:
    with pytest.raises(BadInputError, match=r"利用期「第3期」.*2027-04-01") as refused:
        Term.between("第3期", date(2027, 4, 1), date(2027, 4, 1))
    assert refused.value.path == "until"


def test_a_term_without_an_end_or_a_name_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"「第3期」.*終わりの日がありません") as refused:
        Term("第3期", Period(date(2027, 4, 1)))
    assert refused.value.path == "until"
    with pytest.raises(BadInputError, match="名称が空") as refused:
        Term(" ", Period(date(2027, 4, 1), date(2028, 4, 1)))
    assert refused.value.path == "name"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_build_cost_is_at_least_a_yen(amount: int) -> None:
    with pytest.raises(BadInputError, match=r"「構築費」.*1円以上") as refused:
        BuildCost("構築費", Yen(amount), FIRST)
    assert refused.value.path == "amount"
    assert BuildCost("構築費", Yen(1), FIRST).undepreciated(FIRST.first) == 1


def test_a_build_cost_has_a_name() -> None:
    with pytest.raises(BadInputError, match="名称が空") as refused:
        BuildCost("　", Yen(1), FIRST)
    assert refused.value.path == "name"


# ---- joining -------------------------------------------------------------------------------------


def test_a_joiner_pays_its_ratio_of_what_is_left_and_the_earlier_members_get_it() -> None:
    towns = Towns((ALWAYS,), (ALWAYS,), (FROM_JUNE,))
    [paid] = towns.transfers(COST)
    # 10,000,000 × 2/6 = 3,333,333.33; by 3/4 and 1/4: 2,499,999.75 and 833,333.25.
    assert paid.amounts == (-2_500_000, -833_333, 3_333_333)
    assert (paid.kind, paid.month, paid.member) == (JOINING, JUNE, 2)
    assert paid.name == "加入金（第1期構築費）"
    assert towns.asked == {("core", "構築")}


def test_the_facts_follow_the_joiner_by_hand() -> None:
    [paid] = Towns((ALWAYS,), (ALWAYS,), (FROM_JUNE,)).transfers(COST)
    assert paid.facts == {
        "cost": 84_000_000,
        "name": "第1期構築費",
        "term": "第1期",
        "term_first": "2015-04",
        "term_last": "2022-03",
        "month": "2021-06",
        "months": 84,
        "months_left": 10,
        "undepreciated": 10_000_000,
        "ratio": Fraction(1, 3),
        "exact": Fraction(10_000_000, 3),
        "yen": 3_333_333,
    }


def test_two_joiners_of_one_month_pay_each_and_not_to_each_other() -> None:
    # Weights 3, 1, 2, 2: each joiner bears a quarter, 2,500,000; old ratio 3/4 and 1/4.
    paid = Towns((ALWAYS,), (ALWAYS,), (FROM_JUNE,), (FROM_JUNE,)).transfers(COST)
    assert [each.amounts for each in paid] == [
        (-1_875_000, -625_000, 2_500_000, 0),
        (-1_875_000, -625_000, 0, 2_500_000),
    ]
    assert [each.member for each in paid] == [2, 3]


def test_joiners_of_one_year_pay_month_by_month() -> None:
    august = Period(date(2021, 8, 20))
    paid = Towns((ALWAYS,), (ALWAYS,), (FROM_JUNE,), (august,)).transfers(COST)
    # In August 8 months are left: 8,000,000 × 2/8; the one of June is an earlier member by then.
    assert [(each.month, each.amounts) for each in paid] == [
        (JUNE, (-2_500_000, -833_333, 3_333_333, 0)),
        (Month(2021, 8), (-1_000_000, -333_333, -666_667, 2_000_000)),
    ]


def test_a_cost_without_joining_fee_moves_nothing() -> None:
    free = BuildCost("第1期構築費", Yen(84_000_000), FIRST, "core", joining=False, leaving=True)
    assert Towns((ALWAYS,), (FROM_JUNE,)).transfers(free) == []


def test_who_is_there_when_the_term_begins_pays_no_fee() -> None:
    # The founders in April 2015, and a town that comes with the second term.
    second = BuildCost("第2期構築費", Yen(60_000_000), SECOND, "core")
    assert Towns((ALWAYS,), (ALWAYS,)).transfers(COST, year=FiscalYear(2015)) == []
    with_term = Towns((ALWAYS,), (Period(date(2022, 4, 1)),))
    assert with_term.transfers(COST, second, year=FiscalYear(2022)) == []


def test_outside_any_term_nothing_is_due() -> None:
    later = Towns((ALWAYS,), (Period(date(2022, 6, 1)),), (Period(START, date(2022, 8, 1)),))
    assert later.transfers(COST, year=FiscalYear(2022)) == []
    assert Towns((ALWAYS,), (FROM_JUNE,)).transfers() == []


def test_the_last_month_of_the_term_still_counts() -> None:
    [paid] = Towns((ALWAYS,), (ALWAYS,), (Period(date(2022, 3, 31)),)).transfers(COST)
    # One month is left: 1,000,000 × 1/3.
    assert paid.amounts == (-250_000, -83_333, 333_333)


def test_the_second_month_of_the_term_counts_too() -> None:
    towns = Towns((ALWAYS,), (Period(date(2015, 5, 1)),), weights=(1, 1))
    [paid] = towns.transfers(COST, year=FiscalYear(2015))
    # 83 of 84 millions are left, and half of that.
    assert paid.amounts == (-41_500_000, 41_500_000)


def test_leaving_and_coming_back_within_a_month_is_no_change() -> None:
    town = (Period(START, date(2021, 6, 5)), Period(date(2021, 6, 20)))
    assert Towns((ALWAYS,), town).transfers(COST) == []


def test_a_joiner_with_nobody_before_it_is_refused_by_name() -> None:
    with pytest.raises(NotInForceError, match=r"「第1期構築費」の 2021-06 .*2021-05.*「第1期」"):
        Towns((FROM_JUNE,), (FROM_JUNE,)).transfers(COST)


def test_a_joiner_of_ratio_zero_pays_nothing() -> None:
    [paid] = Towns((ALWAYS,), (FROM_JUNE,), weights=(1, 0)).transfers(COST)
    assert (paid.amounts, paid.facts["yen"]) == ((0, 0), 0)


def test_positions_missing_from_a_ratio_have_none() -> None:
    towns = Towns((ALWAYS,), (ALWAYS,), (FROM_JUNE,))

    def without_town_1(service: str, category: str, month: Month) -> Mapping[int, Fraction]:
        ratio = towns.ratio(service, category, month)
        return {position: share for position, share in ratio.items() if position != 1}

    [paid] = transfers([COST], without_town_1, towns.in_force, YEAR.months(), 3)
    assert paid.amounts == (-3_333_333, 0, 3_333_333)


def test_who_is_missing_from_the_ratio_pays_nothing() -> None:
    def nothing(_service: str, _category: str, _month: Month) -> Mapping[int, Fraction]:
        return {0: Fraction(1)}

    for towns in (Towns((ALWAYS,), (FROM_JUNE,)), Towns((ALWAYS,), (TO_JUNE,))):
        [paid] = transfers([COST], nothing, towns.in_force, YEAR.months(), 2)
        assert paid.amounts == (0, 0)


# ---- leaving -------------------------------------------------------------------------------------


def test_a_leaver_pays_its_old_ratio_to_those_that_stay_by_their_new_ratio() -> None:
    [paid] = Towns((ALWAYS,), (ALWAYS,), (TO_JUNE,)).transfers(COST)
    # Old ratio 2/6 of 10,000,000; the others by 3/4 and 1/4.
    assert paid.amounts == (-2_500_000, -833_333, 3_333_333)
    assert (paid.kind, paid.month, paid.member) == (LEAVING, JUNE, 2)
    assert paid.name == "脱退時の残存費用（第1期構築費）"
    assert paid.facts["ratio"] == Fraction(1, 3)


def test_leaving_in_the_middle_of_may_counts_from_june() -> None:
    middle = Period(START, date(2021, 5, 16))
    [paid] = Towns((ALWAYS,), (middle,)).transfers(COST)
    assert (paid.month, paid.facts["months_left"]) == (JUNE, 10)


def test_a_cost_without_exit_fee_moves_nothing() -> None:
    free = BuildCost("第1期構築費", Yen(84_000_000), FIRST, "core")
    assert Towns((ALWAYS,), (TO_JUNE,)).transfers(free) == []


def test_leaving_when_the_term_ends_costs_nothing() -> None:
    to_the_end = Period(START, date(2022, 4, 1))
    second = BuildCost("第2期構築費", Yen(60_000_000), SECOND, "core", leaving=True)
    towns = Towns((ALWAYS,), (to_the_end,))
    assert towns.transfers(COST, second) == []
    assert towns.transfers(COST, second, year=FiscalYear(2022)) == []


def test_one_comes_and_one_leaves_in_the_same_month() -> None:
    paid = Towns((ALWAYS,), (FROM_JUNE,), (TO_JUNE,)).transfers(COST)
    # Before: 3, 2 of 5. Now: 3, 1 of 4. The joiner pays 10,000,000 / 4, the leaver, charged with
    # its last month, 10,000,000 × 2/5; both to the one that was there all along.
    assert [(each.kind, each.amounts) for each in paid] == [
        (LEAVING, (-4_000_000, 0, 4_000_000)),
        (JOINING, (-2_500_000, 2_500_000, 0)),
    ]


def test_one_joins_while_all_the_others_leave_is_refused_by_name() -> None:
    with pytest.raises(NotInForceError, match=r"2021-06 .*前の月（2021-05）から"):
        Towns((FROM_JUNE,), (TO_JUNE,)).transfers(COST)


def test_when_all_leave_together_everybody_has_borne_its_own_part() -> None:
    assert Towns((TO_JUNE,), (TO_JUNE,)).transfers(COST) == []


def test_who_leaves_on_31_march_is_charged_in_its_last_fiscal_year() -> None:
    towns = Towns((ALWAYS,), (ALWAYS,), (Period(START, date(2021, 4, 1)),))
    [paid] = towns.transfers(COST, year=FiscalYear(2020))
    # Twelve months are left from April 2021, a million each; 12,000,000 × 2/6.
    assert (paid.month, paid.amounts) == (Month(2021, 4), (-3_000_000, -1_000_000, 4_000_000))
    assert towns.transfers(COST, year=FiscalYear(2021)) == []


def test_who_joins_on_1_april_is_charged_in_its_first_fiscal_year() -> None:
    towns = Towns((ALWAYS,), (ALWAYS,), (Period(date(2021, 4, 1)),))
    [paid] = towns.transfers(COST)
    assert (paid.month, paid.amounts) == (Month(2021, 4), (-3_000_000, -1_000_000, 4_000_000))
    assert towns.transfers(COST, year=FiscalYear(2020)) == []


def test_members_that_stay_without_any_ratio_cannot_be_credited() -> None:
    with pytest.raises(CannotShareError, match=r"「第1期構築費」.*割合がすべて0"):
        Towns((ALWAYS,), (TO_JUNE,), (FROM_JUNE,), weights=(0, 1, 1)).transfers(
            BuildCost("第1期構築費", Yen(84), FIRST, "core", joining=False, leaving=True)
        )


# ---- coming back ---------------------------------------------------------------------------------

AWAY = (Period(START, date(2019, 4, 1)), FROM_JUNE)


def test_who_paid_to_the_end_of_the_term_when_leaving_pays_no_second_time() -> None:
    towns = Towns((ALWAYS,), (ALWAYS,), AWAY)
    assert towns.transfers(COST) == []
    [left] = towns.transfers(COST, year=FiscalYear(2018))
    # 36 months are left in April 2019, the first month without it; 36,000,000 × 2/6.
    assert (left.kind, left.amounts) == (LEAVING, (-9_000_000, -3_000_000, 12_000_000))


def test_who_left_free_of_charge_pays_like_any_joiner() -> None:
    free = BuildCost("第1期構築費", Yen(84_000_000), FIRST, "core", "構築")
    [paid] = Towns((ALWAYS,), (ALWAYS,), AWAY).transfers(free)
    assert paid.amounts == (-2_500_000, -833_333, 3_333_333)


def test_one_comes_back_and_another_comes_for_the_first_time() -> None:
    [paid] = Towns((ALWAYS,), (ALWAYS,), AWAY, (FROM_JUNE,)).transfers(COST)
    assert (paid.member, paid.amounts) == (3, (-1_875_000, -625_000, 0, 2_500_000))


def test_who_left_before_the_term_joins_like_any_other() -> None:
    before = (Period(date(2014, 4, 1), date(2015, 4, 1)), FROM_JUNE)
    [paid] = Towns((ALWAYS,), (ALWAYS,), before).transfers(COST)
    assert paid.amounts == (-2_500_000, -833_333, 3_333_333)


# ---- whatever happens ----------------------------------------------------------------------------

months_away = st.integers(0, 90)


@st.composite
def stays(draw: st.DrawFn) -> tuple[Period, ...]:
    """Make one stay that begins and may end around the term."""
    first = draw(months_away)
    since = date(2015 + (first + 2) // 12, (first + 2) % 12 + 1, 1)
    length = draw(st.one_of(st.none(), st.integers(1, 60)))
    if length is None:
        return (Period(since),)
    end = first + 2 + length
    return (Period(since, date(2015 + end // 12, end % 12 + 1, 1)),)


@pytest.mark.property
@examples(1_000)
@given(
    st.lists(stays(), min_size=1, max_size=4),
    st.lists(st.integers(1, 10**6), min_size=5, max_size=5),
    st.integers(1, 10**11),
    st.integers(2015, 2022),
    st.booleans(),
)
def test_every_transfer_adds_up_to_zero_and_nobody_pays_but_who_comes_or_goes(
    others: list[tuple[Period, ...]], weights: list[int], amount: int, start: int, leaving: bool
) -> None:
    towns = Towns((Period(date(2015, 1, 1)),), *others, weights=tuple(weights))
    cost = BuildCost("構築費", Yen(amount), FIRST, "core", leaving=leaving)
    for paid in towns.transfers(cost, year=FiscalYear(start)):
        own = Fraction(paid.facts["yen"])
        assert sum(paid.amounts) == 0
        assert paid.amounts[paid.member] == own <= cost.amount
        assert 0 <= Fraction(paid.facts["exact"]) - own < 1
        assert sum(yen > 0 for yen in paid.amounts) == (own > 0)
        assert (paid.member in towns.in_force("core", paid.month)) is (paid.kind == JOINING)
