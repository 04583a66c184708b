"""How a database is saved: at one moment, while others write, without telling its password."""

import multiprocessing
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from consortium.db import databases, postgresql_backup, postgresql_programs, sqlite_backup
from consortium.db.backup_error import BackupError
from consortium.db.elsewhere import sqlite_url
from tests.databases import ON_POSTGRESQL
from tests.factories import seed_sample

SECRET = "geheim-7%/"
URL = "postgresql+psycopg://portal:geheim-7%25%2F@db.example:5433/kyodo?sslmode=require"


def _transfer(path: Path, ready: str) -> None:
    """Move money between two accounts until somebody ends it."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        for count in range(1_000_000):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE account SET yen = yen - 1 WHERE id <= 300")
            connection.execute("UPDATE account SET yen = yen + 1 WHERE id > 300")
            connection.execute("COMMIT")
            if count == 0:
                Path(ready).touch()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Path]:
    """Give a database that another process writes to all the time."""
    path, ready = tmp_path / "busy.sqlite3", tmp_path / "ready"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, yen INTEGER)")
        rows = [(number, 1_000_000) for number in range(1, 601)]
        connection.executemany("INSERT INTO account VALUES (?, ?)", rows)
        connection.commit()
    writer = multiprocessing.get_context("fork").Process(target=_transfer, args=(path, str(ready)))
    writer.start()
    while not ready.exists():
        writer.join(0.01)
    yield path
    writer.kill()
    writer.join()


def test_a_copy_made_while_others_write_is_of_one_moment(busy: Path, tmp_path: Path) -> None:
    moments = set()
    for number in range(8):
        copy = tmp_path / f"copy{number}"
        sqlite_backup.save(sqlite_url(busy), copy)
        with closing(sqlite3.connect(copy)) as connection:
            query = "SELECT sum(yen), min(yen), max(yen) FROM account"
            total, least, most = connection.execute(query).fetchone()
        assert (total, least + most) == (600_000_000, 2_000_000)
        moments.add(most)
    assert len(moments) > 1  # the writer did write


@ON_POSTGRESQL
def test_a_dump_and_what_is_said_of_it_are_of_one_moment(
    database: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_sample()
    url, real = databases.present_url(), postgresql_programs.run

    def slow(*arguments: str, url: str) -> None:
        """Let somebody write after the snapshot was taken and before pg_dump reads it."""
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("UPDATE consortium SET name = 'あとの名称'"))
        real(*arguments, url=url)

    monkeypatch.setattr(postgresql_backup, "run", slow)
    facts = postgresql_backup.save(url, tmp_path / "dump")
    assert [owner.name for owner in facts.owners] != ["あとの名称"]
    command = ["pg_restore", "--data-only", "--table=consortium", "--file=-", tmp_path / "dump"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert facts.owners[0].name in said
    assert "あとの名称" not in said


def _program(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_password_stands_neither_on_the_command_line_nor_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said = tmp_path / "said"
    script = (
        f'printf "%s\\n" "$@" > {said}; env > {said}.env; echo "pg_dump: error: no" >&2; exit 1'
    )
    _program(tmp_path, "pg_dump", script, monkeypatch)
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", "key-of-the-portal")
    with pytest.raises(BackupError) as refused:
        postgresql_programs.run("pg_dump", "--file=x", url=URL)
    environment = Path(f"{said}.env").read_text(encoding="utf-8").splitlines()
    assert {
        f"PGPASSWORD={SECRET}",
        "PGHOST=db.example",
        "PGPORT=5433",
        "PGUSER=portal",
        "PGDATABASE=kyodo",
        "PGSSLMODE=require",
    } <= set(environment)
    for text_ in (said.read_text(encoding="utf-8"), caplog.text, str(refused.value)):
        assert "geheim" not in text_
    assert "key-of-the-portal" not in "\n".join(environment)


def test_programs_that_are_missing_or_too_old_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BackupError, match="「application_name」を pg_dump に伝えられません"):
        postgresql_programs.environment(f"{URL}&application_name=x")
    too_old = 'echo "pg_dump: error: aborting because of server version mismatch" >&2; exit 1'
    _program(tmp_path, "pg_dump", too_old, monkeypatch)
    with pytest.raises(BackupError, match="版が、データベースのサーバーより古い"):
        postgresql_programs.run("pg_dump", url=URL)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match=r"pg_restore がありません.*postgresql-client"):
        postgresql_programs.run("pg_restore", url=URL)
