"""A backup of a PostgreSQL database (PostgreSQLのバックアップ): pg_dump of one snapshot."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, inspect, make_url
from sqlalchemy.exc import DBAPIError

from consortium.db.backup_error import BackupError
from consortium.db.backup_facts import Facts, read_facts
from consortium.db.postgresql_programs import run

KIND, NAME = "postgresql", "database.dump"
#: Everything of ours lies there; states set aside lie beside it and are not saved again.
SCHEMA = "public"
_SCHEMA_ONLY = f"--schema={SCHEMA}"
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise BackupError(
            "PostgreSQLのデータベースを使おうとしました。",
            "接続できないか、権限がありません。",
            "サーバーが動いているか、URL・パスワード・所有者を確かめてください。",
        ) from error
    finally:
        engine.dispose()


def version(url: str) -> str:
    """Give the version of the server."""
    with _connected(url) as connection:
        return ".".join(map(str, connection.dialect.server_version_info or ()))


def save(url: str, target: Path) -> Facts:
    """Dump the database as it stands at one moment, and say what is in the dump.

    Raises: BackupError where it cannot be reached or pg_dump is missing.
    """
    with _connected(url) as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        arguments = ("--format=custom", "--no-owner", "--no-privileges", _SCHEMA_ONLY)
        run("pg_dump", *arguments, f"--snapshot={snapshot}", f"--file={target}", url=url)
        return read_facts(connection)


def read_dump(path: Path) -> None:
    """Read a dump to its end, without a server. Raises: BackupError."""
    run("pg_restore", f"--file={os.devnull}", str(path))


class Restoring:
    """Putting a database back (復元): the present tables are set aside in a schema of their own."""

    def __init__(self, url: str, stamp: str) -> None:
        """Name the schema; nothing is touched yet."""
        self._url = url
        self._name = f"before_{stamp.replace('-', '_')}"
        self._is_loading = self._is_aside = False

    @property
    def aside(self) -> str:
        """Say where the present state is kept; empty where there is none."""
        return f"データベースのスキーマ {self._name}" if self._is_aside else ""

    def refuse_in_use(self) -> None:
        """Refuse while anybody else is connected to the database."""
        with _connected(self._url) as connection:
            others = connection.exec_driver_sql(_OTHERS).scalar_one()
        if others:
            raise BackupError(
                "データベースを入れ替えようとしました。",
                f"ほかに{others}つの接続がデータベースを使っています。",
                "ポータルと配信（flask scheduler run）を止めてから、もう一度行ってください。",
            )

    def is_used(self) -> bool:
        """Say whether the present database holds a consortium."""
        with _connected(self._url) as connection:
            return bool(read_facts(connection).owners)

    def load(self, dump: Path) -> str:
        """Set the present tables aside, read the dump into their place and give its address."""
        with _connected(self._url) as connection:
            # One that was never migrated has nothing to keep.
            if inspect(connection).get_table_names(schema=SCHEMA):
                connection.exec_driver_sql(f"ALTER SCHEMA {SCHEMA} RENAME TO {self._name}")
                connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
                self._is_aside = True
        self._is_loading = True
        name = make_url(self._url).database or ""
        arguments = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        run("pg_restore", *arguments, _SCHEMA_ONLY, f"--dbname={name}", str(dump), url=self._url)
        return self._url

    def facts(self) -> Facts:
        """Read what was loaded."""
        with _connected(self._url) as connection:
            return read_facts(connection)

    def exchange(self) -> None:
        """Let the loaded tables stay."""
        self._is_loading = False

    def undo(self) -> None:
        """Put the present tables back, where anything was loaded into their place."""
        if not self._is_loading:
            return
        with _connected(self._url) as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            back = f"ALTER SCHEMA {self._name} RENAME TO {SCHEMA}"
            connection.exec_driver_sql(back if self._is_aside else f"CREATE SCHEMA {SCHEMA}")
