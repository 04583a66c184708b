"""Databases for tests: a fresh copy of a migrated template for each test, SQLite or PostgreSQL."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import flask_migrate
import psycopg
import pytest
from flask import Flask

from consortium.db.engine import db, init_database
from tests import host

DATABASES = os.environ.get("CONSORTIUM_TEST_DATABASES", "sqlite,postgresql").split(",")
# For what only SQLite has. Not a skip: with CI=true a skipped test is a failure.
ON_SQLITE = pytest.mark.parametrize("database_source", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_source", ["postgresql"], indirect=True)
# Nobody minds losing a test database when the power fails.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


def bare_app(url: str) -> Flask:
    """Make the smallest application that has the database."""
    app = Flask("consortium")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, TESTING=True)
    init_database(app)
    return app


@contextmanager
def opened(url: str) -> Iterator[Flask]:
    """Enter a bare application on a database and let go of its connections afterwards."""
    app = bare_app(url)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def migrate(url: str) -> None:
    """Bring an empty database to the newest revision."""
    with opened(url):
        flask_migrate.upgrade()


class SqliteTemplates:
    """SQLite files: a copy takes less than a millisecond."""

    def __init__(self, folder: Path) -> None:
        """Keep the template in a folder of the test session."""
        self.template = folder / "template.sqlite3"

    def empty(self, folder: Path) -> str:
        """Give the address of a database that does not exist yet."""
        return f"sqlite:///{folder / uuid4().hex}.sqlite3"

    def fresh(self, folder: Path) -> str:
        """Copy the migrated template."""
        if not self.template.exists():
            migrate(f"sqlite:///{self.template}")
        return self.copy(f"sqlite:///{self.template}", folder)

    def copy(self, url: str, folder: Path) -> str:
        """Copy a database that nobody is connected to."""
        new = self.empty(folder)
        shutil.copyfile(url.removeprefix("sqlite:///"), new.removeprefix("sqlite:///"))
        return new

    def drop(self, url: str) -> None:
        """Nothing to do: pytest removes its folders."""


class Cluster:
    """A PostgreSQL server of our own: reached by a socket in a private folder only."""

    template = "portal_template"

    def __init__(self, initdb: str, *, is_durable: bool = False) -> None:
        """Make and start the server; as root through the user postgres, as it demands.

        A durable one may die: what it said is saved is saved, and every page has a checksum.
        """
        self.programs = Path(initdb).parent
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket path holds 107 bytes
        self.data = self.folder / "data"
        if host.is_root():
            shutil.chown(self.folder, "postgres")
        self.has_template = False
        chosen = FAST if not is_durable else ("fsync=off", "listen_addresses=")
        options = " ".join(f"-c {option}" for option in chosen)
        try:
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync",
                      "-E", "UTF8", "--locale=C", *["--data-checksums"] * is_durable)  # fmt: skip
            self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "start",
                      "-o", f"{options} -c unix_socket_directories={self.folder}")  # fmt: skip
        except BaseException:
            self.stop()
            raise

    def _run(self, program: str, *arguments: str | Path) -> None:
        user = ("runuser", "-u", "postgres", "--") if host.is_root() else ()
        command = [*user, str(self.programs / program), *map(str, arguments)]
        # Output goes to a file: a server that inherits a pipe would keep it open for ever.
        with (self.folder / "output").open("a+", encoding="utf-8") as output:
            done = subprocess.run(command, cwd=self.folder, stdout=output, stderr=output)
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed:\n{output.read()}")

    def stop(self) -> None:
        """Stop the server and remove what it wrote."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self) -> None:
        """Let the server die at once, whatever it is doing, and come back."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "-l", self.folder / "log",
                  "restart")  # fmt: skip

    def check(self) -> None:
        """Look through tables, indexes and pages for damage."""
        with psycopg.connect(f"host={self.folder} user=postgres dbname=template1") as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        self._run("pg_amcheck", "--all", "--install-missing", "-h", self.folder, "-U", "postgres")

    def url(self, name: str) -> str:
        """Give the address of one database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def empty(self, _folder: Path) -> str:
        """Make an empty database."""
        return self._create(f"t_{uuid4().hex}", "template1")

    def fresh(self, _folder: Path) -> str:
        """Copy the migrated template."""
        if not self.has_template:
            migrate(self._create(self.template, "template1"))
            self.has_template = True
        return self._create(f"t_{uuid4().hex}", self.template)

    def copy(self, url: str, _folder: Path) -> str:
        """Copy a database that nobody is connected to."""
        return self._create(f"t_{uuid4().hex}", _name(url))

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def _create(self, name: str, template: str) -> str:
        self._execute(_copied(name, template))
        return self.url(name)

    def _execute(self, statement: str) -> None:
        _administer(str(self.folder), statement)


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def _administer(folder: str, *statements: str) -> None:
    address = f"host={folder} user=postgres dbname=postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode("ascii"))


def _copied(new: str, template: str) -> str:
    return f"CREATE DATABASE {new} TEMPLATE {template} STRATEGY file_copy"


Source = SqliteTemplates | Cluster
#: A database in memory, or the name of a template.
Saved = sqlite3.Connection | str


def save() -> Saved:
    """Keep a copy of the database of this context (控え)."""
    if db.engine.dialect.name == "sqlite":
        memory = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(_left())) as connection:
            connection.backup(memory)
        return memory
    name = f"kept_{uuid4().hex}"
    _administer(db.engine.url.query["host"], _copied(name, _left()))
    return name


def load(saved: Saved) -> None:
    """Put what was kept into the place of the database of this context (控えからの復元)."""
    name = _left()
    if isinstance(saved, sqlite3.Connection):
        with closing(sqlite3.connect(name)) as connection:
            saved.backup(connection)
    else:
        folder = db.engine.url.query["host"]
        _administer(folder, f"DROP DATABASE {name} WITH (FORCE)", _copied(name, saved))


def _left() -> str:
    """Let go of the database of this context and name it."""
    db.session.remove()
    db.engine.dispose()
    return str(db.engine.url.database)
