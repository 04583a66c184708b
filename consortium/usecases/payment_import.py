"""Taking in payments from a bank or finance system, CSV or .xlsx (収納の取込み): look, then all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import NAMESPACE_OID, uuid5

from consortium.db.store import closings, members, payments, settings
from consortium.db.store.payments import Batch, Notice, Payment
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.fiscalyear.closing import YearLock
from consortium.domain.yen import Yen, total
from consortium.intake.payment_book import read_upload
from consortium.intake.payment_table import (
    AMOUNT,
    CODE,
    COLUMNS,
    INSTALMENT,
    NUMBER,
    PAID_ON,
    REFERENCE,
    YEAR,
    PaymentFault,
    PaymentRow,
    read_payments,
)
from consortium.intake.prescan import MOST_BYTES
from consortium.usecases.closings import closed_error, closed_words, refuse_closed, today_of
from consortium.usecases.instalments import YearLedger, read_ledger
from consortium.usecases.payments import check, is_duplicate, is_same_money, refuse_cancelled
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["COLUMNS", "LARGEST_FILE", "read_upload"]

#: Most bytes that are looked at: a workbook may have more than the table in it.
LARGEST_FILE = MOST_BYTES

_ASKED = "収納を取り込もうとしました。"
_COLUMN_OF = {"amount": AMOUNT, "paid_on": PAID_ON}


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that would be recorded (記録する行)."""

    line: int
    name: str
    document_number: str
    payment: Payment


@dataclass(frozen=True, slots=True)
class DuplicateLine:
    """A line whose money is recorded already, or stands in the file twice (重複の行)."""

    line: int
    name: str
    payment: Payment
    why: str


class Change(NamedTuple):
    """What a town has paid of a year, before and after (収納額の新旧)."""

    name: str
    year: FiscalYear
    before: Yen
    after: Yen


class Source(NamedTuple):
    """A file as it was read (取込みのファイル)."""

    file_name: str
    text: str
    #: the sheet it was read from, empty for a CSV
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What taking a file in would do (取込みの下見)."""

    source: Source
    new: tuple[NewLine, ...] = ()
    duplicates: tuple[DuplicateLine, ...] = ()
    #: what is wrong; nothing of a file with a fault is recorded
    faults: tuple[str, ...] = ()
    #: that this very file was taken in before
    before: Batch | None = None
    #: years under 本締め that it has a new line of
    closed: tuple[FiscalYear, ...] = ()
    #: what the towns with a new line have paid, now and then
    changes: tuple[Change, ...] = ()

    @property
    def sha256(self) -> str:
        """Give the mark of the file's text (照合値)."""
        return sha256_hex(self.source.text)

    @property
    def may_record(self) -> bool:
        """Say whether there is something to record and nothing in the way (取込みできるか)."""
        return bool(self.new) and not self.faults and self.before is None

    @property
    def amount(self) -> Yen:
        """Add up what would be recorded (記録する額の計)."""
        return total(each.payment.amount for each in self.new)

    @property
    def seen(self) -> str:
        """Give the mark of what was shown, so that nothing else is recorded."""
        shown = [[each.line, each.payment.code, each.payment.amount] for each in self.new]
        return sha256_hex(f"{self.sha256}{shown}{[each.line for each in self.duplicates]}")


def look(viewer: Viewer, source: Source, today: date) -> DryRun:
    """Say what taking a file in would do; nothing is recorded (取込みの下見)."""
    with reading() as session:
        return _look(session, viewer, source, today)


