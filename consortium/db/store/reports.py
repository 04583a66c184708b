"""Report runs, their inputs and files (帳票作成): due rows, claims, fenced steps."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, CursorResult, and_, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from consortium.db.files import StoredFile
from consortium.db.models import (
    ReportFile,
    ReportInput,
    ReportRun,
    RunEvent,
    new_id,
)
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import NotFoundError

#: States in which a run still has to be worked on.
OPEN = ("due", "claimed", "calculated", "filed")
_HELD = ("claimed", "calculated", "filed")
LEASE = timedelta(minutes=5)
#: Leases that may run out in a row before the run is given up (中断の上限).
MOST_CRASHES = 10


class LeaseLostError(RuntimeError):
    """Another process took the run over: this one must drop what it made and stop (取得の喪失)."""


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


def known_keys(session: Session, consortium_id: str, kind: str) -> set[str]:
    """Give the periods of a kind that have a row already."""
    keys = session.scalars(
        select(ReportRun.period_key).where(
            ReportRun.consortium_id == consortium_id, ReportRun.kind == kind
        )
    )
    return set(keys)


def claim(
    unit: Unit, owner: str, now: datetime, *, run_id: str | None = None, late_after: timedelta
) -> Claim | None:
    """Take the oldest run that may be worked on, or the named one; None if there is none.

    No later period of a kind is taken while an earlier one is open, so that missed periods are
    made in order.
    """
    earlier = aliased(ReportRun)
    blocked = exists().where(
        earlier.consortium_id == ReportRun.consortium_id,
        earlier.kind == ReportRun.kind,
        earlier.state.in_(OPEN),
        earlier.due_at < ReportRun.due_at,
    )
    is_due = ReportRun.state == "due"
    waited = or_(ReportRun.next_try_at.is_(None), ReportRun.next_try_at <= now)
    # A claim that lies in the future shows a clock set back; it must not freeze the run.
    expired = and_(
        ReportRun.state.in_(_HELD),
        or_(ReportRun.lease_until <= now, ReportRun.claimed_at > now + timedelta(seconds=60)),
    )
    if run_id is None:
        query = select(ReportRun).where(or_(and_(is_due, waited), expired), ~blocked)
    else:
        # Somebody asks for it now: no waiting time holds it back.
        query = select(ReportRun).where(or_(is_due, expired), ReportRun.id == run_id)
    query = query.order_by(ReportRun.due_at, ReportRun.kind, ReportRun.id).limit(1)
    run = unit.session.scalars(query.with_for_update(skip_locked=True)).first()
    if run is None or (run.owner is not None and _crashed_too_often(unit, run)):
        return None
    run.owner, run.claimed_at, run.lease_until = owner, now, now + LEASE
    run.attempt += 1
    run.late = run.late or now > run.due_at + late_after
    if run.state == "due":
        # What was frozen stays frozen: numbers are taken once, files made already fit it.
        run.state = "calculated" if run.input_id else "claimed"
    run.wait_reason = ""
    note(unit.session, run, "claim", owner, now)
    return _claim(run)


def _crashed_too_often(unit: Unit, run: ReportRun) -> bool:
    """Count a lease that ran out; after ten in a row the run needs a person (失敗)."""
    run.crashes += 1
    note(unit.session, run, "lease_lost", run.owner or "", unit.now)
    if run.crashes < MOST_CRASHES:
        return False
    run.state, run.owner, run.claimed_at, run.lease_until = "failed", None, None, None
    run.error = f"作成が{run.crashes}回続けて中断しました。"
    note(unit.session, run, "error", "", unit.now)
    return True


def retry(unit: Unit, consortium_id: str, run_id: str) -> None:
    """Put a failed run back to be made (再試行).

    Raises: NotFoundError unless the run is there and failed.
    """
    row = unit.session.scalars(
        select(ReportRun)
        .where(
            ReportRun.id == run_id,
            ReportRun.consortium_id == consortium_id,
            ReportRun.state == "failed",
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
    note(unit.session, row, "retry", unit.actor.id, unit.now)


def _claim(run: ReportRun) -> Claim:
    return Claim(
        run.id,
        run.consortium_id,
        run.kind,
        FiscalYear(run.fiscal_year_start),
        run.period_key,
        run.edition,
        run.due_at,
        run.state,
        run.attempt,
        run.owner or "",
        run.failures,
    )


def note(session: Session, run: ReportRun, event: str, owner: str, now: datetime) -> None:
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
            detail=run.error if event == "error" else "",
        )
    )


def fenced(unit: Unit, held: Claim, *before: str, **values: Any) -> None:
    """Change a run only while it is ours, in a state we think it has.

    Raises: LeaseLostError if another process took it over.
    """
    result = unit.session.execute(
        update(ReportRun)
        .where(
            ReportRun.id == held.id,
            ReportRun.owner == held.owner,
            ReportRun.attempt == held.attempt,
            ReportRun.state.in_(before),
        )
        .values(**values)
    )
    if cast(CursorResult[Any], result).rowcount != 1:
        raise LeaseLostError(held.id)


def freeze_input(unit: Unit, held: Claim, document: Mapping[str, Any]) -> None:
    """Store everything the files will show, once, and go on to `calculated`."""
    text = canonical(document)
    frozen = ReportInput(
        id=new_id(),
        consortium_id=held.consortium_id,
        document=text,
        sha256=sha256_hex(text),
        frozen_at=unit.now,
    )
    unit.session.add(frozen)
    unit.session.flush()
    fenced(
        unit, held, "claimed", state="calculated", input_id=frozen.id, lease_until=unit.now + LEASE
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


def add_file(unit: Unit, held: Claim, file: NewFile) -> None:
    """Record a file that lies in the store, and renew the lease."""
    fenced(unit, held, "calculated", lease_until=unit.now + LEASE)
    row = {
        "id": new_id(),
        "consortium_id": held.consortium_id,
        "run_id": held.id,
        "slot": file.slot,
        "stored_name": file.stored.stored_name,
        "display_name": file.display_name,
        "size": file.stored.size,
        "file_hash": file.stored.sha256,
        "data_hash": file.data_hash,
        "content_hash": file.content_hash,
        "rows_hash": file.rows_hash,
        "attempt": held.attempt,
    }
    unit.session.execute(insert(ReportFile), row)


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


def give_back(
    unit: Unit, held: Claim, *, wait_reason: str = "", error: str = "", after: timedelta | None
) -> None:
    """Put a run back to `due`, or to `failed` when no further try is left (`after` is None).

    What it froze stays with it, and the next claim goes on from there.
    """
    failed = bool(error) and after is None
    values: dict[str, Any] = {
        "state": "failed" if failed else "due",
        "owner": None,
        "claimed_at": None,
        "lease_until": None,
        "crashes": 0,
        "wait_reason": wait_reason,
        "error": error,
        "next_try_at": unit.now + after if after else None,
    }
    if error:
        values["failures"] = held.failures + 1
    fenced(unit, held, *_HELD, **values)
    row = unit.session.get_one(ReportRun, held.id, populate_existing=True)
    note(unit.session, row, "error" if error else "wait", held.owner, unit.now)


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


def oldest_live_claim(session: Session, now: datetime) -> datetime | None:
    """Give the start of the oldest claim still running; files since then are left alone."""
    return session.execute(
        select(func.min(ReportRun.claimed_at)).where(
            ReportRun.state.in_(_HELD), ReportRun.lease_until > now
        )
    ).scalar_one()
