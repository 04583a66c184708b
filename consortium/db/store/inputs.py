"""What a run of a fiscal year rests on, read from the tables (算定の前提)."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from consortium.db.models import (
    CostCategory,
    CostItem,
    Enrolment,
    Member,
    Membership,
    Service,
    UsageQuantity,
)
from consortium.db.store import bases, rules
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import DomainError
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.pinning import pin
from consortium.domain.sharing.result import CostItem as Item
from consortium.domain.sharing.result import Usage
from consortium.domain.sharing.rule import Rule, Rules
from consortium.domain.timeline import Dated, Timeline


class Inputs(NamedTuple):
    """Everything `share()` takes (算定の入力)."""

    items: tuple[Item, ...]
    rules: Rules
    facts: Facts


class Grounds(NamedTuple):
    """What is registered for a fiscal year and stage, before editions are chosen (算定の材料)."""

    items: tuple[Item, ...]
    #: with date rules, as they were agreed
    rules: Rules
    #: every edition by the key of its series
    editions: Mapping[str, Sequence[Series]]
    parties: tuple[Party, ...]
    participation: Mapping[str, Mapping[str, tuple[Period, ...]]]

    def inputs(self, year: FiscalYear, as_of: date) -> Inputs:
        """Choose the editions as they were published by a day (版の固定).

        Raises: NotInForceError, BadInputError naming a series of which none fits.
        """
        rules, series = _pinned(self, year, as_of)
        return Inputs(self.items, rules, Facts(self.parties, self.participation, series))


def load_inputs(
    session: Session, consortium_id: str, year: FiscalYear, stage: str, as_of: date
) -> Inputs:
    """Read items, rules and facts of a fiscal year and stage, as known on a day (算定の入力).

    Raises: NotInForceError, BadInputError naming a series without a fitting edition.
    """
    return read_grounds(session, consortium_id, year, stage).inputs(year, as_of)


def read_grounds(session: Session, consortium_id: str, year: FiscalYear, stage: str) -> Grounds:
    """Read what is registered for a fiscal year and stage (算定の材料)."""
    items = _items(session, consortium_id, year, stage)
    charged = {item.charge_to for item in items if item.charge_to}
    parties, participation = _participation(session, consortium_id, year, charged)
    return Grounds(
        items,
        _rules(session, consortium_id),
        bases.all_series(session, consortium_id),
        parties,
        participation,
    )


def rule_key(rules: Rules, service: str, category: str) -> tuple[str, str | None]:
    """Name the rule of a cost: that of its category, else the service's (経費区分のルール)."""
    return (service, category) if (service, category) in rules else (service, None)


def _pinned(grounds: Grounds, year: FiscalYear, as_of: date) -> tuple[Rules, dict[str, Series]]:
    used = {
        rule_key(grounds.rules, item.service, item.category)
        for item in grounds.items
        if not item.charge_to
    }
    pinned: dict[tuple[str, str | None], Timeline[Rule]] = {}
    series: dict[str, Series] = {}
    for key, timeline in grounds.rules.items():
        try:
            chosen, found = pin({key: timeline}, grounds.editions, year, as_of)
        except DomainError:
            # A rule that no cost of the year needs must not keep the others from being shared.
            if key in used:
                raise
            pinned[key] = timeline
        else:
            pinned |= chosen
            series |= found
    return pinned, series


def _items(session: Session, consortium_id: str, year: FiscalYear, stage: str) -> tuple[Item, ...]:
    found = session.execute(
        select(
            CostItem.id,
            CostItem.name,
            CostCategory.name.label("category"),
            CostItem.amount_incl_tax,
            CostItem.first_month,
            CostItem.last_month,
            Service.key.label("service"),
            Member.code.label("charge_to"),
            CostItem.unit_price,
            CostItem.usage_mode,
            CostItem.amount_note,
            CostItem.tax_rate,
        )
        .join(CostCategory, CostCategory.id == CostItem.category_id)
        .join(Service, Service.id == CostItem.service_id)
        .outerjoin(Member, Member.id == CostItem.charged_to_id)
        .where(
            CostItem.consortium_id == consortium_id,
            CostItem.fiscal_year_start == year.start_year,
            CostItem.stage == stage,
        )
        # An order that rests on content, so that the same costs give the same document anywhere.
        .order_by(
            Service.key, CostCategory.position, CostItem.first_month, CostItem.name, CostItem.id
        )
    )
    rows = found.all()
    quantities = _quantities(session, [row.id for row in rows if row.unit_price is not None])
    return tuple(_item(no, row, quantities.get(row.id, {})) for no, row in enumerate(rows, start=1))


