"""The difference of two random runs divided into its causes (差額の要因分解)."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.canonical import canonical
from consortium.domain.errors import DomainError
from consortium.domain.sharing import run_inputs
from consortium.domain.sharing.causes import Causes, causes
from consortium.domain.sharing.mixing import CAUSES, Mixer
from consortium.domain.sharing.run_inputs import RunInputs
from consortium.domain.sharing.whole_table import whole_table
from consortium.domain.timeline import Timeline
from tests.depth import examples
from tests.domain.properties.agreements import (
    YEAR,
    Matter,
    items_of,
    matters,
    stays,
    values,
    versions,
)
from tests.domain.properties.engine import cost_items, facts_of, outcome, rules_of, terms_of
from tests.domain.properties.test_comparing import pairs

pytestmark = pytest.mark.property


def inputs_of(matter: Matter, year: FiscalYear = YEAR) -> RunInputs:
    """Put a matter into the inputs of a run, leaving out those that cannot be shared."""
    agreement, items = matter
    assume(outcome(matter) is not None)
    terms = terms_of(items)
    return RunInputs(
        tuple(cost_items(items)), rules_of(agreement), facts_of(agreement), year, terms
    )


def yen_of(inputs: RunInputs) -> tuple[dict[str, int], int]:
    """Share, and give what each member pays and what nobody takes."""
    result = inputs.share(recorded=False)
    amounts = dict(zip((p.code for p in result.parties), result.amounts, strict=True))
    return {code: yen for code, yen in amounts.items() if yen}, result.unallocated


def parts_of(found: Causes) -> dict[str, dict[tuple[str, ...], int]]:
    """Give the yen of each cause by member."""
    return {
        member.code: {line.keys: line.parts[at] for line in found.lines}
        for at, member in enumerate(found.members)
    }


@examples(300)
@given(matters(wide=True))
def test_inputs_read_back_are_the_inputs_and_share_the_same(matter: Matter) -> None:
    inputs = inputs_of(matter)
    text = canonical(run_inputs.write(inputs))
    again = run_inputs.read(json.loads(text))
    assert again == inputs
    assert canonical(run_inputs.write(again)) == text
    assert again.share() == inputs.share()


@examples(200)
@given(pairs())
def test_a_mixture_of_one_run_alone_pays_what_the_run_pays(pair: tuple[Matter, Matter]) -> None:
    old, new = inputs_of(pair[0]), inputs_of(pair[1])
    mixer = Mixer(old, new)
    assert yen_of(mixer.of(frozenset())) == yen_of(old)
    assert yen_of(mixer.of(frozenset(CAUSES))) == yen_of(new)


@examples(60)
@given(matters(wide=True), matters(wide=True))
def test_so_it_does_for_agreements_of_any_kind(first: Matter, second: Matter) -> None:
    old, new = inputs_of(first), inputs_of(second)
    mixer = Mixer(old, new)
    assert yen_of(mixer.of(frozenset())) == yen_of(old)
    assert yen_of(mixer.of(frozenset(CAUSES))) == yen_of(new)


@examples(100)
@given(pairs())
def test_the_parts_add_up_to_the_difference_for_every_member_and_in_total(
    pair: tuple[Matter, Matter],
) -> None:
    old, new = inputs_of(pair[0]), inputs_of(pair[1])
    results = old.share(), new.share()
    found = causes(old, new, results)
    assert found.adds_up
    assert sum(line.total for line in found.lines) == results[1].total - results[0].total
    assert found.difference == results[1].total - results[0].total
    for member, parts in parts_of(found).items():
        before, after = (
            result.amount(member) if member in result.names else 0 for result in results
        )
        if member:
            assert sum(parts.values()) == after - before
    assert sorted(key for line in found.lines for key in line.keys) == sorted(CAUSES)


@examples(60)
@given(pairs())
def test_the_other_way_round_every_part_has_the_other_sign(pair: tuple[Matter, Matter]) -> None:
    old, new = inputs_of(pair[0]), inputs_of(pair[1])
    there, back = parts_of(causes(old, new)), parts_of(causes(new, old))
    assert there == {
        code: {keys: -yen for keys, yen in parts.items()} for code, parts in back.items()
    }


@st.composite
def single_changes(draw: st.DrawFn) -> tuple[Matter, Matter, str]:
    """Make two matters that differ in one cause."""
    agreement, items = draw(matters())
    codes = sorted(agreement.stays)
    cause = draw(st.sampled_from(["cost", "rule", "rounding", "membership", "basis"]))
    if cause == "cost":
        return (agreement, items), (agreement, draw(st.lists(items_of(agreement)))), cause
    fields: dict[str, dict[str, Any]] = {
        "rule": {"versions": draw(versions())},
        "rounding": {"residual": "lead", "mode": "half_up", "unit": 100, "level": "item"},
        "membership": {
            "stays": {code: draw(stays()) for code in codes},
            "lead": draw(st.sampled_from(codes)),
        },
        "basis": {
            "tables": {name: {code: draw(values) for code in codes} for name in agreement.tables}
        },
    }
    return (agreement, items), (agreement._replace(**fields[cause]), items), cause


@examples(150)
@given(single_changes())
def test_a_single_changed_cause_carries_the_whole_difference(
    change: tuple[Matter, Matter, str],
) -> None:
    old, new, cause = change
    found = causes(inputs_of(old), inputs_of(new))
    differences = tuple(member.difference for member in found.members)
    for line in found.lines:
        expected = differences if line.keys == (cause,) else (0,) * len(differences)
        assert line.parts == expected, line.keys


#: The random matters have no usage that changes and no dollars.
FEW = ("cost", "basis", "membership", "rule", "rounding")


def gains(mixer: Mixer) -> dict[tuple[str, str], int]:
    """Add up what each cause's turn adds in each of the 120 orders, by member."""
    known: dict[frozenset[str], dict[str, int]] = {}
    sums: dict[tuple[str, str], int] = {}
    for order in permutations(FEW):
        for turn, cause in enumerate(order):
            before, after = frozenset(order[:turn]), frozenset(order[: turn + 1])
            for taken in {before, after} - known.keys():
                amounts, rest = yen_of(mixer.of(taken))
                known[taken] = {**amounts, "": rest}
            for code in {*known[before], *known[after]}:
                gain = known[after].get(code, 0) - known[before].get(code, 0)
                sums[code, cause] = sums.get((code, cause), 0) + gain
    return sums


