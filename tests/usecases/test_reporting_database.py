"""F-8, F-9: the database is locked, goes away, comes back (データベースの障害)."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from consortium.clock import FrozenClock
from consortium.db import engine, models
from consortium.db.engine import db
from consortium.db.errors import BusyError
from consortium.db.unit import reading
from tests import databases, host
from tests.depth import FULL
from tests.office import count
from tests.small_reports import TICK, Desk, events, open_desk, runs

#: How long a pool may take to find its way back (seconds).
RECOVERY = 5.0
ON_POSTGRESQL = pytest.mark.parametrize("database_source", ["postgresql"], indirect=True)


@pytest.fixture
def desk(database: Flask, tmp_path: Path, clock: FrozenClock) -> Desk:
    return open_desk(tmp_path, clock)


def once(act: Callable[[], object]) -> Callable[[object], None]:
    """Do something the first time only."""
    done: list[object] = []

    def maybe(_: object) -> None:
        if not done:
            done.append(None)
            act()

    return maybe


def published_once(desk: Desk, month: str = "2026-04") -> None:
    """See that a report is out, whole, and in the chain once."""
    assert desk.run(month).state == "published"
    assert desk.contents(month) == desk.expected(month)
    assert count(models.ReportInput) == len(runs())
    with reading() as session:
        titles = session.scalars(
            text("SELECT title FROM audit_event WHERE action = 'report.publish'")
        )
        assert list(titles).count(f"{month} 試験の帳票") == 1


# ---- F-8: a writer holds the lock ----------------------------------------------------------------

#: How long a unit waits for the lock (milliseconds): as in an installation, or for a moment only.
WAIT_MS = engine.LOCK_WAIT_MS if FULL else 50


@contextmanager
def other_writer() -> Iterator[sqlite3.Connection]:
    """Open a connection of somebody else to SQLite, and let a unit wait `WAIT_MS` for it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(sqlite3.connect(str(db.engine.url.database), isolation_level=None)) as other,
    ):
        patch.setattr(engine, "LOCK_WAIT_MS", WAIT_MS)
        db.engine.dispose()
        yield other
    db.engine.dispose()


@databases.ON_SQLITE
@pytest.mark.parametrize("place", ["before the claim", "with a file made"])
def test_a_locked_database_holds_a_report_up_until_the_next_tick(desk: Desk, place: str) -> None:
    """F-8: 別の接続が書き込みを続ける間は待ち、終われば次の一巡で作る。中断には数えない。"""
    desk.plan("2026-04", "2026-05")
    with other_writer() as other:
        if place == "before the claim":
            other.execute("BEGIN IMMEDIATE")
        else:
            desk.in_file = once(lambda: other.execute("BEGIN IMMEDIATE"))
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(BusyError, match="込み合っています"):
                desk.tick()
            assert time.monotonic() - began < 2 * WAIT_MS / 1000 + 1
            desk.clock.advance(TICK)
    assert desk.published == []
    assert desk.tick() == 2
    assert desk.published == ["2026-04", "2026-05"]
    assert (desk.run("2026-04").crashes, desk.run("2026-04").failures) == (0, 0)
    published_once(desk)


# ---- F-9: the server goes away -------------------------------------------------------------------


def end_own_connection(cluster: databases.Cluster) -> None:
    """Let an administrator end the connection this process works with."""
    own = db.session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with psycopg.connect(f"host={cluster.folder} user=postgres dbname=postgres") as administrator:
        administrator.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))


PLACES = ("in_snapshot", "in_publish")


@ON_POSTGRESQL
@pytest.mark.parametrize("place", PLACES)
def test_a_connection_ended_within_a_unit_leaves_nothing_half_done(
    desk: Desk, database_source: databases.Cluster, place: str
) -> None:
    desk.plan("2026-04")
    setattr(desk, place, once(lambda: end_own_connection(database_source)))
    began = time.monotonic()
    assert desk.tick() == 1
    run = desk.run()
    assert (run.state, run.owner, run.failures) == ("due", None, 0)
    assert run.wait_reason.startswith("データベースとの接続が切れました。")
    assert bool(run.input_id) == (place == "in_publish")
    assert desk.published == ["2026-04"] * (place == "in_publish")  # tried, and undone
    assert desk.tick() == 1
    assert time.monotonic() - began < RECOVERY
    published_once(desk)


@ON_POSTGRESQL
def test_connections_ended_while_nobody_works_are_not_noticed(
    desk: Desk, database_source: databases.Cluster
) -> None:
    desk.plan("2026-04")
    with reading():
        end_own_connection(database_source)
    began = time.monotonic()
    assert desk.tick() == 1
    assert time.monotonic() - began < RECOVERY
    published_once(desk)


if FULL:  # not a skip, which CI takes for a failure: a server of its own costs four seconds

    @ON_POSTGRESQL
    @pytest.mark.usefixtures("database_source")
    @pytest.mark.parametrize("place", PLACES)
    def test_a_server_restarted_at_once_within_a_unit(
        tmp_path: Path, clock: FrozenClock, place: str
    ) -> None:
        """F-9: pg_ctl restart -m immediate。一つの誤りのあと、5秒以内に元どおり働く。"""
        initdb = host.find_initdb()
        assert initdb
        cluster = databases.Cluster(initdb, is_durable=True)
        try:
            with databases.opened(cluster.fresh(tmp_path)):
                desk = open_desk(tmp_path, clock)
                desk.plan("2026-04")
                setattr(desk, place, once(cluster.restart))
                assert desk.tick() == 1
                began = time.monotonic()
                assert desk.run().wait_reason.startswith("データベースとの接続が切れました。")
                assert desk.tick() == 1
                assert time.monotonic() - began < RECOVERY
                published_once(desk)
                assert len(events("wait")) == 1
            cluster.check()
        finally:
            cluster.stop()
