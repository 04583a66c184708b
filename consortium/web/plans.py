"""加入工程: the plans, one plan with its tasks, what really happened, approval and steps."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.onboarding.plan import (
    ANCHOR_MODES,
    JOINING_STATES,
    LEGAL_FORMS,
    PLAN_KINDS,
    PLAN_STATES,
    TASK_STATES,
    Plan,
)
from consortium.domain.onboarding.steps import (
    JOINING_NEEDS,
    JOINING_STEPS,
    PLAN_STEPS,
    available,
)
from consortium.usecases import joining, plan_progress, plans
from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer
from consortium.web import context, plan_pictures
from consortium.web.access import guarded
from consortium.web.forms import show_refusal
from consortium.web.plan_forms import (
    REPORT_ROWS,
    ApplyForm,
    ApproveForm,
    ReportForm,
    StepForm,
    report_of,
)
from consortium.web.plan_parts import parts_of
from consortium.web.records import Page, conflict_page, conflict_with, form_page
from consortium.web.rights import may

pages = Blueprint("plans", __name__, url_prefix="/plans")

_JOINING: Final = ("considering", "applied", "accepted", "preparing", "using")
#: What a step does, said before it is taken (手順の説明).
EXPLAINED: Final = {
    "approve": "今の計画日を基準計画として凍結します。承認の後に日付を変えるには、"
    "遅延の影響を確かめて、理由を書きます。",
    "start": "作業を始めたことにします。最初の実績を入れると、自動で実行中になります。",
    "finish": "すべての作業が完了済みか対象外のときに、工程を終えます。"
    "加入の工程は、利用を始めた後に終えます。",
    "stop": "工程を中止します。これまでの記録は残ります。",
    "apply": "団体から加入の申請を受けたことを記録します。",
    "accept": "総会の議決（議決・承認の記録）にもとづいて、加入を承認します。",
    "refuse": "加入を認めなかったことを記録し、工程を中止します。",
    "prepare": "承認された加入の準備（契約・移行）を始めます。",
    "go_live": "本稼働の実績の日から、加入と共同サービスの利用が始まります。"
    "次の算定から、この団体も負担します。",
    "withdraw": "団体が加入を取り下げたことを記録し、工程を中止します。",
}


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    viewer = context.viewer()
    found = plans.list_plans(viewer, context.today())
    return render_template(
        "plans/index.html",
        found=found,
        timeline=plan_pictures.timeline_of(viewer, found),
        states=PLAN_STATES,
        joining_states=JOINING_STATES,
        progress=_progress,
        may_write=may("plans.add"),
        may_take_in=may("plan_sheets.take_in"),
    )


@pages.get("/<uuid:plan_id>")
@guarded
def show(plan_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = plans.show_plan(viewer, plan_id, context.today())
    return render_template(
        "plans/show.html",
        page=page,
        plan=page.plan,
        facts=_facts(page.plan),
        chain=_chain(page.plan),
        actions=_actions(viewer, page.plan),
        states=PLAN_STATES,
        joining_states=JOINING_STATES,
        task_states=TASK_STATES,
        progress=_progress,
        said=plan_progress.said,
        may_report=lambda task: plans.may_report(viewer, page.plan, task),
        may_write=may("plans.edit"),
        today=context.today(),
        **parts_of(viewer, page),
    )


def _progress(page: PlanPage) -> str:
    """Say how many tasks are over (進み具合)."""
    whole = len(page.plan.tasks)
    return f"{whole - len(joining.open_tasks(page.plan))}／{whole}"


def _facts(plan: Plan) -> list[tuple[str, str]]:
    layout = {True: "使う", False: "使わない", None: "未定"}[plan.uses_common_layout]
    count = "未定" if plan.customisations is None else f"{plan.customisations}件"
    return [
        ("種類", PLAN_KINDS[plan.kind]),
        ("日付の決め方", ANCHOR_MODES[plan.anchor_mode]),
        ("協議会の法的な形", LEGAL_FORMS[plan.legal_form]),
        ("中間標準レイアウト", layout),
        ("カスタマイズ数", count),
        ("ほかの構成団体", "見せる（共有）" if plan.is_shared else "見せない"),
    ]


def _chain(plan: Plan) -> list[dict[str, Any]]:
    """Give the states of the joining in order, for the picture of the way (加入の道のり)."""
    if plan.kind != "join" or plan.joining_state not in _JOINING:
        return []
    now = _JOINING.index(plan.joining_state)
    days = {"applied": plan.applied_on, "accepted": plan.accepted_on, "using": plan.went_live_on}
    return [
        {
            "label": JOINING_STATES[key],
            "state": "now" if place == now else "done" if place < now else "todo",
            "day": days.get(key),
        }
        for place, key in enumerate(_JOINING)
    ]


def _actions(viewer: Viewer, plan: Plan) -> list[dict[str, str]]:
    """Name the steps this person can take now (できる手順)."""
    if plan.is_reference:
        return []
    found = []
    for kind, steps, state in (
        ("joining", JOINING_STEPS, plan.joining_state if plan.kind == "join" else ""),
        ("plan", PLAN_STEPS, plan.state),
    ):
        for name in available(steps, state, viewer.role, is_one_person=viewer.is_one_person):
            if name == "finish" and not joining.may_finish(plan):
                continue
            if kind == "joining" and plan.state not in JOINING_NEEDS[name]:
                continue
            if name == "approve":
                url = url_for(".approve", plan_id=plan.id)
            else:
                asked: dict[str, Any] = {f"{kind}_step": name}
                url = url_for(f".step_{kind}", plan_id=plan.id, **asked)
            found.append({"name": name, "label": steps[name].label, "url": url})
    return found


# ---- what really happened ------------------------------------------------------------------------


@pages.route("/<uuid:plan_id>/tasks/<string:task_code>", methods=["GET", "POST"])
@guarded
def report(plan_id: str, task_code: str) -> ResponseReturnValue:
    viewer, today = context.viewer(), context.today()
    plan = plans.read_plan(viewer, plan_id)
    task = plan_progress.task_of(plan, task_code)
    form = ReportForm(data=report_of(task))
    back = (plan.title, url_for(".show", plan_id=plan_id))
    lead = f"{plan.town}　担当：{task.owner}　成果物：{task.evidence or 'なし'}"
    rows = (*REPORT_ROWS, *([("reason",)] if task.state == "done" else []))
    page = Page(f"{task.code} {task.name}", lead, back, rows, "実績を保存する")
    if not plans.may_report(viewer, plan, task):
        raise InvalidTransitionError(
            f"「{task.code} {task.name}」の実績を入れようとしました。",
            "この作業の実績は、ここからは入れられません。",
            "承認済みの工程の、自団体の担当の作業を選んでください。",
        )
    if form.validate_on_submit():
        try:
            plan_progress.report_task(
                viewer, plan_id, task_code, form.row_version.data, form.progress(),
                form.reason.data or "", context.now(), today,
            )  # fmt: skip
        except StaleError:
            saved = plan_progress.task_of(plans.read_plan(viewer, plan_id), task_code)
            return conflict_with(form, page, report_of(saved))
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
        else:
            flash(f"{task.code} {task.name}の実績を保存しました。", "success")
            return redirect(back[1])
    return form_page(form, page)


# ---- approval and steps --------------------------------------------------------------------------


@pages.route("/<uuid:plan_id>/approve", methods=["GET", "POST"])
@guarded
def approve(plan_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    plan = plans.read_plan(viewer, plan_id)
    form = ApproveForm(data={"name": "当初計画", "row_version": plan.row_version})
    page = _step_page(plan, "approve", PLAN_STEPS["approve"].label, (("name",), ("reason",)))

    def act() -> None:
        joining.approve(
            viewer, plan_id, form.row_version.data, form.name.data, form.reason.data,
            context.now(), context.today(),
        )  # fmt: skip

    after = replace(plan, state="approved")
    return _taken(form, page, after, act, "工程を承認し、基準計画を凍結しました。")


@pages.route("/<uuid:plan_id>/steps/<any(start,finish,stop):plan_step>", methods=["GET", "POST"])
@guarded
def step_plan(plan_id: str, plan_step: str) -> ResponseReturnValue:
    viewer = context.viewer()
    plan = plans.read_plan(viewer, plan_id)
    form = StepForm(data={"row_version": plan.row_version})
    step = PLAN_STEPS[plan_step]
    page = _step_page(plan, plan_step, step.label, (("reason",),) if step.with_reason else ())

    def act() -> None:
        reason = form.reason.data or ""
        joining.take_plan(viewer, plan_id, plan_step, form.row_version.data, reason, context.now())

    after = replace(plan, state=step.after)
    return _taken(form, page, after, act, f"工程を「{PLAN_STATES[step.after]}」にしました。")


@pages.route(
    "/<uuid:plan_id>/joining/<any(apply,accept,refuse,prepare,go_live,withdraw):joining_step>",
    methods=["GET", "POST"],
)
@guarded
def step_joining(plan_id: str, joining_step: str) -> ResponseReturnValue:
    viewer = context.viewer()
    plan = plans.read_plan(viewer, plan_id)
    kind = ApplyForm if joining_step == "apply" else StepForm
    form = kind(data={"row_version": plan.row_version})
    step = JOINING_STEPS[joining_step]
    rows = (
        (("applied_on",),)
        if joining_step == "apply"
        else (("reason",),)
        if step.with_reason
        else ()
    )
    page = _step_page(plan, joining_step, step.label, rows)

    def act() -> None:
        if joining_step == "go_live":
            joining.go_live(viewer, plan_id, form.row_version.data, context.now())
            return
        applied_on = form.applied_on.data if isinstance(form, ApplyForm) else None
        joining.take_joining(
            viewer, plan_id, joining_step, form.row_version.data, applied_on,
            form.reason.data or "", context.now(),
        )  # fmt: skip

    after = replace(plan, joining_state=step.after)
    return _taken(form, page, after, act, f"加入を「{JOINING_STATES[step.after]}」にしました。")


def _step_page(plan: Plan, name: str, label: str, rows: tuple[tuple[str, ...], ...]) -> Page:
    back = (plan.title, url_for(".show", plan_id=plan.id))
    return Page(label, EXPLAINED[name], back, rows, label, is_step=True)


def _taken(
    form: ApproveForm | StepForm, page: Page, after: Plan, act: Callable[[], None], done: str
) -> ResponseReturnValue:
    """Ask for a step, and take it where that was sent (手順の画面); `after` is what it leads to."""
    if form.validate_on_submit():
        try:
            act()
        except StaleError:
            saved = plans.read_plan(context.viewer(), after.id)
            form.see(saved.row_version)
            return conflict_page(form, page, _in_short(saved), _in_short(after))
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
        else:
            flash(done, "success")
            return redirect(page.back[1])
    return form_page(form, page)


def _in_short(plan: Plan) -> dict[str, str]:
    """Say what a step is about to act on, as the page of a conflict shows it."""
    tasks = plan.tasks
    days = f"{len(tasks)}件、業務日の計{sum(task.days for task in tasks)}日"
    return {
        "工程名": plan.title,
        "状態": PLAN_STATES[plan.state],
        **({"加入": JOINING_STATES[plan.joining_state]} if plan.kind == "join" else {}),
        "本稼働日": wareki(plan.anchor_on),
        "作業": days,
        **dict(_facts(plan)),
    }
