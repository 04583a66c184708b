"""What must always hold for whole agreements (費用負担の不変条件), tried at random.

The numbers M-… are those of the table of invariants that the design keeps.
"""

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from consortium.domain.canonical import canonical
from consortium.domain.sharing.document import write
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import ROUNDING
from consortium.domain.timeline import Timeline
from tests import oracle
from tests.depth import examples
from tests.domain.properties.agreements import (
    LONG_AGO,
    MONTHS,
    NEVER,
    YEAR,
    Matter,
    cost_items,
    facts_of,
    matters,
    outcome,
    rules_of,
    shared,
    shared_or_skipped,
)
from tests.oracle import Agreement, Item, RefusedError, Version

pytestmark = pytest.mark.property

SAMPLE = 1_000


@examples(1_500)  # a quarter of the matters is refused, by both alike
@given(matters())
def test_m26_the_engine_equals_the_oracle_to_the_yen(matter: Matter) -> None:
    agreement, items = matter
    try:
        expected = [oracle.pays(agreement, item) for item in items]
    except RefusedError:
        event("refused")
        assert outcome(matter) is None
        return
    result = shared(agreement, items)
    for entry, paid in zip(result.items, expected, strict=True):
        got = {(line.component, line.code): line.amount for line in result.lines_of(entry)}
        wanted = {
            (ROUNDING if name == "rest" else name, code): yen
            for (name, code), yen in paid.items()
            if code and yen
        }
        assert {key: yen for key, yen in got.items() if yen} == wanted
        assert entry.unallocated == sum(yen for (_, code), yen in paid.items() if not code)


@examples(SAMPLE)
@given(matters())
def test_m01_m12_everything_adds_up(matter: Matter) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    assert result.total == sum(item.amount for item in items)
    assert result.total == sum(result.amounts) + result.unallocated
    for party, amount in zip(result.parties, result.amounts, strict=True):
        assert amount == sum(line.amount for line in result.lines() if line.code == party.code)
        assert amount == result.amount(party.code)
    for entry, item in zip(result.items, items, strict=True):
        assert sum(entry.amounts) + entry.unallocated == item.amount
    if agreement.unit == 1 and agreement.residual == "largest_remainder":
        for position, party in enumerate(result.parties):
            exact, roundings_made = Fraction(0), 0
            for item in items:
                if item.charge_to is not None:
                    exact += item.amount if item.charge_to == party.code else 0
                    continue
                cells = oracle.exact_cells(agreement, item)
                own = sum(part for (_, code), part in cells.items() if code == party.code)
                exact += item.amount * own
                # The cut into components is one more rounding for each of them.
                names = len({name for name, _ in cells})
                roundings_made += 2 * names if agreement.level == "component" else 1
            assert abs(result.amounts[position] - exact) <= roundings_made


@examples(SAMPLE)
@given(matters(), st.randoms(use_true_random=False))
def test_m08_no_order_changes_anything(matter: Matter, rng: random.Random) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)

    def mixed(mapping: dict) -> dict:
        keys = list(mapping)
        rng.shuffle(keys)
        return {key: mapping[key] for key in keys}

    rules, facts = rules_of(agreement), facts_of(agreement)
    facts = Facts(
        facts.parties,
        {"": mixed({code: facts.participation[""][code][::-1] for code in agreement.stays})},
        mixed({n: replace(s, values=mixed(dict(s.values))) for n, s in facts.series.items()}),
    )
    rules = mixed({key: Timeline(line.entries[::-1]) for key, line in rules.items()})
    again = share(cost_items(items), rules, facts, YEAR)
    assert canonical(write(again)) == canonical(write(result))
    listed = cost_items(items)
    rng.shuffle(listed)
    other = share(listed, rules, facts, YEAR)
    rows = {entry.item.no: (entry.cuts, entry.moved, entry.records) for entry in result.items}
    assert {e.item.no: (e.cuts, e.moved, e.records) for e in other.items} == rows
    assert other.amounts == result.amounts
    assert other.unallocated == result.unallocated


