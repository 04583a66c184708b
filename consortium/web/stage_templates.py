"""工程雛形: versions of the stage templates, editing one into the next, busy weeks, other cases."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.onboarding.network import WINDOW_KINDS
from consortium.domain.onboarding.plan import LEGAL_FORMS, OWNERS, PHASES
from consortium.usecases import busy_periods, stage_templates
from consortium.usecases.stage_templates import COLUMNS, TITLES, TemplateEntry, TemplatePage
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import ChoiceField, Plain, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.records import NewRecordForm
from consortium.web.rights import may

pages = Blueprint("stage_templates", __name__, url_prefix="/stage-templates")

#: So many empty lines are offered below those of the template; more come with each save.
_SPARE: Final = 3
#: More stages than this no form has.
_MOST: Final = 120
#: What a column holds, where it is one of a few words.
_WORDS: Final = {
    "owner": {word: word for word in OWNERS},
    "phase": {word: word for word in PHASES},
    "window": {"": "なし", **WINDOW_KINDS},
}
_NEW_LINE: Final = {"owner": "両者", "phase": "導入・移行"}
_CHANGES: Final = {"added": "追加", "removed": "削除", "changed": "変更"}


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    viewer = context.viewer()
    lines = stage_templates.list_templates(viewer)
    return render_template(
        "stage_templates.html",
        lines=lines,
        is_missing=any(not line.versions for line in lines),
        busy=busy_periods.show_periods(viewer),
        observed=busy_periods.observed(),
        may_write=may("stage_templates.edit"),
    )


@pages.post("/take")
@guarded
def take() -> ResponseReturnValue:
    stage_templates.take_shipped(context.viewer(), context.now())
    flash("同梱の雛形を登録しました。", "success")
    return redirect(url_for(".index"))


@pages.get("/<uuid:template_id>")
@guarded
def show(template_id: str) -> ResponseReturnValue:
    older = request.args.get("older", "")
    page = stage_templates.show_template(context.viewer(), template_id, older)
    return render_template(
        "stage_template.html",
        page=page,
        rows=[in_words(row) for row in page.rows],
        titles=TITLES,
        changes=_CHANGES,
        forms=legal_form_label,
        windows=WINDOW_KINDS,
        may_write=may("stage_templates.edit"),
    )


@pages.post("/<uuid:template_id>/retire")
@guarded
def retire(template_id: str) -> ResponseReturnValue:
    is_retired = request.form.get("is_retired") == "1"
    try:
        found = stage_templates.set_retired(
            context.viewer(), template_id, context.now(), is_retired=is_retired
        )
    except InvalidTransitionError as error:
        flash(str(error), "error")
    else:
        done = "新しい工程に使わない" if is_retired else "新しい工程に使う"
        flash(f"「{found.name}」第{found.version}版を、{done}ことにしました。", "success")
    return redirect(url_for(".show", template_id=template_id))


# ---- the next version ----------------------------------------------------------------------------


class TemplateForm(NewRecordForm):
    """工程雛形の新しい版; `template_form()` adds the fields of each line."""

    template_name = StringField("雛形名", [Plain("雛形名", 60)], filters=[plain_text])
    source = StringField(
        "根拠",
        [Plain("根拠", 300)],
        filters=[plain_text],
        description="業務日の根拠と、何を変えたか。例：給与系の並行稼働を60業務日に変更（令和8年12月の打合せ）",
    )

    def numbers(self) -> list[int]:
        """Number the lines that the form has fields for."""
        return [no for no in range(1, _MOST + 1) if f"code-{no}" in self]

    def lines(self) -> list[tuple[int, dict[str, str]]]:
        """Give the lines kept, each with its number; empty ones and removed ones are left out."""
        found = []
        for no in self.numbers():
            row = {column: self[f"{column}-{no}"].data or "" for column in COLUMNS}
            if not self[f"gone-{no}"].data and (row["code"] or row["name"]):
                found.append((no, row))
        return found


def template_form(page: TemplatePage) -> TemplateForm:
    """Make the form with fields for each line, filled with the version it goes on from."""
    sent = [no for no in range(1, _MOST + 1) if request.form.get(f"code-{no}")]
    count = min(_MOST, max(len(page.rows), *sent, 0) + _SPARE)
    forms = _legal_forms(page)
    fields: dict[str, Any] = {}
    data: dict[str, str] = {"template_name": page.template.name}
    for no in range(1, count + 1):
        row = (
            page.rows[no - 1] if no <= len(page.rows) else {"owner": "両者", "phase": "導入・移行"}
        )
        for column in COLUMNS:
            label = f"{no}行目の{TITLES[column]}"
            is_chosen = column in _WORDS or column == "legal_forms"
            fields[f"{column}-{no}"] = ChoiceField(label) if is_chosen else StringField(label)
            data[f"{column}-{no}"] = row.get(column, "")
        fields[f"gone-{no}"] = BooleanField(f"{no}行目を外す")
    form: TemplateForm = type("TemplateForm", (TemplateForm,), fields)(data=data)
    for no in form.numbers():
        for column, words in _WORDS.items():
            form[f"{column}-{no}"].offer(words.items())
        form[f"legal_forms-{no}"].offer(forms.items())
    return form


def _legal_forms(page: TemplatePage) -> dict[str, str]:
    """Offer every form, one alone, and the combinations that the version has."""
    several = {row["legal_forms"] for row in page.rows}
    return {words: legal_form_label(words) for words in ("", *LEGAL_FORMS, *sorted(several))}


def legal_form_label(words: str) -> str:
    """Name the legal forms under which a stage appears (法的な形)."""
    return "・".join(LEGAL_FORMS.get(word, word) for word in words.split()) or "すべて"


def in_words(row: Mapping[str, str]) -> dict[str, str]:
    """Say a line as the page shows it (工程の一行)."""
    window = WINDOW_KINDS.get(row["window"], "")
    return {**row, "window": window, "legal_forms": legal_form_label(row["legal_forms"])}


@pages.route("/<uuid:template_id>/edit", methods=["GET", "POST"])
@guarded
def edit(template_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = stage_templates.show_template(viewer, template_id)
    form = template_form(page)
    status = 200
    if form.validate_on_submit():
        lines = form.lines()
        entry = TemplateEntry(
            form.record_id.data, form.template_name.data, form.source.data,
            [row for _, row in lines],
        )  # fmt: skip
        try:
            new = stage_templates.save_version(viewer, template_id, entry, context.now())
        except BadInputError as error:
            show_refusal(form, _at_field(error, [no for no, _ in lines]))
        except StaleError as error:
            status = 409
            form.form_errors.append(f"{error.found}{error.todo}")
        else:
            flash(f"工程雛形「{new.name}」の第{new.version}版を保存しました。", "success")
            return redirect(url_for(".show", template_id=new.id))
    form.renew()
    rendered = render_template(
        "stage_template_edit.html", form=form, page=page, columns=COLUMNS, titles=TITLES
    )
    return rendered, status if status != 200 or not form.errors else 400


def _at_field(error: BadInputError, numbers: list[int]) -> BadInputError:
    """Name the field of a refusal about `rows[3].predecessors`."""
    place, _, column = error.path.partition("].")
    if column:
        error.path = f"{column}-{numbers[int(place.removeprefix('rows['))]}"
    return error


# ---- busy weeks ----------------------------------------------------------------------------------


class BusyForm(PortalForm):
    """繁忙期; `busy_form()` adds the fields of each line."""

    seen = StringField(
        "見た内容", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )

    def numbers(self) -> list[int]:
        """Number the lines that the form has fields for."""
        return [no for no in range(1, _MOST + 1) if f"name-{no}" in self]

    def entries(self) -> list[busy_periods.Entry]:
        """Give every line as typed."""
        return [
            busy_periods.Entry(*(self[f"{part}-{no}"].data or "" for part in _BUSY))
            for no in self.numbers()
        ]


#: What a line of the busy weeks has (繁忙期の列).
_BUSY: Final = {"name": "業務", "first": "初日", "last": "末日", "source": "根拠"}


def busy_form(page: busy_periods.BusyPage) -> BusyForm:
    """Make the form with fields for each line and two more."""
    fields: dict[str, Any] = {}
    data = {"seen": page.mark}
    for no in range(1, len(page.periods) + _SPARE):
        for part, label in _BUSY.items():
            checks = [Plain(label, 100, is_required=False)]
            fields[f"{part}-{no}"] = StringField(f"{no}行目の{label}", checks, filters=[plain_text])
    for no, each in enumerate(page.periods, start=1):
        first, last = (f"{month}月{day}日" for month, day in (each.first, each.last))
        data |= {f"name-{no}": each.name, f"first-{no}": first, f"last-{no}": last}
        data |= {f"source-{no}": each.source}
    form: BusyForm = type("BusyForm", (BusyForm,), fields)(data=data)
    return form


@pages.route("/busy", methods=["GET", "POST"])
@guarded
def edit_busy() -> ResponseReturnValue:
    viewer = context.viewer()
    form = busy_form(busy_periods.show_periods(viewer))
    status = 200
    if form.validate_on_submit():
        try:
            busy_periods.save_periods(viewer, form.seen.data, form.entries(), context.now())
        except BadInputError as error:
            show_refusal(form, error)
        except StaleError as error:
            status = 409
            form.form_errors.append(f"{error.found}{error.todo}")
        else:
            flash("繁忙期を保存しました。", "success")
            return redirect(url_for(".index"))
    rendered = render_template("busy_periods_edit.html", form=form, parts=_BUSY)
    return rendered, status if status != 200 or not form.errors else 400
