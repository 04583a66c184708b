"""算定の比較: choose two runs, see who pays what more or less and what changed before."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.validators import InputRequired, ValidationError

from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import NotFoundError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.sharing.causes import Causes
from consortium.usecases import comparing, matrix
from consortium.usecases.comparing import ComparingPage
from consortium.usecases.runs import Run
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.forms import PortalForm
from consortium.web.inbox import handed_out
from consortium.web.waterfall import Waterfall, waterfall


class TwoRunsForm(PortalForm):
    """二つの算定の選択: a question, nothing is changed, so it needs no token."""

    class Meta(PortalForm.Meta):
        """Sent as GET."""

        csrf = False

    old = SelectField(
        "前の算定", [InputRequired("前の算定を選んでください。")], validate_choice=False
    )
    new = SelectField(
        "後の算定", [InputRequired("後の算定を選んでください。")], validate_choice=False
    )

    def validate_new(self, field: SelectField) -> None:
        """Refuse one run chosen twice."""
        if field.data and field.data == self.old.data:
            raise ValidationError("前と同じ算定です。別の算定を選んでください。")


@guarded
def compare() -> ResponseReturnValue:
    form = TwoRunsForm(request.args)
    old_id, new_id = (_id_of(field.data) for field in (form.old, form.new))
    page = comparing.show_comparison(context.viewer(), old_id, new_id)
    name = partial(_name, page)
    form.old.choices = form.new.choices = [("", "選んでください")] + [
        (run.id, f"{name(run)}（{run.state_name}）") for run in page.runs
    ]
    # A link may bring one run of the two; the form always sends both.
    is_asked = {"old", "new"} <= request.args.keys()
    status = 400 if is_asked and not form.validate() else 200
    return _drawn(page, form, name), status


def _drawn(page: ComparingPage, form: TwoRunsForm, name: Callable[[Run], str]) -> str:
    compared, chosen = page.compared, request.args.get("member", "")
    two: dict[str, Any] = {"old": page.old.id, "new": page.new.id} if page.old and page.new else {}
    return render_template(
        "run_compare.html",
        page=page,
        form=form,
        name=name,
        inputs=comparing.changed_inputs(compared, page.year_labels) if compared else [],
        columns=[(member.name, "num") for member in compared.members] if compared else [],
        months_text=matrix.months_text,
        why=partial(url_for, "runs.why"),
        workbook_url=url_for("runs.causes", **two),
        member_url=f"{url_for('runs.compare', **two)}&member=",
        picture=causes_picture(page.causes, chosen) if page.causes else None,
    )


class Picture(NamedTuple):
    """The waterfall of a member, or of all of them (要因分解の図)."""

    who: str
    drawn: Waterfall


def causes_picture(found: Causes, code: str) -> Picture:
    """Draw the causes of a member's difference; of the whole where none such is known."""
    names = {member.code: member.name for member in found.members}
    parts = found.of(code) if code in names else [line.total for line in found.shown]
    bars = [(line.name, yen) for line, yen in zip(found.shown, parts, strict=True)]
    return Picture(names.get(code, "合計"), waterfall(bars))


@guarded
def causes() -> ResponseReturnValue:
    old_id, new_id = (_id_of(request.args.get(side)) for side in ("old", "new"))
    return handed_out(comparing.causes_workbook(context.viewer(), old_id, new_id, context.now()))


def _id_of(given: str | None) -> str | None:
    """Read an id from the address; what is none names no run."""
    if not given:
        return None
    try:
        return str(UUID(given))
    except ValueError:
        raise NotFoundError(
            "二つの算定を比べようとしました。",
            "算定の番号が正しくありません。",
            "一覧から選び直してください。",
        ) from None


def _name(page: ComparingPage, run: Run) -> str:
    year = fiscal_year_label(run.year, page.year_labels)
    return f"{year} {STAGES[run.stage]} 第{run.edition}版"
