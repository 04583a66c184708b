"""Making a report exactly once (帳票作成): claim → snapshot → files → publish.

An officer's 発行 and a scheduled report go through the same steps. Each step is one transaction
that names the state it starts from, and may be repeated after a crash by any process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from consortium.db import files
from consortium.db.errors import BusyError
from consortium.db.store import questions
from consortium.db.store import reports as store
from consortium.db.store.reports import Claim, FileRecord, LeaseLostError, NewFile
from consortium.db.unit import Actor, Unit, reading, writing
from consortium.domain.errors import DomainError
from consortium.intake import issued_book

#: Who acts where no person does (自動処理).
SYSTEM = Actor("system", "自動処理", "", "system")

#: A report made more than this after its due time is marked 遅延作成.
LATE_AFTER = timedelta(minutes=10)

#: Waiting time after the first, second … error in the data; then the run needs a person.
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=60),
)
_AGAIN_AFTER_WAIT = timedelta(minutes=5)
#: Disk full, folder read-only: tried again at the next tick, not within this one.
_AGAIN_AFTER_FAULT = timedelta(seconds=30)


class NotReadyError(Exception):
    """What the report needs is not issued yet; the run waits, which is no error (待機)."""


class Sheet(NamedTuple):
    """One file to make (作成するファイル)."""

    slot: str
    display_name: str
    data_hash: str
    render: Callable[[], bytes]
    #: how its name in the store ends (拡張子)
    suffix: str = ".xlsx"


class Kind(NamedTuple):
    """How one kind of report is made (帳票の種類)."""

    #: freezes what the files will show, inside the claim's transaction
    freeze: Callable[[Unit, Claim], Mapping[str, Any]]
    #: lists the files of a frozen document; the folder holds what was issued before
    sheets: Callable[[Mapping[str, Any], Path], list[Sheet]]
    #: writes what publishing means beyond the file list, in the publishing transaction
    publish: Callable[[Unit, Claim, Mapping[str, Any], list[FileRecord]], None]


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that makes reports (作業者): its name, where files go, and its clock."""

    owner: str
    folder: Path
    now: Callable[[], datetime]


Kinds = Mapping[str, Kind]


def work(worker: Worker, kinds: Kinds, *, run_id: str | None = None, actor: Actor = SYSTEM) -> bool:
    """Take one run and make it; False if there was none to take (1件の作成).

    With `run_id` a refusal is raised, because somebody waits for the answer; otherwise it is
    written on the run, where the home page shows it.
    """
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        held = store.claim(unit, worker.owner, worker.now(), run_id=run_id, late_after=LATE_AFTER)
    if held is None:
        return False
    try:
        _make(worker, kinds[held.kind], held, actor)
    except LeaseLostError:
        return True
    except NotReadyError as waiting:
        _give_back(worker, held, wait_reason=str(waiting), after=_AGAIN_AFTER_WAIT)
    except DomainError as error:
        _give_back(worker, held, error=str(error), after=_next_try(held))
        if run_id is not None:
            raise
    except (OSError, BusyError) as error:
        # The environment, not the data: tried again without limit.
        _give_back(worker, held, wait_reason=_what_failed(error), after=_AGAIN_AFTER_FAULT)
        if run_id is not None:
            raise
    return True


def _what_failed(error: OSError | BusyError) -> str:
    if isinstance(error, OSError):
        return f"ファイルを書き込めません（{error.strerror}）。"
    return "データベースが込み合っています。"


def _next_try(held: Claim) -> timedelta | None:
    return BACK_OFF[held.failures] if held.failures < len(BACK_OFF) else None


def _give_back(
    worker: Worker,
    held: Claim,
    *,
    wait_reason: str = "",
    error: str = "",
    after: timedelta | None,
) -> None:
    """Put the run back; a process that lost it has nothing to put back."""
    try:
        with writing(SYSTEM, worker.now()) as unit:
            unit.operational()
            store.give_back(unit, held, wait_reason=wait_reason, error=error, after=after)
    except (LeaseLostError, BusyError):
        return  # somebody else has it, or its lease will end by itself


def _make(worker: Worker, kind: Kind, held: Claim, actor: Actor) -> None:
    """Go on from the state the run has; each state has one way out."""
    if held.state == "claimed":
        with writing(SYSTEM, worker.now()) as unit:
            unit.operational()
            store.freeze_input(unit, held, kind.freeze(unit, held))
    with reading() as session:
        document = store.read_input(session, held.id)
        recorded = {record.slot for record in store.files_of(session, held.id)}
        complete = held.state == "filed"
    if not complete:
        listed = kind.sheets(document, worker.folder)
        sheets = [sheet for sheet in listed if sheet.slot not in recorded]
        for sheet in sheets:
            _write(worker, held, sheet)
        _file(worker, held)
    _publish(worker, kind, held, actor, document)


def _write(worker: Worker, held: Claim, sheet: Sheet) -> None:
    """Write one file whole, then record it; nobody sees it before the run is published."""
    claim = f"{held.id}-{held.attempt}"
    content = sheet.render()
    stored = files.write_once(worker.folder, content, sheet.suffix, claim)
    is_book = sheet.suffix == ".xlsx"
    new = NewFile(
        sheet.slot,
        stored,
        sheet.display_name,
        sheet.data_hash,
        issued_book.content_hash(content),
        issued_book.rows_hash(content) if is_book else None,
    )
    try:
        with writing(SYSTEM, worker.now()) as unit:
            unit.operational()
            store.add_file(unit, held, new)
    except LeaseLostError:
        (worker.folder / stored.stored_name).unlink(missing_ok=True)
        raise


def _file(worker: Worker, held: Claim) -> None:
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        manifest = store.manifest_of(store.files_of(unit.session, held.id))
        store.fenced(unit, held, "calculated", state="filed", manifest_sha256=manifest)


def _publish(
    worker: Worker, kind: Kind, held: Claim, actor: Actor, document: Mapping[str, Any]
) -> None:
    """Check the bytes once more, then make everything visible together."""
    with reading() as session:
        made = store.files_of(session, held.id)
    for record in made:
        files.read_stored(worker.folder, record.stored)
    with writing(actor, worker.now()) as unit:
        manifest = store.manifest_of(store.files_of(unit.session, held.id))
        store.fenced(
            unit,
            held,
            "filed",
            state="published",
            owner=None,
            claimed_at=None,
            lease_until=None,
            error="",
            manifest_sha256=manifest,
        )
        kind.publish(unit, held, document, made)


def sweep(worker: Worker) -> list[str]:
    """Remove files that no row records and no live run is about to record (後始末)."""
    now = worker.now()
    with reading() as session:
        keep = store.stored_names(session)
        oldest = store.oldest_live_claim(session, now)
        sent = questions.stored_names(session)
    if not worker.folder.is_dir():
        return []
    # A day is far longer than any unit that is about to record a file.
    old = files.sweep(worker.folder / questions.FOLDER, sent, now - timedelta(days=1))
    return old + files.sweep(worker.folder, keep, oldest or now)