def _item(no: int, row: Row[*tuple[Any, ...]], quantities: Mapping[str, Fraction]) -> Item:
    """Make a cost item of its row; with what was used, where it has a unit price (費目)."""
    is_by_usage = row.unit_price is not None
    return Item(
        no,
        row.name,
        row.category,
        row.amount_incl_tax,
        Month.containing(row.first_month),
        Month.containing(row.last_month),
        row.service,
        row.charge_to,
        row.id,
        Usage(row.unit_price, quantities, row.usage_mode) if is_by_usage else None,
        note=row.amount_note,
        tax_rate=None if row.tax_rate is None else row.tax_rate / 100,
    )


def _quantities(session: Session, item_ids: list[str]) -> dict[str, dict[str, Fraction]]:
    """Give what was used of the items, by code (従量の数量); no statement for none."""
    quantities: dict[str, dict[str, Fraction]] = {}
    if not item_ids:
        return quantities
    rows = session.execute(
        select(UsageQuantity.item_id, Member.code, UsageQuantity.quantity)
        .join(Member, Member.id == UsageQuantity.member_id)
        .where(UsageQuantity.item_id.in_(item_ids))
        .order_by(UsageQuantity.item_id, Member.code)
    )
    for item_id, code, quantity in rows:
        quantities.setdefault(item_id, {})[code] = quantity
    return quantities


def _participation(
    session: Session, consortium_id: str, year: FiscalYear, charged: set[str]
) -> tuple[tuple[Party, ...], Mapping[str, Mapping[str, tuple[Period, ...]]]]:
    """Give the members of the year, and when each both belongs to us and uses a service."""
    belongs: dict[str, list[Period]] = {}
    parties: dict[str, Party] = {}
    rows = session.execute(
        select(Member.code, Member.name, Member.is_lead, Membership.since, Membership.until)
        .join(Membership, Membership.member_id == Member.id)
        .where(Member.consortium_id == consortium_id)
        .order_by(Member.code, Membership.since)
    )
    for row in rows:
        period = Period(row.since, row.until)
        belongs.setdefault(row.code, []).append(period)
        if period.overlaps(year.period) or row.code in charged:
            parties[row.code] = Party(row.code, row.name, row.is_lead)
    uses: dict[str, dict[str, list[Period]]] = {}
    enrolments = session.execute(
        select(Service.key, Member.code, Enrolment.since, Enrolment.until)
        .join(Service, Service.id == Enrolment.service_id)
        .join(Member, Member.id == Enrolment.member_id)
        .where(Enrolment.consortium_id == consortium_id)
        .order_by(Service.key, Member.code, Enrolment.since)
    )
    for key, code, since, until in enrolments:
        used = Period(since, until)
        common = [both for period in belongs.get(code, []) if (both := used.intersection(period))]
        uses.setdefault(key, {}).setdefault(code, []).extend(common)
    participation = {
        key: {code: tuple(periods) for code, periods in by_code.items()}
        for key, by_code in uses.items()
    }
    return tuple(parties[code] for code in sorted(parties)), participation


def _rules(session: Session, consortium_id: str) -> Rules:
    found: dict[tuple[str, str | None], list[Dated[Rule]]] = {}
    for each in rules.rules(session, consortium_id):
        entries = [Dated(row.since, row.rule(), row.source) for row in each.versions]
        if entries:
            found.setdefault((each.service_key, each.category), []).extend(entries)
    return {
        (service, category): Timeline(
            [*_before(found.get((service, None), []) if category else [], dated), *dated],
            f"{category or 'すべての経費区分'}の負担ルール",
        )
        for (service, category), dated in found.items()
    }


def _before(general: list[Dated[Rule]], own: list[Dated[Rule]]) -> list[Dated[Rule]]:
    """Give the versions for all categories that held until a category got a rule of its own."""
    first = min(dated.since for dated in own)
    return [dated for dated in general if dated.since < first]
