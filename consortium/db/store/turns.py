"""Whose turn it is (順番): which report is held back by an earlier one, and which waits for people.

Missed periods are made in order. What waits for people may wait for ever, so it holds back its own
fiscal year only.
"""

from typing import Any

from sqlalchemy import and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from consortium.db.models import ReportRun, YearClosing, YearReopening

#: States in which a run still has to be worked on.
OPEN = ("due", "claimed", "calculated", "filed")
#: Ends the reasons to wait that people meet, e.g. 承認待ち; a fault is told in a sentence.
FOR_PEOPLE = "待ち"
#: Kinds that are made, or are late, after the year was closed: nothing of it changes by them.
MADE_LATE = ("archive", "monthly_cost", "quarterly_cost", "situation", "backup")


def is_held_back() -> Any:
    """Say whether an earlier report of the kind is to be made first (前の期間が作成中)."""
    earlier = aliased(ReportRun)
    same_year = earlier.fiscal_year_start == ReportRun.fiscal_year_start
    return exists().where(
        earlier.consortium_id == ReportRun.consortium_id,
        earlier.kind == ReportRun.kind,
        earlier.state.in_(OPEN),
        _place(earlier) < _place(ReportRun),
        or_(same_year, and_(~waits_for_people(earlier), ~is_locked(earlier))),
    )


def is_locked(run: Any = ReportRun) -> Any:
    """Say whether the database refuses to change the run: its year is under 本締め (締めた年度).

    As the triggers of report_run have it (`closed_year` in db/triggers.py).
    """
    reopened = exists().where(
        YearReopening.closing_id == YearClosing.id,
        YearReopening.granted_at.is_not(None),
        YearReopening.ended_at.is_(None),
    )
    closed = exists().where(
        YearClosing.consortium_id == run.consortium_id,
        YearClosing.fiscal_year_start == run.fiscal_year_start,
        YearClosing.kind == "hard",
        YearClosing.ended_at.is_(None),
        ~reopened,
    )
    return and_(run.kind.not_in(MADE_LATE), closed)


def waits_for_people(run: Any = ReportRun) -> Any:
    """Say whether people are to act first, for it or for an earlier one of its year (人を待つ)."""
    first = aliased(ReportRun)
    waiting = exists().where(
        first.consortium_id == run.consortium_id,
        first.kind == run.kind,
        first.fiscal_year_start == run.fiscal_year_start,
        first.state == "due",
        first.wait_reason.endswith(FOR_PEOPLE),
        _place(first) <= _place(run),
    )
    return and_(run.state == "due", waiting)


def _place(run: Any) -> Any:
    return tuple_(run.due_at, run.period_key, run.edition)


def has_turn(session: Session, run_id: str) -> bool:
    """Say whether no earlier report holds this one back (順番)."""
    found = select(ReportRun.id).where(ReportRun.id == run_id, ~is_held_back())
    return session.scalar(found) is not None
