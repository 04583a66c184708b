"""Moving from SQLite to PostgreSQL (データベースの移し替え): every row, compared before it counts.

One transaction holds everything: what is not the same afterwards, row by row, leaves the target as
empty as it was. In it the triggers rest, which take a row only before what it belongs to is final.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, NullPool, Table, create_engine, event, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from consortium.db.backup_error import BackupError
from consortium.db.elsewhere import sqlite_url
from consortium.db.engine import db
from consortium.db.models import Base
from consortium.db.table_digest import TableDigest, digest_rows
from consortium.db.types import YenType

_ASKED = "SQLiteのデータベースを移そうとしました。"
_CHUNK = 500
_TRIGGERS = (
    "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
    "WHERE NOT tgisinternal ORDER BY 1, 2"
)


class CopiedTable(NamedTuple):
    """A table as copied (移した表): rows, yen of all its columns, hash."""

    name: str
    digest: TableDigest
    yen: int


def revision_of(connection: Connection) -> str:
    """Give the revision of the tables, empty where there are none (移行の版)."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    query = "SELECT version_num FROM alembic_version"
    return str(connection.exec_driver_sql(query).scalar_one())


def refuse_unfit(source: Path, revision: str) -> None:
    """Refuse a source that is missing or of another revision, and a target in use.

    Raises: BackupError.
    """
    if db.engine.dialect.name != "postgresql":
        found = "移し先（CONSORTIUM_DATABASE_URL）が PostgreSQL ではありません。"
        raise BackupError(_ASKED, found, "移し先の postgresql+psycopg:// のURLを設定してください。")
    if not source.is_file():
        found = f"「{source}」がありません。"
        raise BackupError(_ASKED, found, "--from で SQLite のファイルを指定してください。")
    with _source(source) as connection:
        if (there := revision_of(connection)) != revision:
            found = f"移す元の表の版は「{there}」で、このプログラムの「{revision}」と異なります。"
            todo = "移す元で flask db upgrade を行ってから、もう一度行ってください。"
            raise BackupError(_ASKED, found, todo)


def refuse_used_target() -> None:
    """Refuse a target that holds anything. Raises: BackupError."""
    with db.engine.connect() as connection:
        used = [
            table.name
            for table in Base.metadata.sorted_tables
            if connection.execute(select(table).limit(1)).first() is not None
        ]
    if used:
        found = f"移し先の表「{used[0]}」に、もう行があります。"
        raise BackupError(_ASKED, found, "空のデータベースを作り、そのURLを設定してください。")


def copy(source: Path) -> list[CopiedTable]:
    """Copy every table into the portal's own database; nothing is saved unless all are the same.

    Raises: BackupError where a table differs or somebody writes to the source.
    """
    tables = Base.metadata.sorted_tables
    target = create_engine(db.engine.url, poolclass=NullPool)
    try:
        # Nobody writes to the source any more from here on.
        with (
            _source(source) as found,
            target.begin() as made,
            _resting_triggers(made, tables),
        ):
            copied = [_copy(found, made, table) for table in tables]
    except (DBAPIError, ValueError, TypeError) as error:
        found_out = "移す元が使用中か、移し先に入らない値があります。"
        todo = "ポータルと配信を止め、移す元で flask integrity verify を行ってください。"
        raise BackupError(_ASKED, found_out, todo) from error
    finally:
        target.dispose()
    return copied


@contextmanager
def _source(path: Path) -> Iterator[Connection]:
    """Open a connection to the source that keeps everybody else from writing to it."""
    engine = create_engine(sqlite_url(path), poolclass=NullPool)
    event.listen(engine, "connect", _by_hand)
    event.listen(engine, "begin", _alone)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _by_hand(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=5000")


def _alone(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _resting_triggers(target: Connection, tables: Iterable[Table]) -> Iterator[None]:
    """Let the triggers of the tables rest, and see that each is on again at the end."""
    before = target.exec_driver_sql(_TRIGGERS).all()
    for table in tables:
        target.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    yield
    for table in tables:
        target.exec_driver_sql(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")
    if target.exec_driver_sql(_TRIGGERS).all() != before:
        raise RuntimeError("the triggers are not as they were")


def _copy(source: Connection, target: Connection, table: Table) -> CopiedTable:
    rows = _rows(source, table)
    for chunk in _chunks(_parents_first(table, rows)):
        target.execute(insert(table), chunk)
    before, after = _state(table, rows), _state(table, _rows(target, table))
    if before != after:
        raise BackupError(
            _ASKED,
            f"表「{table.name}」の行数・金額・照合値が、移す前と異なります。",
            "何も移していません。開発元に知らせてください。",
        )
    return after


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def _state(table: Table, rows: Sequence[Mapping[str, Any]]) -> CopiedTable:
    yen = [column.name for column in table.columns if isinstance(column.type, YenType)]
    total = sum(row[name] or 0 for row in rows for name in yen)
    names = sorted(column.name for column in table.columns)
    digest = digest_rows([row[name] for name in names] for row in rows)
    return CopiedTable(table.name, digest, total)


def _chunks(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    yield from (rows[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK))


def _parents_first(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put rows after the row of the same table that they refer to (run → the run it replaces)."""
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    if not own:
        return rows
    ordered: list[dict[str, Any]] = []
    done: set[Any] = {None}
    while len(ordered) < len(rows):
        ready = [
            row for row in rows if row["id"] not in done and all(row[name] in done for name in own)
        ]
        if not ready:
            raise ValueError(f"rows of {table.name} refer to each other in a ring")
        ordered += ready
        done |= {row["id"] for row in ready}
    return ordered