def take_in(viewer: Viewer, source: Source, seen: str, now: datetime, batch_id: str) -> Batch:
    """Record every payment of a file, or none (収納の取込み).

    A form sent again gives what was taken in first. Raises: BadInputError for a file with a fault
    or with nothing new, StaleError where it would do something else than was shown, ClosedError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        if saved := payments.find_batch(unit.session, owner, batch_id=batch_id):
            unit.operational()
            return saved
        found = _look(unit.session, viewer, source, today_of(now))
        for year in found.closed:
            refuse_closed(unit, owner, year, reason=viewer.reason)
        if not found.may_record:
            raise _nothing(found)
        if found.seen != seen:
            raise StaleError(
                _ASKED,
                "下見の後に、収納の記録が変わりました。",
                "今の下見を確かめてから、もう一度取り込んでください。",
            )
        for year in sorted({each.payment.year for each in found.new}):
            refuse_closed(unit, owner, year, reason=viewer.reason)
        batch = Batch(
            batch_id, source.file_name, found.sha256, viewer.name, now, len(found.new),
            len(found.duplicates),
        )  # fmt: skip
        payments.add_batch(unit, owner, batch, _numbered(batch_id, found.new))
        return batch


def _numbered(batch_id: str, new: Sequence[NewLine]) -> list[Payment]:
    """Give every payment of a file its id and its batch."""
    return [
        Payment(
            str(uuid5(NAMESPACE_OID, f"{batch_id}:{each.line}")), each.payment.year,
            each.payment.code, "received", each.payment.paid_on, each.payment.amount,
            each.payment.statement_id, each.payment.instalment, each.payment.reference_number,
            each.payment.note, batch_id,
        )
        for each in new
    ]  # fmt: skip


def _nothing(found: DryRun) -> BadInputError:
    if found.before is not None:
        return _refuse(
            "このファイルは、もう取り込まれています。", "新しい収納のファイルを選んでください。"
        )
    if found.faults:
        return _refuse("".join(found.faults[:3]), "ファイルを直してから、取り込んでください。")
    return _refuse("新しい収納がありません。", "すべて記録済みです。")


def _refuse(what: str, todo: str) -> BadInputError:
    return BadInputError(_ASKED, what, todo, path="file")


# ---- what each line means ------------------------------------------------------------------------


def _look(session: "Session", viewer: Viewer, source: Source, today: date) -> DryRun:
    owner = viewer.consortium_id
    before = payments.find_batch(session, owner, sha256=sha256_hex(source.text))
    if before is not None:
        return DryRun(source, before=before)
    table = read_payments(source.text, source.sheet)
    desk = _desk(session, owner, table.rows, today)
    for row in table.rows:
        desk.take(row)
    faults = table.told(sorted([*table.faults, *desk.faults], key=lambda each: each.line))
    closed = tuple(sorted(desk.closed))
    return DryRun(
        source, tuple(desk.new), tuple(desk.duplicates), faults, None, closed, desk.changes()
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """Sorts the lines of a file (取込みの途中)."""

    names: Mapping[str, str]
    notices: Mapping[str, Notice]
    ledgers: Mapping[int, YearLedger]
    known: Sequence[Payment]
    by_reference: Mapping[str, Payment]
    locks: Mapping[FiscalYear, YearLock]
    year_labels: Mapping[int, str]
    today: date
    new: list[NewLine]
    duplicates: list[DuplicateLine]
    faults: list[PaymentFault]
    closed: set[FiscalYear]

    def take(self, row: PaymentRow) -> None:
        """Put a line where it belongs."""
        try:
            payment = self._payment(row)
        except BadInputError as error:
            column = _COLUMN_OF.get(error.path, error.path)
            self.faults.append(PaymentFault(row.line, column, error.found, error.todo))
            return
        name = self.names.get(payment.code, payment.code)
        rival = self._conflict(payment)
        if rival is not None:
            found = f"整理番号「{payment.reference_number}」は、別の内容で{rival}。"
            self.faults.append(
                PaymentFault(row.line, REFERENCE, found, "どちらが正しいか確かめてください。")
            )
        elif why := self._why_known(payment):
            self.duplicates.append(DuplicateLine(row.line, name, payment, why))
        elif (lock := self.locks.get(payment.year)) and lock.is_locked(self.today):
            self._refuse_closed(row.line, lock)
        else:
            self.new.append(NewLine(row.line, name, row.document_number, payment))

    def changes(self) -> tuple[Change, ...]:
        """Set what each town has paid of a year beside what it will have (収納額の新旧)."""
        found: dict[tuple[str, FiscalYear], Change] = {}
        for line in self.new:
            code, year = line.payment.code, line.payment.year
            now = total(
                each.amount for each in self.known if (each.code, each.year) == (code, year)
            )
            change = found.get((code, year), Change(line.name, year, now, now))
            added = total([change.after, line.payment.amount])
            found[code, year] = change._replace(after=added)
        return tuple(found[key] for key in sorted(found))

    def _refuse_closed(self, line: int, lock: YearLock) -> None:
        label = fiscal_year_label(lock.year, self.year_labels)
        found = f"{label}は本締め済みです（{closed_words(lock)}）。"
        self.faults.append(PaymentFault(line, YEAR, found, closed_error(lock, label).todo))
        self.closed.add(lock.year)

    def _payment(self, row: PaymentRow) -> Payment:
        if row.document_number:
            notice = self.notices.get(row.document_number)
            if notice is None:
                raise BadInputError(
                    _ASKED,
                    f"「{row.document_number}」という納入依頼はありません。",
                    "文書番号を確かめてください。",
                    path=NUMBER,
                )
            if notice.is_cancelled:
                raise refuse_cancelled(notice, NUMBER)
            payment = Payment(
                "", notice.year, notice.code, "received", row.paid_on, row.amount,
                notice.statement_id, notice.instalment, row.reference_number, row.note,
            )  # fmt: skip
        else:
            payment = self._by_town(row)
        check(payment, self.today)
        return payment

    def _by_town(self, row: PaymentRow) -> Payment:
        code, year = row.code or "", row.year
        if year is None or code not in self.names:
            found = f"{code} は構成団体の団体コードではありません。"
            raise BadInputError(_ASKED, found, "団体コードを確かめてください。", path=CODE)
        statement_id = None
        if row.instalment is not None:
            ledger = self.ledgers[year.start_year]
            count = len(ledger.saved.plan.parts)
            if row.instalment > count:
                found = f"第{row.instalment}期はありません（納付計画は第{count}期まで）。"
                raise BadInputError(_ASKED, found, "期を確かめてください。", path=INSTALMENT)
            lines = ledger.lines.get(code, ())
            line = lines[row.instalment - 1] if lines else None
            statement_id = line.statement_id if line and line.state == "notified" else None
        return Payment(
            "", year, code, "received", row.paid_on, row.amount, statement_id, row.instalment,
            row.reference_number, row.note,
        )  # fmt: skip

    def _conflict(self, payment: Payment) -> str | None:
        """Say where the number stands with another content, None where it does not."""
        if not payment.reference_number:
            return None
        saved = self.by_reference.get(payment.reference_number)
        if saved is not None and not is_same_money(saved, payment):
            return "もう記録されています"
        for other in self.new:
            is_same = other.payment.reference_number == payment.reference_number
            if is_same and not is_same_money(other.payment, payment):
                return f"{other.line}行目にもあります"
        return None

    def _why_known(self, payment: Payment) -> str:
        number = payment.reference_number
        if number and number in self.by_reference:
            return f"整理番号「{number}」は記録済みです。"
        if any(is_duplicate(each, payment) for each in self.known):
            return "同じ期・収納日・金額の収納が記録済みです。"
        for each in self.new:
            if is_duplicate(each.payment, payment):
                return f"{each.line}行目と同じ収納です。"
        return ""


def _desk(session: "Session", consortium_id: str, rows: Sequence[PaymentRow], today: date) -> _Desk:
    numbers = [row.document_number for row in rows if row.document_number]
    notices = {
        each.document_number: each
        for each in payments.notices(session, consortium_id, numbers=numbers)
    }
    named = {row.year for row in rows if row.year} | {each.year for each in notices.values()}
    ledgers = {year.start_year: read_ledger(session, consortium_id, year) for year in sorted(named)}
    known = [
        each
        for ledger in ledgers.values()
        for town in ledger.payments.values()
        for each in town
        if each.voided is None and each.kind == "received"
    ]
    references = [row.reference_number for row in rows]
    with_numbers = payments.with_references(session, consortium_id, references)
    by_reference = {each.reference_number: each for each in with_numbers}
    names: dict[str, str] = {
        each.code: each.name for each in members.members(session, consortium_id)
    }
    locks = closings.locks(session, consortium_id)
    labels = settings.settings_of(session, consortium_id).year_labels
    return _Desk(
        names, notices, ledgers, known, by_reference, locks, labels, today, [], [], [], set()
    )  # fmt: skip
