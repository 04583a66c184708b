"""What is still open of a fiscal year, and keeps it from 本締め (未了の事項)."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db.models import AllocationRun, ReportRun
from consortium.db.store import runs
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.run import STAGES, STATES

_UNFINISHED_REPORT = ("due", "claimed", "calculated", "filed", "failed")
#: Reports that say nothing about the year they fall in.
_ABOUT_NO_YEAR = ("situation", "backup")


class OpenPoint(NamedTuple):
    """One thing to do before a year is closed (未了の事項)."""

    #: what it is: run, settlement, report …; a page links by it
    kind: str
    text: str
    #: id of the thing, empty for something that is missing
    id: str = ""


def open_points(session: Session, consortium_id: str, year: FiscalYear) -> list[OpenPoint]:
    """List what is still open of a year; empty when it can be closed (未了の一覧)."""
    return [
        *_runs(session, consortium_id, year),
        *_reports(session, consortium_id, year),
    ]


def _runs(session: Session, consortium_id: str, year: FiscalYear) -> Iterator[OpenPoint]:
    """Name the runs on their way, and the settlement that has to be issued."""
    table = AllocationRun
    if runs.latest_issued(session, consortium_id, year, "settlement") is None:
        yield OpenPoint("settlement", "精算の算定がまだ発行されていません")
    found = select(table.id, table.stage, table.edition, table.state).where(
        table.consortium_id == consortium_id,
        table.fiscal_year_start == year.start_year,
        table.state.in_(runs.OPEN),
    )
    for row in session.execute(found.order_by(table.drafted_at)):
        title = f"{STAGES[row.stage]} 第{row.edition}版の算定"
        yield OpenPoint("run", f"{title}が「{STATES[row.state]}」です", row.id)


def _reports(session: Session, consortium_id: str, year: FiscalYear) -> Iterator[OpenPoint]:
    table = ReportRun
    found = select(table.id, table.kind, table.period_key, table.state).where(
        table.consortium_id == consortium_id,
        table.fiscal_year_start == year.start_year,
        table.state.in_(_UNFINISHED_REPORT),
        table.kind.not_in(_ABOUT_NO_YEAR),
    )
    for row in session.execute(found.order_by(table.due_at)):
        done = "の作成に失敗しています" if row.state == "failed" else "を作成しています"
        yield OpenPoint("report", f"帳票（{row.period_key}）{done}", row.id)
