"""How joining and leaving inside a year count (按分期間), and whom an item concerns."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.errors import CannotShareError
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import Result
from consortium.domain.sharing.rule import Component
from consortium.domain.timeline import Timeline
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    LONG_AGO,
    TWO,
    YEAR,
    YEAR_OF_MONTHS,
    by_table,
    make_facts,
    make_item,
    make_rule,
    month,
    shared,
    terms,
    why,
)

# ---- prorations ------------------------------------------------------------------------------

JOINS = {HIRAKAWA: [Period(date(2021, 10, 1))]}


def by(proration: str, amount: int, facts: Facts, **facts_of_item: Any) -> Result:
    """Share one item equally."""
    item = make_item(amount, **facts_of_item)
    return shared([item], terms(make_rule(EQUAL), proration=proration), facts)


def test_each_month_is_rounded_on_its_own_early_months_first() -> None:
    spring = {"first": month("2021-04"), "last": month("2021-06")}
    result = by("monthly_rounded", 100, make_facts(TWO), **spring)
    # 34, 33, 33 yen: 17 + 17, 17 + 16, 17 + 16.
    assert result.amounts == (51, 49)
    portions = result.items[0].portions
    assert [(str(each.month), each.amount) for each in portions] == [
        ("2021-04", 34),
        ("2021-05", 33),
        ("2021-06", 33),
    ]
    assert why(result, HIROSAKI)[1:5] == [
        "  令和3年4月分 34円のうち17円です。",
        "    均等割（1/1）：34円（34円の全部）のうち17円です。",
        "      令和3年4月〜6月分 34円 × 2団体で等分 ＝ 17円",
        (
            "      正確な額は17円。円未満を切り捨てて17円。"
            "切り捨てた部分の大きさは1番目で、加算はありません（最大剰余）。"
        ),
    ]
    assert by("monthly_rounded", -100, make_facts(TWO), **spring).amounts == (-51, -49)


def test_the_lead_takes_the_rest_of_each_month() -> None:
    rule = terms(make_rule(EQUAL, residual="lead"), proration="monthly_rounded")
    item = make_item(100, first=month("2021-04"), last=month("2021-06"))
    # 34, 33, 33 yen: 11 each, and one yen of April for the lead, which is not the largest.
    assert shared([item], rule, make_facts(lead=FUJISAKI)).amounts == (33, 33, 34)


def test_months_rounded_at_item_level_say_so() -> None:
    rule = terms(make_rule(EQUAL, level="item"), proration="monthly_rounded")
    item = make_item(100, first=month("2021-04"), last=month("2021-06"))
    assert why(shared([item], rule, make_facts(TWO)), HIRAKAWA)[5].startswith(
        "  令和3年5月分 33円のうち16円です。正確な額は約16.5000円。"
    )


def test_days_count_from_the_day_of_joining() -> None:
    april = {"first": month("2021-04"), "last": month("2021-04")}
    facts = make_facts(TWO, stays={HIRAKAWA: [Period(date(2021, 4, 16))]})
    result = by("daily", 1_200, facts, **april)
    # 15 of 30 days alone: 600; the other 600 in halves.
    assert result.amounts == (900, 300)
    assert why(result, HIRAKAWA)[2:4] == [
        "    令和3年4月1日〜令和3年4月15日は参加していないので、負担はありません。",
        "    令和3年4月16日〜令和3年4月30日 600円 × 2団体で等分 ＝ 300円",
    ]
    one = make_facts(TWO, stays={HIRAKAWA: [Period(date(2021, 4, 30))]})
    assert why(by("daily", 1_200, one, **april), HIRAKAWA)[3] == (
        "    令和3年4月30日 40円 × 2団体で等分 ＝ 20円"
    )


def test_a_rule_of_a_day_is_the_one_of_the_first_of_its_month() -> None:
    entries = [
        terms(make_rule(EQUAL), proration="daily"),
        terms(make_rule(by_table(), since=date(2021, 4, 15)), proration="daily"),
    ]
    facts = make_facts(TWO, units={HIROSAKI: 1, HIRAKAWA: 0})
    item = make_item(61, first=month("2021-04"), last=month("2021-05"))
    result = share([item], {("", None): Timeline(entries)}, facts, YEAR)
    # April, 30 of 61 days, equally; May by the table.
    assert result.amounts == (15 + 31, 15)


def test_who_joined_pays_its_months_of_a_year_first() -> None:
    facts = make_facts(TWO, stays=JOINS)
    result = by("joiner_first", 1_200, facts)
    assert result.amounts == (900, 300)
    assert why(result, HIRAKAWA) == [
        "「運用費」1,200円のうち、平川市の負担額は300円です。",
        (
            "  期間の途中で加入・脱退したので、先に額を決めます（加入団体先取り）。"
            "12か月のうち6か月参加し、300円です。"
        ),
        f"    {YEAR_OF_MONTHS} 1,200円 × 2団体で等分 ＝ 600円",
        "    全期間なら、正確な額600円を丸めて600円です。",
        "    600円 × 6/12 を円未満切捨てで300円とします（全期間との差 △300円）。",
    ]
    assert why(result, HIROSAKI)[:4] == [
        "「運用費」1,200円のうち、弘前市の負担額は900円です。",
        "  先に決めた額を除く900円を通年の団体で分け、900円です。",
        "    均等割（1/1）：900円（900円の全部）のうち900円です。",
        f"      {YEAR_OF_MONTHS} 900円 × 1団体で等分 ＝ 900円",
    ]


@pytest.mark.parametrize(("amount", "pays"), [(1_001, 208), (-1_001, -208), (0, 0)])
def test_a_part_of_a_yen_of_who_joined_is_left_to_the_others(amount: int, pays: int) -> None:
    # 1,001 in halves: 501 and 500; 500 × 5/12 = 208.33….
    facts = make_facts(TWO, stays={HIRAKAWA: [Period(date(2021, 11, 1))]})
    assert by("joiner_first", amount, facts).amounts == (amount - pays, pays)


def test_who_left_pays_its_months_of_a_year_too_at_item_level() -> None:
    facts = make_facts(stays={FUJISAKI: [Period(LONG_AGO, date(2021, 6, 1))]})
    rule = terms(make_rule(EQUAL, level="item", residual="lead"), proration="joiner_first")
    result = shared(1_000, rule, facts)
    # A third is 333; 333 × 2/12 = 55.5. The other 945: 472 each, and one for the lead.
    assert result.amounts == (473, 472, 55)
    assert why(result, HIROSAKI)[1] == (
        "  先に決めた額を除く945円を通年の団体で分け、473円です。"
        "正確な額は約472.5000円。円未満を切捨てで472円とし、端数の1円を加えます（幹事市負担）。"
    )


def test_the_year_of_who_joined_has_the_odd_yen_that_it_would_take() -> None:
    facts = make_facts(stays={FUJISAKI: [Period(date(2021, 10, 1))]})
    rule = terms(make_rule(EQUAL, level="item", residual="last"), proration="joiner_first")
    # 333 each and one yen for the last: 334 × 6/12 = 167. The other 833: 416, and one for the last.
    assert shared(1_000, rule, facts).amounts == (416, 417, 167)


def test_with_everybody_there_all_along_nobody_pays_first() -> None:
    result = by("joiner_first", 1_200, make_facts(TWO))
    assert result.amounts == (600, 600)
    assert [each.kind for each in result.items[0].portions] == ["whole"]


def test_with_nobody_there_all_along_it_is_refused() -> None:
    stays = {HIROSAKI: [Period(LONG_AGO, date(2021, 10, 1))], **JOINS}
    with pytest.raises(CannotShareError) as refusal:
        by("joiner_first", 1_200, make_facts(TWO, stays=stays))
    assert "2021-04〜2022-03 を通して参加している団体がありません" in refusal.value.found


@pytest.mark.parametrize("joins", [date(2021, 4, 2), date(2022, 3, 31)])
def test_by_the_year_a_single_day_counts_for_all_of_it(joins: date) -> None:
    facts = make_facts(TWO, stays={HIRAKAWA: [Period(joins)]})
    assert by("none", 1_200, facts).amounts == (600, 600)
    after = make_facts(TWO, stays={HIRAKAWA: [Period(date(2022, 4, 1))]})
    assert by("none", 1_200, after).amounts == (1_200, 0)


@pytest.mark.parametrize(
    ("until", "month_pays", "year_pays"),
    [
        # In force until 14 June: three months of half of 100 yen each.
        (date(2021, 6, 15), 150, 600),
        # The last day is 31 March of the year before.
        (date(2021, 4, 1), 0, 0),
        (date(2021, 4, 2), 50, 600),
        (date(2022, 4, 1), 600, 600),
        (date(2022, 3, 31), 600, 600),
    ],
)
def test_leaving_costs_the_months_or_the_year(until: date, month_pays: int, year_pays: int) -> None:
    facts = make_facts(TWO, stays={HIRAKAWA: [Period(LONG_AGO, until)]})
    for leaving, pays in (("month", month_pays), ("year", year_pays)):
        rule = terms(make_rule(EQUAL), leaving=leaving)
        assert shared(1_200, rule, facts).amounts == (1_200 - pays, pays)
        daily = terms(rule, proration="daily")
        if leaving == "year":
            assert shared(1_200, daily, facts).amounts == (1_200 - pays, pays)


def test_an_item_of_versions_with_another_proration_is_refused() -> None:
    entries = [
        make_rule(EQUAL),
        terms(make_rule(EQUAL, since=date(2021, 10, 1)), proration="daily"),
    ]
    with pytest.raises(CannotShareError) as refusal:
        share([make_item(100)], {("", None): Timeline(entries)}, make_facts(), YEAR)
    assert "端数処理か按分期間が違います" in refusal.value.found


def test_percentages_and_parts_of_a_whole_are_not_one_item() -> None:
    percent = Component("units", "percent", "台数の割合", Fraction("0.25"), "units")
    entries = [make_rule(EQUAL), make_rule(percent, since=date(2021, 10, 1))]
    with pytest.raises(CannotShareError):
        share(
            *([make_item(0)], {("", None): Timeline(entries)}),
            *(make_facts(units={HIROSAKI: 4, HIRAKAWA: 4, FUJISAKI: 4}), YEAR),
        )


# ---- who an item concerns --------------------------------------------------------------------


def test_an_item_concerns_those_in_it_even_with_nothing_to_pay() -> None:
    facts = make_facts(units={HIROSAKI: 0, HIRAKAWA: 0, FUJISAKI: 1})
    result = shared([make_item(1), make_item(0, no=2, charge_to=HIRAKAWA)], make_rule(EQUAL), facts)
    assert [result.concerned(entry) for entry in result.items] == [
        (True, True, True),
        (False, True, False),
    ]
    alone = shared(1, make_rule(by_table()), facts)
    assert alone.concerned(alone.items[0]) == (False, False, True)


def test_who_only_paid_first_is_concerned_by_what_it_paid() -> None:
    result = by("joiner_first", 1_200, make_facts(TWO, stays=JOINS))
    assert result.concerned(result.items[0]) == (True, True)
    nothing = by("joiner_first", 1, make_facts(TWO, stays=JOINS))
    assert nothing.concerned(nothing.items[0]) == (True, False)
    rows = nothing.rows(nothing.items[0])
    assert [(row.key, row.amounts, row.base) for row in rows] == [("equal", (1, 0), 1)]


@pytest.mark.parametrize(
    ("rounding", "bases"),
    [
        # 藤崎町: 200 + 100 of a year, so 150, which are 100 + 50. The other 1,050 are 525 + 525.
        # Added up, the members bear 625 and 575; the cost that is shared is 600 and 600.
        ({}, [600, 600]),
        # 682.5 and 367.5 of 1,050: the yen that the lead takes stands in a row of its own.
        ({"level": "item", "residual": "lead"}, [600, 599, 1]),
        # Nobody pays below 1,000 yen, and all of it is left over.
        ({"unit": 1_000, "residual": "unallocated"}, [600, 600]),
    ],
)
def test_the_cost_of_a_component_is_no_other_where_somebody_paid_first(
    rounding: dict[str, object], bases: list[int]
) -> None:
    stays = {FUJISAKI: [Period(date(2021, 10, 1))]}
    facts = make_facts(units={HIROSAKI: 4, HIRAKAWA: 1, FUJISAKI: 1}, stays=stays)
    rule = terms(make_rule(EQUAL, by_table(), **rounding), proration="joiner_first")
    result = shared(1_200, rule, facts)
    assert [row.base for row in result.rows(result.items[0])] == bases
    assert sum(map(sum, result.matrix)) + result.unallocated == 1_200


def test_the_lead_takes_the_rest_of_what_joiners_leave() -> None:
    # A third of 1,001 is 333; half a year of it is 166. 835 are left for two: 417 each, and the
    # yen over goes to 平川市.
    rule = terms(make_rule(EQUAL, residual="lead"), proration="joiner_first")
    joins = make_facts(stays={FUJISAKI: [Period(date(2021, 10, 1))]}, lead=HIRAKAWA)
    assert shared(1_001, rule, joins).amounts == (417, 418, 166)


def test_a_day_is_shared_by_the_version_in_force_on_the_first_of_its_month() -> None:
    first = terms(make_rule(EQUAL), proration="daily")
    second = terms(make_rule(by_table(), since=date(2021, 10, 2)), proration="daily")
    october = make_item(300, first=month("2021-10"), last=month("2021-10"))
    facts = make_facts(units={HIROSAKI: 300})
    result = share([october], {("", None): Timeline([first, second])}, facts, YEAR)
    assert result.amounts == (100, 100, 100)
