"""議会会期・総会: a council's sessions of a calendar year, and the plans that they would move."""

from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.usecases import council_sessions
from consortium.usecases.council_sessions import (
    ASSEMBLY,
    CERTAINTIES,
    SESSION_KINDS,
    Effect,
    SessionEntry,
    SessionYear,
)
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.rights import may
from consortium.web.year_links import calendar_year_links

pages = Blueprint("council_sessions", __name__, url_prefix="/council-sessions")

#: So many empty lines are offered below the sessions of the year.
_SPARE: Final = 2
#: More votes than this no council takes in a year.
_MOST: Final = 40
#: What a line has besides its day (会期の列).
_DAYS: Final = {"decision": "議決日", "opens": "開会日", "closes": "閉会日"}


class YearForm(PortalForm):
    """一団体の一年の会期; `year_form()` adds the fields of each line."""

    seen = StringField(
        "見た内容", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )

    def numbers(self) -> list[int]:
        """Number the lines that the form has fields for."""
        return [no for no in range(1, _MOST + 1) if f"decision-{no}" in self]

    def lines(self) -> list[tuple[int, SessionEntry]]:
        """Give the lines with a day of the vote, each with its number.

        Raises: BadInputError for a line that has other days only.
        """
        found = []
        for no in self.numbers():
            day, opens, closes = (self[f"{part}-{no}"].data for part in _DAYS)
            if day is None:
                if opens is not None or closes is not None:
                    raise BadInputError(
                        "会期を読みました。", "議決日がありません。",
                        "議決日を入力するか、行を空欄にしてください。", path=f"decision-{no}",
                    )  # fmt: skip
                continue
            entry = SessionEntry(
                self[f"kind-{no}"].data, day, opens, closes, self[f"certainty-{no}"].data,
                self[f"source-{no}"].data, self[f"id-{no}"].data or "",
            )  # fmt: skip
            found.append((no, entry))
        return found


def year_form(page: SessionYear) -> YearForm:
    """Make the form with fields for each session of the year and some more."""
    sent = [no for no in range(1, _MOST + 1) if request.form.get(f"decision-{no}")]
    count = min(_MOST, max(len(page.sessions), *sent, 0) + _SPARE)
    kinds = SESSION_KINDS[2:] if page.code == ASSEMBLY else SESSION_KINDS[:2]
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {"seen": page.mark}
    for no in range(1, count + 1):
        fields[f"id-{no}"] = StringField("行", widget=HiddenInput())
        for part, label in _DAYS.items():
            fields[f"{part}-{no}"] = WarekiDateField(f"{no}行目の{label}", validators=[Optional()])
        for part, label in (("kind", "種類"), ("certainty", "確度")):
            fields[f"{part}-{no}"] = ChoiceField(f"{no}行目の{label}")
        checks = [Plain("根拠", 200, is_required=False)]
        fields[f"source-{no}"] = StringField(f"{no}行目の根拠", checks, filters=[plain_text])
        data |= {f"kind-{no}": kinds[0], f"certainty-{no}": CERTAINTIES[1]}
    for no, each in enumerate(page.sessions, start=1):
        data |= {
            f"id-{no}": each.id, f"kind-{no}": each.kind, f"decision-{no}": each.decision_on,
            f"opens-{no}": each.opens_on, f"closes-{no}": each.closes_on,
            f"certainty-{no}": each.certainty, f"source-{no}": each.source,
        }  # fmt: skip
    form: YearForm = type("YearForm", (YearForm,), fields)(data=data)
    for no in form.numbers():
        form[f"kind-{no}"].offer((kind, kind) for kind in kinds)
        form[f"certainty-{no}"].offer((word, word) for word in CERTAINTIES)
    return form


# ---- pages ---------------------------------------------------------------------------------------


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return redirect(url_for(".year", calendar_year=context.today().year))


@pages.get("/<int:calendar_year>")
@guarded
def year(calendar_year: int) -> ResponseReturnValue:
    try:
        page = council_sessions.show_sessions(context.viewer(), calendar_year)
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    return render_template(
        "council_sessions.html",
        page=page,
        links=calendar_year_links(calendar_year, context.today()),
        edit_url=_edit_url,
        may_write=may("council_sessions.edit"),
    )


def _edit_url(row: SessionYear) -> str:
    if row.code == ASSEMBLY:
        return url_for(".edit_assembly", calendar_year=row.year)
    return url_for(".edit", calendar_year=row.year, code=row.code)


@pages.route("/<int:calendar_year>/<code:code>", methods=["GET", "POST"])
@guarded
def edit(calendar_year: int, code: str) -> ResponseReturnValue:
    return _edit(calendar_year, code)


@pages.route("/<int:calendar_year>/assembly", methods=["GET", "POST"])
@guarded
def edit_assembly(calendar_year: int) -> ResponseReturnValue:
    return _edit(calendar_year, ASSEMBLY)


def _edit(calendar_year: int, code: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = council_sessions.show_year(viewer, code, calendar_year)
    form = year_form(page)
    effects: tuple[Effect, ...] | None = None
    status = 200
    if form.validate_on_submit():
        numbers: list[int] = []
        try:
            lines = form.lines()
            numbers = [no for no, _ in lines]
            entries = [entry for _, entry in lines]
            if "check" not in request.form:
                council_sessions.save_year(
                    viewer, code, calendar_year, form.seen.data, entries, context.now()
                )
                flash(f"{page.name}の{calendar_year}年の会期を保存しました。", "success")
                return redirect(url_for(".year", calendar_year=calendar_year))
            effects = council_sessions.show_effects(
                viewer, code, calendar_year, entries, context.today()
            )
        except BadInputError as error:
            show_refusal(form, _at_field(error, numbers))
        except StaleError as error:
            status = 409
            form.form_errors.append(f"{error.found}{error.todo}")
    rendered = render_template("council_sessions_edit.html", form=form, page=page, effects=effects)
    return rendered, status if status != 200 or not form.errors else 400


def _at_field(error: BadInputError, numbers: list[int]) -> BadInputError:
    """Name the field of a refusal about the n-th line that was kept."""
    part, _, place = error.path.rpartition("-")
    if numbers and place.isdigit():
        error.path = f"{part}-{numbers[int(place) - 1]}"
    return error
