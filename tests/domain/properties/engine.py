"""Random agreements put to the engine (乱数の協定の算定)."""

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from hypothesis import assume

from consortium.domain.calendar.period import Month, Period
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.funding import PER_MEMBER, PRE_SPLIT, Grant
from consortium.domain.sharing.agreement import Agreement as Terms
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem, Result, Usage
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Yen
from tests.domain.properties.agreements import (
    NEVER,
    YEAR,
    Matter,
    T,
)
from tests.oracle import Agreement, Item, Part


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


def component_of(part: Part) -> Component:
    """Say the same to the engine: a component."""
    series = part.table or part.name if part.kind in ("table", "power", "percent") else None
    power = part.power if part.kind == "power" else None
    label = f"{part.name}割"
    return Component(part.name, part.kind, label, part.weight, series, part.own, power=power)


def rules_of(agreement: Agreement) -> dict[tuple[str, str | None], Timeline[Rule]]:
    """Say the same to the engine: rules."""
    rounding = Rounding(
        *(agreement.unit, agreement.mode, agreement.level, agreement.residual, agreement.digits)
    )
    entries: dict[tuple[str, str | None], list[Dated[Rule]]] = {}
    for version in agreement.versions:
        components = tuple(component_of(part) for part in version.parts)
        rule = Rule(components, rounding, agreement.proration, version.leaving)
        dated = Dated(version.since, rule, Source("協定書(例)"))
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
            usage=Usage(*item.usage) if item.usage else None,
        )
        for no, item in enumerate(items, start=1)
    ]


def terms_of(items: Sequence[Item]) -> Terms:
    """Say the same to the engine: grants."""
    return Terms(
        tuple(
            Grant(f"補助{number}", Yen(yen), PER_MEMBER if code else PRE_SPLIT, no, code or None)
            for no, item in enumerate(items, start=1)
            for number, (code, yen) in enumerate(item.grants, start=1)
        )
    )


def shared(agreement: Agreement, items: Sequence[Item], **options: Any) -> Result:
    """Let the engine share the costs."""
    rules, facts = rules_of(agreement), facts_of(agreement)
    return share(cost_items(items), rules, facts, YEAR, agreement=terms_of(items), **options)


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


def mixed(mapping: Mapping[str, T], rng: random.Random) -> dict[str, T]:
    """Put the keys of a mapping in another order."""
    keys = list(mapping)
    rng.shuffle(keys)
    return {key: mapping[key] for key in keys}
