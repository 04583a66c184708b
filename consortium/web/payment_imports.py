"""収納の取込み: a file of the bank or the finance system; a look first, then all of it at once."""

from contextlib import closing
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.widgets import HiddenInput

from consortium.clock import TOKYO
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError, ClosedError, StaleError
from consortium.usecases import payment_import, settings
from consortium.usecases.payment_import import COLUMNS, LARGEST_FILE, DryRun, Source
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import plain_text
from consortium.web.forms import show_refusal
from consortium.web.records import NewRecordForm

pages = Blueprint("payment_imports", __name__, url_prefix="/payments/import")


class ImportForm(NewRecordForm):
    """収納のファイル: the file at first, then its text and the mark of what was shown."""

    # What is wrong with a file is seen at the look, before anything would be recorded.
    only_looks = True
    #: what was read of the file in another way than it stood
    notices: tuple[str, ...] = ()

    file = FileField(
        "収納のファイル",
        description="Excelブック（.xlsx、シートは1枚か「収納」）またはCSV（UTF-8かShift_JIS、200KBまで）。"
        "1行目は見出し。",
    )
    file_name = StringField("ファイル名", filters=[plain_text], widget=HiddenInput())
    text = StringField("ファイルの内容", widget=HiddenInput())
    sheet = StringField("シート", filters=[plain_text], widget=HiddenInput())
    seen = StringField("下見の内容", widget=HiddenInput())

    def take_file(self) -> bool:
        """Read the file chosen into the form; False where there is none or it cannot be read."""
        if not (self.file.data and self.file.data.filename):
            self.file.errors = ["収納のファイルを選んでください。"]
            return False
        try:
            with closing(self.file.data) as sent:
                read = payment_import.read_upload(sent.read(LARGEST_FILE + 1))
        except BadInputError as error:
            self.file.errors = [f"{error.found}{error.todo}"]
            return False
        self.text.data, self.sheet.data, self.notices = read
        self.file_name.data = plain_text(self.file.data.filename)[:200]
        return True

    @property
    def source(self) -> Source:
        """Give the file as it was read: the browser sends line ends of its own."""
        text = (self.text.data or "").replace("\r\n", "\n").replace("\r", "\n")
        return Source(self.file_name.data or "", text, self.sheet.data or "")


@pages.route("", methods=["GET", "POST"])
@guarded
def take_in() -> ResponseReturnValue:
    form = ImportForm()
    found: DryRun | None = None
    status = 200
    if form.validate_on_submit():
        is_chosen = bool(form.file.data and form.file.data.filename)
        if "take" not in request.form or is_chosen:
            found = _looked(form) if form.take_file() else None
        else:
            try:
                return _taken(form)
            except (BadInputError, ClosedError, StaleError) as error:
                show_refusal(form, error)
                status = 400 if isinstance(error, BadInputError) else 409
                found = _looked(form)
    form.renew()
    return _page(form, found), status if status != 200 or not form.errors else 400


def _looked(form: ImportForm) -> DryRun:
    found = payment_import.look(context.viewer(), form.source, context.today())
    form.seen.data = found.seen
    if found.new:
        locks.note(min(each.payment.year for each in found.new))
    return found


def _taken(form: ImportForm) -> ResponseReturnValue:
    batch = payment_import.take_in(
        context.viewer(),
        form.source,
        form.seen.data or "",
        context.now(),
        form.record_id.data,
    )
    known = f"記録済みの{batch.duplicates}件は飛ばしました。" if batch.duplicates else ""
    flash(f"「{batch.file_name}」の収納 {batch.recorded}件を記録しました。{known}", "success")
    return redirect(url_for("payments.index"))


def _page(form: ImportForm, found: DryRun | None) -> str:
    before = found.before if found else None
    labels = settings.show_settings(context.viewer()).year_labels
    return render_template(
        "payment_import.html",
        year_label=partial(fiscal_year_label, overrides=labels),
        form=form,
        found=found,
        columns=COLUMNS,
        imported_on=wareki(before.imported_at.astimezone(TOKYO).date()) if before else "",
    )
