"""The two people of the lead city at work: from a draft to issued statements (算定から発行まで)."""

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import func, select

from consortium.clock import FrozenClock
from consortium.db import audit, models
from consortium.db.engine import db
from consortium.db.store import costs, reports
from consortium.db.store.runs import Run
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.usecases import runs
from consortium.usecases.kinds import KINDS
from consortium.usecases.reporting import Worker
from consortium.usecases.seed import seed
from consortium.usecases.ticking import tick
from consortium.usecases.viewer import Viewer
from tests import factories
from tests.db.rows import by_hand
from tests.kept import made_once

APPROVER = "u-9"
ITAYANAGI, FUJISAKI, HIROSAKI = "023817", "023612", "022021"
#: FY2021 of the sample: seven towns and the summary.
SLOTS = 8


@dataclass(frozen=True, slots=True)
class Office:
    """Staff, approver, the process that makes files, and their clock."""

    staff: Viewer
    approver: Viewer
    worker: Worker
    clock: FrozenClock

    @property
    def consortium_id(self) -> str:
        """Give the sample consortium."""
        return self.staff.consortium_id

    def draft(self, start: int = 2021, stage: str = "final", reason: str = "") -> str:
        """Draft a run."""
        now = self.clock.now()
        return runs.create_run(self.staff, FiscalYear(start), stage, now=now, reason=reason)

    def move(self, run_id: str, *steps: str) -> str:
        """Let the right person take steps of a run."""
        for step in steps:
            viewer = self.staff if step == "submit" else self.approver
            now, seen = self.clock.now(), self.seen(run_id)
            runs.move(viewer, run_id, step, seen=seen, now=now, reason="試験")
        return run_id

    def seen(self, run_id: str) -> str:
        """Give the hash of a run's result, as its page shows it now."""
        return runs.show_run(self.staff, run_id).run.document_sha256

    def approved(self, start: int = 2021, stage: str = "final", reason: str = "") -> str:
        """Draft, submit and approve a run."""
        return self.move(self.draft(start, stage, reason), "submit", "approve")

    def issue(self, run_id: str) -> Run:
        """Issue an approved run."""
        seen = self.seen(run_id)
        return runs.issue(self.approver, run_id, seen=seen, worker=self.worker, kinds=KINDS)

    def issued(self, start: int = 2021, stage: str = "final", reason: str = "") -> Run:
        """Go the whole way."""
        return self.issue(self.approved(start, stage, reason))

    def named(self, owner: str) -> Worker:
        """Give another process on the same folder."""
        return replace(self.worker, owner=owner)

    def tick(self, at: datetime) -> int:
        """Move the clock to an instant and tick once."""
        self.clock.advance(at - self.clock.now())
        return tick(self.worker)


def open_office(folder: Path, clock: FrozenClock, schedule_from: datetime | None = None) -> Office:
    """Register the sample consortium and give its office."""
    if schedule_from is not None:
        seed(clock.now(), factories.OFFICER, schedule_from=schedule_from)
    staff = factories.seed_sample()
    approver = replace(staff, user_id=APPROVER, name="弘前 承認", role="lead_approver")
    return Office(staff, approver, Worker("process-1", folder, clock.now), clock)


def issued_office(
    folder: Path, clock: FrozenClock, start: int = 2021, stage: str = "final"
) -> Office:
    """Give the office of the sample when it has issued a year; only the first test issues it."""
    key = ("issued", start, stage, clock.now())
    made_once(key, folder, lambda: open_office(folder, clock).issued(start, stage))
    return open_office(folder, clock)


def copy_costs(office: Office, start: int, stage: str, to: int, to_stage: str) -> None:
    """Register the costs of a year for another one as well."""
    later = to - start

    def moved(month: Month) -> Month:
        return Month(month.year + later, month.month)

    copies = [
        replace(
            item,
            id=models.new_id(),
            year=FiscalYear(to),
            stage=to_stage,
            first_month=moved(item.first_month),
            last_month=moved(item.last_month),
        )
        for item in factories.items_of(office.staff, start, stage)
    ]
    with writing(factories.OFFICER, office.clock.now()) as unit:
        costs.add_items(unit, office.consortium_id, copies, "試験の費目")


def files_of_run(office: Office, run: Run) -> dict[str, bytes]:
    """Give the stored bytes of what was issued for a run, by slot."""
    rows = (
        select(models.ReportFile.slot, models.ReportFile.stored_name)
        .join(models.Statement, models.Statement.report_file_id == models.ReportFile.id)
        .where(models.Statement.run_id == run.id)
    )
    with reading() as session:
        found = session.execute(rows).all()
    return {row.slot: (office.worker.folder / row.stored_name).read_bytes() for row in found}


def data_rows(content: bytes, sheet: str = "データ") -> list[dict[str, Any]]:
    """Read the machine-readable sheet of a workbook: heading → value for each row."""
    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    lines = list(book[sheet].iter_rows(values_only=True))
    return [dict(zip(map(str, lines[0]), line, strict=False)) for line in lines[1:]]


def count(table: type[models.Base]) -> int:
    """Count the rows of a table."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def chain_faults(office: Office) -> list[str]:
    """Verify the chain of what was done."""
    with reading() as session:
        return audit.verify_chain(session, office.consortium_id)


def report_runs(kind: str) -> list[models.ReportRun]:
    """Give the report runs of a kind by period."""
    query = select(models.ReportRun).where(models.ReportRun.kind == kind)
    with reading() as session:
        return list(session.scalars(query.order_by(models.ReportRun.period_key)))


def recorded(run_id: str) -> list[reports.FileRecord]:
    """Give the recorded files of a report run."""
    with reading() as session:
        return reports.files_of(session, run_id)


def end_leases(clock: FrozenClock, by: timedelta = timedelta(minutes=6)) -> None:
    """Let so much time go by for every lease: a server's own clock cannot be advanced."""
    clock.advance(by)
    if db.engine.dialect.name != "postgresql":
        return
    back = f"- interval '{by.total_seconds()} seconds'"
    by_hand(
        db.engine.url.render_as_string(hide_password=False),
        f"UPDATE report_run SET lease_until = lease_until {back}, claimed_at = claimed_at {back} "
        "WHERE owner IS NOT NULL",
    )


def age_files(office: Office) -> None:
    """Date the files at the frozen time: the sweep compares with it, not with the real one."""
    at = office.clock.now().timestamp() - 60
    for path in office.worker.folder.glob("*"):
        os.utime(path, (at, at))
