"""What must always hold when money is shared (按分の不変条件), tried with random cases.

The numbers M-… are those of the table of invariants that the design keeps.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from consortium.domain.canonical import canonical
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.sharing.document import write
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import ROUNDING, Result
from consortium.domain.timeline import Timeline
from consortium.domain.yen import MODES, RESIDUALS, UNITS, Rounding, Shares, Weights, split, spread
from tests import oracle
from tests.depth import examples
from tests.domain.properties.agreements import (
    LONG_AGO,
    MONTHS,
    NEVER,
    YEAR,
    amounts,
    cost_items,
    facts_of,
    matters,
    rules_of,
    shared,
    values,
)
from tests.oracle import Agreement, Item, RefusedError, Version

pytestmark = pytest.mark.property

SAMPLE = 1_000
Matter = tuple[Agreement, list[Item]]

party_weights = st.lists(
    st.one_of(values, st.builds(Fraction, st.integers(0, 10**4), st.integers(1, 60))),
    min_size=1,
    max_size=12,
).filter(any)
roundings = st.one_of(
    st.builds(Rounding, st.sampled_from(UNITS)),
    st.builds(
        Rounding,
        st.sampled_from(UNITS),
        st.sampled_from(sorted(MODES)),
        st.just("component"),
        st.sampled_from(sorted(set(RESIDUALS) - {"largest_remainder"})),
    ),
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[int, list[Fraction | int], Rounding, int | None]:
    """Make the arguments of one call of the apportionment."""
    given_weights = draw(party_weights)
    lead = draw(st.one_of(st.none(), st.integers(0, len(given_weights) - 1)))
    return draw(amounts), given_weights, draw(roundings), lead


Call = tuple[int, list[Fraction | int], Rounding, int | None]


def exact_of(total: int, given_weights: list[Fraction | int]) -> list[Fraction]:
    whole = sum(given_weights, Fraction(0))
    return [Fraction(total) * weight / whole for weight in given_weights]


def parted(call: Call) -> Shares:
    total, given_weights, rounding, lead = call
    return split(total, Weights.of(given_weights), rounding, lead)


# ---- one call of the apportionment -----------------------------------------------------------


@examples(SAMPLE)
@given(calls())
def test_m01_the_shares_and_the_rest_are_the_total(call: Call) -> None:
    result = parted(call)
    assert sum(result.shares) + result.unallocated == call[0]
    if call[2].residual != "unallocated":
        assert result.unallocated == 0


@examples(SAMPLE)
@given(st.lists(st.just(0), max_size=12))
def test_m01_without_a_positive_weight_nothing_is_shared(zeros: list[int]) -> None:
    with pytest.raises(CannotShareError):
        Weights.of(zeros)


@examples(SAMPLE)
@given(calls())
def test_m02_everybody_stays_at_the_exact_share_up_to_one_unit(call: Call) -> None:
    total, given_weights, rounding, lead = call
    result, unit = parted(call), rounding.unit
    sign = -1 if total < 0 else 1
    step: Callable[[Fraction], int] = {
        "floor": floor,
        "ceil": ceil,
        "half_up": lambda x: floor(x + Fraction(1, 2)),
    }[rounding.mode]
    for position, exact in enumerate(exact_of(abs(total), given_weights)):
        share_of = sign * result.shares[position]
        own = share_of - sign * result.moved if position == result.receiver else share_of
        if rounding.residual == "largest_remainder":
            assert floor(exact / unit) * unit <= own <= ceil(exact / unit) * unit
        else:
            assert own == step(exact / unit) * unit
    if rounding.residual == "largest_remainder":
        assert 0 <= sign * result.moved < unit
    members = sum(1 for weight in given_weights if weight)
    if rounding.mode == "floor" and unit == 1:
        assert sign * result.moved <= members - 1
    assert abs(result.moved + result.unallocated) < members * unit
    if result.moved:
        assert given_weights[result.receiver or 0] > 0
        if rounding.residual in ("lead", "largest_remainder") and lead is not None:
            assert result.receiver == lead or not given_weights[lead]


@examples(SAMPLE)
@given(calls())
def test_m04_who_has_no_weight_pays_nothing(call: Call) -> None:
    for weight, amount in zip(call[1], parted(call).shares, strict=True):
        if not weight:
            assert amount == 0


@examples(SAMPLE)
@given(party_weights, amounts)
def test_m05_a_larger_weight_never_pays_less_and_a_tie_goes_by_code(
    given_weights: list[Fraction | int], total: int
) -> None:
    shares = split(total, Weights.of(given_weights), Rounding()).shares
    sizes = [abs(each) for each in shares]
    pairs = sorted(zip(given_weights, sizes, strict=True), key=lambda pair: pair[0])
    for (lighter, less), (heavier, more) in pairwise(pairs):
        if lighter < heavier:
            assert less <= more
    for weight in set(given_weights):
        alike = [size for each, size in zip(given_weights, sizes, strict=True) if each == weight]
        assert alike == sorted(alike, reverse=True)
        assert alike[0] - alike[-1] <= 1


@examples(SAMPLE)
@given(party_weights, st.integers(0, 10**11), st.one_of(st.integers(0, 20), st.integers(0, 10**6)))
def test_m06_a_larger_total_takes_at_most_one_yen_from_anybody(
    given_weights: list[Fraction | int], total: int, more: int
) -> None:
    weights = Weights.of(given_weights)
    before = split(total, weights, Rounding()).shares
    after = split(total + more, weights, Rounding()).shares
    rise = exact_of(more, given_weights)
    for earlier, later, exact in zip(before, after, rise, strict=True):
        assert later >= earlier - 1
        if exact >= 1:
            assert later >= earlier


@examples(SAMPLE)
@given(
    calls(), st.one_of(st.integers(1, 10**6), st.builds(Fraction, st.integers(1, 99), st.just(7)))
)
def test_m07_weights_times_a_number_give_the_same_shares(call: Call, factor: Fraction) -> None:
    total, given_weights, rounding, lead = call
    scaled = parted((total, [weight * factor for weight in given_weights], rounding, lead))
    # Only the remainders are counted over another denominator.
    assert scaled._replace(remainders=()) == parted(call)._replace(remainders=())


@examples(SAMPLE)
@given(calls())
def test_m10_a_refund_mirrors_the_charge(call: Call) -> None:
    charge, refund = parted(call), parted((-call[0], *call[1:]))
    assert refund.shares == tuple(-amount for amount in charge.shares)
    assert refund.unallocated == -charge.unallocated
    assert refund.moved == -charge.moved


@examples(SAMPLE)
@given(party_weights, st.one_of(st.integers(1, 30), st.integers(1, 10**7)), st.integers(0, 10**11))
def test_m17_nobody_pays_more_than_one_yen_more_when_somebody_joins(
    given_weights: list[Fraction | int], newcomer: int, total: int
) -> None:
    alone = split(total, Weights.of(given_weights), Rounding()).shares
    together = split(total, Weights.of([*given_weights, newcomer]), Rounding()).shares
    for before, after in zip(alone, together, strict=False):
        assert after <= before + 1


@examples(SAMPLE)
@given(amounts, st.integers(1, 60))
def test_m13_a_year_cut_into_months_adds_up_to_the_year(total: int, months: int) -> None:
    cut = spread(total, months)
    assert sum(cut) == total
    assert len(cut) == months
    for amount in cut:
        assert abs(amount - Fraction(total, months)) < 1
        assert amount * total >= 0


# ---- whole agreements ------------------------------------------------------------------------


def outcome(matter: Matter) -> Result | None:
    """Share the costs of a matter; None if the engine refuses."""
    try:
        return shared(*matter)
    except (BadInputError, CannotShareError, NotInForceError):
        return None


def shared_or_skipped(matter: Matter) -> Result:
    """Share the costs of a matter, leaving out those that cannot be shared."""
    result = outcome(matter)
    assume(result is not None)
    assert result is not None
    return result


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
