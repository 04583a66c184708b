"""自団体: a member town's amounts by year, and what is new for it."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import town
from consortium.usecases.kinds import period_name, title_of
from consortium.usecases.register import check_code, document_name, edition_name
from consortium.usecases.town_duties import Duty
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.svg import Series, stacked_bars

pages = Blueprint("town", __name__, url_prefix="/town")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    viewer = context.viewer()
    page = town.show_town(viewer, context.today())
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
        way_to=_way_to,
        shown=shown or (current[-1] if current else None),
        this_year=this_year,
        bars=bars,
        names={
            entry.year: fiscal_year_label(entry.year, page.year_labels) for entry in page.entries
        },
        stages=STAGES,
        check_code=check_code,
        document_name=document_name,
        edition_name=edition_name,
        period_name=period_name,
        title_of=title_of,
    )


def _way_to(duty: Duty) -> tuple[str, str] | None:
    """Give the screen on which a town meets what it has to do."""
    if duty.kind == "question":
        return url_for("questions.index"), "質疑を開く"
    if duty.kind == "figures":
        return url_for("base_figures.index"), "提出の画面へ"
    if duty.kind == "pay" and duty.year is not None:
        return url_for("inbox.index"), "納入依頼を開く"
    return None