@examples(SAMPLE)
@given(matters())
def test_m10_refunds_mirror_charges_in_a_whole_agreement(matter: Matter) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    mirrored = shared(agreement, [item._replace(amount=-item.amount) for item in items])
    assert mirrored.amounts == tuple(-amount for amount in result.amounts)
    assert mirrored.unallocated == -result.unallocated
    lines = [(line.item.no, line.component, line.code, line.amount) for line in result.lines()]
    assert lines == [(m.item.no, m.component, m.code, -m.amount) for m in mirrored.lines()]


@examples(SAMPLE)
@given(matters(), st.integers(0, 10**9), st.data())
def test_m11_what_concerns_others_changes_nothing(
    matter: Matter, amount: int, data: st.DataObject
) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    number = data.draw(st.integers(0, len(items) - 1))
    changed = [*items]
    changed[number] = items[number]._replace(amount=amount)
    after = shared(agreement, changed)
    for position, party in enumerate(result.parties):
        entry = result.items[number]
        part = entry.item.charge_to == party.code
        if entry.pot is not None:
            components = result.pots[entry.pot].components
            part = any(component.weights.numerators[position] for component in components)
        if not part:
            assert after.amounts[position] == result.amounts[position]
    unchanged = [entry for n, entry in enumerate(result.items) if n != number]
    assert [entry for n, entry in enumerate(after.items) if n != number] == unchanged


@examples(SAMPLE)
@given(matters())
def test_m16_nobody_pays_for_months_before_joining_or_after_leaving(matter: Matter) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    for entry, item in zip(result.items, items, strict=True):
        if item.charge_to is not None:
            continue
        last = item.months[-1]
        end = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        for party, amount in zip(result.parties, entry.amounts, strict=True):
            periods = agreement.stays[party.code]
            if not any(since < end and until > item.months[0] for since, until in periods):
                assert amount == 0


@examples(SAMPLE)
@given(matters())
def test_a_share_without_records_is_the_same_share(matter: Matter) -> None:
    agreement, items = matter
    result = shared_or_skipped(matter)
    plain = share(cost_items(items), rules_of(agreement), facts_of(agreement), YEAR, recorded=False)
    assert (plain.matrix, plain.unallocated) == (result.matrix, result.unallocated)
    assert list(plain.lines()) == list(result.lines())


# ---- the real history ------------------------------------------------------------------------

JOINED = {
    "022021": date(2015, 4, 1),
    "023621": date(2015, 4, 1),
    "023671": date(2015, 4, 1),
    "023434": date(2015, 4, 1),
    "022101": date(2019, 4, 1),
    "023612": date(2021, 4, 1),
    "023817": date(2021, 6, 1),
}


@pytest.mark.parametrize(
    ("month", "payers"),
    [
        (date(2015, 4, 1), 4),
        (date(2019, 3, 1), 4),
        (date(2019, 4, 1), 5),
        (date(2021, 3, 1), 5),
        (date(2021, 4, 1), 6),
        (date(2021, 5, 1), 6),
        (date(2021, 6, 1), 7),
    ],
)
def test_m16_the_seven_pay_from_the_month_they_joined(month: date, payers: int) -> None:
    agreement = Agreement(
        {code: ((day, NEVER),) for code, day in JOINED.items()},
        "022021",
        {},
        [Version(LONG_AGO, None, (("equal", Fraction(1)),))],
        *(1, "floor", "component", "largest_remainder"),
    )
    year = type(YEAR).containing(month)
    items = cost_items([Item("", 1_000_000, (month,))])
    result = share(items, rules_of(agreement), facts_of(agreement), year)
    assert sum(1 for amount in result.amounts if amount) == payers
    paying = {p.code for p, amount in zip(result.parties, result.amounts, strict=True) if amount}
    assert paying == {code for code, day in JOINED.items() if day <= month}


def test_the_months_of_the_random_cases_are_those_of_the_year() -> None:
    assert (MONTHS[0], MONTHS[-1]) == (date(2021, 4, 1), date(2022, 3, 1))
