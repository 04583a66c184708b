"""Which issued runs count (現行の算定): those whose issue was not cancelled as a whole."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists

from consortium.db.models import AllocationRun, Statement, StatementCancellation
from consortium.domain.fiscalyear.run import STAGES

_POSITION = {stage: position for position, stage in enumerate(STAGES)}


def is_void(run: type[AllocationRun] = AllocationRun) -> ColumnElement[bool]:
    """Ask for runs whose 総括表, and so the whole issue, was cancelled (発行の取消し)."""
    return exists().where(
        StatementCancellation.statement_id == Statement.id,
        Statement.run_id == run.id,
        Statement.kind == "summary",
    )


def stands(run: type[AllocationRun] = AllocationRun) -> ColumnElement[bool]:
    """Ask for runs that are issued and not cancelled (現行)."""
    return and_(run.state == "issued", ~is_void(run))


def newest_first(run: type[AllocationRun] = AllocationRun) -> tuple[ColumnElement[Any], ...]:
    """Order the runs of a year, the one issued last first; of one instant the later stage."""
    stage = case(_POSITION, value=run.stage)
    return run.issued_at.desc(), stage.desc(), run.edition.desc()
