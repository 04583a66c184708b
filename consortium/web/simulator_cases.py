"""算定ケース of the simulator: opened from a file, kept, handed on, renamed, deleted."""

from contextlib import closing
from urllib.parse import parse_qsl
from uuid import uuid4

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from consortium.domain.errors import BadInputError, DomainError, StaleError
from consortium.usecases import saved_cases, simulator
from consortium.usecases.matrix import basis_tables, months_text, rows_of, rule_notes
from consortium.usecases.saved_cases import SavedCase
from consortium.usecases.simulated import simulate
from consortium.usecases.simulation_files import MAX_BYTES, Opened, case_text, open_case
from consortium.web import context, simulated_page
from consortium.web.access import guarded
from consortium.web.forms import show_refusal
from consortium.web.rights import may
from consortium.web.simulator import address, file_of, read_conditions, result_page, start, year_of
from consortium.web.simulator import pages as pages
from consortium.web.simulator_case_forms import KeepForm, OpenForm, RemoveForm, RenameForm

# ---- opening -------------------------------------------------------------------------------------


@pages.post("/open")
@guarded
def open_file() -> ResponseReturnValue:
    form = OpenForm()
    if not form.validate_on_submit():
        return start(form)
    try:
        opened = _opened(_content(form))
    except DomainError as error:
        form.file.errors = [*form.file.errors, str(error)]
        return start(form)
    if opened.simulation is not None:
        return redirect(address("result", opened.simulation), 303)
    keep = _keep_text(opened)
    return _case_page(opened, keep=keep)


def _content(form: OpenForm) -> bytes:
    if not form.file.data:
        return b""
    with closing(form.file.data) as file:
        # A byte more than the limit: the reader of cases says what is too large.
        content: bytes = file.read(MAX_BYTES + 1)
        return content


def _opened(content: bytes) -> Opened:
    if not content.strip():
        asked, todo = "算定ケースを開きました。", "ファイルを選び直してください。"
        raise BadInputError(asked, "中身がありません。", todo)
    return open_case(content, simulator.open_desk(context.viewer()).editions)


def _keep_text(opened: Opened) -> KeepForm:
    form = KeepForm(
        formdata=None,
        data={
            "name": opened.outcome.case.name,
            "is_shared": True,
            "case_id": str(uuid4()),
            "text": opened.text,
        },
    )
    form.year.offer(())
    return form


def _case_page(
    opened: Opened, saved: SavedCase | None = None, keep: KeepForm | None = None
) -> ResponseReturnValue:
    case, found = opened.outcome.case, opened.outcome.result
    return render_template(
        "simulator_case.html",
        saved=saved,
        title=saved.name if saved else case.name or "算定ケース",
        year=simulated_page.year_name(case.fiscal_year),
        result=found,
        rows=rows_of(found),
        columns=[(party.name, "num") for party in found.parties],
        months_text=months_text,
        lines=list(found.lines()),
        names={party.code: party.name for party in found.parties},
        differences=list(opened.outcome.differences()),
        rule_notes=rule_notes(found),
        bases=basis_tables(found),
        picture=simulated_page.case_picture(found),
        keep=keep,
        may_keep=may("simulator.keep"),
    )


# ---- keeping -------------------------------------------------------------------------------------


@pages.post("/cases")
@guarded
def keep() -> ResponseReturnValue:
    form = KeepForm()
    # A case sent as text has its year in it; any other year is checked with the conditions.
    form.year.data = form.year.data or ""
    form.year.offer([(form.year.data, _year_in_words(form.year.data))])
    if form.validate_on_submit():
        try:
            case = saved_cases.keep_case(
                context.viewer(),
                _text_of(form),
                form.name.data,
                is_shared=form.is_shared.data,
                now=context.now(),
                case_id=form.case_id.data,
            )
        except DomainError as error:
            show_refusal(form, error)
        else:
            flash(f"算定ケース「{case.name}」を保存しました。", "success")
            return redirect(url_for(".show", case_id=case.id))
    return render_template("simulator_keep.html", form=form), 400


def _year_in_words(text: str) -> str:
    year = year_of(text)
    return simulated_page.year_name(year) if year else text


def _text_of(form: KeepForm) -> str:
    """Give the text to keep: as sent, or written from the conditions sent."""
    sent: str = form.text.data or ""
    if sent:
        return sent.replace("\r\n", "\n")
    desk = simulator.open_desk(context.viewer())
    given = MultiDict(parse_qsl(form.conditions.data or "", keep_blank_values=True))
    _, simulation = read_conditions(desk, given)
    year = year_of(form.year.data)
    if simulation is None or year is None:
        raise BadInputError(
            "算定ケースを保存しようとしました。",
            "試算の条件が読めません。",
            "条件の画面で「計算する」を押してから、もう一度保存してください。",
            path="year",
        )
    return case_text(simulation, year)


@pages.get("/cases/<uuid:case_id>")
@guarded
def show(case_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    case = saved_cases.show_case(viewer, case_id)
    opened = open_case(case.text.encode(), simulator.open_desk(viewer).editions)
    if opened.simulation is not None:
        return result_page(simulate(opened.simulation), case)
    return _case_page(opened, case)


@pages.get("/cases/<uuid:case_id>/file")
@guarded
def download_saved(case_id: str) -> ResponseReturnValue:
    case = saved_cases.show_case(context.viewer(), case_id)
    return file_of(case.text, case.name, case.year)


# ---- changing ------------------------------------------------------------------------------------


@pages.route("/cases/<uuid:case_id>/rename", methods=["GET", "POST"])
@guarded
def rename(case_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    case = saved_cases.show_case(viewer, case_id)
    form = RenameForm(
        data={"name": case.name, "is_shared": case.is_shared, "row_version": case.row_version}
    )
    status = 200
    if form.validate_on_submit():
        try:
            saved_cases.change_case(
                viewer,
                case_id,
                form.row_version.data,
                form.name.data,
                is_shared=form.is_shared.data,
                now=context.now(),
            )
        except StaleError:
            # Saving again after having seen the other name is what the officer may want.
            case = saved_cases.show_case(viewer, case_id)
            form.row_version.raw_data = None
            form.row_version.data = case.row_version
            status = 409
        else:
            flash(f"算定ケース「{form.name.data}」を保存しました。", "success")
            return redirect(url_for(".show", case_id=case_id))
    page = render_template(
        "simulator_rename.html",
        form=form,
        case=case,
        is_stale=status == 409,
        may_change=saved_cases.may_change(viewer, case),
    )
    return page, 400 if form.errors else status


@pages.route("/cases/<uuid:case_id>/remove", methods=["GET", "POST"])
@guarded
def remove(case_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    case = saved_cases.show_case(viewer, case_id)
    form = RemoveForm(data={"row_version": case.row_version})
    if form.validate_on_submit():
        old = saved_cases.remove_case(
            viewer, case_id, form.row_version.data, form.reason.data, context.now()
        )
        flash(f"算定ケース「{old.name}」を削除しました。", "success")
        return redirect(url_for(".index"))
    page = render_template(
        "simulator_remove.html",
        form=form,
        case=case,
        year_name=simulated_page.year_name,
        may_change=saved_cases.may_change(viewer, case),
    )
    return page, 400 if form.errors else 200
