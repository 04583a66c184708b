"""The array path gives the yen of the engine, to the last one (全国試算)."""

import random
import subprocess
import sys
import tracemalloc
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consortium import bulk
from consortium.bulk import CELLS, LARGEST, Kind, limit_of, share_many
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Weights, Yen, cut_all
from tests.depth import examples
from tests.domain.properties.agreements import YEAR, Matter, matters
from tests.domain.properties.engine import cost_items, facts_of, rules_of

ROOT = Path(__file__).resolve().parents[2]
TWENTY_EIGHTY = Weights.of([20, 80], ties_as_listed=True)


def one(*weights: int | Fraction) -> Kind:
    """Make a kind of one component."""
    return Kind(Weights.of([1], ties_as_listed=True), (Weights.of(weights),))


def exactly(amount: int, kind: Kind) -> list[int]:
    """Share an amount as the engine does: cut into components, then among the members."""
    (parts,) = cut_all((amount,), kind.cut)
    rows = [cut_all((part,), each)[0] for part, each in zip(parts, kind.components, strict=True)]
    return [sum(column) for column in zip(*rows, strict=True)]


# ---- by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "weights", "yen"),
    [
        (100, (1, 1, 1), [34, 33, 33]),
        (-100, (1, 1, 1), [-34, -33, -33]),
        (100, (0, 1, 1, 1), [0, 34, 33, 33]),
        # 2 yen left; equal remainders 2/3, 2/3, 2/3 (of 1/6, 4/6, 1/6 parts of 10): largest first
        (10, (1, 4, 1), [2, 7, 1]),
        (7, (0, 3, 0), [0, 7, 0]),
        (0, (5, 3, 2), [0, 0, 0]),
        (1, (2, 3), [0, 1]),
    ],
)
def test_odd_yen_go_to_the_largest_remainder_then_weight_then_code(
    amount: int, weights: tuple[int, ...], yen: list[int]
) -> None:
    assert share_many([amount], [one(*weights)]).tolist() == [yen]


def test_an_amount_is_cut_into_its_components_first() -> None:
    # 20/80 of 1,003 are 200.6 and 802.4: 201 and 802. 201 among three: 67 each. 802 by 5:3:2 are
    # 401, 240.6, 160.4: 401, 241, 160.
    kind = Kind(TWENTY_EIGHTY, (Weights.of([1, 1, 1]), Weights.of([5, 3, 2])))
    assert share_many([1_003], [kind]).tolist() == [[468, 308, 227]]


def test_every_amount_is_shared_by_its_own_kind_and_stays_in_its_row() -> None:
    kinds = [one(1, 0), one(0, 1), one(1, 1)]
    shared = share_many([10, 20, 30, 41], kinds, [1, 0, 1, 2])
    assert shared.tolist() == [[0, 10], [20, 0], [0, 30], [21, 20]]


# ---- at random, beside the exact path ----------------------------------------------------------

weights = st.one_of(
    st.lists(st.integers(0, 3), min_size=1, max_size=9),
    st.lists(st.integers(0, 10**7), min_size=1, max_size=70),
    st.lists(st.integers(0, 2**62), min_size=2, max_size=4),
    st.lists(st.fractions(0, 10, max_denominator=99), min_size=1, max_size=6),
).filter(any)
amounts = st.one_of(
    st.integers(-100, 100),
    st.integers(-(10**12), 10**12),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**70), 2**70),
)


@st.composite
def kinds(draw: st.DrawFn) -> Kind:
    """Make a kind of one to three components over the same members."""
    first = draw(weights)
    others = draw(
        st.lists(
            st.lists(st.integers(0, 10**6), min_size=len(first), max_size=len(first)).filter(any),
            max_size=2,
        )
    )
    parts = [draw(st.integers(1, 100)) for _ in (first, *others)]
    return Kind(Weights.of(parts, ties_as_listed=True), tuple(map(Weights.of, (first, *others))))


@examples(600)
@given(kinds(), st.lists(amounts, min_size=1, max_size=8))
def test_the_yen_are_those_of_the_exact_path(kind: Kind, given: list[int]) -> None:
    shared = share_many(given, [kind])
    assert shared.tolist() == [exactly(amount, kind) for amount in given]
    assert [sum(row) for row in shared.tolist()] == given


