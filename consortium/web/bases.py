"""算定基礎: series, editions and values, with their sources."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from consortium.domain.sharing.sentences import number
from consortium.usecases import bases
from consortium.web import context
from consortium.web.access import guarded

pages = Blueprint("bases", __name__, url_prefix="/bases")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return render_template(
        "bases.html",
        all_series=bases.list_series(context.viewer()),
        today=context.today(),
        exact=number,
    )
