"""A simulation as case files (算定ケース), and a case file as a simulation.

A case holds one fiscal year. What a simulation knows besides — other years, how the cost is
assumed — stands in a comment above it, which is believed only where it still writes a case that
says the same: whoever edits the case by hand gets what stands in it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.result import CostItem
from consortium.domain.yen import Rounding, Yen
from consortium.intake.casefile import MAX_BYTES as MAX_BYTES
from consortium.intake.casefile import Case
from consortium.usecases.cases import Outcome, as_json, compute
from consortium.usecases.national import town_of
from consortium.usecases.simulation import (
    BASIS,
    SOURCE,
    Assumed,
    Entrant,
    Sharing,
    Simulation,
    faults,
    items_of,
    rule_since,
)

_COMMENT = "# 加入シミュレーターの条件: "
_HEAD = "# 算定ケース（加入シミュレーターが書いた試算。実際の負担金ではない）\n"
#: Decimals that a case file may have.
_PLACES = 18
#: What the fields of the form take: so many decimals, and no more than this.
_TYPED, _LARGEST = 9, 10**12 - 1

#: key of an edition → its values (人口の版)
Editions = Mapping[str, Series]


class Opened(NamedTuple):
    """A case file that was opened (開いた算定ケース)."""

    text: str
    outcome: Outcome
    #: None where the simulator has no words for what the case says
    simulation: Simulation | None

    @property
    def sha256(self) -> str:
        """Give the hash of its text (照合値)."""
        return sha256_hex(self.text)


# ---- writing -------------------------------------------------------------------------------------


def case_text(simulation: Simulation, year: FiscalYear) -> str:
    """Write one fiscal year of a simulation as a case file (算定ケースの書出し).

    Raises: BadInputError for a year in which nobody belongs, or one outside the simulation.
    """
    items = items_of(simulation, year, simulation.entrants)
    if year not in simulation.years or not items:
        raise BadInputError(
            f"{year.start_year}年度の算定ケースを作ろうとしました。",
            "試算の年度ではないか、加入している団体がありません。",
            "試算の年度を選び直してください。",
            path="year",
        )
    lines = [
        _HEAD + _COMMENT + canonical(conditions(simulation)),
        f"name: {_text(simulation.name or '加入シミュレーターの試算')}",
        f"fiscal_year: {year.start_year}",
        "members:",
        *_members(simulation),
        *_bases(simulation),
        *_rule(simulation),
        "items:",
        *(_item(item) for item in items),
    ]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """Write a text; what JSON quotes, YAML reads."""
    return json.dumps(value, ensure_ascii=False)


def decimal(value: Fraction) -> str:
    """Write a number as the digits it has: 80, 9.5 (小数).

    Raises: ValueError for one whose decimals do not end, as 1/3; nobody can have typed it.
    """
    whole, rest = divmod(value.numerator * 10**_PLACES, value.denominator)
    if rest:
        raise ValueError(f"not a decimal: {value}")
    digits = f"{whole:0{_PLACES + 1}d}"
    return f"{digits[:-_PLACES]}.{digits[-_PLACES:]}".rstrip("0").rstrip(".")


def _number(value: Fraction) -> str:
    """Write a number as a case file takes it: whole, or decimals in quotes."""
    text = decimal(value)
    return f'"{text}"' if "." in text else text


def _members(simulation: Simulation) -> Iterator[str]:
    for each in sorted(simulation.entrants, key=lambda one: one.code):
        until = f', until: "{each.until}"' if each.until else ""
        lead = ", lead: true" if each.code == simulation.lead else ""
        name = _text(each.name)
        yield f'  - {{code: "{each.code}", name: {name}, since: "{each.since}"{until}{lead}}}'


def _bases(simulation: Simulation) -> Iterator[str]:
    if not simulation.sharing.population:
        return
    series = simulation.series()
    yield "bases:"
    yield f"  {BASIS}:"
    yield f"    label: {_text(series.label)}"
    if series.reference_date:
        yield f'    reference_date: "{series.reference_date}"'
    for key, text in (("edition", series.edition), ("certainty", series.certainty)):
        if text:
            yield f"    {key}: {_text(text)}"
    if series.source:
        yield f"    source: {_text(series.source)}"
    pairs = sorted(series.values.items())
    values = ", ".join(f'"{code}": {_number(value)}' for code, value in pairs)
    yield f"    values: {{{values}}}"


def _rule(simulation: Simulation) -> Iterator[str]:
    sharing = simulation.sharing
    rounding = sharing.rounding
    weights = {"equal": sharing.equal, BASIS: sharing.population}
    parts = (
        f"{{basis: {key}, weight: {_number(weight)}}}" for key, weight in weights.items() if weight
    )
    yield "rules:"
    yield f'  - since: "{rule_since(simulation)}"'
    yield f"    source: {_text(SOURCE)}"
    yield f"    components: [{', '.join(parts)}]"
    yield (
        f"rounding: {{unit: {rounding.unit}, mode: {rounding.mode}, level: {rounding.level}, "
        f"residual: {rounding.residual}}}"
    )
    yield f"proration: {sharing.proration}"


def _item(item: CostItem) -> str:
    months = f'from: "{item.first}", to: "{item.last}"'
    return f"  - {{name: {_text(item.name)}, amount: {item.amount}, {months}}}"


# ---- conditions, as kept in the comment ----------------------------------------------------------


def edition_key(series: Series) -> str:
    """Name an edition, e.g. 2015-10-01/平成27年国勢調査 (版のキー)."""
    return f"{series.reference_date or ''}/{series.edition}"


def conditions(simulation: Simulation) -> dict[str, Any]:
    """Give all conditions as plain values (条件)."""
    cost, sharing = simulation.cost, simulation.sharing
    rounding = sharing.rounding
    return {
        "name": simulation.name,
        "years": [simulation.first.start_year, simulation.last.start_year],
        "base_day": simulation.base_day,
        "members": [
            [each.code, each.name, each.since, each.until, each.value]
            for each in simulation.entrants
        ],
        "lead": simulation.lead,
        "edition": edition_key(simulation.basis),
        "cost": [cost.item, cost.fixed, cost.per_member, cost.per_unit],
        "weights": [sharing.equal, sharing.population],
        "rounding": [rounding.unit, rounding.mode, rounding.level, rounding.residual],
        "proration": sharing.proration,
    }


def _from_conditions(text: str, editions: Editions) -> Simulation:
    """Read conditions back; any mistake raises, and the case is read by its keys instead."""
    kept = json.loads(text)
    first, last = kept["years"]
    item, fixed, per_member, per_unit = kept["cost"]
    equal, population = kept["weights"]
    rounding = Rounding(*kept["rounding"])
    return Simulation(
        kept["name"],
        FiscalYear(first),
        FiscalYear(last),
        date.fromisoformat(kept["base_day"]),
        tuple(
            Entrant(
                code, _name(code, name), *_stay(since, until), Fraction(value) if value else None
            )
            for code, name, since, until, value in kept["members"]
        ),
        kept["lead"],
        editions[kept["edition"]],
        Assumed(Yen(fixed), Yen(per_member), Fraction(per_unit), item),
        Sharing(Fraction(equal), Fraction(population), rounding, kept["proration"]),
    )


def _name(code: str, name: str) -> str:
    """Give the name of a town; ValueError for another than the list's, which no form could keep."""
    if town_of(code).name != name:
        raise ValueError("another name")
    return name


