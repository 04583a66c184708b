"""What stood at an instant of the past (ある時点の現況).

A report of a period missed by an outage shows what it would have shown in time; so it asks here,
and not for what stands now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.util import AliasedClass

from consortium.db.models import (
    AllocationRun,
    AuditEvent,
    Receipt,
    ReportInput,
    ReportRun,
    Settlement,
    Statement,
    StatementCancellation,
)
from consortium.db.store.in_force import is_void, newest_first
from consortium.db.store.payments import Notice
from consortium.db.store.registers import YEARLY
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.run import STEPS

_ISSUED = ("issued", "superseded")


class IssuedRun(NamedTuple):
    """A run as issued (発行した算定)."""

    id: str
    stage: str


def issued_run(
    session: Session, consortium_id: str, year: FiscalYear, at: datetime
) -> IssuedRun | None:
    """Give the run issued last for a year at an instant; else the first one issued since.

    A run whose issue was cancelled never counts; None before the first.
    """
    ours = select(AllocationRun.id, AllocationRun.stage).where(
        AllocationRun.consortium_id == consortium_id,
        AllocationRun.fiscal_year_start == year.start_year,
        AllocationRun.state.in_(_ISSUED),
        ~is_void(),
    )
    then = ours.where(AllocationRun.issued_at <= at).order_by(*newest_first())
    since = ours.where(AllocationRun.issued_at > at).order_by(AllocationRun.issued_at)
    row = session.execute(then.limit(1)).first() or session.execute(since.limit(1)).first()
    return None if row is None else IssuedRun(row.id, row.stage)


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A document in force at an instant (現行の文書)."""

    notice: Notice
    kind: str
    is_read: bool


def documents(
    session: Session, consortium_id: str, at: datetime, today: date
) -> list[IssuedDocument]:
    """Give the towns' documents that were in force at an instant, by number (現行の文書).

    `today` is the day of the instant in Japan. Left out is what was cancelled or superseded by
    then; a document counts as read once somebody of the town had received it.
    """
    later = aliased(Statement)
    replaced = exists().where(
        later.consortium_id == Statement.consortium_id,
        later.kind == Statement.kind,
        later.code == Statement.code,
        later.fiscal_year_start == Statement.fiscal_year_start,
        later.stage == Statement.stage,
        later.number > Statement.number,
        _was_out(later, at, today),
    )
    read = exists().where(
        Receipt.report_file_id == Statement.report_file_id,
        Receipt.code == Statement.code,
        Receipt.first_at <= at,
    )
    void = exists().where(
        StatementCancellation.statement_id == Statement.id,
        StatementCancellation.cancelled_at <= at,
    )
    rows = session.execute(
        select(Statement, read)
        .where(
            Statement.consortium_id == consortium_id,
            Statement.code.is_not(None),
            _was_out(Statement, at, today),
            ~void,
            or_(Statement.kind.not_in(YEARLY), ~replaced),
        )
        .order_by(Statement.number)
    )
    return [IssuedDocument(_notice(row), row.kind, bool(is_read)) for row, is_read in rows]


def _was_out(
    statement: type[Statement] | AliasedClass[Statement], at: datetime, today: date
) -> ColumnElement[bool]:
    """Ask for documents issued by an instant; one of the same day by when its input was fixed."""
    fixed_later = exists().where(
        ReportRun.id == statement.report_run_id,
        ReportInput.id == ReportRun.input_id,
        ReportInput.frozen_at > at,
    )
    return and_(statement.issued_on <= today, ~fixed_later)


def _notice(row: Statement) -> Notice:
    return Notice(
        row.id, row.document_number, row.number, FiscalYear(row.fiscal_year_start), row.code or "",
        row.instalment or 0, row.amount, row.due_on, row.issued_on, is_cancelled=False,
    )  # fmt: skip


def settled_years(session: Session, consortium_id: str, at: datetime) -> set[FiscalYear]:
    """Give the years settled by an instant (精算の確定した年度)."""
    starts = session.scalars(
        select(Settlement.fiscal_year_start).where(
            Settlement.consortium_id == consortium_id, Settlement.settled_at <= at
        )
    )
    return {FiscalYear(start) for start in starts}


class RunOnItsWay(NamedTuple):
    """A run not issued yet at an instant (作業中の算定)."""

    year: FiscalYear
    stage: str
    edition: int
    state: str
    #: when it came to that state
    since: datetime


#: State after an event of the chain; a new draft begins with `run.draft`.
_AFTER: Mapping[str, str] = {
    "run.draft": "draft",
    **{f"run.{name}": step.after for name, step in STEPS.items() if name != "recalculate"},
}


def runs_on_their_way(session: Session, consortium_id: str, at: datetime) -> list[RunOnItsWay]:
    """Give the runs that were being worked on, the longest in their state first, by the chain."""
    rows = session.execute(
        select(AllocationRun, AuditEvent.action, AuditEvent.at)
        .join(
            AuditEvent,
            and_(
                AuditEvent.consortium_id == AllocationRun.consortium_id,
                AuditEvent.object_id == AllocationRun.id,
            ),
        )
        .where(
            AllocationRun.consortium_id == consortium_id,
            AuditEvent.action.in_(_AFTER),
            AuditEvent.at <= at,
        )
        .order_by(AuditEvent.seq)
    )
    latest = {
        run.id: RunOnItsWay(
            FiscalYear(run.fiscal_year_start), run.stage, run.edition, _AFTER[action], since
        )
        for run, action, since in rows
    }
    return _open(latest.values())


def _open(found: Iterable[RunOnItsWay]) -> list[RunOnItsWay]:
    is_open = (run for run in found if run.state in ("draft", "in_review", "approved"))
    return sorted(is_open, key=lambda run: (run.since, run.year, run.stage, run.edition))
