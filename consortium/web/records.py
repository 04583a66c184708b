"""The pages of one record (登録・編集・削除): a form, what changed meanwhile, a question first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import render_template
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError
from consortium.web.forms import PortalForm, show_refusal

#: Field names, those of one row together.
Rows = Sequence[tuple[str, ...]]


class NewRecordForm(PortalForm):
    """A new record: brings its id, so that sending the form twice adds one."""

    record_id = StringField("入力画面", widget=HiddenInput())

    def validate_record_id(self, field: StringField) -> None:
        """Refuse what no form of ours has sent."""
        # Left out, the field would keep the id made for this very request.
        if not field.raw_data or not _is_id(field.data):
            raise ValidationError(
                "この入力画面は使えません。内容を確かめて、もう一度送ってください。"
            )

    def renew(self) -> None:
        """Give a fresh form, or a refused one, an id of its own."""
        if not self.record_id.data or self.record_id.errors:
            self.record_id.data = str(uuid4())


class SeenForm(PortalForm):
    """A form about a record as it was seen."""

    row_version = IntegerField(
        "版", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )

    def see(self, row_version: int) -> None:
        """Let the form, sent again, replace what was saved meanwhile."""
        self.row_version.raw_data = None
        self.row_version.data = row_version


class RemoveForm(SeenForm):
    """削除."""


def _is_id(text: str | None) -> bool:
    try:
        return str(UUID(text or "")) == text
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a record says around its form."""

    title: str
    lead: str
    #: name and address of the list it belongs to
    back: tuple[str, str]
    rows: Rows = ()
    submit: str = "保存する"
    is_sample: bool = False
    #: fields that stand folded under a heading: (heading, field names)
    folded: tuple[str, tuple[str, ...]] = ("", ())
    #: True for a step, which replaces nothing that somebody else saved (手順)
    is_step: bool = False


def form_page(form: PortalForm, page: Page) -> ResponseReturnValue:
    """Draw the form; 400 where something was refused."""
    status = 400 if form.errors else 200
    return render_template("record_form.html", form=form, page=page, differences=[]), status


def conflict_page(
    form: SeenForm, page: Page, saved: Mapping[str, str], typed: Mapping[str, str]
) -> ResponseReturnValue:
    """Draw the form beside what somebody else saved meanwhile (競合)."""
    rows = [(title, saved[title], typed[title]) for title in saved]
    return render_template("record_form.html", form=form, page=page, differences=rows), 409


def conflict_with(form: SeenForm, page: Page, saved: Mapping[str, Any]) -> ResponseReturnValue:
    """Draw the form beside what somebody else saved, given as the form starts with it (競合)."""
    form.see(saved["row_version"])
    shown = [form[name] for row in page.rows for name in row if name in saved]
    return conflict_page(
        form,
        page,
        {field.label.text: _in_words(field, saved[field.name]) for field in shown},
        {field.label.text: _in_words(field, field.data) for field in shown},
    )


def _in_words(field: Any, value: Any) -> str:
    """Write a value of a field as the page of a conflict compares it."""
    if isinstance(field, BooleanField):
        return "はい" if value else "いいえ"
    if isinstance(field, SelectField):  # radio buttons are one as well
        return next((label for key, label, *_ in field.iter_choices() if key == value), str(value))
    if value is None or value == "":
        return "なし"
    return wareki(value) if isinstance(value, date) else str(value)


def is_removed(form: RemoveForm, remove: Callable[[], object]) -> bool:
    """Delete if that was sent; a reason that 仮締め asks for is missed at its field."""
    if not form.validate_on_submit():
        return False
    try:
        remove()
    except BadInputError as error:
        show_refusal(form, error)
        return False
    return True


def remove_page(
    form: RemoveForm, page: Page, facts: Mapping[str, str], blocked: str = "", note: str = ""
) -> ResponseReturnValue:
    """Ask before deleting; `blocked` says why it cannot be."""
    rendered = render_template(
        "record_remove.html",
        form=form,
        page=page,
        facts=list(facts.items()),
        blocked=blocked,
        note=note,
    )
    return rendered, 400 if form.errors else 200
