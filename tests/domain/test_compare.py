"""Two results beside each other (算定の比較)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.funding import PER_MEMBER, PRE_SPLIT, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.changed_inputs import BasisChange, PresenceChange
from consortium.domain.sharing.compare import Comparison, FieldChange, compare
from consortium.domain.sharing.dampening import Dampening
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.result import CostItem, Result, Usage
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Yen
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
UNITS = {HIROSAKI: 6, HIRAKAWA: 3, FUJISAKI: 1}


def differences(compared: Comparison) -> dict[str, int]:
    """Give who pays how much more."""
    return {each.code: each.difference for each in compared.members if each.difference}


def names(compared: Comparison) -> list[tuple[str, bool, bool]]:
    """Give the items with whether they were and are there."""
    return [
        (each.item.name, each.old_no is not None, each.new_no is not None)
        for each in compared.items
    ]


def test_a_result_beside_itself_shows_nothing() -> None:
    result = shared(100, make_rule(EQUAL, by_table()), make_facts(units=UNITS))
    compared = compare(result, result)
    assert compared.is_empty
    assert not compared.has_changed_inputs
    assert differences(compared) == {}
    assert [each.is_same for each in compared.items] == [True]


def test_a_dearer_item_shows_old_and_new_amount_per_member() -> None:
    # 99 yen among three are 33 each, 102 yen are 34.
    compared = compare(shared(99, EQUALLY), shared(102, EQUALLY))
    assert [(each.name, each.old, each.new) for each in compared.members] == [
        ("弘前市", 33, 34),
        ("平川市", 33, 34),
        ("藤崎町", 33, 34),
    ]
    assert compared.totals == (99, 102)
    assert compared.difference == 3
    [item] = compared.items
    assert item.differences == (1, 1, 1)
    assert item.fields == (FieldChange("額", "99円", "102円"),)
    assert (compared.bases, compared.rules, compared.presences) == ((), (), ())


def test_items_are_the_same_by_their_key_even_under_another_name() -> None:
    old = [make_item(30, key="a", name="保守"), make_item(60, key="b", name="回線", no=2)]
    new = [make_item(60, key="b", name="回線使用料"), make_item(30, key="a", name="保守", no=2)]
    compared = compare(shared(old, EQUALLY), shared(new, EQUALLY))
    assert names(compared) == [("回線使用料", True, True), ("保守", True, True)]
    assert [each.is_same for each in compared.items] == [True, True]
    assert compared.items[0].fields == (FieldChange("費目の名前", "回線", "回線使用料"),)


def test_of_two_items_that_say_the_same_the_one_without_its_key_is_gone() -> None:
    old = [make_item(30, key="a"), make_item(60, key="b", no=2)]
    compared = compare(shared(old, EQUALLY), shared(old[:1], EQUALLY))
    assert [(each.old_no, each.new_no) for each in compared.items] == [(1, 1), (2, None)]
    assert compared.items[0].is_same


def test_items_without_a_common_key_are_the_same_by_what_they_say() -> None:
    old = [make_item(30, key="a"), make_item(60, name="回線", no=2)]
    new = [make_item(33, key="z"), make_item(90, name="印刷", no=2)]
    compared = compare(shared(old, EQUALLY), shared(new, EQUALLY))
    assert names(compared) == [
        ("運用費", True, True),
        ("印刷", False, True),
        ("回線", True, False),
    ]
    assert [each.differences for each in compared.items] == [
        (1, 1, 1),
        (30, 30, 30),
        (-20, -20, -20),
    ]


def test_an_item_of_other_months_is_still_the_same_item_if_only_one_has_its_name() -> None:
    half = make_item(60, last=month("2021-09"))
    compared = compare(shared([make_item(60)], EQUALLY), shared([half], EQUALLY))
    assert names(compared) == [("運用費", True, True)]
    assert compared.items[0].fields == (FieldChange("対象期間", "4月〜3月", "4月〜9月"),)


def test_two_items_with_one_name_are_told_apart_by_their_months() -> None:
    spring, autumn = (
        make_item(30, first=month("2021-04"), last=month("2021-09")),
        make_item(60, first=month("2021-10"), last=month("2022-03"), no=2),
    )
    turned = [replace(autumn, no=1), replace(spring, no=2)]
    compared = compare(shared([spring, autumn], EQUALLY), shared(turned, EQUALLY))
    assert [each.is_same for each in compared.items] == [True, True]
    assert compared.is_empty


def test_items_charged_to_one_member_are_told_apart_by_the_member() -> None:
    def moves(*codes: str) -> list[CostItem]:
        return [
            make_item(10 * no, no=no, name="移行費", charge_to=code)
            for no, code in enumerate(codes, start=1)
        ]

    old = shared(moves(HIROSAKI, HIRAKAWA), EQUALLY)
    new = shared(moves(HIRAKAWA, HIROSAKI), EQUALLY)
    assert differences(compare(old, new)) == {HIROSAKI: 10, HIRAKAWA: -10}
    assert [each.fields for each in compare(old, new).items] == [
        (FieldChange("額", "20円", "10円"),),
        (FieldChange("額", "10円", "20円"),),
    ]


def test_an_item_charged_to_another_member_says_so() -> None:
    old = shared([make_item(10, charge_to=HIROSAKI)], EQUALLY)
    new = shared([make_item(10)], EQUALLY)
    assert compare(old, new).items[0].fields == (FieldChange("個別負担の団体", "弘前市", "なし"),)


def test_basis_values_are_shown_old_and_new_with_their_edition() -> None:
    old, new = make_facts(units=UNITS), make_facts(units=UNITS | {FUJISAKI: 2})
    expected = replace(new.series["units"], edition="令和4年調べ", certainty="見込")
    new = replace(new, series={"units": expected})
    rule = make_rule(by_table())
    compared = compare(shared(100, rule, old), shared(100, rule, new))
    [basis] = compared.bases
    assert (basis.label, basis.old, basis.new) == ("端末台数", old.series["units"], expected)
    assert [(each.name, each.old, each.new) for each in basis.values] == [("藤崎町", 1, 2)]
    assert not compared.rules


def test_another_edition_with_the_same_values_is_a_changed_input() -> None:
    facts = make_facts(units=UNITS)
    later = replace(facts.series["units"], key="units@2022", reference_date=date(2022, 1, 1))
    old = shared(100, make_rule(by_table()), facts)
    pinned = replace(by_table(), series="units@2022")
    new = shared(100, make_rule(pinned), replace(facts, series={"units@2022": later}))
    compared = compare(old, new)
    assert compared.bases == (BasisChange(facts.series["units"], later, ()),)
    assert not compared.rules
    assert not compared.is_empty


def test_values_written_into_the_rule_are_compared_like_a_basis() -> None:
    def own(hirosaki: int) -> Dated[Rule]:
        part = replace(by_table(), own={HIROSAKI: Fraction(hirosaki)}, own_source="覚書")
        return make_rule(part)

    facts = make_facts(units=UNITS)
    old, new = shared(100, own(5), facts), shared(100, own(4), facts)
    [basis] = compare(old, new).bases
    assert [(each.code, each.old, each.new) for each in basis.values] == [(HIROSAKI, 5, 4)]
    assert basis.new is not None
    assert basis.new.source == "覚書"


def test_a_rule_says_what_of_it_changed() -> None:
    old = make_rule(EQUAL, residual="lead")
    new = make_rule(replace(EQUAL, weight=Fraction(2)), by_table(3), residual="last")
    facts = make_facts(units=UNITS)
    [rule] = compare(shared(100, old, facts), shared(100, new, facts)).rules
    assert rule.subjects == (("", "運用"),)
    assert rule.aspects == ("構成割", "端数処理")
    assert "均等割1。" in rule.old[0]
    assert "幹事市負担" in rule.old[0]
    assert "均等割2・台数割3。" in rule.new[0]


def test_a_rule_with_another_source_only_is_a_change() -> None:
    other = replace(EQUALLY, source=Source("協定書(例)", "第6条"))
    [rule] = compare(shared(100, EQUALLY), shared(100, other)).rules
    assert rule.aspects == ("施行日と根拠",)


def test_a_rule_names_its_members_by_name() -> None:
    host = Component("host", "host", "所在地負担", Fraction(1), own={FUJISAKI: Fraction(1)})
    [rule] = compare(shared(100, EQUALLY), shared(100, make_rule(host))).rules
    assert "所在地負担1（藤崎町）" in rule.new[0]


def test_rules_that_change_places_between_categories_are_both_named() -> None:
    items = [make_item(100), make_item(100, no=2, name="回線費", category="回線")]
    facts = make_facts(units=UNITS)
    by_units = Timeline([make_rule(by_table())])
    plain = Timeline([EQUALLY])

    def run(operation: Timeline[Rule], lines: Timeline[Rule]) -> Result:
        return share(items, {("", "運用"): operation, ("", "回線"): lines}, facts, YEAR)

    rules = compare(run(plain, by_units), run(by_units, plain)).rules
    assert [each.subjects for each in rules] == [(("", "回線"),), (("", "運用"),)]
    assert rules[0].old == rules[1].new


def test_one_rule_changed_for_many_categories_is_named_once() -> None:
    items = [make_item(100, no=no, category=name) for no, name in enumerate("甲乙丙", start=1)]
    new = make_rule(EQUAL, unit=100, residual="lead")
    [rule] = compare(shared(items, EQUALLY), shared(items, new)).rules
    assert [category for _, category in rule.subjects] == sorted("甲乙丙")


def test_the_rule_of_a_new_category_is_named_only_if_nothing_was_shared_by_it() -> None:
    both = [make_item(100), make_item(100, no=2, category="回線")]
    old = shared([make_item(100)], EQUALLY)
    assert compare(old, shared(both, EQUALLY)).rules == ()
    lines = {("", None): Timeline([EQUALLY]), ("", "回線"): Timeline([make_rule(EQUAL, unit=100)])}
    [rule] = compare(old, share(both, lines, make_facts(), YEAR)).rules
    assert (rule.subjects, rule.old, rule.aspects) == ((("", "回線"),), (), ())


def test_the_rule_of_a_category_that_is_gone_is_not_repeated_beside_its_change() -> None:
    both = [make_item(100), make_item(100, no=2, category="構築")]
    later = make_rule(EQUAL, residual="last")
    [rule] = compare(shared(both, EQUALLY), shared(both[:1], later)).rules
    assert rule.subjects == (("", "運用"),)


def test_who_joins_or_leaves_is_named() -> None:
    two = make_facts((HIROSAKI, HIRAKAWA))
    other = make_facts((HIRAKAWA, FUJISAKI))
    compared = compare(shared(100, EQUALLY, two), shared(100, EQUALLY, other))
    assert [(each.code, each.old, each.new) for each in compared.members] == [
        (HIROSAKI, 50, None),
        (HIRAKAWA, 50, 50),
        (FUJISAKI, None, 50),
    ]
    assert [party.name for party in compared.joined] == ["藤崎町"]
    assert [party.name for party in compared.left] == ["弘前市"]
    assert compared.leads == ("弘前市", "")


def test_who_takes_part_in_other_months_is_named_with_the_months() -> None:
    late = make_facts(stays={FUJISAKI: [Period(date(2022, 1, 15))]})
    compared = compare(shared(100, EQUALLY), shared(100, EQUALLY, late))
    whole = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
    assert compared.presences == (PresenceChange("", FUJISAKI, "藤崎町", whole, (1, 2, 3)),)
    assert compared.rules == ()


def test_months_that_only_one_result_has_costs_in_say_nothing_about_who_takes_part() -> None:
    half = make_item(60, last=month("2021-09"))
    assert compare(shared([make_item(60)], EQUALLY), shared([half], EQUALLY)).presences == ()


def test_where_days_are_counted_another_day_of_the_month_is_a_change() -> None:
    # From 10 to 31 January are 22 days, from 20 on 12; February and March have 59.
    rule = replace(EQUALLY, value=replace(EQUALLY.require(), proration="daily"))
    early, late = (make_facts(stays={FUJISAKI: [Period(date(2022, 1, day))]}) for day in (10, 20))
    compared = compare(shared(100_000, rule, early), shared(100_000, rule, late))
    months = (1, 2, 3)
    assert compared.presences == (PresenceChange("", FUJISAKI, "藤崎町", months, months, (81, 71)),)


def test_who_pays_its_months_first_is_compared_by_these_months() -> None:
    rule = replace(EQUALLY, value=replace(EQUALLY.require(), proration="joiner_first"))
    june, july = (make_facts(stays={FUJISAKI: [Period(date(2021, month, 1))]}) for month in (6, 7))
    compared = compare(shared(100_000, rule, june), shared(100_000, rule, july))
    ten = (6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
    assert compared.presences == (PresenceChange("", FUJISAKI, "藤崎町", ten, ten[1:]),)


def test_the_same_costs_of_two_years_stand_beside_each_other() -> None:
    rules = {("", None): Timeline([EQUALLY])}
    later = FiscalYear(2022)
    item = replace(make_item(102), first=later.months()[0], last=later.months()[-1])
    new = share([item], rules, make_facts(), later)
    compared = compare(shared(99, EQUALLY), new)
    assert names(compared) == [("運用費", True, True)]
    assert compared.years == (YEAR, later)
    assert compared.items[0].fields == (FieldChange("額", "99円", "102円"),)


def test_the_rest_that_nobody_took_is_compared_with_the_amounts() -> None:
    left = make_rule(EQUAL, residual="unallocated")
    compared = compare(shared(99, left), shared(101, left))
    assert differences(compared) == {}
    assert compared.unallocated == (0, 2)
    assert compared.items[0].difference == compared.difference == 2
    assert not compared.items[0].is_same


def test_prices_quantities_and_grants_that_changed_are_named() -> None:
    def used(price: int, quantity: int) -> CostItem:
        return make_item(1_000, usage=Usage(Fraction(price), {HIROSAKI: Fraction(quantity)}))

    old, new = shared([used(12, 10)], EQUALLY), shared([used(12, 20)], EQUALLY)
    assert compare(old, new).items[0].fields == (FieldChange("弘前市の数量", "10", "20"),)
    dearer = compare(old, shared([used(13, 10)], EQUALLY))
    assert dearer.items[0].fields == (FieldChange("単価", "12円", "13円"),)
    plain = compare(shared([make_item(1_000)], EQUALLY), old).items[0].fields
    assert plain == (
        FieldChange("単価", "なし", "12円"),
        FieldChange("弘前市の数量", "なし", "10"),
    )


def test_a_grant_given_to_another_member_is_named_with_both() -> None:
    def granted(member: str) -> Result:
        grant = Grant("県補助金", Yen(30), PER_MEMBER, member=member)
        rules = {("", None): Timeline([EQUALLY])}
        return share(
            [make_item(99)], rules, make_facts(), YEAR, agreement=Agreement(grants=(grant,))
        )

    compared = compare(granted(HIROSAKI), granted(FUJISAKI))
    assert differences(compared) == {HIROSAKI: 30, FUJISAKI: -30}
    assert [each.fields for each in compared.items if each.fields] == [
        (
            FieldChange("弘前市への補助", "30円", "なし"),
            FieldChange("藤崎町への補助", "なし", "30円"),
        )
    ]


def test_what_the_yen_of_an_item_rest_on_is_named() -> None:
    rules = {("", None): Timeline([EQUALLY])}

    def noted(note: str, grant: int, **facts: object) -> Result:
        grants = (Grant("県補助金", Yen(grant), PRE_SPLIT, item=1),)
        item = make_item(99, note=note, **facts)
        return share([item], rules, make_facts(), YEAR, agreement=Agreement(grants))

    changed = compare(noted("", 9), noted("税抜90円＋消費税（10％）9円", 30, charge_to=HIROSAKI))
    assert changed.items[0].fields == (
        FieldChange("額", "90円", "69円"),
        FieldChange("額の出し方", "なし", "税抜90円＋消費税（10％）9円"),
        FieldChange("個別負担の団体", "なし", "弘前市"),
    )
    without = share([make_item(99)], rules, make_facts(), YEAR)
    assert compare(noted("", 9), without).items[0].fields == (
        FieldChange("額", "90円", "99円"),
        FieldChange("補助金を引く前の額", "99円", "なし"),
    )


def test_the_yen_of_last_year_that_a_cap_starts_from_are_named() -> None:
    def capped(previous: int) -> Result:
        terms = Agreement(dampening=Dampening({HIROSAKI: Yen(previous)}, up=Fraction(10)))
        rules = {("", None): Timeline([EQUALLY])}
        return share([make_item(300)], rules, make_facts(), YEAR, agreement=terms)

    # At most 10 % more than 80 or 90 yen: 88 and 99 of its 100.
    compared = compare(capped(80), capped(90))
    assert [each.fields for each in compared.items if each.fields] == [
        (
            FieldChange("弘前市の前年度の額", "80円", "90円"),
            FieldChange("弘前市の上限", "88円", "99円"),
        )
    ]
    # The other 12 and 1 yen come to 106 and 106, then to 101 and 100.
    assert differences(compared) == {HIROSAKI: 11, HIRAKAWA: -5, FUJISAKI: -6}
