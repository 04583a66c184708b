"""`flask scheduler` as processes: two at once, after an outage, and ended from outside.

The clock is the real one, so every month here lies in the past: the sample's schedule begins in
January 2025, and 令和6年度 is issued.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import runs
from consortium.usecases.kinds import KINDS
from consortium.usecases.reporting import Worker
from consortium.usecases.seed import seed
from consortium.usecases.viewer import Viewer
from tests import databases
from tests.factories import OFFICER
from tests.processes.commands import FLASK, ROOT, flask, installation, running, wait_for
from tests.seven import TOWNS

pytestmark = pytest.mark.processes

#: 15 January 2025, 9:00 in Japan: December's report, due on 1 January, is not asked for.
SCHEDULED_FROM = datetime(2025, 1, 15, 0, 0, tzinfo=UTC)
ISSUED = datetime(2025, 2, 14, 1, 0, tzinfo=UTC)
#: January, February and March fell due on the first of the month after.
AFTER_THREE_MONTHS = "2025-04-02T09:00+09:00"
MONTHS = ["2025-01", "2025-02", "2025-03"]
EVERY_TOWN = sorted(f"member:{town.code}" for town in TOWNS)


@dataclass(frozen=True)
class Office:
    """An installation with 令和6年度 issued, its database anywhere."""

    environ: dict[str, str]
    url: str
    files: Path

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Read the database from outside."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def months(self) -> list[tuple[object, ...]]:
        """Give the monthly reports: month, state, late."""
        return self.ask(
            "SELECT period_key, state, late FROM report_run WHERE kind = 'monthly_cost' ORDER BY 1"
        )

    def slots(self) -> dict[str, list[object]]:
        """Give the files of each month."""
        rows = self.ask(
            "SELECT r.period_key, f.slot FROM report_file f JOIN report_run r ON r.id = f.run_id "
            "WHERE r.kind = 'monthly_cost' ORDER BY 1, 2"
        )
        return {month: [slot for key, slot in rows if key == month] for month in MONTHS}

    def published(self) -> list[object]:
        """Give the months in the order in which the chain says they went out."""
        rows = self.ask(
            "SELECT title FROM audit_event WHERE action = 'report.publish' ORDER BY seq"
        )
        return [str(title)[:7] for (title,) in rows]


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    """Seed a database and issue 令和6年度; the processes of the test do the rest."""
    folder = tmp_path / "共同 クラウド"
    environ = installation(folder, CONSORTIUM_DATABASE_URL=database_url)
    files = folder / "files"
    with databases.opened(database_url):
        seed(ISSUED, OFFICER, schedule_from=SCHEDULED_FROM)
        issue_the_year(2024, files)
    return Office(environ, database_url, files)


def issue_the_year(start: int, files: Path) -> None:
    """Compute, approve and issue a year, by two people."""
    with databases.db.engine.connect() as connection:
        consortium_id = connection.execute(text("SELECT id FROM consortium")).scalar_one()
    staff, approver = (
        Viewer(name, name, role, consortium_id, body="弘前市")
        for name, role in (("担当", "lead_staff"), ("承認者", "lead_approver"))
    )
    run_id = runs.create_run(staff, FiscalYear(start), "final", now=ISSUED)
    seen = runs.show_run(staff, run_id).run.document_sha256
    runs.move(staff, run_id, "submit", seen=seen, now=ISSUED)
    runs.move(approver, run_id, "approve", seen=seen, now=ISSUED)
    worker = Worker("試験", files, lambda: ISSUED)
    made = runs.issue(approver, run_id, seen=seen, worker=worker, kinds=KINDS)
    assert made.state == "issued"


def test_two_schedulers_at_once_make_each_month_and_each_towns_report_once(office: Office) -> None:
    """F-3: 同じ時刻に二つ動いても、月ごとに一組だけ。止まっていた三か月は順に作る（F-6）。"""
    command = [*FLASK, "scheduler", "tick", "--now", AFTER_THREE_MONTHS]
    both = [
        subprocess.Popen(command, cwd=ROOT, env=office.environ, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [child.communicate(timeout=120)[0] for child in both]
    assert [child.returncode for child in both] == [0, 0], outputs

    assert [(month, state) for month, state, _ in office.months()] == [
        (month, "notified") for month in MONTHS
    ]
    assert office.slots() == dict.fromkeys(MONTHS, EVERY_TOWN)
    assert office.published() == MONTHS
    made = office.ask("SELECT stored_name FROM report_file")
    assert sorted(name for (name,) in made) == sorted(path.name for path in office.files.iterdir())


def test_the_months_of_an_outage_are_made_in_order_each_once_and_marked_late(
    office: Office,
) -> None:
    """F-6: 再開した時に、古い月から。もう一度動かしても何も増えない。"""
    first = flask(office.environ, "scheduler", "tick", "--now", AFTER_THREE_MONTHS)
    assert (first.returncode, first.stdout) == (0, "3件の帳票を作成しました。\n"), first.stderr
    assert [tuple(map(str, row[:2])) for row in office.months()] == [
        (month, "notified") for month in MONTHS
    ]
    assert all(late for _, _, late in office.months())
    assert office.published() == MONTHS
    kept = office.months(), office.slots(), office.ask("SELECT max(seq) FROM audit_event")

    again = flask(office.environ, "scheduler", "tick", "--now", AFTER_THREE_MONTHS)
    assert again.stdout == "0件の帳票を作成しました。\n"
    assert (office.months(), office.slots(), office.ask("SELECT max(seq) FROM audit_event")) == kept


@databases.ON_SQLITE
def test_a_month_falls_due_on_the_first_at_six_in_japan_wherever_the_process_stands(
    office: Office,
) -> None:
    elsewhere = {**office.environ, "TZ": "America/New_York"}
    for at, made in (("05:59", []), ("06:00", ["2025-01"]), ("06:01", ["2025-01"])):
        done = flask(elsewhere, "scheduler", "tick", "--now", f"2025-02-01T{at}+09:00")
        assert done.returncode == 0, done.stderr
        assert [month for month, _, _ in office.months()] == made


@databases.ON_SQLITE
def test_a_time_after_the_real_clock_is_refused_outside_the_sample(office: Office) -> None:
    done = flask(office.environ, "scheduler", "tick", "--now", "2999-01-04T06:00+09:00")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "今より後の時刻です" in line
    assert office.months() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows にはこの合図がありません")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@databases.ON_SQLITE
def test_the_scheduler_ticks_at_once_and_ends_cleanly_when_told(
    office: Office, end: signal.Signals
) -> None:
    with running(office.environ, "scheduler", "run") as child:
        wait_for(child, "配信を始めました")
        while not office.ask("SELECT 1 FROM scheduler_heartbeat"):
            assert child.poll() is None
            os.sched_yield()
        child.send_signal(end)
        assert child.wait(5) == 0
        assert child.stdout is not None
        assert "Traceback" not in child.stdout.read()
