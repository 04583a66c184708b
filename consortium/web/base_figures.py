"""基礎数値の提出 of a member town: what is asked, the form, what it handed in."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.usecases import base_figures
from consortium.usecases.base_figures import Asked
from consortium.usecases.bases import write_value
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.figure_form import (
    HandInForm,
    differences,
    figure_rows,
    hand_in_form,
    intent_rows,
    round_title,
)
from consortium.web.forms import show_refusal

pages = Blueprint("base_figures", __name__, url_prefix="/base-figures")


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
    return entered(round_id, code, (("基礎数値の提出", url_for(".index")),), url_for(".index"))


def entered(
    round_id: str, code: str, breadcrumbs: tuple[tuple[str, str], ...], back: str
) -> ResponseReturnValue:
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
            return redirect(back)
    form.renew()
    rendered = render_template(
        "base_hand_in.html",
        form=form,
        asked=asked,
        town=town,
        breadcrumbs=breadcrumbs,
        back=back,
        differences=conflicts,
        **_shown(form, asked, code),
    )
    return rendered, 409 if conflicts else status if form.errors else 200


def _shown(form: HandInForm, asked: Asked, code: str) -> dict[str, Any]:
    """Give what stands around the fields of the form."""
    return {
        "rows": figure_rows(form, asked, code),
        "intents": intent_rows(form, asked),
        "title": round_title(asked),
        "exact": write_value,
        "intent_names": base_figures.INTENTS,
        "today": context.today(),
    }
