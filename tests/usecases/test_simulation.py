"""加入シミュレーター: the figures of the design, the true history, what cannot be simulated."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.fairness import MOST_MEMBERS
from consortium.domain.yen import Rounding, Yen
from consortium.usecases.national import national_list
from consortium.usecases.simulated import Simulated, simulate
from consortium.usecases.simulation import Assumed, Entrant, Sharing, faults
from tests.simulations import (
    COST,
    HIRAKAWA,
    HIROSAKI,
    ITAYANAGI,
    MEMBERS,
    NEIGHBOUR,
    SEVEN,
    SHARING,
    TSURUTA,
    history,
    simulation,
)


def amounts(page: Simulated, place: int) -> dict[str, tuple[int | None, int | None]]:
    """Give what each pays now and then in one year."""
    return {each.entrant.code: (each.now[place], each.then[place]) for each in page.lines}


# ---- the example of the design -------------------------------------------------------------------


def test_tsuruta_joins_and_everybody_saves_what_the_design_says() -> None:
    page = simulate(simulation())
    before, after, still = page.years
    assert before.now
    assert after.now
    assert after.then
    assert before.then
    assert before.then.total == before.now.total == 47_173_900
    assert (after.now.total, after.then.total) == (47_173_900, 49_581_600)
    assert still.then
    assert still.then.amounts == after.then.amounts
    savings = {
        each.entrant.name: -(each.differences[1] or 0) for each in page.lines if each.is_present
    }
    assert savings == {
        "弘前市": 130_010,
        "平川市": 156_539,
        "藤崎町": 159_625,
        "大鰐町": 160_760,
        "田舎館村": 161_019,
        "西目屋村": 162_186,
        "板柳町": 159_984,
    }
    assert sum(savings.values()) == 1_090_123
    joiner = page.lines[-1]
    assert (joiner.entrant.name, joiner.is_present) == ("鶴田町", False)
    assert (joiner.now, joiner.then) == ((None, None, None), (None, 3_497_823, 3_497_823))
    assert joiner.differences == (None, 3_497_823, 3_497_823)


def test_the_findings_of_all_years_are_given_once() -> None:
    (finding,) = simulate(simulation()).findings
    assert "令和2年国勢調査(速報)は見込の値です" in finding


def test_at_the_end_the_shapley_value_is_a_part_of_the_fixed_cost_and_ones_own() -> None:
    table = simulate(history()).fairness
    assert table.day == date(2023, 3, 31)
    assert table.cost == 47_173_900
    assert {line.code: line.shapley for line in table.lines} == {
        code: Fraction(14_400_000, 7) + 1_200_000 + 100 * people
        for code, (_, _, people) in MEMBERS.items()
    }
    assert all(line.passes for line in table.lines)


# ---- the true history ----------------------------------------------------------------------------


def test_the_true_history_gives_one_row_for_each_joining_date() -> None:
    joinings = simulate(history()).joinings
    assert [(each.day, len(each.before), len(each.after)) for each in joinings] == [
        (date(2015, 4, 1), 0, 4),
        (date(2019, 4, 1), 4, 5),
        (date(2021, 4, 1), 5, 6),
        (date(2021, 6, 1), 6, 7),
    ]
    founding, hirakawa, _, itayanagi = joinings
    assert founding.saving == 0
    # 14,400,000 + 4 × 1,200,000 + 100 × (168,564 + 1,265 + 8,671 + 7,328) = 37,782,800
    assert sum(founding.after.values()) == sum(hirakawa.before.values()) == 37_782_800
    # 平川市 adds 1,200,000 + 3,062,100.
    assert sum(hirakawa.after.values()) == 42_044_900
    assert [each.name for each in hirakawa.joined] == ["平川市"]
    # What those before save and what the joiner pays are the cost that is added.
    assert hirakawa.after[HIRAKAWA] - hirakawa.saving == 4_262_100
    assert sum(itayanagi.after.values()) == 47_173_900


def test_a_town_that_joins_in_june_pays_ten_months_and_the_cost_grows_by_ten_twelfths() -> None:
    page = simulate(history(years=(2021, 2021)))
    (year,) = page.years
    assert year.then
    # Two months of six members (44,702,700 a year), ten of seven (47,173,900), cut to whole yen:
    # 7,450,450 + 39,311,583.33…
    assert year.then.total == 46_762_033
    (item,) = (entry.item for entry in year.then.items)
    assert item.amount == 46_762_033
    whole = simulate(history(years=(2022, 2022))).years[0].then
    assert whole
    assert year.then.amount(ITAYANAGI) < whole.amount(ITAYANAGI)


def test_months_before_anybody_joins_cost_nothing() -> None:
    october = Entrant(HIROSAKI, "弘前市", date(2027, 10, 1))
    page = simulate(simulation([october], years=(2026, 2027), base_day=date(2027, 10, 1)))
    nothing, half = page.years
    assert (nothing.now, nothing.then) == (None, None)
    assert half.then
    # (14,400,000 + 1,200,000 + 16,856,400) × 6/12
    assert half.then.total == 16_228_200
    assert page.lines[0].then == (None, 16_228_200)


def test_a_town_that_leaves_pays_no_more_and_its_months_are_left_out() -> None:
    leaver = replace(SEVEN[1], until=date(2027, 10, 1))
    page = simulate(simulation([SEVEN[0], leaver], years=(2027, 2028)))
    now = amounts(page, 0)[HIRAKAWA][0]
    assert now is not None
    assert now > 0
    assert amounts(page, 1)[HIRAKAWA] == (None, None)
    # Both for six months, 弘前市 alone for six.
    half = (14_400_000 + 2_400_000 + 19_918_500) // 2 + (14_400_000 + 1_200_000 + 16_856_400) // 2
    assert page.years[0].then
    assert page.years[0].then.total == half


def test_any_towns_of_the_country_can_share() -> None:
    codes = ["011002", "131016", "473821"]
    towns = [Entrant(code, national_list()[code].name, date(2026, 4, 1)) for code in codes]
    basis = simulation().basis
    from_list = replace(
        basis,
        values={
            code: Fraction(people)
            for code, people in zip(codes, (1_952_356, 58_406, 1_700), strict=True)
        },
    )
    page = simulate(simulation(towns, years=(2026, 2026), basis=from_list))
    assert page.years[0].then
    assert page.years[0].then.total == 14_400_000 + 3_600_000 + 100 * 2_012_462


def test_a_typed_population_goes_before_that_of_the_edition() -> None:
    typed = [replace(each, value=Fraction(100)) for each in SEVEN]
    page = simulate(simulation(typed, years=(2026, 2026)))
    assert page.years[0].then
    assert page.years[0].then.total == 14_400_000 + 8_400_000 + 70_000
    assert len(set(page.years[0].then.amounts)) <= 2  # equal but for the odd yen


def test_a_typed_zero_is_a_population_too() -> None:
    towns = [SEVEN[0], replace(SEVEN[1], value=Fraction(0))]
    page = simulate(simulation(towns, years=(2026, 2026)))
    assert page.years[0].then
    assert page.years[0].then.total == 14_400_000 + 2_400_000 + 16_856_400


def test_the_lead_city_takes_the_odd_yen_where_the_rule_says_so() -> None:
    sharing = Sharing(Fraction(1), Fraction(0), Rounding(1, "floor", "item", "lead"), "monthly")
    cost = Assumed(Yen(100), Yen(0), Fraction(0))
    given = simulation(SEVEN, years=(2026, 2026), cost=cost, sharing=sharing)
    page = simulate(replace(given, lead=ITAYANAGI))
    paid = {each.entrant.name: each.then[0] for each in page.lines}
    # 100 ÷ 7 = 14, and 2 are left.
    assert paid.pop("板柳町") == 16
    assert set(paid.values()) == {14}


def test_more_members_than_can_be_looked_at_have_no_shapley_values() -> None:
    towns = [
        Entrant(code, town.name, date(2026, 4, 1), None, Fraction(1_000))
        for code, town in list(national_list().items())[: MOST_MEMBERS + 1]
    ]
    table = simulate(simulation(towns, years=(2026, 2026))).fairness
    assert (table.lines, table.size, table.is_too_large) == ((), 13, True)


# ---- what cannot be simulated --------------------------------------------------------------------

NO_COST = Assumed(Yen(0), Yen(0), Fraction(0))
NO_WEIGHT = Sharing(Fraction(0), Fraction(0), Rounding(), "monthly")


@pytest.mark.parametrize(
    ("changes", "path", "why"),
    [
        ({"years": (2028, 2027), "entrants": SEVEN}, "last", "始まりの年度より前"),
        ({"years": (2026, 2041)}, "last", "16年度分"),
        ({"entrants": []}, "towns", "団体がありません"),
        ({"entrants": [*SEVEN, SEVEN[0]]}, "entrants-7-since", "弘前市が二度あります"),
        (
            {"entrants": [*SEVEN, replace(NEIGHBOUR, value=None)]},
            "entrants-7-value",
            "鶴田町の人口が、選んだ版（令和2年国勢調査(速報)）にありません",
        ),
        (
            {"entrants": [*SEVEN, replace(NEIGHBOUR, since=date(2029, 4, 1))]},
            "entrants-7-since",
            "鶴田町の加入日が、試算の終わりの年度より後",
        ),
        (
            {"entrants": [SEVEN[0], replace(SEVEN[1], until=date(2019, 4, 1))]},
            "entrants-1-last_day",
            "平川市の終わりの日が加入日より前",
        ),
        ({"base_day": date(2015, 3, 31)}, "base_day", "この日に加入している団体がありません"),
        ({"sharing": NO_WEIGHT}, "equal", "割合がどちらも0"),
        ({"cost": NO_COST}, "fixed", "費用がすべて0円"),
    ],
)
def test_what_cannot_be_simulated_is_refused_at_its_field(
    changes: dict[str, object], path: str, why: str
) -> None:
    wrong = simulation(**changes)  # type: ignore[arg-type]  # keywords of a test
    found = list(faults(wrong))
    assert [(each.path, why in each.found) for each in found] == [(path, True)]
    with pytest.raises(BadInputError):
        simulate(wrong)


def test_sixty_towns_and_fifteen_years_are_the_most() -> None:
    codes = list(national_list())[:61]
    towns = [Entrant(code, "町", date(2026, 4, 1), None, Fraction(1)) for code in codes]
    many = simulation(towns, years=(2026, 2040))
    assert [each.found for each in faults(many)] == ["61団体です。"]
    assert list(faults(replace(many, entrants=tuple(towns[:60])))) == []


def test_without_population_share_and_price_no_population_is_needed() -> None:
    town = replace(NEIGHBOUR, value=None, since=date(2026, 4, 1))
    equal = Sharing(Fraction(1), Fraction(0), Rounding(), "monthly")
    plain = simulation([town], cost=replace(COST, per_unit=Fraction(0)), sharing=equal)
    assert list(faults(plain)) == []
    result = simulate(plain).years[0].then
    assert result
    assert result.amount(TSURUTA) == 15_600_000


def test_below_a_yen_is_cut_off_once_a_year() -> None:
    cost = Assumed(Yen(100), Yen(0), Fraction("0.001"))
    page = simulate(simulation(SEVEN, years=(2026, 2026), cost=cost, sharing=SHARING))
    # 100 + 243.739
    assert page.years[0].then
    assert page.years[0].then.total == 343
    assert page.fairness.cost == Fraction("343.739")


def test_all_shares_come_from_the_engine_with_the_rule_stated() -> None:
    page = simulate(simulation(years=(2027, 2027)))
    result = page.years[0].then
    assert result
    (pot,) = result.pots
    rule = pot.rule
    assert [(part.basis, int(part.weight)) for part in rule.components] == [
        ("equal", 30),
        ("table", 70),
    ]
    assert (rule.rounding, rule.proration) == (Rounding(level="item"), "monthly")
    assert result.fiscal_year == FiscalYear(2027)
