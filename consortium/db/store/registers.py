"""The issue register and what the towns received (発行台帳・受領)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from consortium.db.files import StoredFile
from consortium.db.models import (
    AllocationRun,
    Consortium,
    Member,
    Receipt,
    ReportFile,
    ReportRun,
    Statement,
    new_id,
)
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError
from consortium.domain.yen import Yen

#: States of a report run whose files people may see (公開済の状態).
PUBLISHED = ("published", "notified")
_MEMBER = "member:"


@dataclass(frozen=True, slots=True)
class NewStatement:
    """A line to be entered in the register (発行台帳への記載)."""

    run_id: str
    report_run_id: str
    report_file_id: str
    slot: str
    code: str | None
    number: int
    document_number: str
    year: FiscalYear
    stage: str
    edition: int
    amount: Yen
    issued_on: date
    data_hash: str
    file_hash: str
    register_seq: int
    register_hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the register as shown (発行台帳の一行)."""

    id: str
    run_id: str
    file_id: str
    code: str | None
    number: int
    document_number: str
    year: FiscalYear
    stage: str
    edition: int
    amount: Yen
    issued_on: date
    data_hash: str
    file_hash: str
    register_seq: int
    register_hash: str
    display_name: str
    size: int
    #: False once a later edition of the stage was issued (失効)
    is_current: bool
    #: first receipt by somebody of the town itself; None while unread
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Download:
    """A published file and where its bytes lie (受け取る帳票)."""

    file_id: str
    #: the town whose file it is; the lead city for its summary
    code: str
    slot: str
    display_name: str
    kind: str
    year: FiscalYear
    period_key: str
    edition: int
    stored: StoredFile


def take_numbers(unit: Unit, consortium_id: str, count: int, title: str) -> int:
    """Take running numbers for good and give the first of them (文書番号の割当)."""
    first = (
        unit.session.execute(
            update(Consortium)
            .where(Consortium.id == consortium_id)
            .values(next_number=Consortium.next_number + count)
            .returning(Consortium.next_number)
        ).scalar_one()
        - count
    )
    unit.record(
        consortium_id,
        "register.numbers",
        "consortium",
        consortium_id,
        f"{title}の文書番号の割当",
        None,
        {"first": first, "count": count},
    )
    return int(first)


def enter(unit: Unit, consortium_id: str, title: str, entries: Iterable[NewStatement]) -> None:
    """Enter lines in the register; the event of the chain holds every hash (発行台帳への記載)."""
    lines = list(entries)
    unit.session.execute(insert(Statement), [_row(consortium_id, line) for line in lines])
    after = {
        line.slot: {
            "number": line.number,
            "amount": line.amount,
            "data_hash": line.data_hash,
            "file_hash": line.file_hash,
        }
        for line in lines
    }
    run_id, heading = lines[0].run_id, f"{title}の発行"
    unit.record(consortium_id, "statement.issue", "allocation_run", run_id, heading, None, after)


def _row(consortium_id: str, line: NewStatement) -> dict[str, Any]:
    return {
        "id": new_id(),
        "consortium_id": consortium_id,
        "run_id": line.run_id,
        "report_run_id": line.report_run_id,
        "report_file_id": line.report_file_id,
        "slot": line.slot,
        "code": line.code,
        "number": line.number,
        "document_number": line.document_number,
        "fiscal_year_start": line.year.start_year,
        "stage": line.stage,
        "edition": line.edition,
        "amount": line.amount,
        "issued_on": line.issued_on,
        "data_hash": line.data_hash,
        "file_hash": line.file_hash,
        "register_seq": line.register_seq,
        "register_hash": line.register_hash,
    }


def _select_entries(consortium_id: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Statement,
            ReportFile.display_name,
            ReportFile.size,
            AllocationRun.state,
        )
        .join(ReportFile, ReportFile.id == Statement.report_file_id)
        .join(AllocationRun, AllocationRun.id == Statement.run_id)
        .where(Statement.consortium_id == consortium_id)
        .order_by(Statement.number)
    )


def entries(
    session: Session,
    consortium_id: str,
    *,
    year: FiscalYear | None = None,
    code: str | None = None,
) -> list[Entry]:
    """Give lines of the register; of one fiscal year, or of one town, where asked (発行台帳)."""
    query = _select_entries(consortium_id)
    if year is not None:
        query = query.where(Statement.fiscal_year_start == year.start_year)
    if code is not None:
        query = query.where(Statement.code == code)
    received = received_at(session, consortium_id)
    return [_entry(row, received) for row in session.execute(query)]


def received_at(session: Session, consortium_id: str) -> dict[str, datetime]:
    """Give per file the first receipt by the town that it is for (受領日時)."""
    rows = session.execute(
        select(Receipt.report_file_id, Receipt.first_at, Receipt.code, ReportFile.slot)
        .join(ReportFile, ReportFile.id == Receipt.report_file_id)
        .where(Receipt.consortium_id == consortium_id)
        .order_by(Receipt.first_at.desc())
    )
    return {row.report_file_id: row.first_at for row in rows if row.slot == f"{_MEMBER}{row.code}"}


def _entry(row: Any, received: dict[str, datetime]) -> Entry:
    statement: Statement = row[0]
    return Entry(
        statement.id,
        statement.run_id,
        statement.report_file_id,
        statement.code,
        statement.number,
        statement.document_number,
        FiscalYear(statement.fiscal_year_start),
        statement.stage,
        statement.edition,
        statement.amount,
        statement.issued_on,
        statement.data_hash,
        statement.file_hash,
        statement.register_seq,
        statement.register_hash,
        row.display_name,
        row.size,
        row.state == "issued",
        received.get(statement.report_file_id),
    )


def years_with_entries(session: Session, consortium_id: str) -> list[FiscalYear]:
    """Give the fiscal years of which something was issued, in order."""
    years = session.scalars(
        select(Statement.fiscal_year_start)
        .where(Statement.consortium_id == consortium_id)
        .distinct()
        .order_by(Statement.fiscal_year_start)
    )
    return [FiscalYear(year) for year in years]


def find_download(
    session: Session, consortium_id: str, file_id: str, *, code: str | None
) -> Download:
    """Give a published file; `code` limits it to the files of that town.

    Raises: NotFoundError for what is not there, not published, or another town's: all alike.
    """
    lead = select(Member.code).where(Member.consortium_id == consortium_id, Member.is_lead)
    query = (
        select(ReportFile, ReportRun, lead.limit(1).scalar_subquery())
        .join(ReportRun, ReportRun.id == ReportFile.run_id)
        .where(
            ReportFile.id == file_id,
            ReportFile.consortium_id == consortium_id,
            ReportRun.state.in_(PUBLISHED),
        )
    )
    if code is not None:
        query = query.where(ReportFile.slot == f"{_MEMBER}{code}")
    row = session.execute(query).first()
    if row is None:
        raise NotFoundError(
            "帳票を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
        )
    file, run, lead_code = row
    return Download(
        file.id,
        file.slot.removeprefix(_MEMBER) if file.slot.startswith(_MEMBER) else lead_code or "",
        file.slot,
        file.display_name,
        run.kind,
        FiscalYear(run.fiscal_year_start),
        run.period_key,
        run.edition,
        StoredFile(file.stored_name, file.size, file.file_hash),
    )
