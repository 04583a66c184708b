"""What must always hold when members and rules change (加入・脱退・改定の不変条件).

The numbers M-… are those of the table of invariants that the design keeps.
"""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.result import Pot, Result
from consortium.domain.timeline import Dated, Source, Timeline
from tests.depth import examples
from tests.domain.properties.agreements import (
    CODES,
    EDGES,
    LONG_AGO,
    MONTHS,
    NEVER,
    YEAR,
    Matter,
    is_percent,
    matters,
)
from tests.domain.properties.engine import (
    cost_items,
    facts_of,
    outcome,
    rules_of,
    shared,
    shared_or_skipped,
)
from tests.oracle import DAY, Agreement, Item, Part, Version

pytestmark = pytest.mark.property

SAMPLE = 1_000
EQUALLY = (Part("equal", Fraction(1), "equal"),)
WHOLE_YEN = (1, "floor", "component", "largest_remainder")

days = st.one_of(st.sampled_from(EDGES), st.dates(date(2021, 3, 1), date(2022, 4, 30)))


def equally(
    stays: dict[str, tuple[tuple[date, date], ...]], proration: str = "monthly"
) -> Agreement:
    """Make an agreement that shares equally."""
    version = Version(LONG_AGO, None, EQUALLY)
    return Agreement(stays, None, {}, (version,), *WHOLE_YEN, None, proration)


def exact_share(pot: Pot, position: int) -> Fraction:
    """Give a member's exact part of the items of a pot."""
    return sum(
        (
            part.part * Fraction(part.weights.numerators[position], part.weights.denominator)
            for part in pot.components
        ),
        Fraction(0),
    )


def days_of(pot: Pot) -> int:
    """Count the days of the windows of a pot."""
    spans = [window.days for window in pot.windows]
    return sum((last - first).days + 1 for first, last in filter(None, spans))


# ---- M-15: days ------------------------------------------------------------------------------


@examples(SAMPLE)
@given(matters(wide=True), st.integers(0, 11), st.integers(0, 10))
def test_m15_days_of_two_spans_are_the_days_of_both(
    matter: Matter, first: int, length: int
) -> None:
    agreement = matter[0]._replace(proration="daily", digits=None)
    assume(first + length < 11)
    item = Item("", 0, MONTHS)
    middle, last = first + length // 2, first + length + 1
    spans = [(first, middle), (middle + 1, last), (first, last)]
    result = shared_or_skipped(
        (agreement, [item._replace(months=MONTHS[a : b + 1]) for a, b in spans])
    )
    one, other, both = (result.pots[entry.portions[0].pot] for entry in result.items)
    assert days_of(one) + days_of(other) == days_of(both)
    if is_percent(agreement):
        return  # its parts are yen, not parts of a whole
    for position in range(len(result.parties)):
        parts = [exact_share(pot, position) * days_of(pot) for pot in (one, other, both)]
        assert parts[0] + parts[1] == parts[2]


@examples(SAMPLE)
@given(st.integers(2015, 2100), st.integers(10**3, 10**9))
def test_m15_a_leap_year_has_366_days(start: int, amount: int) -> None:
    year = FiscalYear(start)
    agreement = equally({CODES[0]: ((LONG_AGO, NEVER),)}, "daily")
    items = cost_items([Item("", amount, tuple(month.first for month in year.months()))])
    result = share(items, rules_of(agreement), facts_of(agreement), year)
    february = start + 1
    leap = february % 4 == 0 and (february % 100 != 0 or february % 400 == 0)
    assert days_of(result.pots[0]) == (366 if leap else 365)


@examples(SAMPLE)
@given(st.sampled_from(MONTHS), st.sampled_from(MONTHS), st.integers(0, 10**9))
def test_m15_joining_and_leaving_on_the_first_are_whole_months(
    joins: date, leaves: date, amount: int
) -> None:
    assume(joins < leaves)
    stays = {CODES[0]: ((LONG_AGO, NEVER),), CODES[1]: ((joins, leaves),)}
    items = [Item("", amount, (month,)) for month in MONTHS]
    by_day, by_month = (shared(equally(stays, kind), items).matrix for kind in ("daily", "monthly"))
    assert by_day == by_month
    for month, row in zip(MONTHS, by_day, strict=True):
        assert bool(row[1]) == (joins <= month < leaves and amount > 1)


@examples(SAMPLE)
@given(days, days)
def test_m15_the_day_of_joining_counts_and_the_day_of_leaving_does_not(
    joins: date, leaves: date
) -> None:
    assume(joins < leaves)
    stays = {CODES[0]: ((LONG_AGO, NEVER),), CODES[1]: ((joins, leaves),)}
    (pot,) = shared(equally(stays, "daily"), [Item("", 365, MONTHS)]).pots
    first, end = YEAR.period.since, YEAR.period.until or NEVER
    there = sum(1 for n in range(365) if joins <= first + n * DAY < leaves)
    assert max(0, (min(leaves, end) - max(joins, first)).days) == there
    assert exact_share(pot, 1) == Fraction(there, 365) / 2


# ---- M-18: dated rules and prices ------------------------------------------------------------


