"""Where the rows of a registration are worked off (一括登録の受付): one record after the other.

Every record goes through the use case that the portal's own form goes through. What is refused is
noted at its cell, and the next record goes on, so that an office sees everything at once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from consortium.db.unit import Unit
from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.registration.form import Record
from consortium.domain.registration.tables import TABLES
from consortium.intake.registration import Upload
from consortium.usecases.viewer import Viewer


class _SkippedError(Exception):
    """The record rests on one that was refused: to say so would only repeat it."""


@dataclass(slots=True)
class Desk:
    """The open registration (受付中の一括登録)."""

    upload: Upload
    viewer: Viewer
    now: datetime
    today: date
    unit: Unit
    #: sheet key → key of a record → what it became
    known: dict[str, dict[Any, Any]] = field(default_factory=dict)

    def rows(self, sheet: str) -> tuple[Record, ...]:
        """Give the rows of a sheet."""
        return self.upload.content.get(sheet, ())

    @contextmanager
    def at(
        self, sheet: str, row: Record, fields: Mapping[str, str] | None = None
    ) -> Iterator[None]:
        """Note a refusal at the row; `fields` says which column a field of the use case is."""
        try:
            yield
        except _SkippedError:
            self.upload.faulty.add(sheet)
        except DomainError as error:
            path = str(getattr(error, "path", "") or getattr(error, "field", ""))
            column = (fields or {}).get(path, path)
            self.upload.fault(sheet, row.number, column, error.found, error.todo)

    def keep(self, sheet: str, key: Any, thing: Any) -> None:
        """Remember what a record became, for those that refer to it."""
        self.known.setdefault(sheet, {})[key] = thing

    def find(self, sheet: str, key: Any, column: str) -> Any:
        """Give what a record of another sheet became.

        Raises: BadInputError at the column where that sheet has no such record.
        """
        found = self.known.get(sheet, {}).get(key)
        if found is not None:
            return found
        if sheet in self.upload.faulty:
            raise _SkippedError
        name = TABLES[sheet].name
        shown = "・".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
        raise BadInputError(
            "一括登録の行を読みました。",
            f"「{shown}」がシート「{name}」にありません。",
            f"シート「{name}」に加えるか、書き方をそろえてください。",
            path=column,
        )

    def member_id(self, row: Record, column: str = "code") -> str | None:
        """Give the id of the member that a row names, None for an empty cell."""
        code = row[column]
        return None if code is None else str(self.find("members", code, column).id)

    def category(self, row: Record) -> Any:
        """Give the category that a row names."""
        return self.find("categories", (row["service"], row["category"]), "category")
