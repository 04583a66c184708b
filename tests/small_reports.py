"""A report of three small files (小さな帳票): for tests of how reports are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import files, models
from consortium.db.store import reports
from consortium.db.store.reports import Claim, FileRecord, NewRun
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases.reporting import SYSTEM, Kind, Sheet, Worker, work
from tests.db import rows

KIND, OTHER = "test", "test_too"
SLOTS = ("member:022021", "member:023612", "member:023817")
TICK = timedelta(seconds=30)


def nothing(*_: Any) -> None:
    """Do nothing."""


def packed(words: str) -> bytes:
    """Put some words into a file."""
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr(ZipInfo("words"), words)
    return content.getvalue()


@dataclass
class Desk:
    """A process that makes small reports, and what happens to it on the way."""

    worker: Worker
    clock: FrozenClock
    #: called while the input is frozen, before a file is made, while the report is published
    in_snapshot: Callable[[Claim], object] = nothing
    in_file: Callable[[str], object] = nothing
    in_publish: Callable[[Claim], object] = nothing
    #: what a file holds
    words: Callable[[str], str] = str
    #: periods in the order in which they were published
    published: list[str] = field(default_factory=list)

    def named(self, owner: str) -> "Desk":
        """Give another process on the same folder."""
        return replace(self, worker=replace(self.worker, owner=owner))

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Give the kinds of reports it knows, all made alike."""
        return dict.fromkeys((KIND, OTHER), Kind(self._freeze, self._sheets, self._publish))

    def _freeze(self, unit: Unit, held: Claim) -> Mapping[str, Any]:
        unit.session.flush()
        self.in_snapshot(held)
        return {"period": held.period_key}

    def _sheets(self, frozen: Mapping[str, Any], _store: Path) -> list[Sheet]:
        def of(slot: str) -> Sheet:
            def render() -> bytes:
                self.in_file(slot)
                return packed(self.words(f"{frozen['period']} {slot}"))

            return Sheet(slot, f"{slot[-6:]}.zip", "a" * 64, render, ".zip")

        return [of(slot) for slot in SLOTS]

    def _publish(
        self, unit: Unit, held: Claim, _frozen: Mapping[str, Any], made: list[FileRecord]
    ) -> None:
        title = f"{held.period_key} 試験の帳票"
        hashes = {file.slot: file.file_hash for file in made}
        unit.record(
            held.consortium_id, "report.publish", "report_run", held.id, title, None, hashes
        )
        self.in_publish(held)
        self.published.append(held.period_key)

    def plan(self, *months: str, kind: str = KIND, year: int = 2026) -> None:
        """Enter reports to be made, one due a day, the last one yesterday."""
        now = self.clock.now()
        new = [
            NewRun("c-1", kind, FiscalYear(year), month, 1, now - timedelta(days=len(months) - at))
            for at, month in enumerate(months)
        ]
        with writing(SYSTEM, now) as unit:
            unit.operational()
            reports.insert_due(unit.session, new)

    def tick(self) -> int:
        """Make what is due as a tick does; then the next one comes."""
        began, count = self.clock.now(), 0
        while work(self.worker, self.kinds, before=began):
            count += 1
        self.clock.advance(TICK)
        return count

    def run(self, month: str = "") -> models.ReportRun:
        """Give the report of a month, or the only one."""
        return next(run for run in runs() if month in ("", run.period_key))

    def stored(self) -> set[str]:
        """Give the names in the file store."""
        folder = self.worker.folder
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    def contents(self, month: str = "") -> dict[str, bytes]:
        """Give the recorded files of a report as they lie in the store, by slot."""
        run_id = self.run(month).id
        with reading() as session:
            made = reports.files_of(session, run_id)
        return {file.slot: files.read_stored(self.worker.folder, file.stored) for file in made}

    def expected(self, month: str) -> dict[str, bytes]:
        """Give what the files of a month hold."""
        return {slot: packed(self.words(f"{month} {slot}")) for slot in SLOTS}


def runs() -> list[models.ReportRun]:
    """Give every report by period."""
    with reading() as session:
        return list(session.scalars(select(models.ReportRun).order_by(models.ReportRun.period_key)))


def events(*kinds: str) -> list[tuple[str, str]]:
    """Give what happened to the reports, in order: event and detail."""
    query = select(models.RunEvent.event, models.RunEvent.detail).order_by(models.RunEvent.at)
    if kinds:
        query = query.where(models.RunEvent.event.in_(kinds))
    with reading() as session:
        return [(event, detail) for event, detail in session.execute(query)]


def open_desk(folder: Path, clock: FrozenClock, **changes: Any) -> Desk:
    """Register a consortium and open its desk."""
    rows.save(rows.consortium())
    return Desk(Worker("process-1", folder / "files", clock.now, **changes), clock)
