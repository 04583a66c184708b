"""年度アーカイブ: everything that went out for a closed year, in one zip."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.usecases import archives
from consortium.usecases.register import check_code
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.forms import show_refusal
from consortium.web.notices import maker
from consortium.web.payments import years_around
from consortium.web.records import NewRecordForm
from consortium.web.rights import may

pages = Blueprint("archives", __name__, url_prefix="/archives")


class ArchiveForm(NewRecordForm):
    """年度アーカイブの発行."""

    @property
    def is_locked(self) -> bool:
        """Never: it is made for a year that is closed (本締めのあとの発行)."""
        return False


@pages.get("/<year:year>")
@guarded
def show(year: FiscalYear) -> ResponseReturnValue:
    form = ArchiveForm()
    form.renew()
    return _drawn(year, form)


def _drawn(year: FiscalYear, form: ArchiveForm, status: int = 200) -> ResponseReturnValue:
    page = archives.show_archive(context.viewer(), year, context.today())
    locks.note(year)
    rendered = render_template(
        "archives.html",
        page=page,
        form=form,
        years=years_around(year, "archives.show"),
        check_code=check_code,
        may_issue=may("archives.issue"),
        may_export=may("register.export"),
    )
    return rendered, status


@pages.post("/<year:year>/issue")
@guarded
def issue(year: FiscalYear) -> ResponseReturnValue:
    form = ArchiveForm()
    if not form.validate_on_submit():
        form.renew()
        return _drawn(year, form, 400)
    try:
        made = archives.issue_archive(context.viewer(), year, form.record_id.data or "", maker())
    except (BadInputError, InvalidTransitionError) as error:
        show_refusal(form, error)
        return _drawn(year, form, 400 if isinstance(error, BadInputError) else 409)
    if made is None:
        flash("前の年度アーカイブから変わったものはありません。", "info")
    elif made.is_done:
        flash("年度アーカイブを発行しました。", "success")
    else:
        flash("年度アーカイブを作成しています。状況は「帳票の作成」で見られます。", "info")
    return redirect(url_for(".show", year=year))
