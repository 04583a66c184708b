"""帳票の受取: a member town's documents, and the files themselves for whoever may have them."""

from functools import partial
from threading import Lock
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
from consortium.domain.errors import InvalidTransitionError
from consortium.usecases import downloads, printing, town
from consortium.usecases.kinds import period_name, title_of
from consortium.usecases.register import check_code, document_name, edition_name
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.rights import may

pages = Blueprint("inbox", __name__)

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
PDF = "application/pdf"
#: What a file is, by how its name ends (ファイルの種類).
KINDS = {"xlsx": WORKBOOK, "zip": ZIP, "csv": "text/csv", "pdf": PDF}
#: Seconds that a page waits for LibreOffice, which prints one file at a time (PDFの時間制限).
PATIENCE = 60
_PRINTER = Lock()


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
        title_of=title_of,
        may_print=printing.can_print(),
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
    return handed_out(found)


@pages.get("/files/<uuid:file_id>/data.csv")
@guarded
def data(file_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found = downloads.fetch_data(viewer, file_id, current_app.config["FILES_DIR"])
    if request.method == "GET":
        downloads.receive(viewer, file_id, context.now())
    return handed_out(found)


@pages.get("/issues/<uuid:issue_id>/files.zip")
@guarded
def whole_issue(issue_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found = downloads.fetch_issue(viewer, issue_id, current_app.config["FILES_DIR"])
    if request.method == "GET":
        downloads.receive_issue(viewer, issue_id, context.now())
    return handed_out(found)


def handed_out(found: downloads.Handed) -> Response:
    """Give a file as an attachment; its ASCII name is our own, not what is left of the kanji."""
    response = Response(found.content, mimetype=KINDS[found.display_name.rpartition(".")[2]])
    names = {
        "filename": found.ascii_name,
        "filename*": f"UTF-8''{quote(found.display_name, safe='')}",
    }
    response.headers["Content-Disposition"] = dump_options_header("attachment", names)
    return response


@pages.get("/files/<uuid:file_id>/pdf")
@guarded
def on_paper(file_id: str) -> ResponseReturnValue:
    viewer, folder = context.viewer(), current_app.config["FILES_DIR"]
    if request.method != "GET":  # HEAD prints nothing
        downloads.fetch(viewer, file_id, folder)
        return Response(mimetype=PDF)
    if not _PRINTER.acquire(blocking=False):
        raise InvalidTransitionError(
            "PDFを作ろうとしました。",
            "いま、ほかのPDFを作っています。",
            "数秒待ってから、もう一度行ってください。",
        )
    try:
        found = printing.print_file(viewer, file_id, folder, PATIENCE)
    finally:
        _PRINTER.release()
    downloads.receive(viewer, file_id, context.now())
    return handed_out(found)


@pages.post("/files/<uuid:file_id>/receive")
@guarded
def receive(file_id: str) -> ResponseReturnValue:
    name = downloads.receive(context.viewer(), file_id, context.now())
    flash(f"「{name}」を受領しました。", "success")
    return redirect(url_for(".index"))
