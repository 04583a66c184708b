"""基礎数値の提出 of the lead city: asking, who handed in what, closing, late figures."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.usecases import base_figures, base_rounds, figure_files
from consortium.usecases.base_rounds import Asked, RoundEntry
from consortium.usecases.bases import write_value
from consortium.usecases.passed_over import passed_over
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.base_figures import Place, entered, taken
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
from consortium.web.figure_form import round_title
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.inbox import handed_out
from consortium.web.records import NewRecordForm, Page, SeenForm, form_page
from consortium.web.rights import may

pages = Blueprint("base_rounds", __name__, url_prefix="/base-rounds")

_SERIES = "series_"
_DATES = "例：令和8年9月30日、2026-09-30"


class RoundForm(NewRecordForm):
    """提出の依頼; `_round_form()` adds a box for each series."""

    year = ChoiceField("年度", description="提出された値で負担額を算定する年度。")
    reference_on = WarekiDateField(
        "基準日",
        validators=[InputRequired("基準日を入力してください。")],
        description="値が表す日。" + _DATES,
    )
    due_on = WarekiDateField(
        "期限", validators=[InputRequired("期限を入力してください。")], description=_DATES
    )
    note = TextAreaField(
        "依頼の文",
        [Plain("依頼の文", 500, is_required=False)],
        filters=[plain_text],
        description="団体の入力画面の上に表示します。",
    )

    def entry(self) -> RoundEntry:
        """Give what was entered, for the use case."""
        chosen = tuple(
            field.name.removeprefix(_SERIES)
            for field in self
            if field.name.startswith(_SERIES) and field.data
        )
        year = FiscalYear(int(self.year.data))
        return RoundEntry(year, chosen, self.reference_on.data, self.due_on.data, self.note.data)


class PublishedForm(PortalForm):
    """版の公表日."""

    published_on = WarekiDateField(
        "公表日（提出日）",
        validators=[InputRequired("公表日を入力してください。")],
        description="この日から算定に使えます。" + _DATES,
    )


class CloseForm(SeenForm, PublishedForm):
    """締切り."""


# ---- reading -------------------------------------------------------------------------------------


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return render_template(
        "base_rounds.html",
        rounds=base_rounds.list_rounds(context.viewer()),
        today=context.today(),
        round_title=round_title,
        may_write=may("base_rounds.add"),
    )


@pages.get("/<uuid:round_id>")
@guarded
def show(round_id: str) -> ResponseReturnValue:
    asked = base_rounds.show_round(context.viewer(), round_id)
    return render_template(
        "base_round.html",
        asked=asked,
        found=asked.round,
        title=round_title(asked),
        rows=[(town, asked.round.latest(town.code)) for town in asked.towns],
        great={town.code: _great(asked, town.code) for town in asked.towns},
        intent_names=base_figures.INTENTS,
        exact=write_value,
        passed_over=passed_over(context.viewer(), asked),
        today=context.today(),
        may_write=may("base_rounds.add"),
    )


def _great(asked: Asked, code: str) -> tuple[str, ...]:
    latest = asked.round.latest(code)
    return base_figures.remarkable(asked, code, latest.figures) if latest else ()


# ---- changing ------------------------------------------------------------------------------------


def _round_form(series: dict[str, str], today: date) -> RoundForm:
    """Make the form with a box for each series; the coming fiscal year stands first."""
    boxes = {_SERIES + key: BooleanField(label) for key, label in series.items()}
    this = FiscalYear.containing(today)
    form: RoundForm = type("RoundForm", (RoundForm,), boxes)()
    years = (FiscalYear(this.start_year + 1), this)
    form.year.offer((str(each.start_year), fiscal_year_label(each)) for each in years)
    return form


@pages.route("/new", methods=["GET", "POST"])
@guarded
def add() -> ResponseReturnValue:
    viewer = context.viewer()
    series = base_rounds.series_to_ask(viewer)
    form = _round_form(series, context.today())
    status = 400
    if form.validate_on_submit():
        try:
            round_id = base_rounds.open_round(
                viewer, form.entry(), context.now(), form.record_id.data
            )
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
            status = 409 if isinstance(error, InvalidTransitionError) else 400
        else:
            flash("基礎数値の提出を依頼しました。各団体の画面に表示します。", "success")
            return redirect(url_for(".show", round_id=round_id))
    form.renew()
    page = Page(
        "基礎数値の提出を依頼する",
        "選んだ算定基礎の値と、翌年度の利用意向を、すべての団体に求めます。",
        ("基礎数値の提出", url_for(".index")),
        (("year",), *((_SERIES + key,) for key in series), ("reference_on", "due_on"), ("note",)),
        submit="依頼する",
    )
    drawn = make_response(form_page(form, page))
    drawn.status_code = status if form.errors else 200
    return drawn


@pages.route("/<uuid:round_id>/figures/<code:code>", methods=["GET", "POST"])
@guarded
def enter(round_id: str, code: str) -> ResponseReturnValue:
    return entered(round_id, code, _place(round_id, code))


@pages.get("/<uuid:round_id>/form.xlsx")
@guarded
def forms(round_id: str) -> ResponseReturnValue:
    return handed_out(figure_files.form_of_round(context.viewer(), round_id))


@pages.get("/<uuid:round_id>/figures/<code:code>/form.xlsx")
@guarded
def form(round_id: str, code: str) -> ResponseReturnValue:
    return handed_out(figure_files.form_of_town(context.viewer(), round_id, code))


@pages.post("/<uuid:round_id>/figures/<code:code>/file")
@guarded
def upload(round_id: str, code: str) -> ResponseReturnValue:
    return taken(round_id, code, _place(round_id, code))


def _place(round_id: str, code: str) -> Place:
    asked = base_rounds.show_round(context.viewer(), round_id)
    back = url_for(".show", round_id=round_id)
    crumbs = (("基礎数値の提出", url_for(".index")), (round_title(asked), back))
    names = ("enter", "form", "upload")
    addresses = [url_for(f".{name}", round_id=round_id, code=code) for name in names]
    return Place(crumbs, back, *addresses)


@pages.route("/<uuid:round_id>/close", methods=["GET", "POST"])
@guarded
def close(round_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    asked = base_rounds.show_round(viewer, round_id)
    form = CloseForm(data={"row_version": asked.round.row_version, "published_on": context.today()})
    if form.validate_on_submit():
        try:
            filled = base_rounds.close_round(
                viewer,
                round_id,
                form.row_version.data,
                form.published_on.data,
                context.now(),
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            more = f"{'・'.join(filled)}の値は、見込で補いました。" if filled else ""
            flash(f"締め切り、算定基礎の版を作りました。{more}", "success")
            _warn_of_rules(round_id)
            return redirect(url_for(".show", round_id=round_id))
    return _editions_page(asked, form, "締め切る", asked.missing)


@pages.route("/<uuid:round_id>/late", methods=["GET", "POST"])
@guarded
def late(round_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    asked = base_rounds.show_round(viewer, round_id)
    form = PublishedForm(data={"published_on": context.today()})
    if form.validate_on_submit():
        try:
            taken = base_rounds.take_late(viewer, round_id, form.published_on.data, context.now())
        except BadInputError as error:
            show_refusal(form, error)
        else:
            used = "" if _warn_of_rules(round_id) else "次の算定から使います。"
            done = f"{'・'.join(taken)}の値を取り込み、新しい版を作りました。{used}"
            flash(done, "success")
            return redirect(url_for(".show", round_id=round_id))
    return _editions_page(asked, form, "遅れた提出を取り込む", asked.missing)


def _warn_of_rules(round_id: str) -> bool:
    """Name the rules that will not use the editions just made; True where there is one."""
    viewer = context.viewer()
    found = passed_over(viewer, base_rounds.show_round(viewer, round_id))
    for each in found:
        flash(each.words, "warning")
    return bool(found)


def _editions_page(
    asked: Asked, form: PublishedForm, title: str, filled: tuple[Any, ...]
) -> ResponseReturnValue:
    """Show the editions that would be made, before they are."""
    rendered = render_template(
        "base_round_close.html",
        asked=asked,
        form=form,
        title=title,
        round_name=round_title(asked),
        values={key: asked.filled(key) for key in asked.round.series},
        filled=filled,
        exact=write_value,
    )
    return rendered, 400 if form.errors else 200
