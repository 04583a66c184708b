"""精算: final less paid for every town; settling by the approver, then refund and credit."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, StaleError
from consortium.usecases import settlements
from consortium.usecases.settlements import DISPOSITIONS, WAYS, SettlementPage
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.payments import years_around
from consortium.web.records import NewRecordForm, Page, form_page

pages = Blueprint("settlements", __name__, url_prefix="/settlements")


class SettleForm(PortalForm):
    """精算の確定; `settle_form()` adds the way of each town."""

    seen = StringField("画面の内容", widget=HiddenInput())

    def ways(self) -> dict[str, str]:
        """Give how each town is settled: 団体コード → cash or credit."""
        fields = (field for field in self if field.name.startswith("way-"))
        return {field.name.removeprefix("way-"): field.data for field in fields}


class CarryForm(NewRecordForm):
    """還付・翌年度充当の記録."""

    done_on = WarekiDateField(
        "実行した日",
        validators=[InputRequired("実行した日を入力してください。")],
        description="還付した日、または充当を決めた日。例：令和9年5月31日、R9.5.31",
    )
    reference_number = StringField(
        "整理番号", [Plain("整理番号", 60, is_required=False)], filters=[plain_text]
    )
    note = TextAreaField("備考", [Plain("備考", 300, is_required=False)], filters=[plain_text])

    def entry(self) -> settlements.Carrying:
        """Give what was entered, for the use case."""
        return settlements.Carrying(
            self.done_on.data, self.reference_number.data or "", self.note.data or ""
        )


def settle_form(page: SettlementPage) -> SettleForm:
    """Make the form with a choice for each town that has a difference."""
    fields: dict[str, Any] = {
        f"way-{line.code}": ChoiceField(f"{line.name}の処理")
        for line in page.facts.lines
        if line.difference
    }
    kind = type("SettleForm", (SettleForm,), fields)
    data = {name: page.facts.way for name in fields} | {"seen": page.facts.seen}
    form: SettleForm = kind(data=data)
    for line in page.facts.lines:
        if line.difference:
            first = "還付" if line.difference < 0 else "追加納入"
            form[f"way-{line.code}"].offer([("cash", first), ("credit", WAYS["credit"])])
    return form


@pages.get("/<year:year>")
@guarded
def show(year: FiscalYear) -> ResponseReturnValue:
    page = settlements.show_settlement(context.viewer(), year)
    locks.note(year)
    return _drawn(page, settle_form(page))


def _drawn(page: SettlementPage, form: SettleForm, status: int = 200) -> ResponseReturnValue:
    rendered = render_template(
        "settlement.html",
        page=page,
        facts=page.facts,
        form=form,
        years=years_around(page.facts.year, "settlements.show"),
        dispositions=DISPOSITIONS,
        ways=WAYS,
        may_settle=locks.may_write("settlements.settle"),
        may_carry=locks.may_write("settlements.carry_out"),
    )
    return rendered, 400 if form.errors and status == 200 else status


@pages.post("/<year:year>/settle")
@guarded
def settle(year: FiscalYear) -> ResponseReturnValue:
    viewer = context.viewer()
    page = settlements.show_settlement(viewer, year)
    locks.note(year)
    form = settle_form(page)
    if not form.validate_on_submit():
        return _drawn(page, form)
    try:
        settled = settlements.settle_year(
            viewer, year, form.seen.data or "", form.ways(), context.now()
        )
    except (BadInputError, StaleError) as error:
        show_refusal(form, error)
        form.seen.raw_data, form.seen.data = None, page.facts.seen
        return _drawn(page, form, 409 if isinstance(error, StaleError) else 400)
    flash(f"{page.label}の精算（第{settled.edition}版）を確定しました。", "success")
    return redirect(url_for(".show", year=year))


@pages.route("/<year:year>/<code:code>", methods=["GET", "POST"])
@guarded
def carry_out(year: FiscalYear, code: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = settlements.show_settlement(viewer, year)
    line = settlements.find_line(page.facts, code)
    locks.note(year)
    form = CarryForm()
    if not form.is_submitted():  # sent again, a form gets the answer it got first
        settlements.refuse_done(line)
    back = f"{page.label}の精算", url_for(".show", year=year)
    if form.validate_on_submit():
        try:
            settlements.carry_out(
                viewer, year, code, form.entry(), context.now(), form.record_id.data
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"{line.name}の{DISPOSITIONS[line.disposition]}を記録しました。", "success")
            return redirect(back[1])
    form.renew()
    amount = f"{abs(line.outstanding):,}円"
    if line.disposition == "refund":
        title, lead = "還付", f"{line.name}に {amount}を還付したことを記録します。"
    else:
        moved = "の負担金に充てます" if line.outstanding < 0 else "の負担金に加えます"
        title = "翌年度充当"
        lead = f"{line.name}の {amount}を、{page.next_label}{moved}。"
    rows = (("done_on",), ("reference_number",), ("note",))
    return form_page(form, Page(f"{line.name}の{title}の記録", lead, back, rows, submit="記録する"))
