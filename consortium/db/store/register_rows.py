"""The register as it stands in the tables, for whoever checks it (発行台帳の検証・書き出し)."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, func, inspect, select
from sqlalchemy.orm import Session

from consortium.db.files import StoredFile
from consortium.db.models import (
    AllocationRun,
    AuditEvent,
    Consortium,
    ReportFile,
    ReportInput,
    ReportRun,
    ShareRow,
    Statement,
    StatementCancellation,
)
from consortium.db.store.registers import ISSUE, PUBLISHED
from consortium.db.store.share_rows import share_rows
from consortium.domain.canonical import sha256_hex
from consortium.domain.sharing import document

_CHUNK = 500
#: An officer's order to issue, and who finishes it when that officer's process was stopped.
ORDERS, BY_ITSELF = ("run.order_issue", "report.order"), "system"


def export(session: Session, consortium_id: str) -> dict[str, Any]:
    """Give chain and register as plain values, each as it is stored (台帳の書き出し)."""
    name = select(Consortium.key, Consortium.name).where(Consortium.id == consortium_id)
    key, title = session.execute(name).one()
    return {
        "consortium": {"id": consortium_id, "key": key, "name": title},
        "events": _rows(session, AuditEvent, consortium_id, "seq"),
        "statements": _rows(session, Statement, consortium_id, "number", "id"),
        "cancellations": _rows(session, StatementCancellation, consortium_id, "cancelled_at", "id"),
    }


def _rows(session: Session, model: type, consortium_id: str, *order: str) -> list[dict[str, Any]]:
    table: Table = inspect(model).local_table
    query = (
        select(table)
        .where(table.c.consortium_id == consortium_id)
        .order_by(*(table.c[name] for name in order))
    )
    found = session.execute(query, execution_options={"yield_per": _CHUNK}).mappings()
    return [{key: _plain(value) for key, value in row.items()} for row in found]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class IssuedFile:
    """What register and file list say of one stored file (発行したファイル)."""

    number: int
    document_number: str
    display_name: str
    #: None where the two lists differ
    stored: StoredFile | None


def issued_files(session: Session, consortium_id: str) -> list[IssuedFile]:
    """Give the files of the register, by number, listed or not (発行したファイル)."""
    rows = session.execute(
        select(Statement, ReportFile)
        .outerjoin(ReportFile, ReportFile.id == Statement.report_file_id)
        .where(Statement.consortium_id == consortium_id)
        .order_by(Statement.number)
    )
    return [
        IssuedFile(
            statement.number,
            statement.document_number,
            file.display_name if file else statement.slot,
            StoredFile(file.stored_name, file.size, file.file_hash)
            if file and _agree(statement, file)
            else None,
        )
        for statement, file in rows
    ]


def _agree(statement: Statement, file: ReportFile) -> bool:
    same = ("data_hash", "content_hash", "rows_hash", "file_hash", "slot")
    return all(getattr(statement, name) == getattr(file, name) for name in same)


def result_faults(session: Session, consortium_id: str) -> list[str]:
    """Say which results and inputs differ, also where a row cannot even be read (算定結果)."""
    try:
        return list(_result_faults(session, consortium_id))
    except (ValueError, TypeError, LookupError) as error:
        return [f"算定結果に読み取れない行があります（{error}）。"]


def _result_faults(session: Session, consortium_id: str) -> Iterator[str]:
    said = _hashes_said(session, consortium_id)
    query = select(AllocationRun).where(AllocationRun.consortium_id == consortium_id)
    runs = session.scalars(query.order_by(AllocationRun.drafted_at, AllocationRun.id))
    for run in runs:
        name = f"{run.fiscal_year_start}年度 {run.stage} 第{run.edition}版の算定"
        if sha256_hex(run.document) != run.document_sha256:
            yield f"{name}の算定結果が照合値と一致しません。"
            continue
        told = said.get(run.id, {})
        if run.document_sha256 != told.get("document_sha256"):
            yield f"{name}の算定結果が操作記録と異なります。"
        inputs = sha256_hex(run.inputs) if run.inputs else None
        if inputs != told.get("inputs_sha256", inputs):  # what was recorded before says nothing
            yield f"{name}の入力が操作記録と異なります。"
        result = document.read(json.loads(run.document))
        wanted = {
            (row["item_no"], row["component"], row["code"]): (
                row["amount"],
                row["item_id"],
                row["consortium_id"],
            )
            for row in share_rows(run.id, consortium_id, result)
        }
        if wanted != _index(session, run.id):
            yield f"{name}の負担額の一覧が算定結果と異なります。"
    frozen_inputs = select(ReportInput).where(ReportInput.consortium_id == consortium_id)
    for frozen in session.scalars(frozen_inputs.order_by(ReportInput.frozen_at, ReportInput.id)):
        if sha256_hex(frozen.document) != frozen.sha256:
            yield f"帳票の元「{frozen.id}」が照合値と一致しません。"


def issuers(session: Session, consortium_id: str, run_ids: Collection[str]) -> dict[int, str]:
    """Give the user who issued each document of some runs, by its number (発行者).

    Of a document that was finished by itself, e.g. after a crash: who ordered it. A document of
    which no event says so is left out.
    """
    events = session.execute(
        select(AuditEvent.action, AuditEvent.object_id, AuditEvent.actor_id, AuditEvent.after)
        .where(
            AuditEvent.consortium_id == consortium_id,
            AuditEvent.object_id.in_(run_ids),
            AuditEvent.action.in_((ISSUE, *ORDERS)),
        )
        .order_by(AuditEvent.seq)
    )
    ordered_by: dict[str, str] = {}
    found: dict[int, str] = {}
    for action, run_id, actor, after in events:
        if action != ISSUE:
            ordered_by[run_id] = str(actor)
            continue
        issuer = ordered_by.get(run_id, BY_ITSELF) if actor == BY_ITSELF else str(actor)
        for said in json.loads(after or "{}").values():
            found.setdefault(said["number"], issuer)  # the first event of a number counts
    return found


class Candidate(NamedTuple):
    """A document that a file may be a copy of (照合の候補)."""

    statement_id: str
    stored: StoredFile


def candidates(
    session: Session, consortium_id: str, code: str | None, same: ColumnElement[bool]
) -> list[Candidate]:
    """Give documents that something says they are the one, the newest first; of one town, or all.

    `same` is one of `by_file`, `by_rows`, `by_code`.
    """
    query = (
        select(Statement.id, ReportFile.stored_name, ReportFile.size, ReportFile.file_hash)
        .join(ReportFile, ReportFile.id == Statement.report_file_id)
        .where(Statement.consortium_id == consortium_id, same)
        .order_by(Statement.number.desc())
    )
    if code is not None:
        query = query.where(Statement.code == code)
    return [
        Candidate(row.id, StoredFile(row.stored_name, row.size, row.file_hash))
        for row in session.execute(query)
    ]


def by_file(file_hash: str) -> ColumnElement[bool]:
    """Ask for the very bytes (ファイル照合値)."""
    return Statement.file_hash == file_hash


def by_rows(rows_hash: str) -> ColumnElement[bool]:
    """Ask for the same rows of データ (明細行の照合値)."""
    return Statement.rows_hash == rows_hash


def by_code(codes: Collection[str]) -> ColumnElement[bool]:
    """Ask for a 照合符号 of eight digits, as printed."""
    return func.substr(Statement.data_hash, 1, 8).in_(codes)


def report_named(
    session: Session, consortium_id: str, code: str | None, file_hash: str
) -> str | None:
    """Give the name of a published report outside the register with these bytes (月次報告など)."""
    query = (
        select(ReportFile.display_name)
        .join(ReportRun, ReportRun.id == ReportFile.run_id)
        .where(
            ReportFile.consortium_id == consortium_id,
            ReportFile.file_hash == file_hash,
            ReportRun.state.in_(PUBLISHED),
        )
    )
    if code is not None:
        query = query.where(ReportFile.slot == f"member:{code}")
    return session.scalars(query.limit(1)).first()


def _hashes_said(session: Session, consortium_id: str) -> Mapping[str, Mapping[str, Any]]:
    """Give what the chain last said of each run: the hashes of its result and of its inputs."""
    events = session.execute(
        select(AuditEvent.object_id, AuditEvent.after)
        .where(
            AuditEvent.consortium_id == consortium_id,
            AuditEvent.object_type == "allocation_run",
            AuditEvent.action.like("run.%"),
            AuditEvent.after.is_not(None),
        )
        .order_by(AuditEvent.seq)
    )
    return {run_id: json.loads(after or "{}") for run_id, after in events}


def _index(session: Session, run_id: str) -> dict[tuple[int, str, str], tuple[int, str, str]]:
    table = ShareRow.__table__
    rows = session.execute(select(table).where(table.c.run_id == run_id))
    return {
        (row.item_no, row.component, row.code): (row.amount, row.item_id, row.consortium_id)
        for row in rows
    }
