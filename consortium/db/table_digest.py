"""What is in every table, in a few digits (表の照合値): number of rows and a hash of all of them.

Rows are hashed one by one and the hashes put in order: the same rows have the same hash, in
whichever order, and with whichever collation, a database gives them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import Connection, inspect

_CHUNK = 1000
#: Alembic's own table: which revision it is stands elsewhere.
OUTSIDE = frozenset({"alembic_version"})


class TableDigest(NamedTuple):
    """The content of one table (表の中身)."""

    rows: int
    sha256: str


def digest_rows(rows: Iterable[Sequence[object]]) -> TableDigest:
    """Hash rows in whichever order they come; each value with its type: null, '' and 0 differ."""
    found = sorted(hashlib.sha256(b"".join(map(_typed, row))).digest() for row in rows)
    return TableDigest(len(found), hashlib.sha256(b"".join(found)).hexdigest())


def _typed(value: object) -> bytes:
    if isinstance(value, datetime):
        tag, text = "t", value.astimezone(UTC).isoformat(timespec="microseconds")
    elif isinstance(value, date):
        tag, text = "d", value.isoformat()
    elif isinstance(value, (bool, int, Fraction, str, bytes)) or value is None:
        tag, text = type(value).__name__, value.hex() if isinstance(value, bytes) else str(value)
    else:
        raise TypeError(f"no serialisation for {type(value).__name__}")
    data = text.encode("utf-8")
    return f"{tag}{len(data)}:".encode("ascii") + data


def digests(connection: Connection) -> Mapping[str, TableDigest]:
    """Give the content of every table there is, as the driver reads it; of any revision."""
    found = {}
    for table in sorted(set(inspect(connection).get_table_names()) - OUTSIDE):
        columns = sorted(each["name"] for each in inspect(connection).get_columns(table))
        named = ", ".join(f'"{column}"' for column in columns)
        query = f'SELECT {named} FROM "{table}"'  # noqa: S608 -- names of ours
        rows = connection.exec_driver_sql(query, execution_options={"yield_per": _CHUNK})
        found[table] = digest_rows(map(tuple, rows))
    return found
