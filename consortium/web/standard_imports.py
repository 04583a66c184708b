"""標準化の公表資料の取込み: the file of a month; a look first, then all of it at once."""

from base64 import b64decode, b64encode
from contextlib import closing

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import BadInputError, StaleError
from consortium.usecases import standard_import
from consortium.usecases.standard_import import LARGEST_FILE, PROGRESS, Look, Upload
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import Plain, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.standard_cells import pages as pages


class ImportForm(PortalForm):
    """公表資料: the file at first, then its content and the mark of what was shown."""

    only_looks = True

    month = StringField(
        "月",
        [InputRequired("月を入力してください。")],
        filters=[plain_text],
        description="公表資料の月。例：令和8年1月、2026-01",
    )
    file = FileField(
        "公表資料のファイル",
        description="総務省の「進捗状況」かデジタル庁の「結果一覧」。公表されたままのExcelブック"
        "（.xlsx、5MBまで）か、同じ表のCSV（1MBまで）。",
    )
    source = StringField(
        "出典",
        [Plain("出典", 300, is_required=False)],
        filters=[plain_text],
        description="CSVには必ず書いてください。例：総務省ホームページ「進捗状況」（令和8年3月公表）。"
        "Excelブックは、空欄なら公表元の資料の名前になります。",
    )
    confirmed = BooleanField("月とファイルを確かめました。今の版に代えて、この版を使います。")
    file_name = StringField("ファイル名", filters=[plain_text], widget=HiddenInput())
    content = StringField("ファイルの内容", widget=HiddenInput())
    seen = StringField("下見の内容", widget=HiddenInput())

    def upload(self, content: bytes) -> Upload:
        """Give the file for the use case. Raises: BadInputError at `month`."""
        month = standard_import.month_of(self.month.data or "", context.today())
        return Upload(month, self.file_name.data or "", content, self.source.data or "")

    def chosen(self) -> bytes | None:
        """Give the file chosen now, None where there is none."""
        if not (self.file.data and self.file.data.filename):
            return None
        self.file_name.data = plain_text(self.file.data.filename)[:200]
        with closing(self.file.data.stream) as sent:
            return bytes(sent.read(LARGEST_FILE + 1))

    def kept(self) -> bytes:
        """Give the file that was looked at. Raises: BadInputError at `file`."""
        try:
            content = b64decode(self.content.data or "", validate=True)
        except ValueError:
            content = b""
        if content:
            return content
        raise BadInputError(
            "標準化の公表資料を取り込もうとしました。",
            "下見したファイルが届いていません。",
            "ファイルをもう一度選んでください。",
            path="file",
        )


@pages.route("/import", methods=["GET", "POST"])
@guarded
def take_in() -> ResponseReturnValue:
    form, status = ImportForm(), 200
    found: Look | None = None
    if form.validate_on_submit():
        try:
            is_chosen = bool(form.file.data and form.file.data.filename)
            if "take" in request.form and not is_chosen:
                return _taken(form)
            found = _looked(form)
            status = 400 if found is not None and found.table.faults else 200
        except (BadInputError, StaleError) as error:
            show_refusal(form, error)
            status = 400 if isinstance(error, BadInputError) else 409
            if form.confirmed.errors:  # the file is all right: it has not to be chosen again
                found = standard_import.look(context.viewer(), form.upload(form.kept()))
    page = render_template(
        "standardisation_import.html",
        form=form,
        found=found,
        month_name=wareki_month,
        is_progress=found is not None and found.table.kind == PROGRESS,
    )
    return page, status if status != 200 or not form.errors else 400


def _looked(form: ImportForm) -> Look | None:
    content = form.chosen()
    if content is None:
        form.file.errors = ["公表資料のファイルを選んでください。"]
        return None
    found = standard_import.look(context.viewer(), form.upload(content))
    form.content.data, form.seen.data = b64encode(content).decode("ascii"), found.seen
    return found


def _taken(form: ImportForm) -> ResponseReturnValue:
    upload = form.upload(form.kept())
    saved = standard_import.take_in(
        context.viewer(),
        upload,
        form.seen.data or "",
        context.now(),
        is_confirmed=bool(form.confirmed.data),
    )
    done = f"{wareki_month(saved.month)}の{saved.kind} 第{saved.edition}版を取り込みました。"
    flash(done, "success")
    where = ".index" if saved.kind == PROGRESS else ".special"
    return redirect(url_for(where, month=saved.month))
