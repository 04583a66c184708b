"""The archive of a fiscal year (年度アーカイブ): made after 本締め, kept like every document."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consortium.db import files
from consortium.db.files import StoredFile
from consortium.db.store import closings, orders, registers, runs, settings
from consortium.db.store.registers import Entry, NewStatement
from consortium.db.store.reports import Claim, FileRecord, NewRun
from consortium.db.store.runs import Run
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import InvalidTransitionError
from consortium.domain.yen import Yen
from consortium.reports import archive
from consortium.reports.archive import ArchiveDocument, Kept
from consortium.reports.names import FileLabel, display_name
from consortium.usecases import register_check
from consortium.usecases.closings import today_of
from consortium.usecases.ordering import Asked, Maker, make, order, ordered_before, ordered_kind
from consortium.usecases.reporting import Kinds, Sheet
from consortium.usecases.statements import Numbered
from consortium.usecases.viewer import Viewer
from consortium.usecases.year_closing import OpenPoint, show_year

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KIND = "archive"
SLOT = "zip"


# ---- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """The archive of a year: what went out, what is missing, what was kept (画面)."""

    year: FiscalYear
    label: str
    is_closed: bool
    #: what is still open of the year; empty once it can be closed
    open: list[OpenPoint]
    #: number of files by kind
    counts: Mapping[str, int]
    #: archives made, the newest last
    made: list[Entry]
    #: the newest archive holds everything there is
    is_complete: bool

    @property
    def can_issue(self) -> bool:
        """Say whether there is something to keep now (発行できる)."""
        return self.is_closed and not self.is_complete


def show_archive(viewer: Viewer, year: FiscalYear, today: date) -> ArchivePage:
    """Read what an archive of a year would hold (年度アーカイブ)."""
    owner = viewer.consortium_id
    closing = show_year(viewer, year, today)
    with reading() as session:
        kept = _kept(session, owner, year)
        made = [each for each in registers.entries(session, owner, year=year) if each.kind == KIND]
    counts: dict[str, int] = {}
    for path in (each.path.partition("/")[0] for each in kept):
        counts[path] = counts.get(path, 0) + 1
    return ArchivePage(
        year,
        closing.label,
        closing.lock.is_locked(today),
        closing.open,
        counts,
        made,
        bool(made) and made[-1].data_hash == archive.kept_hash(year, kept),
    )


def _kept(session: "Session", consortium_id: str, year: FiscalYear) -> tuple[Kept, ...]:
    """Give every file that went out, each at a place of its own (保存するファイル)."""
    found: dict[str, Kept] = {}
    for file in orders.files_of_year(session, consortium_id, year):
        path = archive.place(file.kind, file.display_name)
        if path in found:  # two documents of one name: told apart by what they are
            path = archive.place(file.kind, f"{file.stored.sha256[:8]}_{file.display_name}")
        found[path] = Kept(
            path,
            file.stored.stored_name,
            file.stored.size,
            file.stored.sha256,
            file.document_number,
            file.is_cancelled,
        )
    return tuple(sorted(found.values(), key=lambda each: each.path))


# ---- issuing -------------------------------------------------------------------------------------


def issue_archive(
    viewer: Viewer, year: FiscalYear, record_id: str, maker: Maker
) -> orders.Order | None:
    """Keep everything of a closed year (年度アーカイブの発行); None where nothing changed since.

    The same form again gives the same answer. Raises: InvalidTransitionError before 本締め or with
    nothing issued.
    """
    owner, now = viewer.consortium_id, maker.worker.now()
    title = f"{fiscal_year_label(year)}の年度アーカイブ"
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        key = f"FY{year.start_year}"
        edition = orders.next_edition(unit.session, owner, KIND, year, key)
        asked = Asked(NewRun(owner, KIND, year, key, edition, now), record_id, title)
        if ordered_before(unit, asked) is None:
            run = _closed_run(unit, owner, year, title)
            kept = _kept(unit.session, owner, year)
            if _is_complete(unit.session, owner, year, kept):
                unit.operational()
                return None
            _freeze(unit, run, kept, asked)
    return make(viewer, record_id, maker)


def _closed_run(unit: Unit, consortium_id: str, year: FiscalYear, title: str) -> Run:
    """Give the run a closed year ended with; the register names it beside the archive."""
    lock = closings.lock_of(unit.session, consortium_id, year)
    run = runs.latest_issued(unit.session, consortium_id, year)
    if not lock.is_locked(today_of(unit.now)) or run is None:
        raise InvalidTransitionError(
            f"{title}を発行しようとしました。",
            "この年度は、本締めされていません。",
            "「締め」の画面で本締めをしてから、行ってください。",
        )
    return run


def _is_complete(
    session: "Session", consortium_id: str, year: FiscalYear, kept: tuple[Kept, ...]
) -> bool:
    made = [
        each.data_hash
        for each in registers.entries(session, consortium_id, year=year)
        if each.kind == KIND
    ]
    return bool(made) and made[-1] == archive.kept_hash(year, kept)


def _freeze(unit: Unit, run: Run, kept: tuple[Kept, ...], asked: Asked) -> None:
    """Fix which files are kept, and the register as it stands, and order the archive."""
    owner, year = asked.new.consortium_id, asked.new.year
    office = settings.settings_of(unit.session, owner)
    numbered = Numbered.take(unit, owner, [SLOT], asked.title)
    document = ArchiveDocument(
        is_sample=office.is_sample,
        consortium=office.name,
        office=office.office_name,
        fiscal_year=year,
        fiscal_year_label=fiscal_year_label(year, office.year_labels),
        edition=asked.new.edition,
        number=numbered.printed[SLOT],
        issued_at=unit.now,
        register_seq=numbered.head.seq,
        register_hash=numbered.head.hash,
        kept=kept,
        register={},
    )
    # As bytes: the canonical form of the input would bring the text of the chain to one form.
    exported = zlib.compress(register_check.export_in(unit.session, owner))
    frozen = {
        "run_id": run.id,
        "stage": run.stage,
        "amount": run.total,
        "numbers": numbered.numbers,
        "archive": archive.write(document),
        "register": b64encode(exported).decode("ascii"),
        "verifier": register_check.verifier().decode("utf-8"),
    }
    order(unit, asked, run.id, frozen)


# ---- making --------------------------------------------------------------------------------------


def _read(frozen: Mapping[str, Any]) -> ArchiveDocument:
    register = {
        register_check.EXPORT: zlib.decompress(b64decode(frozen["register"])),
        register_check.VERIFIER: frozen["verifier"].encode("utf-8"),
    }
    return archive.read(frozen["archive"], register)


def sheets(frozen: Mapping[str, Any], store: Path) -> list[Sheet]:
    """List the one zip (作成するファイル); files that changed since they were issued stop it."""
    document = _read(frozen)

    def stored(kept: Kept) -> bytes:
        return files.read_stored(store, StoredFile(kept.stored_name, kept.size, kept.sha256))

    label = FileLabel(KIND, document.fiscal_year, "", "", document.edition, suffix=".zip")
    return [
        Sheet(
            SLOT,
            display_name(label),
            document.data_hash,
            partial(archive.render, document, stored),
            ".zip",
        )
    ]


def publish(unit: Unit, held: Claim, frozen: Mapping[str, Any], made: list[FileRecord]) -> None:
    """Enter the archive in the register (発行)."""
    document = _read(frozen)
    entries = [
        NewStatement(
            run_id=frozen["run_id"],
            report_run_id=held.id,
            report_file_id=file.id,
            slot=file.slot,
            code=None,
            number=frozen["numbers"][file.slot],
            document_number=document.number,
            year=document.fiscal_year,
            stage=frozen["stage"],
            edition=document.edition,
            amount=Yen(frozen["amount"]),
            issued_on=document.issued_on,
            data_hash=file.data_hash,
            file_hash=file.file_hash,
            register_seq=document.register_seq,
            register_hash=document.register_hash,
            kind=KIND,
            period_key=held.period_key,
            content_hash=file.content_hash,
        )
        for file in made
    ]
    title = f"{fiscal_year_label(held.year)}の年度アーカイブ"
    registers.enter(unit, held.consortium_id, title, entries)


#: How a year is kept.
KINDS: Kinds = {KIND: ordered_kind(sheets, publish)}
