"""Locks of a fiscal year and their reopenings (締め・再開)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from consortium.db import models
from consortium.db.tables.accounts import UserAccount
from consortium.db.tables.closings import YearClosing, YearReopening
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.closing import Closing, Reopening, YearLock

_CLOSER, _PROPOSER, _GRANTER = aliased(UserAccount), aliased(UserAccount), aliased(UserAccount)


@dataclass(frozen=True, slots=True)
class PastReopening:
    """A reopening with how it went (再開の経過)."""

    year: FiscalYear
    proposed_at: datetime
    proposed_by: str
    reason: str
    last_day: date
    granted_at: datetime | None
    granted_by: str
    refused_at: datetime | None
    answer: str
    ended_at: datetime | None


# ---- questions -----------------------------------------------------------------------------------


def locks(
    session: Session, consortium_id: str, year: FiscalYear | None = None
) -> Mapping[FiscalYear, YearLock]:
    """Give the locks in force by year, or that of one year; an open year has none (年度の締め)."""
    found = (
        select(
            YearClosing,
            YearReopening,
            _CLOSER.display_name.label("closer"),
            _PROPOSER.display_name.label("proposer"),
            _GRANTER.display_name.label("granter"),
        )
        .outerjoin(
            YearReopening,
            (YearReopening.closing_id == YearClosing.id)
            & YearReopening.refused_at.is_(None)
            & YearReopening.ended_at.is_(None),
        )
        .outerjoin(_CLOSER, _CLOSER.id == YearClosing.closed_by)
        .outerjoin(_PROPOSER, _PROPOSER.id == YearReopening.proposed_by)
        .outerjoin(_GRANTER, _GRANTER.id == YearReopening.granted_by)
        .where(YearClosing.consortium_id == consortium_id, YearClosing.ended_at.is_(None))
        .order_by(YearClosing.fiscal_year_start)
    )
    if year is not None:
        found = found.where(YearClosing.fiscal_year_start == year.start_year)
    by_year: dict[FiscalYear, dict[str, Any]] = {}
    for closing, reopening, closer, proposer, granter in session.execute(found):
        parts = by_year.setdefault(FiscalYear(closing.fiscal_year_start), {})
        parts[closing.kind] = Closing(
            closing.closed_by, closer or "", closing.closed_at, closing.reason
        )
        if reopening is not None:
            parts["reopening"] = _reopening(
                reopening,
                proposer or reopening.proposed_by,
                granter or reopening.granted_by or "",
            )
    return {each: YearLock(each, **parts) for each, parts in by_year.items()}


def lock_of(session: Session, consortium_id: str, year: FiscalYear) -> YearLock:
    """Give the lock of a year (年度の締め)."""
    return locks(session, consortium_id, year).get(year, YearLock(year))


def _reopening(row: YearReopening, proposer: str, granter: str) -> Reopening:
    return Reopening(
        row.id,
        row.proposed_by,
        proposer,
        row.proposed_at,
        row.reason,
        row.last_day,
        row.granted_at,
        granter,
    )


def reopenings(session: Session, consortium_id: str) -> list[PastReopening]:
    """List every reopening, the newest first (再開の経過)."""
    found = (
        select(
            YearReopening,
            YearClosing.fiscal_year_start,
            _PROPOSER.display_name.label("proposer"),
            _GRANTER.display_name.label("granter"),
        )
        .join(YearClosing, YearClosing.id == YearReopening.closing_id)
        .outerjoin(_PROPOSER, _PROPOSER.id == YearReopening.proposed_by)
        .outerjoin(_GRANTER, _GRANTER.id == YearReopening.granted_by)
        .where(YearReopening.consortium_id == consortium_id)
        .order_by(YearReopening.proposed_at.desc(), YearReopening.id)
    )
    return [
        PastReopening(
            FiscalYear(start),
            row.proposed_at,
            proposer or row.proposed_by,
            row.reason,
            row.last_day,
            row.granted_at,
            granter or row.granted_by or "",
            row.refused_at,
            row.answer,
            row.ended_at,
        )
        for row, start, proposer, granter in session.execute(found)
    ]


def overdue(session: Session, today: date) -> list[tuple[str, FiscalYear]]:
    """Name the consortia and years with a reopening whose last day has gone by (期限切れの再開)."""
    found = (
        select(YearReopening.consortium_id, YearClosing.fiscal_year_start)
        .join(YearClosing, YearClosing.id == YearReopening.closing_id)
        .where(
            YearReopening.refused_at.is_(None),
            YearReopening.ended_at.is_(None),
            YearReopening.last_day < today,
        )
    )
    return [(owner, FiscalYear(start)) for owner, start in session.execute(found)]


# ---- changes -------------------------------------------------------------------------------------


def add_closing(unit: Unit, consortium_id: str, year: FiscalYear, kind: str, title: str) -> None:
    """Lock a year (締め)."""
    row = YearClosing(
        id=models.new_id(),
        consortium_id=consortium_id,
        fiscal_year_start=year.start_year,
        kind=kind,
        closed_by=unit.actor.id,
        closed_at=unit.now,
        reason=unit.reason,
    )
    unit.session.add(row)
    unit.session.flush()
    _record(unit, row, f"close_{kind}", title)


def end_soft(unit: Unit, consortium_id: str, year: FiscalYear, title: str) -> None:
    """Take a soft lock back (仮締めの取消し)."""
    row = _in_force(unit.session, consortium_id, year, "soft")
    row.ended_by, row.ended_at = unit.actor.id, unit.now
    unit.session.flush()
    _record(unit, row, "lift", title)


def _in_force(session: Session, consortium_id: str, year: FiscalYear, kind: str) -> YearClosing:
    found = select(YearClosing).where(
        YearClosing.consortium_id == consortium_id,
        YearClosing.fiscal_year_start == year.start_year,
        YearClosing.kind == kind,
        YearClosing.ended_at.is_(None),
    )
    return session.scalars(found).one()


def add_reopening(
    unit: Unit, consortium_id: str, year: FiscalYear, last_day: date, title: str
) -> None:
    """Propose a reopening (再開の申出); the reason is that of the unit."""
    closing = _in_force(unit.session, consortium_id, year, "hard")
    row = YearReopening(
        id=models.new_id(),
        consortium_id=consortium_id,
        closing_id=closing.id,
        proposed_by=unit.actor.id,
        proposed_at=unit.now,
        reason=unit.reason,
        last_day=last_day,
    )
    unit.session.add(row)
    unit.session.flush()
    _record(unit, closing, "propose", title, {"期限": last_day})


def settle_reopening(
    unit: Unit, consortium_id: str, year: FiscalYear, step: str, title: str
) -> None:
    """Grant, refuse or end the reopening on its way (再開の決定・終了)."""
    closing = _in_force(unit.session, consortium_id, year, "hard")
    found = select(YearReopening).where(
        YearReopening.closing_id == closing.id,
        YearReopening.refused_at.is_(None),
        YearReopening.ended_at.is_(None),
    )
    row = unit.session.scalars(found).one()
    if step == "grant":
        row.granted_by, row.granted_at = unit.actor.id, unit.now
    elif step == "refuse":
        row.refused_by, row.refused_at, row.answer = unit.actor.id, unit.now, unit.reason
    else:
        row.ended_by, row.ended_at = unit.actor.id, unit.now
    unit.session.flush()
    _record(unit, closing, step, title, {"再開の理由": row.reason, "期限": row.last_day})


def _record(
    unit: Unit, row: YearClosing, step: str, title: str, more: Mapping[str, Any] | None = None
) -> None:
    after = {"年度": row.fiscal_year_start, **(more or {})}
    unit.record(row.consortium_id, f"year.{step}", "year_closing", row.id, title, None, after)
