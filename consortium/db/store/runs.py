"""Allocation runs and their share rows (算定・負担額): one function per question asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from consortium.db.models import (
    AllocationRun,
    CostItem,
    ShareRow,
    UserAccount,
    new_id,
)
from consortium.db.store.in_force import is_void, newest_first, stands
from consortium.db.store.questions import drop_of_run
from consortium.db.store.run_inputs import Computed
from consortium.db.store.share_rows import write_shares
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import NotFoundError
from consortium.domain.fiscalyear.run import CANCELLED, STAGES, STATES
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
    approved_by: str | None
    approved_by_name: str
    approved_at: datetime | None
    issued_at: datetime | None
    supersedes_id: str | None
    row_version: int
    #: its issue was cancelled as a whole; the state stays as it was (取消)
    is_void: bool

    @property
    def state_name(self) -> str:
        """Say where the run stands, as people read it (状態)."""
        return CANCELLED if self.is_void else STATES[self.state]

    @property
    def is_own_approval(self) -> bool:
        """Say whether whoever drafted it approved it as well (作成者と承認者が同一)."""
        return self.approved_by == self.drafted_by

    @property
    def title(self) -> str:
        """Name the run as people do, e.g. 令和3年度 確定 第1版."""
        return f"{fiscal_year_label(self.year)} {STAGES[self.stage]} 第{self.edition}版"


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
            is_void().label("is_void"),
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
        row.approved_by,
        row.approver or "",
        row.approved_at,
        row.issued_at,
        row.supersedes_id,
        row.row_version,
        bool(row.is_void),
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
        .where(stands())
        .order_by(AllocationRun.fiscal_year_start, AllocationRun.issued_at)
    )
    return [_run(row) for row in rows]


def latest_issued(
    session: Session, consortium_id: str, year: FiscalYear, stage: str | None = None
) -> Run | None:
    """Give the run issued last for a year, of one stage or of any; None before the first."""
    found = _select_runs(consortium_id).where(
        AllocationRun.fiscal_year_start == year.start_year, stands()
    )
    if stage is not None:
        found = found.where(AllocationRun.stage == stage)
    row = session.execute(found.order_by(*newest_first()).limit(1)).first()
    return None if row is None else _run(row)


def issued_amounts(session: Session, consortium_id: str) -> dict[tuple[str, str], Yen]:
    """Give each member's amount in each current run: (run id, 団体コード) → yen."""
    rows = session.execute(
        select(ShareRow.run_id, ShareRow.code, func.sum(ShareRow.amount).label("amount"))
        .join(AllocationRun, AllocationRun.id == ShareRow.run_id)
        .where(ShareRow.consortium_id == consortium_id, stands())
        .group_by(ShareRow.run_id, ShareRow.code)
    )
    return {(row.run_id, row.code): Yen(int(row.amount)) for row in rows}


class Edition(NamedTuple):
    """Which edition of which stage a new run is, and which run it replaces (段階と版)."""

    stage: str
    edition: int = 1
    supersedes_id: str | None = None


def add_run(unit: Unit, consortium_id: str, edition: Edition, computed: Computed) -> str:
    """Save a new draft with its document and share rows; give its id (算定の作成)."""
    result = computed.result
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
        inputs=computed.text,
        total=result.total,
        unallocated=result.unallocated,
        drafted_by=unit.actor.id,
        drafted_at=unit.now,
        supersedes_id=edition.supersedes_id,
    )
    unit.session.add(run)
    unit.session.flush()
    write_shares(unit.session, run.id, consortium_id, result)
    _record(unit, run, "run.draft", None)
    return run.id


def replace_result(unit: Unit, consortium_id: str, run_id: str, computed: Computed) -> None:
    """Put a new result into a draft (下書きの計算し直し)."""
    run, result = _row(unit.session, consortium_id, run_id), computed.result
    before = {"total": run.total, "document_sha256": run.document_sha256}
    run.document = canonical(document.write(result))
    run.document_sha256 = sha256_hex(run.document)
    run.inputs = computed.text
    run.total, run.unallocated = result.total, result.unallocated
    run.drafted_by, run.drafted_at = unit.actor.id, unit.now
    unit.session.execute(delete(ShareRow).where(ShareRow.run_id == run_id))
    write_shares(unit.session, run_id, consortium_id, result)
    _record(unit, run, "run.recalculate", before)


def discard(unit: Unit, consortium_id: str, run_id: str) -> None:
    """Remove a draft (下書きの破棄); the chain keeps that it was."""
    run = _row(unit.session, consortium_id, run_id)
    drop_of_run(unit, consortium_id, run_id)
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


def _record(
    unit: Unit,
    run: AllocationRun,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None = None,
) -> None:
    year = fiscal_year_label(FiscalYear(run.fiscal_year_start))
    title = f"{year} {STAGES[run.stage]} 第{run.edition}版の算定"
    if after is None:
        after = {
            "state": run.state,
            "total": run.total,
            "unallocated": run.unallocated,
            "document_sha256": run.document_sha256,
            "inputs_sha256": sha256_hex(run.inputs) if run.inputs else None,
        }
    unit.record(run.consortium_id, action, "allocation_run", run.id, title, before, after)
