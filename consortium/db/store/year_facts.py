"""What happened in the fiscal years (年度の事実), in one statement: what the steps ask about."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    Text,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy import exists as is_there
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store.calendars import holds_for
from consortium.db.store.fact_lines import Row, line_of, read_rows
from consortium.db.store.in_force import is_void, newest_first, stands
from consortium.domain.calendar.period import FiscalYear, Period

_ISSUED = ("issued", "superseded")
_MADE = ("published", "notified")


def happened(
    session: Session,
    consortium_id: str,
    years: Iterable[FiscalYear],
    days: Period,
    more: Iterable[Select[*tuple[Any, ...]]] = (),
) -> list[Row]:
    """Read what happened about some fiscal years, and the closed days of a period (年度の事実).

    Rows are named by `what`: issued, cancelled, on_its_way, cost, closing, settlement, question,
    report, labels, closed_day (number 1 closed, 0 opened; key empty where it holds for all, else
    the lead city), those of the ledger (see `_ledger`); of base figures round (day 基準日, until
    提出期限), asked (key round, note series), handed_in and stay (day and until of a membership).
    `more` are further lines for the same statement.
    """
    starts = sorted({year.start_year for year in years})
    parts = [
        *_runs(consortium_id, starts),
        *_rounds(consortium_id),
        _costs(consortium_id, starts),
        _closings(consortium_id, starts),
        _settlements(consortium_id, starts),
        _questions(consortium_id, starts),
        _reports(consortium_id),
        *_ledger(consortium_id, starts),
        _labels(consortium_id),
        _days(consortium_id, days),
        *more,
    ]
    return read_rows(session, *parts)


def waiting_for(
    session: Session, consortium_id: str, code: str, years: Iterable[FiscalYear]
) -> list[Row]:
    """Read what a town's own duties rest on, in one statement (自団体のすることの元).

    Rows: question (open ones: their number; amount 1 where the lead city asked, 0 where the town
    did), round, handed_in, stay and the ledger of some years as in `happened`; closed_day by the
    code of the town or the lead city, or none where it holds for all.
    """
    asked, run = models.Question, models.AllocationRun
    questions = (
        line_of("question", number=func.count(), amount=cast(asked.is_from_lead, Integer))
        .select_from(asked)
        .join(run, run.id == asked.run_id)
        .where(asked.consortium_id == consortium_id, asked.code == code, asked.state == "open")
        # What the lead city asks about a draft is its own matter until the draft is issued.
        .where(run.state.in_(_ISSUED))
        .group_by(asked.is_from_lead)
    )
    days = models.ClosedDay
    closed = line_of(
        "closed_day", key=days.code, day=days.day, number=cast(days.is_closed, Integer())
    ).where(
        days.consortium_id == consortium_id,
        or_(holds_for(consortium_id, code), holds_for(consortium_id, None)),
    )
    starts = sorted({year.start_year for year in years})
    ledger = _ledger(consortium_id, starts, code) if starts else ()
    return read_rows(session, questions, closed, *ledger, *_rounds(consortium_id, code))


def _runs(consortium_id: str, starts: list[int]) -> Iterable[Select[*tuple[Any, ...]]]:
    table = models.AllocationRun
    ours = (table.consortium_id == consortium_id, table.fiscal_year_start.in_(starts))
    year, stage = table.fiscal_year_start, table.stage
    # A stage counts while an edition of it stands, since the first that was not cancelled.
    yield (
        line_of("issued", year=year, key=stage, at=func.min(table.issued_at))
        .where(*ours, table.state.in_(_ISSUED), ~is_void(table))
        .group_by(year, stage)
        .having(func.sum(case((table.state == "issued", 1), else_=0)) > 0)
    )
    yield line_of("cancelled", year=year, key=stage).where(
        *ours, table.state == "issued", is_void(table)
    )
    yield (
        line_of("on_its_way", year=year, key=stage, number=table.edition, note=table.state).where(
            *ours, table.state.not_in(_ISSUED)
        )
    )


def _rounds(consortium_id: str, code: str = "") -> Iterable[Select[*tuple[Any, ...]]]:
    """Read the rounds of base figures, who handed in and who was a member, of one town or all."""
    table, sent = models.BaseRound, models.BaseHandIn
    member, stay = models.Member, models.Membership
    yield line_of(
        "round",
        year=table.fiscal_year_start,
        key=table.id,
        note=table.state,
        day=table.reference_on,
        until=table.due_on,
        at=table.closed_at,
    ).where(table.consortium_id == consortium_id)
    asked = models.BaseRoundSeries
    yield line_of("asked", key=asked.round_id, note=asked.label).where(
        asked.consortium_id == consortium_id
    )
    handed_in = line_of("handed_in", key=sent.code, note=sent.round_id).where(
        sent.consortium_id == consortium_id
    )
    stays = (
        line_of("stay", key=member.code, day=stay.since, until=stay.until, note=member.name)
        .select_from(stay)
        .join(member, member.id == stay.member_id)
        .where(stay.consortium_id == consortium_id)
    )
    yield handed_in.where(sent.code == code).distinct() if code else handed_in.distinct()
    yield stays.where(member.code == code) if code else stays


def _costs(consortium_id: str, starts: list[int]) -> Select[*tuple[Any, ...]]:
    table = models.CostItem
    return (
        line_of("cost", year=table.fiscal_year_start, key=table.stage)
        .where(table.consortium_id == consortium_id, table.fiscal_year_start.in_(starts))
        .group_by(table.fiscal_year_start, table.stage)
    )


def _closings(consortium_id: str, starts: list[int]) -> Select[*tuple[Any, ...]]:
    table = models.YearClosing
    return line_of(
        "closing", year=table.fiscal_year_start, key=table.kind, at=table.closed_at
    ).where(
        table.consortium_id == consortium_id,
        table.fiscal_year_start.in_(starts),
        table.ended_at.is_(None),
    )


def _settlements(consortium_id: str, starts: list[int]) -> Select[*tuple[Any, ...]]:
    table, run = models.Settlement, models.AllocationRun
    return (
        line_of("settlement", year=table.fiscal_year_start, at=func.max(table.settled_at))
        .select_from(table)
        .join(run, run.id == table.run_id)
        .where(
            table.consortium_id == consortium_id,
            table.fiscal_year_start.in_(starts),
            stands(run),
        )
        .group_by(table.fiscal_year_start)
    )


def _questions(consortium_id: str, starts: list[int]) -> Select[*tuple[Any, ...]]:
    table, run = models.Question, models.AllocationRun
    return (
        line_of("question", year=run.fiscal_year_start, number=func.count())
        .select_from(table)
        .join(run, run.id == table.run_id)
        .where(
            table.consortium_id == consortium_id,
            table.state == "open",
            run.fiscal_year_start.in_(starts),
        )
        .group_by(run.fiscal_year_start)
    )


def _reports(consortium_id: str) -> Select[*tuple[Any, ...]]:
    table = models.ReportRun
    return line_of("report", key=table.period_key, at=table.due_at).where(
        table.consortium_id == consortium_id,
        table.kind == "monthly_cost",
        table.state.in_(_MADE),
    )


def _ledger(
    consortium_id: str, starts: list[int], code: str = ""
) -> Iterable[Select[*tuple[Any, ...]]]:
    """Read what the ledger of some years is made of, of one town or all (納付状況の元).

    Rows: plan (key 分け方, number unit, note 端数処理), planned (number, day due day, until nominal
    day, key roll rule, note percent), plan_item (number, key category), in_force (key stage, note
    run), share (key town, note category), settled (key town, note run), notice and notice_void (key
    town, number, day issued, until due, note document number), paid (key town, number), member.
    """
    plan, part, item = models.InstalmentPlan, models.Instalment, models.InstalmentItem
    ours = (plan.consortium_id == consortium_id, plan.fiscal_year_start.in_(starts))
    year = plan.fiscal_year_start
    yield line_of("plan", year=year, key=plan.method, number=plan.unit, note=plan.mode).where(*ours)
    yield (
        line_of(
            "planned", year=year, number=part.no, day=part.due_on, until=part.due_nominal,
            key=part.roll_rule, note=cast(part.percent, Text()),
        )
        .select_from(plan)
        .join(part, part.plan_id == plan.id)
        .where(*ours)
    )  # fmt: skip
    yield (
        line_of("plan_item", year=year, number=item.no, key=item.category_id)
        .select_from(plan)
        .join(item, item.plan_id == plan.id)
        .where(*ours, plan.method == "items")
    )
    yield from _amounts(consortium_id, starts, code)
    yield _notices(consortium_id, starts, code)
    yield _paid(consortium_id, starts, code)
    member = models.Member
    yield line_of("member", key=member.code, note=member.name).where(
        member.consortium_id == consortium_id
    )


def _amounts(
    consortium_id: str, starts: list[int], code: str
) -> Iterable[Select[*tuple[Any, ...]]]:
    """Read what each town bears by the run in force, and by the settlement in force."""
    run, share, item = models.AllocationRun, models.ShareRow, models.CostItem
    place = func.row_number().over(partition_by=run.fiscal_year_start, order_by=newest_first(run))
    ranked = (
        select(run.id, run.fiscal_year_start.label("year"), run.stage, place.label("place"))
        .where(run.consortium_id == consortium_id, run.fiscal_year_start.in_(starts), stands(run))
        .subquery()
    )
    year, category = ranked.c.year, item.category_id
    yield line_of("in_force", year=year, key=ranked.c.stage, note=ranked.c.id).where(
        ranked.c.place == 1
    )
    shares = (
        line_of("share", year=year, key=share.code, note=category, amount=func.sum(share.amount))
        .select_from(ranked)
        .join(share, share.run_id == ranked.c.id)
        .outerjoin(item, item.id == share.item_id)
        .where(ranked.c.place == 1)
        .group_by(year, share.code, category)
    )
    yield shares.where(share.code == code) if code else shares
    table, line = models.Settlement, models.SettlementLine
    yield (
        line_of("settled", year=table.fiscal_year_start, key=line.code, amount=line.final)
        .select_from(table)
        .join(run, run.id == table.run_id)
        .outerjoin(line, line.settlement_id == table.id)
        .where(
            table.consortium_id == consortium_id,
            table.fiscal_year_start.in_(starts),
            stands(run),
        )
    )


def _notices(consortium_id: str, starts: list[int], code: str) -> Select[*tuple[Any, ...]]:
    table, gone = models.Statement, models.StatementCancellation
    is_gone = is_there().where(gone.statement_id == table.id)
    found = line_of(
        case((is_gone, "notice_void"), else_="notice"),
        year=table.fiscal_year_start,
        key=table.code,
        number=table.instalment,
        day=table.issued_on,
        until=table.due_on,
        amount=table.amount,
        note=table.document_number,
    ).where(
        table.consortium_id == consortium_id,
        table.fiscal_year_start.in_(starts),
        table.kind == "notice",
        table.code.is_not(None),
        table.instalment.is_not(None),
    )
    return found.where(table.code == code) if code else found


def _paid(consortium_id: str, starts: list[int], code: str) -> Select[*tuple[Any, ...]]:
    """Read what a town paid of a year and what it is; the instalment where one was named."""
    table, void = models.Payment, models.PaymentVoid
    found = line_of(
        "paid",
        year=table.fiscal_year_start,
        key=table.code,
        number=table.instalment,
        amount=table.amount,
        note=table.kind,
    ).where(
        table.consortium_id == consortium_id,
        table.fiscal_year_start.in_(starts),
        ~is_there().where(void.payment_id == table.id),
    )
    return found.where(table.code == code) if code else found


def _labels(consortium_id: str) -> Select[*tuple[Any, ...]]:
    table = models.Consortium
    return line_of("labels", note=table.year_labels).where(table.id == consortium_id)


def _days(consortium_id: str, days: Period) -> Select[*tuple[Any, ...]]:
    """Read the rows that hold for the lead city; those of a town are its own matter."""
    table = models.ClosedDay
    is_closed = cast(table.is_closed, Integer())
    found = line_of(
        "closed_day", key=table.code, day=table.day, number=is_closed, note=table.name
    ).where(
        table.consortium_id == consortium_id,
        holds_for(consortium_id, None),
        table.day >= days.since,
    )
    return found if days.until is None else found.where(table.day < days.until)
