"""送信箱: what became of the letters, and sending one again."""

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.usecases import outbox_page
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.rights import may

pages = Blueprint("outbox", __name__, url_prefix="/outbox")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return render_template(
        "outbox.html",
        page=outbox_page.show_outbox(context.viewer()),
        mailer=current_app.config["MAILER"],
        states=outbox_page.STATES,
        may_send=may("outbox.send_again"),
    )


@pages.post("/<uuid:letter_id>/again")
@guarded
def send_again(letter_id: str) -> ResponseReturnValue:
    address = outbox_page.send_again(context.viewer(), letter_id, context.now())
    flash(f"{address} へもう一度送ります。1分ほど待って、この画面を開き直してください。", "success")
    return redirect(url_for(".index"))
