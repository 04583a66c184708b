"""What a changed calendar does to the plans (暦の変更で動く工程): a list, nothing is saved.

Compared are two forecasts of today, with the closed days and sessions as they stand and as they
would be, and for plans under way the confirmed dates as the delay preview would move them; the
planned dates stay until somebody confirms new ones there.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from consortium.db.store import plans as store
from consortium.domain.onboarding.network import Schedule
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.usecases.plan_calendars import Desk
from consortium.usecases.plans import PlanPage, may_see, page_of
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_OVER: Final = ("done", "stopped")


@dataclass(frozen=True, slots=True)
class Shift:
    """One task that moves (動く作業): its last day before and after."""

    task: PlanTask
    old: date
    new: date


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one plan (動く工程)."""

    plan: Plan
    shifts: tuple[Shift, ...]
    #: open days in hand before 本稼働日, before and after; None where it cannot be computed
    old_margin: int | None
    new_margin: int | None
    #: what moves of the confirmed dates, as the delay preview counts them (確定した計画)
    planned: tuple[Shift, ...]
    old_planned_margin: int | None
    new_planned_margin: int | None
    #: why the new forecast cannot be computed, empty where it can
    refusal: str = ""

    @property
    def is_none(self) -> bool:
        """Say whether neither forecast nor confirmed dates move (動かない)."""
        margins = (self.old_margin, self.old_planned_margin)
        is_same = margins == (self.new_margin, self.new_planned_margin)
        return is_same and not (self.shifts or self.planned or self.refusal)


def effects(
    session: "Session", viewer: Viewer, before: Desk, after: Desk, today: date
) -> tuple[Effect, ...]:
    """List the plans that move when a desk takes the place of another (動く工程の一覧)."""
    found = (
        _effect(page_of(plan, (), before, today), page_of(plan, (), after, today))
        for plan in store.plans(session, viewer.consortium_id)
        if plan.state not in _OVER and not plan.is_reference and may_see(viewer, plan)
    )
    return tuple(each for each in found if not each.is_none)


def _effect(old: PlanPage, new: PlanPage) -> Effect:
    shifts = tuple(
        Shift(one.task, one.times.finish, other.times.finish)
        for one, other in zip(old.lines, new.lines, strict=True)
        if one.times.finish != other.times.finish
    )
    refusal = str(new.refusal) if new.refusal and not old.refusal else ""
    margins = (_margin(old.schedule), _margin(new.schedule))
    confirmed = (_margin(old.confirmed), _margin(new.confirmed))
    return Effect(old.plan, shifts, *margins, _planned(old, new), *confirmed, refusal)


def _planned(old: PlanPage, new: PlanPage) -> tuple[Shift, ...]:
    if old.confirmed is None or new.confirmed is None:
        return ()
    times = {each.code: each.finish for each in new.confirmed.times}
    was = {each.code: each.finish for each in old.confirmed.times}
    return tuple(
        Shift(task, was[task.code], times[task.code])
        for task in old.plan.tasks
        if was[task.code] != times[task.code]
    )


def _margin(found: Schedule | None) -> int | None:
    return found.margin if found else None
