"""Plans as a viewer sees them (工程): which ones, their lines and forecast, and who may do what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from consortium.db.store import plans as store
from consortium.db.unit import reading
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import Schedule, Times
from consortium.domain.onboarding.plan import Baseline, Plan, PlanLine, PlanTask
from consortium.domain.onboarding.schedule import schedule
from consortium.usecases.plan_calendars import Desk, network_of, read_desk
from consortium.usecases.plan_impact import scheduled, unheld
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Tasks a town reports on itself (団体が実績を入れる担当).
TOWNS_OWN: Final = ("加入団体", "原課", "両者", "各財政課", "各議会")


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan with what follows from it today (工程の画面)."""

    plan: Plan
    #: a line for each task, in order
    lines: tuple[PlanLine, ...]
    #: None where no dates could be computed, see `refusal`
    schedule: Schedule | None
    baselines: tuple[Baseline, ...]
    desk: Desk
    #: why there is no forecast, e.g. closed days not filled so far (算出できない理由)
    refusal: BadInputError | None = None
    #: the dates confirmed, moved later only where they have to be; None but for a plan under way
    confirmed: Schedule | None = None
    #: sentences: what the planned dates break as they stand (計画の日付の整合)
    unheld: tuple[str, ...] = ()

    @property
    def baseline(self) -> Baseline | None:
        """Give the current baseline (基準計画), None before approval."""
        return self.baselines[-1] if self.baselines else None

    def line(self, code: str) -> PlanLine | None:
        """Give the line of a task, None where the plan has none (作業の行)."""
        return next((each for each in self.lines if each.task.code == code), None)


def list_plans(viewer: Viewer, today: date) -> tuple[PlanPage, ...]:
    """Read every plan the viewer may see by its 本稼働日, those counted back last (工程の一覧)."""
    owner = viewer.consortium_id
    with reading() as session:
        known = sorted(store.plans(session, owner), key=lambda each: each.is_reference)
        found = [each for each in known if may_see(viewer, each)]
        baselines = store.all_baselines(session, owner) if found else {}
        desk = read_desk(session, owner)
    return tuple(page_of(each, baselines.get(each.id, ()), desk, today) for each in found)


def show_plan(viewer: Viewer, plan_id: str, today: date) -> PlanPage:
    """Read one plan with its forecast (工程). Raises: NotFoundError."""
    owner = viewer.consortium_id
    with reading() as session:
        plan = visible_plan(session, viewer, plan_id)
        has_none = plan.state == "draft" or plan.is_reference
        baselines = () if has_none else store.baselines(session, owner, plan_id)
        desk = read_desk(session, owner)
    return page_of(plan, baselines, desk, today)


def read_plan(viewer: Viewer, plan_id: str) -> Plan:
    """Read one plan without its forecast (工程). Raises: NotFoundError."""
    with reading() as session:
        return visible_plan(session, viewer, plan_id)


def visible_plan(session: "Session", viewer: Viewer, plan_id: str) -> Plan:
    """Give a plan the viewer may see. Raises: NotFoundError for every other one, there or not."""
    found = store.plan(session, viewer.consortium_id, plan_id)
    if not may_see(viewer, found):
        raise store.not_found()
    return found


def may_see(viewer: Viewer, plan: Plan) -> bool:
    """Say whether a plan exists for a viewer: a town sees its own and those shared (共有)."""
    return may_see_records(viewer, plan) or plan.is_shared


def may_see_records(viewer: Viewer, plan: Plan) -> bool:
    """Say whether a viewer sees what is recorded around a plan (工程の記録を読めるか).

    課題, 予算 and 契約 are between the town and the lead side, which the auditor reads too; another
    town that a plan is shared with (共有) sees its dates only.
    """
    return not viewer.is_member or viewer.code == plan.code


def may_report(viewer: Viewer, plan: Plan, task: PlanTask) -> bool:
    """Say whether a viewer enters what really happened with a task (実績を入れられるか)."""
    if plan.state not in ("approved", "running") or plan.is_reference:
        return False
    if viewer.role == "lead_staff":
        return True
    return viewer.role == "member_staff" and viewer.code == plan.code and task.owner in TOWNS_OWN


def status_day(plan: Plan, today: date) -> date | None:
    """Give the day before which nothing not begun can start (基準日); None for what is past."""
    return None if plan.is_reference or plan.state in ("done", "stopped") else today


def page_of(plan: Plan, baselines: Sequence[Baseline], desk: Desk, today: date) -> PlanPage:
    """Compute the forecast of a plan (見込み); where none can be, its planned dates stand."""
    refusal, found, confirmed = None, None, None
    wrong: tuple[str, ...] = ()
    try:
        network = network_of(plan, desk, start=plan.start_on, status_on=status_day(plan, today))
        found = schedule(network)
        if plan.is_open:
            first = min(task.planned_start for task in plan.tasks)
            confirmed = scheduled(replace(network, start=plan.start_on or first), plan)
            wrong = tuple(each.text for each in unheld(network, plan) if each.kind == "window")
    except BadInputError as error:
        refusal = error
    current = baselines[-1].tasks if baselines else {}
    times = {each.code: each for each in found.times} if found else {}
    lines = tuple(
        PlanLine(
            task,
            times.get(task.code) or planned_times(task),
            current[task.code][2:] if task.code in current else None,
        )
        for task in plan.tasks
    )
    return PlanPage(plan, lines, found, tuple(baselines), desk, refusal, confirmed, wrong)


def planned_times(task: PlanTask) -> Times:
    """Give the planned dates of a task as if they were its forecast (計画どおりの日程)."""
    start, finish = task.planned_start, task.planned_finish
    return Times(task.code, start, finish, None, None, None, 0, is_critical=False, is_near=False)


def dated(plan: Plan, found: Schedule) -> Plan:
    """Put the dates of a schedule into a plan as its planned ones (計画日の設定)."""
    times = {each.code: each for each in found.times}
    tasks = tuple(
        replace(
            task,
            planned_start=times[task.code].start,
            planned_finish=times[task.code].finish,
        )
        for task in plan.tasks
    )
    return replace(plan, tasks=tasks)
