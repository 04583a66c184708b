"""Rules, values and months of two results side by side, where there are several (前提の比較)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import Period
from consortium.domain.sharing.changed_inputs import PresenceChange
from consortium.domain.sharing.compare import FieldChange, compare
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Series
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Timeline
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    YEAR,
    by_table,
    make_facts,
    make_item,
    make_rule,
    month,
    shared,
)

EQUALLY = make_rule(EQUAL)
OCTOBER = date(2021, 10, 1)
UNITS = {HIROSAKI: 6, HIRAKAWA: 3, FUJISAKI: 1}
BOTH = (make_item(100), make_item(100, no=2, category="構築"))
WHOLE = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)


def host(code: str, source: str = "") -> Dated[Rule]:
    """Make a rule by which one town bears everything, as the rule itself says."""
    own = {code: Fraction(1)}
    return make_rule(
        Component("host", "host", "所在地負担", Fraction(1), own=own, own_source=source)
    )


def own_units(hirosaki: int, source: str) -> Dated[Rule]:
    """Make a rule that writes one value of the table anew."""
    part = replace(by_table(), own={HIROSAKI: Fraction(hirosaki)}, own_source=source)
    return make_rule(part)


def edition(key: str, hirosaki: int, on: date | None, source: str = "") -> Series:
    """Make an edition of the table of terminals."""
    values = {HIROSAKI: hirosaki, HIRAKAWA: 3, FUJISAKI: 1}
    given = {code: Fraction(value) for code, value in values.items()}
    return Series(key, "端末台数", given, on, source=source)


def in_halves(*editions: Series) -> Result:
    """Share by one edition until September and by the other one from October on."""
    first, second = (replace(by_table(), series=each.key) for each in editions)
    rules = Timeline([make_rule(first), make_rule(second, since=OCTOBER)])
    facts = replace(make_facts(), series={each.key: each for each in editions})
    return share([make_item(1_000)], {("", None): rules}, facts, YEAR)


def by_category(rule: Dated[Rule], facts: Facts | None = None) -> Result:
    """Share both costs equally, those of 構築 by the rule."""
    rules = {("", None): Timeline([EQUALLY]), ("", "構築"): Timeline([rule])}
    return share(BOTH, rules, facts or make_facts(), YEAR)


# ---- rules


def test_versions_stand_in_the_order_of_their_days_whatever_the_order_of_the_items() -> None:
    rules = {("", None): Timeline([EQUALLY, make_rule(EQUAL, since=OCTOBER, unit=100)])}
    spring = make_item(3_000, last=month("2021-09"))
    autumn = make_item(3_000, no=2, name="保守費", first=month("2021-10"))
    turned: Sequence[CostItem] = [replace(autumn, no=1), replace(spring, no=2)]
    facts = make_facts()
    results = [share(items, rules, facts, YEAR) for items in ([spring, autumn], turned)]
    assert compare(*results).rules == ()


def test_values_of_the_rule_with_another_source_are_no_other_rule() -> None:
    facts = make_facts(units=UNITS)
    old, new = (
        shared(100, own_units(value, source), facts) for value, source in ((5, "覚書"), (4, "議決"))
    )
    compared = compare(old, new)
    assert compared.rules == ()
    [basis] = compared.bases
    assert (basis.old is not None, basis.new is not None) == (True, True)


def test_a_new_category_by_a_rule_that_names_a_town_says_its_name() -> None:
    old = shared([BOTH[0]], host(FUJISAKI))
    rules = {("", None): Timeline([host(FUJISAKI)]), ("", "構築"): Timeline([host(HIRAKAWA)])}
    [rule] = compare(old, share(BOTH, rules, make_facts(), YEAR)).rules
    assert rule.subjects == (("", "構築"),)
    assert "所在地負担1（平川市）" in rule.new[0]


def test_a_rule_that_named_a_town_says_its_name_after_it_is_gone() -> None:
    [rule] = compare(shared(100, host(FUJISAKI)), shared(100, EQUALLY)).rules
    assert "所在地負担1（藤崎町）" in rule.old[0]


def test_the_rule_of_a_category_that_is_gone_is_named_if_no_other_cost_had_it() -> None:
    old = by_category(make_rule(EQUAL, unit=100, residual="lead"))
    [rule] = compare(old, shared([BOTH[0]], EQUALLY)).rules
    assert (rule.subjects, rule.new) == ((("", "構築"),), ())


# ---- values


def test_a_table_that_stands_in_the_rule_alone_is_compared_with_its_source() -> None:
    old, new = shared(100, host(FUJISAKI, "覚書")), shared(100, host(HIRAKAWA, "議決"))
    [basis] = compare(old, new).bases
    assert basis.old == Series("host", "所在地負担", {FUJISAKI: Fraction(1)}, source="覚書")
    assert basis.new == Series("host", "所在地負担", {HIRAKAWA: Fraction(1)}, source="議決")
    assert [(each.name, each.old, each.new) for each in basis.values] == [
        ("平川市", None, 1),
        ("藤崎町", 1, None),
    ]


def test_a_component_without_values_is_no_basis() -> None:
    facts = make_facts(units=UNITS)
    compared = compare(shared(100, EQUALLY, facts), shared(100, make_rule(by_table()), facts))
    assert [(each.old, each.label) for each in compared.bases] == [(None, "端末台数")]


def test_a_value_that_the_rule_writes_anew_names_both_sources() -> None:
    facts = make_facts(units=UNITS)
    counted = replace(facts.series["units"], source="令和3年調べ")
    facts = replace(facts, series={"units": counted})
    old, new = shared(100, make_rule(by_table()), facts), shared(100, own_units(5, "覚書"), facts)
    [basis] = compare(old, new).bases
    assert basis.new == replace(
        counted, values={**counted.values, HIROSAKI: Fraction(5)}, source="令和3年調べ、覚書"
    )


def test_two_components_that_change_their_tables_over_are_two_changes() -> None:
    one, other = edition("a", 5, date(2020, 1, 1)), edition("b", 6, date(2021, 1, 1))
    facts = replace(make_facts(), series={"a": one, "b": other})

    def read(first: str, second: str) -> Result:
        parts = (
            replace(by_table(key="x"), series=first),
            replace(by_table(key="y"), series=second),
        )
        return shared(100, make_rule(*parts), facts)

    bases = compare(read("a", "b"), read("b", "a")).bases
    assert [(each.old, each.new) for each in bases] == [(one, other), (other, one)]


def test_editions_are_paired_by_their_reference_dates_not_by_their_use() -> None:
    early, late = date(2020, 1, 1), date(2021, 1, 1)
    old = in_halves(edition("b", 6, late), edition("a", 5, early))
    new = in_halves(edition("c", 7, early), edition("d", 8, late))
    pairs = [
        (each.old and each.old.key, each.new and each.new.key) for each in compare(old, new).bases
    ]
    assert pairs == [("a", "c"), ("b", "d")]


def test_an_edition_without_a_date_comes_before_those_with_one() -> None:
    old = in_halves(edition("b", 6, date(2021, 1, 1)), edition("a", 5, None))
    new = in_halves(edition("c", 7, None), edition("d", 8, date(2021, 4, 1)))
    pairs = [
        (each.old and each.old.key, each.new and each.new.key) for each in compare(old, new).bases
    ]
    assert pairs == [("a", "c"), ("b", "d")]


# ---- months


def test_who_takes_no_part_any_more_but_is_still_a_member_is_named() -> None:
    compared = compare(shared(100, EQUALLY), shared(100, EQUALLY, make_facts(stays={FUJISAKI: []})))
    assert compared.presences == (PresenceChange("", FUJISAKI, "藤崎町", WHOLE, ()),)


def test_days_are_compared_only_where_both_results_have_costs() -> None:
    # April to September are 183 days, July to September 92.
    daily = replace(EQUALLY, value=replace(EQUALLY.require(), proration="daily"))
    half = make_item(100_000, last=month("2021-09"))
    july = make_facts(stays={FUJISAKI: [Period(date(2021, 7, 1))]})
    compared = compare(shared(100_000, daily), shared([half], daily, july))
    summer = (4, 5, 6, 7, 8, 9)
    days = (183, 92)
    assert compared.presences == (PresenceChange("", FUJISAKI, "藤崎町", summer, summer[3:], days),)


# ---- items


def test_an_item_in_another_category_service_and_month_says_so() -> None:
    facts = make_facts()
    facts = replace(facts, participation=facts.participation | {"cloud": facts.participation[""]})
    rules = {("", None): Timeline([EQUALLY]), ("cloud", None): Timeline([EQUALLY])}
    april = make_item(30, key="a", last=month("2021-04"))
    moved = replace(april, category="保守", service="cloud", last=month("2021-05"))
    results = [share([item], rules, facts, YEAR) for item in (april, moved)]
    assert compare(*results).items[0].fields == (
        FieldChange("経費区分", "運用", "保守"),
        FieldChange("共同サービス", "", "cloud"),
        FieldChange("対象期間", "4月", "4月〜5月"),
    )


def test_a_new_item_before_the_old_ones_hides_none_of_them() -> None:
    old = [make_item(30)]
    new = [make_item(60, name="印刷"), make_item(33, no=2)]
    compared = compare(shared(old, EQUALLY), shared(new, EQUALLY))
    assert [(each.item.name, each.old_no, each.new_no) for each in compared.items] == [
        ("印刷", None, 1),
        ("運用費", 1, 2),
    ]


def test_who_is_in_one_result_only_paid_nothing_for_an_item_in_the_other() -> None:
    two, other = make_facts((HIROSAKI, HIRAKAWA)), make_facts((HIRAKAWA, FUJISAKI))
    [item] = compare(shared(100, EQUALLY, two), shared(100, EQUALLY, other)).items
    assert (item.old_amounts, item.new_amounts) == ((50, 50, 0), (0, 50, 50))