@examples(400)
@given(matters())
def test_the_yen_are_those_of_the_engine_for_whole_agreements(matter: Matter) -> None:
    agreement, items = matter
    plain = agreement._replace(
        unit=1, mode="floor", level="component", residual="largest_remainder"
    )
    items = [item for item in items if item.charge_to is None]
    assume(items)
    try:
        result = share(cost_items(items), rules_of(plain), facts_of(plain), YEAR, recorded=False)
    except (BadInputError, CannotShareError, NotInForceError):
        assume(False)
        raise
    assert many(result).tolist() == list(map(list, result.matrix))


def many(result: Result) -> np.ndarray:
    """Share the items of a result again, with the kinds that the engine found."""
    return share_many(
        [entry.item.amount for entry in result.items],
        [Kind.of(pot) for pot in result.pots],
        [entry.portions[0].pot for entry in result.items],
    )


def test_the_yen_are_those_of_the_engine_for_sixty_members_that_join_in_turn() -> None:
    rng = random.Random(20_260_401)
    codes = [f"{number:06d}" for number in range(60)]
    year = FiscalYear(2021)
    months = year.months()
    population = {code: Fraction(int(rng.lognormvariate(9.5, 1.3)) + 300) for code in codes}
    joined = [date(2015, 4, 1)] * 45 + [rng.choice(months).first for _ in range(15)]
    facts = Facts(
        tuple(Party(code, code, code == codes[0]) for code in codes),
        {"": {code: (Period(day),) for code, day in zip(codes, joined, strict=True)}},
        {"population": Series("population", "国勢調査人口", population)},
    )
    components = (
        Component("equal", "equal", "均等割", Fraction(20)),
        Component("population", "table", "人口割", Fraction(80), "population"),
    )
    rules = {("", None): Timeline([Dated(date(2015, 4, 1), Rule(components), Source("例"))])}
    items = []
    for number in range(1, 3_001):
        first, last = sorted((rng.randrange(12), rng.randrange(12)))
        yen = Yen(int(rng.lognormvariate(13, 2)) * rng.choice([1, 1, 1, -1]))
        items.append(CostItem(number, "", "", yen, months[first], months[last]))
    result = share(items, rules, facts, year, recorded=False)
    assert len(result.pots) > 70
    assert many(result).tolist() == list(map(list, result.matrix))


# ---- where int64 could overflow ----------------------------------------------------------------

#: The largest weight binds; the sum of the weights nearly does; a share of the cut binds.
TIGHT = {
    "population": one(177_411, 32_106, 1_415, 15_179, 9_676, 7_783, 13_935),
    "one large": one(2**62 - 1, 1),
    "fractions": one(Fraction(1, 3), Fraction(1, 7), Fraction(10**9, 10**9 + 7)),
    "two parts": Kind(
        Weights.of([10**14, 1], ties_as_listed=True), (Weights.of([1, 1, 1]), Weights.of([5, 3, 2]))
    ),
}


