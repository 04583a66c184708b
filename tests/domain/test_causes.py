"""Why two runs differ (差額の要因分解): every cause worked out by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import Period
from consortium.domain.funding import INFO_ONLY, PER_MEMBER, PRE_SPLIT, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.causes import UNALLOCATED, causes
from consortium.domain.sharing.dampening import Dampening
from consortium.domain.sharing.mixing import CAUSES
from consortium.domain.sharing.result import CostItem, Usage
from consortium.domain.sharing.run_inputs import Dollars, RunInputs
from consortium.domain.sharing.transfers import BuildCost, Term
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
)
from tests.domain.differing import BY_UNITS, UNITS, difference, given, parts

# ---- one cause alone -----------------------------------------------------------------------------


def test_nothing_changed_has_every_cause_at_zero() -> None:
    found = causes(given(100), given(100))
    assert parts(found) == {}
    assert [line.keys for line in found.lines] == [(key,) for key in CAUSES]
    assert [line.name for line in found.shown] == [
        "経費", "為替", "算定基礎", "加入・脱退", "負担ルール", "端数処理",
    ]  # fmt: skip


def test_a_cost_that_rises() -> None:
    # 100 is 34, 33, 33 and 103 is 35, 34, 34.
    assert difference(given(100), given(103)) == {"cost": (1, 1, 1)}


def test_a_cost_that_is_gone_and_another_one() -> None:
    old, new = given([make_item(90)]), given([make_item(30, name="回線")])
    assert difference(old, new) == {"cost": (-20, -20, -20)}


def by_usage(
    price: int, pieces: Mapping[str, int], amount: int = 3_000, **more: object
) -> CostItem:
    used = Usage(Fraction(price), {code: Fraction(number) for code, number in pieces.items()})
    return make_item(amount, usage=used, **more)


def test_the_price_of_what_is_used() -> None:
    # 10 and 5 pieces: 1,000 + 500 and the rest 1,500 equally; at 110 it is 1,100 + 550 and 1,350.
    pieces = {HIROSAKI: 10, HIRAKAWA: 5}
    old, new = (given([by_usage(price, pieces)]) for price in (100, 110))
    assert difference(old, new) == {"price": (50, 0, -50)}


def test_the_quantity_of_what_is_used() -> None:
    # 藤崎町 uses 3 pieces more: 300 of its own, and each of the three 100 less.
    old = given([by_usage(100, {HIROSAKI: 10})])
    new = given([by_usage(100, {HIROSAKI: 10, FUJISAKI: 3})])
    assert difference(old, new) == {"quantity": (-100, -100, 200)}


def test_a_line_that_used_nothing_before_is_a_cost() -> None:
    old, new = given(3_000), given([by_usage(100, {HIROSAKI: 3})])
    assert difference(old, new) == {"cost": (200, -100, -100)}


def in_dollars(dollars: int, rate: int, tax: int | None = None) -> RunInputs:
    by_month = {each: Fraction(dollars) for each in YEAR.months()}
    rates = dict.fromkeys(by_month, Fraction(rate))
    paid = Dollars(by_month, rates, tax_rate=None if tax is None else Fraction(tax))
    return given([make_item(paid.yen())], dollars={1: paid})


def test_the_exchange_rate() -> None:
    # 12 × US$10 at 115 is 13,800, at 160 19,200: 1,800 more for each of the three.
    assert difference(in_dollars(10, 115), in_dollars(10, 160)) == {"exchange": (1_800,) * 3}


def test_a_line_in_yen_before_has_no_rate_that_changed() -> None:
    plain = replace(in_dollars(10, 100), dollars={})
    assert difference(plain, in_dollars(10, 115)) == {"cost": (600,) * 3}
    assert difference(in_dollars(10, 115), plain) == {"cost": (-600,) * 3}


def test_dollars_and_rate_together() -> None:
    # US$10 → 20 at 100 → 150 yen: 12,000 → 36,000. Cost ½(12,000 + 18,000), rate ½(6,000 + 12,000).
    found = difference(in_dollars(10, 100), in_dollars(20, 150))
    assert found == {"cost": (5_000,) * 3, "exchange": (3_000,) * 3}


def test_the_tax_on_dollars_follows_the_rate() -> None:
    # 12,000 and 10 % is 13,200; 18,000 and 10 % is 19,800.
    assert difference(in_dollars(10, 100, 10), in_dollars(10, 150, 10)) == {
        "exchange": (2_200,) * 3
    }


def test_base_figures() -> None:
    # 1,000 by 2:1:1 is 500, 250, 250; by 1:1:2 it is 250, 250, 500.
    old = given(1_000, BY_UNITS)
    new = given(1_000, BY_UNITS, make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 2}))
    assert difference(old, new) == {"basis": (-250, 0, 250)}


def test_joining_in_october() -> None:
    # 600 + 600, then half a year each by two and by three: 300 + 200, 300 + 200, 200.
    old = given(1_200, facts=make_facts(stays={FUJISAKI: [Period(date(2022, 4, 1))]}))
    new = given(1_200, facts=make_facts(stays={FUJISAKI: [Period(date(2021, 10, 1))]}))
    assert difference(old, new) == {"membership": (-100, -100, 200)}


def test_another_rule() -> None:
    # 300 each, then 450, 225, 225.
    assert difference(given(900), given(900, BY_UNITS)) == {"rule": (150, -75, -75)}


def test_another_rounding() -> None:
    # 34, 33, 33 by largest remainder; the last takes the rest: 33, 33, 34.
    new = given(100, make_rule(EQUAL, residual="last"))
    assert difference(given(100), new) == {"rounding": (-1, 0, 1)}


def test_yen_that_nobody_takes_have_a_row_of_their_own() -> None:
    found = causes(given(100), given(100, make_rule(EQUAL, residual="unallocated")))
    assert [member.code for member in found.members] == [HIROSAKI, HIRAKAWA, FUJISAKI, UNALLOCATED]
    assert parts(found) == {"rounding": (-1, 0, 0, 1)}
    assert found.difference == 0


# ---- two causes together -------------------------------------------------------------------------


def test_cost_and_base_figures() -> None:
    # By 2:1:1, then 1:1:2; 1,000, then 1,200.
    # nothing 500 250 250, cost 600 300 300, basis 250 250 500, both 300 300 600.
    # cost ½(100 + 50), ½(50 + 50), ½(50 + 100); basis ½(−250 − 300), 0, ½(250 + 300).
    old = given(1_000, BY_UNITS)
    new = given(1_200, BY_UNITS, make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 2}))
    assert difference(old, new) == {"cost": (75, 50, 75), "basis": (-275, 0, 275)}


def test_price_and_quantity() -> None:
    # Price 100 → 101 and pieces 1 → 2 of 弘前市, the rest of 300 equally by two members.
    # nothing 100+100, 100; price 101+100, 99 (199: 100 and 99); pieces 200+50, 50; both 202+49, 49.
    # 弘前市: price ½(1 + 1) = 1, pieces ½(50 + 50) = 50.
    two = make_facts((HIROSAKI, HIRAKAWA))
    old = given([by_usage(100, {HIROSAKI: 1}, 300)], facts=two)
    new = given([by_usage(101, {HIROSAKI: 2}, 300)], facts=two)
    assert difference(old, new) == {"price": (1, -1), "quantity": (50, -50)}


def test_half_yen_become_whole_so_that_rows_and_columns_add_up() -> None:
    # 100 → 101 yen, and the last takes the rest: nothing 50 50, cost 51 50, rounding 50 50, both
    # 50 51. 弘前市 cost ½, rounding −½; 平川市 ½ and ½. In all cost 1, rounding 0.
    two = make_facts((HIROSAKI, HIRAKAWA))
    old, new = given(100, facts=two), given(101, make_rule(EQUAL, residual="last"), two)
    assert difference(old, new) == {"cost": (0, 1)}
    assert difference(new, old) == {"cost": (0, -1)}


def test_who_joins_brings_its_own_cost_and_its_figure() -> None:
    # 900 by 2:1 is 600, 300; with 藤崎町, which the old run does not know at all, 450, 225, 225.
    # Its own 70 is a cost: who pays it is known before it joins.
    old = given(900, BY_UNITS, make_facts((HIROSAKI, HIRAKAWA), units={HIROSAKI: 2, HIRAKAWA: 1}))
    own = make_item(70, no=2, name="移行費", charge_to=FUJISAKI)
    new = given([make_item(900), own], BY_UNITS)
    assert difference(old, new) == {"cost": (0, 0, 70), "membership": (-150, -75, 225)}


def test_who_joins_with_a_quantity_used_nothing_before() -> None:
    # 300: nothing 150, 150, -; joined 100, 100, 100; and with 60 of its own 80, 80, 80 + 60.
    two = make_facts((HIROSAKI, HIRAKAWA))
    old, new = given([by_usage(10, {}, 300)], facts=two), given([by_usage(10, {FUJISAKI: 6}, 300)])
    # quantity ½(0 − 20), ½(0 + 40); membership ½(−50 − 70), ½(100 + 140)
    assert difference(old, new) == {"quantity": (-10, -10, 20), "membership": (-60, -60, 120)}


def test_a_series_that_one_run_alone_reads_belongs_to_the_rule() -> None:
    old = given(900, facts=replace(make_facts(units=UNITS), series={}))
    assert difference(old, given(900, BY_UNITS)) == {"rule": (150, -75, -75)}


def test_another_edition_under_another_key_is_a_base_figure() -> None:
    def pinned(key: str, units: Mapping[str, int]) -> RunInputs:
        series = replace(make_facts(units=units).series["units"], key=key)
        part = replace(by_table(), series=key)
        facts = replace(make_facts(), series={key: series})
        return given(1_000, make_rule(part), facts)

    old = pinned("units@2020-01-01/旧", UNITS)
    new = pinned("units@2021-01-01/新", {HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 2})
    assert difference(old, new) == {"basis": (-250, 0, 250)}


def test_an_edition_changes_with_the_rule_that_reads_it() -> None:
    # Two components, then one: the edition of the other run is that of the same series.
    old = given(900, make_rule(EQUAL, by_table(2)))
    series = make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 1}).series
    new = given(900, make_rule(replace(by_table(), key="terminals")), make_facts(units={}))
    new = replace(new, facts=replace(new.facts, series=series))
    # nothing 400, 250, 250; rule 450, 225, 225; basis and both 300, 300, 300.
    # rule ½(50 + 0), basis ½(−100 − 150)
    assert causes(old, new).of(HIROSAKI) == (0, 0, -125, 0, 25, 0)


# ---- what belongs where --------------------------------------------------------------------------


def test_grants_are_part_of_the_cost() -> None:
    off, own = (
        Grant("県補助", Yen(30), PRE_SPLIT, 1),
        Grant("国補助", Yen(5), PER_MEMBER, None, HIRAKAWA),
    )
    hope = Grant("交付税", Yen(50), INFO_ONLY, None, HIROSAKI)
    new = given(90, agreement=Agreement((off, own, hope)))
    assert difference(given(90), new) == {"cost": (-10, -15, -10)}


def test_a_grant_stays_with_its_item_when_the_numbers_change() -> None:
    items = [make_item(90, name="運用費"), make_item(60, no=2, name="回線")]
    old = given(items, agreement=Agreement((Grant("補助", Yen(30), PRE_SPLIT, 2),)))
    turned = [replace(items[1], no=1), replace(items[0], no=2)]
    new = given(turned, agreement=Agreement((Grant("補助", Yen(30), PRE_SPLIT, 1),)))
    assert difference(old, new) == {}


def test_dampening_is_part_of_the_rule() -> None:
    # 300 each; 弘前市 paid 200 and may rise by a quarter to 250; the 50 go to the others.
    previous = {HIROSAKI: Yen(200), HIRAKAWA: Yen(300), FUJISAKI: Yen(300)}
    dampened = Agreement(dampening=Dampening(previous, up=Fraction(25)))
    new = given(900, agreement=dampened)
    assert difference(given(900), new) == {"rule": (-50, 25, 25)}


def test_an_entrance_fee_belongs_to_joining() -> None:
    # 1,200 over 2020-04 to 2022-03: in October 2021 6 of 24 months are left, 300; a third of it.
    term = Term("第1期", Period(date(2020, 4, 1), date(2022, 4, 1)))
    built = Agreement(build_costs=(BuildCost("構築", Yen(1_200), term),))
    two = make_facts(stays={FUJISAKI: [Period(date(2022, 4, 1))]})
    three = make_facts(stays={FUJISAKI: [Period(date(2021, 10, 1))]})
    old, new = given(0, facts=two, agreement=built), given(0, facts=three, agreement=built)
    assert difference(old, new) == {"membership": (-50, -50, 100)}


def test_the_lead_city_belongs_to_the_members() -> None:
    rule = make_rule(EQUAL, residual="lead")
    old, new = given(100, rule), given(100, rule, make_facts(lead=FUJISAKI))
    assert difference(old, new) == {"membership": (-1, 0, 1)}


def test_the_rounding_of_usage_is_rounding() -> None:
    # 15.5 yen of 平川市: 15 and the rest 285, 95 each; or 16 and 284, which is 95, 95, 94.
    used = Usage(Fraction(10), {HIRAKAWA: Fraction("1.55")})
    old = given([make_item(300, usage=used)])
    new = given([make_item(300, usage=used._replace(mode="ceil"))])
    assert difference(old, new) == {"rounding": (0, 1, -1)}