def _stay(since: str, until: str | None) -> tuple[date, date | None]:
    return date.fromisoformat(since), date.fromisoformat(until) if until else None


#: What a text that no simulation wrote can lead to; it is read by its keys then, or only shown.
_UNREADABLE = (DomainError, KeyError, RecursionError, StopIteration, TypeError, ValueError)


# ---- reading -------------------------------------------------------------------------------------


def open_case(content: bytes, editions: Editions) -> Opened:
    """Open a case file: compute it, and find the simulation that it is, if there is one (読込み).

    Raises: BadInputError whose path is the key, as `flask share`.
    """
    outcome = compute(content)
    text = content.decode("utf-8-sig").replace("\r\n", "\n")
    simulation = _faithful(lambda: _commented(text, editions), outcome)
    if simulation is None:
        simulation = _faithful(lambda: _simulation_of(outcome.case, editions), outcome)
    return Opened(text, outcome, simulation)


def _commented(text: str, editions: Editions) -> Simulation:
    """Give the simulation of the comment; ValueError where there is none."""
    for line in text.splitlines():
        if line.startswith(_COMMENT):
            return _from_conditions(line.removeprefix(_COMMENT), editions)
    raise ValueError("no comment")


def _faithful(make: Callable[[], Simulation], outcome: Outcome) -> Simulation | None:
    """Give a simulation that writes a case saying the same; None where any of it would be lost."""
    try:
        simulation = make()
        if any(True for _ in faults(simulation)):
            return None
        again = compute(case_text(simulation, outcome.case.fiscal_year).encode())
    except _UNREADABLE:
        return None
    return simulation if _says_the_same(again, outcome) else None


