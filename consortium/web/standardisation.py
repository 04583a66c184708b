"""標準化: 20 業務 and the towns of a month, what is asked about them, 特定移行."""

from fractions import Fraction

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.domain.standardisation.business import STATES
from consortium.domain.standardisation.progress import Cell
from consortium.usecases import standardisation
from consortium.usecases.standardisation import GAP, ORDERS, STEPS
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.inbox import handed_out
from consortium.web.rights import may

pages = Blueprint("standardisation", __name__, url_prefix="/standardisation")


class GapForm(PortalForm):
    """差の目安."""

    gap = IntegerField(
        "差の目安",
        [InputRequired("何ステップ離れたら指摘するかを入力してください。")],
        description="同じ共同クラウドの団体どうしが、このステップ数以上離れたら指摘します。",
    )


def month_asked() -> Month | None:
    """Give the month of the address, None where none is named; what is no month does not exist.

    Raises: NotFoundError.
    """
    text = request.values.get("month", "")
    if not text:
        return None
    try:
        return Month.parse(text)
    except BadInputError as error:
        raise NotFoundError(error.asked, "この月はありません。", "選び直してください。") from None


def segments(cell: Cell) -> list[tuple[str, int, int]]:
    """Give the parts of a cell's bar, each with where it begins and how long it is, of 40.

    Without the town's own entry only the published count is known: 完了 and the rest.
    """
    if cell.is_left_out:
        return [("na", 0, STEPS)]
    counts = {state: cell.count(state) for state in STATES} if cell.states else {"done": cell.steps}
    kinds = {"done": "done", "not_applicable": "na", "working": "working"}
    found, place = [], 0
    for state, kind in kinds.items():
        if count := counts.get(state, 0):
            found.append((kind, place, count))
            place += count
    return found


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    order = request.args.get("order", "")
    try:
        page = standardisation.show_matrix(context.viewer(), month_asked(), order)
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    return _matrix(
        page, GapForm(formdata=None, data={"gap": page.board.published.gap if page else GAP})
    )


def _matrix(page: standardisation.MatrixPage | None, form: GapForm) -> ResponseReturnValue:
    rendered = render_template(
        "standardisation.html",
        page=page,
        form=form,
        links=_links(page),
        orders=_orders(page),
        month_name=wareki_month,
        segments=segments,
        read_as=standardisation.read_as_of,
        percent=standardisation.percent,
        states=STATES,
        percent_of=lambda part, whole: standardisation.percent(Fraction(part, whole)),
        states_columns=[(name, "num") for name in STATES.values()],
        origin=standardisation.origin,
        sentences=standardisation.sentences(page) if page else [],
        may_import=may("standardisation.take_in"),
        may_set=may("standardisation.set_gap"),
    )
    return rendered, 400 if form.errors else 200


def _links(page: standardisation.MatrixPage | None) -> list[dict[str, object]]:
    if page is None:
        return []
    months = page.board.published.months(page.board.snapshot.kind)
    return [
        {
            "label": wareki_month(each),
            "url": url_for(".index", month=each, order=page.order),
            "current": each == page.board.month,
        }
        for each in months
    ]


def _orders(page: standardisation.MatrixPage | None) -> list[dict[str, object]]:
    if page is None:
        return []
    return [
        {
            "label": name,
            "url": url_for(".index", month=page.board.month, order=key),
            "current": key == page.order,
        }
        for key, name in ORDERS.items()
    ]


@pages.post("/gap")
@guarded
def set_gap() -> ResponseReturnValue:
    form = GapForm()
    if form.validate_on_submit():
        try:
            standardisation.change_gap(context.viewer(), form.gap.data, context.now())
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"差の目安を{form.gap.data}ステップにしました。", "success")
            return redirect(url_for(".index"))
    return _matrix(standardisation.show_matrix(context.viewer(), None, ""), form)


@pages.get("/workbook")
@guarded
def workbook() -> ResponseReturnValue:
    order = request.args.get("order", "")
    try:
        found = standardisation.export(context.viewer(), month_asked(), order)
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    if found is None:
        return failure_page(404, text="公表値が、まだ取り込まれていません。")
    return handed_out(found)


@pages.get("/special")
@guarded
def special() -> ResponseReturnValue:
    try:
        page = standardisation.show_special(context.viewer(), month_asked())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    return render_template(
        "standardisation_special.html",
        page=page,
        month_name=wareki_month,
        reasons=standardisation.REASONS,
        links=[
            {
                "label": wareki_month(each),
                "url": url_for(".special", month=each),
                "current": page.snapshot is not None and each == page.snapshot.month,
            }
            for each in page.months
        ],
        may_import=may("standardisation.take_in"),
    )
