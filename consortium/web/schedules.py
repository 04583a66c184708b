"""配信予定: what is made by itself, when, and what became of it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.usecases import kinds, schedules
from consortium.web import context
from consortium.web.access import guarded

pages = Blueprint("schedules", __name__, url_prefix="/schedules")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    page = schedules.show_schedules(context.viewer(), context.now())
    return render_template(
        "schedules.html",
        page=page,
        states=kinds.REPORT_STATES,
        title_of=kinds.title_of,
        period_name=kinds.period_name,
        in_words=schedules.in_words,
        can_retry=context.viewer().role == "lead_staff",
    )


@pages.post("/reports/<uuid:report_id>/retry")
@guarded
def retry(report_id: str) -> ResponseReturnValue:
    schedules.retry(context.viewer(), report_id, context.now())
    flash("もう一度作成します。1分ほど待って、この画面を開き直してください。", "success")
    return redirect(url_for(".index"))
