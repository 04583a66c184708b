"""Published files of the towns, and who of them received which (公開した帳票と受領)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from consortium.db.models import (
    AllocationRun,
    Member,
    Receipt,
    ReportFile,
    ReportInput,
    ReportRun,
    Statement,
    StatementCancellation,
    UserAccount,
)
from consortium.db.store.registers import MEMBER, PUBLISHED, YEARLY
from consortium.domain.calendar.period import FiscalYear

_TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Received:
    """That somebody of the town received a file (受領): first, last, how often."""

    name: str
    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """A published file of a town (公開した帳票)."""

    consortium_id: str
    file_id: str
    run_id: str
    kind: str
    period_key: str
    edition: int
    code: str
    town: str
    display_name: str
    file_hash: str
    #: empty for a report that stands in no register
    document_number: str
    #: day of issue; of a report the day its figures were fixed
    issued_on: date
    #: False once it was cancelled, or replaced by a later edition
    stands: bool
    #: who of the town received it, the earliest first; empty: 未受領
    received: tuple[Received, ...] = ()


def delivered(session: Session, consortium_id: str, year: FiscalYear) -> list[Delivered]:
    """Give the towns' files of a fiscal year with their receipts, in the register's order (受領簿).

    The office's own files are left out: it issued them itself.
    """
    query = _select().where(
        ReportFile.consortium_id == consortium_id,
        ReportRun.fiscal_year_start == year.start_year,
    )
    in_time = (ReportInput.frozen_at, ReportRun.period_key, Member.code)
    order = (Statement.number.is_(None), Statement.number, *in_time)
    return _grouped(session.execute(query.order_by(*order, ReportFile.id, Receipt.first_at)))


def unread(session: Session, consortium_id: str | None = None) -> list[Delivered]:
    """Give what stands and nobody of its town received, the oldest first (未受領の一覧)."""
    query = _select().where(_stands(), Receipt.id.is_(None))
    if consortium_id is not None:
        query = query.where(ReportFile.consortium_id == consortium_id)
    period = ReportRun.period_key
    order = (ReportInput.frozen_at, Statement.number, period, Member.code, ReportFile.id)
    return _grouped(session.execute(query.order_by(*order)))


def years_delivered(session: Session, consortium_id: str) -> list[FiscalYear]:
    """Give the fiscal years of which something was published, in order (帳票のある年度)."""
    start = ReportRun.fiscal_year_start
    years = session.scalars(
        select(start)
        .where(ReportRun.consortium_id == consortium_id, ReportRun.state.in_(PUBLISHED))
        .distinct()
        .order_by(start)
    )
    return [FiscalYear(each) for each in years]


def _stands() -> ColumnElement[bool]:
    """Ask for what was neither cancelled nor replaced since (現行)."""
    newer_file, newer_run = aliased(ReportFile), aliased(ReportRun)
    is_replaced = exists().where(
        newer_file.slot == ReportFile.slot,
        newer_run.id == newer_file.run_id,
        newer_run.consortium_id == ReportRun.consortium_id,
        newer_run.kind == ReportRun.kind,
        newer_run.fiscal_year_start == ReportRun.fiscal_year_start,
        newer_run.period_key == ReportRun.period_key,
        newer_run.edition > ReportRun.edition,
        newer_run.state.in_(PUBLISHED),
    )
    is_void = exists().where(StatementCancellation.statement_id == Statement.id)
    # A notice once sent stands by itself; a statement falls with the run it states.
    in_register = and_(
        ~is_void, or_(Statement.kind.not_in(YEARLY), AllocationRun.state == "issued")
    )
    return or_(and_(Statement.id.is_(None), ~is_replaced), in_register)


def _select() -> Select[*tuple[Any, ...]]:
    """Select every published file of a town but the lead city, once for each receipt."""
    own = and_(
        Member.consortium_id == ReportFile.consortium_id,
        ReportFile.slot == literal(MEMBER).concat(Member.code),
    )
    by_town = and_(Receipt.report_file_id == ReportFile.id, Receipt.code == Member.code)
    return (
        select(
            ReportFile, ReportRun, Member.code, Member.name, Statement.document_number,
            Statement.issued_on, ReportInput.frozen_at, _stands().label("stands"), Receipt,
            UserAccount.display_name.label("reader"),
        )
        .join(ReportRun, ReportRun.id == ReportFile.run_id)
        .join(ReportInput, ReportInput.id == ReportRun.input_id)
        .join(Member, own)
        .outerjoin(Statement, Statement.report_file_id == ReportFile.id)
        .outerjoin(AllocationRun, AllocationRun.id == Statement.run_id)
        .outerjoin(Receipt, by_town)
        .outerjoin(UserAccount, UserAccount.id == Receipt.user_id)
        .where(ReportRun.state.in_(PUBLISHED), ~Member.is_lead)
    )  # fmt: skip


def _grouped(rows: Iterable[Any]) -> list[Delivered]:
    """Put the receipts of a file together."""
    found: dict[str, tuple[Any, list[Received]]] = {}
    for row in rows:
        _, received = found.setdefault(row.ReportFile.id, (row, []))
        if (noted := row.Receipt) is not None:
            received.append(Received(row.reader, noted.first_at, noted.last_at, noted.count))
    return [_delivered(row, received) for row, received in found.values()]


def _delivered(row: Any, received: Iterable[Received]) -> Delivered:
    file, run = row.ReportFile, row.ReportRun
    return Delivered(
        file.consortium_id,
        file.id,
        run.id,
        run.kind,
        run.period_key,
        run.edition,
        row.code,
        row.name,
        file.display_name,
        file.file_hash,
        row.document_number or "",
        row.issued_on or row.frozen_at.astimezone(_TOKYO).date(),
        bool(row.stands),
        tuple(received),
    )
