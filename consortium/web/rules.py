"""負担ルール: what applies today, what is announced, what applied before."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from consortium.usecases import rules
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.rights import may

pages = Blueprint("rules", __name__, url_prefix="/rules")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    histories = rules.list_rules(context.viewer(), context.today())
    return render_template("rules.html", histories=histories, may_see_bases=may("bases.index"))
