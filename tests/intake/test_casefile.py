"""Case files turned into members, rules and costs (算定ケースの取込み).

What is refused stands in tests/cli/test_share.py; here is what comes in, and with which defaults.
"""

from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.facts import Party
from consortium.domain.yen import Rounding
from consortium.intake.casefile import MAX_BYTES, Case, read_case

LEAST = """\
fiscal_year: 2021
members:
  - {code: "023817", name: 板柳町, since: "2021-06-01", until: "2026-04-01"}
  - {code: "022021", name: 弘前市, since: 2015-04-01, lead: true}
rules:
  - since: 平成27年4月1日
    components: [{basis: equal, weight: 1}]
items:
  - {name: 運用費, amount: 100}
"""


def case(text: str) -> Case:
    return read_case(text.encode())


def test_what_is_left_out_has_its_default() -> None:
    least = case(LEAST)
    assert (least.name, least.fiscal_year, least.expect) == ("", FiscalYear(2021), None)
    rule = least.rules["", None].on(date(2021, 4, 1))
    assert rule.since == date(2015, 4, 1)
    assert rule.source.document == "（出典の記載なし）"
    assert rule.require().rounding == Rounding(1, "floor", "component", "largest_remainder")
    assert rule.require().proration == "monthly"
    (item,) = least.items
    assert (item.no, item.category, item.charge_to) == (1, "", None)
    assert (item.first, item.last) == (Month(2021, 4), Month(2022, 3))


def test_members_stand_in_code_order_with_their_periods() -> None:
    facts = case(LEAST).facts
    assert facts.parties == (Party("022021", "弘前市", True), Party("023817", "板柳町"))
    assert facts.participation[""] == {
        "022021": (Period(date(2015, 4, 1)),),
        "023817": (Period(date(2021, 6, 1), date(2026, 4, 1)),),
    }


def test_a_table_keeps_everything_that_is_said_of_it() -> None:
    bases = """\
bases:
  population:
    label: 国勢調査人口
    reference_date: 平成27年10月1日
    edition: 平成27年国勢調査
    certainty: 見込
    source: 統計局
    values: {"022021": 177411, "023817": "13935.5"}
  units: {values: {}}
"""
    text = LEAST.replace(
        "[{basis: equal, weight: 1}]",
        "[{basis: population, weight: 1}, {basis: units, weight: 2}]",
    )
    series = case(bases + text).facts.series
    population = series["population@2015-10-01/平成27年国勢調査"]
    assert population.label == "国勢調査人口"
    assert population.reference_date == date(2015, 10, 1)
    assert (population.edition, population.certainty) == ("平成27年国勢調査", "見込")
    assert population.source == "統計局"
    assert population.values == {"022021": Fraction(177_411), "023817": Fraction(27_871, 2)}
    units = series["units@/"]
    assert (units.label, units.reference_date, units.certainty) == ("units", None, "確定")


def test_defaults_hold_for_rules_that_say_nothing_of_their_own() -> None:
    text = LEAST.replace(
        "items:",
        """\
  - since: "2016-04-01"
    category: 回線
    source: 覚書
    rounding: {unit: 1000}
    components: [{basis: equal, weight: "9.5"}]
rounding: {unit: 100, mode: floor, level: item, residual: last}
items:""",
    )
    rules = case(text).rules
    (common,) = rules["", None].entries
    assert common.require().rounding == Rounding(100, "floor", "item", "last")
    (own,) = rules["", "回線"].entries
    assert own.require().rounding == Rounding(unit=1_000)
    assert own.source.document == "覚書"
    assert own.require().components[0].weight == Fraction(19, 2)


def test_a_component_is_named_by_what_it_reads() -> None:
    text = LEAST.replace(
        "[{basis: equal, weight: 1}]",
        "[{basis: equal, weight: 1}, {basis: units, weight: 2}]",
    )
    bases = 'bases: {units: {label: 端末台数, values: {"022021": 1, "023817": 1}}}\n'
    equal, units = case(bases + text).rules["", None].entries[0].require().components
    assert (equal.key, equal.basis, equal.series, equal.label) == ("equal", "equal", None, "均等割")
    assert (units.key, units.basis, units.series) == ("units", "table", "units@/")
    assert units.label == "端末台数割"


def test_texts_are_composed_so_that_one_name_is_one_name() -> None:
    text = LEAST.replace("運用費", "か\u3099運用").replace("弘前市", " 弘前市")
    assert case(text).items[0].name == "が運用"


def test_expect_may_name_some_members_or_none() -> None:
    assert case(LEAST + 'expect: {"022021": 80}\n').expect == {"022021": 80}
    assert case(LEAST + "expect: {}\n").expect == {}
    assert case(LEAST + "expect:\n").expect is None


def test_the_name_of_the_missing_rule_is_said() -> None:
    with pytest.raises(BadInputError):
        case(LEAST.replace("rules:", "rule:"))


@pytest.mark.parametrize(("length", "right"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_a_file_may_have_a_million_bytes(length: int, right: bool) -> None:
    content = LEAST.encode()
    content += b"#" * (length - len(content))
    if right:
        assert read_case(content).fiscal_year == FiscalYear(2021)
        return
    with pytest.raises(BadInputError, match="1MB"):
        read_case(content)


@pytest.mark.parametrize("word", ["true", "True", "yes", "on"])
def test_every_yes_of_yaml_is_one(word: str) -> None:
    assert case(LEAST.replace("lead: true", f"lead: {word}")).facts.lead == 0


@pytest.mark.parametrize("word", ["false", "no", "off"])
def test_every_no_of_yaml_is_one(word: str) -> None:
    assert case(LEAST.replace("lead: true", f"lead: {word}")).facts.lead is None


@pytest.mark.parametrize(
    ("written", "amount"), [("100", 100), ("+100", 100), ("-100", -100), ("0", 0), ("-0", 0)]
)
def test_whole_numbers_are_read_as_they_look(written: str, amount: int) -> None:
    assert case(LEAST.replace("amount: 100", f"amount: {written}")).items[0].amount == amount