def _says_the_same(ours: Outcome, theirs: Outcome) -> bool:
    """Say whether nothing is lost: members, costs, rule, all other keys, and every amount.

    The name may be any, and so may edition and source of a population: its values count.
    """
    aside = {"name", "fiscal_year", "rules", "facts"}
    kept = [field.name for field in fields(Case) if field.name not in aside]
    return (
        all(getattr(ours.case, name) == getattr(theirs.case, name) for name in kept)
        and _rules_in(ours.case) == _rules_in(theirs.case)
        and _facts_in(ours.case) == _facts_in(theirs.case)
        and as_json(ours.result) == as_json(theirs.result)
    )


def _facts_in(case: Case) -> tuple[object, ...]:
    facts = case.facts
    return facts.parties, facts.participation, [each.values for each in facts.series.values()]


def _rules_in(case: Case) -> list[tuple[object, ...]]:
    """Give what the rules say; under which name a series is kept is no matter."""
    rules = [entry.value for timeline in case.rules.values() for entry in timeline.entries]
    return [
        (
            [replace(part, series=part.series and BASIS) for part in rule.components],
            rule.rounding,
            rule.proration,
            rule.leaving,
        )
        for rule in rules
        if rule
    ]


def _simulation_of(case: Case, editions: Editions) -> Simulation:
    """Read a case of one item and one rule; ValueError for any other."""
    (item,) = case.items
    (timeline,) = case.rules.values()
    (version,) = timeline.entries
    rule = version.require()
    weights = {part.basis: part.weight for part in rule.components}
    if weights.keys() - {"equal", "table"} or len(weights) < len(rule.components):
        raise ValueError("other components")
    basis = _basis_of(case, editions)
    entrants = tuple(_entrants(case, basis))
    months = len([month for month in case.fiscal_year.months() if item.first <= month <= item.last])
    yearly = Fraction(item.amount * 12, months)
    if yearly.denominator != 1 or yearly < 0 or item.charge_to or item.category:
        raise ValueError("another cost")
    numbers = [*weights.values(), *(each.value for each in entrants if each.value is not None)]
    if any((number * 10**_TYPED).denominator != 1 or number > _LARGEST for number in numbers):
        raise ValueError("numbers that no field takes")
    lead = next((party.code for party in case.facts.parties if party.is_lead), "")
    return Simulation(
        case.name,
        case.fiscal_year,
        case.fiscal_year,
        _base_day(case.fiscal_year, entrants),
        entrants,
        lead,
        basis,
        Assumed(Yen(yearly.numerator), Yen(0), Fraction(0), item.name),
        Sharing(
            weights.get("equal", Fraction(0)),
            weights.get("table", Fraction(0)),
            rule.rounding,
            rule.proration,
        ),
    )


def _basis_of(case: Case, editions: Editions) -> Series:
    """Give the edition that the case names, else one as certain: its values are typed in then."""
    series = next(iter(case.facts.series.values()), None)
    if series is None:
        return next(iter(editions.values()))
    alike = (each for each in editions.values() if each.certainty == series.certainty)
    return editions.get(edition_key(series)) or next(alike)


def _entrants(case: Case, basis: Series) -> Iterator[Entrant]:
    values = next((series.values for series in case.facts.series.values()), {})
    for party in case.facts.parties:
        (stay,) = case.facts.participation[""][party.code]
        value = values.get(party.code)
        typed = None if value == basis.values.get(party.code) else value
        name = _name(party.code, party.name)
        yield Entrant(party.code, name, stay.since, stay.until, typed)


def _base_day(year: FiscalYear, entrants: Iterable[Entrant]) -> date:
    """Give the first day of the year on which anybody belongs (今とする日)."""
    stays: list[Period] = [each.period for each in entrants if each.period.overlaps(year.period)]
    return min(max(stay.since, year.period.since) for stay in stays)
