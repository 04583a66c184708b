"""Random agreements and costs (乱数の協定と費目), for the engine and for the oracle alike.

Everything is made out of two moves, so that the same agreements come from Hypothesis, which makes
a failing one smaller, and from a plain random generator, which makes ten thousand in no time.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, partial
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import LEAVINGS
from consortium.domain.yen import MODES, RESIDUALS, UNITS
from tests.oracle import Agreement, Item, Part, Version

# The seven, then five more of the same prefecture; all with the right check digit.
CODES = (
    *("022021", "022101", "023434", "023612", "023621", "023671", "023817"),
    *("022012", "022039", "022047", "022055", "022063"),
)
YEAR = FiscalYear(2021)
MONTHS = tuple(month.first for month in YEAR.months())
LONG_AGO, NEVER = date(2015, 4, 1), date(9000, 1, 1)
EDGES = (*MONTHS, *(day - timedelta(days=1) for day in MONTHS))
TABLES = ("population", "usage")

Matter = tuple[Agreement, list[Item]]
T = TypeVar("T")


class Choose(Protocol):
    """The two moves that everything random is made of."""

    def among(self, options: Sequence[T]) -> T:
        """Take one of these."""

    def between(self, low: int, high: int) -> int:
        """Take a whole number, both ends included."""


@cache
def _sampled(options: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(options)


_integers = cache(st.integers)


class Drawn:
    """Choices that Hypothesis makes, and makes again."""

    def __init__(self, draw: st.DrawFn) -> None:
        """Take what the composite strategy draws with."""
        self.draw = draw

    def among(self, options: Sequence[T]) -> T:
        """Take one of these."""
        return options[self.draw(_integers(0, len(options) - 1))]

    def between(self, low: int, high: int) -> int:
        """Take a whole number."""
        return self.draw(_integers(low, high))


class Rolled:
    """Choices of a plain random generator."""

    def __init__(self, seed: int) -> None:
        """Begin at a seed, so that every failure can be had again."""
        self.rng = random.Random(seed)

    def among(self, options: Sequence[T]) -> T:
        """Take one of these."""
        return self.rng.choice(options)

    def between(self, low: int, high: int) -> int:
        """Take a whole number."""
        return self.rng.randint(low, high)


# ---- the pieces --------------------------------------------------------------------------------


def some(choose: Choose, options: Sequence[T], fewest: int, most: int) -> list[T]:
    """Take some of the options, each at most once."""
    left, taken = list(options), []
    for _ in range(choose.between(fewest, most)):
        taken.append(left.pop(choose.between(0, len(left) - 1)))
    return taken


def a_day(choose: Choose) -> date:
    """Take a day around the year, edges of months favoured."""
    if choose.between(0, 2):
        return choose.among(EDGES)
    return date(2021, 2, 1) + timedelta(days=choose.between(0, 484))


def an_amount(choose: Choose) -> int:
    """Take yen: special, few, or many."""
    size = choose.among((0, 2_000, 10**11))
    return choose.between(-size, size) if size else choose.among((0, 1, -1, 2, 7, 100, -1_000))


def a_value(choose: Choose) -> int:
    """Take a basis value: nothing, little, or much."""
    return choose.between(0, choose.among((0, 1, 30, 10**7)))


def a_weight(choose: Choose) -> Fraction:
    """Take a weight: whole, or with a decimal."""
    whole = choose.between(0, 1)
    return Fraction(choose.between(1, 100)) if whole else Fraction(choose.between(1, 999), 10)


def a_stay(choose: Choose) -> tuple[tuple[date, date], ...]:
    """Let a member be there always, for a while, or twice with a gap."""
    kind = choose.among(("always", "always", "joins", "leaves", "while", "twice"))
    if kind == "always":
        return ((LONG_AGO, NEVER),)
    if kind == "joins":
        return ((a_day(choose), NEVER),)
    if kind == "leaves":
        return ((LONG_AGO, a_day(choose)),)
    edges = sorted({a_day(choose) for _ in range(4 if kind == "twice" else 2)})
    pairs = tuple(zip(edges[::2], edges[1::2], strict=False))
    return pairs or ((edges[0], NEVER),)


def the_parts(choose: Choose) -> tuple[Part, ...]:
    """Make one to three components of tables and equal parts, in any order."""
    names = some(choose, ("equal", *TABLES), 1, 3)
    return tuple(
        Part(name, a_weight(choose), "equal" if name == "equal" else "table") for name in names
    )


def all_parts(choose: Choose, codes: Sequence[str], host: str) -> tuple[Part, ...]:
    """Make one to three components of any kind but percentages."""
    return tuple(
        a_part(choose, kind, codes, host)
        for kind in some(choose, ("equal", "population", "usage", "power", "fixed", "host"), 1, 3)
    )


def a_part(choose: Choose, kind: str, codes: Sequence[str], host: str) -> Part:
    """Make a component of a kind; some values stand in the rule. The host is mostly the same."""
    weight = a_weight(choose)
    if kind == "equal":
        return Part(kind, weight, kind)
    if kind == "host":
        there = host if choose.between(0, 7) else choose.among(codes)
        return Part(kind, weight, kind, {there: Fraction(1)})
    if kind == "fixed":
        own = {code: Fraction(choose.between(0, 200), 2) for code in codes}
        own[choose.among(codes)] += 1
        return Part(kind, weight, kind, own)
    own = {code: Fraction(choose.between(1, 99)) for code in some(choose, codes, 0, 1)}
    if kind == "power":
        power = choose.among((Fraction(1, 2), Fraction(3, 5), Fraction(3, 2), Fraction(2)))
        return Part(kind, weight, kind, own, power, choose.among(TABLES))
    return Part(kind, weight, "table", own)


def percentages(choose: Choose) -> tuple[Part, ...]:
    """Make one or two percentages of the members' own values."""
    names = some(choose, TABLES, 1, 2)
    return tuple(Part(name, Fraction(choose.between(1, 3_000), 100), "percent") for name in names)


