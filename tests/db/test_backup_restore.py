"""A backup is whole or none, and a restoration changes everything or nothing; both databases."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from consortium.clock import FrozenClock
from consortium.db import backup_file, databases, files
from consortium.db.audit import audit_head
from consortium.db.backup_error import BackupError
from consortium.db.backup_file import Place, backups_in, read_whole
from consortium.db.engine import db
from consortium.db.models import AuditEvent
from consortium.db.unit import reading, writing
from consortium.usecases import backups, restoring
from consortium.usecases.restoring import Asked
from tests.databases import ON_SQLITE, opened
from tests.factories import NOW, OFFICER
from tests.saving import (
    ABOUT,
    Installation,
    files_in,
    install,
    killed_at,
    rewritten,
    whole_state,
)
from tests.small_reports import open_desk


@pytest.fixture
def portal(database: Flask, tmp_path: Path) -> Installation:
    return install(tmp_path)


def _names(folder: Path) -> list[str]:
    return [path.name for path in backups_in(folder)]


def test_what_is_put_back_is_what_was_saved_and_what_was_there_is_kept(
    portal: Installation,
) -> None:
    before = whole_state(ABOUT), files_in(portal.store)
    path = portal.back_up()
    portal.change("あとの名称")
    later = files.write_once(portal.store, b"later", ".xlsx")
    done = portal.restore(path)
    assert (whole_state(ABOUT), files_in(portal.store)) == before
    assert done.faults == []
    kept = [Path(each) for each in done.kept if Path(each).exists()]
    assert (kept[-1] / later.stored_name).read_bytes() == b"later"
    if db.engine.dialect.name == "sqlite":
        old = f"sqlite:///{kept[0]}"
        query = "SELECT name FROM consortium"
    else:
        old = databases.present_url()
        query = f"SELECT name FROM {done.kept[0].split()[-1]}.consortium"
    engine = create_engine(old, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() == "あとの名称"
    # The triggers came back with the tables.
    refused = pytest.raises(IntegrityError, match="final, never changed")
    with refused, writing(OFFICER, NOW) as unit:
        unit.session.execute(delete(AuditEvent))


@ON_SQLITE
@pytest.mark.parametrize("point", ["backup-half", "backup-written"])
def test_a_backup_interrupted_half_way_is_none(portal: Installation, point: str) -> None:
    killed_at(point, portal.back_up)
    assert _names(portal.place.folder) == []
    assert len(list(portal.place.folder.iterdir())) == 2  # the copied database and the zip
    (after,) = [portal.back_up(days=400)]  # far later than the leftovers' own time
    assert list(portal.place.folder.iterdir()) == [after]


@pytest.mark.parametrize(
    ("database_source", "point"),
    [
        ("sqlite", "restore-loaded"),
        ("sqlite", "restore-files"),
        ("postgresql", "restore-files"),
    ],
    indirect=["database_source"],
)
def test_a_restoration_killed_half_way_is_done_again(portal: Installation, point: str) -> None:
    before = whole_state(ABOUT), files_in(portal.store)
    path = portal.back_up()
    portal.change("あとの名称")
    killed_at(point, lambda: portal.restore(path))
    portal.restore(path)
    assert (whole_state(ABOUT), files_in(portal.store)) == before


@ON_SQLITE
def test_what_the_disk_kept_otherwise_gets_no_name(
    portal: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(point: str) -> None:
        if point == "backup-written":
            (part,) = portal.place.folder.glob(".*.part")
            _flipped(b"database.")(part)

    monkeypatch.setattr(backup_file, "failpoint", spoil)
    with pytest.raises(BackupError, match=r"backup-2026.*壊れて|照合値"):
        portal.back_up()
    assert list(portal.place.folder.iterdir()) == []


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-700])


def _flipped(part: bytes) -> Callable[[Path], None]:
    """Change a bit in the midst of what a part holds."""

    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[content.index(part) + 200] ^= 4
        path.write_bytes(content)

    return flip


def _changed(**how: Any) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        copy = path.with_suffix(".copy")
        path.rename(copy)
        rewritten(copy, path, **how)

    return change


def _with(**changes: Any) -> Callable[[Path], None]:
    def change(plain: dict[str, Any]) -> None:
        for key, value in changes.items():
            if isinstance(value, dict):
                plain[key] |= value
            else:
                plain[key] = value

    return _changed(manifest=change)


def _other_kind(path: Path) -> None:
    kind = "sqlite" if db.engine.dialect.name == "postgresql" else "postgresql"
    _with(kind=kind)(path)


def _other_rows(path: Path) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["facts"]["tables"]["member"][0] += 1

    _changed(manifest=change)(path)


BAD = {
    "cut off": (_truncated, "壊れています"),
    "a bit in the database": (_flipped(b"database."), "壊れて|照合値と異なります"),
    "a bit in the manifest": (_flipped(b"manifest.json"), "壊れて|目録"),
    "no backup of ours": (
        _changed(parts={"manifest.json": None}),
        "このポータルのバックアップでは",
    ),
    "another format": (_with(format=2), "このポータルのバックアップではない"),
    "another database": (_changed(parts={"database.sqlite3": b"x"}), "照合値と異なります"),
    "a part too many": (_changed(parts={"files/../../evil.xlsx": b"x"}), "部品が異なります"),
    "of another database": (_other_kind, "同じ種類のデータベース"),
    "of an installation": (_with(is_sample=False), "本番のバックアップ"),
    "of a newer program": (_with(facts={"revision": "9999"}), "このプログラムは知りません"),
    "of an older program": (_with(facts={"revision": "0026"}), "より古い.*--upgrade"),
    "with other rows than it says": (_other_rows, "目録と異なります"),
}


@ON_SQLITE
def test_a_bad_backup_is_refused_and_changes_nothing(portal: Installation) -> None:
    good = portal.back_up()
    portal.change("あとの名称")
    before = portal.state()
    for name, (spoil, said) in BAD.items():
        path = good.with_name(f"{good.name[:-12]}{'0' * 8}.zip")
        path.write_bytes(good.read_bytes())
        spoil(path)
        with pytest.raises(BackupError, match=said) as refused:
            portal.restore(path)
        assert refused.value.todo.endswith("。"), name
        assert portal.state() == before, name
    assert not list(portal.store.parent.parent.rglob("evil*"))


@ON_SQLITE
def test_no_flipped_bit_goes_unseen_that_changes_anything(portal: Installation) -> None:
    path = portal.back_up()
    whole, manifest, chance = path.read_bytes(), read_whole(path), random.Random(6)
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        content[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            assert read_whole(path) == manifest
        except BackupError:
            refused += 1
    assert refused > 50  # the rest are dates and access rights of the zip itself


def test_a_place_in_use_is_refused(portal: Installation) -> None:
    path = portal.back_up()
    before = portal.state()
    with pytest.raises(BackupError, match="--replace"):
        portal.restore(path, replaces=False)
    engine = create_engine(databases.present_url())
    with engine.connect() as other:
        other.execute(text("SELECT 1 FROM consortium"))
        databases.let_go()
        with pytest.raises(BackupError, match="止めてから"):
            portal.restore(path)
    engine.dispose()
    assert portal.state() == before


def test_an_empty_machine_needs_no_leave(
    portal: Installation, empty_url: str, tmp_path: Path
) -> None:
    before = whole_state(ABOUT), files_in(portal.store)
    path = portal.back_up()
    there = tmp_path / "there" / "files"
    with opened(empty_url):
        done = restoring.restore(Asked(path, there, is_sample=True), NOW)
        assert (whole_state(ABOUT), files_in(there)) == before
    assert done.kept == []


@ON_SQLITE
def test_tables_of_an_older_program_are_brought_up_to_date(portal: Installation) -> None:
    newest = databases.known_revisions()[-1]
    flask_migrate.downgrade(revision="0026")
    path = portal.back_up()
    flask_migrate.upgrade()
    with pytest.raises(BackupError, match="--upgrade"):
        portal.restore(path)
    assert portal.restore(path, upgrades=True).manifest.facts.revision == "0026"
    with db.engine.connect() as connection:
        query = text("SELECT version_num FROM alembic_version")
        assert connection.execute(query).scalar_one() == newest


def test_a_chain_that_was_touched_is_not_put_back_unasked(portal: Installation) -> None:
    engine = create_engine(databases.present_url(), poolclass=NullPool)
    with engine.begin() as connection:
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        else:
            connection.execute(text("DROP TRIGGER audit_event_refuse_update"))
        connection.execute(text("UPDATE audit_event SET title = '別の題' WHERE seq = 1"))
    path = portal.back_up()
    if db.engine.dialect.name == "sqlite":  # a dump has no chain before a server reads it
        assert "第1号の内容が記録した時と異なります" in backups.verify(path)[1][0]
    before = portal.state()
    with pytest.raises(BackupError, match="第1号の内容が記録した時と異なります"):
        portal.restore(path)
    assert portal.state() == before
    assert len(portal.restore(path, accepts_faults=True).faults) == 1


@ON_SQLITE
def test_old_backups_go_and_the_last_good_one_stays(portal: Installation) -> None:
    first, second = portal.back_up(), portal.back_up(days=20)
    assert _names(portal.place.folder) == [first.name, second.name]
    third = portal.back_up(days=31)
    assert _names(portal.place.folder) == [second.name, third.name]
    (portal.place.folder / "other.zip").write_bytes(b"not ours")
    third.write_bytes(b"damaged")
    assert backups.prune(portal.place, NOW + timedelta(days=300)) == [third.name]
    assert sorted(path.name for path in portal.place.folder.iterdir()) == [second.name, "other.zip"]
    second.write_bytes(b"damaged, too")  # nothing good is left: nothing goes
    assert backups.prune(portal.place, NOW + timedelta(days=300)) == []


@ON_SQLITE
def test_a_file_lost_from_the_store_is_named(portal: Installation) -> None:
    stored = files.write_once(portal.store, b"recorded", ".pdf")
    with reading() as session:
        head = audit_head(session, portal.consortium_id)
    manifest = backups.create(portal.place, portal.store, NOW).manifest
    assert (manifest.lacking, manifest.facts.owners[0].seq) == ([], head.seq)
    recorded = manifest.facts._replace(files={stored.stored_name: stored})
    (portal.store / stored.stored_name).write_bytes(b"other")
    path = portal.back_up(days=1)
    again = backups.verify(path)[0]
    assert again.saved[stored.stored_name] != stored
    assert replace(again, facts=recorded).lacking == [stored.stored_name]


@ON_SQLITE
def test_after_a_restoration_only_what_is_missing_is_made(
    database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    desk = open_desk(tmp_path, clock)
    store, place = desk.worker.folder, Place(tmp_path / "backups", 30, is_sample=True)
    desk.plan("2026-04")
    desk.tick()
    path = backups.create(place, store, clock.now()).path
    desk.plan("2026-04", "2026-05")
    desk.tick()
    april, may = desk.run("2026-04").id, desk.contents("2026-05")
    restoring.restore(Asked(path, store, is_sample=True, replaces=True), clock.now())
    desk.plan("2026-04", "2026-05")
    assert desk.tick() == 1
    assert desk.published == ["2026-04", "2026-05", "2026-05"]
    assert (desk.run("2026-04").id, desk.contents("2026-05")) == (april, may)
