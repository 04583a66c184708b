"""The hash chain of what was done (操作記録): add an event, find what was tampered with.

Each event holds the hash of the one before. Cutting off the newest events, or replacing the whole
chain, shows only against a head printed on an issued document: `against` takes such a head.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from consortium.db.row_hash import typed
from consortium.db.tables.audit import AuditEvent
from consortium.db.tables.members import Consortium
from consortium.domain.canonical import canonical

GENESIS = "0" * 64
CHUNK = 1000


class Head(NamedTuple):
    """The last event of a chain (台帳の位置と照合値), as printed on each statement."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as written to the chain (操作者): id, name, municipality or office, role."""

    id: str
    name: str
    body: str
    role: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event says, before it has its place in the chain (操作の内容)."""

    at: datetime
    actor: Actor
    action: str
    object_type: str
    object_id: str
    title: str
    reason: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    request_id: str


def audit_head(session: Session, consortium_id: str) -> Head:
    """Give the last event of a chain; (0, 64 zeros) while there is none."""
    newest = (
        select(AuditEvent.seq, AuditEvent.hash)
        .where(AuditEvent.consortium_id == consortium_id)
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    )
    row = session.execute(newest).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def take_turn(session: Session, consortium_id: str) -> None:
    """Let nobody else write to the consortium until this unit ends (順番待ち)."""
    # Locked is the consortium, not the last event: whoever waited for that row would go on with a
    # head no longer the last. "NO KEY" lets others add rows that refer to the consortium.
    lock = select(Consortium.id).where(Consortium.id == consortium_id)
    session.execute(lock.with_for_update(key_share=True)).one()


def append_event(session: Session, consortium_id: str, entry: Entry) -> Head:
    """Add an event at the end of its chain; two writers take turns."""
    take_turn(session, consortium_id)
    head = audit_head(session, consortium_id)
    event: dict[str, Any] = {
        "consortium_id": consortium_id,
        "seq": head.seq + 1,
        "at": entry.at,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "actor_body": entry.actor.body,
        "actor_role": entry.actor.role,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "title": entry.title,
        "reason": entry.reason,
        "before": None if entry.before is None else canonical(entry.before),
        "after": None if entry.after is None else canonical(entry.after),
        "request_id": entry.request_id,
        "prev_hash": head.hash,
    }
    event["hash"] = event_hash(event)
    session.execute(insert(AuditEvent).values(event))
    return Head(event["seq"], event["hash"])


# The order of the fields in the hash. It can never change: old events must still verify.
_HASHED = (
    "consortium_id", "seq", "at", "actor_id", "actor_name", "actor_body", "actor_role", "action",
    "object_type", "object_id", "title", "reason", "before", "after", "request_id", "prev_hash",
)  # fmt: skip


def event_hash(event: Mapping[str, Any]) -> str:
    """Hash an event, each field with its type and length, so that no two events read alike."""
    return hashlib.sha256(b"".join(typed(event[name]) for name in _HASHED)).hexdigest()


def verify_chain(session: Session, consortium_id: str, against: Head | None = None) -> list[str]:
    """Recompute a chain and say what differs, in Japanese; an empty list means whole.

    `against` is a head from outside, e.g. printed on a statement.
    """
    try:
        return list(_differences(session, consortium_id, against))
    except (ValueError, TypeError) as error:
        return [f"操作記録に読み取れない行があります({error})。"]


def _differences(session: Session, consortium_id: str, against: Head | None) -> Iterator[str]:
    last, witnessed = Head(0, GENESIS), against is None or against == Head(0, GENESIS)
    for event in _events(session, consortium_id):
        seq = event["seq"]
        if seq != last.seq + 1:
            yield f"操作記録 第{last.seq + 1}号がありません(次は第{seq}号)。"
        elif event["prev_hash"] != last.hash:
            yield f"操作記録 第{seq}号が前の記録とつながりません。"
        if event_hash(event) != event["hash"]:
            yield f"操作記録 第{seq}号の内容が記録した時と異なります。"
        last = Head(seq, event["hash"])
        witnessed = witnessed or last == against
    if against is not None and not witnessed:
        yield f"印字された照合値(第{against.seq}号)と一致する操作記録がありません。"


def _events(session: Session, consortium_id: str) -> Iterator[Mapping[str, Any]]:
    table = AuditEvent.__table__
    chain = select(table).where(table.c.consortium_id == consortium_id).order_by(table.c.seq)
    rows = session.execute(chain, execution_options={"yield_per": CHUNK}).mappings()
    yield from cast(Iterator[Mapping[str, Any]], rows)