def the_versions(
    choose: Choose, make: Callable[[Choose], tuple[Part, ...]], leavings: Sequence[str]
) -> tuple[Version, ...]:
    """Make the versions of the rule for all categories and perhaps of one category's own rule."""
    result = []
    for category in choose.among((*[(None,)] * 4, *[(None, "回線")] * 3, ("回線",))):
        begin = LONG_AGO if choose.between(0, 9) else MONTHS[1]
        later = {a_day(choose) for _ in range(choose.between(0, 2))}
        for since in (begin, *(day for day in sorted(later) if day > MONTHS[1])):
            result.append(Version(since, category, make(choose), choose.among(leavings)))
    return tuple(result[:: choose.among((1, -1))])


def an_agreement(choose: Choose, *, wide: bool) -> Agreement:
    """Make an agreement of one to twelve members; now and then one that cannot be carried out.

    A wide one has every kind of component, proration and rounding; one that is not wide has
    tables and equal parts, month by month.
    """
    codes = sorted(some(choose, CODES, 1, choose.among((3, 5, 7, 12))))
    steady = choose.among(codes)
    there = {code: a_stay(choose) for code in codes}
    tables = {name: {code: a_value(choose) for code in codes} for name in TABLES}
    if choose.between(0, 9):
        there[steady] = ((LONG_AGO, NEVER),)
        for table in tables.values():
            table[steady] += 1
    else:
        tables[choose.among(TABLES)].pop(choose.among(codes))
    residual = choose.among(sorted(RESIDUALS))
    simple = Agreement(
        stays=there,
        lead=choose.among((None, *codes)),
        tables=tables,
        versions=() if wide else the_versions(choose, the_parts, ("month",)),
        unit=choose.among((1, 1, *UNITS)),
        mode="floor" if residual == "largest_remainder" else choose.among(sorted(MODES)),
        level=choose.among(("component", "item")),
        residual=residual,
    )
    if not wide:
        return simple
    parts = partial(all_parts, codes=codes, host=steady)
    if not choose.between(0, 7):
        return simple._replace(
            versions=the_versions(choose, percentages, sorted(LEAVINGS)),
            proration=choose.among(("monthly", "daily", "none")),
        )
    return simple._replace(
        versions=the_versions(choose, parts, sorted(LEAVINGS)),
        digits=choose.among((None, None, None, 1, 3, 9)),
        proration=choose.among(sorted(PRORATIONS)),
    )


