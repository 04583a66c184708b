"""Databases for tests: a fresh copy of a migrated template for each test, SQLite or PostgreSQL."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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

    def __init__(self, initdb: str) -> None:
        """Make and start the server; as root through the user postgres, as it demands."""
        self.programs = Path(initdb).parent
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket path holds 107 bytes
        self.data = self.folder / "data"
        if host.is_root():
            shutil.chown(self.folder, "postgres")
        self.has_template = False
        options = " ".join(f"-c {option}" for option in FAST)
        try:
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync",
                      "-E", "UTF8", "--locale=C")  # fmt: skip
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
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def _execute(self, statement: str) -> None:
        address = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode("ascii"))


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


Source = SqliteTemplates | Cluster
