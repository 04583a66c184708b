"""新しい版・新しい負担ルール: enter, try, then register (負担ルールの入力).

Every button posts the whole form. A version is registered only after the page has shown what it
changes: `seen` says which content was tried. A script (static/js/preview.js) asks for the same
trial while one types, and takes `#trial` out of the answer.
"""

import re
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, DuplicateError
from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.dating import DATINGS
from consortium.domain.sharing.proration import PRORATIONS
from consortium.usecases import rule_trials, rule_versions
from consortium.usecases.rule_trials import Trial
from consortium.usecases.rule_versions import Component, Editor, Place, Rule, RuleVersion
from consortium.usecases.rules import RESIDUAL_NOTES
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.forms import show_refusal
from consortium.web.rule_form import HeadForm, RuleForm, head_data
from consortium.web.rule_part import PartForm, part_data
from consortium.web.rules import pages as pages

#: More components than this no agreement has.
MOST_PARTS: Final = 12
#: The header of a request that may try and nothing else.
PREVIEW: Final = "X-Preview"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)

#: Registers a version that was read from the form and gives its rule.
Save = Callable[[HeadForm, RuleVersion], Rule]


@pages.route("/<uuid:rule_id>/new", methods=["GET", "POST"])
@guarded
def add_version(rule_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    editor = rule_versions.show_editor(viewer, rule_id, context.today())

    def save(head: HeadForm, new: RuleVersion) -> Rule:
        return rule_versions.add_version(viewer, rule_id, new, context.now())

    return _edit(editor, save)


@pages.route("/new", methods=["GET", "POST"])
@guarded
def create() -> ResponseReturnValue:
    viewer = context.viewer()
    editor = rule_versions.show_new(viewer, context.today())

    def save(head: HeadForm, new: RuleVersion) -> Rule:
        name, subject = head.name.data, head.subject.data
        return rule_versions.create_rule(viewer, name, subject, new, context.now())

    return _edit(editor, save)


def _edit(editor: Editor, save: Save) -> ResponseReturnValue:
    form = _form(editor)
    asked = _asked()
    if asked in ("", "add") or asked.startswith("remove-"):
        return _page(editor, form, None)
    draft = _read(form, editor)
    if draft is None:
        return _page(editor, form, None)
    rule, version = draft
    seen = _mark(version)
    if asked == "save" and request.form.get("seen") == seen:
        try:
            saved = save(form.head, version)
        except (BadInputError, DuplicateError) as error:
            _show(form, error)
            return _page(editor, form, None)
        flash(_told(saved, version), "success")
        return redirect(url_for(".show", rule_id=saved.id))
    trial = rule_trials.try_version(
        context.viewer(), rule, version, _place(editor, form.head), context.today()
    )
    return _page(editor, form, trial, seen, is_changed=asked == "save")


def _asked() -> str:
    """Name the button that was pressed; the script of the live preview has only one."""
    if request.method == "GET":
        return ""
    return "try" if PREVIEW in request.headers else request.form.get("do", "try")


def _told(rule: Rule, version: RuleVersion) -> str:
    if version.since > context.today():
        return f"負担ルール「{rule.name}」の版を登録しました。施行日までは「予定」です。"
    return f"負担ルール「{rule.name}」の版を登録しました。"


def _mark(version: RuleVersion) -> str:
    """Name the content of a version, so that what was tried is what is registered."""
    return sha256_hex(repr(version))


def _place(editor: Editor, head: HeadForm) -> Place:
    for place in editor.places:
        if place.key == head.place.data:
            return place
    # No costs yet: an example is shared in the year the version begins.
    return Place(FiscalYear.containing(head.since.data), "final", "例")


# ---- the form ------------------------------------------------------------------------------------


def _form(editor: Editor) -> RuleForm:
    """Fill the form with what was sent, else with the version that applies now."""
    base = editor.version_on(context.today())
    head = HeadForm(data=head_data(base))
    head.offer(editor)
    if request.method == "GET":
        components = base.components if base else ()
        parts = [_part(editor, n, each) for n, each in enumerate(components, start=1)]
        return RuleForm(head, parts or [_part(editor, 1, None)])
    parts = [_sent(editor, number) for number in _numbers()]
    if _asked() == "add" and len(parts) < MOST_PARTS:
        parts.append(_part(editor, max((each.number for each in parts), default=0) + 1, None))
    return RuleForm(head, parts)


def _numbers() -> list[int]:
    """Give the numbers of the parts that were sent, without the one to be removed."""
    sent = dict.fromkeys(text for text in request.form.getlist("part") if _NUMBER.fullmatch(text))
    gone = _asked().removeprefix("remove-")
    return [int(text) for text in sent if text != gone][:MOST_PARTS]


def _part(editor: Editor, number: int, component: Component | None) -> PartForm:
    part = PartForm(number, editor)
    part.process(data=part_data(component))
    return part


def _sent(editor: Editor, number: int) -> PartForm:
    part = PartForm(number, editor)
    part.process(request.form, data=part_data(None))
    return part


def _read(form: RuleForm, editor: Editor) -> tuple[Rule, RuleVersion] | None:
    """Read the version; None if something is wrong, which then stands at its field."""
    if not form.check():
        return None
    try:
        components = tuple(_components(form))
        version = RuleVersion(
            form.head.form_key.data,
            form.head.since.data,
            form.head.source,
            form.head.rounding,
            form.head.proration.data,
            components,
            form.head.leaving.data,
        )
        codes = {str(town.code) for town in editor.members}
        subject = "" if editor.rule else form.head.subject.data
        rule = editor.subject_rule(subject)
        rule_versions.check_version(rule, version, editor.series, codes)
        return rule, version
    except BadInputError as error:
        _show(form, error)
        return None


def _components(form: RuleForm) -> list[Component]:
    found = []
    for position, part in enumerate(form.parts, start=1):
        try:
            found.append(part.component(position))
        except BadInputError as error:
            path = f"components[{position - 1}].{error.path}"
            raise BadInputError(error.asked, error.found, error.todo, path=path) from None
    return found


_PATH: Final = re.compile(r"components\[(\d+)\]\.(\w+)")


def _show(form: RuleForm, error: BadInputError | DuplicateError) -> None:
    """Put a refusal at the field of the component it is about, or of the head."""
    match = _PATH.fullmatch(error.path) if isinstance(error, BadInputError) else None
    if match and match[2] in form.parts[int(match[1])]:
        field = form.parts[int(match[1])][match[2]]
        field.errors = [*field.errors, f"{error.found}{error.todo}"]
        return
    show_refusal(form.head, error)


def _page(
    editor: Editor,
    form: RuleForm,
    trial: Trial | None,
    seen: str = "",
    *,
    is_changed: bool = False,
) -> ResponseReturnValue:
    is_live = PREVIEW in request.headers
    if form.head.form_key.errors:
        # What is told there is to send it once more: that has to be another version.
        form.head.form_key.data = str(uuid4())
    page = render_template(
        "rule_editor.html",
        editor=editor,
        form=form,
        head=form.head,
        trial=trial,
        seen=seen,
        is_changed=is_changed,
        is_live=is_live,
        is_stale=trial is None and request.method == "POST" and not form.errors,
        bases=BASES,
        datings=DATINGS,
        prorations=PRORATIONS,
        residual_notes=RESIDUAL_NOTES,
        may_add=len(form.parts) < MOST_PARTS,
        back=url_for(".show", rule_id=editor.rule.id) if editor.rule else url_for(".index"),
    )
    # Somebody who is still typing has done nothing wrong.
    return page, 400 if form.errors and not is_live else 200
