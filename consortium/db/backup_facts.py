"""What a backup says of the database in it (バックアップの目録): read in one state of the data.

Plain SQL on columns that every revision has: a backup is made before an upgrade, too.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, inspect

from consortium.db.audit import GENESIS
from consortium.db.files import StoredFile
from consortium.db.store.questions import FOLDER
from consortium.db.table_digest import TableDigest, digests


class OwnerFacts(NamedTuple):
    """One consortium of the database (協議会): the head of its chain, its last document."""

    key: str
    name: str
    seq: int
    hash: str
    #: highest number of the register, 0 before the first document (最後の文書番号)
    number: int


class Facts(NamedTuple):
    """What is in a database (データベースの中身)."""

    #: revision of the tables; empty where they were never made (移行の版)
    revision: str
    tables: Mapping[str, TableDigest]
    owners: tuple[OwnerFacts, ...]
    #: place in the file store → the file as recorded (記録されたファイル)
    files: Mapping[str, StoredFile]


def read_facts(connection: Connection) -> Facts:
    """Read what a database holds; one that was never migrated holds nothing."""
    there = set(inspect(connection).get_table_names())
    if not {"alembic_version", "consortium"} <= there:
        return Facts("", {}, (), {})
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    return Facts(
        revision,
        digests(connection),
        tuple(_owners(connection)),
        {
            **_files(connection, "report_file", ""),
            **(
                _files(connection, "question_file", f"{FOLDER}/")
                if "question_file" in there
                else {}
            ),
        },
    )


def _owners(connection: Connection) -> list[OwnerFacts]:
    query = 'SELECT id, "key", name FROM consortium ORDER BY "key"'
    found = connection.exec_driver_sql(query).all()
    heads = _newest(connection, "SELECT consortium_id, hash, seq FROM audit_event ORDER BY seq")
    numbers = _newest(connection, "SELECT consortium_id, number, id FROM statement ORDER BY number")
    owners = []
    for owner, key, name in found:
        digest, seq = heads.get(owner, (GENESIS, 0))
        number, _ = numbers.get(owner, (0, ""))
        owners.append(OwnerFacts(key, name, seq, digest, number))
    return owners


def _newest(connection: Connection, query: str) -> dict[str, tuple[Any, Any]]:
    return {row[0]: (row[1], row[2]) for row in connection.exec_driver_sql(query)}


def _files(connection: Connection, table: str, place: str) -> dict[str, StoredFile]:
    query = f"SELECT stored_name, size, file_hash FROM {table}"  # noqa: S608 -- names of ours
    rows = connection.exec_driver_sql(query)
    return {f"{place}{name}": StoredFile(name, size, digest) for name, size, digest in rows}
