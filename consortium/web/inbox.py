"""帳票の受取: a member town's documents, and the files themselves for whoever may have them."""

from functools import partial
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.http import dump_options_header

from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.usecases import downloads, town
from consortium.usecases.register import check_code, document_name, edition_name
from consortium.usecases.schedules import period_name
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.rights import may

pages = Blueprint("inbox", __name__)

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"


@pages.get("/inbox")
@guarded
def index() -> ResponseReturnValue:
    page = town.show_town(context.viewer())
    return render_template(
        "inbox.html",
        page=page,
        year_name=partial(fiscal_year_label, overrides=page.year_labels),
        check_code=check_code,
        document_name=document_name,
        edition_name=edition_name,
        period_name=period_name,
    )


@pages.get("/files/<uuid:file_id>")
@guarded
def download(file_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found = downloads.fetch(viewer, file_id, current_app.config["FILES_DIR"])
    if found.is_zip and not may("register.export"):
        abort(403)  # an archive holds the exported register with all of 操作記録
    if request.method == "GET":  # HEAD hands nothing out
        downloads.receive(viewer, file_id, context.now())
    response = Response(found.content, mimetype=ZIP if found.is_zip else WORKBOOK)
    response.headers["Content-Disposition"] = attachment(found)
    return response


def attachment(found: downloads.Handed) -> str:
    """Name a file that is handed out; the ASCII name is our own, not what is left of the kanji."""
    names = {
        "filename": found.ascii_name,
        "filename*": f"UTF-8''{quote(found.display_name, safe='')}",
    }
    return dump_options_header("attachment", names)


@pages.post("/files/<uuid:file_id>/receive")
@guarded
def receive(file_id: str) -> ResponseReturnValue:
    name = downloads.receive(context.viewer(), file_id, context.now())
    flash(f"「{name}」を受領しました。", "success")
    return redirect(url_for(".index"))
