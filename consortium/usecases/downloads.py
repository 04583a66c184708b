"""Handing out a produced file exactly as stored, and noting who received it (帳票の受取)."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from consortium.db import files
from consortium.db.store import receipts, registers
from consortium.db.store.registers import Download
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import Month
from consortium.reports.document import LEAD_SLOT
from consortium.reports.names import FileLabel, ascii_name
from consortium.usecases import archives, monthly, notices, reminders, statements
from consortium.usecases.viewer import Viewer


class Handed(NamedTuple):
    """A file on its way to somebody (受け取るファイル)."""

    content: bytes
    display_name: str
    ascii_name: str

    @property
    def is_zip(self) -> bool:
        """Say whether it is a zip and no workbook (書庫)."""
        return self.display_name.endswith(".zip")


def fetch(viewer: Viewer, file_id: str, folder: Path) -> Handed:
    """Give the stored bytes of a published file; a town gets its own files only (受取).

    Raises: NotFoundError for another town's file as for a missing one; DomainError when the bytes
    are no longer those that were stored.
    """
    found = _find(viewer, file_id)
    content = files.read_stored(folder, found.stored)
    return Handed(content, found.display_name, ascii_name(_label(found)))


def receive(viewer: Viewer, file_id: str, now: datetime) -> str:
    """Note that the viewer received a file, and give its name; the auditor leaves no trace (受領).

    Raises: NotFoundError for another town's file as for a missing one.
    """
    found = _find(viewer, file_id)
    if viewer.is_member or viewer.is_lead_side:
        with writing(viewer.actor(), now) as unit:
            receipts.receive(
                unit, viewer.consortium_id, found, user_id=viewer.user_id, code=viewer.code
            )
    return found.display_name


def _find(viewer: Viewer, file_id: str) -> Download:
    with reading() as session:
        code = (viewer.code or "") if viewer.is_member else None
        return registers.find_download(session, viewer.consortium_id, file_id, code=code)


def _label(found: Download) -> FileLabel:
    if found.kind == monthly.KIND:
        month = Month.parse(found.period_key)
        return FileLabel(found.kind, found.year, found.code, "", found.edition, month=month)
    if found.kind == archives.KIND:
        return FileLabel(found.kind, found.year, "", "", found.edition, suffix=".zip")
    if found.kind in (notices.KIND, reminders.KIND):
        no = int(found.period_key.partition("I")[2])
        return FileLabel(found.kind, found.year, found.code, "", found.edition, instalment=no)
    report = "summary" if found.slot == LEAD_SLOT else "statement"
    stage = statements.stage_of(found.kind)
    return FileLabel(report, found.year, found.code, "", found.edition, stage)
