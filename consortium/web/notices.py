"""納入依頼・督促: who is asked for what by when, shown before it is issued; reminders."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.usecases import notices, reminders
from consortium.usecases.kinds import KINDS
from consortium.usecases.notices import NoticeOrder, NoticesPage
from consortium.usecases.ordering import Maker
from consortium.usecases.reminders import ReminderOrder, RemindersPage
from consortium.usecases.reporting import Worker
from consortium.usecases.ticking import process_name
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import WarekiDateField
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.payments import years_around
from consortium.web.records import NewRecordForm

pages = Blueprint("notices", __name__, url_prefix="/notices")


class NoticeForm(NewRecordForm):
    """納入依頼の発行."""

    seen = StringField("画面の内容", widget=HiddenInput())
    due_on = WarekiDateField(
        "この依頼の納期限",
        validators=[Optional()],
        description="明日以後の開庁日。納付計画の納期限は変わりません。"
        "例：令和8年6月15日、R8.6.15、2026-06-15",
    )
    is_late_accepted = BooleanField("納期限まで14日ないことを確かめました")


class ReminderForm(NewRecordForm):
    """督促の発行; `reminder_form()` adds a box for each town."""

    due_on = WarekiDateField(
        "指定期限",
        validators=[InputRequired("指定期限を入力してください。")],
        description="この日までに納めるよう求めます。例：令和8年6月15日、R8.6.15、2026-06-15",
    )

    def chosen(self) -> dict[str, int]:
        """Give the towns chosen and what each owed on the screen."""
        boxes = (field for field in self if field.name.startswith("town-") and field.data)
        return {
            box.name.removeprefix("town-"): self[f"open-{box.name.removeprefix('town-')}"].data
            for box in boxes
        }


class _SeenAmount(StringField):
    """What a town owed on the screen (画面の未納額)."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read yen; what is no number differs from every amount."""
        text = valuelist[0] if valuelist else ""
        self.data = int(text) if text.isascii() and text.isdigit() else -1


def reminder_form(page: RemindersPage) -> ReminderForm:
    """Make the form with a box for each town that owes something."""
    fields: dict[str, Any] = {}
    for late in page.lines:
        fields[f"town-{late.owed.code}"] = BooleanField(f"{late.owed.name}に督促する")
        fields[f"open-{late.owed.code}"] = _SeenAmount(f"{late.owed.name}の未納額")
    kind = type("ReminderForm", (ReminderForm,), fields)
    data: dict[str, Any] = {"due_on": page.proposed}
    for late in page.lines:
        data[f"open-{late.owed.code}"] = late.owed.open
    form: ReminderForm = kind(data=data)
    return form


def maker() -> Maker:
    """Give the process that makes files: the instance folder, the app's clock."""
    config = current_app.config
    mailer, instance = config["MAILER"], config["INSTANCE_DIR"]
    worker = Worker(process_name(), config["FILES_DIR"], context.now, mailer, instance)
    return Maker(worker, KINDS)


# ---- reading -------------------------------------------------------------------------------------


@pages.get("/<year:year>")
@guarded
def year(year: FiscalYear) -> ResponseReturnValue:
    today = context.today()
    page = notices.show_notices(context.viewer(), year, today)
    locks.note(year)
    return render_template(
        "notices.html",
        page=page,
        years=years_around(year, "notices.year"),
        overdue=reminders.late_instalments(context.viewer(), year, today),
        today=today,
        may_issue=locks.may_write("notices.issue"),
        may_remind=locks.may_write("notices.remind"),
    )


# ---- issuing -------------------------------------------------------------------------------------


@pages.route("/<year:year>/<int:no>", methods=["GET", "POST"])
@guarded
def issue(year: FiscalYear, no: int) -> ResponseReturnValue:
    viewer = context.viewer()
    page = notices.show_notices(viewer, year, context.today())
    page.find(no)
    locks.note(year)
    form = NoticeForm()
    status = 400
    if form.validate_on_submit():
        entry = NoticeOrder(
            form.record_id.data or "",
            form.seen.data or "",
            bool(form.is_late_accepted.data),
            form.due_on.data,
        )
        try:
            made = notices.issue_notices(viewer, year, no, entry, maker())
        except (BadInputError, InvalidTransitionError, StaleError) as error:
            show_refusal(form, error)
            status = 400 if isinstance(error, BadInputError) else 409
        else:
            _say(made.is_done, f"第{no}期の納入依頼")
            return redirect(url_for(".year", year=year))
    form.renew()
    form.seen.raw_data, form.seen.data = None, page.seen(no)
    return _issue_page(form, page, no), status if form.errors else 200


def _issue_page(form: NoticeForm, page: NoticesPage, no: int) -> str:
    shown = page.find(no)
    return render_template(
        "notices_issue.html",
        form=form,
        page=page,
        shown=shown,
        is_late=notices.is_late(shown.due_on, page.today),
        is_past=shown.due_on < page.today,
        days=(shown.due_on - page.today).days,
    )


@pages.route("/<year:year>/<int:no>/remind", methods=["GET", "POST"])
@guarded
def remind(year: FiscalYear, no: int) -> ResponseReturnValue:
    viewer = context.viewer()
    page = reminders.show_reminders(viewer, year, no, context.today())
    locks.note(year)
    form = reminder_form(page)
    status = 400
    if form.validate_on_submit():
        entry = ReminderOrder(form.record_id.data or "", form.chosen(), form.due_on.data)
        try:
            made = reminders.issue_reminders(viewer, year, no, entry, maker())
        except (BadInputError, InvalidTransitionError, StaleError) as error:
            show_refusal(form, error)
            status = 400 if isinstance(error, BadInputError) else 409
            _refresh(form, page)
        else:
            _say(made.is_done, f"第{no}期の督促")
            return redirect(url_for(".year", year=year))
    form.renew()
    return _drawn(form, page), status if form.errors else 200


def _refresh(form: PortalForm, page: RemindersPage) -> None:
    """Show what is owed now; sent again, the form is about that."""
    for late in page.lines:
        form[f"open-{late.owed.code}"].data = late.owed.open


def _drawn(form: ReminderForm, page: RemindersPage) -> str:
    return render_template("notices_remind.html", form=form, page=page)


def _say(is_done: bool, name: str) -> None:
    if is_done:
        flash(f"{name}を発行しました。各団体の画面で受け取れます。", "success")
    else:
        flash(f"{name}を作成しています。「帳票の作成」で、いつでも状況を見られます。", "info")
