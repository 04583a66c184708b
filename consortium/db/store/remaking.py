"""What an officer asks of a report run (帳票作成への指示): no more waiting, none, a new edition."""

from sqlalchemy import func, select, update

from consortium.db.models import ReportRun, new_id
from consortium.db.store.reports import note
from consortium.db.unit import Unit


def wait_no_longer(unit: Unit, consortium_id: str, report_id: str) -> None:
    """Let a run that waits be tried at the next tick (待機の終わり)."""
    unit.session.execute(
        update(ReportRun)
        .where(
            ReportRun.id == report_id,
            ReportRun.consortium_id == consortium_id,
            ReportRun.state == "due",
        )
        .values(next_try_at=None)
    )


def cancel(unit: Unit, consortium_id: str, report_id: str) -> bool:
    """Let a run that nobody began never be made; say whether it was one (取消).

    The row stays, so that its period is not planned again. The reason is the unit's.
    """
    run = unit.session.scalars(
        select(ReportRun)
        .where(
            ReportRun.id == report_id,
            ReportRun.consortium_id == consortium_id,
            ReportRun.state == "due",
            ReportRun.input_id.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if run is None:
        return False
    run.state, run.wait_reason, run.error, run.next_try_at = "cancelled", "", "", None
    note(unit.session, run, "cancel", unit.actor.name, unit.now, unit.reason)
    return True


def add_edition(unit: Unit, consortium_id: str, report_id: str) -> str:
    """Enter the next edition of a report, due now; give its id (再作成).

    It serves the towns of the same schedule, and shows what stands now. The reason is the unit's.
    """
    old = unit.session.get_one(ReportRun, report_id)
    same = (
        ReportRun.consortium_id == consortium_id,
        ReportRun.kind == old.kind,
        ReportRun.fiscal_year_start == old.fiscal_year_start,
        ReportRun.period_key == old.period_key,
    )
    newest = unit.session.scalars(select(func.max(ReportRun.edition)).where(*same)).one()
    run = ReportRun(
        id=new_id(),
        consortium_id=consortium_id,
        kind=old.kind,
        fiscal_year_start=old.fiscal_year_start,
        period_key=old.period_key,
        edition=newest + 1,
        schedule_id=old.schedule_id,
        due_at=unit.now,
        state="due",
        late=False,
        reason=unit.reason,
    )
    unit.session.add(run)
    unit.session.flush()
    return run.id
