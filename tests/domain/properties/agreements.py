"""Random agreements and costs (乱数の協定と費目), for the engine and for the oracle alike."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import assume
from hypothesis import strategies as st

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import MODES, RESIDUALS, UNITS, Rounding, Yen
from tests.oracle import Agreement, Item, Version

# The seven, then five more of the same prefecture; all with the right check digit.
CODES = (
    *("022021", "022101", "023434", "023612", "023621", "023671", "023817"),
    *("022012", "022039", "022047", "022055", "022063"),
)
YEAR = FiscalYear(2021)
MONTHS = tuple(month.first for month in YEAR.months())
LONG_AGO, NEVER = date(2015, 4, 1), date(9000, 1, 1)
TABLES = ("population", "usage")

Matter = tuple[Agreement, list[Item]]

days = st.one_of(
    st.sampled_from(MONTHS),
    st.sampled_from([day - timedelta(days=1) for day in MONTHS]),
    st.dates(date(2021, 2, 1), date(2022, 5, 31)),
)
amounts = st.one_of(
    st.sampled_from([0, 1, -1, 2, 7, 100, -1_000]),
    st.integers(-2_000, 2_000),
    st.integers(-(10**11), 10**11),
)
values = st.one_of(st.sampled_from([0, 0, 1]), st.integers(0, 30), st.integers(0, 10**7))
weights = st.one_of(
    st.integers(1, 100).map(Fraction), st.builds(Fraction, st.integers(1, 999), st.just(10))
)


@st.composite
def stays(draw: st.DrawFn) -> tuple[tuple[date, date], ...]:
    """Let a member be there always, for a while, or twice with a gap."""
    kind = draw(st.sampled_from(["always", "always", "joins", "leaves", "while", "twice"]))
    if kind == "always":
        return ((LONG_AGO, NEVER),)
    if kind == "joins":
        return ((draw(days), NEVER),)
    if kind == "leaves":
        return ((LONG_AGO, draw(days)),)
    count = 4 if kind == "twice" else 2
    edges = sorted(draw(st.lists(days, min_size=count, max_size=count, unique=True)))
    return tuple(zip(edges[::2], edges[1::2], strict=True))


@st.composite
def parts(draw: st.DrawFn) -> tuple[tuple[str, Fraction], ...]:
    """Make one to three components in any order."""
    names = draw(st.lists(st.sampled_from(["equal", *TABLES]), min_size=1, unique=True))
    return tuple((name, draw(weights)) for name in names)


@st.composite
def versions(draw: st.DrawFn) -> tuple[Version, ...]:
    """Make the versions of the rule for all categories and perhaps of one category's own rule."""
    result = []
    for category in draw(st.sampled_from([(None,), (None,), (None, "回線"), ("回線",)])):
        begin = draw(st.sampled_from([LONG_AGO, LONG_AGO, LONG_AGO, MONTHS[1]]))
        later = draw(st.lists(days.filter(lambda day: day > MONTHS[1]), max_size=2, unique=True))
        result += [Version(since, category, draw(parts())) for since in (begin, *later)]
    return tuple(draw(st.permutations(result)))


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    """Make an agreement of one to twelve members; now and then one that cannot be carried out."""
    codes = sorted(draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=12, unique=True)))
    there = {code: draw(stays()) for code in codes}
    tables = {name: {code: draw(values) for code in codes} for name in TABLES}
    if draw(st.integers(0, 9)):
        steady = draw(st.sampled_from(codes))
        there[steady] = ((LONG_AGO, NEVER),)
        for table in tables.values():
            table[steady] += 1
    else:
        tables[draw(st.sampled_from(TABLES))].pop(draw(st.sampled_from(codes)))
    residual = draw(st.sampled_from(sorted(RESIDUALS)))
    floored = residual == "largest_remainder"
    return Agreement(
        stays=there,
        lead=draw(st.one_of(st.none(), st.sampled_from(codes))),
        tables=tables,
        versions=draw(versions()),
        unit=draw(st.sampled_from((1, 1, *UNITS))),
        mode="floor" if floored else draw(st.sampled_from(sorted(MODES))),
        level=draw(st.sampled_from(["component", "item"])),
        residual=residual,
    )


@st.composite
def items_of(draw: st.DrawFn, agreement: Agreement) -> Item:
    """Make a cost of some months of the year."""
    first = draw(st.integers(0, 11))
    last = draw(st.integers(first, 11))
    if draw(st.booleans()):
        first, last = 0, 11
    alone = draw(st.sampled_from([None] * 5 + [*agreement.stays]))
    category = draw(st.sampled_from(["", "運用", "回線"]))
    return Item(category, draw(amounts), MONTHS[first : last + 1], alone)


@st.composite
def matters(draw: st.DrawFn) -> tuple[Agreement, list[Item]]:
    """Make an agreement and one to four costs."""
    agreement = draw(agreements())
    return agreement, draw(st.lists(items_of(agreement), min_size=1, max_size=4))


def facts_of(agreement: Agreement) -> Facts:
    """Say the same to the engine: members and values."""
    return Facts(
        tuple(
            Party(code, f"団体{code}", code == agreement.lead) for code in sorted(agreement.stays)
        ),
        {
            "": {
                code: tuple(Period(a, None if b == NEVER else b) for a, b in periods)
                for code, periods in agreement.stays.items()
            }
        },
        {
            name: Series(name, name, {code: Fraction(value) for code, value in table.items()})
            for name, table in agreement.tables.items()
        },
    )


def rules_of(agreement: Agreement) -> dict[tuple[str, str | None], Timeline[Rule]]:
    """Say the same to the engine: rules."""
    rounding = Rounding(agreement.unit, agreement.mode, agreement.level, agreement.residual)
    entries: dict[tuple[str, str | None], list[Dated[Rule]]] = {}
    for version in agreement.versions:
        components = tuple(
            Component(name, "equal", "均等割", weight)
            if name == "equal"
            else Component(name, "table", f"{name}割", weight, name)
            for name, weight in version.parts
        )
        dated = Dated(version.since, Rule(components, rounding), Source("協定書(例)"))
        entries.setdefault(("", version.category), []).append(dated)
    return {key: Timeline(each) for key, each in entries.items()}


def cost_items(items: Sequence[Item]) -> list[CostItem]:
    """Say the same to the engine: costs, numbered from 1."""
    return [
        CostItem(
            no,
            f"費目{no}",
            item.category,
            Yen(item.amount),
            Month.containing(item.months[0]),
            Month.containing(item.months[-1]),
            charge_to=item.charge_to,
        )
        for no, item in enumerate(items, start=1)
    ]


def shared(agreement: Agreement, items: Sequence[Item]) -> Result:
    """Let the engine share the costs."""
    return share(cost_items(items), rules_of(agreement), facts_of(agreement), YEAR)


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