@examples(SAMPLE)
@given(matters(wide=True), st.sampled_from(EDGES).filter(MONTHS[0].__lt__), st.integers(1, 99))
def test_m18_a_version_changes_no_period_that_ends_before_it(
    matter: Matter, since: date, weight: int
) -> None:
    agreement, items = matter
    known = [version for version in agreement.versions if version.since != since]
    kind = "percent" if is_percent(agreement) else "table"
    before = [
        item._replace(months=tuple(m for m in item.months if m < since) or MONTHS[:1])
        for item in items
    ]
    result = shared_or_skipped((agreement._replace(versions=tuple(known)), before))
    part = Part("usage", Fraction(weight), kind)
    for category in {version.category for version in known}:
        later = Version(since, category, (part,))
        assert shared(agreement._replace(versions=(*known, later)), before) == result


@examples(SAMPLE)
@given(days, days)
def test_m18_two_versions_of_one_day_are_refused_and_a_gap_is_no_rule(
    since: date, ends: date
) -> None:
    assume(since < ends)
    source = Source("協定書(例)")
    rule = next(iter(rules_of(equally({}))[("", None)].entries)).require()
    with pytest.raises(BadInputError):
        Timeline([Dated(since, rule, source), Dated(since, rule, source)])
    line = Timeline([Dated(since, rule, source), Dated(ends, None, source)])
    for day in (since - DAY, ends, ends + timedelta(days=400)):
        with pytest.raises(NotInForceError):
            line.on(day)
    assert line.on(since) == line.on(ends - DAY)
    facts = facts_of(equally({CODES[0]: ((LONG_AGO, NEVER),)}))
    for month in MONTHS:
        items = cost_items([Item("", 100, (month,))])
        if since <= month < ends:
            assert share(items, {("", None): line}, facts, YEAR).amounts == (100,)
        else:
            with pytest.raises(NotInForceError):
                share(items, {("", None): line}, facts, YEAR)


# ---- M-25: withdrawal ------------------------------------------------------------------------


def of(result: Result, number: int) -> dict[str, int]:
    """Give each member's yen of an item, by code."""
    codes = [party.code for party in result.parties]
    return dict(zip(codes, result.items[number].amounts, strict=True))


@examples(SAMPLE)
@given(matters(wide=True), st.integers(1, 11), st.integers(0, 11))
def test_m25_who_withdraws_leaves_the_rest_whole_and_the_past_alone(
    matter: Matter, month: int, who: int
) -> None:
    agreement, items = matter
    leaving = MONTHS[month]
    versions = tuple(version._replace(leaving="month") for version in agreement.versions)
    agreement = agreement._replace(versions=versions)
    code = sorted(agreement.stays)[who % len(agreement.stays)]
    stays = {**agreement.stays, code: ((LONG_AGO, leaving),)}
    items = [item._replace(usage=None, grants=()) for item in items if item.charge_to is None]
    pieces = [
        *(item._replace(months=MONTHS[:month]) for item in items),
        *(item._replace(months=MONTHS[month:]) for item in items),
    ]
    stayed = {**agreement.stays, code: ((LONG_AGO, NEVER),)}
    before = shared_or_skipped((agreement._replace(stays=stayed), pieces))
    after = outcome((agreement._replace(stays=stays), pieces))
    assume(after is not None)
    assert after is not None
    for number, item in enumerate(pieces):
        entry = after.items[number]
        assert sum(entry.amounts) + entry.unallocated == entry.item.amount
        if item.months[0] < leaving:
            # What was due stays due, to the yen, and stays with who withdrew.
            assert entry == before.items[number]
            assert of(after, number) == of(before, number)
        else:
            assert of(after, number)[code] == 0


# ---- M-16: the real history ------------------------------------------------------------------

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
    agreement = equally({code: ((day, NEVER),) for code, day in JOINED.items()})
    year = FiscalYear.containing(month)
    items = cost_items([Item("", 1_000_000, (month,))])
    result = share(items, rules_of(agreement), facts_of(agreement), year)
    assert sum(1 for amount in result.amounts if amount) == payers
    paying = {p.code for p, amount in zip(result.parties, result.amounts, strict=True) if amount}
    assert paying == {code for code, day in JOINED.items() if day <= month}


@examples(SAMPLE)
@given(matters(wide=True))
def test_m16_leaving_for_the_year_costs_the_year(matter: Matter) -> None:
    agreement, items = matter
    items = [item._replace(usage=None, grants=()) for item in items]
    versions = tuple(version._replace(leaving="year") for version in agreement.versions)
    result = shared_or_skipped((agreement._replace(versions=versions), items))
    end = YEAR.period.until or NEVER
    longer = {
        code: tuple((since, end if MONTHS[0] < until <= end else until) for since, until in each)
        for code, each in agreement.stays.items()
    }
    monthly = tuple(version._replace(leaving="month") for version in agreement.versions)
    other = outcome((agreement._replace(versions=monthly, stays=longer), items))
    assert other is not None
    assert other.amounts == result.amounts


def test_the_months_of_the_random_cases_are_those_of_the_year() -> None:
    assert (MONTHS[0], MONTHS[-1]) == (date(2021, 4, 1), date(2022, 3, 1))
