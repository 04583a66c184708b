"""A restoration that is stopped anywhere, and what a restored portal must not do by itself."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import files
from consortium.db.backup_error import BackupError
from consortium.db.backup_file import Place
from consortium.db.models import CalendarFeed, OutboxMessage, UserSession
from consortium.db.store import restorations
from consortium.db.unit import reading
from consortium.usecases import backups
from consortium.usecases.reconciling import reconcile
from consortium.usecases.reporting import Worker, sweep
from consortium.usecases.restoring import Asked, restore
from consortium.usecases.ticking import tick
from tests.databases import ON_SQLITE
from tests.db import rows
from tests.factories import NOW
from tests.saving import Installation, files_in, install, killed_at


@pytest.fixture
def portal(database: Flask, tmp_path: Path) -> Installation:
    return install(tmp_path)


def _worker(portal: Installation) -> Worker:
    clock = FrozenClock(NOW + timedelta(days=60))  # every file is old enough to go
    return Worker("process-1", portal.store, clock.now)


def _is_waiting(portal: Installation) -> bool:
    with reading() as session:
        return restorations.is_waiting(session, portal.consortium_id)


def test_numbers_wait_from_the_moment_the_older_state_is_there(portal: Installation) -> None:
    path = portal.back_up()
    assert not _is_waiting(portal)
    killed_at("restore-database", lambda: portal.restore(path))
    assert _is_waiting(portal)


def test_no_file_goes_while_a_restoration_is_half_done(portal: Installation) -> None:
    path = portal.back_up()
    later = files.write_once(portal.store, b"issued after the backup", ".xlsx")
    os.utime(portal.store / later.stored_name, (NOW.timestamp(), NOW.timestamp()))
    before = files_in(portal.store)
    killed_at("restore-loaded", lambda: portal.restore(path))
    for act in (sweep, tick):
        with pytest.raises(BackupError, match="復元が途中で止まっています"):
            act(_worker(portal))
    with pytest.raises(BackupError, match="途中で止まって"):
        portal.back_up(days=1)
    with pytest.raises(BackupError, match="途中で止まって"):
        reconcile(portal.consortium_id, _worker(portal), [], 0)
    assert files_in(portal.store) == before
    # One that is refused leaves the mark of the one before it.
    with pytest.raises(BackupError, match="--replace"):
        portal.restore(path, replaces=False)
    with pytest.raises(BackupError):
        sweep(_worker(portal))
    portal.restore(path)
    assert sweep(_worker(portal)) != []  # at work again: no row of the sample names its files


def test_a_restoration_that_is_refused_leaves_the_portal_at_work(portal: Installation) -> None:
    path = portal.back_up()
    with pytest.raises(BackupError, match="--replace"):
        portal.restore(path, replaces=False)
    sweep(_worker(portal))


@ON_SQLITE
def test_what_was_ended_since_the_backup_does_not_come_back(
    database: Flask, tmp_path: Path
) -> None:
    rows.save_one_of_each()
    place = Place(tmp_path / "backups", 30, is_sample=True)
    path = backups.create(place, tmp_path / "files", NOW).path
    with reading() as session:
        assert session.scalars(select(OutboxMessage.state)).all() == ["queued"]
        assert session.scalars(select(CalendarFeed.revoked_at)).all() == [None]
        assert session.scalars(select(UserSession.ended_at)).all() == [None]
    at = NOW + timedelta(days=3)
    asked = Asked(path, tmp_path / "files", is_sample=True, replaces=True, accepts_faults=True)
    restore(asked, at)
    with reading() as session:
        (letter,) = session.scalars(select(OutboxMessage))
        assert session.scalars(select(CalendarFeed.revoked_at)).all() == [at]
        assert session.scalars(select(UserSession.ended_at)).all() == [at]
    assert (letter.state, "復元" in letter.error) == ("failed", True)
