"""加入工程: finding the town, making a plan from a template, changing a draft."""

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.errors import (
    BadInputError,
    DuplicateError,
    InvalidTransitionError,
    StaleError,
)
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.onboarding.change import PlanChange
from consortium.domain.onboarding.plan import Plan
from consortium.usecases import plan_making, plan_progress, plans
from consortium.usecases.national import PREFECTURES, search, town_of
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import plain_text
from consortium.web.forms import show_refusal
from consortium.web.plan_forms import (
    HEAD_ROWS,
    ChangePlanForm,
    DraftTaskForm,
    NewPlanForm,
    head_of,
)
from consortium.web.plans import pages as pages
from consortium.web.records import Page, conflict_with, form_page


@pages.get("/new")
@guarded
def find() -> ResponseReturnValue:
    prefecture = request.args.get("pref", "")
    asked = plain_text(request.args.get("q"))[:60]
    is_prefecture = re.fullmatch("[0-9]{2}", prefecture, re.ASCII) is not None
    choices = plan_making.show_choices(context.viewer())
    return render_template(
        "plans/find.html",
        found=search(prefecture if is_prefecture else "", asked),
        members=choices.members,
        is_member=lambda code: choices.member(code) is not None,
        prefectures=[(f"{no:02d}", name) for no, name in enumerate(PREFECTURES, start=1)],
        prefecture=prefecture,
        asked=asked,
    )


@pages.route("/new/<code:code>", methods=["GET", "POST"])
@guarded
def add(code: str) -> ResponseReturnValue:
    viewer = context.viewer()
    choices = plan_making.show_choices(viewer)
    member = choices.member(code)
    name = member.name if member else town_of(code).name
    core = choices.services[0].id if choices.services else ""
    form = NewPlanForm(data={"title": f"{name} 加入工程", "service_id": core})
    form.kana.flags.required = member is None
    form.offer(choices)
    form.template_id.offer(choices.templates.items())
    page = Page(
        f"{name}の工程を作る",
        "工程雛形から作業を並べ、本稼働日から逆算して日付を決めます。草案の間は自由に直せます。",
        ("加入工程", url_for(".index")),
        (("template_id",), *([] if member else [("kana",)]), *HEAD_ROWS),
        "草案を作る",
    )
    if form.validate_on_submit():
        try:
            new = plan_making.make_plan(
                viewer, MunicipalityCode(code), form.kana.data or "", form.template_id.data,
                form.head(), context.now(), context.today(), form.record_id.data,
            )  # fmt: skip
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        else:
            flash(f"{new.title}の草案を作りました。", "success")
            return redirect(url_for(".show", plan_id=new.id))
    form.renew()
    return form_page(form, page)


@pages.route("/<uuid:plan_id>/edit", methods=["GET", "POST"])
@guarded
def edit(plan_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    plan = plans.read_plan(viewer, plan_id)
    form = ChangePlanForm(data=head_of(plan))
    form.offer(plan_making.show_choices(viewer))
    lead = (
        "日付は、保存すると計算し直します。"
        if plan.state == "draft"
        else "承認した後の本稼働日・着手日は、遅延の影響の画面から変えます。"
    )
    back = (plan.title, url_for(".show", plan_id=plan_id))
    page = Page("工程の編集", lead, back, HEAD_ROWS)
    if form.validate_on_submit():
        try:
            plan_making.change_head(
                viewer, plan_id, form.row_version.data, form.head(), context.now(), context.today()
            )
        except StaleError:
            return conflict_with(form, page, head_of(plans.read_plan(viewer, plan_id)))
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
        else:
            flash(f"{form.title.data}を保存しました。", "success")
            return redirect(back[1])
    return form_page(form, page)


@pages.route("/<uuid:plan_id>/tasks/<string:task_code>/draft", methods=["GET", "POST"])
@guarded
def draft_task(plan_id: str, task_code: str) -> ResponseReturnValue:
    viewer = context.viewer()
    plan = plans.read_plan(viewer, plan_id)
    task = plan_progress.task_of(plan, task_code)
    form = DraftTaskForm(data=_draft_of(plan, task_code))
    back = (plan.title, url_for(".show", plan_id=plan_id))
    lead = "保存すると、続く作業の日付も計算し直します。"
    page = Page(f"{task.code} {task.name}", lead, back, (("days",), ("not_before",)))
    if form.validate_on_submit():
        change = PlanChange(
            days={task.code: form.days.data}, not_before={task.code: form.not_before.data}
        )
        try:
            plan_making.change_draft(
                viewer, plan_id, form.row_version.data, change, context.now(), context.today()
            )
        except StaleError:
            return conflict_with(form, page, _draft_of(plans.read_plan(viewer, plan_id), task_code))
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
        else:
            flash(f"{task.code} {task.name}を保存し、日付を計算し直しました。", "success")
            return redirect(back[1])
    return form_page(form, page)


def _draft_of(plan: Plan, task_code: str) -> dict[str, Any]:
    """Give what a draft says of a task, as its form starts with it."""
    task = plan_progress.task_of(plan, task_code)
    return {"days": task.days, "not_before": task.not_before, "row_version": plan.row_version}
