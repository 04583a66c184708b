"""Allocation runs and their share rows (算定・負担額): one function per question asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

from consortium.db.models import (
    AllocationRun,
    AuditEvent,
    CostItem,
    ShareRow,
    UserAccount,
    new_id,
)
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import NotFoundError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.sharing import document
from consortium.domain.sharing.result import Result
from consortium.domain.yen import Yen

#: States of a run that still has a way to go (作業中の状態).
OPEN = ("draft", "in_review", "approved")


@dataclass(frozen=True, slots=True)
class Run:
    """A run without its document (算定の見出し)."""

    id: str
    year: FiscalYear
    stage: str
    edition: int
    state: str
    reason: str
    total: Yen
    unallocated: Yen
    document_sha256: str
    drafted_by: str
    drafted_by_name: str
    drafted_at: datetime
    submitted_at: datetime | None
    approved_by_name: str
    approved_at: datetime | None
    issued_at: datetime | None
    supersedes_id: str | None
    row_version: int

    @property
    def title(self) -> str:
        """Name the run as people do, e.g. 2021年度 確定 第1版."""
        return f"{self.year.start_year}年度 {STAGES[self.stage]} 第{self.edition}版"


_HEADINGS = (
    AllocationRun.id,
    AllocationRun.fiscal_year_start,
    AllocationRun.stage,
    AllocationRun.edition,
    AllocationRun.state,
    AllocationRun.reason,
    AllocationRun.total,
    AllocationRun.unallocated,
    AllocationRun.document_sha256,
    AllocationRun.drafted_by,
    AllocationRun.drafted_at,
    AllocationRun.submitted_at,
    AllocationRun.approved_by,
    AllocationRun.approved_at,
    AllocationRun.issued_at,
    AllocationRun.supersedes_id,
    AllocationRun.row_version,
)


_DRAFTER, _APPROVER = aliased(UserAccount), aliased(UserAccount)


def _select_runs(consortium_id: str) -> Select[*tuple[Any, ...]]:
    """Read headings with the names of the people; the document stays where it is."""
    return (
        select(
            *_HEADINGS,
            _DRAFTER.display_name.label("drafter"),
            _APPROVER.display_name.label("approver"),
        )
        .outerjoin(_DRAFTER, _DRAFTER.id == AllocationRun.drafted_by)
        .outerjoin(_APPROVER, _APPROVER.id == AllocationRun.approved_by)
        .where(AllocationRun.consortium_id == consortium_id)
    )


def _run(row: Any) -> Run:
    return Run(
        row.id,
        FiscalYear(row.fiscal_year_start),
        row.stage,
        row.edition,
        row.state,
        row.reason,
        Yen(row.total),
        Yen(row.unallocated),
        row.document_sha256,
        row.drafted_by,
        row.drafter or "",
        row.drafted_at,
        row.submitted_at,
        row.approver or "",
        row.approved_at,
        row.issued_at,
        row.supersedes_id,
        row.row_version,
    )


def list_runs(session: Session, consortium_id: str) -> list[Run]:
    """Give all runs, the newest year first (算定の一覧)."""
    rows = session.execute(
        _select_runs(consortium_id).order_by(
            AllocationRun.fiscal_year_start.desc(), AllocationRun.drafted_at.desc()
        )
    )
    return [_run(row) for row in rows]


def open_runs(session: Session, consortium_id: str) -> list[Run]:
    """Give the runs on their way to being issued, the oldest first (作業中の算定)."""
    rows = session.execute(
        _select_runs(consortium_id)
        .where(AllocationRun.state.in_(OPEN))
        .order_by(AllocationRun.drafted_at)
    )
    return [_run(row) for row in rows]


class Uncomputed(NamedTuple):
    """Costs of a year and stage that no run has shared yet (未算定の費用)."""

    year: FiscalYear
    stage: str
    items: int
    amount: Yen


def uncomputed(session: Session, consortium_id: str) -> list[Uncomputed]:
    """Give the years and stages with costs but without a run, in order (未算定)."""
    has_run = exists().where(
        AllocationRun.consortium_id == CostItem.consortium_id,
        AllocationRun.fiscal_year_start == CostItem.fiscal_year_start,
        AllocationRun.stage == CostItem.stage,
    )
    rows = session.execute(
        select(
            CostItem.fiscal_year_start,
            CostItem.stage,
            func.count(),
            func.sum(CostItem.amount_incl_tax),
        )
        .where(CostItem.consortium_id == consortium_id, ~has_run)
        .group_by(CostItem.fiscal_year_start, CostItem.stage)
        .order_by(CostItem.fiscal_year_start, CostItem.stage)
    )
    return [
        Uncomputed(FiscalYear(year), stage, items, Yen(int(amount)))
        for year, stage, items, amount in rows
    ]


def years_with_costs(session: Session, consortium_id: str) -> list[FiscalYear]:
    """Give the fiscal years that have costs, the newest first (費目のある年度)."""
    years = session.scalars(
        select(CostItem.fiscal_year_start)
        .where(CostItem.consortium_id == consortium_id)
        .distinct()
        .order_by(CostItem.fiscal_year_start.desc())
    )
    return [FiscalYear(year) for year in years]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What was done to a run, by whom and why (算定の経過)."""

    at: datetime
    actor: str
    body: str
    action: str
    reason: str


