"""帳票の受取: a member town's documents, and the files themselves for whoever may have them."""

from functools import partial
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
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
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import downloads, town
from consortium.usecases.register import check_code
from consortium.usecases.schedules import period_name
from consortium.web import context
from consortium.web.access import guarded

pages = Blueprint("inbox", __name__)

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/inbox")
@guarded
def index() -> ResponseReturnValue:
    page = town.show_town(context.viewer())
    return render_template(
        "inbox.html",
        page=page,
        year_name=partial(fiscal_year_label, overrides=page.year_labels),
        stages=STAGES,
        check_code=check_code,
        period_name=period_name,
    )


@pages.get("/files/<uuid:file_id>")
@guarded
def download(file_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found = downloads.fetch(viewer, file_id, current_app.config["FILES_DIR"])
    if request.method == "GET":  # HEAD hands nothing out
        downloads.receive(viewer, file_id, context.now())
    response = Response(found.content, mimetype=WORKBOOK)
    # Our own ASCII name: what is left after dropping the kanji says nothing.
    names = {
        "filename": found.ascii_name,
        "filename*": f"UTF-8''{quote(found.display_name, safe='')}",
    }
    response.headers["Content-Disposition"] = dump_options_header("attachment", names)
    return response


@pages.post("/files/<uuid:file_id>/receive")
@guarded
def receive(file_id: str) -> ResponseReturnValue:
    name = downloads.receive(context.viewer(), file_id, context.now())
    flash(f"「{name}」を受領しました。", "success")
    return redirect(url_for(".index"))
