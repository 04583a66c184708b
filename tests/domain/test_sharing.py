"""Who pays how much (費用負担の算定): windows, categories, dates, refusals."""

from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.sharing.bases import BASES, component_label
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.proration import PRORATIONS, months_between
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Timeline
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
    month,
    shared,
)

TWO = (HIROSAKI, HIRAKAWA)

# ---- windows: who is in force, which version holds -------------------------------------------


@pytest.mark.parametrize(
    ("joins", "pays"),
    [
        # 1,200 yen over twelve months; two share a month's 100 yen. September has 30 days.
        (date(2021, 9, 30), 350),
        (date(2021, 10, 1), 300),
        (date(2021, 10, 2), 300),
    ],
)
def test_a_member_pays_from_the_month_of_its_first_day(joins: date, pays: int) -> None:
    facts = make_facts(TWO, stays={HIRAKAWA: [Period(joins)]})
    assert shared(1_200, make_rule(EQUAL), facts).amounts == (1_200 - pays, pays)


@pytest.mark.parametrize(
    ("until", "pays"),
    [(date(2021, 9, 30), 300), (date(2021, 10, 1), 300), (date(2021, 10, 2), 350)],
)
def test_the_day_of_leaving_no_longer_counts(until: date, pays: int) -> None:
    facts = make_facts(TWO, stays={HIRAKAWA: [Period(LONG_AGO, until)]})
    assert shared(1_200, make_rule(EQUAL), facts).amounts == (1_200 - pays, pays)


def test_leaving_and_coming_back_within_a_month_counts_the_month_once() -> None:
    stays = [Period(LONG_AGO, date(2021, 10, 5)), Period(date(2021, 10, 20))]
    facts = make_facts(TWO, stays={HIRAKAWA: stays})
    result = shared(1_200, make_rule(EQUAL), facts)
    assert result.amounts == (600, 600)
    assert len(result.pots[0].windows) == 1


def test_leaving_and_coming_back_later_leaves_the_months_between_to_the_others() -> None:
    stays = [Period(LONG_AGO, date(2021, 6, 1)), Period(date(2021, 12, 1))]
    facts = make_facts(TWO, stays={HIRAKAWA: stays})
    # In force in April, May and December to March: 6 of 12 months.
    assert shared(1_200, make_rule(EQUAL), facts).amounts == (900, 300)


def test_a_new_version_holds_from_the_month_that_begins_under_it() -> None:
    facts = make_facts(TWO, units={HIROSAKI: 3, HIRAKAWA: 1})
    amounts = []
    for since in (date(2021, 9, 30), date(2021, 10, 1), date(2021, 10, 2)):
        rules = {("", None): Timeline([make_rule(EQUAL), make_rule(by_table(), since=since)])}
        amounts.append(share([make_item(1_200)], rules, facts, YEAR).amounts)
    # October under the table gives 平川市 25 instead of 50.
    assert amounts == [(750, 450), (750, 450), (725, 475)]


def test_a_version_with_other_components_adds_its_own_lines() -> None:
    facts = make_facts(TWO, units={HIROSAKI: 3, HIRAKAWA: 1})
    entries = [make_rule(EQUAL), make_rule(by_table(), EQUAL, since=date(2021, 10, 1))]
    result = share([make_item(1_200)], {("", None): Timeline(entries)}, facts, YEAR)
    # April to September: 600 equally. October to March: 300 by table (225, 75), 300 equally.
    assert [(line.component, line.code, line.amount) for line in result.lines()] == [
        ("equal", HIROSAKI, 450),
        ("equal", HIRAKAWA, 450),
        ("units", HIROSAKI, 225),
        ("units", HIRAKAWA, 75),
    ]
    assert [line.method for line in result.lines()] == ["均等割（1/1）→均等割（1/2）"] * 2 + [
        "台数割（1/2）"
    ] * 2


