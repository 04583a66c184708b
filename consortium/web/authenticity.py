"""照合: take a file and say whether it is the one that was issued. Nothing of it is kept."""

from contextlib import closing

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired

from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError
from consortium.usecases import authenticity, register
from consortium.usecases.authenticity import Verdict
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.forms import PortalForm, show_refusal

pages = Blueprint("authenticity", __name__, url_prefix="/authenticity")

ACCEPT = ".xlsx,.zip"


class FileForm(PortalForm):
    """照合するファイル."""

    only_looks = True

    file = FileField(
        "ファイル",
        [FileRequired("照合するファイルを選んでください。")],
        description="受け取った帳票のファイル。保存し直したExcelブックは5MBまで。"
        "ファイルはポータルに保存しません。",
    )


@pages.route("", methods=["GET", "POST"])
@guarded
def index() -> ResponseReturnValue:
    form, verdict, name = FileForm(), None, ""
    if form.validate_on_submit():
        name = form.file.data.filename or ""
        try:
            with closing(form.file.data.stream) as sent:
                verdict = authenticity.check_file(
                    context.viewer(), sent, current_app.config["FILES_DIR"]
                )
        except BadInputError as error:
            show_refusal(form, error)
    return _drawn(form, verdict, name), 400 if form.errors else 200


def _drawn(form: FileForm, verdict: Verdict | None, name: str) -> str:
    return render_template(
        "authenticity.html",
        form=form,
        verdict=verdict,
        name=name[:100],
        accept=ACCEPT,
        document_name=register.document_name,
        edition_name=register.edition_name,
        check_code=register.check_code,
        year_label=fiscal_year_label,
    )