def is_percent(agreement: Agreement) -> bool:
    """Say whether the totals come out of the rule."""
    return agreement.versions[0].parts[0].kind == "percent"


def an_item(choose: Choose, agreement: Agreement, *, wide: bool) -> Item:
    """Make a cost of some months of the year."""
    first, last = 0, 11
    if choose.between(0, 1):
        first = choose.between(0, 11)
        last = choose.between(first, 11)
    codes = sorted(agreement.stays)
    alone = choose.among(codes) if not choose.between(0, 6) else None
    item = Item(
        choose.among(("", "運用", "回線")), an_amount(choose), MONTHS[first : last + 1], alone
    )
    return with_extras(choose, agreement, item) if wide else item


def with_extras(choose: Choose, agreement: Agreement, item: Item) -> Item:
    """Put quantities and grants on a cost, where it can have them."""
    codes, none = sorted(agreement.stays), item.charge_to is None and is_percent(agreement)
    grants = [
        (choose.among(codes if none else ("", *codes)), choose.between(0, choose.among((9, 10**8))))
        for _ in range(choose.among((0, 0, 1, 2)))
    ]
    item = item._replace(grants=tuple(grants), amount=0 if none else item.amount)
    if item.charge_to is not None or none or choose.between(0, 3):
        return item
    stays = agreement.stays
    steady = [code for code in codes if stays[code][0] == (LONG_AGO, NEVER)]
    known = steady if steady and choose.between(0, 7) else codes
    used = {code: Fraction(choose.between(0, 999), 4) for code in some(choose, known, 1, 1)}
    price = Fraction(choose.between(0, 5_000), 100)
    return item._replace(usage=(price, used, choose.among(sorted(MODES))))


def a_matter(choose: Choose, *, wide: bool) -> Matter:
    """Make an agreement and one to four costs."""
    agreement = an_agreement(choose, wide=wide)
    count = choose.between(1, 4)
    return agreement, [an_item(choose, agreement, wide=wide) for _ in range(count)]


def many_matters(seed: int) -> Iterator[Matter]:
    """Give wide matters without end, the same for the same seed."""
    choose = Rolled(seed)
    while True:
        yield a_matter(choose, wide=True)


# ---- as strategies -----------------------------------------------------------------------------

amounts = st.one_of(
    st.sampled_from([0, 1, -1, 2, 7, 100, -1_000]),
    st.integers(-2_000, 2_000),
    st.integers(-(10**11), 10**11),
)
values = st.one_of(st.sampled_from([0, 0, 1]), st.integers(0, 30), st.integers(0, 10**7))


@st.composite
def stays(draw: st.DrawFn) -> tuple[tuple[date, date], ...]:
    """Let a member be there always, for a while, or twice with a gap."""
    return a_stay(Drawn(draw))


@st.composite
def versions(draw: st.DrawFn) -> tuple[Version, ...]:
    """Make the versions of a rule of tables and equal parts."""
    return the_versions(Drawn(draw), the_parts, ("month",))


@st.composite
def items_of(draw: st.DrawFn, agreement: Agreement) -> Item:
    """Make a cost of some months of the year."""
    return an_item(Drawn(draw), agreement, wide=False)


@st.composite
def matters(draw: st.DrawFn, *, wide: bool = False) -> Matter:
    """Make an agreement and one to four costs."""
    return a_matter(Drawn(draw), wide=wide)
