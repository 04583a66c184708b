"""What a registration workbook says beside what is registered (一括登録の照合)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.domain.calendar.period import Month
from consortium.domain.registration.form import (
    NO,
    YES,
    Content,
    FormColumn,
    FormSheet,
    Record,
    Value,
)
from consortium.domain.registration.tables import TABLES
from consortium.reports.registration import decimal_text

#: So many records that differ are shown; the rest is counted.
MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs, old and new (登録済みの値と、ブックの値)."""

    sheet: str
    #: the record, by what tells it from others
    record: str
    heading: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One sheet beside what is registered (シートごとの件数)."""

    name: str
    rows: int
    same: int
    changed: int
    added: int
    #: registered, but not in the workbook
    missing: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A workbook beside what is registered (照合の結果)."""

    sheets: tuple[Compared, ...]
    changes: tuple[Change, ...]

    @property
    def is_same(self) -> bool:
        """Say whether the workbook holds exactly what is registered (差異なし)."""
        return all(each.same == each.rows and not each.missing for each in self.sheets)


def compare(registered: Content, uploaded: Content) -> Comparison:
    """Match the records of every sheet by what identifies them (照合)."""
    sheets, changes = [], []
    for key, table in TABLES.items():
        old, new = _by_identity(table, registered.get(key, ())), _by_identity(table, uploaded[key])
        found = [
            change
            for identity, row in new.items()
            if identity in old
            for change in _changes(table, identity, old[identity], row)
        ]
        both = [identity for identity in new if identity in old]
        changed = len({change.record for change in found})
        sheets.append(
            Compared(
                table.name,
                len(new),
                len(both) - changed,
                changed,
                len(new) - len(both),
                len(old) - len(both),
            )
        )
        changes += found
    return Comparison(tuple(sheets), tuple(changes[:MANY]))


Identity = tuple[str, ...]


def _by_identity(table: FormSheet, rows: Sequence[Record]) -> Mapping[Identity, Record]:
    """Give the rows by what identifies them; those alike are told apart by their order."""
    found: dict[Identity, Record] = {}
    for row in rows:
        identity = tuple(_shown(table.column(key), row[key]) for key in table.identity)
        count = 1
        while (*identity, str(count)) in found:
            count += 1
        found[*identity, str(count)] = row
    return found


def _changes(table: FormSheet, identity: Identity, old: Record, new: Record) -> Iterator[Change]:
    record = "　".join(part for part in identity[:-1] if part)
    record += f"（{identity[-1]}件目）" if identity[-1] != "1" else ""
    for column in table.columns:
        before, after = (_shown(column, row[column.key]) for row in (old, new))
        if column.is_compared and before != after:
            yield Change(table.name, record, column.heading, before, after)


def _shown(column: FormColumn, value: Value) -> str:
    """Write a value as the workbook does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if column.kind == "word":
        return column.words[str(value)]
    if isinstance(value, Fraction):
        return decimal_text(value)
    if isinstance(value, Month | date):
        return str(value)
    return f"{value:,}" if column.kind == "yen" else str(value).replace("\r\n", "\n")
