"""Two states of a plan beside each other (基準計画の比較): baselines, or one and today's plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from consortium.domain.errors import NotFoundError
from consortium.domain.onboarding.network import Network
from consortium.domain.onboarding.plan import Baseline, Plan
from consortium.usecases.plan_calendars import network_of
from consortium.usecases.plan_impact import open_days
from consortium.usecases.plans import show_plan
from consortium.usecases.viewer import Viewer

#: Stands for the plan as it is now, among the numbers of the baselines (今の計画).
CURRENT: Final = "current"

#: name, 業務日, first day, last day of a task
_Dates = tuple[str, int, date, date]


@dataclass(frozen=True, slots=True)
class Side:
    """A state of a plan that can be compared (比べる計画)."""

    #: number of the baseline, or CURRENT
    key: str
    name: str
    anchor_on: date
    tasks: Mapping[str, _Dates]


@dataclass(frozen=True, slots=True)
class ComparedTask:
    """One task in both states (作業の差); None where it was not on the plan."""

    code: str
    name: str
    old: _Dates | None
    new: _Dates | None
    #: open days by which its last day moved, None where only one side has it (差)
    days: int | None
    #: True for 本稼働 and what waits for a session: what the drift is read from (節目)
    is_milestone: bool

    @property
    def is_same(self) -> bool:
        """Say whether nothing differs."""
        return self.old == self.new


@dataclass(frozen=True, slots=True)
class ComparedPlan:
    """Two states of a plan and how they differ (基準計画の比較の画面)."""

    plan: Plan
    sides: tuple[Side, ...]
    old: Side
    new: Side
    tasks: tuple[ComparedTask, ...]

    @property
    def differing(self) -> tuple[ComparedTask, ...]:
        """List the tasks that differ."""
        return tuple(each for each in self.tasks if not each.is_same)


def compare(viewer: Viewer, plan_id: str, old: str, new: str, today: date) -> ComparedPlan:
    """Compare two states of a plan (基準計画の比較); without keys the first baseline with today.

    Raises: NotFoundError, for a state that is not there as well.
    """
    page = show_plan(viewer, plan_id, today)
    sides = (*(_frozen(each) for each in page.baselines), _current(page.plan))
    at = {side.key: side for side in sides}
    try:
        first, then = at[old or sides[0].key], at[new or CURRENT]
    except KeyError:
        raise NotFoundError(
            "基準計画を比べようとしました。",
            "その基準計画がありません。",
            "一覧から選び直してください。",
        ) from None
    network = network_of(page.plan, page.desk)
    order = {task.code: task.position for task in (*page.plan.tasks, *page.plan.removed)}
    codes = sorted(first.tasks.keys() | then.tasks.keys(), key=lambda code: (order[code], code))
    tasks = tuple(_compared(code, first, then, page.plan, network) for code in codes)
    return ComparedPlan(page.plan, sides, first, then, tasks)


def _frozen(each: Baseline) -> Side:
    return Side(str(each.number), f"{each.number} {each.name}", each.anchor_on, each.tasks)


def _current(plan: Plan) -> Side:
    tasks = {
        task.code: (task.name, task.days, task.planned_start, task.planned_finish)
        for task in plan.tasks
    }
    return Side(CURRENT, "今の計画", plan.anchor_on, tasks)


def _compared(code: str, first: Side, then: Side, plan: Plan, network: Network) -> ComparedTask:
    old, new = first.tasks.get(code), then.tasks.get(code)
    known = new or old
    assert known is not None  # noqa: S101 -- the code is a key of one of the two
    task = plan.task(code)
    days = open_days(network, code, old[3], new[3]) if old and new and task else None
    is_milestone = known[1] == 0 or (task is not None and bool(task.window_kind))
    return ComparedTask(code, known[0], old, new, days, is_milestone)
