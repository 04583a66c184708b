"""A backup of a SQLite database (SQLiteのバックアップ): one file, copied while others write."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import DatabaseError

from consortium.db.backup_error import BackupError
from consortium.db.backup_facts import Facts, read_facts
from consortium.db.elsewhere import sqlite_url

KIND, NAME = "sqlite", "database.sqlite3"
_WAIT = 5.0
_BESIDE = ("", "-wal", "-shm")
_ASKED = "SQLiteのデータベースを読み取ろうとしました。"


def path_of(url: str) -> Path:
    """Give the file of a database."""
    return Path(make_url(url).database or "")


def version(_url: str) -> str:
    """Give the version of the database's program."""
    return sqlite3.sqlite_version


@contextmanager
def _read(path: Path) -> Iterator[Connection]:
    engine = create_engine(sqlite_url(path), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    except (DatabaseError, ValueError, TypeError) as error:
        todo = "ほかのバックアップを使ってください。"
        raise BackupError(_ASKED, "データベースの中身が壊れています。", todo) from error
    finally:
        engine.dispose()


def save(url: str, target: Path) -> Facts:
    """Copy the database as it stands at one moment, and say what is in the copy.

    Raises: BackupError where there is none, where it is damaged or stays locked.
    """
    source = path_of(url)
    todo = "データベースの場所を確かめ、しばらくしてから、もう一度行ってください。"
    if not source.is_file():
        raise BackupError(_ASKED, f"「{source}」がありません。", todo)
    address = f"{source.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(address, uri=True, timeout=_WAIT)) as found,
            closing(sqlite3.connect(target)) as made,
        ):
            # All pages in one step: others go on writing, and nothing of it comes into the copy.
            found.backup(made, pages=-1)
            made.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupError(_ASKED, "コピーできません（使用中か、壊れています）。", todo) from error
    return examine(target)


def examine(path: Path) -> Facts:
    """Check every page of a copy and read what is in it. Raises: BackupError."""
    with _read(path) as connection:
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        if said != ["ok"]:
            todo = "ほかのバックアップを使ってください。"
            raise BackupError(_ASKED, "データベースの中身が壊れています。", todo)
        return read_facts(connection)


class Restoring:
    """Putting a database back (復元): loaded beside the present one, exchanged at the end."""

    def __init__(self, url: str, stamp: str) -> None:
        """Name the files; nothing is touched yet."""
        self.target = path_of(url)
        self._staged = self.target.with_name(f"{self.target.name}.restoring")
        self._aside = self.target.with_name(f"{self.target.name}.before-{stamp}")
        self._is_exchanged = False

    @property
    def aside(self) -> str:
        """Say where the present state is kept; empty where there is none."""
        return str(self._aside) if self._aside.exists() else ""

    def refuse_in_use(self) -> None:
        """Refuse while anybody has the database open.

        Leaving WAL succeeds only for the one who is alone; it also brings everything into one file.
        """
        if not self.target.is_file():
            return
        try:
            with closing(sqlite3.connect(self.target, timeout=1)) as alone:
                alone.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise BackupError(
                    "データベースを入れ替えようとしました。",
                    "ほかのプログラムがデータベースを開いています。",
                    "ポータルと配信（flask scheduler run）を止めてから、もう一度行ってください。",
                ) from error
        except sqlite3.DatabaseError:
            return  # damaged: it is kept as it is, with its log

    def is_used(self) -> bool:
        """Say whether the present database holds a consortium, or cannot be read at all."""
        if not self.target.is_file() or not self.target.stat().st_size:
            return False
        try:
            with _read(self.target) as connection:
                return bool(read_facts(connection).owners)
        except BackupError:
            return True

    def load(self, dump: Path) -> str:
        """Put the copy beside the present database and give its address."""
        self._clear()
        self.target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dump, self._staged)
        return sqlite_url(self._staged)

    def facts(self) -> Facts:
        """Read what was loaded."""
        return examine(self._staged)

    def exchange(self) -> None:
        """Set the present database aside and put the loaded one in its place."""
        _sync(self._staged)
        for ending in _BESIDE:
            present = self.target.with_name(self.target.name + ending)
            if present.exists():
                present.replace(self._aside.with_name(self._aside.name + ending))
        self._staged.replace(self.target)
        self._is_exchanged = True

    def undo(self) -> None:
        """Leave the present database as it was."""
        if self._is_exchanged:
            return
        self._clear()
        for ending in _BESIDE:
            kept = self._aside.with_name(self._aside.name + ending)
            if kept.exists():
                kept.replace(self.target.with_name(self.target.name + ending))

    def _clear(self) -> None:
        for ending in _BESIDE:
            self._staged.with_name(self._staged.name + ending).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