@examples(40)
@given(pairs())
def test_the_parts_are_the_mean_over_all_orders(pair: tuple[Matter, Matter]) -> None:
    old, new = inputs_of(pair[0]), inputs_of(pair[1])
    try:
        sums = gains(Mixer(old, new))
    except DomainError:
        reject()
    for code, parts in parts_of(causes(old, new)).items():
        for cause in FEW:
            mean = Fraction(sums.get((code, cause), 0), 120)
            yen = parts[cause,]
            assert abs(yen - mean) < 1
            assert mean.denominator > 1 or yen == mean


def a_year_later(inputs: RunInputs) -> RunInputs:
    """Move everything by a year, written independently of `mixing`."""

    def later(day: date) -> date:
        return day.replace(year=day.year + 1)

    def month(text: Month) -> Month:
        return Month(text.year + 1, text.month)

    return replace(
        inputs,
        year=inputs.year.next(),
        items=tuple(
            replace(item, first=month(item.first), last=month(item.last)) for item in inputs.items
        ),
        rules={
            key: Timeline(replace(dated, since=later(dated.since)) for dated in timeline.entries)
            for key, timeline in inputs.rules.items()
        },
        facts=replace(
            inputs.facts,
            participation={
                service: {
                    code: tuple(
                        Period(later(each.since), each.until and later(each.until))
                        for each in periods
                    )
                    for code, periods in users.items()
                }
                for service, users in inputs.facts.participation.items()
            },
        ),
    )


@examples(60)
@given(pairs())
def test_a_year_between_the_runs_changes_no_part(pair: tuple[Matter, Matter]) -> None:
    old, new = inputs_of(pair[0]), inputs_of(pair[1])
    found = causes(old, a_year_later(new))
    assert found == causes(old, new)
    assert found.adds_up


@st.composite
def tables(draw: st.DrawFn) -> list[list[Fraction]]:
    """Make a table of fractions whose rows add up to whole numbers."""
    columns, below = draw(st.integers(1, 6)), draw(st.sampled_from([1, 2, 3, 6, 120, 5_040]))
    cell = st.integers(-3 * below, 3 * below)
    rows = draw(
        st.lists(st.lists(cell, min_size=columns, max_size=columns), min_size=1, max_size=9)
    )
    return [
        [*(Fraction(cell, below) for cell in row), Fraction(-sum(row) % below, below)]
        for row in rows
    ]


@examples(500)
@given(tables())
def test_a_table_of_whole_yen_keeps_rows_and_columns(rows: list[list[Fraction]]) -> None:
    whole = whole_table(rows)
    for exact, yen in zip(rows, whole, strict=True):
        assert sum(yen) == sum(exact)
        assert all(abs(a - b) < 1 for a, b in zip(exact, yen, strict=True))
    for exact, yen in zip(zip(*rows, strict=True), zip(*whole, strict=True), strict=True):
        assert abs(sum(exact) - sum(yen)) < 1
    turned = whole_table([[-cell for cell in row] for row in rows])
    assert whole == tuple(tuple(-cell for cell in row) for row in turned)
