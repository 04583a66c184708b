"""配信予定: what is made by itself, when, and what became of it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.opendays import ROLL_RULES
from consortium.usecases import kinds, schedules
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.rights import may

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
        roll_rules=ROLL_RULES,
        can_retry=may("report_runs.retry"),
        may_write=may("schedule_editing.add"),
    )
