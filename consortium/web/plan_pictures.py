"""工程の図: one plan, all plans on one axis, plans beside each other; what they look like on A3."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import NotFoundError
from consortium.domain.onboarding.plan import TASK_STATES
from consortium.usecases import plan_pictures, plans
from consortium.usecases.plan_pictures import TownStays
from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.gantt import PAPER, SCREEN, Almanac, Chart, Mark, Sheet, chart, percent_of
from consortium.web.gantt_many import ALL, Panels, side_by_side, summary
from consortium.web.svg import Lane, Timeline, membership_timeline

pages = Blueprint("plan_pictures", __name__, url_prefix="/plans")

#: Four plans beside each other still have a month as wide as its mark.
_BESIDE: Final = 4
#: Characters that stand upright beside the six rows of a plan.
_UPRIGHT: Final = 13


def chart_of(page: PlanPage, sheet: Sheet = SCREEN) -> Chart | None:
    """Draw one plan, None where it has no tasks so far (工程表の図)."""
    if not page.lines:
        return None
    return chart(page.lines, _almanac([page]), anchor=page.plan.anchor_on, sheet=sheet)


def timeline_of(viewer: Viewer, found: Sequence[PlanPage]) -> tuple[Timeline, str] | None:
    """Draw who belonged when and who is going to join, with the same in words (加入のあゆみ)."""
    towns = plan_pictures.show_stays(viewer, found)
    if not towns:
        return None
    sinces = [stay.since for town in towns for stay in town.stays]
    first = FiscalYear.containing(min(sinces))
    last = FiscalYear.containing(max([context.today(), *sinces]))
    lanes = [Lane(each.name, each.stays, each.is_lead, each.is_expected) for each in towns]
    return membership_timeline(lanes, first, last), _told(towns)


def _told(towns: Sequence[TownStays]) -> str:
    parts = [
        f"{town.name}は{wareki(stay.since)}に加入{'予定' if town.is_expected else ''}"
        for town in towns
        for stay in town.stays
    ]
    return "、".join(parts) + "。"


def _almanac(found: Sequence[PlanPage]) -> Almanac:
    days = plan_pictures.days_of(found)
    marks = [Mark(each.day, each.name, each.is_certain, each.is_assembly) for each in days.sessions]
    return Almanac(context.today(), days.open_days, marks, found[0].desk.year_labels)


@pages.get("/<uuid:plan_id>/chart")
@guarded
def one(plan_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = plans.show_plan(viewer, plan_id, context.today())
    return render_template(
        "plan_pictures/one.html",
        page=page,
        plan=page.plan,
        drawn=chart_of(page, PAPER),
        task_states=TASK_STATES,
        percent_of=percent_of,
    )


@pages.get("/chart")
@guarded
def everything() -> ResponseReturnValue:
    viewer = context.viewer()
    found = [
        page
        for page in plans.list_plans(viewer, context.today())
        if page.lines and not page.plan.is_reference and page.plan.state != "stopped"
    ]
    groups = [(page, summary(_title(page), page.lines)) for page in found]
    lines = [line for _, each in groups for line in each]
    drawn = chart(lines, _almanac(found), anchor=None, sheet=ALL) if lines else None
    return render_template(
        "plan_pictures/everything.html", groups=groups, drawn=drawn, percent_of=percent_of
    )


def _title(page: PlanPage) -> str:
    """Give what stands upright beside the rows of a plan: town and title, or the town alone."""
    plan = page.plan
    whole = plan.title if plan.town in plan.title else f"{plan.town} {plan.title}"
    return whole if len(whole) <= _UPRIGHT else plan.town


@pages.get("/chart/beside")
@guarded
def beside() -> ResponseReturnValue:
    viewer = context.viewer()
    offered = [page for page in plans.list_plans(viewer, context.today()) if page.lines]
    asked = request.args.getlist("plan")
    if set(asked) - {page.plan.id for page in offered}:
        raise NotFoundError(
            "工程を並べようとしました。",
            "見つからない工程があります。",
            "一覧から選び直してください。",
        )
    chosen = [
        page for page in offered if (page.plan.id in asked if asked else page.plan.is_reference)
    ][:_BESIDE]
    return render_template(
        "plan_pictures/beside.html",
        offered=offered,
        chosen=chosen,
        is_cut=len(asked) > _BESIDE,
        most=_BESIDE,
        drawn=_panels(chosen) if chosen else None,
        codes=list(dict.fromkeys(line.task.code for page in chosen for line in page.lines)),
    )


def _panels(chosen: Sequence[PlanPage]) -> Panels:
    entries = [
        (f"{page.plan.town}　本稼働 {wareki(page.plan.anchor_on)}", page.plan, page.lines)
        for page in chosen
    ]
    return side_by_side(entries, _almanac(chosen))
