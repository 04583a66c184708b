"""What checks of integrity read and leave (整合性の検証): the database file, its state, files."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from consortium.db.files import StoredFile
from consortium.db.models import IntegrityState, QuestionFile, ReportFile, ReportRun, Statement
from consortium.db.seals import seal_faults
from consortium.db.store.registers import PUBLISHED
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear

__all__ = ["Found", "database_faults", "other_files", "save_state", "seal_faults", "states"]

#: Differences that are kept and shown; the first say enough.
MOST_KEPT = 50


class Found(NamedTuple):
    """What the last check of a consortium found (検証の結果)."""

    consortium_id: str
    checked_at: datetime
    occasion: str
    took_ms: int
    fault_count: int
    faults: tuple[str, ...]
    summary: str


def states(session: Session, consortium_id: str | None = None) -> list[Found]:
    """Give what the last checks found, of all consortia or of one (検証の結果)."""
    query = select(IntegrityState).order_by(IntegrityState.consortium_id)
    if consortium_id is not None:
        query = query.where(IntegrityState.consortium_id == consortium_id)
    return [
        Found(
            row.consortium_id,
            row.checked_at,
            row.occasion,
            row.took_ms,
            row.fault_count,
            tuple(json.loads(row.faults)),
            row.summary,
        )
        for row in session.scalars(query)
    ]


def save_state(unit: Unit, found: Found) -> None:
    """Keep what a check found, in place of what the one before did (検証の結果)."""
    row = unit.session.get(IntegrityState, found.consortium_id)
    if row is None:
        row = IntegrityState(consortium_id=found.consortium_id)
        unit.session.add(row)
    row.checked_at, row.occasion, row.took_ms = found.checked_at, found.occasion, found.took_ms
    row.fault_count, row.summary = found.fault_count, found.summary
    row.faults = json.dumps(found.faults[:MOST_KEPT], ensure_ascii=False)


def database_faults(session: Session) -> list[str]:
    """Let SQLite check its own file: pages, indexes, references (データベースの検査)."""
    if session.get_bind().dialect.name != "sqlite":
        return []  # the cluster's own checksums do this there
    told = session.scalars(text("PRAGMA integrity_check(10)")).all()
    faults = [f"データベースのファイルが壊れています（{each}）。" for each in told if each != "ok"]
    dangling = session.execute(text("PRAGMA foreign_key_check")).all()
    if dangling:
        faults.append(f"参照先のない行が{len(dangling)}件あります（「{dangling[0][0]}」など）。")
    return faults


def other_files(
    session: Session, consortium_id: str, since: FiscalYear | None = None
) -> Iterator[tuple[str, StoredFile, bool]]:
    """Give published files outside the register, and attachments: name, file, is an attachment."""
    reports = (
        select(ReportFile)
        .join(ReportRun, ReportRun.id == ReportFile.run_id)
        .outerjoin(Statement, Statement.report_file_id == ReportFile.id)
        .where(
            ReportFile.consortium_id == consortium_id,
            ReportRun.state.in_(PUBLISHED),
            Statement.id.is_(None),
        )
        .order_by(ReportFile.id)
    )
    if since is not None:
        reports = reports.where(ReportRun.fiscal_year_start >= since.start_year)
    for file in session.scalars(reports):
        yield file.display_name, StoredFile(file.stored_name, file.size, file.file_hash), False
    sent = select(QuestionFile).where(QuestionFile.consortium_id == consortium_id)
    for each in session.scalars(sent.order_by(QuestionFile.id)):
        yield each.display_name, StoredFile(each.stored_name, each.size, each.file_hash), True
