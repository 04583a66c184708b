"""Causes that cannot be told apart, two years, stored results (差額の要因分解)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.funding import PRE_SPLIT, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.causes import causes
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.sharing.run_inputs import RunInputs
from consortium.domain.sharing.transfers import BuildCost, Term
from consortium.domain.timeline import Dated, Timeline
from consortium.domain.yen import Yen
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    LONG_AGO,
    YEAR,
    by_table,
    make_facts,
    make_item,
    make_rule,
)
from tests.domain.differing import BY_UNITS, EQUALLY, UNITS, difference, given, parts

# ---- causes that cannot be told apart ------------------------------------------------------------

PERCENT = Component("units", "percent", "台数割", Fraction(100), "units")


def test_causes_without_a_mixture_stand_on_one_line() -> None:
    # 90 equally, then 100 % of each member's own value; 90 yen cannot be shared by a percentage.
    old, new = given(90), given(0, make_rule(PERCENT))
    found = causes(old, new)
    assert parts(found) == {"cost+rule": (-28, -29, -29)}
    assert "経費と負担ルール" in [line.name for line in found.shown]
    assert found.of(FUJISAKI)[0] == -29
    assert parts(causes(new, old)) == {"cost+rule": (28, 29, 29)}


def test_a_rounding_that_a_rule_cannot_have_joins_the_line() -> None:
    # Percentages have no ratio to round: neither the cost nor the rounding goes with the old rule.
    old, new = given(0, make_rule(PERCENT)), given(90, make_rule(EQUAL, ratio_digits=3))
    found = causes(old, new)
    assert parts(found) == {"cost+rule+rounding": (28, 29, 29)}
    assert found.lines[0].name == "経費と負担ルールと端数処理"
    assert found.lines[0].meaning.startswith("費目の追加・廃止")
    assert "構成割と割合" in found.lines[0].meaning


def test_the_others_are_still_told_apart() -> None:
    # 藤崎町 joins as well. nothing 45, 45; joined 30, 30, 30; the line 2, 1; all of it 2, 1, 1.
    # The line ½(−43 − 28), ½(−44 − 29), ½(0 − 29); joining ½(−15 + 0), ½(−15 + 0), ½(30 + 1).
    # In all −86½ and ½, so the halves go −35, −37, −15 and −8, −7, +16.
    old = given(90, facts=make_facts((HIROSAKI, HIRAKAWA), units=UNITS))
    new = given(0, make_rule(PERCENT))
    assert difference(old, new) == {"cost+rule": (-35, -37, -15), "membership": (-8, -7, 16)}


def test_a_category_takes_its_rule_along() -> None:
    own = Timeline([make_rule(by_table())])
    old = RunInputs(
        (make_item(90, category="甲"),),
        {("", "甲"): Timeline([EQUALLY])},
        make_facts(units=UNITS),
        YEAR,
    )
    new = RunInputs(
        (make_item(80, category="乙"),), {("", "乙"): own}, make_facts(units=UNITS), YEAR
    )
    assert difference(old, new) == {"cost": (10, -10, -10)}


def test_a_build_cost_that_moves_nothing_needs_no_rule() -> None:
    term = Term("第1期", Period(date(2020, 4, 1), date(2022, 4, 1)))
    terms = Agreement(build_costs=(BuildCost("構築", Yen(1), term, "別", "無"),))
    assert difference(given(90, agreement=terms), given(93, agreement=terms)) == {"cost": (1, 1, 1)}


def test_a_service_takes_its_users_along() -> None:
    facts = make_facts()
    new_service = {**facts.participation, "new": {FUJISAKI: (Period(LONG_AGO),)}}
    rules = {("", None): Timeline([EQUALLY]), ("new", None): Timeline([EQUALLY])}
    old = RunInputs((make_item(90),), rules, facts, YEAR)
    items = (make_item(90), make_item(40, no=2, name="新", service="new"))
    new = RunInputs(items, rules, replace(facts, participation=new_service), YEAR)
    assert difference(old, new) == {"cost": (0, 0, 40)}


# ---- what every mixture holds --------------------------------------------------------------------


def test_a_grant_follows_its_item_into_every_mixture() -> None:
    # 90 equally and 120 − 40 by 2:1:1, then 1:1:2; in the new run the items stand the other way.
    rules = {("", None): Timeline([EQUALLY]), ("", "回線"): Timeline([BY_UNITS])}
    plain, by_units = make_item(90), make_item(120, no=2, name="回線費", category="回線")
    grants = [Agreement((Grant("補助", Yen(40), PRE_SPLIT, no),)) for no in (2, 1)]
    old = RunInputs((plain, by_units), rules, make_facts(units=UNITS), YEAR, grants[0])
    turned = (replace(by_units, no=1), replace(plain, no=2))
    facts = make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 2})
    new = RunInputs(turned, rules, facts, YEAR, grants[1])
    assert difference(old, new) == {"basis": (-20, 0, 20)}


def test_a_mixture_has_one_lead_city() -> None:
    # The lead takes the rest: 34 33 33; another lead 33 33 34; 101 yen 35 33 33; both 33 33 35.
    # 弘前市 cost ½, joining −1½; 藤崎町 ½ and 1½; in all 1 and 0.
    rule = make_rule(EQUAL, residual="lead")
    old, new = given(100, rule), given(101, rule, make_facts(lead=FUJISAKI))
    assert difference(old, new) == {"cost": (0, 0, 1), "membership": (-1, 0, 1)}


def test_a_component_keeps_to_the_values_it_reads() -> None:
    # Half by units 2:1:1, half by people 1:1:2, then 1:2:1; 800 yen, then 1,600.
    # nothing 300 200 300, cost 600 400 600, people 300 300 200, both 600 600 400.
    people = {HIROSAKI: (1, 1), HIRAKAWA: (1, 2), FUJISAKI: (2, 1)}
    rule = make_rule(by_table(), by_table(key="people", label="人口割"))
    sides = []
    for at, amount in enumerate((800, 1_600)):
        facts = make_facts(units=UNITS)
        values = {code: Fraction(pair[at]) for code, pair in people.items()}
        read = {**facts.series, "people": Series("people", "人口", values)}
        sides.append(given(amount, rule, replace(facts, series=read)))
    assert difference(*sides) == {"cost": (300, 250, 250), "basis": (0, 150, -150)}


def test_what_nobody_takes_is_part_of_every_mixture() -> None:
    # nothing 34 33 33 0; 101 yen 34 34 33 0; unallocated 33 33 33 1; both 33 33 33 2.
    # cost 0, ½, 0, ½; rounding −1, −½, 0, 1½; in all 1 and 0.
    old, new = given(100), given(101, make_rule(EQUAL, residual="unallocated"))
    assert difference(old, new) == {"cost": (0, 0, 0, 1), "rounding": (-1, 0, 0, 1)}


# ---- two years -----------------------------------------------------------------------------------


def next_year(amount: int, since: date = LONG_AGO, rule: Dated[Rule] = EQUALLY) -> RunInputs:
    """Make the same for FY2022; 藤崎町 is there since a day."""
    year = FiscalYear(2022)
    item = make_item(amount, first=year.months()[0], last=year.months()[-1])
    facts = make_facts(units=UNITS, stays={FUJISAKI: [Period(since)]})
    return RunInputs((item,), {("", None): Timeline([rule])}, facts, year)


def test_the_next_year_alone_is_no_cause() -> None:
    assert difference(given(900), next_year(900)) == {}


def test_a_rule_of_the_next_year_is_a_rule() -> None:
    both = Timeline([EQUALLY, replace(BY_UNITS, since=date(2022, 4, 1))])
    old = replace(given(900), rules={("", None): both})
    new = replace(next_year(900), rules={("", None): both})
    assert difference(old, new) == {"rule": (150, -75, -75)}


def test_who_joined_during_the_year_before_pays_for_all_of_it_now() -> None:
    # October: 500, 500, 200; the year after 400 each.
    old = given(1_200, facts=make_facts(stays={FUJISAKI: [Period(date(2021, 10, 1))]}))
    assert difference(old, next_year(1_200, date(2021, 10, 1))) == {"membership": (-100, -100, 200)}


def test_a_leap_day_belongs_to_the_calendar() -> None:
    # FY2023 has 366 days. 藤崎町 is there from 1 March 2024: 31 days of a cost of January to March.
    def of(year: int, days: str) -> RunInputs:
        daily = replace(EQUALLY, value=replace(EQUALLY.require(), proration="daily"))
        item = make_item(9_100, first=Month(year + 1, 1), last=Month(year + 1, 3))
        facts = make_facts((HIROSAKI, FUJISAKI), stays={FUJISAKI: [Period(date(year + 1, 3, 1))]})
        return RunInputs((item,), {("", None): Timeline([daily])}, facts, FiscalYear(year))

    # 91 days in 2024: 100 a day, 31 × 50 = 1,550. 90 days in 2023: 9,100 × 31 ÷ 180 = 1,567.2.
    assert difference(of(2022, ""), of(2023, "")) == {"membership": (17, -17)}


def test_29_february_moves_to_the_first_of_march() -> None:
    rule = replace(BY_UNITS, since=date(2024, 2, 29))
    year = FiscalYear(2023)
    item = make_item(900, first=Month(2024, 3), last=Month(2024, 3))
    rules = {("", None): Timeline([EQUALLY, rule])}
    old = RunInputs((item,), rules, make_facts(units=UNITS), year)
    later = make_item(900, first=Month(2025, 3), last=Month(2025, 3))
    new = RunInputs(
        (later,), {("", None): Timeline([BY_UNITS])}, make_facts(units=UNITS), year.next()
    )
    assert difference(old, new) == {}


# ---- stored results ------------------------------------------------------------------------------


def test_stored_results_are_believed() -> None:
    old, new = given(100), given(103)
    assert causes(old, new, (old.share(), new.share())) == causes(old, new)


def test_a_stored_result_of_an_older_engine_leaves_no_yen_without_a_cause() -> None:
    old, new = given(90), given(90)
    found = causes(old, new, (given(30).share(), new.share()))
    assert found.adds_up
    assert found.difference == 60


@pytest.mark.parametrize("code", ["022022", "999999"])
def test_somebody_else_has_no_parts(code: str) -> None:
    with pytest.raises(KeyError):
        causes(given(1), given(2)).of(code)
