"""Lines about things of any kind in one shape, so that one statement reads them (事実の行)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    cast,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from consortium.db.types import InstantType


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened (事実の一行); which fields it has depends on `what`."""

    what: str
    year: int | None
    key: str
    day: date | None
    until: date | None
    at: datetime | None
    number: int | None
    amount: int | None
    note: str


def read_rows(session: Session, *parts: Select[*tuple[Any, ...]]) -> list[Row]:
    """Read lines of any kinds in one statement (事実の読出し)."""
    found = session.execute(union_all(*parts))
    return [
        Row(
            row.what,
            row.year,
            row.key or "",
            row.day,
            row.until,
            row.at,
            row.number,
            # A sum of whole yen comes as a decimal number from PostgreSQL.
            None if row.amount is None else int(row.amount),
            row.note or "",
        )
        for row in found
    ]


def line_of(what: str | ColumnElement[str], **given: Any) -> Select[*tuple[Any, ...]]:
    """Give all columns in one order and of one type; what is not given is empty."""
    kinds: dict[str, TypeEngine[Any]] = {
        "year": Integer(),
        "key": Text(),
        "day": Date(),
        "until": Date(),
        "at": InstantType(),
        "number": Integer(),
        "amount": BigInteger(),
        "note": Text(),
    }
    columns = [
        given[name].label(name) if name in given else cast(null(), kind).label(name)
        for name, kind in kinds.items()
    ]
    first = cast(what, Text()) if isinstance(what, str) else what
    return select(first.label("what"), *columns)
