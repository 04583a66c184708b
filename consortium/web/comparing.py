"""算定の比較: choose two runs, see who pays what more or less and what changed before."""

from functools import partial
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.validators import InputRequired, ValidationError

from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import NotFoundError
from consortium.domain.fiscalyear.run import STAGES, STATES
from consortium.usecases import comparing, matrix
from consortium.usecases.comparing import ComparingPage
from consortium.usecases.runs import Run
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.forms import PortalForm


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
        (run.id, f"{name(run)}（{STATES[run.state]}）") for run in page.runs
    ]
    # A link may bring one run of the two; the form always sends both.
    is_asked = {"old", "new"} <= request.args.keys()
    status = 400 if is_asked and not form.validate() else 200
    compared = page.compared
    drawn = render_template(
        "run_compare.html",
        page=page,
        form=form,
        name=name,
        inputs=comparing.changed_inputs(compared, page.year_labels) if compared else [],
        columns=[(member.name, "num") for member in compared.members] if compared else [],
        months_text=matrix.months_text,
        why=partial(url_for, "runs.why"),
    )
    return drawn, status


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
