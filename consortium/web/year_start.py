"""年度開始: copies last year's calendar and instalment plan, and says what to check."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import year_start
from consortium.usecases.year_start import Check
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.rights import may

pages = Blueprint("year_start", __name__, url_prefix="/year-start")


@pages.get("/<year:year>")
@guarded
def show(year: FiscalYear) -> ResponseReturnValue:
    page = year_start.show_start(context.viewer(), year)
    return render_template(
        "year_start.html",
        page=page,
        way_to=lambda check: _way_to(check, year),
        may_write=may("year_start.start"),
    )


def _way_to(check: Check, year: FiscalYear) -> tuple[str, str]:
    """Give the screen on which a check is met."""
    if check.kind == "holidays":
        number = check.number or year.start_year
        return url_for("closed_days.year", calendar_year=number), "閉庁日を開く"
    if check.kind == "costs":
        return url_for("costs.sheet", year=year, stage="planned"), "費用を開く"
    if check.kind == "instalments":
        return url_for("instalments.show", year=year), "納付計画を開く"
    words = {"rules": "負担ルール", "bases": "算定基礎", "members": "構成団体", "terms": "利用期"}
    return url_for(f"{check.kind}.index"), f"{words[check.kind]}を開く"


@pages.post("/<year:year>")
@guarded
def start(year: FiscalYear) -> ResponseReturnValue:
    done = year_start.start_year(context.viewer(), year, context.now())
    if done.is_nothing:
        flash("年度開始は、もう済んでいます。変わったところはありません。", "info")
    else:
        calendar = "標準の予定" if done.is_default else "前年度の予定"
        parts = [f"{calendar}から年間予定を{done.steps}件"] if done.steps else []
        parts += ["前年度の納付計画"] if done.instalments else []
        flash(f"{'と、'.join(parts)}を写しました。日付を確かめてください。", "success")
    return redirect(url_for(".show", year=year))
