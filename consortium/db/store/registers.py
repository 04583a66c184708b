"""The issue register and what the towns received (発行台帳・受領)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from consortium.db.files import StoredFile
from consortium.db.models import (
    AllocationRun,
    Consortium,
    Member,
    Receipt,
    ReportFile,
    ReportRun,
    Statement,
    StatementCancellation,
    UserAccount,
    new_id,
)
from consortium.db.row_hash import CANCELLATION, STATEMENT, row_hash
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import DuplicateError, NotFoundError
from consortium.domain.yen import Yen

#: Events of the chain that enter documents and make them void.
ISSUE, CANCEL = "statement.issue", "statement.cancel"
#: States of a report run whose files people may see (公開済の状態).
PUBLISHED = ("published", "notified")
#: Documents that a later edition of the stage replaces; a notice once sent stands by itself.
YEARLY = ("statement", "summary")
#: Begins the slot of a town's file (構成団体のファイル).
MEMBER = "member:"


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
    #: statement, summary, notice, reminder or archive; empty: by the slot (帳票の区分)
    kind: str = ""
    #: FY2026, FY2026I1 …; empty: the whole fiscal year (対象期間)
    period_key: str = ""
    instalment: int | None = None
    due_on: date | None = None
    content_hash: str | None = None
    rows_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """That a document is void (発行の取消し): when, by whom, why."""

    at: datetime
    by: str
    reason: str


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
    #: False once a later edition of the stage was issued (失効), or it was cancelled (取消)
    is_current: bool
    #: first receipt by somebody of the town itself; None while unread
    received_at: datetime | None
    kind: str
    period_key: str
    instalment: int | None
    due_on: date | None
    #: None while it stands
    cancelled: Cancelled | None
    #: the issue it came with (一度の発行)
    report_id: str = ""

    @property
    def is_yearly(self) -> bool:
        """Whether it states the whole year: a 明細書 or the lead city's 総括表."""
        return self.kind in YEARLY


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
    """Take running numbers for good and give the first of them (文書番号の割当).

    Raises: DuplicateError where the register holds a number that would come again.
    """
    first = (
        unit.session.execute(
            update(Consortium)
            .where(Consortium.id == consortium_id)
            .values(next_number=Consortium.next_number + count)
            .returning(Consortium.next_number)
        ).scalar_one()
        - count
    )
    used = select(func.max(Statement.number)).where(Statement.consortium_id == consortium_id)
    if first <= (last := unit.session.scalar(used) or 0):
        raise DuplicateError(
            f"{title}の文書番号を割り当てようとしました。",
            f"次の番号は第{first}号ですが、発行台帳にはもう第{last}号まであります。",
            "バックアップから戻した後ではないか、管理者に確かめてください。",
            field="number",
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
    rows = [_row(consortium_id, line) for line in entries]
    unit.session.execute(insert(Statement), rows)
    after = {
        row["slot"]: {
            "number": row["number"],
            "amount": row["amount"],
            "data_hash": row["data_hash"],
            "file_hash": row["file_hash"],
            "row_hash": row["row_hash"],
        }
        for row in rows
    }
    run_id, heading = rows[0]["run_id"], f"{title}の発行"
    unit.record(consortium_id, ISSUE, "allocation_run", run_id, heading, None, after)


def _row(consortium_id: str, line: NewStatement) -> dict[str, Any]:
    row = {
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
        "kind": line.kind or ("summary" if line.code is None else "statement"),
        "period_key": line.period_key or f"FY{line.year.start_year}",
        "instalment": line.instalment,
        "due_on": line.due_on,
        "content_hash": line.content_hash,
        "rows_hash": line.rows_hash,
    }
    return row | {"row_hash": row_hash(STATEMENT, row)}


def _select_entries(consortium_id: str) -> Select[*tuple[Any, ...]]:
    newer = aliased(Statement)
    return (
        select(
            Statement,
            exists()
            .where(
                Statement.kind == "archive",
                newer.consortium_id == Statement.consortium_id,
                newer.kind == Statement.kind,
                newer.period_key == Statement.period_key,
                newer.edition > Statement.edition,
            )
            .label("is_old_archive"),
            ReportFile.display_name,
            ReportFile.size,
            AllocationRun.state,
            StatementCancellation.cancelled_at,
            StatementCancellation.reason,
            UserAccount.display_name.label("cancelled_by"),
        )
        .join(ReportFile, ReportFile.id == Statement.report_file_id)
        .join(AllocationRun, AllocationRun.id == Statement.run_id)
        .outerjoin(StatementCancellation, StatementCancellation.statement_id == Statement.id)
        .outerjoin(UserAccount, UserAccount.id == StatementCancellation.cancelled_by)
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
    return {row.report_file_id: row.first_at for row in rows if row.slot == f"{MEMBER}{row.code}"}


def _entry(row: Any, received: dict[str, datetime]) -> Entry:
    statement: Statement = row[0]
    cancelled = None
    if row.cancelled_at is not None:
        cancelled = Cancelled(row.cancelled_at, row.cancelled_by or "", row.reason)
    is_old_result = statement.kind in YEARLY and row.state != "issued"
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
        cancelled is None and not is_old_result and not row.is_old_archive,
        received.get(statement.report_file_id),
        statement.kind,
        statement.period_key,
        statement.instalment,
        statement.due_on,
        cancelled,
        statement.report_run_id,
    )


def is_cancelled(session: Session, statement_id: str) -> bool:
    """Say whether a document of the register was cancelled (取消済)."""
    made = exists().where(StatementCancellation.statement_id == statement_id)
    return session.scalar(select(made)) is True


def cancel(unit: Unit, consortium_id: str, title: str, cancelled: Iterable[Entry]) -> None:
    """Make documents void; their numbers stay used and their lines stay readable (発行の取消し).

    The unit's reason is the reason. The caller has made sure that none is cancelled already.
    """
    entries = list(cancelled)
    rows = [
        {
            "id": new_id(),
            "consortium_id": consortium_id,
            "statement_id": entry.id,
            "reason": unit.reason,
            "cancelled_by": unit.actor.id,
            "cancelled_at": unit.now,
        }
        for entry in entries
    ]
    unit.session.execute(insert(StatementCancellation), rows)
    after = {
        str(entry.number): {
            "statement_id": entry.id,
            "amount": entry.amount,
            "row_hash": row_hash(CANCELLATION, row),
        }
        for entry, row in zip(entries, rows, strict=True)
    }
    run_id, heading = entries[0].run_id, f"{title}の取消し"
    unit.record(consortium_id, CANCEL, "allocation_run", run_id, heading, None, after)


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
    query = select_downloads(consortium_id).where(ReportFile.id == file_id)
    if code is not None:
        query = query.where(ReportFile.slot == f"{MEMBER}{code}")
    row = session.execute(query).first()
    if row is None:
        raise NotFoundError(
            "帳票を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
        )
    return download_of(row)


def select_downloads(consortium_id: str) -> Select[*tuple[Any, ...]]:
    """Select published files, each with its run and the lead city's code (公開した帳票)."""
    lead = select(Member.code).where(Member.consortium_id == consortium_id, Member.is_lead)
    return (
        select(ReportFile, ReportRun, lead.limit(1).scalar_subquery())
        .join(ReportRun, ReportRun.id == ReportFile.run_id)
        .where(ReportFile.consortium_id == consortium_id, ReportRun.state.in_(PUBLISHED))
    )


def download_of(row: Any) -> Download:
    """Read a row of `select_downloads` (公開した帳票の一行)."""
    file, run, lead_code = row
    return Download(
        file.id,
        file.slot.removeprefix(MEMBER) if file.slot.startswith(MEMBER) else lead_code or "",
        file.slot,
        file.display_name,
        run.kind,
        FiscalYear(run.fiscal_year_start),
        run.period_key,
        run.edition,
        StoredFile(file.stored_name, file.size, file.file_hash),
    )
