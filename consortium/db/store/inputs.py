"""What a run of a fiscal year rests on, read from the tables (算定の前提)."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db.models import (
    BasisValue,
    CostCategory,
    CostItem,
    Enrolment,
    Member,
    Membership,
    RuleComponent,
    Service,
    SharingRule,
    SharingRuleVersion,
)
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem as Item
from consortium.domain.sharing.rule import Component, Rule, Rules
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding


class Inputs(NamedTuple):
    """Everything `share()` takes (算定の入力)."""

    items: tuple[Item, ...]
    rules: Rules
    facts: Facts


def load_inputs(session: Session, consortium_id: str, year: FiscalYear, stage: str) -> Inputs:
    """Read items, rules and facts of a fiscal year and stage; six statements."""
    items = _items(session, consortium_id, year, stage)
    rules = _rules(session, consortium_id)
    charged = {item.charge_to for item in items if item.charge_to}
    parties, participation = _participation(session, consortium_id, year, charged)
    series = _series(session, consortium_id)
    return Inputs(items, rules, Facts(parties, participation, series))


def _items(session: Session, consortium_id: str, year: FiscalYear, stage: str) -> tuple[Item, ...]:
    rows = session.execute(
        select(
            CostItem.id,
            CostItem.name,
            CostCategory.name.label("category"),
            CostItem.amount_incl_tax,
            CostItem.first_month,
            CostItem.last_month,
            Service.key.label("service"),
            Member.code.label("charge_to"),
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
    return tuple(
        Item(
            no,
            row.name,
            row.category,
            row.amount_incl_tax,
            Month.containing(row.first_month),
            Month.containing(row.last_month),
            row.service,
            row.charge_to,
            row.id,
        )
        for no, row in enumerate(rows, start=1)
    )


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


def series_key(series: str, reference_date: date, edition: str) -> str:
    """Name one edition of a basis (算定基礎の版), e.g. population@2015-10-01/平成27年国勢調査."""
    return f"{series}@{reference_date}/{edition}"


def _series(session: Session, consortium_id: str) -> dict[str, Series]:
    found: dict[str, list[BasisValue]] = {}
    rows = session.scalars(
        select(BasisValue)
        .where(BasisValue.consortium_id == consortium_id)
        .order_by(BasisValue.series, BasisValue.reference_date, BasisValue.code)
    )
    for row in rows:
        key = series_key(row.series, row.reference_date, row.edition)
        found.setdefault(key, []).append(row)
    return {
        key: Series(
            key,
            values[0].label,
            {value.code: value.value for value in values},
            values[0].reference_date,
            values[0].edition,
            # One value still expected makes the whole edition so.
            "見込" if any(value.certainty == "見込" for value in values) else "確定",
            values[0].source,
        )
        for key, values in found.items()
    }


def _rules(session: Session, consortium_id: str) -> Rules:
    components: dict[str, list[Component]] = {}
    for row in session.scalars(
        select(RuleComponent)
        .where(RuleComponent.consortium_id == consortium_id)
        .order_by(RuleComponent.version_id, RuleComponent.position)
    ):
        components.setdefault(row.version_id, []).append(_component(row))
    entries: dict[tuple[str, str | None], list[Dated[Rule]]] = {}
    versions = session.execute(
        select(SharingRuleVersion, Service.key, CostCategory.name)
        .join(SharingRule, SharingRule.id == SharingRuleVersion.rule_id)
        .join(Service, Service.id == SharingRule.service_id)
        .outerjoin(CostCategory, CostCategory.id == SharingRule.category_id)
        .where(SharingRuleVersion.consortium_id == consortium_id)
        .order_by(SharingRuleVersion.since)
    )
    for version, service, category in versions:
        rounding = Rounding(version.unit, version.mode, version.level, version.residual)
        rule = Rule(tuple(components[version.id]), rounding, version.proration)
        source = Source(
            version.source_document, version.source_article, version.decided_on, version.note
        )
        entries.setdefault((service, category), []).append(Dated(version.since, rule, source))
    return {
        (service, category): Timeline(dated, f"{category or 'すべての経費区分'}の負担ルール")
        for (service, category), dated in entries.items()
    }


def _component(row: RuleComponent) -> Component:
    key = row.series or row.basis
    used = None
    if row.series is not None and row.reference_date is not None:
        used = series_key(row.series, row.reference_date, row.edition or "")
    return Component(key, row.basis, row.label, Fraction(row.weight), used)
