"""Payments and the notices they answer (収納・納入依頼); a wrong one is voided, never changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.domain.yen import Yen

#: What a payment is (収納の種別).
KINDS = {
    "received": "収納",
    "refunded": "還付",
    "credited_out": "翌年度へ充当",
    "credited_in": "前年度から充当",
}


@dataclass(frozen=True, slots=True)
class Voided:
    """That a payment does not count (収納の取消): by whom, when, why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Payment:
    """Money towards a year's contribution (収納); negative where it was given back."""

    id: str
    year: FiscalYear
    code: str
    kind: str
    paid_on: date
    amount: Yen
    #: the notice it pays, and the instalment; None for money that belongs to none
    statement_id: str | None = None
    instalment: int | None = None
    reference_number: str = ""
    note: str = ""
    batch_id: str | None = None
    recorded_by: str = ""
    recorded_at: datetime | None = field(default=None, compare=False)
    document_number: str = field(default="", compare=False)
    voided: Voided | None = field(default=None, compare=False)

    @property
    def kind_label(self) -> str:
        """Name what it is (種別)."""
        return KINDS[self.kind]

    @property
    def counts(self) -> Yen:
        """Give what counts as paid: nothing once voided (納付済の額)."""
        return self.amount if self.voided is None else Yen(0)

    @property
    def is_shortage(self) -> bool:
        """Say whether it is what was paid too little the year before (前年度の不足の充当)."""
        return self.kind == "credited_in" and self.amount < 0


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of an instalment as sent (納入依頼)."""

    statement_id: str
    document_number: str
    number: int
    year: FiscalYear
    code: str
    instalment: int
    amount: Yen
    due_on: date | None
    issued_on: date
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """A file of payments taken in whole (収納の取込み)."""

    id: str
    file_name: str
    sha256: str
    imported_by: str
    imported_at: datetime
    recorded: int
    duplicates: int


# ---- questions -----------------------------------------------------------------------------------


def payments(
    session: Session, consortium_id: str, *, year: FiscalYear | None = None, code: str | None = None
) -> tuple[Payment, ...]:
    """List payments, voided ones too, by day (収納の一覧); of one year or town where asked."""
    table = models.Payment
    found = _select(consortium_id)
    if year is not None:
        found = found.where(table.fiscal_year_start == year.start_year)
    if code is not None:
        found = found.where(table.code == code)
    rows = session.execute(found.order_by(table.paid_on, table.recorded_at, table.id))
    return tuple(map(_payment, rows))


def payment(session: Session, consortium_id: str, payment_id: str) -> Payment:
    """Give one payment.

    Raises: NotFoundError, for one of another consortium as well.
    """
    row = session.execute(_select(consortium_id).where(models.Payment.id == payment_id)).first()
    if row is None:
        raise NotFoundError(
            "収納を開こうとしました。",
            "見つかりません。",
            "納付・精算の一覧から選び直してください。",
        )
    return _payment(row)


def find_payment(session: Session, consortium_id: str, payment_id: str) -> Payment | None:
    """Give the payment of an id chosen for a new one, None while it is free.

    Raises: BadInputError for an id that another consortium uses.
    """
    row = session.get(models.Payment, payment_id)
    if row is None:
        return None
    if row.consortium_id != consortium_id:
        raise _spent()
    return payment(session, consortium_id, payment_id)


def _spent() -> BadInputError:
    return BadInputError(
        "収納を記録しようとしました。",
        "この入力画面は使えません。",
        "内容を確かめて、もう一度送ってください。",
        path="record_id",
    )


def with_references(
    session: Session, consortium_id: str, references: Iterable[str]
) -> tuple[Payment, ...]:
    """Give the payments that count with one of these numbers (整理番号による照会)."""
    wanted = sorted({each for each in references if each})
    if not wanted:
        return ()
    table = models.Payment
    found = _select(consortium_id).where(table.reference_number.in_(wanted))
    rows = map(_payment, session.execute(found.order_by(table.recorded_at, table.id)))
    return tuple(each for each in rows if each.voided is None)


def notices(
    session: Session,
    consortium_id: str,
    *,
    year: FiscalYear | None = None,
    numbers: Sequence[str] | None = None,
) -> tuple[Notice, ...]:
    """List the notices sent, cancelled ones too, in the order of the register (納入依頼).

    `numbers` are document numbers. A notice names a town and an instalment.
    """
    table, void = models.Statement, models.StatementCancellation
    cancelled = exists().where(void.statement_id == table.id).label("is_cancelled")
    found = select(table, cancelled).where(
        table.consortium_id == consortium_id,
        table.kind == "notice",
        table.code.is_not(None),
        table.instalment.is_not(None),
    )
    if year is not None:
        found = found.where(table.fiscal_year_start == year.start_year)
    if numbers is not None:
        found = found.where(table.document_number.in_(sorted(set(numbers))))
    return tuple(
        Notice(
            row.id, row.document_number, row.number, FiscalYear(row.fiscal_year_start),
            row.code or "", row.instalment or 0, row.amount, row.due_on, row.issued_on,
            bool(is_cancelled),
        )
        for row, is_cancelled in session.execute(found.order_by(table.number))
    )  # fmt: skip


def find_batch(
    session: Session, consortium_id: str, *, sha256: str = "", batch_id: str = ""
) -> Batch | None:
    """Give the file taken in with this text, or by this form, None before it was.

    Raises: BadInputError for a form's id that another consortium uses.
    """
    table = models.PaymentBatch
    found = select(table).where(table.id == batch_id)
    if sha256:
        found = select(table).where(table.consortium_id == consortium_id, table.sha256 == sha256)
    row = session.scalars(found).one_or_none()
    if row is None:
        return None
    if row.consortium_id != consortium_id:
        raise _spent()
    return Batch(
        row.id, row.file_name, row.sha256, row.imported_by, row.imported_at, row.recorded,
        row.duplicates,
    )  # fmt: skip


def _select(consortium_id: str) -> Select[*tuple[Any, ...]]:
    table, void = models.Payment, models.PaymentVoid
    return (
        select(
            table,
            models.Statement.document_number,
            void.reason,
            void.voided_by,
            void.voided_at,
        )
        .outerjoin(models.Statement, models.Statement.id == table.statement_id)
        .outerjoin(void, void.payment_id == table.id)
        .where(table.consortium_id == consortium_id)
    )


def _payment(found: Any) -> Payment:
    row: models.Payment = found[0]
    voided = None
    if found.voided_at is not None:
        voided = Voided(found.voided_by, found.voided_at, found.reason)
    return Payment(
        row.id, FiscalYear(row.fiscal_year_start), row.code, row.kind, row.paid_on, row.amount,
        row.statement_id, row.instalment, row.reference_number, row.note, row.batch_id,
        row.recorded_by, row.recorded_at, found.document_number or "", voided,
    )  # fmt: skip


# ---- changes -------------------------------------------------------------------------------------


def add_payments(
    unit: Unit, consortium_id: str, new: Sequence[Payment], *, action: str, title: str
) -> None:
    """Record payments as one event (収納の記録); `title` says what the event is."""
    _insert(unit, consortium_id, new)
    after = {each.id: in_words(each) for each in new}
    first = new[0].id
    unit.record(consortium_id, action, "payment", first, title, None, after)


def add_batch(unit: Unit, consortium_id: str, batch: Batch, new: Sequence[Payment]) -> None:
    """Record a file and all its payments as one event (収納の取込み)."""
    unit.session.add(
        models.PaymentBatch(
            id=batch.id, consortium_id=consortium_id, file_name=batch.file_name,
            sha256=batch.sha256, imported_by=batch.imported_by, imported_at=batch.imported_at,
            recorded=batch.recorded, duplicates=batch.duplicates,
        )
    )  # fmt: skip
    unit.session.flush()
    _insert(unit, consortium_id, new)
    after = {
        "照合値": batch.sha256,
        "重複": batch.duplicates,
        "収納": [in_words(each) for each in new],
    }
    title = f"収納{batch.recorded}件の取込み（{batch.file_name}）"
    unit.record(consortium_id, "payment.import", "payment_batch", batch.id, title, None, after)


def void_payments(unit: Unit, consortium_id: str, voided: Sequence[Payment]) -> None:
    """Say of payments that they do not count; the unit's reason is the reason (収納の取消)."""
    for each in voided:
        unit.session.add(
            models.PaymentVoid(
                consortium_id=consortium_id, payment_id=each.id, reason=unit.reason,
                voided_by=unit.actor.name, voided_at=unit.now,
            )
        )  # fmt: skip
    unit.session.flush()
    before = {each.id: in_words(each) for each in voided}
    title = f"{fiscal_year_label(voided[0].year)}の収納の取消"
    unit.record(
        consortium_id, "payment.void", "payment", voided[0].id, title, before, {"取消": True}
    )


def _insert(unit: Unit, consortium_id: str, new: Sequence[Payment]) -> None:
    for each in new:
        unit.session.add(
            models.Payment(
                id=each.id, consortium_id=consortium_id, fiscal_year_start=each.year.start_year,
                code=each.code, statement_id=each.statement_id, instalment=each.instalment,
                kind=each.kind, paid_on=each.paid_on, amount=each.amount,
                reference_number=each.reference_number, note=each.note, batch_id=each.batch_id,
                recorded_by=unit.actor.name, recorded_at=unit.now,
            )
        )  # fmt: skip
    unit.session.flush()


def in_words(each: Payment) -> Mapping[str, Any]:
    """Say a payment as the chain and its readers do (収納の内容)."""
    return {
        "年度": each.year.start_year,
        "団体": each.code,
        "期": each.instalment,
        "種別": each.kind_label,
        "収納日": each.paid_on,
        "金額": each.amount,
        "整理番号": each.reference_number,
        "備考": each.note,
        "納入依頼": each.statement_id,
    }
