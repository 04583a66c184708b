"""What must hold after every step of a fiscal year (年度の不変条件): M-9, M-19, M-24, M-28.

Rows are read with plain SQL over a connection of its own, files as bytes; both are compared with
what they were and with the second books (tests/fiscal_year_book.py).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook
from sqlalchemy import Connection

from consortium.db.models import Base
from tests.closed_years import CLOSED_TABLES
from tests.fiscal_year_book import START, Book

Row = Mapping[str, Any]
#: table → key → row
Dump = Mapping[str, Mapping[tuple[Any, ...], Row]]

TABLES = {table.name: table for table in Base.metadata.sorted_tables}
KEYS = {name: tuple(c.name for c in table.primary_key) for name, table in TABLES.items()}
#: Never changed, never deleted, whatever the year's lock.
WRITTEN_ONCE = (
    "audit_event",
    "payment",
    "payment_void",
    "report_input",
    "settlement",
    "settlement_line",
    "statement",
    "statement_cancellation",
)
#: What the pages say about money rests on these alone.
MONEY = (
    "allocation_run",
    "payment",
    "payment_void",
    "settlement",
    "statement",
    "statement_cancellation",
)
#: Columns that go on changing after the issue: how far it is, not what it says.
PROGRESS = {"state", "row_version", "owner", "claimed_at", "lease_until", "next_try_at"}
ISSUED = ("issued", "superseded")


def dump(connection: Connection) -> Dump:
    """Read every row of every table; the driver alone, a hundred thousand times."""
    cursor = connection.connection.cursor()
    found: dict[str, dict[tuple[Any, ...], Row]] = {}
    for name, keys in KEYS.items():
        cursor.execute(f"SELECT * FROM {name}")
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        found[name] = {tuple(row[key] for key in keys): row for row in rows}
    return found


# ---- M-9 -----------------------------------------------------------------------------------------


def issued_rows(found: Dump) -> dict[tuple[Any, ...], Row]:
    """Give every row that says something issued, under table and key."""
    kept: dict[tuple[Any, ...], Row] = {}
    runs = {key for key, row in found["allocation_run"].items() if row["state"] in ISSUED}
    made = {key for key, row in found["report_run"].items() if row["state"] == "published"}
    for name, rows in found.items():
        for key, row in rows.items():
            is_kept = (
                name in WRITTEN_ONCE
                or (name == "allocation_run" and key in runs)
                or (name == "share_row" and (row["run_id"],) in runs)
                or (name == "report_run" and key in made)
                or (name == "report_file" and (row["run_id"],) in made)
            )
            if is_kept:
                kept[name, *key] = {k: v for k, v in row.items() if k not in PROGRESS}
    return kept


def refuse_changed(before: Mapping[tuple[Any, ...], Row], after: Mapping[Any, Row]) -> None:
    """M-9: what was issued says the same as before, to the last column."""
    for key, row in before.items():
        assert key in after, f"{key} is gone"
        assert after[key] == row, f"{key} was changed"


def check_files(found: Dump, folder: Path) -> None:
    """M-9: every stored file has the bytes that its row and the register name."""
    registered = {row["report_file_id"]: row for row in found["statement"].values()}
    names = [row["stored_name"] for row in found["report_file"].values()]
    assert len(set(names)) == len(names)
    for row in found["report_file"].values():
        content = (folder / row["stored_name"]).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        assert (digest, len(content)) == (row["file_hash"], row["size"])
        if row["id"] in registered:
            assert registered[row["id"]]["file_hash"] == digest


def rows_of_year(found: Dump) -> dict[str, dict[Any, Row]]:
    """Give all that belongs to the year, and to no other."""
    later = {key[0] for key, row in found["payment"].items() if row["fiscal_year_start"] != START}
    return {
        name: {
            key: row
            for key, row in found[name].items()
            if row.get("fiscal_year_start", START) == START and row.get("payment_id") not in later
        }
        for name in CLOSED_TABLES
    }


# ---- the register and the books ------------------------------------------------------------------


def check_runs(found: Dump, book: Book) -> None:
    """Every computation is as the second books have it; M-28 for each of them."""
    rows = {key[0]: row for key, row in found["allocation_run"].items()}
    assert rows.keys() == book.runs.keys()
    shares: dict[tuple[str, str], int] = {}
    for row in found["share_row"].values():
        cell = (row["run_id"], row["code"])
        shares[cell] = shares.get(cell, 0) + int(row["amount"])
    for key, run in book.runs.items():
        row = rows[key]
        assert (row["stage"], row["edition"], row["state"]) == (run.stage, run.edition, run.state)
        assert {code: shares.get((key, code), 0) for code in run.shares} == run.shares
        assert int(row["total"]) == run.net == sum(run.shares.values())


def check_register(found: Dump, book: Book) -> None:
    """The register says of every issue what the books say, and M-28: charges = costs − grants."""
    stated: dict[str, dict[str, int]] = {}
    notices = {}
    numbers = []
    for (key,), row in found["statement"].items():
        numbers.append(row["number"])
        if row["kind"] == "notice":
            notices[key] = (row["code"], row["instalment"], int(row["amount"]))
        else:
            slot = row["code"] or "all"
            assert slot not in stated.setdefault(row["run_id"], {})
            stated[row["run_id"]][slot] = int(row["amount"])
            assert row["edition"] == book.runs[row["run_id"]].edition
    assert len(set(numbers)) == len(numbers)
    assert stated == {
        key: {**run.shares, "all": run.net} for key, run in book.runs.items() if run.state in ISSUED
    }
    assert notices == {key: (n.code, n.no, n.amount) for key, n in book.notices.items()}
    void = {row["statement_id"] for row in found["statement_cancellation"].values()}
    of_runs = {
        key
        for (key,), row in found["statement"].items()
        if row["kind"] != "notice" and book.runs[row["run_id"]].is_cancelled
    }
    assert void == of_runs | {key for key, each in book.notices.items() if each.is_cancelled}


def check_payments(found: Dump, book: Book) -> None:
    """Every payment is as it was entered, once."""
    void = {row["payment_id"] for row in found["payment_void"].values()}
    rows = {
        key: (
            row["code"], row["fiscal_year_start"], row["kind"], int(row["amount"]),
            row["instalment"], key in void,
        )
        for (key,), row in found["payment"].items()
    }  # fmt: skip
    assert rows == {
        key: (each.code, each.year, each.kind, each.amount, each.no, each.is_void)
        for key, each in book.payments.items()
    }


def check_settlements(found: Dump, book: Book) -> None:
    """M-19: final − paid for each town, and in all the actual total less what was paid."""
    rows = sorted(found["settlement"].values(), key=lambda row: row["edition"])
    assert [(row["edition"], row["run_id"]) for row in rows] == [
        (number, each.run) for number, each in enumerate(book.settled, start=1)
    ]
    for row, settled in zip(rows, book.settled, strict=True):
        lines = {
            line["code"]: line
            for line in found["settlement_line"].values()
            if line["settlement_id"] == row["id"]
        }
        net = book.runs[settled.run].net
        paid = sum(each[1] for each in settled.lines.values())
        assert int(row["total"]) == net
        assert sum(int(line["difference"]) for line in lines.values()) == net - paid
        assert settled.lines == {
            code: (int(line["final"]), int(line["paid"]), line["disposition"])
            for code, line in lines.items()
        }
        for line in lines.values():
            assert int(line["difference"]) == int(line["final"]) - int(line["paid"])


# ---- what a document prints ----------------------------------------------------------------------


def printed(content: bytes) -> dict[str, object]:
    """Read the points of a letter (記): label → what it says, from the stored bytes."""
    with ZipFile(BytesIO(content)) as archive:
        if LETTER in archive.namelist():
            return dict(json.loads(archive.read(LETTER)))
    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    rows = book["鑑"].iter_rows(min_row=17, min_col=2, max_col=4, values_only=True)
    return dict(_points(rows))


#: Part of the plain files that stand for workbooks where only their words matter.
LETTER = "letter.json"


def _points(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[str, object]]:
    for label, _, value in rows:
        number, mark, name = str(label or "").partition("　")
        if mark and number.isdigit():
            yield name, value


def due_day(row: Row) -> date:
    """Give the due day of a notice, which SQLite stores as text."""
    due = row["due_on"]
    return due if isinstance(due, date) else date.fromisoformat(due)
