"""発行台帳: every issued document of a fiscal year; cancelling one; what an auditor takes along."""

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.usecases import cancelling, printing, register, register_check
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import Plain, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.rights import may
from consortium.web.year_links import year_links

pages = Blueprint("register", __name__, url_prefix="/register")


class CancelForm(PortalForm):
    """発行の取消し."""

    reason = TextAreaField(
        "理由",
        [Plain("理由", 500)],
        filters=[plain_text],
        description="発行台帳と操作記録に残り、受け取った団体の画面にも表示します。",
    )


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return _drawn(register.show_register(context.viewer()))


@pages.get("/<year:fiscal_year>")
@guarded
def year(fiscal_year: FiscalYear) -> ResponseReturnValue:
    return _drawn(register.show_register(context.viewer(), fiscal_year))


def _drawn(page: register.RegisterPage) -> ResponseReturnValue:
    years = year_links(page.years, page.year, lambda each: url_for(".year", fiscal_year=each))
    name = fiscal_year_label(page.year, page.year_labels) if page.year else ""
    return render_template(
        "register.html",
        page=page,
        years=years,
        year_name=name,
        document_name=register.document_name,
        edition_name=register.edition_name,
        check_code=register.check_code,
        may_cancel=may("register.cancel"),
        may_export=may("register.export"),
        may_print=printing.can_print(),
    )


@pages.route("/statements/<uuid:statement_id>/cancel", methods=["GET", "POST"])
@guarded
def cancel(statement_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = cancelling.show_cancel(viewer, statement_id)
    locks.note(page.entry.year)
    form, status = CancelForm(), 400
    if form.validate_on_submit():
        try:
            name = cancelling.cancel(viewer, statement_id, form.reason.data, context.now())
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
            status = 409 if isinstance(error, InvalidTransitionError) else 400
        else:
            done = f"{name}の発行を取り消しました。番号は「取消」として台帳に残ります。"
            flash(done, "success")
            return redirect(url_for(".year", fiscal_year=page.entry.year))
    rendered = render_template(
        "register_cancel.html",
        page=page,
        form=form,
        year_name=fiscal_year_label(page.entry.year, page.year_labels),
        document_name=register.document_name,
        edition_name=register.edition_name,
    )
    return rendered, status if form.errors else 200


@pages.get("/export")
@guarded
def export() -> ResponseReturnValue:
    content = register_check.export(context.viewer())
    return _attached(content, "application/json", register_check.EXPORT)


@pages.get("/verifier")
@guarded
def verifier() -> ResponseReturnValue:
    return _attached(register_check.verifier(), "text/x-python", register_check.VERIFIER)


def _attached(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
