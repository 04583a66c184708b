"""Report runs as pages show them (帳票の作成の画面): how far each is, its files, what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from consortium.db.models import Member, ReportFile, ReportRun, RunEvent
from consortium.db.store.registers import MEMBER, PUBLISHED
from consortium.db.store.turns import OPEN
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report run with how far it is (帳票作成の一行)."""

    id: str
    kind: str
    year: FiscalYear
    period_key: str
    edition: int
    due_at: datetime
    state: str
    is_late: bool
    #: made by a schedule, else by an officer's order
    is_scheduled: bool
    wait_reason: str
    error: str
    #: not tried again before this instant
    next_try_at: datetime | None
    #: files made so far, and how many they will be; None before they are counted
    made: int
    total: int | None
    #: why a further edition was made
    reason: str = ""
    #: what it will show is fixed, its numbers are taken
    is_fixed: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether it still has to be made (作成待ち・作成中)."""
        return self.state in OPEN

    @property
    def is_out(self) -> bool:
        """Say whether its files went out (公開済)."""
        return self.state in PUBLISHED

    @property
    def needs_a_person(self) -> bool:
        """Say whether it failed, or waits for a reason (要対応)."""
        is_held_up = bool(self.wait_reason or self.error)
        return self.state == "failed" or (self.state == "due" and is_held_up)

    @property
    def trouble(self) -> str:
        """Give what stops it, "" where nothing does (止まっている理由)."""
        return (self.error or self.wait_reason) if self.needs_a_person else ""


class FileLine(NamedTuple):
    """A file of a report run (帳票ファイルの一行)."""

    id: str
    slot: str
    #: name of the town; "" for the lead city's file
    town: str
    display_name: str
    size: int
    file_hash: str


class EventLine(NamedTuple):
    """What happened to a report run (作成の経過の一行)."""

    at: datetime
    attempt: int
    event: str
    owner: str
    detail: str


def open_reports(session: Session, consortium_id: str) -> list[ReportLine]:
    """Give the runs still to be made and the failed ones, the one due first ahead."""
    is_open = ReportRun.state.in_((*OPEN, "failed"))
    return _lines(session, consortium_id, is_open, newest_first=False)


def made_reports(session: Session, consortium_id: str, limit: int) -> list[ReportLine]:
    """Give the runs that went out last, the newest first."""
    is_done = ReportRun.state.not_in((*OPEN, "failed"))
    return _lines(session, consortium_id, is_done, newest_first=True, limit=limit)


def report_line(session: Session, consortium_id: str, report_id: str) -> ReportLine:
    """Give one run. Raises: NotFoundError."""
    found = _lines(session, consortium_id, ReportRun.id == report_id, newest_first=False)
    if not found:
        raise NotFoundError(
            "帳票の作成の状況を開こうとしました。",
            "見つかりません。",
            "「帳票の作成」の一覧から選び直してください。",
        )
    return found[0]


def find_report(
    session: Session, consortium_id: str, kind: str, period_key: str
) -> ReportLine | None:
    """Give the newest edition of the report of a period, None before there is one."""
    same = (ReportRun.kind == kind) & (ReportRun.period_key == period_key)
    found = _lines(session, consortium_id, same, newest_first=False)
    return max(found, key=lambda each: each.edition, default=None)


def editions_of(session: Session, consortium_id: str, line: ReportLine) -> list[ReportLine]:
    """Give every edition of the period of a run, the first one ahead (同じ対象の版)."""
    same = (
        (ReportRun.kind == line.kind)
        & (ReportRun.fiscal_year_start == line.year.start_year)
        & (ReportRun.period_key == line.period_key)
    )
    found = _lines(session, consortium_id, same, newest_first=False)
    return sorted(found, key=lambda each: each.edition)


def _lines(
    session: Session,
    consortium_id: str,
    condition: ColumnElement[bool],
    *,
    newest_first: bool,
    limit: int | None = None,
) -> list[ReportLine]:
    made = (
        select(func.count()).where(ReportFile.run_id == ReportRun.id).correlate(ReportRun)
    ).scalar_subquery()
    order = ReportRun.due_at.desc() if newest_first else ReportRun.due_at
    rows = session.execute(
        select(ReportRun, made)
        .where(ReportRun.consortium_id == consortium_id, condition)
        .order_by(order, ReportRun.kind, ReportRun.id)
        .limit(limit)
    )
    return [_line(row, count) for row, count in rows]


def _line(row: ReportRun, made: int) -> ReportLine:
    return ReportLine(
        row.id,
        row.kind,
        FiscalYear(row.fiscal_year_start),
        row.period_key,
        row.edition,
        row.due_at,
        row.state,
        row.late,
        row.schedule_id is not None,
        row.wait_reason,
        row.error,
        row.next_try_at,
        made,
        row.file_total or None,
        row.reason,
        row.input_id is not None,
    )


def files_of(session: Session, consortium_id: str, report_id: str) -> list[FileLine]:
    """Give the files made so far, the lead city's first, then by 団体コード."""
    names: Mapping[str, str] = {
        f"{MEMBER}{row.code}": row.name
        for row in session.execute(
            select(Member.code, Member.name).where(Member.consortium_id == consortium_id)
        )
    }
    rows = session.scalars(
        select(ReportFile).where(ReportFile.run_id == report_id).order_by(ReportFile.slot)
    )
    return [
        FileLine(
            row.id,
            row.slot,
            names.get(row.slot, ""),
            row.display_name,
            row.size,
            row.file_hash,
        )
        for row in rows
    ]


def events_of(session: Session, report_id: str) -> list[EventLine]:
    """Give what happened to a run, the newest first (作成の経過)."""
    rows = session.scalars(
        select(RunEvent).where(RunEvent.run_id == report_id).order_by(RunEvent.at.desc())
    )
    return [EventLine(row.at, row.attempt, row.event, row.owner, row.detail) for row in rows]