@pytest.mark.parametrize("kind", TIGHT.values(), ids=TIGHT)
def test_arrays_go_up_to_the_limit_and_the_exact_path_takes_over_one_beyond(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = kind.limit
    largest = max(max(each.numerators) for each in (kind.cut, *kind.components))
    assert limit * largest <= LARGEST < (limit + 1) * largest
    exact: list[int] = []

    def recorded(parts: list[int], among: Weights) -> list[tuple[int, ...]]:
        if among is kind.cut:
            exact.extend(parts)
        return cut_all(parts, among)

    monkeypatch.setattr(bulk, "cut_all", recorded)
    given = [limit - 1, limit, limit + 1, -limit, -limit - 1, 1]
    assert share_many(given, [kind]).tolist() == [exactly(amount, kind) for amount in given]
    assert exact == [limit + 1, -limit - 1]


def test_weights_whose_keys_fill_an_int64_are_safe_and_one_more_is_not() -> None:
    # 2 members: W × 2 − 1 = 2⁶³ − 1 for W = 2⁶².
    full, over = Weights.of([2**62 - 1, 1]), Weights.of([2**62, 1])
    assert (limit_of(full), limit_of(over)) == (2, -1)
    for weights_given in (full, over, Weights.of([2**80, 3])):
        kind = Kind(Weights.of([1]), (weights_given,))
        given = [0, 1, 2, 3, -2, -3, 10**15]
        assert share_many(given, [kind]).tolist() == [exactly(amount, kind) for amount in given]


@pytest.mark.parametrize("amount", [LARGEST, -LARGEST, -LARGEST - 1])
def test_the_ends_of_int64_are_shared_exactly(amount: int) -> None:
    for kind in (one(1, 1, 1), one(5, 3, 2), one(1)):
        shared = share_many(np.array([amount, 1]), [kind])
        assert shared.dtype == np.int64
        assert shared.tolist() == [exactly(amount, kind), exactly(1, kind)]


def test_amounts_beyond_int64_come_back_as_whole_numbers_of_python() -> None:
    shared = share_many([2**64 + 1, 5], [one(5, 3, 2)])
    assert shared.tolist() == [exactly(2**64 + 1, one(5, 3, 2)), [3, 1, 1]]
    unsigned = np.array([2**64 - 1], dtype=np.uint64)
    assert share_many(unsigned, [one(1, 1)]).tolist() == [[2**63, 2**63 - 1]]


# ---- blocks, memory, refusals ------------------------------------------------------------------


@pytest.mark.parametrize("cells", [1, 7, 60, 61, 1_000])
def test_the_size_of_the_blocks_changes_nothing(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = Kind(TWENTY_EIGHTY, (Weights.of([1] * 60), Weights.of(range(60))))
    given = list(range(-40, 90))
    whole = share_many(given, [kind])
    monkeypatch.setattr(bulk, "CELLS", cells)
    assert (share_many(given, [kind]) == whole).all()


def test_little_more_memory_is_needed_than_the_answer_takes() -> None:
    kind = Kind(TWENTY_EIGHTY, (Weights.of([1] * 60), Weights.of(range(1, 61))))
    given = np.arange(50_000)
    tracemalloc.start()
    shared = share_many(given, [kind])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Scratch arrays, and a handful of columns of 50,000 numbers.
    assert peak - shared.nbytes < 8 * 8 * CELLS + 5 * given.nbytes


def test_no_amounts_give_no_rows() -> None:
    assert share_many([], [one(1, 2, 3)]).shape == (0, 3)


@pytest.mark.parametrize("given", [[1.5], [1.0], np.array([1.0]), ["1"], [Fraction(1)]])
def test_amounts_that_are_not_whole_yen_are_refused(given: list) -> None:
    with pytest.raises(TypeError):
        share_many(given, [one(1, 2)])


@pytest.mark.parametrize("kind_of", [[0], [0, 0, 0], [0, 2], [-1, 0], [0.5, 0]])
def test_a_kind_that_is_not_there_is_refused(kind_of: list) -> None:
    with pytest.raises(ValueError, match="kind_of must name one of the kinds"):
        share_many([1, 2], [one(1, 2), one(2, 1)], kind_of)


def test_kinds_with_other_members_are_refused() -> None:
    for kinds_given in ([one(1, 2), one(1, 2, 3)], []):
        with pytest.raises(ValueError, match="same members"):
            share_many([1], kinds_given)


@pytest.mark.parametrize(
    "rule",
    [
        {"rounding": Rounding(unit=100)},
        {"rounding": Rounding(level="item")},
        {"rounding": Rounding(residual="lead")},
        {"rounding": Rounding(ratio_digits=3)},
        {"proration": "monthly_rounded"},
        {"proration": "joiner_first"},
        {"components": (Component("p", "percent", "割合", Fraction(1), "p"),)},
    ],
)
def test_an_agreement_that_splits_in_another_way_is_refused(rule: dict) -> None:
    facts = Facts(
        (Party("a", "甲", True), Party("b", "乙")),
        {"": {"a": (Period(date(2015, 4, 1)),), "b": (Period(date(2021, 6, 1)),)}},
        {"p": Series("p", "歳入", {"a": Fraction(500), "b": Fraction(300)})},
    )
    made = Rule(**{"components": (Component("equal", "equal", "均等割", Fraction(1)),), **rule})
    rules = {("", None): Timeline([Dated(date(2015, 4, 1), made, Source("例"))])}
    year = FiscalYear(2021)
    item = CostItem(1, "", "", Yen(0), year.months()[0], year.months()[-1])
    (pot, *_) = share([item], rules, facts, year).pots
    with pytest.raises(BadInputError, match="まとめて計算できない負担ルール"):
        Kind.of(pot)


def test_the_rules_of_the_portal_are_read_without_numpy() -> None:
    """Here numpy is there to be loaded; in the portal's own environment it never is."""
    code = (
        "import sys, pkgutil, importlib, consortium.domain as d\n"
        "for m in pkgutil.walk_packages(d.__path__, 'consortium.domain.'):\n"
        "    importlib.import_module(m.name)\n"
        "print('numpy' in sys.modules, 'consortium.domain.sharing.engine' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.split() == ["False", "True"]
