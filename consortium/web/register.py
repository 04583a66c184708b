"""発行台帳: every issued document of a fiscal year, and the head of the chain."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import register
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.svg import year_label

pages = Blueprint("register", __name__, url_prefix="/register")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return _drawn(register.show_register(context.viewer()))


@pages.get("/<year:fiscal_year>")
@guarded
def year(fiscal_year: FiscalYear) -> ResponseReturnValue:
    return _drawn(register.show_register(context.viewer(), fiscal_year))


def _drawn(page: register.RegisterPage) -> ResponseReturnValue:
    years = [
        {
            "label": year_label(each),
            "title": f"{each.start_year}年度",
            "url": url_for(".year", fiscal_year=each),
            "current": each == page.year,
        }
        for each in page.years
    ]
    name = fiscal_year_label(page.year, page.year_labels) if page.year else ""
    return render_template(
        "register.html",
        page=page,
        years=years,
        year_name=name,
        stages=STAGES,
        check_code=register.check_code,
    )
