"""What comes out of a simulation (試算の結果): now, then and difference, year by year."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.fairness import MOST_MEMBERS, MemberFairness, fairness
from consortium.domain.sharing.result import Result
from consortium.domain.yen import Yen
from consortium.usecases.simulation import (
    Entrant,
    Simulation,
    faults,
    share_whole_year,
    share_year,
)


class SimulatedYear(NamedTuple):
    """One fiscal year, with the towns of now only and with all of them (試算の年度)."""

    year: FiscalYear
    now: Result | None
    then: Result | None


class MemberLine(NamedTuple):
    """One town over all years (団体の行); None in a year in which it does not belong."""

    entrant: Entrant
    is_present: bool
    now: tuple[Yen | None, ...]
    then: tuple[Yen | None, ...]

    @property
    def differences(self) -> tuple[int | None, ...]:
        """Give how much more it pays then; None where it pays in neither case (差)."""
        return tuple(
            None if now is None and then is None else (then or 0) - (now or 0)
            for now, then in zip(self.now, self.then, strict=True)
        )


class Joining(NamedTuple):
    """One joining date: a whole year before it and after it (加入日ごとの一行)."""

    day: date
    year: FiscalYear
    joined: tuple[Entrant, ...]
    before: Mapping[str, Yen]
    after: Mapping[str, Yen]

    @property
    def saving(self) -> int:
        """Give what those before save together (先にいた団体の軽減額の計)."""
        return sum(amount - self.after.get(code, 0) for code, amount in self.before.items())


class FairnessTable(NamedTuple):
    """The rule beside Shapley value and cost alone, for a whole year (公平性)."""

    day: date
    lines: tuple[MemberFairness, ...]
    names: Mapping[str, str]
    #: exact cost of the group, before the yen are cut off
    cost: Fraction
    #: how many belong; more than `MOST_MEMBERS` have no lines
    size: int

    @property
    def is_too_large(self) -> bool:
        """Say whether there are more members than groups can be looked at."""
        return self.size > MOST_MEMBERS


class Simulated(NamedTuple):
    """Everything a page shows of a simulation (試算の結果)."""

    simulation: Simulation
    years: tuple[SimulatedYear, ...]
    lines: tuple[MemberLine, ...]
    joinings: tuple[Joining, ...]
    fairness: FairnessTable

    @property
    def findings(self) -> tuple[str, ...]:
        """Give the findings of all years, each once (指摘)."""
        results = [each.then for each in self.years if each.then]
        return tuple(dict.fromkeys(each.text for result in results for each in result.findings))


def simulate(simulation: Simulation) -> Simulated:
    """Compute a simulation (試算).

    Raises: the first of `faults`; what `share()` raises.
    """
    for fault in faults(simulation):
        raise fault
    present = simulation.present
    years = tuple(
        SimulatedYear(
            year,
            share_year(simulation, year, present),
            share_year(simulation, year, simulation.entrants),
        )
        for year in simulation.years
    )
    in_order = sorted(simulation.entrants, key=lambda each: (each.since, each.code))
    return Simulated(
        simulation,
        years,
        tuple(_line(each, each in present, years) for each in in_order),
        _joinings(simulation),
        _fairness(simulation),
    )


def _line(entrant: Entrant, is_present: bool, years: tuple[SimulatedYear, ...]) -> MemberLine:
    return MemberLine(
        entrant,
        is_present,
        tuple(_amount(each.now, each.year, entrant) for each in years),
        tuple(_amount(each.then, each.year, entrant) for each in years),
    )


def _amount(result: Result | None, year: FiscalYear, entrant: Entrant) -> Yen | None:
    if result is None or entrant.code not in {party.code for party in result.parties}:
        return None
    return result.amount(entrant.code) if entrant.period.overlaps(year.period) else None


def _joinings(simulation: Simulation) -> tuple[Joining, ...]:
    """Compare a whole year before and after each joining date, the earliest first."""
    return tuple(
        _joining(simulation, day) for day in sorted({e.since for e in simulation.entrants})
    )


def _joining(simulation: Simulation, day: date) -> Joining:
    year = FiscalYear.containing(day)
    eve = day - timedelta(days=1)
    # Who left meanwhile is in neither group: the row shows what the joining does.
    after = [each for each in simulation.entrants if each.period.contains(day)]
    before = [each for each in after if each.since <= eve]
    return Joining(
        day,
        year,
        tuple(each for each in after if each.since == day),
        _amounts(share_whole_year(simulation, year, before)),
        _amounts(share_whole_year(simulation, year, after)),
    )


def _amounts(result: Result | None) -> dict[str, Yen]:
    if result is None:
        return {}
    return {party.code: result.amount(party.code) for party in result.parties}


def _fairness(simulation: Simulation) -> FairnessTable:
    """Look at those who belong at the end of the simulation, for a whole year."""
    last = simulation.last
    day = last.next().period.since - timedelta(days=1)
    group = [each for each in simulation.entrants if each.period.contains(day)]
    names = {each.code: each.name for each in group}
    model = simulation.model()
    lines: tuple[MemberFairness, ...] = ()
    if 0 < len(group) <= MOST_MEMBERS:
        lines = fairness(_amounts(share_whole_year(simulation, last, group)), model.cost)
    return FairnessTable(day, lines, names, model.cost(frozenset(names)), len(group))
