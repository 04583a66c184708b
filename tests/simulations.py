"""Simulations for tests (試験の試算): the seven members, 鶴田町, the cost of the design."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.facts import Series
from consortium.domain.yen import Rounding, Yen
from consortium.usecases.national import census_series
from consortium.usecases.simulation import Assumed, Entrant, Sharing, Simulation
from consortium.usecases.simulation_files import edition_key
from tests.seven import POPULATION, TOWNS

HIROSAKI, HIRAKAWA, ITAYANAGI, TSURUTA = "022021", "022101", "023817", "023841"
#: Code → name, joining date, 令和2年国勢調査(速報).
MEMBERS = {
    town.code: (town.name, town.joined, people)
    for town, people in zip(TOWNS, POPULATION[date(2020, 10, 1)], strict=True)
}
PRELIMINARY = Series(
    "population",
    "国勢調査人口",
    {code: Fraction(people) for code, (_, _, people) in MEMBERS.items()},
    date(2020, 10, 1),
    "令和2年国勢調査(速報)",
    "見込",
    "令和2年国勢調査 速報集計",
)
EDITIONS = {edition_key(series): series for series in (PRELIMINARY, *census_series())}
SEVEN = tuple(Entrant(code, name, since) for code, (name, since, _) in MEMBERS.items())
NEIGHBOUR = Entrant(TSURUTA, "鶴田町", date(2027, 4, 1), None, Fraction(12_077))
COST = Assumed(Yen(14_400_000), Yen(1_200_000), Fraction(100))
SHARING = Sharing(Fraction(30), Fraction(70), Rounding(level="item"), "monthly")


def simulation(
    entrants: Iterable[Entrant] = (*SEVEN, NEIGHBOUR),
    *,
    years: tuple[int, int] = (2026, 2028),
    base_day: date = date(2026, 12, 1),
    basis: Series = PRELIMINARY,
    cost: Assumed = COST,
    sharing: Sharing = SHARING,
    name: str = "鶴田町が加入したら",
) -> Simulation:
    """Make a simulation; what is not said is 鶴田町 joining in April 2027."""
    first, last = years
    return Simulation(
        name, FiscalYear(first), FiscalYear(last), base_day, tuple(entrants),
        HIROSAKI, basis, cost, sharing,
    )  # fmt: skip


def history(**changes: object) -> Simulation:
    """Make the true history: 4 → 5 → 6 → 7 members."""
    given: dict[str, object] = {"years": (2015, 2022), "base_day": date(2015, 4, 1)}
    return simulation(SEVEN, **(given | changes))  # type: ignore[arg-type]  # keywords of a test
