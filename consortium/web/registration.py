"""一括登録: the whole consortium in one workbook; looked at first, then registered or compared."""

from base64 import b64decode, b64encode
from contextlib import closing

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.widgets import HiddenInput

from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.usecases import registration
from consortium.usecases.downloads import Handed
from consortium.usecases.registration import LARGEST_FILE, Outcome
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.inbox import handed_out

pages = Blueprint("registration", __name__, url_prefix="/registration")


class RegistrationForm(PortalForm):
    """一括登録のブック: the file at first, then its content and the mark of what was shown."""

    only_looks = True

    file = FileField("Excelブック（.xlsx）", description="一括登録の様式。5MBまで。")
    content = StringField("ブックの内容", widget=HiddenInput())
    seen = StringField("下見の内容", widget=HiddenInput())

    def chosen(self) -> bytes | None:
        """Give the file chosen now, None where there is none."""
        if not (self.file.data and self.file.data.filename):
            return None
        with closing(self.file.data.stream) as sent:
            return bytes(sent.read(LARGEST_FILE + 1))

    def kept(self) -> bytes:
        """Give the workbook that was looked at. Raises: BadInputError at `file`."""
        try:
            return b64decode(self.content.data or "", validate=True)
        except ValueError:
            raise BadInputError(
                "一括登録を行おうとしました。",
                "下見したブックが届いていません。",
                "ファイルをもう一度選んでください。",
                path="file",
            ) from None


@pages.route("", methods=["GET", "POST"])
@guarded
def index() -> ResponseReturnValue:
    form, viewer = RegistrationForm(), context.viewer()
    found: Outcome | None = None
    status = 200
    if form.validate_on_submit():
        try:
            is_chosen = bool(form.file.data and form.file.data.filename)
            if "take" in request.form and not is_chosen:
                return _taken(form)
            found = _looked(form)
        except (BadInputError, InvalidTransitionError, StaleError) as error:
            show_refusal(form, error)
            status = 400 if isinstance(error, BadInputError) else 409
    page = render_template(
        "registration.html", form=form, found=found, page=registration.show_page(viewer)
    )
    return page, status if status != 200 or not form.errors else 400


def _looked(form: RegistrationForm) -> Outcome | None:
    data = form.chosen()
    if data is None:
        form.file.errors = ["Excelブックを選んでください。"]
        return None
    found = registration.look(context.viewer(), data, context.now())
    form.content.data, form.seen.data = b64encode(data).decode("ascii"), found.seen
    return found


def _taken(form: RegistrationForm) -> ResponseReturnValue:
    """Register what was looked at; where it is refused by now, say why beside the look."""
    viewer, data = context.viewer(), form.kept()
    found = registration.take_in(viewer, data, form.seen.data or "", context.now())
    if not found.is_saved:
        page = registration.show_page(viewer)
        return render_template("registration.html", form=form, found=found, page=page), 400
    rows = sum(each.rows for each in found.comparison.sheets)
    flash(f"「{found.name}」を登録しました（{rows}行）。", "success")
    return redirect(url_for("members.index"))


@pages.get("/current")
@guarded
def download() -> ResponseReturnValue:
    name, content = registration.export(context.viewer().consortium_id)
    return handed_out(Handed(content, name, "registration.xlsx"))


@pages.get("/template")
@guarded
def template() -> ResponseReturnValue:
    name, content = registration.template()
    return handed_out(Handed(content, name, "registration_form.xlsx"))
