"""工程の比較: baselines of one plan beside each other, and plans that wait for one session."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import NotFoundError
from consortium.usecases import plan_comparing, plan_grouping
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import ChoiceField
from consortium.web.plan_change_form import AskingForm

pages = Blueprint("plan_comparing", __name__, url_prefix="/plans")


class SidesForm(AskingForm):
    """比べる二つの計画."""

    old = ChoiceField("前")
    new = ChoiceField("後")


@pages.get("/<uuid:plan_id>/compare")
@guarded
def show(plan_id: str) -> ResponseReturnValue:
    asked = (request.args.get("old", ""), request.args.get("new", ""))
    try:
        found = plan_comparing.compare(context.viewer(), plan_id, *asked, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    form = SidesForm(formdata=None)
    for field, side in ((form.old, found.old), (form.new, found.new)):
        field.offer((each.key, each.name) for each in found.sides)
        field.data = side.key
    return render_template("plan_compare.html", page=found, form=form)


@pages.get("/councils")
@guarded
def councils() -> ResponseReturnValue:
    found = plan_grouping.show_groups(context.viewer(), context.today())
    return render_template("plan_councils.html", page=found, month_name=wareki_month)
