"""Making a report exactly once (帳票作成): claim → snapshot → files → publish.

An officer's 発行 and a scheduled report go through the same steps. Each step is one transaction
that names the state it starts from, and may be repeated after a crash by any process.
"""

import errno
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from consortium.db import background, files, restore_mark
from consortium.db.errors import BusyError
from consortium.db.files import DISK, Disk
from consortium.db.store import claims, questions
from consortium.db.store import reports as store
from consortium.db.store.claims import LeaseLostError
from consortium.db.store.reports import Claim, FileRecord, NewFile
from consortium.db.unit import Actor, Unit, reading, writing
from consortium.domain.errors import DomainError
from consortium.failpoint import failpoint
from consortium.intake import issued_book
from consortium.mail import Mailer
from consortium.usecases import faults, integrity, letters

log = logging.getLogger(__name__)

#: Who acts where no person does (自動処理).
SYSTEM = Actor("system", "自動処理", "", "system")

#: Why nothing is made while records differ from what was saved (整合性の検証).
_DOUBTFUL = "保存した記録が保存した時と異なるため、作成を止めています。"

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
#: Disk full, folder read-only: tried again at the next tick, which begins later than now.
_AGAIN_AFTER_FAULT = timedelta(seconds=1)


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
    #: sends the office's letters; None while mail is switched off
    mailer: Mailer | None = None
    #: folder of the installation (instance/); None where nothing but reports is written
    instance: Path | None = None
    #: writes the files; a test gives one that is full
    disk: Disk = DISK


Kinds = Mapping[str, Kind]


def work(
    worker: Worker,
    kinds: Kinds,
    *,
    run_id: str | None = None,
    actor: Actor = SYSTEM,
    before: datetime | None = None,
) -> bool:
    """Take one run and make it; False if there was none to take (1件の作成).

    With `run_id` a refusal is raised, because somebody waits for the answer; otherwise it is
    written on the run, where the home page shows it. A fault of the machine is written there in
    either case. What is to be tried again after `before` is left alone.

    Raises: BusyError when the database cannot be written before anything is taken.
    """
    held = _take(worker, run_id, before)
    if held is None:
        return False
    failpoint("claim")
    try:
        files.remove_leftovers(worker.folder, held.id, held.attempt)
        _make(worker, kinds[held.kind], held, actor)
    except LeaseLostError:
        log.info("%s: taken over by another process", held.id)
    except NotReadyError as waiting:
        again_at = worker.now() + _AGAIN_AFTER_WAIT
        _give_back(worker, held, _Outcome(again_at, wait_reason=str(waiting)))
    except (OSError, BusyError) as fault:
        _put_off(worker, held, fault)
    except Exception as error:
        _give_back(worker, held, _refused(held, error, worker.now()))
        if run_id is not None:
            raise
    return True


def _take(worker: Worker, run_id: str | None, before: datetime | None) -> Claim | None:
    now = worker.now()
    with writing(SYSTEM, now) as unit:
        unit.operational()
        settled = _settle(unit)
        held = claims.claim(
            unit, worker.owner, now, run_id=run_id, late_after=LATE_AFTER, before=before
        )
    for each in settled:
        _owed.pop(each, None)
    return held


# ---- giving back ---------------------------------------------------------------------------------


class _Outcome(NamedTuple):
    """How a try ended that did not publish (途中で終わった理由)."""

    #: when it is tried again; None: it needs a person
    again_at: datetime | None
    wait_reason: str = ""
    error: str = ""


#: What could not be given back while the database was away; the next claim does it.
_owed: dict[str, tuple[Claim, _Outcome]] = {}


def _refused(held: Claim, error: Exception, now: datetime) -> _Outcome:
    """Let a report whose data are wrong wait longer each time (差戻し)."""
    again_at = now + BACK_OFF[held.failures] if held.failures < len(BACK_OFF) else None
    if isinstance(error, DomainError):
        return _Outcome(again_at, error=str(error))
    # A mistake in the program: it must not keep other reports from being made.
    log.exception("%s: %s failed", held.id, held.kind, exc_info=error)
    said = f"作成の途中で、想定していない誤りが起きました（{type(error).__name__}）。"
    return _Outcome(again_at, error=f"{said}管理者に連絡してください。")


def _put_off(worker: Worker, held: Claim, fault: faults.Fault) -> None:
    """Leave a run that met a fault of the machine to the next tick (環境の障害)."""
    said = faults.in_words(fault)
    log.warning("%s: %s", held.id, said)
    outcome = _Outcome(worker.now() + _AGAIN_AFTER_FAULT, wait_reason=said)
    if isinstance(fault, BusyError):
        _owed[held.id] = held, outcome  # whoever waits for us waits no second time
    else:
        _give_back(worker, held, outcome)


def _give_back(worker: Worker, held: Claim, outcome: _Outcome) -> None:
    """Put the run back; a process that lost it has nothing to put back."""
    try:
        with writing(SYSTEM, worker.now()) as unit:
            unit.operational()
            claims.give_back(unit, held, **outcome._asdict())
    except LeaseLostError:
        return
    except BusyError:
        _owed[held.id] = held, outcome


