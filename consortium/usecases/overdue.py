"""Notified instalments that are not paid in full, and those past their due day (未納・期限超過).

The one place that says what a town still has to pay of what it was asked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from consortium.db.store import members, settlements
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases.instalments import InstalmentLine, YearLedger, read_ledger

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A notified instalment that is not paid in full (未納)."""

    code: str
    line: InstalmentLine
    #: what is still to be paid; after the settlement no more than the town still bears
    left: Yen


@dataclass(frozen=True, slots=True)
class Overdue:
    """A notified instalment that is past its due day and not paid in full (期限超過)."""

    year: FiscalYear
    code: str
    name: str
    no: int
    due_on: date
    amount: Yen
    open: Yen
    #: calendar days since the due day
    days: int
    statement_id: str
    document_number: str


def overdue(
    session: "Session", consortium_id: str, year: FiscalYear, today: date
) -> tuple[Overdue, ...]:
    """List the overdue instalments of a year, the longest overdue first (期限超過の一覧)."""
    ledger = read_ledger(session, consortium_id, year)
    finals = settlements.settled_finals(session, consortium_id, year)
    names: dict[str, str] = {
        each.code: each.name for each in members.members(session, consortium_id)
    }
    return late_of(ledger, finals, names, today)


def late_of(
    ledger: YearLedger,
    finals: Mapping[str, Yen] | None,
    names: Mapping[str, str],
    today: date,
) -> tuple[Overdue, ...]:
    """Give the same as `overdue` from what was read already; no `finals` before the settlement."""
    found = [
        Overdue(
            ledger.year, each.code, names.get(each.code, each.code), each.line.no,
            each.line.due_on, each.line.amount, each.left, (today - each.line.due_on).days,
            each.line.statement_id or "", each.line.document_number,
        )
        for each in unpaid_of(ledger, finals)
        if each.line.is_overdue(today)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.due_on, each.code, each.no)))


def unpaid_of(ledger: YearLedger, finals: Mapping[str, Yen] | None) -> Iterator[Unpaid]:
    """Give what was asked for and not paid, by town and number; `finals` as in `late_of`."""
    for code, lines in ledger.lines.items():
        cap = None if finals is None else finals.get(code, 0) - ledger.paid(code)
        sent = [line for line in lines if line.state == "notified"]
        for line, left in zip(sent, _capped((each.open for each in sent), cap), strict=True):
            if left > 0:
                yield Unpaid(code, line, left)


def _capped(open_yen: Iterable[int], cap: int | None) -> list[Yen]:
    """Ask for no more than the settlement left, the earliest first (精算後の未納)."""
    capped = []
    for each in open_yen:
        taken = each if cap is None else max(0, min(each, cap))
        cap = None if cap is None else cap - taken
        capped.append(Yen(taken))
    return capped
