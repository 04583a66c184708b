"""閉庁日: the closed days of a calendar year, filled from the holidays and edited by the office."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, DuplicateError, NotFoundError, StaleError
from consortium.usecases import calendars
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
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
from consortium.web.year_links import calendar_year_links

pages = Blueprint("closed_days", __name__, url_prefix="/closed-days")

_WAYS = {"closed": "閉庁する", "open": "開庁する"}


class DayForm(PortalForm):
    """閉庁日の名称と扱い."""

    name = StringField("名称", [Plain("名称", 60)], filters=[plain_text], description="例：海の日")
    way = RadioField(
        "扱い",
        [InputRequired("扱いを選んでください。")],
        choices=_WAYS,
        description="土曜日や祝日に窓口を開くときは「開庁する」を選びます。",
    )

    @property
    def is_closed(self) -> bool:
        """Say whether the office is closed."""
        return bool(self.way.data == "closed")


class NewForm(NewRecordForm, DayForm):
    """閉庁日の追加."""

    day = WarekiDateField(
        "日付",
        validators=[InputRequired("日付を入力してください。")],
        description="例：令和8年8月14日、2026-08-14",
    )
    code = ChoiceField(
        "対象",
        description="一つの団体だけの日は、その団体を選びます。期日は、全団体と幹事市の日で動きます。",
    )


class ChangeForm(SeenForm, DayForm):
    """閉庁日の編集."""


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return redirect(url_for(".year", calendar_year=context.today().year))


@pages.get("/<int:calendar_year>")
@guarded
def year(calendar_year: int) -> ResponseReturnValue:
    try:
        page = calendars.show_days(context.viewer(), calendar_year, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    return render_template(
        "closed_days.html",
        page=page,
        links=calendar_year_links(calendar_year, context.today()),
        weekday=lambda day: "月火水木金土日"[day.weekday()],
        may_write=may("closed_days.add"),
    )


@pages.post("/<int:calendar_year>/import")
@guarded
def fill(calendar_year: int) -> ResponseReturnValue:
    try:
        found = calendars.import_holidays(
            context.viewer(), calendar_year, context.now(), context.today()
        )
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    if found.is_empty:
        flash(
            f"{calendar_year}年の祝日は、もう取り込んであります。変わったところはありません。",
            "info",
        )
    else:
        counts = (
            f"追加 {len(found.added)}日、変更 {len(found.changed)}日、削除 {len(found.removed)}日"
        )
        done = f"{calendar_year}年の祝日を取り込みました（{counts}）。"
        flash(f"{done}職員が変えた日はそのままです。", "success")
    return redirect(url_for(".year", calendar_year=calendar_year))


# ---- one day -------------------------------------------------------------------------------------


def _page(title: str, year: int) -> Page:
    rows = (
        (("day",), ("name",), ("code",), ("way",))
        if title.endswith("追加")
        else (("name",), ("way",))
    )
    lead = "閉庁日は、期日の移動と業務日の計算に使います。"
    return Page(title, lead, (f"{year}年の閉庁日", url_for(".year", calendar_year=year)), rows)


@pages.route("/<int:calendar_year>/new", methods=["GET", "POST"])
@guarded
def add(calendar_year: int) -> ResponseReturnValue:
    viewer = context.viewer()
    form = NewForm(data={"way": "closed"})
    form.code.offer(calendars.towns(viewer).items(), nothing="全団体")
    if form.validate_on_submit():
        entry = calendars.DayEntry(
            form.day.data, form.name.data, form.is_closed, form.code.data or None
        )
        try:
            new = calendars.add_day(viewer, entry, context.now(), form.record_id.data)
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        else:
            flash(f"{wareki(new.day)}「{new.name}」を追加しました。", "success")
            return redirect(url_for(".year", calendar_year=new.day.year))
    form.renew()
    return form_page(form, _page("閉庁日の追加", calendar_year))


@pages.route("/days/<uuid:day_id>", methods=["GET", "POST"])
@guarded
def edit(day_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    row, party = calendars.show_day(viewer, day_id)
    way = "closed" if row.is_closed else "open"
    form = ChangeForm(data={"name": row.name, "way": way, "row_version": row.row_version})
    page = _page(f"{wareki(row.day)}（{party}）の編集", row.day.year)
    if form.validate_on_submit():
        change = calendars.DayChange(form.name.data, form.is_closed)
        try:
            calendars.change_day(viewer, day_id, form.row_version.data, change, context.now())
        except StaleError:
            form.see(row.row_version)
            saved = {"名称": row.name, "扱い": _WAYS[way]}
            typed = {"名称": form.name.data, "扱い": _WAYS[form.way.data]}
            return conflict_page(form, page, saved, typed)
        flash(f"{wareki(row.day)}「{form.name.data}」を保存しました。", "success")
        return redirect(url_for(".year", calendar_year=row.day.year))
    return form_page(form, page)


@pages.route("/days/<uuid:day_id>/remove", methods=["GET", "POST"])
@guarded
def remove(day_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    row, party = calendars.show_day(viewer, day_id)
    form = RemoveForm(data={"row_version": row.row_version})
    if form.validate_on_submit():
        stays = calendars.remove_day(viewer, day_id, form.row_version.data, context.now())
        done = (
            "開庁日にしました。祝日を取り込んでも、閉庁日に戻りません" if stays else "削除しました"
        )
        flash(f"{wareki(row.day)}「{row.name}」を{done}。", "success")
        return redirect(url_for(".year", calendar_year=row.day.year))
    facts = {
        "日付": wareki(row.day),
        "名称": row.name,
        "対象": party,
        "扱い": _WAYS["closed" if row.is_closed else "open"],
        "出典": row.source,
    }
    note = "取り込んだ祝日は、開庁日として一覧に残ります。" if not row.is_by_hand else ""
    return remove_page(form, _page("閉庁日の削除", row.day.year), facts, note=note)
