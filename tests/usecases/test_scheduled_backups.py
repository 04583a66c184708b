"""A backup that a schedule asks for: made once at its hour, and its failure is seen."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.clock import TOKYO, FrozenClock
from consortium.db import backup_file
from consortium.db.engine import db
from consortium.db.models import AuditEvent, ReportRun
from consortium.db.unit import reading
from consortium.usecases import backups, reporting, scheduled_backups
from consortium.usecases.schedule_editing import create_schedule
from consortium.usecases.schedule_entry import Entry
from tests.databases import ON_SQLITE
from tests.office import Office, open_office, report_runs

pytestmark = ON_SQLITE
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


@pytest.fixture
def office(app: Flask, clock: FrozenClock) -> Iterator[Office]:
    """Give the office with a backup at 02:00 of each weekday from 7 December 2026, a Monday."""
    with app.app_context():
        opened = open_office(app.config["FILES_DIR"], clock)
        entry = Entry(
            "backup", "day", "02:00", "stay", weekdays=WEEKDAYS, first_day=date(2026, 12, 7)
        )
        create_schedule(opened.staff, entry, clock.now(), "form-1")
        yield opened


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=TOKYO)


def made(tmp_path: Path) -> list[str]:
    return [path.name[:22] for path in backup_file.backups_in(tmp_path / "backups")]


def states() -> list[tuple[str, str]]:
    return [(run.period_key, run.state) for run in report_runs("backup")]


def test_each_day_has_one_and_the_chain_holds_its_hash(office: Office, tmp_path: Path) -> None:
    for day, hour in ((6, 12), (7, 1), (7, 2), (7, 3), (8, 4)):
        office.tick(at(day, hour))
    assert made(tmp_path) == ["backup-20261207-020000", "backup-20261208-040000"]
    assert states() == [("2026-12-07", "notified"), ("2026-12-08", "notified")]
    with reading() as session:
        query = select(AuditEvent.after).where(AuditEvent.action == "backup.create")
        said = [json.loads(after or "") for after in session.scalars(query)]
    paths = backup_file.backups_in(tmp_path / "backups")
    assert [each["sha256"] for each in said] == [backups.sha256_of(path) for path in paths]
    # Saturday and Sunday have none; after an outage over Monday to Wednesday the newest is made.
    office.tick(at(13, 12))
    office.tick(at(17, 1))
    assert [key for key, _ in states()] == ["2026-12-07", "2026-12-08", "2026-12-11", "2026-12-16"]


def test_one_that_cannot_be_made_waits_and_is_made_once(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backups").write_bytes(b"a file where the folder should be")
    office.tick(at(7, 2))
    (run,) = report_runs("backup")
    assert run.state == "due"
    assert run.wait_reason.endswith("。")
    (tmp_path / "backups").unlink()
    # The one that saved it dies before it says so: the next finds the backup and makes no other.
    real = scheduled_backups.create
    monkeypatch.setattr(scheduled_backups, "create", lambda *a, **k: (real(*a, **k), 1 / 0))
    office.tick(at(7, 3))
    monkeypatch.undo()
    office.tick(at(7, 4))
    assert made(tmp_path) == ["backup-20261207-030000"]
    assert states() == [("2026-12-07", "notified")]


def test_a_backup_that_fails_again_and_again_needs_a_person(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.tick(at(6, 12))
    monkeypatch.setattr(backups.databases, "present_url", lambda: f"sqlite:///{tmp_path}/no")
    for hour in range(2, 12):
        office.tick(at(7, hour))
    (run,) = report_runs("backup")
    assert (run.state, made(tmp_path)) == ("failed", [])
    assert "がありません。データベースの場所を確かめ" in run.error
    assert isinstance(run, ReportRun)


def test_a_backup_is_hashed_before_others_have_to_wait(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []

    def hashing(path: Path) -> str:
        hashed.append(db.session().info.get("unit"))
        return backups.sha256_of(path)

    monkeypatch.setattr(scheduled_backups, "sha256_of", hashing)
    office.tick(at(7, 2))
    assert hashed == [None]
    assert states() == [("2026-12-07", "notified")]


def test_a_backup_that_is_gone_is_not_said_to_be_there(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reporting._publish

    def moved_away(*arguments: Any) -> None:
        (path,) = backup_file.backups_in(tmp_path / "backups")
        path.unlink()
        real(*arguments)

    monkeypatch.setattr(reporting, "_publish", moved_away)
    office.tick(at(7, 2))
    (run,) = report_runs("backup")
    assert (run.state, "見つかりません" in run.error) == ("due", True)
    monkeypatch.undo()
    office.tick(at(7, 3))
    assert made(tmp_path) == ["backup-20261207-030000"]
    assert states() == [("2026-12-07", "notified")]
