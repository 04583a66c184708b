"""What really happened with a task (実績の入力), by the office or by the town whose task it is."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from consortium.db.store import plan_records
from consortium.db.store import plans as store
from consortium.db.unit import Unit, writing
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.domain.onboarding.golive import GO_LIVE
from consortium.domain.onboarding.plan import TASK_STATES, Plan, PlanTask
from consortium.domain.onboarding.record_checks import may_complete
from consortium.domain.onboarding.steps import check_report, entered_days
from consortium.usecases.plan_calendars import read_desk
from consortium.usecases.plans import may_report, visible_plan
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Progress:
    """What somebody reports of a task (実績の報告); days inside, `state` a key of TASK_STATES."""

    state: str
    started_on: date | None = None
    finished_on: date | None = None
    percent: int = 0
    note: str = ""
    #: who takes care of it; None leaves that as it is (担当者)
    in_charge: str | None = None


def report_task(  # noqa: PLR0913 -- who reports what of which task, as it was seen, why, when
    viewer: Viewer,
    plan_id: str,
    code: str,
    seen_version: int,
    progress: Progress,
    reason: str,
    now: datetime,
    today: date,
) -> PlanTask:
    """Save what happened with a task (実績の保存); no planned date moves by it.

    Raises: BadInputError at the field; InvalidTransitionError where a decision, contract or paper
    is missing to complete it, or the viewer may not; StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now, reason) as unit:
        unit.take_turn(viewer.consortium_id)
        plan = visible_plan(unit.session, viewer, plan_id)
        task = task_of(plan, code)
        return report_in(
            unit, viewer, plan, replace(task, row_version=seen_version), progress, today
        )


def report_in(  # noqa: PLR0913 -- as `report_task`, inside a unit that is open already
    unit: Unit, viewer: Viewer, plan: Plan, task: PlanTask, progress: Progress, today: date
) -> PlanTask:
    """Save a report in an open unit (実績の保存), e.g. one of many from a workbook.

    Why a done task is opened again is the unit's reason. Raises: as `report_task`.
    """
    if not may_report(viewer, plan, task):
        raise InvalidTransitionError(
            f"{task.code}「{task.name}」の実績を保存しようとしました。",
            "この作業の実績は、ここからは入れられません。",
            "承認済みの工程の、自団体の担当の作業を選んでください。",
        )
    new = _reported(task, progress)
    _refuse_moved(plan, task, new)
    check_report(task, new, today, unit.reason)
    _refuse_uncounted(unit, viewer.consortium_id, plan, task, new)
    if new.state == "done" and (task.state, task.finished_on) != (new.state, new.finished_on):
        records = plan_records.records(unit.session, viewer.consortium_id, plan.id)
        if (problem := may_complete(plan, new, records)) is not None:
            raise problem
    store.save_task(unit, viewer.consortium_id, plan, task, new)
    if plan.state == "approved" and new.started_on is not None:
        now_running = store.plan(unit.session, viewer.consortium_id, plan.id)
        store.save_plan(
            unit, viewer.consortium_id, now_running, replace(now_running, state="running"), "開始"
        )
    return new


def _refuse_moved(plan: Plan, old: PlanTask, new: PlanTask) -> None:
    """Keep the day by which the stay and the use began (利用開始の後の本稼働)."""
    if plan.went_live_on is None or old.code != GO_LIVE:
        return
    kept = (old.state, old.started_on, old.finished_on)
    if (new.state, new.started_on, new.finished_on) != kept:
        raise InvalidTransitionError(
            f"{GO_LIVE}「{old.name}」の実績を変えようとしました。",
            f"{wareki(plan.went_live_on)}から利用が始まっています。加入と利用の期間は、この日によっています。",
            "状態と日付は変えられません。備考・担当者だけを直してください。",
        )


def _refuse_uncounted(
    unit: Unit, consortium_id: str, plan: Plan, task: PlanTask, new: PlanTask
) -> None:
    """Refuse a day before the closed days known: the plan would lose its forecast for everybody.

    Later ones are no matter of the report: nothing happened after today.
    """
    planned = min(each.planned_start for each in plan.tasks).year
    early = [entry for entry in entered_days(task, new) if entry[1].year < planned]
    if not early:
        return
    try:
        first = read_desk(unit.session, consortium_id).years(plan.anchor_on.year)[0]
    except BadInputError:
        return  # it has no forecast anyhow
    for path, day in early:
        if day.year < first:
            raise BadInputError(
                "実績を保存しようとしました。",
                f"閉庁日表が{first}年からです（{wareki(day)}の業務日を数えられません）。",
                "日付を確かめてください。正しいときは、幹事市が「閉庁日」の画面で"
                f"{day.year}年の祝日を取り込んでから入力してください。",
                path=path,
            )


def task_of(plan: Plan, code: str) -> PlanTask:
    """Give a task of a plan. Raises: NotFoundError."""
    found = plan.task(code)
    if found is None:
        raise NotFoundError(
            f"作業「{code}」を開こうとしました。",
            "この工程にありません。",
            "工程の画面から選び直してください。",
        )
    return found


def _reported(task: PlanTask, progress: Progress) -> PlanTask:
    """Put a report into a task; what follows from its state is filled in (完了は100%)."""
    percent = {"done": 100, "waiting": 0}.get(progress.state, progress.percent)
    started = progress.started_on
    if task.is_milestone and progress.state == "done":
        started = started or progress.finished_on
    return replace(
        task,
        state=progress.state,
        started_on=started,
        finished_on=progress.finished_on,
        percent=percent,
        note=progress.note,
        in_charge=task.in_charge if progress.in_charge is None else progress.in_charge,
    )


def said(task: PlanTask) -> str:
    """Say the state of a task with its progress (状態の言葉)."""
    state = TASK_STATES[task.state]
    return f"{state} {task.percent}％" if task.state == "working" else state
