"""The connection to the database (接続): which one, how it is set up, who may write.

`db` is bound to the application by `init_database(app)`. A transaction may write only when
`unit.writing()` opened it; every other one is refused by the database itself.
"""

import re
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, make_url

from consortium.db.network_share import is_on_share
from consortium.db.tables.metadata import Base
from consortium.domain.errors import BadInputError

MIGRATIONS = Path(__file__).parents[2] / "migrations"

# The set of tables changed so far is this option of a writing connection; absent means read-only.
CHANGES = "consortium_changed_tables"

# How long a writing connection waits for others (milliseconds).
PATIENCE = "consortium_patience"

# Long enough for another unit to end, short enough to answer 503 within six seconds.
LOCK_WAIT_MS = 5000

_WRITE = re.compile(
    r"\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?"
    r'|DELETE\s+FROM(?:\s+ONLY)?|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?)\s+"?(\w+)"?',
    re.IGNORECASE,
)

db = SQLAlchemy(
    model_class=Base,
    # Values of a failing statement stay out of messages and logs: they may be personal data.
    engine_options={"pool_pre_ping": True, "hide_parameters": True},
    session_options={"expire_on_commit": False},
)
_GIVES_BACK = re.compile(r"\bRETURNING\b", re.IGNORECASE)


def init_database(app: Flask) -> None:
    """Bind the database to the application and set its connections up."""
    refuse_unsafe_url(app.config["SQLALCHEMY_DATABASE_URI"])
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    with app.app_context():
        # On this engine, not on the class: the migrations' own engine must not hear them.
        set_up(db.engine)


def refuse_unsafe_url(url: Any) -> None:
    """Refuse a driver we do not test, and SQLite on a network share, where WAL does not work."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql+psycopg":
        return
    if parsed.drivername != "sqlite":
        _refuse(
            f"「{parsed.drivername}」は使えません。",
            "sqlite:/// か postgresql+psycopg:// で始めてください。",
        )
    place = (parsed.database or "").replace("\\", "/")
    if place not in ("", ":memory:") and is_on_share(Path(place)):
        _refuse(
            "ネットワーク共有上にあります。",
            "このコンピューターのディスク上の場所を指定してください。",
        )


def _refuse(found: str, todo: str) -> NoReturn:
    asked = "データベースに接続できません。"
    raise BadInputError(asked, found, todo, path="SQLALCHEMY_DATABASE_URI")


def set_up(engine: Engine) -> None:
    """Attach the connection settings and the guards to one engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    event.listen(engine, "after_cursor_execute", _note_change)


def _set_up_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver would otherwise open transactions by itself, and never an immediate one.
    dbapi_connection.isolation_level = None
    for pragma in (
        f"busy_timeout={LOCK_WAIT_MS}",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        # NORMAL may lose the last transactions when the power fails.
        "synchronous=FULL",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")
    (mode,) = dbapi_connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        _refuse(
            f"この場所ではWALが使えません(journal_mode={mode})。",
            "ディスク上のファイルを指定してください。",
        )


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes = CHANGES in options
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql(f"PRAGMA busy_timeout={options.get(PATIENCE, LOCK_WAIT_MS)}")
    # Read first, write later fails at once with "database is locked", whatever busy_timeout says.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if CHANGES in options:
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = {options.get(PATIENCE, LOCK_WAIT_MS)}"
        )
    else:
        # One snapshot for all statements of a page, as SQLite has it.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _note_change(
    connection: Connection, cursor: Any, statement: str, _params: Any, _ctx: Any, _many: bool
) -> None:
    """Remember which table a writing unit changed, by ORM, bulk statement or plain text alike."""
    changed = connection.get_execution_options().get(CHANGES)
    found = _WRITE.match(statement) if changed is not None else None
    if changed is None or found is None:
        return
    # Of a statement that gives rows back SQLite knows the number only when they have been read.
    if cursor.rowcount != 0 or _GIVES_BACK.search(statement):
        changed.add(found[1].lower())
