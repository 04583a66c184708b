"""The base of every form (入力): messages in Japanese, refusals at their field."""

from flask_wtf import FlaskForm

from consortium.domain.errors import BadInputError, DomainError, DuplicateError


class PortalForm(FlaskForm):
    """A form of the portal; `validate_on_submit()` as usual."""

    class Meta:
        """WTForms speaks Japanese."""

        locales = ("ja",)


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
