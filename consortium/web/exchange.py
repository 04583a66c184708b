"""為替レート: yen for one US dollar, month by month."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.invoicing import decimal
from consortium.domain.yen import MODES
from consortium.usecases import costs, exchange
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.checking import CheckedForm
from consortium.web.failures import failure_page
from consortium.web.fields import DecimalField, Plain, WarekiDateField, plain_text
from consortium.web.forms import show_refusal
from consortium.web.records import Page
from consortium.web.rights import may
from consortium.web.year_links import year_links

pages = Blueprint("exchange", __name__, url_prefix="/exchange-rates")


class RateForm(CheckedForm):
    """為替レート."""

    rate = DecimalField(
        "1米ドルの円",
        validators=[InputRequired("1米ドルの円を入力してください。")],
        description="例：149.53。協定や契約で決めた種類（TTM、TTSなど）と、決めた桁で入力します。",
    )
    source = StringField(
        "出典",
        [Plain("出典", 200)],
        filters=[plain_text],
        description="どこの、何の値か。例：請求書記載、取引銀行の月末TTM",
    )
    quoted_on = WarekiDateField("公表日", description="その値が公表された日。例：令和7年4月30日")
    reason = StringField(
        "変更の理由",
        [Plain("変更の理由", 200, is_required=False)],
        filters=[plain_text],
        description="登録済みの値を変えるときは、必ず書きます。操作記録に残ります。",
    )
    #: 0 for a month without a rate
    row_version = IntegerField(
        "版", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )

    def entry(self) -> exchange.RateEntry:
        """Give what was entered, for the use case."""
        return exchange.RateEntry(
            self.rate.data,
            self.source.data,
            self.quoted_on.data,
            self.reason.data if "reason" in self else "",
        )


@pages.get("/<year:year>")
@guarded
def sheet(year: FiscalYear) -> ResponseReturnValue:
    try:
        found = exchange.show_rates(context.viewer(), year, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    locks.note(year)
    years = year_links(found.labels, year, lambda each: url_for(".sheet", year=each), found.labels)
    return render_template(
        "exchange.html",
        sheet=found,
        years=years,
        month_name=wareki_month,
        decimal=decimal,
        mode=MODES[found.usd_mode],
        may_write=locks.may_write("exchange.edit"),
        may_set=may("settings.index"),
    )


@pages.route("/<year:year>/<int:month>", methods=["GET", "POST"])
@guarded
def edit(year: FiscalYear, month: int) -> ResponseReturnValue:
    of_year = {each.month: each for each in year.months()}
    if month not in of_year:
        abort(404)
    viewer, when = context.viewer(), of_year[month]
    found = exchange.show_rate(viewer, when)
    locks.note(year)
    form = RateForm(data=_filled(found))
    if found.stored is None:
        del form.reason
    planned = None
    try:
        if form.validate_on_submit():
            planned = exchange.plan_rate(viewer, when, form.entry())
            if not planned.plan.moved or form.has_shown(planned.digest):
                exchange.save_rate(
                    viewer,
                    when,
                    form.row_version.data,
                    form.entry(),
                    context.now(),
                    planned.digest,
                )
                flash(f"{wareki_month(when)}の為替レートを保存しました。", "success")
                return redirect(url_for(".sheet", year=year))
            form.show(planned.digest)
    except BadInputError as error:
        planned = None
        show_refusal(form, error)
    except StaleError:
        return _conflict(found, form)
    return _page(found, form, planned), 400 if form.errors else 200


def _filled(found: exchange.RatePage) -> dict[str, object]:
    if found.stored is None:
        return {"row_version": 0}
    rate = found.stored.rate
    return {
        "rate": rate.rate,
        "source": rate.source,
        "quoted_on": rate.quoted_on,
        "row_version": found.stored.row_version,
    }


def _page(
    found: exchange.RatePage,
    form: RateForm,
    planned: exchange.RatePlan | None = None,
    differences: list[tuple[str, str, str]] | None = None,
) -> str:
    name = wareki_month(found.month)
    page = Page(
        f"{name}の為替レート",
        "米ドルで入れた費目の、この月の分に掛けます。",
        (f"{found.label}の為替レート", url_for(".sheet", year=found.year)),
        (("rate", "quoted_on"), ("source",), ("reason",)),
    )
    return render_template(
        "checked_form.html",
        form=form,
        page=page,
        plan=planned.plan if planned else None,
        kept=planned.kept if planned else (),
        stages=costs.STAGES,
        differences=differences or [],
    )


def _conflict(found: exchange.RatePage, form: RateForm) -> ResponseReturnValue:
    """Show what was saved meanwhile beside what was typed."""
    now = exchange.show_rate(context.viewer(), found.month)
    form.row_version.raw_data = None
    form.row_version.data = now.stored.row_version if now.stored else 0
    saved = now.stored.rate if now.stored else None
    rows = [
        ("1米ドルの円", decimal(saved.rate) if saved else "なし", decimal(form.rate.data)),
        ("出典", saved.source if saved else "なし", form.source.data),
    ]
    return _page(now, form, None, rows), 409
