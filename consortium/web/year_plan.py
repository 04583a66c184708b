"""年間予定: the steps of a fiscal year by month, each with its day, its state and its screen."""

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label, wareki, wareki_month
from consortium.domain.errors import BadInputError, StaleError
from consortium.usecases import settings, year_plan
from consortium.usecases.year_plan import CalendarStep, StepEntry
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import Plain, WarekiDateField, plain_text
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
from consortium.web.rights import may
from consortium.web.step_links import way_to

pages = Blueprint("year_plan", __name__, url_prefix="/year-plan")

_ROWS = (("title",), ("document",), ("nominal_on",), ("roll_rule",), ("role",))


class StepForm(PortalForm):
    """年間予定の一件."""

    title = StringField("名称", [Plain("名称", 100)], filters=[plain_text])
    document = StringField(
        "帳票",
        [Plain("帳票", 100, is_required=False)],
        filters=[plain_text],
        description="出す帳票、受け取る帳票があるとき。",
    )
    nominal_on = WarekiDateField(
        "期日",
        validators=[InputRequired("期日を入力してください。")],
        description="例：令和8年9月30日、2026-09-30",
    )
    roll_rule = RadioField(
        "閉庁日に当たるとき",
        [InputRequired("扱いを選んでください。")],
        choices=year_plan.ROLL_RULES,
    )
    role = RadioField(
        "担当", [InputRequired("担当を選んでください。")], choices=year_plan.STEP_ROLES
    )

    def entry(self) -> StepEntry:
        """Give what was entered, for the use case."""
        return StepEntry(
            self.title.data,
            self.document.data,
            self.nominal_on.data,
            self.roll_rule.data,
            self.role.data,
        )


class NewForm(NewRecordForm, StepForm):
    """予定の追加."""


class ChangeForm(SeenForm, StepForm):
    """予定の編集."""


class FinishForm(SeenForm):
    """予定を済にする."""

    note = TextAreaField(
        "したこと",
        [Plain("したこと", 500)],
        filters=[plain_text],
        description="例：文書で通知した。ポータルの外で行ったことも、ここに書きます。",
    )


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return redirect(url_for(".year", year=FiscalYear.containing(context.today())))


@pages.get("/<year:year>")
@guarded
def year(year: FiscalYear) -> ResponseReturnValue:
    page = year_plan.show_plan(context.viewer(), year, context.now())
    months = [
        (wareki_month(month), list(lines))
        for month, lines in groupby(
            page.lines, key=lambda line: Month.containing(line.timing.effective_on)
        )
    ]
    links = [
        {"label": label, "url": url_for(".year", year=each), "current": each == year}
        for each, label in page.years
    ]
    return render_template(
        "year_plan.html",
        page=page,
        months=months,
        links=links,
        way_to=way_to,
        may_write=may("year_plan.add"),
        may_mark=may("year_plan.finish"),
    )


# ---- one step ------------------------------------------------------------------------------------


def _page(
    title: str,
    year: FiscalYear,
    rows: tuple[tuple[str, ...], ...] = _ROWS,
    lead: str = "期日が閉庁日に当たるときは、選んだ扱いで動かします。",
) -> Page:
    label = fiscal_year_label(year, settings.show_settings(context.viewer()).year_labels)
    return Page(title, lead, (f"{label}の年間予定", url_for(".year", year=year)), rows)


def _back(step: CalendarStep) -> ResponseReturnValue:
    return redirect(url_for(".year", year=step.year))


@pages.route("/<year:year>/new", methods=["GET", "POST"])
@guarded
def add(year: FiscalYear) -> ResponseReturnValue:
    form = NewForm(data={"roll_rule": "previous_open_day", "role": "lead_staff"})
    if form.validate_on_submit():
        try:
            new = year_plan.add_step(
                context.viewer(), year, form.entry(), context.now(), form.record_id.data
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"予定「{new.title}」を追加しました。", "success")
            return _back(new)
    form.renew()
    return form_page(form, _page("予定の追加", year))


@pages.route("/steps/<uuid:step_id>", methods=["GET", "POST"])
@guarded
def edit(step_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    step = year_plan.show_step(viewer, step_id)
    form = ChangeForm(
        data={
            "title": step.title,
            "document": step.document,
            "nominal_on": step.nominal_on,
            "roll_rule": step.roll_rule,
            "role": step.role,
            "row_version": step.row_version,
        }
    )
    page = _page("予定の編集", step.year)
    if form.validate_on_submit():
        try:
            year_plan.change_step(
                viewer, step_id, form.row_version.data, form.entry(), context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        except StaleError:
            form.see(step.row_version)
            return conflict_page(form, page, _in_words(_entry(step)), _in_words(form.entry()))
        else:
            flash(f"予定「{form.title.data}」を保存しました。", "success")
            return _back(step)
    return form_page(form, page)


def _entry(step: CalendarStep) -> StepEntry:
    return StepEntry(step.title, step.document, step.nominal_on, step.roll_rule, step.role)


def _in_words(entry: StepEntry) -> dict[str, str]:
    return {
        "名称": entry.title,
        "帳票": entry.document or "なし",
        "期日": wareki(entry.nominal_on),
        "閉庁日に当たるとき": year_plan.ROLL_RULES[entry.roll_rule],
        "担当": year_plan.STEP_ROLES[entry.role],
    }


@pages.route("/steps/<uuid:step_id>/remove", methods=["GET", "POST"])
@guarded
def remove(step_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    step = year_plan.show_step(viewer, step_id)
    form = RemoveForm(data={"row_version": step.row_version})
    if form.validate_on_submit():
        year_plan.remove_step(viewer, step_id, form.row_version.data, context.now())
        flash(f"予定「{step.title}」を削除しました。", "success")
        return _back(step)
    return remove_page(form, _page("予定の削除", step.year), _in_words(_entry(step)))


@pages.route("/steps/<uuid:step_id>/finish", methods=["GET", "POST"])
@guarded
def finish(step_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    step = year_plan.show_step(viewer, step_id)
    form = FinishForm(data={"row_version": step.row_version})
    lead = "したことを書くと、この予定を済とします。書いたことは年間予定に表示します。"
    page = _page(f"「{step.title}」を済にする", step.year, (("note",),), lead)
    if form.validate_on_submit():
        try:
            year_plan.mark_done(
                viewer, step_id, form.row_version.data, form.note.data, context.now()
            )
        except StaleError:
            form.see(step.row_version)
            saved = {**_in_words(_entry(step)), "したこと": step.done_note}
            typed = {**_in_words(_entry(step)), "したこと": form.note.data}
            return conflict_page(form, page, saved, typed)
        flash(f"予定「{step.title}」を済にしました。", "success")
        return _back(step)
    return form_page(form, page)


@pages.route("/steps/<uuid:step_id>/reopen", methods=["GET", "POST"])
@guarded
def reopen(step_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    step = year_plan.show_step(viewer, step_id)
    form = SeenForm(data={"row_version": step.row_version})
    if form.validate_on_submit():
        year_plan.mark_open(viewer, step_id, form.row_version.data, context.now())
        flash(f"予定「{step.title}」の済を取り消しました。", "success")
        return _back(step)
    page = _page(f"「{step.title}」の済を取り消す", step.year, ())
    return form_page(
        form, Page(page.title, f"したこと：{step.done_note}", page.back, submit="済を取り消す")
    )
