"""Report runs, their inputs and files (帳票作成); who makes them now is in claims.py."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consortium.db.files import StoredFile
from consortium.db.models import (
    ReportFile,
    ReportInput,
    ReportRun,
    RunEvent,
    new_id,
)
from consortium.db.store.turns import OPEN
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import NotFoundError

#: States that an order of the same report ends (止まっている状態).
STOPPED = ("failed", "cancelled")
#: States in which a process holds it.
HELD = ("claimed", "calculated", "filed")
LEASE = timedelta(minutes=5)
#: Leases that may run out in a row before the run is given up (中断の上限).
MOST_CRASHES = 10


@dataclass(frozen=True, slots=True)
class Claim:
    """A report run held by one process (取得した帳票作成); `attempt` is the fencing number."""

    id: str
    consortium_id: str
    kind: str
    year: FiscalYear
    period_key: str
    edition: int
    due_at: datetime
    state: str
    attempt: int
    owner: str
    failures: int
    #: schedule that asked for it, None for an officer's order (配信予定)
    schedule_id: str | None = None
    #: what it waited for before it was taken (待機理由)
    waited_for: str = ""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A report run to be made, by its business key (作成すべき帳票)."""

    consortium_id: str
    kind: str
    year: FiscalYear
    period_key: str
    edition: int
    due_at: datetime
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A produced file as recorded (帳票ファイル)."""

    id: str
    slot: str
    stored_name: str
    display_name: str
    size: int
    file_hash: str
    data_hash: str
    content_hash: str | None
    rows_hash: str | None

    @property
    def stored(self) -> StoredFile:
        """What the file store needs to give the bytes back."""
        return StoredFile(self.stored_name, self.size, self.file_hash)


def insert_due(session: Session, runs: Iterable[NewRun]) -> None:
    """Insert the rows that are not there yet; the business key decides, whoever comes second."""
    rows = [
        {
            "id": new_id(),
            "consortium_id": run.consortium_id,
            "kind": run.kind,
            "fiscal_year_start": run.year.start_year,
            "period_key": run.period_key,
            "edition": run.edition,
            "schedule_id": run.schedule_id,
            "due_at": run.due_at,
            "state": "due",
            "late": False,
        }
        for run in runs
    ]
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(ReportRun).on_conflict_do_nothing(), rows)


def retry(
    unit: Unit, consortium_id: str, run_id: str, states: Collection[str] = ("failed",)
) -> None:
    """Put a failed run back to be made (再試行); with `STOPPED` a cancelled one, too.

    Raises: NotFoundError unless the run is there and in such a state.
    """
    row = unit.session.scalars(
        select(ReportRun)
        .where(
            ReportRun.id == run_id,
            ReportRun.consortium_id == consortium_id,
            ReportRun.state.in_(states),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFoundError(
            "帳票の作成をやり直そうとしました。",
            "失敗した帳票が見つかりません。",
            "画面を開き直してください。",
        )
    row.state, row.failures, row.crashes, row.next_try_at = "due", 0, 0, None
    note(unit.session, row, "retry", unit.actor.name, unit.now)


def note(  # noqa: PLR0913 -- what happened, to what, by whom, when, and why
    session: Session, run: ReportRun, event: str, owner: str, now: datetime, why: str = ""
) -> None:
    """Write down what happened to a run (作成の経過)."""
    session.add(
        RunEvent(
            id=new_id(),
            consortium_id=run.consortium_id,
            run_id=run.id,
            at=now,
            attempt=run.attempt,
            event=event,
            owner=owner,
            detail={"error": run.error, "wait": run.wait_reason}.get(event, why),
        )
    )


def read_input(session: Session, run_id: str) -> dict[str, Any]:
    """Give the frozen input of a run."""
    text = session.execute(
        select(ReportInput.document)
        .join(ReportRun, ReportRun.input_id == ReportInput.id)
        .where(ReportRun.id == run_id)
    ).scalar_one()
    return cast(dict[str, Any], json.loads(text))


class NewFile(NamedTuple):
    """A file that lies in the store and is about to be recorded (記録するファイル)."""

    slot: str
    stored: StoredFile
    display_name: str
    data_hash: str
    #: of the file's parts, however they are compressed (内容照合値)
    content_hash: str | None = None
    #: of the rows of データ, None without that sheet (明細行の照合値)
    rows_hash: str | None = None


def began_at(session: Session, run_id: str) -> datetime:
    """Give when whoever makes a run took it (取得日時)."""
    query = select(ReportRun.claimed_at).where(ReportRun.id == run_id)
    found = session.scalars(query).one()
    if found is None:
        raise LookupError(f"nobody holds the run {run_id}")
    return found


def files_of(session: Session, run_id: str) -> list[FileRecord]:
    """Give the recorded files of a run, by slot."""
    rows = session.scalars(
        select(ReportFile).where(ReportFile.run_id == run_id).order_by(ReportFile.slot)
    )
    return [
        FileRecord(
            row.id,
            row.slot,
            row.stored_name,
            row.display_name,
            row.size,
            row.file_hash,
            row.data_hash or "",
            row.content_hash,
            row.rows_hash,
        )
        for row in rows
    ]


def manifest_of(files: Iterable[FileRecord]) -> str:
    """Hash the list of files with their hashes (目録の照合値)."""
    return sha256_hex(canonical([[file.slot, file.size, file.file_hash] for file in files]))


def find_run(session: Session, key: NewRun) -> tuple[str, str]:
    """Give id and state of the run with a business key."""
    row = session.execute(select(ReportRun.id, ReportRun.state).where(_has_key(key))).one()
    return row.id, row.state


def _has_key(key: NewRun) -> ColumnElement[bool]:
    return and_(
        ReportRun.consortium_id == key.consortium_id,
        ReportRun.kind == key.kind,
        ReportRun.fiscal_year_start == key.year.start_year,
        ReportRun.period_key == key.period_key,
        ReportRun.edition == key.edition,
    )


def is_ordered(session: Session, key: NewRun) -> bool:
    """Say whether an officer's order is on its way, or the input is fixed (発行中)."""
    # Neither is a scheduled row that waits for the approval.
    ordered = and_(ReportRun.schedule_id.is_(None), ReportRun.state.in_(OPEN))
    is_fixed = or_(ordered, ReportRun.input_id.is_not(None))
    return session.scalar(select(exists().where(_has_key(key), is_fixed))) is True


def stored_names(session: Session) -> set[str]:
    """Give the names of all recorded files, which the sweep must keep."""
    return set(session.scalars(select(ReportFile.stored_name)))
