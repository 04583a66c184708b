"""What was done to a run (算定の経過), as the chain of 操作記録 tells it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db.models import AuditEvent


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What was done to a run, by whom and why (算定の経過)."""

    at: datetime
    actor: str
    body: str
    action: str
    reason: str
    #: name of what was done, with the document it was done to
    title: str = ""


def history(session: Session, consortium_id: str, run_id: str) -> list[HistoryLine]:
    """Give what the chain says of a run, the earliest first (算定の経過)."""
    rows = session.execute(
        select(AuditEvent)
        .where(AuditEvent.consortium_id == consortium_id, AuditEvent.object_id == run_id)
        .order_by(AuditEvent.seq)
    ).scalars()
    return [
        HistoryLine(row.at, row.actor_name, row.actor_body, row.action, row.reason, row.title)
        for row in rows
    ]
