"""What an agreement says for a fiscal year and stage, read from the tables (協定の定め)."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store import dampening as dampening_store
from consortium.db.store import funding as funding_store
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.funding import Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.dampening import Dampening
from consortium.domain.sharing.explanation import source_text
from consortium.domain.sharing.result import CostItem
from consortium.domain.sharing.transfers import BuildCost, Term


def load_agreement(
    session: Session,
    consortium_id: str,
    year: FiscalYear,
    stage: str,
    items: Iterable[CostItem],
) -> Agreement:
    """Read grants, build costs and dampening; four statements, seven if something is dampened.

    Grants name the `no` of their item; `items` are those of the run, with their row id as `key`.
    The dampening is the version in force on the first day of the fiscal year.
    """
    return Agreement(
        _grants(session, consortium_id, year, stage, {item.key: item.no for item in items}),
        _build_costs(session, consortium_id, year),
        _dampening(session, consortium_id, year),
    )


def _grants(
    session: Session, consortium_id: str, year: FiscalYear, stage: str, numbers: dict[str, int]
) -> tuple[Grant, ...]:
    measures = funding_store.measures(session, consortium_id, year, stage)
    if not measures:
        return ()
    member = models.Member
    rows = session.execute(
        select(member.id, member.code).where(member.consortium_id == consortium_id)
    )
    codes = {id_: code for id_, code in rows}
    return tuple(
        Grant(
            each.name,
            each.amount,
            each.treatment,
            numbers[each.item_id] if each.item_id else None,
            codes[each.member_id] if each.member_id else None,
            each.rate,
            each.note,
        )
        for each in measures
    )


def _build_costs(session: Session, consortium_id: str, year: FiscalYear) -> tuple[BuildCost, ...]:
    """Read the build costs whose term has a day in the year; the others move nothing."""
    build, term, category = models.BuildCost, models.Term, models.CostCategory
    rows = session.execute(
        select(
            build.name,
            build.amount,
            term.name.label("term"),
            term.since,
            term.until,
            models.Service.key.label("service"),
            category.name.label("category"),
            build.joining,
            build.leaving,
        )
        .join(term, term.id == build.term_id)
        .join(category, category.id == build.category_id)
        .join(models.Service, models.Service.id == category.service_id)
        .where(
            build.consortium_id == consortium_id,
            term.since < year.next().period.since,
            term.until > year.period.since,
        )
        # An order that rests on content, so that the same costs give the same document anywhere.
        .order_by(term.since, term.name, build.name, build.id)
    )
    return tuple(
        BuildCost(
            row.name,
            row.amount,
            Term.between(row.term, row.since, row.until),
            row.service,
            row.category,
            row.joining,
            row.leaving,
        )
        for row in rows
    )


def _dampening(session: Session, consortium_id: str, year: FiscalYear) -> Dampening | None:
    version = dampening_store.in_force(session, consortium_id, year.period.since)
    if version is None:
        return None
    return Dampening(
        dampening_store.previous_amounts(session, consortium_id, year),
        version.up,
        version.down,
        version.tolerance,
        version.order,
        source_text(version.source),
    )