def _settle(unit: Unit) -> list[str]:
    """Put back what the database did not take at the time; give the runs."""
    owed = list(_owed.values())
    for held, outcome in owed:
        with suppress(LeaseLostError):
            claims.give_back(unit, held, **outcome._asdict())
    return [held.id for held, _ in owed]


# ---- the steps -----------------------------------------------------------------------------------


def _make(worker: Worker, kind: Kind, held: Claim, actor: Actor) -> None:
    """Go on from the state the run has; each state has one way out."""
    if not integrity.is_sound(held.consortium_id, worker.folder, worker.now()):
        raise NotReadyError(_DOUBTFUL)
    with background.repeating(lambda: _renew(worker, held)):
        if held.state == "claimed":
            with writing(SYSTEM, worker.now()) as unit:
                unit.operational()
                claims.freeze_input(unit, held, kind.freeze(unit, held))
                failpoint("snapshot")
            failpoint("calculate-commit")
        with reading() as session:
            document = store.read_input(session, held.id)
        if held.state != "filed":
            _make_files(worker, kind, held, document)
        if _forget_damaged(worker, held):
            _make_files(worker, kind, held, document)
            if _forget_damaged(worker, held):
                raise OSError(errno.EIO, "files do not stay as they were written")
    _publish(worker, kind, held, actor, document)


def _renew(worker: Worker, held: Claim) -> None:
    """Say that work goes on; the fence of the next step notices where it does not."""
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        claims.renew(unit, held)


def _make_files(worker: Worker, kind: Kind, held: Claim, document: Mapping[str, Any]) -> None:
    """Make what is not there yet, and close the list."""
    sheets = kind.sheets(document, worker.folder)
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        claims.renew(unit, held, file_total=len(sheets))
        recorded = {record.slot for record in store.files_of(unit.session, held.id)}
    for sheet in sheets:
        if sheet.slot not in recorded:
            _write(worker, held, sheet)
    _file(worker, held)


def _write(worker: Worker, held: Claim, sheet: Sheet) -> None:
    """Write one file whole, then record it; nobody sees it before the run is published."""
    claim = f"{held.id}-{held.attempt}"
    content = sheet.render()
    stored = files.write_once(worker.folder, content, sheet.suffix, claim, worker.disk)
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
            claims.add_file(unit, held, new)
    except LeaseLostError:
        (worker.folder / stored.stored_name).unlink(missing_ok=True)
        raise
    failpoint("recorded")


def _file(worker: Worker, held: Claim) -> None:
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        manifest = store.manifest_of(store.files_of(unit.session, held.id))
        claims.fenced(unit, held, "calculated", state="filed", manifest_sha256=manifest)
    failpoint("filed")


def _forget_damaged(worker: Worker, held: Claim) -> bool:
    """Read every file back; say whether some were damaged and are to be made again (再作成)."""
    with reading() as session:
        made = store.files_of(session, held.id)
    damaged = {record.slot: record for record in made if not _is_whole(worker, record)}
    if damaged:
        log.warning("%s: files damaged before the issue: %s", held.id, ", ".join(damaged))
        with writing(SYSTEM, worker.now()) as unit:
            unit.operational()
            claims.forget_files(unit, held, damaged)
        for record in damaged.values():
            (worker.folder / record.stored_name).unlink(missing_ok=True)
    return bool(damaged)


def _is_whole(worker: Worker, record: FileRecord) -> bool:
    try:
        files.read_stored(worker.folder, record.stored)
    except DomainError:
        return False
    return True


def _publish(
    worker: Worker, kind: Kind, held: Claim, actor: Actor, document: Mapping[str, Any]
) -> None:
    """Make everything visible together."""
    with writing(actor, worker.now()) as unit:
        made = store.files_of(unit.session, held.id)
        claims.fenced(
            unit,
            held,
            "filed",
            state="published",
            owner=None,
            claimed_at=None,
            lease_until=None,
            error="",
            manifest_sha256=store.manifest_of(made),
        )
        claims.note_published(unit, held)
        kind.publish(unit, held, document, made)
        letters.announce(unit, held.consortium_id, held.id, made, worker.mailer)
        failpoint("publish")
    failpoint("published")


def sweep(worker: Worker) -> list[str]:
    """Remove files that no row records and no live run is about to record (後始末)."""
    now = worker.now()
    with reading() as session:
        keep = store.stored_names(session)
        before = claims.nobodys_before(session, now)
        sent = questions.stored_names(session)
    # After reading: an older database does not name the files issued after its backup.
    restore_mark.refuse_marked(worker.folder, "不要なファイルを消そうとしました。")
    if not worker.folder.is_dir():
        return []
    # A day is far longer than any unit that is about to record a file.
    old = files.sweep(worker.folder / questions.FOLDER, sent, now - timedelta(days=1))
    return old + files.sweep(worker.folder, keep, before)
