"""シミュレーター・公平性: what if towns joined; cases kept, opened and handed on."""

import re
from urllib.parse import quote
from uuid import uuid4

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import DomainError
from consortium.usecases import saved_cases, simulator
from consortium.usecases.national import PREFECTURES, Found, search
from consortium.usecases.saved_cases import SavedCase
from consortium.usecases.simulated import Simulated, simulate
from consortium.usecases.simulation import Simulation
from consortium.usecases.simulation_files import case_text
from consortium.web import context, simulated_page
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import plain_text
from consortium.web.rights import may
from consortium.web.simulator_case_forms import KeepForm, OpenForm
from consortium.web.simulator_form import (
    SimulatorForm,
    fields_of,
    query_of,
    towns_changed,
)

pages = Blueprint("simulator", __name__, url_prefix="/simulator")


# ---- start ---------------------------------------------------------------------------------------


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return start(OpenForm())


def start(form: OpenForm) -> ResponseReturnValue:
    viewer = context.viewer()
    desk = simulator.open_desk(viewer, with_saved=True)
    starts = [
        {
            "preset": each,
            "result_url": address("result", each.simulation) if each.key != "empty" else "",
            "edit_url": address("edit", each.simulation),
        }
        for each in simulator.presets(desk, context.today())
    ]
    page = render_template(
        "simulator.html",
        form=form,
        starts=starts,
        saved=desk.saved,
        viewer_id=viewer.user_id,
        year_name=simulated_page.year_name,
        may_change=lambda case: may("simulator.rename") and saved_cases.may_change(viewer, case),
    )
    return page, 400 if form.errors else 200


def address(page: str, simulation: Simulation) -> str:
    return f"{url_for(f'.{page}')}?{query_of(simulation)}"


# ---- conditions ----------------------------------------------------------------------------------


@pages.get("/edit")
@guarded
def edit() -> ResponseReturnValue:
    desk = simulator.open_desk(context.viewer())
    given = MultiDict(request.args.items(multi=True))
    if "edition" not in given:
        # Only some conditions, or none: the rest is what an empty simulation begins with.
        empty = simulator.presets(desk, context.today())[-1].simulation
        given = MultiDict([*fields_of(empty).items(), *given.items(multi=True)])
    since = str(FiscalYear.containing(context.today()).next().period.since)
    form = SimulatorForm(formdata=towns_changed(given, since))
    form.offer(desk, FiscalYear.containing(context.today()))
    return _conditions_page(form, desk, given)


def _conditions_page(
    form: SimulatorForm, desk: simulator.Desk, given: MultiDict[str, str], status: int = 200
) -> ResponseReturnValue:
    prefecture = given.get("pref", "")
    asked = plain_text(given.get("q"))[:60]
    is_prefecture = re.fullmatch("[0-9]{2}", prefecture, re.ASCII) is not None
    found = search(prefecture if is_prefecture else "", asked)
    series = desk.editions.get(form.edition.data or "")
    page = render_template(
        "simulator_edit.html",
        form=form,
        found=found,
        found_note=_found_note(found, asked or (prefecture if is_prefecture else "")),
        chosen={entry.form.code.data for entry in form.entrants},
        names={town.code: town for town in form.towns()},
        values=series.values if series else {},
        prefectures=[(f"{no:02d}", name) for no, name in enumerate(PREFECTURES, start=1)],
        prefecture=prefecture,
        asked=asked,
        error_count=form.error_count,
    )
    return page, status


def _found_note(found: Found, asked: str) -> str:
    if not asked:
        return ""
    if not found.total:
        return "見つかりません。名前の一部か、団体コードの初めの数字で検索してください。"
    if found.total > len(found.towns):
        shown = f"{found.total:,}団体のうち初めの{len(found.towns)}団体です。"
        return f"{shown}条件を足して絞り込んでください。"
    return f"{found.total}団体が見つかりました。"


# ---- result --------------------------------------------------------------------------------------


@pages.get("/result")
@guarded
def result() -> ResponseReturnValue:
    if not request.args:
        return redirect(url_for(".index"))
    desk = simulator.open_desk(context.viewer())
    form, simulation = read_conditions(desk, MultiDict(request.args.items(multi=True)))
    if simulation is not None:
        try:
            return result_page(simulate(simulation))
        except DomainError as error:
            form.show(error)
    return _conditions_page(form, desk, MultiDict(request.args.items(multi=True)), 400)


def read_conditions(
    desk: simulator.Desk, given: MultiDict[str, str]
) -> tuple[SimulatorForm, Simulation | None]:
    form = SimulatorForm(formdata=given)
    form.offer(desk, FiscalYear.containing(context.today()))
    return form, form.check(desk)


def result_page(page: Simulated, saved: SavedCase | None = None) -> ResponseReturnValue:
    simulation = page.simulation
    query = query_of(simulation)
    return render_template(
        "simulator_result.html",
        page=page,
        saved=saved,
        title=saved.name if saved else simulation.name or "試算の結果",
        headings=simulated_page.headings(simulation),
        year_columns=[(head.text, "num") for head in simulated_page.headings(simulation)],
        town_columns=[(line.entrant.name, "num") for line in page.lines],
        totals=simulated_page.totals(page.lines),
        picture=simulated_page.picture(page),
        is_paired=simulated_page.is_paired(page),
        summary=simulated_page.summary(page),
        conditions=simulated_page.conditions(simulation),
        breakdown=simulated_page.breakdown(page),
        joinings=simulated_page.joining_rows(page),
        fairness=simulated_page.fairness_rows(page),
        why_no_fairness=simulated_page.why_no_fairness(page.fairness),
        four_decimals=simulated_page.four_decimals,
        exact=simulated_page.exact,
        year_name=simulated_page.year_name,
        edit_url=f"{url_for('.edit')}?{query}",
        files=[
            (year, f"{url_for('.download')}?{query}&year={year.start_year}")
            for year, each in zip(simulation.years, page.years, strict=True)
            if each.then
        ],
        keep=None if saved else _keep_form(simulation, page),
        may_keep=may("simulator.keep"),
    )


def _keep_form(simulation: Simulation, page: Simulated) -> KeepForm:
    years = [year for year, each in zip(simulation.years, page.years, strict=True) if each.then]
    form = KeepForm(
        formdata=None,
        data={
            "name": simulation.name,
            "year": str(years[-1].start_year) if years else "",
            "is_shared": True,
            "case_id": str(uuid4()),
            "conditions": query_of(simulation),
        },
    )
    form.year.offer((str(year.start_year), simulated_page.year_name(year)) for year in years)
    return form


@pages.get("/case")
@guarded
def download() -> ResponseReturnValue:
    desk = simulator.open_desk(context.viewer())
    _, simulation = read_conditions(desk, MultiDict(request.args.items(multi=True)))
    year = year_of(request.args.get("year", ""))
    if simulation is None or year is None:
        todo = "条件の画面で「計算する」を押してから、もう一度受け取ってください。"
        return failure_page(400, text=f"試算の条件が足りません。{todo}")
    return file_of(case_text(simulation, year), simulation.name or "試算", year)


def year_of(text: str) -> FiscalYear | None:
    return FiscalYear(int(text)) if re.fullmatch("[0-9]{4}", text, re.ASCII) and int(text) else None


def file_of(text: str, name: str, year: FiscalYear) -> Response:
    """Hand a case file out under a name that every file system takes."""
    safe = re.sub(r'[\\/:*?"<>|\s]+', "_", name)[:60]
    shown = quote(f"算定ケース_{safe}_{year.start_year}年度.yaml")
    response = Response(text.encode(), mimetype="application/yaml")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{shown}"
    return response
