"""自団体: a member town's amounts by year, and what is new for it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import town
from consortium.usecases.register import check_code
from consortium.usecases.schedules import period_name
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.svg import Series, stacked_bars

pages = Blueprint("town", __name__, url_prefix="/town")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    viewer = context.viewer()
    page = town.show_town(viewer)
    current = page.current
    this_year = FiscalYear.containing(context.today())
    shown = next((each for each in current if each.year == this_year), None)
    bars = None
    if current:
        amounts = tuple(entry.amount for entry in current)
        bars = stacked_bars([entry.year for entry in current], [Series(viewer.body, amounts)])
    return render_template(
        "town.html",
        page=page,
        shown=shown or (current[-1] if current else None),
        this_year=this_year,
        bars=bars,
        names={entry.year: fiscal_year_label(entry.year, page.year_labels) for entry in current},
        stages=STAGES,
        check_code=check_code,
        period_name=period_name,
    )
