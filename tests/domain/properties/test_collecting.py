"""What must always hold for instalments and settlement (期別納付・精算の不変条件): M-19.

The numbers M-… are those of the table of invariants that the design keeps.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.fiscalyear.instalment import Instalments, fit
from consortium.domain.fiscalyear.plan import allocate
from consortium.domain.fiscalyear.settlement import settle
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.yen import MODES, UNITS, Yen
from tests.depth import examples

pytestmark = pytest.mark.property

SAMPLE = 1_000
AMOUNTS = st.integers(-(10**11), 10**11)
CODES = [MunicipalityCode(f"02{number:04d}") for number in range(1, 13)]
MONEY = st.dictionaries(st.sampled_from(CODES), AMOUNTS.map(Yen))


@st.composite
def plans(draw: st.DrawFn) -> Instalments:
    """Draw a plan of 2 to 12 instalments."""
    weights = draw(st.lists(st.integers(1, 50), min_size=2, max_size=12))
    percents = tuple(Fraction(100 * each, sum(weights)) for each in weights[:-1])
    return Instalments(percents, draw(st.sampled_from(UNITS)), draw(st.sampled_from(list(MODES))))


@st.composite
def changes(draw: st.DrawFn) -> tuple[Instalments, int, int, dict[int, int]]:
    """Draw a plan, an amount, a new amount and which instalments were notified by the old one."""
    plan, old, new = draw(plans()), draw(AMOUNTS), draw(AMOUNTS)
    parts = plan.cut(old)
    sent = draw(st.sets(st.integers(1, len(parts))))
    return plan, old, new, {number: parts[number - 1] for number in sent}


@examples(SAMPLE)
@given(plans(), AMOUNTS)
def test_an_instalment_plan_gives_the_amount_and_never_more_than_is_left(
    plan: Instalments, amount: int
) -> None:
    parts = plan.cut(amount)
    assert sum(parts) == amount
    assert all(part * amount >= 0 for part in parts)
    # Only the last that is not 0 may be off-unit.
    filled = [part for part in parts if part]
    assert all(part % plan.unit == 0 for part in filled[:-1])


@examples(SAMPLE)
@given(plans(), AMOUNTS)
def test_instalments_of_a_refund_mirror_those_of_a_charge(plan: Instalments, amount: int) -> None:
    assert plan.cut(-amount) == tuple(-part for part in plan.cut(amount))


@examples(SAMPLE)
@given(changes())
def test_a_change_moves_no_notified_instalment(
    change: tuple[Instalments, int, int, dict[int, int]],
) -> None:
    plan, _, new, sent = change
    parts = plan.recut(new, sent)
    assert all(parts[number - 1] == amount for number, amount in sent.items())


@examples(SAMPLE)
@given(changes())
def test_a_change_asks_for_the_new_amount_or_leaves_the_rest_to_the_settlement(
    change: tuple[Instalments, int, int, dict[int, int]],
) -> None:
    plan, _, new, sent = change
    parts = plan.recut(new, sent)
    sign = -1 if new < 0 else 1
    left = sign * (new - sum(sent.values()))
    fresh = [sign * part for number, part in enumerate(parts, start=1) if number not in sent]
    assert all(0 <= part <= max(left, 0) for part in fresh)
    if left < 0:
        assert not any(fresh)
    elif len(parts) not in sent:
        assert sum(parts) == new
    else:
        assert sum(fresh) <= left
    off_unit = [part for part in fresh if part % plan.unit]
    assert len(off_unit) <= 1


@examples(SAMPLE)
@given(changes())
def test_cutting_again_for_the_same_amount_changes_nothing(
    change: tuple[Instalments, int, int, dict[int, int]],
) -> None:
    plan, _, new, sent = change
    parts = plan.recut(new, sent)
    assert plan.recut(new, sent) == parts
    if sum(parts) == new and sum(map(abs, parts)) == abs(new):
        everything = dict(enumerate(parts, start=1))
        assert plan.recut(new, everything) == parts


@examples(SAMPLE)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12), st.data())
def test_parts_by_category_add_up_whatever_was_notified(
    wanted: list[int], data: st.DataObject
) -> None:
    sent = {
        number: data.draw(st.integers(0, 10**9))
        for number in data.draw(
            st.sets(st.integers(1, len(wanted) - 1)) if len(wanted) > 1 else st.just(set())
        )
    }
    parts = fit(wanted, sent)
    amount = sum(wanted)
    left = amount - sum(sent.values()) if amount >= 0 else -(amount - sum(sent.values()))
    if left >= 0:
        assert sum(parts) == amount


@examples(SAMPLE)
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=12),
    st.integers(-(10**10), 10**10),
)
def test_loose_money_pays_no_instalment_twice(lines: list[tuple[int, int]], loose: int) -> None:
    due, paid = [each for each, _ in lines], [each for _, each in lines]
    counted = allocate(due, paid, loose)
    taken = sum(counted) - sum(paid)
    assert 0 <= taken <= max(loose, 0)
    assert all(
        own <= done <= max(own, wanted)
        for wanted, own, done in zip(due, paid, counted, strict=True)
    )
    still_open = sum(max(0, wanted - done) for wanted, done in zip(due, counted, strict=True))
    assert not still_open or taken == max(loose, 0)


@examples(SAMPLE)
@given(MONEY, MONEY)
def test_m19_a_settlement_is_final_less_paid_for_each_and_in_all(
    final: dict[MunicipalityCode, Yen], paid: dict[MunicipalityCode, Yen]
) -> None:
    lines = settle(final, paid)
    assert {line.code: line.difference for line in lines} == {
        code: final.get(code, 0) - paid.get(code, 0) for code in {*final, *paid}
    }
    assert sum(line.difference for line in lines) == sum(final.values()) - sum(paid.values())


@examples(SAMPLE)
@given(MONEY, MONEY)
def test_m19_settling_twice_is_settling_once(
    final: dict[MunicipalityCode, Yen], paid: dict[MunicipalityCode, Yen]
) -> None:
    assert settle(final, paid) == settle(final, paid)


@examples(SAMPLE)
@given(MONEY, MONEY, st.sampled_from(["cash", "credit"]))
def test_m19_settling_after_settling_is_nothing(
    final: dict[MunicipalityCode, Yen], paid: dict[MunicipalityCode, Yen], way: str
) -> None:
    after, next_year = dict(paid), dict[MunicipalityCode, Yen]()
    for line in settle(final, paid):
        disposition = line.disposition(way)
        after[line.code] = Yen(after.get(line.code, 0) + line.difference)
        if disposition == "credit":
            next_year[line.code] = Yen(-line.difference)
    again = settle(final, after)
    assert all(line.difference == 0 and line.disposition(way) == "none" for line in again)
    # A credit moves money between the years and makes none.
    if way == "credit":
        assert sum(after.values()) + sum(next_year.values()) == sum(paid.values())
