"""Instalments, what was paid, and the settlement of a year (期別納付・収納・精算)."""

from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Code,
    Sha256,
    at_least,
    identifier,
    one_of,
    plausible_year,
    reference,
    whole_yen,
)
from consortium.db.types import FractionType, YenType
from consortium.domain.yen import Yen

METHODS = ("equal", "percents", "items")
ROLL_RULES = ("next_open_day", "previous_open_day", "stay")
KINDS = ("received", "refunded", "credited_out", "credited_in")
WAYS = ("cash", "credit")
DISPOSITIONS = ("refund", "additional", "credit", "none")


class InstalmentPlan(Base):
    """How a year's contribution is paid in parts (納付計画); one for each fiscal year."""

    __tablename__ = "instalment_plan"
    __table_args__ = (
        UniqueConstraint("consortium_id", "fiscal_year_start"),
        plausible_year(),
        one_of("method", METHODS),
        one_of("mode", ("floor", "half_up", "ceil")),
        one_of("settled_by", WAYS),
        CheckConstraint("unit IN (1, 100, 1000, 10000)", name="unit_is_known"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year begins (年度).
    fiscal_year_start: Mapped[int]
    #: How it is cut: equal, percents, items (by cost category) (分け方).
    method: Mapped[str]
    #: Unit of every instalment but the last, in yen (端数処理の単位).
    unit: Mapped[int]
    #: How it is rounded to the unit: floor, half_up, ceil (端数処理).
    mode: Mapped[str]
    #: How the year is settled: cash (refund, additional payment) or credit (精算の方法).
    settled_by: Mapped[str]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class Instalment(Base):
    """One part of the year's contribution and the day it is due (期別納付)."""

    __tablename__ = "instalment"
    __table_args__ = (at_least("no", 1), one_of("roll_rule", ROLL_RULES))

    #: Plan it belongs to (納付計画).
    plan_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("instalment_plan.id", ondelete="RESTRICT"), primary_key=True
    )
    #: Number of the instalment, counted from 1 (期).
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Part of the contribution in percent, empty for the last and for the other methods (割合).
    percent: Mapped[Fraction | None] = mapped_column(FractionType())
    #: Due day as the agreement names it (納期限の本則日).
    due_nominal: Mapped[date]
    #: Where it moves on a closed day: next_open_day, previous_open_day, stay (閉庁日のとき).
    roll_rule: Mapped[str]
    #: Due day as moved when the plan was saved (納期限).
    due_on: Mapped[date]


class InstalmentItem(Base):
    """A cost category that an instalment asks for (期に納める経費区分)."""

    __tablename__ = "instalment_item"
    __table_args__ = (at_least("no", 1),)

    #: Plan it belongs to (納付計画).
    plan_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("instalment_plan.id", ondelete="RESTRICT"), primary_key=True
    )
    #: Cost category; it stands in one instalment (経費区分).
    category_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("cost_category.id", ondelete="RESTRICT"), primary_key=True
    )
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Number of the instalment (期).
    no: Mapped[int]


class PaymentBatch(Base):
    """A file of payments that was taken in whole (収納の取込み); written once."""

    __tablename__ = "payment_batch"
    __table_args__ = (
        UniqueConstraint("consortium_id", "sha256"),
        at_least("recorded", 1),
        at_least("duplicates", 0),
    )

    #: Row id (UUID), chosen by the form, so that sending it twice takes it in once.
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Name of the file as uploaded (ファイル名).
    file_name: Mapped[str]
    #: SHA-256 of its text (照合値).
    sha256: Mapped[Sha256]
    #: Name of the officer who took it in (取り込んだ人).
    imported_by: Mapped[str]
    #: When it was taken in (取込日時).
    imported_at: Mapped[datetime]
    #: Number of payments recorded (記録した件数).
    recorded: Mapped[int]
    #: Number of lines known already (重複の件数).
    duplicates: Mapped[int]


