"""The days of plans for a calendar (工程のカレンダー): of a town, of who is in charge, or all.

Only planned dates, which change by a confirmed step alone: so an entry that nobody changed is the
same byte for byte. Drafts and dates that are only calculated (参考) are in no calendar.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from consortium.db.store import plan_history, plan_records
from consortium.db.store import plans as store
from consortium.db.store.feeds import OfPlans
from consortium.db.store.plan_history import Past, Pasts
from consortium.db.unit import reading
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import WINDOW_KINDS
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.records import ISSUE_STATES, Issue
from consortium.reports.calendar_feed import Due
from consortium.usecases.plans import may_see, may_see_records
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["OfPlans"]

#: Days on which somebody decides (決める日); the others only limit when a task may end.
_DECIDED: Final = tuple(WINDOW_KINDS[kind] for kind in ("council", "assembly"))


@dataclass(frozen=True, slots=True)
class Choices:
    """What a calendar can be made of (選べるもの): towns by code, and who is in charge."""

    towns: tuple[tuple[str, str], ...]
    in_charge: tuple[str, ...]

    def check(self, asked: OfPlans) -> None:
        """Refuse what is not offered. Raises: BadInputError at the field."""
        if asked.code and asked.code not in dict(self.towns):
            raise _refused("その団体の工程はありません。", "code")
        if asked.in_charge and asked.in_charge not in self.in_charge:
            raise _refused("その担当の作業はありません。", "in_charge")


def _refused(found: str, path: str) -> BadInputError:
    return BadInputError(
        "工程のカレンダーを作ろうとしました。", found, "一覧から選んでください。", path=path
    )


def choices(viewer: Viewer) -> Choices:
    """Say of which towns and of whom the viewer can have a calendar (選べるもの)."""
    with reading() as session:
        found = _plans(session, viewer)
    tasks = [task for plan, _ in found for task in plan.tasks]
    issues = [issue for _, issues in found for issue in issues]
    words = [*(each.owner for each in tasks), *(each.in_charge for each in tasks)]
    words += [each.in_charge for each in issues]
    towns = {str(plan.code): plan.town for plan, _ in found}
    named = tuple(word for word in dict.fromkeys(words) if word)
    return Choices(tuple(sorted(towns.items())), named)


def plan_days(viewer: Viewer, asked: OfPlans) -> list[Due]:
    """Give the entries of a calendar of plans, by what its user may see now (工程の日)."""
    with reading() as session:
        found = [each for each in _plans(session, viewer) if asked.code in ("", each[0].code)]
        # Of the same state of the data: who was told of a stop without its number is never told.
        pasts = plan_history.pasts(session, viewer.consortium_id)
    return [
        due
        for plan, issues in found
        for due in (*_days(plan, asked, pasts), *_deadlines(plan, issues, asked, pasts))
    ]


def _plans(session: "Session", viewer: Viewer) -> list[tuple[Plan, tuple[Issue, ...]]]:
    """Read the plans that calendars show, with their issues; another town's issues to nobody."""
    found = store.plans(session, viewer.consortium_id)
    issues = plan_records.dated_issues(session, viewer.consortium_id)
    return [
        (plan, issues.get(plan.id, ()) if may_see_records(viewer, plan) else ())
        for plan in found
        if may_see(viewer, plan) and plan.state != "draft" and not plan.is_reference
    ]


def _days(plan: Plan, asked: OfPlans, pasts: Pasts) -> Iterator[Due]:
    """Give a plan's entries; one that was in this calendar before is taken off it, not left out."""
    for task in (*plan.tasks, *plan.removed):
        past = pasts.of(task.id)
        is_ours = asked.in_charge in ("", task.owner, task.in_charge)
        if not is_ours and asked.in_charge not in past.in_charge:
            continue
        due = _due(plan, task, pasts.of(plan.id), is_ours=is_ours)
        if task.is_milestone or asked.with_tasks:
            yield due
        elif past.was_milestone:
            yield due._replace(is_cancelled=True)
        yield from _decision(due, task, past)


def _decision(due: Due, task: PlanTask, past: Past) -> Iterator[Due]:
    """Give the day on which a task is decided, taken off where it decides no more (決める日)."""
    window = WINDOW_KINDS.get(task.window_kind, "")
    words = [word for word in (*past.windows, window) if word in _DECIDED]
    if words:
        yield due._replace(
            key=f"{due.key}-decision",
            day=task.planned_finish,
            title=f"{due.title}（{words[-1]}）",
            is_cancelled=due.is_cancelled or window not in _DECIDED,
        )


def _deadlines(plan: Plan, issues: Iterable[Issue], asked: OfPlans, pasts: Pasts) -> Iterator[Due]:
    """Give by when issues are to be solved; what they say is for those who log in (課題の期限)."""
    of_plan = pasts.of(plan.id)
    for each in issues:
        past = pasts.of(each.id)
        is_ours = asked.in_charge in ("", each.in_charge)
        if each.due_on is not None and (is_ours or asked.in_charge in past.in_charge):
            is_over = plan.state == "stopped" or each.state == ISSUE_STATES[-1]
            yield Due(
                f"member-{plan.code}-{plan.id}-issue-{each.number}",
                each.due_on,
                f"{plan.town} {each.name}の期限",
                plan.title,
                changed_at=_last(each.raised_at, past.changed_at, of_plan.changed_at),
                sequence=each.row_version - 1 + of_plan.changes,
                is_cancelled=is_over or not is_ours,
            )


def _due(plan: Plan, task: PlanTask, of_plan: Past, *, is_ours: bool) -> Due:
    # Another title, or a plan that was stopped, changes all its entries; no task was touched.
    is_off = plan.state == "stopped" or task.removed_at is not None
    return Due(
        f"member-{plan.code}-{plan.id}-{task.code}",
        task.planned_start,
        f"{plan.town} {task.name}",
        f"{plan.title} {task.code}（担当 {task.in_charge or task.owner}）",
        last=task.planned_finish,
        changed_at=_last(task.changed_at, of_plan.changed_at),
        sequence=task.sequence + of_plan.changes,
        is_cancelled=is_off or not is_ours,
    )


def _last(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)
