"""遅延の影響: what a change of a plan moves and costs before anything is saved; confirming it."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.wareki import wareki_short
from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.onboarding.change import PlanChange
from consortium.domain.onboarding.plan import Plan
from consortium.usecases import plan_changes
from consortium.usecases.plan_changes import Looked, Preview
from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import seen_number
from consortium.web.forms import show_refusal
from consortium.web.plan_change_form import (
    ConfirmForm,
    DayForm,
    LinkForm,
    TaskForm,
    fields_of,
    in_words,
    read_fields,
    without,
    without_any,
)
from consortium.web.rights import may

pages = Blueprint("plan_changes", __name__, url_prefix="/plans")

#: What the page can add to a change, by the word its form sends.
_KINDS = {"task": TaskForm, "link": LinkForm, "day": DayForm}
_Forms = dict[str, TaskForm | LinkForm | DayForm]


@pages.get("/<uuid:plan_id>/change")
@guarded
def show(plan_id: str) -> ResponseReturnValue:
    error = None
    try:
        change = read_fields(request.args)
    except BadInputError as refusal:
        change, error = PlanChange(), refusal
    found = plan_changes.look(context.viewer(), plan_id, change, context.today())
    if error is not None:
        found = Looked(found.plan, None, error)
    forms = _forms(found.plan)
    sent = forms.get(request.args.get("do", ""))
    if error is None and sent is not None and sent.validate():
        return redirect(address(plan_id, sent.added(change)))
    return _page(found, change, forms, ConfirmForm())


@pages.post("/<uuid:plan_id>/change")
@guarded
def confirm(plan_id: str) -> ResponseReturnValue:
    viewer, today = context.viewer(), context.today()
    form, change, status = ConfirmForm(), read_fields(request.form), 400
    if form.validate_on_submit():
        try:
            saved = plan_changes.confirm(
                viewer,
                plan_id,
                change,
                form.reason.data,
                seen_number(form.seen_revision.data),
                form.seen_digest.data,
                context.now(),
                today,
                replans=form.replans.data,
            )
        except StaleError as error:
            form.form_errors.append(f"{error.found}{error.todo}")
            status = 409
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"工程「{saved.title}」の変更を確定しました。", "success")
            return redirect(url_for("plans.show", plan_id=plan_id))
    found = plan_changes.look(viewer, plan_id, change, today)
    return _page(found, change, _forms(found.plan), form, status=status)


def address(plan_id: str, change: PlanChange) -> str:
    """Give the address of the preview of a change (変更のアドレス)."""
    query = urlencode(fields_of(change))
    here = url_for("plan_changes.show", plan_id=plan_id)
    return f"{here}?{query}" if query else here


def part_of(_viewer: Viewer, page: PlanPage) -> dict[str, Any]:
    """Give what a plan's page says of its dates: what is late, where to change and compare them."""
    plan, links = page.plan, []
    if plan.state != "draft":
        links.append(("基準計画を比べる", url_for("plan_comparing.show", plan_id=plan.id)))
    if may("plan_comparing.councils"):
        links.append(("同じ議会に乗せる", url_for("plan_comparing.councils")))
    if plan.is_open and may("plan_changes.show"):
        links.append(("遅延の影響を見る", address(plan.id, PlanChange())))
    late = [
        f"{line.task.code} {line.task.name}：計画 {wareki_short(line.task.planned_finish)}、"
        f"見込み {wareki_short(line.times.finish)}"
        for line in page.lines
        if line.times.finish > line.task.planned_finish and not line.task.finished_on
    ]
    return {"links": links, "late": late if plan.is_open else None, "standing": _standing(page)}


def _standing(page: PlanPage) -> dict[str, Any] | None:
    """Warn of a plan that cannot stay as it was confirmed, however calm the forecast is."""
    plan, found = page.plan, page.confirmed
    if found is None or plan.went_live_on:
        return None
    is_late = found.margin is not None and found.margin < 0
    said = list(page.unheld)
    if is_late and found.margin is not None:
        first = wareki_short(found.earliest_anchor) if found.earliest_anchor else "未定"
        said.append(f"本稼働日まで{-found.margin}業務日足りません。本稼働は、早くて{first}です。")
    what = "本稼働日に間に合いません" if is_late else "守れない日があります"
    url = address(plan.id, PlanChange()) if may("plan_changes.show") else ""
    return (
        {"title": f"計画のままでは{what}（確定した計画）", "said": said, "url": url}
        if said
        else None
    )


def _forms(plan: Plan) -> _Forms:
    asked = request.args.get("do", "") if request.method == "GET" else ""
    forms: _Forms = {}
    for key, kind in _KINDS.items():
        form = kind(formdata=request.args if key == asked else None)
        form.offer(plan)
        forms[key] = form
    return forms


def _page(
    looked: Looked, change: PlanChange, forms: _Forms, form: ConfirmForm, *, status: int = 200
) -> ResponseReturnValue:
    plan, found, error = looked
    if found is not None:
        _see(form, found)
    is_wrong = error is not None or any(each.errors for each in forms.values())
    rendered = render_template(
        "plan_change.html",
        plan=plan,
        found=found,
        error=error,
        forms=forms,
        form=form,
        parts=_parts(plan, change),
        fields=fields_of(change),
        other_fields=without_any(change, "pull"),
        choices=_choices(plan, change, found),
        may_confirm=may("plan_changes.confirm"),
        may_replan=plan_changes.may_replan(context.viewer()),
    )
    return rendered, 400 if is_wrong and status == 200 else status


def _see(form: ConfirmForm, found: Preview) -> None:
    """Let the form confirm what the page shows now."""
    for field, text in ((form.seen_revision, found.revision), (form.seen_digest, found.digest)):
        field.raw_data, field.data = None, str(text)
    if request.method == "GET":
        form.replans.data = found.moves_go_live


def _parts(plan: Plan, change: PlanChange) -> list[dict[str, str]]:
    here = url_for(".show", plan_id=plan.id)
    return [
        {"text": text, "remove_url": f"{here}?{urlencode(without(change, key, value))}"}
        for key, value, text in in_words(change, plan)
    ]


def _choices(plan: Plan, change: PlanChange, found: Preview | None) -> list[dict[str, Any]]:
    """Give the days on which the plan could go live, each with the address that chooses it."""
    if found is None or not found.go_live.is_late:
        return []
    kept = without_any(change, "anchor")
    here = url_for(".show", plan_id=plan.id)
    return [
        {"day": day, "url": f"{here}?{urlencode([*kept, ('anchor', str(day))])}"}
        for day in found.go_live.choices
    ]