def test_a_changed_weight_keeps_one_component_named_with_both_weights() -> None:
    facts = make_facts(TWO, units={HIROSAKI: 3, HIRAKAWA: 1})
    old, new = (
        make_rule(Component("equal", "equal", "均等割", Fraction(a)), by_table(b), since=day)
        for a, b, day in ((20, "80", LONG_AGO), ("9.5", "90.5", date(2021, 10, 1)))
    )
    result = share([make_item(1_200)], {("", None): Timeline([old, new])}, facts, YEAR)
    labels = [component.label for component in result.pots[0].components]
    assert labels == ["均等割（20/100）→均等割（9.5/100）", "台数割（80/100）→台数割（90.5/100）"]
    # 600 × 20 % + 600 × 9.5 % = 177; 600 × 80 % + 600 × 90.5 % = 1,023, of which a quarter is
    # 255.75: 256 for 平川市, whose remainder of .75 is the larger one.
    assert result.matrix == ((89 + 767, 88 + 256),)


def test_an_own_rule_of_a_category_goes_before_the_rule_for_all() -> None:
    facts = make_facts(TWO, units={HIROSAKI: 3, HIRAKAWA: 1})
    rules = {
        ("", None): Timeline([make_rule(EQUAL)]),
        ("", "回線"): Timeline([make_rule(by_table())]),
    }
    items = [
        make_item(1_000, category="回線"),
        make_item(1_000, no=2),
        make_item(8, no=3, category=""),
    ]
    result = share(items, rules, facts, YEAR)
    assert result.matrix == ((750, 250), (500, 500), (4, 4))
    assert result.amount(HIRAKAWA) == 754


def test_each_service_has_its_own_members_and_rules() -> None:
    facts = make_facts(TWO, units={HIROSAKI: 3, HIRAKAWA: 1})
    always = (Period(LONG_AGO),)
    facts = Facts(
        facts.parties,
        {"core": {HIROSAKI: always}, "mail": {HIROSAKI: always, HIRAKAWA: always}},
        facts.series,
    )
    rules = {
        ("core", None): Timeline([make_rule(EQUAL)]),
        ("mail", None): Timeline([make_rule(by_table())]),
    }
    items = [make_item(100, service="core"), make_item(100, no=2, service="mail")]
    assert share(items, rules, facts, YEAR).matrix == ((100, 0), (75, 25))


def test_a_direct_charge_needs_neither_rule_nor_share() -> None:
    result = share([make_item(5_500, charge_to=FUJISAKI)], {}, make_facts(), YEAR)
    assert result.amounts == (0, 0, 5_500)
    (line,) = result.lines()
    assert (line.component, line.method, line.code) == ("direct", "個別負担", FUJISAKI)


@pytest.mark.parametrize("level", ["component", "item"])
def test_a_trial_gives_the_same_yen_without_findings(level: str) -> None:
    facts = make_facts(units={HIROSAKI: 3, HIRAKAWA: 2, FUJISAKI: 2})
    rules = {("", None): Timeline([make_rule(EQUAL, by_table(), level=level)])}
    items = [make_item(1_001), make_item(-13, no=2)]
    full = share(items, rules, facts, YEAR)
    trial = share(items, rules, facts, YEAR, recorded=False)
    assert (trial.matrix, trial.total, trial.findings) == (full.matrix, full.total, ())


def test_a_year_without_costs_asks_nothing_of_anybody() -> None:
    result = share([], {}, make_facts(), YEAR)
    assert result.names == {HIROSAKI: "弘前市", HIRAKAWA: "平川市", FUJISAKI: "藤崎町"}
    assert (result.amounts, result.total, result.unallocated) == ((0, 0, 0), 0, 0)
    assert list(result.lines()) == []


def test_items_that_have_months_and_rule_in_common_have_one_pot() -> None:
    items = [
        make_item(100),
        make_item(200, no=2),
        make_item(300, no=3, last=month("2021-09")),
        make_item(400, no=4, category="回線"),
    ]
    result = shared(items, make_rule(EQUAL))
    assert [[part.pot for part in entry.portions] for entry in result.items] == [[0], [0], [1], [0]]
    assert [entry.item.no for entry in result.items] == [1, 2, 3, 4]


