"""Orders of documents whose input is fixed at once (発行の指示): notices, reminders, archives.

The officer saw what will be printed, so it is frozen in the unit that orders it; whoever makes the
files later, a crash in between included, prints that and nothing newer.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consortium.db.files import StoredFile
from consortium.db.models import (
    ReportFile,
    ReportInput,
    ReportRun,
    Statement,
    StatementCancellation,
    new_id,
)
from consortium.db.store.registers import PUBLISHED
from consortium.db.store.reports import NewRun, retry
from consortium.db.store.turns import OPEN
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.canonical import canonical, sha256_hex


class Order(NamedTuple):
    """A report run as ordered (発行の指示)."""

    id: str
    kind: str
    period_key: str
    edition: int
    state: str

    @property
    def is_done(self) -> bool:
        """Say whether its documents are out (発行済)."""
        return self.state in PUBLISHED


def add_order(unit: Unit, order_id: str, new: NewRun, document: Mapping[str, Any]) -> None:
    """Order a report whose input is fixed now (発行の指示)."""
    text = canonical(document)
    frozen = ReportInput(
        id=new_id(),
        consortium_id=new.consortium_id,
        document=text,
        sha256=sha256_hex(text),
        frozen_at=unit.now,
    )
    unit.session.add(frozen)
    unit.session.flush()
    unit.session.add(
        ReportRun(
            id=order_id,
            consortium_id=new.consortium_id,
            kind=new.kind,
            fiscal_year_start=new.year.start_year,
            period_key=new.period_key,
            edition=new.edition,
            due_at=new.due_at,
            state="due",
            late=False,
            input_id=frozen.id,
        )
    )
    unit.session.flush()


def find_order(session: Session, consortium_id: str, order_id: str) -> Order | None:
    """Give the order that a form made, None while it made none."""
    row = session.get(ReportRun, order_id)
    if row is None or row.consortium_id != consortium_id:
        return None
    return _order(row)


def pending(
    session: Session, consortium_id: str, kind: str, year: FiscalYear, period_key: str
) -> Order | None:
    """Give the order of a period that is not finished yet, a failed one too (作成中)."""
    row = session.scalars(
        _of_period(consortium_id, kind, year, period_key)
        .where(ReportRun.state.in_((*OPEN, "failed")))
        .order_by(ReportRun.edition)
    ).first()
    return None if row is None else _order(row)


def next_edition(
    session: Session, consortium_id: str, kind: str, year: FiscalYear, period_key: str
) -> int:
    """Give the edition of the next document of a period, counted from 1 (次の版)."""
    rows = _of_period(consortium_id, kind, year, period_key).subquery()
    return (session.scalar(select(func.max(rows.c.edition))) or 0) + 1


def _of_period(consortium_id: str, kind: str, year: FiscalYear, period_key: str) -> Any:
    return select(ReportRun).where(
        ReportRun.consortium_id == consortium_id,
        ReportRun.kind == kind,
        ReportRun.fiscal_year_start == year.start_year,
        ReportRun.period_key == period_key,
    )


def _order(row: ReportRun) -> Order:
    return Order(row.id, row.kind, row.period_key, row.edition, row.state)


def resume(unit: Unit, consortium_id: str, order: Order) -> None:
    """Let an order that failed be tried again at once (再試行)."""
    if order.state == "failed":
        retry(unit, consortium_id, order.id)


class IssuedFile(NamedTuple):
    """A file that went out for a year (発行したファイル)."""

    #: statement, summary, notice, reminder or monthly_cost (帳票の区分)
    kind: str
    display_name: str
    stored: StoredFile
    #: 文書番号; empty for a report outside the register
    document_number: str
    is_cancelled: bool


def files_of_year(session: Session, consortium_id: str, year: FiscalYear) -> list[IssuedFile]:
    """Give every file that went out for a year but its archives, by name (年度の全ファイル)."""
    rows = session.execute(
        select(ReportFile, ReportRun.kind, Statement, StatementCancellation.id)
        .join(ReportRun, ReportRun.id == ReportFile.run_id)
        .outerjoin(Statement, Statement.report_file_id == ReportFile.id)
        .outerjoin(StatementCancellation, StatementCancellation.statement_id == Statement.id)
        .where(
            ReportFile.consortium_id == consortium_id,
            ReportRun.fiscal_year_start == year.start_year,
            ReportRun.state.in_(PUBLISHED),
            ReportRun.kind != "archive",
        )
    ).all()
    found = [
        IssuedFile(
            kind if statement is None else statement.kind,
            file.display_name,
            StoredFile(file.stored_name, file.size, file.file_hash),
            "" if statement is None else statement.document_number,
            void is not None,
        )
        for file, kind, statement, void in rows
    ]
    # Not by the database: its order of Japanese names differs between the two.
    return sorted(found, key=lambda each: (each.kind, each.display_name, each.stored.stored_name))
