"""Backups in tests (バックアップの試験): the state as plain rows, a process killed on its way."""

import json
import os
import signal
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sqlalchemy import select, text

from consortium.db import databases, files
from consortium.db.backup_file import Place
from consortium.db.engine import db
from consortium.db.models import Base
from consortium.db.store import settings
from consortium.db.unit import writing
from consortium.failpoint import SETTING
from consortium.usecases import backups, restoring
from consortium.usecases.restoring import Asked, Restored
from tests.factories import NOW, OFFICER, seed_sample

#: Tables that say what was done with the state, and grow when it is put back.
ABOUT = frozenset({"audit_event", "restoration", "table_seal", "integrity_state"})


def whole_state(without: Collection[str] = ()) -> dict[str, list[str]]:
    """Give every row of every table as text, in one order; nothing of the product hashes it."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
            if table.name not in without
        }


def files_in(folder: Path) -> dict[str, bytes]:
    """Give every file below a folder by its place."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def killed_at(point: str, act: Callable[[], object]) -> None:
    """Let a process of its own do something until it is killed at a failpoint."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        os.environ[SETTING] = f"{point}:1"
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"nothing came to {point}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def rewritten(
    source: Path,
    target: Path,
    *,
    parts: Mapping[str, bytes | None] | None = None,
    manifest: Callable[[dict[str, Any]], object] = lambda _: None,
) -> Path:
    """Write a backup again with some parts replaced, or left out, and the manifest changed."""
    changed = dict(parts or {})
    with ZipFile(source) as old, ZipFile(target, "w") as new:
        for name in old.namelist():
            content = changed.pop(name, old.read(name))
            if name == "manifest.json" and content is not None:
                plain = json.loads(content)
                manifest(plain)
                content = json.dumps(plain).encode()
            if content is not None:
                new.writestr(name, content)
        for name, added in changed.items():
            new.writestr(name, added or b"")
    return target


@dataclass(frozen=True, slots=True)
class Installation:
    """A small portal: the sample's registration and two files of the store."""

    store: Path
    place: Place
    consortium_id: str

    def back_up(self, days: int = 0) -> Path:
        return backups.create(self.place, self.store, NOW + timedelta(days=days)).path

    def change(self, name: str) -> None:
        with writing(OFFICER, NOW) as unit:
            office = settings.settings_of(unit.session, self.consortium_id)
            assert office.name != name
            unit.session.execute(text("UPDATE consortium SET name = :name"), {"name": name})
            unit.record(self.consortium_id, "test", "consortium", "c", name)

    def restore(self, path: Path, **how: Any) -> Restored:
        asked = Asked(path, self.store, is_sample=True, **{"replaces": True, **how})
        return restoring.restore(asked, NOW)

    def state(self) -> tuple[dict[str, list[str]], dict[str, bytes]]:
        found = whole_state(), files_in(self.store)
        databases.let_go()
        return found


def install(folder: Path) -> Installation:
    """Register the sample below a folder, with two files in its store."""
    store = folder / "instance" / "files"
    files.write_once(store, b"first", ".xlsx")
    files.write_once(store / "questions", b"second", ".pdf")
    place = Place(folder / "backups", 30, is_sample=True)
    return Installation(store, place, seed_sample().consortium_id)
