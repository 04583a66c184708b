"""What plans are scheduled by besides closed days and towns, read in one look (暦の材料)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store.busy_periods import period
from consortium.db.store.council_sessions import CouncilSession
from consortium.db.store.settings import labels_of
from consortium.domain.onboarding.golive import BusyPeriod


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """Sessions, busy weeks, and the office's names of years (会期・繁忙期・年度の表記)."""

    sessions: tuple[CouncilSession, ...]
    #: entered ones only; empty while those shipped hold
    busy: tuple[BusyPeriod, ...]
    year_labels: dict[int, str]


def desk_facts(session: Session, consortium_id: str) -> DeskFacts:
    """Read them; sessions by town and day of the vote, busy weeks by their first day."""
    own, busy, office = models.CouncilSession, models.BusyPeriod, models.Consortium
    nothing, no_day = literal(""), cast(null(), Date)
    rows: Sequence[Any] = session.execute(
        union_all(
            select(
                literal("session"), own.id, own.code, own.kind, own.certainty, own.source,
                own.opens_on, own.closes_on, own.decision_on,
            ).where(own.consortium_id == consortium_id),
            select(
                literal("busy"), busy.name, busy.first_day, busy.last_day, nothing, busy.source,
                no_day, no_day, no_day,
            ).where(busy.consortium_id == consortium_id),
            select(
                literal("office"), office.year_labels, nothing, nothing, nothing, nothing,
                no_day, no_day, no_day,
            ).where(office.id == consortium_id),
        )
    ).all()  # fmt: skip
    sessions = [
        CouncilSession(id_, code, kind, opens, closes, day, certainty, source)
        for what, id_, code, kind, certainty, source, opens, closes, day in rows
        if what == "session"
    ]
    periods = [period(row[1], row[2], row[3], row[5]) for row in rows if row[0] == "busy"]
    return DeskFacts(
        tuple(sorted(sessions, key=lambda each: (each.code, each.decision_on))),
        tuple(sorted(periods, key=lambda each: (each.first, each.name))),
        next((labels_of(row[1]) for row in rows if row[0] == "office"), {}),
    )
