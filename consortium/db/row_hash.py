"""The hash of one register row (台帳行の照合値): any changed value, type or column shows.

Each column is written with its name, type and length, so null, '' and 0 differ and no text can
flow into the next column.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

#: Columns of `statement` in the order in which they are hashed: all but the hash itself. It can
#: never change, because issued rows must still verify; a new column needs a second list.
STATEMENT = (
    "id", "consortium_id", "run_id", "report_run_id", "report_file_id", "slot", "code", "number",
    "document_number", "kind", "fiscal_year_start", "period_key", "stage", "edition", "instalment",
    "amount", "issued_on", "due_on", "data_hash", "content_hash", "rows_hash", "file_hash",
    "register_seq", "register_hash",
)  # fmt: skip

#: The same for a row of `statement_cancellation`.
CANCELLATION = ("id", "consortium_id", "statement_id", "reason", "cancelled_by", "cancelled_at")


def typed(value: object) -> bytes:
    """Write one value with its type and length.

    >>> typed(None), typed(""), typed(0), typed("版")
    (b'n0:', b's0:', b'i1:0', b's3:\\xe7\\x89\\x88')

    Raises: TypeError for a type that has no serialisation.
    """
    if value is None:
        tag, text = "n", ""
    elif type(value) is int:
        tag, text = "i", str(value)
    elif isinstance(value, datetime):
        tag, text = "t", value.astimezone(UTC).isoformat(timespec="microseconds")
    elif isinstance(value, date):
        tag, text = "d", value.isoformat()
    elif isinstance(value, str):
        tag, text = "s", value
    else:
        raise TypeError(f"no serialisation for {type(value).__name__}")
    data = text.encode("utf-8")
    return f"{tag}{len(data)}:".encode("ascii") + data


def row_hash(columns: tuple[str, ...], row: Mapping[str, Any]) -> str:
    """Hash the named columns of a row, in 64 hexadecimal digits (行の照合値)."""
    data = b"".join(typed(name) + typed(row[name]) for name in columns)
    return hashlib.sha256(data).hexdigest()
