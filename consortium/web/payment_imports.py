"""収納の取込み: a CSV from the bank or the finance system; a look first, then all of it at once."""

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
from consortium.usecases.payment_import import COLUMNS, LARGEST_FILE, DryRun
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import plain_text
from consortium.web.forms import show_refusal
from consortium.web.records import NewRecordForm

pages = Blueprint("payment_imports", __name__, url_prefix="/payments/import")


class ImportForm(NewRecordForm):
    """収納のCSV: the file at first, then its text and the mark of what was shown."""

    # What is wrong with a file is seen at the look, before anything would be recorded.
    only_looks = True

    file = FileField(
        "CSVファイル",
        description="UTF-8（BOM付きも可）またはShift_JIS、"
        f"{LARGEST_FILE // 1000}KBまで。1行目は見出し。",
    )
    file_name = StringField("ファイル名", filters=[plain_text], widget=HiddenInput())
    text = StringField("ファイルの内容", widget=HiddenInput())
    seen = StringField("下見の内容", widget=HiddenInput())

    def take_file(self) -> bool:
        """Read the file chosen into the form; False where there is none or it cannot be read."""
        if not (self.file.data and self.file.data.filename):
            self.file.errors = ["CSVファイルを選んでください。"]
            return False
        try:
            content = payment_import.text_of(self.file.data.read(LARGEST_FILE + 1))
        except BadInputError as error:
            self.file.errors = [f"{error.found}{error.todo}"]
            return False
        self.text.data = content
        self.file_name.data = plain_text(self.file.data.filename)[:200]
        return True

    @property
    def content(self) -> str:
        """Give the text as it was read: the browser sends line ends of its own."""
        return (self.text.data or "").replace("\r\n", "\n").replace("\r", "\n")


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
    found = payment_import.look(
        context.viewer(), form.file_name.data or "", form.content, context.today()
    )
    form.seen.data = found.seen
    if found.new:
        locks.note(min(each.payment.year for each in found.new))
    return found


def _taken(form: ImportForm) -> ResponseReturnValue:
    batch = payment_import.take_in(
        context.viewer(),
        form.file_name.data or "",
        form.content,
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
