"""配信予定の登録・編集・一時停止・再開・終了: each change shows first what it does."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.fiscalyear.report_period import PERIOD_TYPES
from consortium.usecases import kinds, schedule_editing, schedule_entry
from consortium.usecases.schedule_entry import Entry, Preview
from consortium.usecases.viewer import Viewer
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.forms import show_refusal
from consortium.web.schedule_forms import ChangeForm, NewForm, ScheduleForm, StopForm

pages = Blueprint("schedule_editing", __name__, url_prefix="/schedules")

_KINDS = "<any(" + ",".join(kinds.SCHEDULED) + "):kind>"
_PERIODS = "<any(" + ",".join(PERIOD_TYPES) + "):period_type>"


@pages.get("/new")
@guarded
def choose() -> ResponseReturnValue:
    offered = [
        (kind, period, known.title, PERIOD_TYPES[period])
        for kind, known in kinds.SCHEDULED.items()
        for period in known.periods
    ]
    return render_template("schedule_choose.html", offered=offered)


@pages.route(f"/new/{_KINDS}/{_PERIODS}", methods=["GET", "POST"])
@guarded
def add(kind: str, period_type: str) -> ResponseReturnValue:
    viewer = context.viewer()
    offer = schedule_entry.show_offer(viewer, kind, period_type)
    form = NewForm()
    form.fit(period_type, offer)
    plan = None
    try:
        if form.validate_on_submit():
            entry = form.entry(kind, period_type)
            plan = schedule_entry.preview(viewer, entry, context.now(), form.record_id.data)
            if form.has_shown(plan.digest):
                schedule_editing.create_schedule(viewer, entry, context.now(), form.record_id.data)
                flash(f"{offer.title}の配信予定を登録しました。", "success")
                return redirect(url_for("schedules.index"))
            form.show(plan.digest)
    except BadInputError as error:
        plan = None
        show_refusal(form, error)
    form.renew()
    return _form_page(form, f"{offer.title}の配信予定の登録", plan)


@pages.route("/<uuid:schedule_id>", methods=["GET", "POST"])
@guarded
def edit(schedule_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    row = schedule_entry.show_schedule(viewer, schedule_id)
    schedule_entry.refuse_unchangeable(row, context.now())
    saved = schedule_entry.entry_of(row)
    offer = schedule_entry.show_offer(viewer, saved.kind, saved.period_type)
    form = ChangeForm(data={"row_version": row.row_version})
    form.fit(saved.period_type, offer)
    form.fill(saved, has_begun=row.valid_from <= context.now())
    title = f"{offer.title}の配信予定の編集"
    plan, differences = None, []
    try:
        if form.validate_on_submit():
            entry = form.entry(saved.kind, saved.period_type)
            plan = schedule_entry.preview(viewer, entry, context.now(), schedule_id)
            if form.has_shown(plan.digest):
                schedule_editing.change_schedule(
                    viewer, schedule_id, form.row_version.data, entry, context.now()
                )
                flash(f"{offer.title}の配信予定を保存しました。", "success")
                return redirect(url_for("schedules.index"))
            form.show(plan.digest)
    except BadInputError as error:
        plan = None
        show_refusal(form, error)
    except StaleError:
        form.see(row.row_version)
        before = schedule_entry.preview(viewer, saved, context.now(), schedule_id)
        differences = [
            (title, now_saved, typed)
            for (title, now_saved), (_, typed) in zip(
                before.facts, plan.facts if plan else before.facts, strict=True
            )
        ]
    return _form_page(form, title, plan, differences)


def _form_page(
    form: ScheduleForm,
    title: str,
    plan: Preview | None,
    differences: list[tuple[str, str, str]] | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "schedule_form.html",
        form=form,
        title=title,
        plan=plan,
        differences=differences or [],
        period_name=kinds.period_name,
    )
    return page, 409 if differences else 400 if form.errors else 200


# ---- pausing, going on, ending -------------------------------------------------------------------


class _Step(NamedTuple):
    """A change that only has to be confirmed."""

    title: str
    text: str
    submit: str
    done: str
    act: Callable[[Viewer, str, int, datetime], object]


_PAUSE = _Step(
    "配信予定の一時停止",
    "停止している間に期日の来る分は、再開しても作りません。作成済みの帳票はそのままです。",
    "一時停止する",
    "一時停止しました。",
    schedule_editing.pause_schedule,
)
_RESUME = _Step(
    "配信予定の再開",
    "今から後に期日の来る分を、次のとおり作成します。停止していた間の分は作りません。"
    "終わりの日を付けるときは、再開してから編集してください。",
    "再開する",
    "再開しました。",
    schedule_editing.resume_schedule,
)
_END = _Step(
    "配信予定の終了",
    "今から後に期日の来る分は作りません。元に戻すことはできません。作成済みの帳票はそのままです。",
    "終了する",
    "終了しました。",
    schedule_editing.end_schedule,
)


@pages.route("/<uuid:schedule_id>/pause", methods=["GET", "POST"])
@guarded
def pause(schedule_id: str) -> ResponseReturnValue:
    return _confirmed(_PAUSE, schedule_id)


@pages.route("/<uuid:schedule_id>/resume", methods=["GET", "POST"])
@guarded
def resume(schedule_id: str) -> ResponseReturnValue:
    row = schedule_entry.show_schedule(context.viewer(), schedule_id)
    return _confirmed(_RESUME, schedule_id, schedule_entry.resumed_entry(row))


@pages.route("/<uuid:schedule_id>/end", methods=["GET", "POST"])
@guarded
def end(schedule_id: str) -> ResponseReturnValue:
    return _confirmed(_END, schedule_id)


def _confirmed(step: _Step, schedule_id: str, entry: Entry | None = None) -> ResponseReturnValue:
    """Ask before a step, then take it; `entry` is what goes on after it."""
    viewer, now = context.viewer(), context.now()
    line = schedule_entry.show_line(viewer, schedule_id, now)
    form = StopForm(data={"row_version": line.row.row_version})
    title, plan = kinds.title_of(line.row.kind), None
    try:
        if form.validate_on_submit():
            step.act(viewer, schedule_id, form.row_version.data, now)
            flash(f"{title}の配信予定を{step.done}", "success")
            return redirect(url_for("schedules.index"))
        plan = schedule_entry.preview(viewer, entry, now) if entry else None
    except BadInputError as error:
        show_refusal(form, error)
    page = render_template(
        "schedule_step.html",
        form=form,
        step=step,
        line=line,
        kind_title=title,
        plan=plan,
        period_name=kinds.period_name,
    )
    return page, 400 if form.errors else 200