def test_items_of_other_months_are_shared_among_those_of_their_own_months() -> None:
    facts = make_facts(TWO, stays={HIRAKAWA: [Period(date(2021, 10, 1))]})
    items = [
        make_item(600, first=month("2021-04"), last=month("2021-09")),
        make_item(900, no=2, first=month("2021-04"), last=month("2021-12")),
        make_item(600, no=3, first=month("2021-07"), last=month("2021-12")),
        make_item(300, no=4, first=month("2022-01"), last=month("2022-03")),
        make_item(1_200, no=5, first=month("2021-04"), last=month("2022-03")),
    ]
    # 100 yen a month; 平川市 pays half of each month from October on.
    assert [row[1] for row in shared(items, make_rule(EQUAL), facts).matrix] == [
        0,
        150,
        150,
        150,
        300,
    ]


@pytest.mark.parametrize("level", ["component", "item"])
def test_the_parts_of_windows_and_components_add_up_to_the_whole_item(level: str) -> None:
    facts = make_facts(
        TWO, units={HIROSAKI: 3, HIRAKAWA: 1}, stays={HIRAKAWA: [Period(date(2021, 8, 1))]}
    )
    rule = make_rule(EQUAL, by_table(3), level=level)
    item = make_item(900, first=month("2021-07"), last=month("2021-09"))
    (pot,) = shared([item], rule, facts).pots
    assert [window.part for window in pot.windows] == [Fraction(1, 3), Fraction(2, 3)]
    assert [component.part for component in pot.components] == [Fraction(1, 4), Fraction(3, 4)]


def test_only_the_series_that_a_rule_reads_are_kept_with_the_result() -> None:
    assert shared(10, make_rule(EQUAL)).series == ()
    facts = make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 1})
    assert [series.key for series in shared(10, make_rule(by_table()), facts).series] == ["units"]


# ---- rounding at the level of the item -------------------------------------------------------

LAST_ONE = {HIROSAKI: 0, HIRAKAWA: 0, FUJISAKI: 1}


@pytest.mark.parametrize(
    ("rounding", "cuts", "moved", "unallocated"),
    [
        # 7 yen, half equally, half to 藤崎町: exact 1.166… 1.166… 4.666….
        ({}, ((1, 1, 1), (0, 0, 4)), (), 0),
        ({"residual": "lead"}, ((1, 1, 1), (0, 0, 3)), (1, 0, 0), 0),
        ({"residual": "last"}, ((1, 1, 1), (0, 0, 3)), (0, 0, 1), 0),
        ({"residual": "unallocated"}, ((1, 1, 1), (0, 0, 3)), (), 1),
        # Raised to 2, 2, 5: two too many. 2 and 5 are cut over 1/4 and 3/4 of their cells.
        ({"residual": "lead", "mode": "ceil"}, ((2, 2, 1), (0, 0, 4)), (-2, 0, 0), 0),
    ],
)
def test_at_item_level_the_components_are_cut_from_the_rounded_share(
    rounding: dict[str, str],
    cuts: tuple[tuple[int, ...], ...],
    moved: tuple[int, ...],
    unallocated: int,
) -> None:
    rule = make_rule(EQUAL, by_table(), level="item", **rounding)
    (entry,) = shared(7, rule, make_facts(units=LAST_ONE)).items
    (portion,) = entry.portions
    assert (portion.cuts, portion.moved, entry.unallocated) == (cuts, moved, unallocated)


def test_without_a_rest_there_is_no_rounding_line() -> None:
    # 6 yen equally among three: nothing is left for the lead.
    (entry,) = shared(6, make_rule(EQUAL, level="item", residual="lead")).items
    (portion,) = entry.portions
    assert (portion.cuts, portion.moved) == (((2, 2, 2),), ())


def test_the_rounding_line_stands_after_the_components() -> None:
    rule = make_rule(EQUAL, by_table(), level="item", residual="lead")
    lines = list(shared(7, rule, make_facts(units=LAST_ONE)).lines())
    assert (lines[-1].component, lines[-1].method, lines[-1].amount) == ("rounding", "端数調整", 1)
    assert [line.code for line in lines] == [HIROSAKI, HIRAKAWA, FUJISAKI, FUJISAKI, HIROSAKI]


