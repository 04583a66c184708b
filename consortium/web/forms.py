"""The base of every form (入力): messages in Japanese, refusals at their field."""

from typing import Any

from flask import g
from flask_wtf import FlaskForm
from wtforms import FileField, HiddenField, PasswordField, TextAreaField
from wtforms.validators import ValidationError

from consortium.domain.errors import BadInputError, DomainError, DuplicateError
from consortium.web import locks
from consortium.web.fields import Plain, plain_text


class PortalForm(FlaskForm):
    """A form of the portal; `validate_on_submit()` as usual."""

    class Meta:
        """WTForms speaks Japanese."""

        locales = ("ja",)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Read the form, and let a page that reports a fault show what was typed."""
        super().__init__(*arguments, **options)
        g.form_sent = self

    #: True for a form that saves nothing anyway: a refusal does not speak of saving (照合・下見)
    only_looks = False

    #: shown for a year under 仮締め only; the name is `closings.REASON`
    change_reason = TextAreaField(
        "変更の理由",
        [Plain("変更の理由", 500, is_required=False)],
        filters=[plain_text],
        description="この年度は仮締めしています。なぜ変えるかを書いてください。操作記録に残します。",
    )

    @property
    def asks_reason(self) -> bool:
        """Say whether the form has to ask why the year changes (仮締め中)."""
        return bool(locks.asks_reason() or self.change_reason.errors or self.change_reason.data)

    @property
    def is_locked(self) -> bool:
        """Say whether sending the form would be refused anyway (本締め済み)."""
        return locks.is_locked()

    def typed(self) -> list[tuple[str, str]]:
        """Give what was typed, by the labels of the fields, without passwords and files."""
        shown = [
            (field.label.text, field.raw_data)
            for field in self
            if field.raw_data and not isinstance(field, HiddenField | PasswordField | FileField)
        ]
        return [
            (str(label), "、".join(text for text in raw if isinstance(text, str)))
            for label, raw in shown
        ]

    def validate_change_reason(self, field: TextAreaField) -> None:
        """Refuse a change of a year under 仮締め without a reason."""
        if locks.asks_reason() and not field.data:
            raise ValidationError("変更の理由を書いてください。")


def show_refusal(form: PortalForm, error: DomainError) -> None:
    """Put a refusal of a use case at the field it is about, or at the head of the form."""
    name = ""
    if isinstance(error, BadInputError):
        name = error.path
    elif isinstance(error, DuplicateError):
        name = error.field
    if name in form:
        form[name].errors = [*form[name].errors, f"{error.found}{error.todo}"]
    else:
        form.form_errors.append(f"{error.asked}{error.found}{error.todo}")