class Payment(Base):
    """Money received, paid back or moved between years (収納); written once."""

    __tablename__ = "payment"
    __table_args__ = (
        Index(None, "consortium_id", "fiscal_year_start", "code"),
        Index(None, "consortium_id", "reference_number"),
        plausible_year(),
        one_of("kind", KINDS),
        CheckConstraint("instalment >= 1", name="instalment_at_least_1"),
        CheckConstraint(
            "(kind = 'received' AND amount > 0) OR (kind = 'refunded' AND amount < 0) "
            "OR (kind IN ('credited_out', 'credited_in') AND amount <> 0)",
            name="amount_fits_kind",
        ),
        whole_yen("amount"),
    )

    #: Row id (UUID), chosen by the form, so that sending it twice records one.
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year begins whose contribution it pays (年度).
    fiscal_year_start: Mapped[int]
    #: Municipality code of who pays (団体コード).
    code: Mapped[Code]
    #: The notice it pays, empty where none was named (納入依頼).
    statement_id: Mapped[str | None] = reference("statement.id", index=True)
    #: Number of the instalment, empty for money that belongs to none (期).
    instalment: Mapped[int | None]
    #: What it is: received, refunded, credited_out, credited_in (種別).
    kind: Mapped[str]
    #: Day on which the money moved (収納日).
    paid_on: Mapped[date]
    #: Yen towards the contribution, negative for money given back (金額).
    amount: Mapped[Yen] = mapped_column(YenType())
    #: Number under which the finance office knows it, empty where none (整理番号).
    reference_number: Mapped[str] = mapped_column(default="")
    #: Remark (備考).
    note: Mapped[str] = mapped_column(default="")
    #: File it came from, empty for one typed in (取込み).
    batch_id: Mapped[str | None] = reference("payment_batch.id", index=True)
    #: Name of the officer who recorded it (記録した人).
    recorded_by: Mapped[str]
    #: When it was recorded (記録日時).
    recorded_at: Mapped[datetime]


class PaymentVoid(Base):
    """That a payment was recorded by mistake (収納の取消); written once."""

    __tablename__ = "payment_void"
    __table_args__ = (UniqueConstraint("payment_id"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: The payment that does not count (収納).
    payment_id: Mapped[str] = reference("payment.id")
    #: Why (理由).
    reason: Mapped[str]
    #: Name of the officer who voided it (取り消した人).
    voided_by: Mapped[str]
    #: When it was voided (取消日時).
    voided_at: Mapped[datetime]


class Settlement(Base):
    """What every member still pays or gets back for a year (精算); written once."""

    __tablename__ = "settlement"
    __table_args__ = (
        UniqueConstraint("consortium_id", "fiscal_year_start", "edition"),
        UniqueConstraint("run_id"),
        plausible_year(),
        at_least("edition", 1),
        whole_yen("total"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year begins (年度).
    fiscal_year_start: Mapped[int]
    #: Edition within the year, counted from 1 (版).
    edition: Mapped[int]
    #: Issued run of the stage settlement that it settles (算定).
    run_id: Mapped[str] = reference("allocation_run.id")
    #: Actual total of that run, in yen (実績の総額).
    total: Mapped[Yen] = mapped_column(YenType())
    #: Name of the approver who settled (確定した人).
    settled_by: Mapped[str]
    #: When it was settled (確定日時).
    settled_at: Mapped[datetime]


class SettlementLine(Base):
    """One member's line of a settlement (精算の一行); written once."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        one_of("disposition", DISPOSITIONS),
        CheckConstraint("difference = final - paid", name="difference_is_final_less_paid"),
        whole_yen("final"),
        whole_yen("paid"),
        whole_yen("difference"),
    )

    #: Settlement it belongs to (精算).
    settlement_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("settlement.id", ondelete="RESTRICT"), primary_key=True
    )
    #: Municipality code (団体コード).
    code: Mapped[Code] = mapped_column(primary_key=True)
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: What the member bears by the run, in yen (確定した負担額).
    final: Mapped[Yen] = mapped_column(YenType())
    #: What it had paid by then, in yen (納付済額).
    paid: Mapped[Yen] = mapped_column(YenType())
    #: Final less paid; negative where the member gets money back, in yen (精算額).
    difference: Mapped[Yen] = mapped_column(YenType())
    #: What becomes of it: refund, additional, credit, none (処理).
    disposition: Mapped[str]