def test_below_the_unit_the_lead_has_a_rounding_line_at_item_level() -> None:
    # 10,500: exact 1,750 1,750 7,000; 1,500 left: a thousand by remainder, 500 for the lead.
    rule = make_rule(EQUAL, by_table(), level="item", unit=1_000)
    result = shared(10_500, rule, make_facts(units=LAST_ONE))
    assert result.amounts == (2_500, 1_000, 7_000)
    assert result.items[0].portions[0].moved == (500, 0, 0)


def test_a_member_without_a_share_has_no_line() -> None:
    rule = make_rule(by_table(), level="item")
    result = shared(7, rule, make_facts(units=LAST_ONE))
    assert [(line.code, line.amount) for line in result.lines()] == [(FUJISAKI, 7)]


def test_a_member_whose_share_is_below_one_yen_has_a_line_of_nothing() -> None:
    lines = list(shared(1, make_rule(EQUAL)).lines())
    assert [line.amount for line in lines] == [1, 0, 0]


def test_the_first_listed_component_wins_a_tie_of_the_cut() -> None:
    # 7 yen in halves of 3.5: the fourth yen to the component that stands first.
    facts = make_facts(units=LAST_ONE)
    first, second = (
        shared(7, make_rule(*parts), facts).items[0].portions[0].cuts
        for parts in ((EQUAL, by_table()), (by_table(), EQUAL))
    )
    assert [sum(row) for row in first] == [4, 3]
    assert [sum(row) for row in second] == [4, 3]
    assert sum(second[0]) == second[0][2]  # the table's component is 藤崎町's alone


# ---- registries and small things -------------------------------------------------------------


def test_a_component_is_named_after_its_table() -> None:
    assert component_label("equal") == "均等割"
    assert component_label("power") == "逓減割"
    assert component_label("table", "国勢調査人口") == "人口割"
    assert component_label("table", "端末台数") == "端末台数割"


def test_every_registered_kind_has_a_label() -> None:
    assert {key: basis.label for key, basis in BASES.items()} == {
        "equal": "均等割",
        "table": "{series}割",
        "power": "逓減{series}割",
        "fixed": "固定割合",
        "host": "幹事・所在地負担",
        "percent": "{series}の割合",
    }
    assert [key for key, basis in BASES.items() if basis.key != key] == []
    assert [key for key, basis in BASES.items() if not (basis.title and basis.help)] == []
    reading = ["table", "power", "percent"]
    assert [key for key, basis in BASES.items() if basis.reads_series] == reading
    assert {key: proration.label for key, proration in PRORATIONS.items()} == {
        "monthly": "月割",
        "monthly_rounded": "各月確定",
        "daily": "日割",
        "joiner_first": "加入団体先取り",
        "none": "年額",
    }
    assert [key for key, proration in PRORATIONS.items() if not proration.help] == []


def test_the_sum_of_the_weights_is_the_whole() -> None:
    assert Rule((EQUAL, by_table("9.5"))).whole == Fraction(21, 2)


def test_months_between_run_over_the_end_of_the_year() -> None:
    assert [str(each) for each in months_between(month("2021-11"), month("2022-02"))] == [
        "2021-11",
        "2021-12",
        "2022-01",
        "2022-02",
    ]


def test_the_lead_is_the_marked_member_or_nobody() -> None:
    assert make_facts(lead=HIRAKAWA).lead == 1
    assert make_facts(lead=None).lead is None


def test_the_lead_of_the_facts_takes_the_rest() -> None:
    rule = make_rule(EQUAL, residual="lead")
    assert shared(100, rule, make_facts(lead=FUJISAKI)).amounts == (33, 33, 34)
    assert shared(100, rule, make_facts(lead=None)).amounts == (34, 33, 33)


def test_amounts_are_whole_yen_and_never_floats() -> None:
    result = shared(
        Yen(1_000_003),
        make_rule(EQUAL, by_table("0.1"), level="item"),
        make_facts(units={HIROSAKI: 3, HIRAKAWA: 1, FUJISAKI: 2}),
    )
    assert {type(amount) for row in result.matrix for amount in row} == {int}
    assert type(result.total) is int


def test_a_code_that_is_not_in_the_result_is_an_error() -> None:
    with pytest.raises(KeyError):
        shared(1, make_rule(EQUAL)).amount("023817")
