"""The digest of a portal (照合値): all business tables and all files, however they came to be.

Two lives that did the same have the same digest, whoever did it and after how many interruptions.
Ids are chance, so a row is known by what it says: an id is replaced by the hash of its row, parents
first. What says only how the work went is left out.
"""

import hashlib
import json
import re
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, create_engine, select
from sqlalchemy.pool import NullPool

from consortium.db import audit, models
from consortium.db.models import Base
from consortium.db.seals import seal_faults
from consortium.db.unit import reading
from consortium.usecases import register_check
from tests import databases
from tests.crashes.acts import Place

#: Tables that say who is at work and since when (運用の表).
LEFT_OUT = (
    "run_event", "scheduler_heartbeat", "user_session", "login_attempt", "table_seal",
    "integrity_state",
)  # fmt: skip
#: Columns that say how the work went: table → columns.
WORK = {
    "report_run": {
        "attempt", "owner", "claimed_at", "lease_until", "late", "crashes", "failures",
        "next_try_at", "wait_reason", "error", "manifest_sha256",
    },
    "report_file": {"attempt", "stored_name"},
    "outbox_message": {"tries", "refusals", "error", "next_try_at"},
    # Hashes of the ids, too; `faults` judges them.
    "audit_event": {"hash", "prev_hash"},
    "statement": {"row_hash"},
}  # fmt: skip
#: Hash of a row with its ids, as an event of the chain names it.
_ROW_HASH = re.compile(r'\\?"row_hash\\?":\\?"[0-9a-f]{64}')
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Dump = dict[str, list[str]]


def dump(place: Place) -> Dump:
    """Give every row of every business table as text, in an order that does not depend on ids."""
    engine = create_engine(place.url, poolclass=NullPool)
    names: dict[str, str] = {}
    with engine.connect() as connection:
        # An event may be about anything: its id is known when all other rows are.
        tables = sorted(Base.metadata.sorted_tables, key=lambda each: each.name == "audit_event")
        return {
            table.name: _rows(connection, table, names)
            for table in tables
            if table.name not in LEFT_OUT
        }


def _rows(connection: Connection, table: Table, names: dict[str, str]) -> list[str]:
    left_out = WORK.get(table.name, set()) | {"id"}
    found = []
    for row in connection.execute(select(table)).mappings():
        said = {key: value for key, value in row.items() if key not in left_out}
        text = json.dumps(said, ensure_ascii=False, default=str, sort_keys=True)
        text = _UUID.sub(lambda match: names.get(match[0], match[0]), _ROW_HASH.sub("", text))
        found.append((text, row.get("id")))
    found.sort(key=lambda each: each[0])
    for number, (text, own) in enumerate(found):
        if isinstance(own, str) and _UUID.fullmatch(own):
            twin = number if number and found[number - 1][0] == text else ""
            names[own] = f"{table.name}:{hashlib.sha256(text.encode()).hexdigest()[:16]}{twin}"
    return [text for text, _ in found]


def recorded(place: Place) -> dict[str, tuple[str, str]]:
    """Give name and hash of every recorded file, by report and slot (記録されたファイル)."""
    run, file = models.ReportRun, models.ReportFile
    query = select(
        run.kind, run.period_key, run.edition, file.slot, file.stored_name, file.file_hash
    ).join(run, run.id == file.run_id)
    with create_engine(place.url, poolclass=NullPool).connect() as connection:
        rows = connection.execute(query).all()
    return {
        " ".join(map(str, (kind, period, edition, slot))): (name, hashed)
        for kind, period, edition, slot, name, hashed in rows
    }


def files(place: Place) -> dict[str, str]:
    """Give the hash of every recorded file as it lies there, by report and slot.

    Raises: AssertionError for a file that nobody recorded, or that is not what was recorded.
    """
    known = recorded(place)
    found = {}
    for key, (name, hashed) in known.items():
        found[key] = hashlib.sha256((place.files / name).read_bytes()).hexdigest()
        assert found[key] == hashed, f"{key} is not what was recorded"
    there = {path.name for path in place.files.iterdir()} if place.files.is_dir() else set()
    assert there == {name for name, _ in known.values()}, "files that nobody recorded"
    return found


class Portal(NamedTuple):
    """All that a portal holds (中身): rows of the business tables, files by slot."""

    rows: Dump
    files: dict[str, str]

    @property
    def sha256(self) -> str:
        """Give the digest of both (照合値)."""
        text = json.dumps([self.rows, self.files], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def portal(place: Place) -> Portal:
    """Read what a portal holds, after its chain and register were found to be right."""
    assert faults(place) == []
    return Portal(dump(place), files(place))


def faults(place: Place) -> list[str]:
    """Say what is wrong with chain, register and seals, whose hashes the digest leaves out."""
    with databases.opened(place.url):
        with reading() as session:
            owner = session.scalars(select(models.Consortium.id)).one()
            broken = [*audit.verify_chain(session, owner), *seal_faults(session, owner)]
        return [*broken, *register_check.verify(owner, place.files).faults]


def difference(one: Dump, other: Dump) -> dict[str, Any]:
    """Name what two dumps do not have in common, for the message of a failed test."""
    return {
        table: {"only here": sorted(set(rows) - set(other[table])),
                "only there": sorted(set(other[table]) - set(rows)),
                "rows": (len(rows), len(other[table]))}
        for table, rows in one.items()
        if rows != other[table]
    }  # fmt: skip
