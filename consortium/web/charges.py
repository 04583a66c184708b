"""負担金: what a member town pays for a fiscal year, item by item, and why."""

from functools import partial

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import matrix, questions, runs, town
from consortium.usecases.instalments import LINE_STATES
from consortium.usecases.payments import show_town
from consortium.usecases.register import check_code, document_name, edition_name
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.asking import asking_about
from consortium.web.explaining import explained
from consortium.web.waterfall import waterfall
from consortium.web.year_links import year_links

pages = Blueprint("charges", __name__, url_prefix="/charges")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return _drawn(town.show_charges(context.viewer()))


@pages.get("/<year:fiscal_year>")
@guarded
def year(fiscal_year: FiscalYear) -> ResponseReturnValue:
    return _drawn(town.show_charges(context.viewer(), fiscal_year))


def _drawn(page: town.ChargesPage | None) -> ResponseReturnValue:
    if page is None:
        return render_template("charges.html", page=None)
    years = year_links(page.years, page.year, lambda each: url_for(".year", fiscal_year=each))
    at = page.result.position(page.code)
    change = page.change
    causes = change.causes if change else None
    return render_template(
        "charges.html",
        page=page,
        years=years,
        year_name=fiscal_year_label(page.year, page.year_labels),
        stages=STAGES,
        at=at,
        rows=matrix.rows_of(page.result),
        columns=[(party.name, "num") for party in page.result.parties],
        base=f"{url_for('.index')}/runs/{page.current.run_id}/why",
        months_text=matrix.months_text,
        rule_notes=matrix.rule_notes(page.result),
        bases=matrix.basis_tables(page.result),
        check_code=check_code,
        document_name=document_name,
        edition_name=edition_name,
        before_name=fiscal_year_label(change.before.year, page.year_labels) if change else "",
        causes_drawn=waterfall([(line.name, yen) for line, yen in causes]) if causes else None,
        asked=questions.questions_of_year(context.viewer(), page.year),
        states=questions.STATES,
        ask_url=url_for("questions.ask", run_id=page.current.run_id, code=page.code),
    )


@pages.get("/<year:fiscal_year>/payments")
@guarded
def payments(fiscal_year: FiscalYear) -> ResponseReturnValue:
    viewer = context.viewer()
    return render_template(
        "charges_payments.html",
        page=show_town(viewer, fiscal_year, viewer.code or ""),
        states=LINE_STATES,
        today=context.today(),
    )


@pages.get("/runs/<uuid:run_id>/why/<int:item_no>/<code:payer>")
@guarded
def why(run_id: str, item_no: int, payer: str) -> ResponseReturnValue:
    viewer = context.viewer()
    cell = runs.explain_cell(viewer, run_id, item_no, payer)
    run = cell.run
    title = f"{fiscal_year_label(run.year, cell.year_labels)}の負担金"
    return render_template(
        "why.html",
        cell=explained(cell),
        run=run,
        state=run.state_name,
        breadcrumbs=[(title, url_for(".year", fiscal_year=run.year))],
        link=partial(url_for, ".why", run_id=run.id),
        **asking_about(cell),
    )
