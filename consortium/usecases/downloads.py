"""Handing out a produced file exactly as stored, and noting who received it (帳票の受取)."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from consortium.db import files
from consortium.db.store import issues, receipts, registers
from consortium.db.store.registers import Download
from consortium.db.unit import reading, writing
from consortium.domain.errors import NotFoundError
from consortium.domain.fiscalyear.report_period import ReportPeriod
from consortium.intake.data_rows import data_rows
from consortium.reports.bundle import bundle
from consortium.reports.csv_file import csv_file
from consortium.reports.document import LEAD_SLOT
from consortium.reports.names import FileLabel, ascii_name, display_name, file_name
from consortium.usecases import (
    archives,
    monthly,
    notices,
    quarterly,
    reminders,
    situation,
    statements,
)
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


def fetch_data(viewer: Viewer, file_id: str, folder: Path) -> Handed:
    """Give the sheet データ of a stored file as CSV; nothing is computed again (データのCSV).

    Raises: NotFoundError as `fetch`, and for a file without that sheet.
    """
    found = _find(viewer, file_id)
    is_book = found.stored.stored_name.endswith(".xlsx")
    rows = data_rows(files.read_stored(folder, found.stored)) if is_book else None
    if rows is None:
        raise NotFoundError(
            "データのCSVを受け取ろうとしました。",
            "この帳票には、シート「データ」がありません。",
            "帳票そのものを受け取ってください。",
        )
    stem = found.display_name.removesuffix(".xlsx")
    plain = ascii_name(_label(found)._replace(suffix=".csv"))
    return Handed(csv_file(rows), file_name(f"{stem}_データ", ".csv"), plain)


def fetch_issue(viewer: Viewer, report_id: str, folder: Path) -> Handed:
    """Give every file of one issue in one zip, each as stored (一式).

    Raises: NotFoundError for what is not there, not published, or no 帳票 of workbooks; DomainError
    when bytes are no longer those that were stored.
    """
    found = _of_issue(viewer, report_id)
    content = bundle((each.display_name, files.read_stored(folder, each.stored)) for each in found)
    # The last is a town's; the first may be the lead city's summary.
    label = _label(found[-1])._replace(name="一式", suffix=".zip")
    named = display_name(label._replace(code=""))
    return Handed(content, named, ascii_name(label._replace(code="all")))


def receive_issue(viewer: Viewer, report_id: str, now: datetime) -> None:
    """Note that the viewer received every file of an issue (一式の受領). Raises: NotFoundError."""
    found = _of_issue(viewer, report_id)
    if viewer.is_lead_side:
        with writing(viewer.actor(), now) as unit:
            for each in found:
                receipts.receive(
                    unit, viewer.consortium_id, each, user_id=viewer.user_id, code=None
                )


def _of_issue(viewer: Viewer, report_id: str) -> list[Download]:
    with reading() as session:
        found = issues.files_of_issue(session, viewer.consortium_id, report_id)
    if viewer.is_member or not found or found[0].kind == archives.KIND:
        raise NotFoundError(
            "発行した帳票の一式を受け取ろうとしました。",
            "見つかりません。",
            "発行台帳から選び直してください。",
        )
    return found


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
    plain = FileLabel(found.kind, found.year, found.code, "", found.edition)
    if found.kind in (monthly.KIND, quarterly.KIND, situation.KIND):
        period = ReportPeriod.parse(found.period_key)
        if period.type == "month":
            return plain._replace(month=period.months[0])
        if period.type == "quarter":
            return plain._replace(quarter=period.number)
        return plain._replace(monday=period.days.since)
    if found.kind == archives.KIND:
        return plain._replace(code="", suffix=".zip")
    if found.kind in (notices.KIND, reminders.KIND):
        no = int(found.period_key.partition("I")[2])
        return plain._replace(instalment=no)
    report = "summary" if found.slot == LEAD_SLOT else "statement"
    stage = statements.stage_of(found.kind)
    return plain._replace(report=report, stage=stage)
