"""補助金・財源措置 of a fiscal year and stage."""

from fractions import Fraction
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.sharing.rule import plain
from consortium.usecases import funding
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import ChoiceField, PercentField, Plain, YenField, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.records import (
    NewRecordForm,
    Page,
    RemoveForm,
    SeenForm,
    conflict_page,
    form_page,
    remove_page,
)

pages = Blueprint("funding", __name__, url_prefix="/funding")

_STAGE = "<any(" + ",".join(funding.STAGES) + "):stage>"
_ROWS = (("name",), ("treatment",), ("item", "member"), ("amount", "rate"), ("note",))


class MeasureForm(PortalForm):
    """補助金・財源措置."""

    name = StringField(
        "名称", [Plain("名称", 100)], filters=[plain_text], description="交付決定にある名前。"
    )
    treatment = RadioField(
        "扱い",
        [InputRequired("扱いを選んでください。")],
        choices={key: f"{each.label}：{each.help}" for key, each in funding.TREATMENTS.items()},
    )
    item = ChoiceField("費目", description="控除してから按分するときは、必ず選びます。")
    member = ChoiceField("団体", description="団体への補助のときは、必ず選びます。")
    amount = YenField("金額", description="0円以上。返還は、費目として登録します。")
    rate = PercentField(
        "措置率", description="参考（交付税措置など）を割合で示すとき。例：30。金額は空にします。"
    )
    note = TextAreaField(
        "備考",
        [Plain("備考", 500, is_required=False)],
        filters=[plain_text],
        description="交付決定の日付や番号など。",
    )

    def offer(self, sheet: funding.Sheet) -> None:
        """Offer the items of the year and stage, and the members."""
        self.item.offer(((each.id, each.name) for each in sheet.items.values()), nothing="選ばない")
        self.member.offer(
            ((each.id, each.name) for each in sheet.members.values()), nothing="選ばない"
        )

    def validate_rate(self, field: PercentField) -> None:
        """Refuse a rate of nothing, or of more than the whole."""
        if field.data is not None and not 0 < field.data <= 100:
            raise ValidationError("0より大きく100以下の％を入力してください。")

    def entry(self) -> funding.Entry:
        """Give what was entered, for the use case."""
        return funding.Entry(
            name=self.name.data,
            treatment=self.treatment.data,
            amount=self.amount.data,
            rate=None if self.rate.data is None else Fraction(self.rate.data) / 100,
            item_id=self.item.data or None,
            member_id=self.member.data or None,
            note=self.note.data,
        )


class NewForm(NewRecordForm, MeasureForm):
    """補助金・財源措置の追加."""


class ChangeForm(SeenForm, MeasureForm):
    """補助金・財源措置の編集."""


# ---- reading -------------------------------------------------------------------------------------


@pages.get(f"/<year:year>/{_STAGE}")
@guarded
def sheet(year: FiscalYear, stage: str) -> ResponseReturnValue:
    try:
        found = funding.show_funding(context.viewer(), year, stage, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    locks.note(year)
    tabs = [
        {
            "label": label,
            "url": url_for(".sheet", year=year, stage=key),
            "current": key == stage,
        }
        for key, label in funding.STAGES.items()
    ]
    return render_template(
        "funding.html",
        sheet=found,
        stage=funding.STAGES[stage],
        tabs=tabs,
        costs=_costs(found),
        percent=_percent,
        may_write=locks.may_write("funding.add"),
    )


def _costs(sheet: funding.Sheet) -> tuple[str, str]:
    title = f"{sheet.label} {funding.STAGES[sheet.stage]}の費用"
    return title, url_for("costs.sheet", year=sheet.year, stage=sheet.stage)


def _back(sheet: funding.Sheet) -> tuple[str, str]:
    title = f"{sheet.label} {funding.STAGES[sheet.stage]}の補助金・財源措置"
    return title, url_for(".sheet", year=sheet.year, stage=sheet.stage)


def _percent(rate: Fraction) -> str:
    return f"{plain(rate * 100)}％"


# ---- changing ------------------------------------------------------------------------------------


@pages.route(f"/<year:year>/{_STAGE}/new", methods=["GET", "POST"])
@guarded
def add(year: FiscalYear, stage: str) -> ResponseReturnValue:
    viewer = context.viewer()
    try:
        found = funding.show_funding(viewer, year, stage, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    locks.note(year)
    form = NewForm()
    form.offer(found)
    if form.validate_on_submit():
        try:
            new = funding.add_measure(
                viewer, year, stage, form.entry(), context.now(), form.record_id.data
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"「{new.name}」を追加しました。", "success")
            return redirect(_back(found)[1])
    form.renew()
    return form_page(form, _page("補助金・財源措置の追加", found, submit="追加する"))


def _page(title: str, sheet: funding.Sheet, **more: Any) -> Page:
    place = f"{sheet.label} {funding.STAGES[sheet.stage]}"
    return Page(
        title, f"{place}の費用に充てる補助金や、参考に示す財源です。", _back(sheet), _ROWS, **more
    )


@pages.route("/measures/<uuid:measure_id>", methods=["GET", "POST"])
@guarded
def edit(measure_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    measure, found = funding.show_measure(viewer, measure_id, context.today())
    locks.note(measure.year)
    form = ChangeForm(data=_filled(measure))
    form.offer(found)
    page = _page("補助金・財源措置の編集", found, is_sample=measure.is_sample)
    if form.validate_on_submit():
        try:
            funding.change_measure(
                viewer, measure_id, form.row_version.data, form.entry(), context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        except StaleError:
            form.see(measure.row_version)
            saved, typed = _in_words(found, _entry(measure)), _in_words(found, form.entry())
            return conflict_page(form, page, saved, typed)
        else:
            flash(f"「{form.name.data}」を保存しました。", "success")
            return redirect(_back(found)[1])
    return form_page(form, page)


def _filled(measure: funding.Measure) -> dict[str, object]:
    return {
        "name": measure.name,
        "treatment": measure.treatment,
        "item": measure.item_id or "",
        "member": measure.member_id or "",
        "amount": measure.amount,
        "rate": None if measure.rate is None else measure.rate * 100,
        "note": measure.note,
        "row_version": measure.row_version,
    }


def _entry(measure: funding.Measure) -> funding.Entry:
    return funding.Entry(
        measure.name,
        measure.treatment,
        measure.amount,
        measure.rate,
        measure.item_id,
        measure.member_id,
        measure.note,
    )


def _in_words(sheet: funding.Sheet, entry: funding.Entry) -> dict[str, str]:
    item, member = sheet.items.get(entry.item_id or ""), sheet.members.get(entry.member_id or "")
    return {
        "名称": entry.name,
        "扱い": funding.TREATMENTS[entry.treatment].label,
        "費目": item.name if item else "なし",
        "団体": member.name if member else "なし",
        "金額": "なし" if entry.amount is None else f"{entry.amount:,}円",
        "措置率": "なし" if entry.rate is None else _percent(entry.rate),
        "備考": entry.note or "なし",
    }


@pages.route("/measures/<uuid:measure_id>/remove", methods=["GET", "POST"])
@guarded
def remove(measure_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    measure, found = funding.show_measure(viewer, measure_id, context.today())
    locks.note(measure.year)
    form = RemoveForm(data={"row_version": measure.row_version})
    if form.validate_on_submit():
        funding.remove_measure(viewer, measure_id, form.row_version.data, context.now())
        flash(f"「{measure.name}」を削除しました。", "success")
        return redirect(_back(found)[1])
    page = _page("補助金・財源措置の削除", found)
    return remove_page(form, page, _in_words(found, _entry(measure)))
