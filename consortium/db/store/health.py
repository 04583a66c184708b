"""What the machine does and what is left undone (稼働状況): counted, never listed by name."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from consortium.db.models import ReportRun
from consortium.db.store.turns import OPEN, is_locked, waits_for_people


class Work(NamedTuple):
    """Report runs of the database, or of one consortium (帳票作成の状況)."""

    #: state → number of runs
    by_state: dict[str, int]
    #: due long ago, and nobody to wait for
    overdue: int
    #: held by a process now
    leased: int


def work_at(
    session: Session, now: datetime, patience: timedelta, consortium_id: str | None = None
) -> Work:
    """Count the report runs; overdue are those due longer ago than `patience` (帳票作成の状況)."""
    in_time = ReportRun.due_at > now - patience
    late = and_(ReportRun.state.in_(OPEN), ~in_time, ~waits_for_people(), ~is_locked())
    leased = and_(ReportRun.owner.is_not(None), ReportRun.lease_until > now)
    query = select(
        ReportRun.state,
        func.count(),
        func.count().filter(late),
        func.count().filter(leased),
    ).group_by(ReportRun.state)
    if consortium_id is not None:
        query = query.where(ReportRun.consortium_id == consortium_id)
    rows = session.execute(query).all()
    return Work(
        {state: count for state, count, *_ in rows},
        sum(row[2] for row in rows),
        sum(row[3] for row in rows),
    )
