"""What every document says of itself (帳票の元の共通部分): whose, of which year, issued when.

Also the head of the register when the document was frozen.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from consortium.domain.calendar.period import FiscalYear


class Headed(Protocol):
    """A document with these facts; `register_hash` is the full head of the register."""

    @property
    def is_sample(self) -> bool: ...
    @property
    def consortium(self) -> str: ...
    @property
    def office(self) -> str: ...
    @property
    def fiscal_year(self) -> FiscalYear: ...
    @property
    def fiscal_year_label(self) -> str: ...
    @property
    def issued_at(self) -> datetime: ...
    @property
    def register_seq(self) -> int: ...
    @property
    def register_hash(self) -> str: ...


def write_head(document: Headed) -> dict[str, Any]:
    """Give the common facts as plain values."""
    return {
        "is_sample": document.is_sample,
        "consortium": document.consortium,
        "office": document.office,
        "fiscal_year": document.fiscal_year.start_year,
        "fiscal_year_label": document.fiscal_year_label,
        "issued_at": document.issued_at.isoformat(),
        "register_seq": document.register_seq,
        "register_hash": document.register_hash,
    }


def read_head(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Read the common facts back, by the names of the fields."""
    return {
        "is_sample": plain["is_sample"],
        "consortium": plain["consortium"],
        "office": plain["office"],
        "fiscal_year": FiscalYear(plain["fiscal_year"]),
        "fiscal_year_label": plain["fiscal_year_label"],
        "issued_at": datetime.fromisoformat(plain["issued_at"]),
        "register_seq": plain["register_seq"],
        "register_hash": plain["register_hash"],
    }
