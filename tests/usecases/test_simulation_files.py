"""A simulation as case files and back: nothing lost, nothing believed that does not hold."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.yen import LEVELS, RESIDUALS, UNITS, Rounding, Yen
from consortium.usecases.cases import as_json, compute
from consortium.usecases.simulated import simulate
from consortium.usecases.simulation import Assumed, Entrant, Sharing, Simulation, faults
from consortium.usecases.simulation_files import Opened, case_text, decimal, open_case
from tests.depth import examples
from tests.simulations import EDITIONS, NEIGHBOUR, SEVEN, history, simulation

CASES = Path(__file__).parents[1] / "domain" / "cases"
JOINED = FiscalYear(2027)
COMMENT = "# 加入シミュレーターの条件: "


def reopened(text: str) -> Opened:
    """Open a case text with the editions there are."""
    return open_case(text.encode(), EDITIONS)


def without_comments(text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("#"))


def parts(sims: Simulation) -> Iterable[tuple[FiscalYear, object]]:
    """Give the year and result of each year in which anybody belongs."""
    return [(each.year, each.then) for each in simulate(sims).years if each.then]


@pytest.mark.parametrize("given", [simulation(), history(), history(years=(2021, 2021))])
def test_a_year_written_and_computed_as_a_case_is_the_year_of_the_simulation(
    given: Simulation,
) -> None:
    for each in simulate(given).years:
        assert each.then
        outcome = compute(case_text(given, each.year).encode())
        assert as_json(outcome.result) == as_json(each.then)
        assert outcome.case.name == given.name


@pytest.mark.parametrize("given", [simulation(), history(), simulation(name="")])
def test_a_case_opens_as_the_simulation_that_wrote_it(given: Simulation) -> None:
    for year in given.years:
        text = case_text(given, year)
        opened = reopened(text)
        assert opened.simulation == given
        assert opened.text == text
        assert case_text(given, year) == text


def test_a_file_saved_on_windows_opens_alike() -> None:
    text = case_text(simulation(), JOINED)
    opened = open_case(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), EDITIONS)
    assert opened.text == text
    assert opened.simulation == simulation()


@pytest.mark.property
@examples(60)
@given(st.data())
def test_any_conditions_come_back_with_the_same_result(data: st.DataObject) -> None:
    days = st.dates(date(2014, 1, 1), date(2028, 3, 31))
    numbers = st.decimals(0, 10**6, places=3).map(Fraction)
    towns = data.draw(st.lists(st.sampled_from(SEVEN), min_size=1, unique=True))
    entrants = tuple(
        Entrant(each.code, each.name, data.draw(days), None, data.draw(st.none() | numbers))
        for each in towns
    )
    residual = data.draw(st.sampled_from(sorted(RESIDUALS)))
    rounding = Rounding(
        data.draw(st.sampled_from(UNITS)), "floor", data.draw(st.sampled_from(sorted(LEVELS))),
        residual,
    )  # fmt: skip
    given_here = simulation(
        entrants,
        years=(2014, 2028),
        base_day=max(each.since for each in entrants),
        cost=Assumed(Yen(data.draw(st.integers(1, 10**9))), Yen(77), data.draw(numbers)),
        sharing=Sharing(Fraction(3), data.draw(numbers), rounding, "monthly"),
        name=data.draw(st.text("町\"\\'#: {}&*é", max_size=9)).strip(),
    )
    if list(faults(given_here)) or not any(given_here.value(each) for each in entrants):
        return
    year = FiscalYear(2028)
    text = case_text(given_here, year)
    opened = reopened(text)
    assert opened.simulation == given_here
    again = reopened(case_text(opened.simulation, year))
    assert as_json(again.outcome.result) == as_json(opened.outcome.result)


@pytest.mark.parametrize("proration", sorted(PRORATIONS))
def test_every_way_to_prorate_comes_back(proration: str) -> None:
    sharing = replace(simulation().sharing, proration=proration)
    given_here = simulation(years=(2027, 2027), sharing=sharing)
    assert reopened(case_text(given_here, JOINED)).simulation == given_here


def test_a_case_without_the_comment_opens_with_what_it_says() -> None:
    text = without_comments(case_text(simulation(), JOINED))
    opened = reopened(text).simulation
    assert opened
    assert opened.years == (JOINED,)
    assert opened.cost == Assumed(Yen(49_581_600), Yen(0), Fraction(0))
    assert opened.entrants == tuple(sorted((*SEVEN, NEIGHBOUR), key=lambda each: each.code))
    assert opened.basis.edition == "令和2年国勢調査(速報)"
    (year,) = simulate(opened).years
    assert year.then
    assert as_json(year.then) == as_json(compute(text.encode()).result)


def test_an_amount_changed_by_hand_counts_and_the_comment_no_longer() -> None:
    text = case_text(simulation(), JOINED).replace("amount: 49581600", "amount: 50000000")
    opened = reopened(text)
    assert opened.outcome.result.total == 50_000_000
    assert opened.simulation
    assert opened.simulation.cost.fixed == 50_000_000
    assert opened.simulation.years == (JOINED,)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "{",
        "[]",
        "null",
        '{"years": [1, 2]}',
        "[" * 100_000,
        '{"years":[2027,9999999],"name":""}',
        json.dumps({"years": ["x", None], "cost": 5}),
    ],
)
def test_a_comment_that_nobody_wrote_is_passed_over(comment: str) -> None:
    plain = without_comments(case_text(simulation(), JOINED))
    opened = reopened(f"{COMMENT}{comment}\n{plain}")
    assert opened.outcome.result.total == 49_581_600
    assert opened.simulation
    assert opened.simulation.years == (JOINED,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"years":[2026,2028]', '"years":[2026,2099]'),
        ('"years":[2026,2028]', '"years":[2028,2028]'),
        ('"2021-06-01",null', '"2021-07-01",null'),
        ('"12077/1"', '"12078/1"'),
        ('["023841","鶴田町"', '["023841","鶴町"'),
        ("14400000", "14400001"),
    ],
)
def test_a_comment_that_says_something_else_than_the_case_is_passed_over(
    old: str, new: str
) -> None:
    comment, rest = case_text(simulation(), JOINED).split("\n", 2)[1:]
    assert old in comment
    opened = reopened(f"{comment.replace(old, new)}\n{rest}")
    assert opened.outcome.result.total == 49_581_600
    assert opened.simulation
    assert opened.simulation.years == (JOINED,)


def test_spaces_and_remarks_added_by_hand_do_no_harm() -> None:
    text = case_text(simulation(), JOINED)
    changed = text.replace("items:", "\n# 確認済み\nitems:").replace(", name:", ",   name:")
    assert changed != text
    assert reopened(changed).simulation == simulation()


TERM = "terms: [{name: 第1期, since: 2015-04-01, until: 2022-04-01}]\n"
OWN = """
fiscal_year: 2021
members:
  - {code: "022021", name: 弘前市, since: "2015-04-01", lead: true}
  - {code: "023817", name: 板柳町, since: "2021-06-01"}
