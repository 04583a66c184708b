"""The typed parts of URLs (URLの型): what does not fit is a page that does not exist."""

from uuid import UUID

from flask import Flask
from werkzeug.routing import BaseConverter, UUIDConverter, ValidationError

from consortium.domain.calendar.period import FiscalYear


class IdConverter(UUIDConverter):
    """`<uuid:run_id>`: a row id, given to the view as the text the tables hold."""

    def to_python(self, value: str) -> str:  # type: ignore[override]  # text, not UUID
        """Give the id in its one spelling."""
        return str(UUID(value))

    def to_url(self, value: str | UUID) -> str:
        """Write the id."""
        return str(value)


class YearConverter(BaseConverter):
    """`<year:fiscal_year>`: a fiscal year by the year it begins in (年度), e.g. 2021."""

    regex = r"\d{4}"

    def to_python(self, value: str) -> FiscalYear:
        """Give the fiscal year."""
        if not value.isascii() or not 1900 <= int(value) <= 2999:
            raise ValidationError
        return FiscalYear(int(value))

    def to_url(self, value: FiscalYear) -> str:
        """Write the year it begins in."""
        return f"{value.start_year:04d}"


class CodeConverter(BaseConverter):
    """`<code:code>`: a municipality code (団体コード), six digits."""

    regex = r"[0-9]{6}"


def init_converters(app: Flask) -> None:
    """Make the types known to the routes."""
    app.url_map.converters.update(uuid=IdConverter, year=YearConverter, code=CodeConverter)
