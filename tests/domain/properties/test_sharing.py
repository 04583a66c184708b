"""What must always hold for whole agreements (費用負担の不変条件), tried at random.

The numbers M-… are those of the table of invariants that the design keeps. The agreements have
every kind of component, proration and rounding, quantities and grants.
"""

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.canonical import canonical
from consortium.domain.sharing.document import write
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import (
    DIRECT,
    GRANT,
    ROUNDING,
    USAGE,
    Charge,
    ItemResult,
    Portion,
    Result,
)
from consortium.domain.timeline import Timeline
from tests import oracle
from tests.depth import cases, examples
from tests.domain.properties.agreements import (
    MONTHS,
    YEAR,
    Matter,
    is_percent,
    many_matters,
    matters,
)
from tests.domain.properties.engine import (
    cost_items,
    facts_of,
    mixed,
    outcome,
    rules_of,
    shared,
    shared_or_skipped,
    terms_of,
)
from tests.oracle import Agreement, Item, Paid, RefusedError

pytestmark = pytest.mark.property

SAMPLE = 1_000

#: what the oracle calls a line → what the engine calls it
CALLED = {"rest": ROUNDING, "used": USAGE, "grant": GRANT, "direct": DIRECT}


def equals(result: Result, expected: list[Paid]) -> None:
    """Compare every line of a result, and what nobody took, with what the oracle says."""
    for entry, paid in zip(result.items, expected, strict=True):
        got = {(line.component, line.code): line.amount for line in result.lines_of(entry)}
        wanted = {
            (CALLED.get(name, name), code): yen
            for (name, code), yen in paid.items()
            if code and yen
        }
        assert {key: yen for key, yen in got.items() if yen} == wanted
        assert entry.unallocated == sum(yen for (_, code), yen in paid.items() if not code)


@pytest.mark.parametrize("seed", range(10))
def test_m26_the_engine_equals_the_oracle_in_a_thousand_cases_each(seed: int) -> None:
    answered, kinds = 0, set()
    for number, matter in enumerate(many_matters(seed)):
        if answered == cases(1_000):
            break
        agreement, items = matter
        try:
            expected = [oracle.pays(agreement, item) for item in items]
        except RefusedError:
            assert outcome(matter) is None, f"case {number} of seed {seed}"
            continue
        answered += 1
        equals(shared(agreement, items), expected)
        kinds |= {(agreement.proration, agreement.level, agreement.residual)}
    if answered >= 1_000:
        assert len(kinds) == 5 * 2 * 5  # every way of each was met


@examples(SAMPLE)
@given(matters(wide=True))
def test_m26_the_engine_equals_the_oracle_to_the_yen(matter: Matter) -> None:
    agreement, items = matter
    try:
        expected = [oracle.pays(agreement, item) for item in items]
    except RefusedError:
        assert outcome(matter) is None
        return
    equals(shared(agreement, items), expected)


@examples(SAMPLE)
@given(matters(wide=True))
def test_m01_m12_everything_adds_up(matter: Matter) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    assert result.total == sum(result.amounts) + result.unallocated
    assert result.total == sum(entry.item.amount for entry in result.items)
    for party, amount in zip(result.parties, result.amounts, strict=True):
        assert amount == sum(line.amount for line in result.lines() if line.code == party.code)
        assert amount == result.amount(party.code)
    for entry, item in zip(result.items, items, strict=True):
        assert sum(entry.amounts) + entry.unallocated == entry.item.amount
        if not is_percent(agreement) or item.charge_to is not None:
            granted = sum(yen for _, yen in item.grants)
            assert entry.item.amount == item.amount - granted
            if granted:
                assert entry.item.gross == item.amount


@examples(SAMPLE)
@given(matters(wide=True))
def test_m12_rounded_shares_stay_at_the_exact_ones(matter: Matter) -> None:
    agreement, items = matter
    plain = agreement._replace(
        *(), unit=1, mode="floor", residual="largest_remainder", digits=None,
        proration="none" if agreement.proration == "joiner_first" else agreement.proration,
    )  # fmt: skip
    items = [item._replace(usage=None, grants=()) for item in items if item.charge_to is None]
    result = shared_or_skipped((plain, items))
    for position, party in enumerate(result.parties):
        exact, roundings_made = Fraction(0), 0
        for item in items:
            found = oracle.states(plain, item)
            if plain.proration == "none":
                found = oracle.among(found, oracle.everybody(found))
            cells = oracle.exact_cells(plain, found)
            own = sum(part for (_, code), part in cells.items() if code == party.code)
            exact += own if is_percent(plain) else item.amount * own
            # The cut into components is one more rounding for each of them.
            names = len({name for name, _ in cells})
            each = 2 * names if plain.level == "component" else 1
            months = len(item.months) if plain.proration == "monthly_rounded" else 1
            roundings_made += (each + 1) * months
        assert abs(result.amounts[position] - exact) <= roundings_made


def plain_rows(entry: ItemResult) -> tuple[list[Portion], tuple[Charge, ...]]:
    """Leave out which pot an amount was split by: they are numbered as they come."""
    return [portion._replace(pot=0) for portion in entry.portions], entry.charges


