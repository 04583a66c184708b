"""工程表: the workbook of plans out and back in; a look at the differences, then all at once."""

from contextlib import closing
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.onboarding.plan_form import FINISH, PERCENT, START
from consortium.usecases import plan_sheets
from consortium.usecases.plan_sheets import LARGEST, DryRun, Source
from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.inbox import handed_out
from consortium.web.rights import may

pages = Blueprint("plan_sheets", __name__, url_prefix="/plans")

#: Name of the field in which a row says which value counts, before the task's id.
PICK = "pick_"


class SheetForm(PortalForm):
    """工程表のファイル: the file at first, then what it changes and the mark of what was shown."""

    # What is wrong with a file is seen at the look, before anything would be saved.
    only_looks = True
    #: what was read of the file in another way than it stood
    notices: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    file = FileField(
        "工程表のファイル",
        description="ポータルから書き出し、実績を記入したExcelの工程表（.xlsx）、5MBまで。",
    )
    file_name = StringField("ファイル名", filters=[plain_text], widget=HiddenInput())
    text = StringField("ファイルの内容", widget=HiddenInput())
    seen = StringField("下見の内容", widget=HiddenInput())

    def take_file(self) -> bool:
        """Read the file chosen into the form; False where there is none or it has a fault."""
        if not (self.file.data and self.file.data.filename):
            self.file.errors = ["工程表のファイルを選んでください。"]
            return False
        try:
            with closing(self.file.data) as sent:
                read = plan_sheets.read_upload(sent.read(LARGEST + 1), context.today())
        except BadInputError as error:
            self.file.errors = [f"{error.found}{error.todo}"]
            return False
        self.notices, self.faults = read.notices, read.faults
        self.text.data = read.text()
        self.file_name.data = plain_text(self.file.data.filename)[:200]
        return not self.faults

    @property
    def source(self) -> Source:
        """Give the file as it was read."""
        return Source(self.file_name.data or "", self.text.data or "")


def may_take_in(_viewer: Viewer, _page: PlanPage) -> bool:
    """Say whether the page of a plan leads to the taking in of its 工程表 (取込みの表示)."""
    return may("plan_sheets.take_in")


@pages.get("/workbook")
@guarded
def download_all() -> ResponseReturnValue:
    found = plan_sheets.workbook_of_all(context.viewer(), context.today(), context.now())
    return handed_out(found)


@pages.get("/<uuid:plan_id>/workbook")
@guarded
def download(plan_id: str) -> ResponseReturnValue:
    found = plan_sheets.workbook(context.viewer(), plan_id, context.today(), context.now())
    return handed_out(found)


@pages.route("/import", methods=["GET", "POST"])
@guarded
def take_in() -> ResponseReturnValue:
    form = SheetForm()
    found: DryRun | None = None
    status = 200
    if form.validate_on_submit():
        is_chosen = bool(form.file.data and form.file.data.filename)
        try:
            if "take" in request.form and not is_chosen:
                return _taken(form)
            found = _looked(form) if form.take_file() else None
        except (BadInputError, StaleError) as error:
            show_refusal(form, error)
            status = 409 if isinstance(error, StaleError) else 400
            found = _looked_again(form)
    return _page(form, found), status if status != 200 or not form.errors else 400


def _looked(form: SheetForm) -> DryRun:
    found = plan_sheets.look(context.viewer(), form.source, context.now())
    form.seen.data = found.seen
    return found


def _looked_again(form: SheetForm) -> DryRun | None:
    """Show the differences of now beside the refusal; None for a text that is none of ours."""
    try:
        return _looked(form)
    except BadInputError:
        return None


def _taken(form: SheetForm) -> ResponseReturnValue:
    picks = {
        name.removeprefix(PICK): value
        for name, value in request.form.items()
        if name.startswith(PICK)
    }
    count = plan_sheets.take_in(
        context.viewer(), form.source, picks, form.seen.data or "", context.now()
    )
    if count:
        flash(f"「{form.file_name.data}」の実績 {count}件を反映しました。", "success")
    else:
        flash("反映する差分はありませんでした。工程は変わっていません。", "info")
    return redirect(url_for("plans.index"))


def _page(form: SheetForm, found: DryRun | None) -> str:
    return render_template(
        "plan_import.html", form=form, found=found, pick=PICK, picked=request.form, said=_said
    )


def _said(column: str, value: str) -> str:
    """Say a value as the other pages do (値の表示)."""
    if not value:
        return "（空欄）"
    if column in (START, FINISH):
        return wareki(date.fromisoformat(value))
    return f"{value}％" if column == PERCENT else value
