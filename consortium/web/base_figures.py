"""基礎数値の提出 of a member town: what is asked, the form or its workbook, what it handed in."""

from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired

from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.usecases import base_figures, figure_files
from consortium.usecases.base_figures import Asked, Member
from consortium.usecases.bases import write_value
from consortium.usecases.figure_files import ReadForm
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.figure_form import (
    HandInForm,
    differences,
    figure_rows,
    hand_in_form,
    intent_rows,
    round_title,
    steps,
)
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.inbox import handed_out

pages = Blueprint("base_figures", __name__, url_prefix="/base-figures")


class FormFile(PortalForm):
    """記入した様式: what it says is shown, and handed in by the form beside it."""

    only_looks = True

    file = FileField(
        "記入した様式",
        [FileRequired("記入した様式のファイルを選んでください。")],
        description="Excelの様式（.xlsx）、5MBまで。値を読み取るだけで、まだ提出しません。",
    )

    def content(self) -> bytes:
        """Read what was sent; a byte more than the limit shows that it is too large."""
        with closing(self.file.data) as sent:
            return bytes(sent.read(figure_files.LARGEST + 1))


class Place(NamedTuple):
    """Where the pages of a hand-in are, of a town or of the lead city for it (画面の場所)."""

    breadcrumbs: tuple[tuple[str, str], ...]
    back: str
    #: address of the hand-in itself, of its workbook, and where a filled one is sent
    hand_in: str
    form: str
    upload: str


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    viewer = context.viewer()
    return render_template(
        "base_figures.html",
        rounds=base_figures.rounds_of_town(viewer),
        code=viewer.code,
        today=context.today(),
        round_title=round_title,
    )


@pages.route("/<uuid:round_id>/<code:code>", methods=["GET", "POST"])
@guarded
def hand_in(round_id: str, code: str) -> ResponseReturnValue:
    return entered(round_id, code, _place(round_id, code))


@pages.get("/<uuid:round_id>/<code:code>/form.xlsx")
@guarded
def form(round_id: str, code: str) -> ResponseReturnValue:
    return handed_out(figure_files.form_of_town(context.viewer(), round_id, code))


@pages.post("/<uuid:round_id>/<code:code>/file")
@guarded
def upload(round_id: str, code: str) -> ResponseReturnValue:
    return taken(round_id, code, _place(round_id, code))


def _place(round_id: str, code: str) -> Place:
    back = url_for(".index")
    names = ("hand_in", "form", "upload")
    addresses = [url_for(f".{name}", round_id=round_id, code=code) for name in names]
    return Place((("基礎数値の提出", back),), back, *addresses)


def taken(round_id: str, code: str, place: Place) -> ResponseReturnValue:
    """Read a filled form and show what it says in the form of the hand-in; nothing is saved."""
    viewer = context.viewer()
    asked, town = base_figures.show_hand_in(viewer, round_id, code)
    sent, read = FormFile(), None
    if sent.validate_on_submit():
        try:
            read = figure_files.read_form(viewer, round_id, code, sent.content())
        except BadInputError as error:
            show_refusal(sent, error)
        else:
            sent.file.errors = list(read.faults)
    shown = read if read and not read.faults else ReadForm({})
    asks_reason = not viewer.is_member and not town.is_lead
    form = hand_in_form(asked, code, asks_reason=asks_reason, read=shown)
    form.renew()
    page = _drawn(form, asked, town, place, sent=sent, read=read if shown is read else None)
    return page, 400 if sent.errors else 200


def entered(round_id: str, code: str, place: Place) -> ResponseReturnValue:
    """Draw and take the form of a hand-in, of a town or of the lead city for it."""
    viewer = context.viewer()
    asked, town = base_figures.show_hand_in(viewer, round_id, code)
    asks_reason = not viewer.is_member and not town.is_lead
    form = hand_in_form(asked, code, asks_reason=asks_reason)
    status, conflicts = 400, []
    if form.validate_on_submit():
        try:
            base_figures.hand_in(
                viewer, round_id, code, form.entry(asked), context.now(), form.record_id.data
            )
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
            status = 409 if isinstance(error, InvalidTransitionError) else 400
        except StaleError:
            asked, town = base_figures.show_hand_in(viewer, round_id, code)
            form.see(len(asked.round.of(code)))
            conflicts = differences(asked, code, form.entry(asked))
        else:
            flash(f"{town.name}の基礎数値と利用意向を提出しました。", "success")
            return redirect(place.back)
    form.renew()
    rendered = _drawn(form, asked, town, place, conflicts)
    return rendered, 409 if conflicts else status if form.errors else 200


def _drawn(  # noqa: PLR0913 -- the form, what it is about, where it stands, what was sent
    form: HandInForm,
    asked: Asked,
    town: Member,
    place: Place,
    conflicts: Sequence[tuple[str, str, str]] = (),
    *,
    sent: FormFile | None = None,
    read: ReadForm | None = None,
) -> str:
    """Draw the form of a hand-in, with what was read of a file."""
    return render_template(
        "base_hand_in.html",
        form=form,
        sent=sent or FormFile(formdata=None),
        read=read,
        steps=steps(asked, town.code, read) if read else [],
        asked=asked,
        town=town,
        place=place,
        differences=conflicts,
        rows=figure_rows(form, asked, town.code),
        intents=intent_rows(form, asked),
        title=round_title(asked),
        exact=write_value,
        intent_names=base_figures.INTENTS,
        today=context.today(),
    )
