"""What cannot be shared is refused by name (按分のお断り)."""

from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Timeline
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


def test_a_missing_value_is_named_with_member_basis_and_date() -> None:
    facts = make_facts(units={HIROSAKI: 3, HIRAKAWA: 1})
    with pytest.raises(NotInForceError) as refusal:
        shared(100, make_rule(by_table()), facts)
    for piece in ("端末台数", "2021-01-01", "藤崎町（023612）", "「units」"):
        assert piece in str(refusal.value)


def test_a_missing_value_without_a_date_is_named_too() -> None:
    series = Series("units", "端末台数", {})
    with pytest.raises(NotInForceError) as refusal:
        series.value(Party(FUJISAKI, "藤崎町"))
    assert str(refusal.value).startswith("端末台数により按分しようとしました。藤崎町（023612）")


def test_weights_that_are_all_zero_are_refused_with_the_month() -> None:
    stays = {HIRAKAWA: [Period(LONG_AGO, date(2021, 10, 1))]}
    facts = make_facts(TWO, units={HIROSAKI: 0, HIRAKAWA: 1}, stays=stays)
    with pytest.raises(CannotShareError) as refusal:
        shared(100, make_rule(by_table()), facts)
    for piece in ("台数割により", "2021-10", "すべて0", "「台数割」"):
        assert piece in str(refusal.value)


def test_a_month_with_nobody_in_force_is_refused() -> None:
    facts = make_facts((HIROSAKI,), stays={HIROSAKI: [Period(date(2021, 5, 1))]})
    with pytest.raises(NotInForceError) as refusal:
        shared(100, make_rule(EQUAL), facts)
    assert "2021-04" in str(refusal.value)
    with pytest.raises(NotInForceError):
        share(
            [make_item(100, service="mail")],
            {("mail", None): Timeline([make_rule(EQUAL)])},
            make_facts(),
            YEAR,
        )


def test_an_item_before_the_first_rule_is_refused() -> None:
    with pytest.raises(NotInForceError):
        shared(100, make_rule(EQUAL, since=date(2021, 4, 2)))


def test_a_category_without_any_rule_is_refused_by_its_name() -> None:
    rules = {("", "回線"): Timeline([make_rule(EQUAL)])}
    with pytest.raises(NotInForceError) as refusal:
        share([make_item(100)], rules, make_facts(), YEAR)
    assert "経費区分「運用」" in str(refusal.value)


def test_versions_that_round_differently_within_an_item_are_refused() -> None:
    entries = [make_rule(EQUAL), make_rule(EQUAL, since=date(2021, 10, 1), unit=100)]
    rules = {("", None): Timeline(entries)}
    with pytest.raises(CannotShareError) as refusal:
        share([make_item(100)], rules, make_facts(), YEAR)
    assert "2015-04-01、2021-10-01" in str(refusal.value)
    items = [
        make_item(100, last=month("2021-09")),
        make_item(150, no=2, first=month("2021-10")),
    ]
    assert share(items, rules, make_facts(), YEAR).matrix == ((34, 33, 33), (150, 0, 0))


@pytest.mark.parametrize(
    ("first", "last", "path"),
    [
        ("2021-03", "2021-04", "from"),
        ("2022-04", "2022-04", "from"),
        ("2021-04", "2022-04", "to"),
        ("2021-09", "2021-08", "to"),
    ],
)
@pytest.mark.parametrize("charge_to", [None, HIROSAKI])
def test_an_item_outside_the_year_or_ending_before_it_starts_is_refused(
    first: str, last: str, path: str, charge_to: str | None
) -> None:
    item = make_item(100, first=month(first), last=month(last), charge_to=charge_to)
    with pytest.raises(BadInputError) as refusal:
        shared([item], make_rule(EQUAL))
    assert refusal.value.path == path
    assert (first if path == "from" else last) in str(refusal.value)


def test_the_first_and_the_last_month_of_the_year_belong_to_it() -> None:
    items = [
        make_item(3, first=month("2021-04"), last=month("2021-04")),
        make_item(3, no=2, first=month("2022-03"), last=month("2022-03")),
    ]
    assert shared(items, make_rule(EQUAL)).amounts == (2, 2, 2)


def test_a_charge_to_a_stranger_is_refused() -> None:
    with pytest.raises(BadInputError) as refusal:
        shared([make_item(100, charge_to="023817")], make_rule(EQUAL))
    assert refusal.value.path == "charge_to"
    assert "023817" in str(refusal.value)


def test_a_component_that_reads_an_unknown_series_is_refused() -> None:
    with pytest.raises(BadInputError) as refusal:
        shared(100, make_rule(by_table(key="households", label="世帯割")))
    assert refusal.value.path == "basis"
    assert "households" in str(refusal.value)
    nameless = Component("table", "table", "表", Fraction(1))
    with pytest.raises(BadInputError):
        shared(100, make_rule(nameless))


@pytest.mark.parametrize("weight", [0, -1, Fraction(-1, 2)])
def test_a_component_without_weight_is_refused(weight: int | Fraction) -> None:
    with pytest.raises(BadInputError) as refusal:
        Component("equal", "equal", "均等割", Fraction(weight))
    assert refusal.value.path == "weight"


@pytest.mark.parametrize(
    ("components", "piece"), [((), "構成割がありません"), ((EQUAL, EQUAL), "二つあります")]
)
def test_a_rule_needs_components_each_of_them_once(
    components: tuple[Component, ...], piece: str
) -> None:
    with pytest.raises(BadInputError) as refusal:
        Rule(components)
    assert refusal.value.path == "components"
    assert piece in str(refusal.value)