bases:
  population:
    label: 国勢調査人口
    values: {"022021": 100, "023817": "50.5"}
rules:
  - {since: "2015-04-01", components: [{basis: equal, weight: 20}, {basis: population, weight: 80}]}
items:
  - {name: 運用費, amount: 1200}
"""


def test_the_case_of_somebody_else_opens_where_it_is_one_cost_and_one_rule() -> None:
    opened = reopened(OWN).simulation
    assert opened
    assert opened.cost == Assumed(Yen(1_200), Yen(0), Fraction(0), "運用費")
    assert [each.value for each in opened.entrants] == [100, Fraction("50.5")]
    assert (opened.sharing.equal, opened.sharing.population) == (Fraction(20), Fraction(80))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- {name: 運用費, amount: 1200}", "- {name: 運用費, amount: 1200, category: 運用}"),
        (
            "- {name: 運用費, amount: 1200}",
            '- {name: 運用費, amount: 1200, charge_to: "022021"}',
        ),
        ("- {name: 運用費, amount: 1200}", "- {name: 運用費, amount: -1200}"),
        (
            "- {name: 運用費, amount: 1200}",
            '- {name: 運用費, amount: 1000, from: "2021-05", to: "2021-11"}',
        ),
        (
            "- {name: 運用費, amount: 1200}",
            "- {name: 運用費, amount: 1200}\n  - {name: 回線費, amount: 600}",
        ),
        ("  population:", "  households:"),
        ("弘前市", "別の市"),
        ('"50.5"', '"50.1234567891"'),
        ("items:", 'expect: {"022021": 1}\nitems:'),
        ("items:", "leaving: year\nitems:"),
        ("items:", "rounding: {ratio_digits: 3}\nitems:"),
        (
            "items:",
            TERM + "build_costs: [{name: 構築費, amount: 84, term: 第1期, joining: true}]\nitems:",
        ),
        ("items:", "grants: [{item: 運用費, amount: 100, treatment: PRE_SPLIT}]\nitems:"),
        ("items:", "grants: [{item: 運用費, amount: 100, treatment: INFO_ONLY}]\nitems:"),
    ],
)
def test_a_case_that_says_more_than_the_simulator_can_is_only_shown(old: str, new: str) -> None:
    text = OWN.replace("{basis: population", "{basis: households") if "households" in new else OWN
    assert old in text
    opened = reopened(text.replace(old, new))
    assert opened.simulation is None
    assert opened.outcome.result.items


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_case_of_the_rules_opens_and_loses_nothing(path: Path) -> None:
    opened = open_case(path.read_bytes(), EDITIONS)
    if opened.simulation is not None:
        again = compute(case_text(opened.simulation, opened.outcome.case.fiscal_year).encode())
        assert as_json(again.result) == as_json(opened.outcome.result)


def test_a_text_that_is_no_case_is_refused_with_its_key() -> None:
    with pytest.raises(BadInputError) as refused:
        reopened(OWN.replace("amount: 1200", "amount: たくさん"))
    assert refused.value.path == "items[0].amount"


@pytest.mark.parametrize("year", [2025, 2029])
def test_a_year_outside_the_simulation_has_no_case(year: int) -> None:
    with pytest.raises(BadInputError, match="試算の年度ではない"):
        case_text(simulation(), FiscalYear(year))


def test_a_year_in_which_nobody_belongs_has_no_case() -> None:
    late = simulation([replace(NEIGHBOUR)], base_day=date(2027, 4, 1))
    with pytest.raises(BadInputError, match="加入している団体がありません"):
        case_text(late, FiscalYear(2026))


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(80), "80"), (Fraction("9.5"), "9.5"), (Fraction(1, 8), "0.125"), (Fraction(0), "0")],
)
def test_numbers_are_written_with_the_digits_they_have(value: Fraction, text: str) -> None:
    assert decimal(value) == text


def test_a_third_has_no_decimals() -> None:
    with pytest.raises(ValueError, match="1/3"):
        decimal(Fraction(1, 3))