def history(session: Session, consortium_id: str, run_id: str) -> list[HistoryLine]:
    """Give what the chain says of a run, the earliest first (算定の経過)."""
    rows = session.execute(
        select(AuditEvent)
        .where(AuditEvent.consortium_id == consortium_id, AuditEvent.object_id == run_id)
        .order_by(AuditEvent.seq)
    ).scalars()
    return [
        HistoryLine(row.at, row.actor_name, row.actor_body, row.action, row.reason) for row in rows
    ]


def get_run(session: Session, consortium_id: str, run_id: str, *, lock: bool = False) -> Run:
    """Give one run; with `lock`, as nobody else can change it before the unit ends.

    Raises: NotFoundError, for a run of another consortium as well.
    """
    its_row = AllocationRun.id == run_id
    if lock:
        # A statement of its own: the one after it sees what the lock waited for, names included.
        ours = AllocationRun.consortium_id == consortium_id
        session.execute(select(AllocationRun.id).where(ours, its_row).with_for_update())
    row = session.execute(_select_runs(consortium_id).where(its_row)).first()
    if row is None:
        raise NotFoundError(
            "算定を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
        )
    return _run(row)


def read_result(session: Session, consortium_id: str, run_id: str) -> Result:
    """Give the stored result of a run; nothing is computed again (算定結果)."""
    text = session.execute(
        select(AllocationRun.document).where(
            AllocationRun.consortium_id == consortium_id, AllocationRun.id == run_id
        )
    ).scalar_one()
    return document.read(json.loads(text))


def runs_of(session: Session, consortium_id: str, year: FiscalYear, stage: str) -> list[Run]:
    """Give the runs of a year and stage, the newest edition first."""
    rows = session.execute(
        _select_runs(consortium_id)
        .where(AllocationRun.fiscal_year_start == year.start_year, AllocationRun.stage == stage)
        .order_by(AllocationRun.edition.desc())
    )
    return [_run(row) for row in rows]


def issued_runs(session: Session, consortium_id: str) -> list[Run]:
    """Give the runs whose statements are current, by year and stage (発行中の算定)."""
    rows = session.execute(
        _select_runs(consortium_id)
        .where(AllocationRun.state == "issued")
        .order_by(AllocationRun.fiscal_year_start, AllocationRun.issued_at)
    )
    return [_run(row) for row in rows]


def latest_issued(session: Session, consortium_id: str, year: FiscalYear) -> Run | None:
    """Give the run issued last for a year, of any stage; None before the first (現在の額)."""
    row = session.execute(
        _select_runs(consortium_id)
        .where(AllocationRun.fiscal_year_start == year.start_year, AllocationRun.state == "issued")
        .order_by(AllocationRun.issued_at.desc())
        .limit(1)
    ).first()
    return None if row is None else _run(row)


def issued_amounts(session: Session, consortium_id: str) -> dict[tuple[str, str], Yen]:
    """Give each member's amount in each current run: (run id, 団体コード) → yen."""
    rows = session.execute(
        select(ShareRow.run_id, ShareRow.code, func.sum(ShareRow.amount).label("amount"))
        .join(AllocationRun, AllocationRun.id == ShareRow.run_id)
        .where(ShareRow.consortium_id == consortium_id, AllocationRun.state == "issued")
        .group_by(ShareRow.run_id, ShareRow.code)
    )
    return {(row.run_id, row.code): Yen(int(row.amount)) for row in rows}


