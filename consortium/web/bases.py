"""算定基礎: series, editions and values with their sources; new editions, corrections, CSV."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, StaleError
from consortium.usecases import bases, basis_editions
from consortium.usecases.bases import Doubt, EditionPage
from consortium.usecases.downloads import Handed
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.basis_forms import (
    CorrectionForm,
    EditionForm,
    NewSeriesForm,
    WithdrawForm,
    edition_form,
    grid,
)
from consortium.web.forms import show_refusal
from consortium.web.inbox import handed_out
from consortium.web.rights import may

pages = Blueprint("bases", __name__, url_prefix="/bases")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    today = context.today()
    return render_template(
        "bases.html",
        all_series=bases.list_series(context.viewer(), today),
        today=today,
        exact=bases.write_value,
        may_write=may("bases.add"),
    )


@pages.get("/editions/<uuid:edition_id>/values.csv")
@guarded
def download(edition_id: str) -> ResponseReturnValue:
    name, content = bases.export_edition(context.viewer(), edition_id)
    return handed_out(Handed(content, name, "basis.csv"))


# ---- changing ------------------------------------------------------------------------------------


@pages.route("/new", methods=["GET", "POST"])
@guarded
def add_series() -> ResponseReturnValue:
    viewer = context.viewer()
    page = bases.show_new_edition(viewer)
    form = edition_form(NewSeriesForm, page)
    if _is_to_save(form, page):
        try:
            new = basis_editions.add_series(
                viewer, form.label.data or "", form.key.data or "", form.entry(), context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            return _saved(page, new, f"算定基礎「{new.label}」を登録しました。")
    return _form_page(form, page, "新しい算定基礎")


@pages.route("/<string:series>/new", methods=["GET", "POST"])
@guarded
def add(series: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = bases.show_new_edition(viewer, series)
    form = edition_form(EditionForm, page)
    if _is_to_save(form, page):
        try:
            new = basis_editions.add_edition(viewer, series, form.entry(), context.now())
        except BadInputError as error:
            show_refusal(form, error)
        else:
            return _saved(page, new, f"{new.label}の版「{new.name}」を登録しました。")
    return _form_page(form, page, f"{page.label}の新しい版")


@pages.route("/editions/<uuid:edition_id>", methods=["GET", "POST"])
@guarded
def edit(edition_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = bases.show_edition(viewer, edition_id)
    form, title = edition_form(CorrectionForm, page), f"{page.label}の版の訂正"
    if _is_to_save(form, page):
        try:
            new = basis_editions.correct_edition(
                viewer,
                edition_id,
                form.seen.data or "",
                form.entry(),
                form.reason.data or "",
                context.now(),
            )
        except BadInputError as error:
            show_refusal(form, error)
        except StaleError as error:
            # Saving again means: seen what is registered now, beside what was typed.
            form.seen.raw_data, form.seen.data = None, page.seen
            show_refusal(form, error)
            return _form_page(form, page, title, status=409)
        else:
            return _saved(page, new, f"{new.label}の版「{new.name}」を訂正しました。")
    return _form_page(form, page, title)


@pages.route("/editions/<uuid:edition_id>/withdraw", methods=["GET", "POST"])
@guarded
def withdraw(edition_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = bases.show_edition(viewer, edition_id)
    form = WithdrawForm(data={"seen": page.seen})
    if form.validate_on_submit():
        seen, reason = form.seen.data or "", form.reason.data or ""
        old = basis_editions.withdraw_edition(viewer, edition_id, seen, reason, context.now())
        flash(f"{old.label}の版「{old.name}」を取り下げました。", "success")
        return redirect(url_for(".index"))
    rendered = render_template(
        "basis_withdraw.html",
        form=form,
        page=page,
        in_use=_in_use(page),
        exact=bases.write_value,
    )
    return rendered, 400 if form.errors else 200


def _is_to_save(form: EditionForm, page: EditionPage) -> bool:
    """Say whether the officer pressed 登録, all that is needed is there, and was looked at."""
    if not form.is_submitted() or "check" in request.form:
        return False
    if form.has_table():
        # Not taken over without a look: what was pasted may not be what is meant to be saved.
        form.validate()
        form.form_errors.append(
            "貼り付けた表（またはファイル）が、まだ下の表に入っていません。"
            "「表に入れて差を見る」を押すか、消してください。"
        )
        return False
    return form.validate() and not _has_to_look(form, page)


def _has_to_look(form: EditionForm, page: EditionPage) -> bool:
    """Show doubtful values once before they are saved."""
    doubts = _doubts(form, page)
    if not doubts or form.has_shown(_mark(doubts)):
        return False
    form.show(_mark(doubts))
    return True


def _doubts(form: EditionForm, page: EditionPage) -> tuple[Doubt, ...]:
    return page.doubts(form.reference_date.data, form.values())


def _mark(doubts: tuple[Doubt, ...]) -> str:
    return sha256_hex(repr(doubts))


def _saved(page: EditionPage, new: bases.Edition, said: str) -> ResponseReturnValue:
    flash(said, "success")
    if missing := page.without_value(new.values):
        flash(
            f"{'、'.join(missing)}の値は未登録です。この団体が負担する算定はできません。", "warning"
        )
    return redirect(url_for(".index", _anchor=new.series))


def _form_page(
    form: EditionForm, page: EditionPage, title: str, status: int = 400
) -> ResponseReturnValue:
    taken = None
    if form.is_submitted() and "check" in request.form:
        taken = form.take_table(page) if form.has_table() else None
        form.check_values()
    compared = page.compared(form.reference_date.data)
    doubts = _doubts(form, page)
    is_asked = bool(doubts) and not form.errors and form.has_shown(_mark(doubts))
    rendered = render_template(
        "basis_edition.html",
        form=form,
        page=page,
        title=title,
        compared=compared,
        rows=grid(form, page, compared),
        taken=taken,
        asked={each.code: each.reason for each in doubts} if is_asked else {},
        checked="check" in request.form,
        missing=page.without_value(form.values()),
        in_use=_in_use(page),
        exact=bases.write_value,
    )
    return rendered, status if form.errors else 200


def _in_use(page: EditionPage) -> str:
    return basis_editions.in_use_words(page.holders) if page.holders else ""
