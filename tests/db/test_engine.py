"""The connection to the database (接続)."""

import threading

import pytest
from flask import Flask
from sqlalchemy import text

from consortium.db.engine import db, refuse_unsafe_url
from consortium.db.unit import reading
from consortium.domain.errors import BadInputError
from tests import databases
from tests.databases import ON_SQLITE
from tests.db import rows


@pytest.mark.parametrize(
    "url",
    [
        r"sqlite:///\\server\share\portal.sqlite3",
        "sqlite://///server/share/portal.sqlite3",
        r"sqlite:///\\?\UNC\server\share\portal.sqlite3",
    ],
)
def test_a_database_on_a_network_share_is_refused(url: str) -> None:
    with pytest.raises(BadInputError, match="ネットワーク共有") as caught:
        refuse_unsafe_url(url)
    assert caught.value.path == "SQLALCHEMY_DATABASE_URI"


@pytest.mark.parametrize(
    "url", ["postgresql://u@h/d", "postgresql+psycopg2://u@h/d", "mysql://u@h/d"]
)
def test_a_driver_nobody_tests_is_refused(url: str) -> None:
    with pytest.raises(BadInputError, match="使えません"):
        refuse_unsafe_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////srv/共同 クラウド/portal.sqlite3",
        r"sqlite:///C:\portal\portal.sqlite3",
        "postgresql+psycopg://u@h/d",
    ],
)
def test_a_local_file_and_postgresql_are_accepted(url: str) -> None:
    refuse_unsafe_url(url)


def test_a_database_in_memory_is_refused() -> None:
    """It has no WAL, and the migrations could not reach it."""
    with databases.opened("sqlite://"), pytest.raises(BadInputError, match="WAL"):
        db.session.execute(text("SELECT 1"))


@ON_SQLITE
def test_sqlite_connections_are_set_up(database: Flask) -> None:
    wanted = {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "synchronous": 2,  # FULL
        "recursive_triggers": 1,
    }
    with reading() as session:
        found = {name: session.scalar(text(f"PRAGMA {name}")) for name in wanted}
    assert found == wanted


def test_reading_goes_on_while_somebody_writes(database: Flask) -> None:
    rows.save_consortium()
    names: list[str] = []

    def read_meanwhile() -> None:
        with database.app_context(), reading() as session:
            names.append(session.execute(text("SELECT name FROM consortium")).scalar_one())

    with rows.write() as unit:
        unit.session.execute(text("UPDATE consortium SET name = '改名'"))
        rows.note(unit)
        other = threading.Thread(target=read_meanwhile)
        other.start()
        other.join(2)
        assert names == ["試験協議会"]