class Edition(NamedTuple):
    """Which edition of which stage a new run is, and which run it replaces (段階と版)."""

    stage: str
    edition: int = 1
    supersedes_id: str | None = None


def add_run(unit: Unit, consortium_id: str, edition: Edition, result: Result) -> str:
    """Save a new draft with its document and share rows; give its id (算定の作成)."""
    text = canonical(document.write(result))
    run = AllocationRun(
        id=new_id(),
        consortium_id=consortium_id,
        fiscal_year_start=result.fiscal_year.start_year,
        stage=edition.stage,
        edition=edition.edition,
        state="draft",
        reason=unit.reason,
        document=text,
        document_sha256=sha256_hex(text),
        total=result.total,
        unallocated=result.unallocated,
        drafted_by=unit.actor.id,
        drafted_at=unit.now,
        supersedes_id=edition.supersedes_id,
    )
    unit.session.add(run)
    unit.session.flush()
    _write_shares(unit.session, run.id, consortium_id, result)
    _record(unit, run, "run.draft", None)
    return run.id


def replace_result(unit: Unit, consortium_id: str, run_id: str, result: Result) -> None:
    """Put a new result into a draft (下書きの計算し直し)."""
    run = _row(unit.session, consortium_id, run_id)
    before = {"total": run.total, "document_sha256": run.document_sha256}
    run.document = canonical(document.write(result))
    run.document_sha256 = sha256_hex(run.document)
    run.total, run.unallocated = result.total, result.unallocated
    run.drafted_by, run.drafted_at = unit.actor.id, unit.now
    unit.session.execute(delete(ShareRow).where(ShareRow.run_id == run_id))
    _write_shares(unit.session, run_id, consortium_id, result)
    _record(unit, run, "run.recalculate", before)


def discard(unit: Unit, consortium_id: str, run_id: str) -> None:
    """Remove a draft (下書きの破棄); the chain keeps that it was."""
    run = _row(unit.session, consortium_id, run_id)
    before = {"total": run.total, "document_sha256": run.document_sha256, "state": run.state}
    unit.session.execute(delete(ShareRow).where(ShareRow.run_id == run_id))
    unit.session.delete(run)
    _record(unit, run, "run.discard", before, after={})


def change_state(unit: Unit, consortium_id: str, run_id: str, step: str, state: str) -> None:
    """Save the state after a step, with who took it and when (手順の記録)."""
    run = _row(unit.session, consortium_id, run_id)
    before = {"state": run.state}
    run.state = state
    if state == "draft":
        # Who submitted and approved stays in the chain; the draft is nobody's yet.
        run.submitted_by = run.submitted_at = run.approved_by = run.approved_at = None
    elif step == "submit":
        run.submitted_by, run.submitted_at = unit.actor.id, unit.now
    elif step == "approve":
        run.approved_by, run.approved_at = unit.actor.id, unit.now
    elif step == "issue":
        run.issued_by, run.issued_at = unit.actor.id, unit.now
    _record(unit, run, f"run.{step}", before)


def _row(session: Session, consortium_id: str, run_id: str) -> AllocationRun:
    return session.execute(
        select(AllocationRun)
        .where(AllocationRun.consortium_id == consortium_id, AllocationRun.id == run_id)
        .with_for_update()
    ).scalar_one()


def _write_shares(session: Session, run_id: str, consortium_id: str, result: Result) -> None:
    keys = {entry.item.no: entry.item.key for entry in result.items}
    rows = [
        {
            "run_id": run_id,
            "consortium_id": consortium_id,
            "item_no": line.item.no,
            "component": line.component,
            "code": line.code,
            "item_id": keys[line.item.no] or None,
            "amount": line.amount,
        }
        for line in result.lines()
    ]
    if rows:
        session.execute(insert(ShareRow), rows)


def _record(
    unit: Unit,
    run: AllocationRun,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None = None,
) -> None:
    title = f"{run.fiscal_year_start}年度 {STAGES[run.stage]} 第{run.edition}版の算定"
    if after is None:
        after = {
            "state": run.state,
            "total": run.total,
            "unallocated": run.unallocated,
            "document_sha256": run.document_sha256,
        }
    unit.record(run.consortium_id, action, "allocation_run", run.id, title, before, after)