@examples(SAMPLE)
@given(matters(wide=True), st.randoms(use_true_random=False))
def test_m08_no_order_changes_anything(matter: Matter, rng: random.Random) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    rules, facts, terms = rules_of(agreement), facts_of(agreement), terms_of(items)
    series = {
        key: replace(each, values=mixed(each.values, rng)) for key, each in facts.series.items()
    }
    stays = {code: facts.participation[""][code][::-1] for code in agreement.stays}
    facts = Facts(facts.parties, {"": mixed(stays, rng)}, mixed(series, rng))
    rules = {key: Timeline(line.entries[::-1]) for key, line in reversed(rules.items())}
    again = share(cost_items(items), rules, facts, YEAR, agreement=terms)
    assert canonical(write(again)) == canonical(write(result))
    listed = cost_items(items)
    rng.shuffle(listed)
    other = share(listed, rules, facts, YEAR, agreement=terms)
    rows = {entry.item.no: plain_rows(entry) for entry in result.items}
    assert {entry.item.no: plain_rows(entry) for entry in other.items} == rows
    assert other.amounts == result.amounts
    assert other.unallocated == result.unallocated


@examples(SAMPLE)
@given(matters(wide=True))
def test_m10_refunds_mirror_charges_in_a_whole_agreement(matter: Matter) -> None:
    agreement, items = matter
    items = [item._replace(usage=None, grants=()) for item in items]
    result = shared_or_skipped((agreement, items))
    if is_percent(agreement):
        assert min(result.amounts) >= 0 or any(item.charge_to is not None for item in items)
        return
    mirrored = shared(agreement, [item._replace(amount=-item.amount) for item in items])
    assert mirrored.amounts == tuple(-amount for amount in result.amounts)
    assert mirrored.unallocated == -result.unallocated
    lines = [(line.item.no, line.component, line.code, line.amount) for line in result.lines()]
    assert lines == [(m.item.no, m.component, m.code, -m.amount) for m in mirrored.lines()]


@examples(SAMPLE)
@given(matters(wide=True), st.integers(0, 10**9), st.integers(0, 3))
def test_m11_what_concerns_others_changes_nothing(matter: Matter, amount: int, number: int) -> None:
    agreement, items = matter
    number %= len(items)
    if is_percent(agreement) and items[number].charge_to is None:
        amount = 0
    items[number] = items[number]._replace(usage=None, grants=())
    result = shared_or_skipped(matter)
    changed = [*items]
    changed[number] = items[number]._replace(amount=amount)
    after = shared(agreement, changed)
    entry = result.items[number]
    for position, party in enumerate(result.parties):
        part = entry.item.charge_to == party.code
        for portion in entry.portions:
            components = result.pots[portion.pot].components
            part = part or any(each.weights.numerators[position] for each in components)
        if not part:
            assert after.amounts[position] == result.amounts[position]
    unchanged = [entry for n, entry in enumerate(result.items) if n != number]
    assert [entry for n, entry in enumerate(after.items) if n != number] == unchanged


@examples(SAMPLE)
@given(matters(wide=True))
def test_m16_nobody_pays_for_months_before_joining_or_after_leaving(matter: Matter) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    leavings = {version.leaving for version in agreement.versions}
    for entry, item in zip(result.items, items, strict=True):
        if item.charge_to is not None:
            continue
        last = item.months[-1]
        end = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        granted = {code for code, _ in item.grants}
        for party, amount in zip(result.parties, entry.amounts, strict=True):
            # With leaving "year", who was there before has the year to pay; nobody pays before.
            if not any(
                since < end and (until > item.months[0] or "year" in leavings)
                for since, until in agreement.stays[party.code]
            ):
                assert amount == 0 or party.code in granted


@examples(SAMPLE)
@given(matters(wide=True))
def test_a_share_without_records_is_the_same_share(matter: Matter) -> None:
    result = shared_or_skipped(matter)
    plain = shared(*matter, recorded=False)
    assert (plain.matrix, plain.unallocated) == (result.matrix, result.unallocated)
    assert list(plain.lines()) == list(result.lines())


def test_1741_members_share_as_exactly_as_three() -> None:
    codes = [f"{number:06d}" for number in range(1_741)]
    rng = random.Random(2021)
    population = {code: int(rng.lognormvariate(9.5, 1.3)) + 300 for code in codes}
    agreement = Agreement(
        {code: ((date(2015, 4, 1), date(9000, 1, 1)),) for code in codes},
        codes[0],
        {"population": population},
        (
            oracle.Version(
                date(2015, 4, 1),
                None,
                (
                    oracle.Part("equal", Fraction(20), "equal"),
                    oracle.Part("population", Fraction(80)),
                ),
            ),
        ),
        *(1, "floor", "item", "largest_remainder"),
    )
    item = Item("", 12_345_678_901, MONTHS)
    result = shared(agreement, [item])
    equals(result, [oracle.pays(agreement, item)])
    assert sum(result.amounts) == 12_345_678_901
