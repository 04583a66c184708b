"""The issue register and who received what (発行台帳・受領)."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    STAGES,
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
from consortium.db.types import YenType
from consortium.domain.yen import Yen

#: What a document of the register is: 明細書, 総括表, 納入依頼, 督促, 年度アーカイブ.
DOCUMENT_KINDS = ("statement", "summary", "notice", "reminder", "archive")


class Statement(Base):
    """One issued document (発行台帳の一行); written once."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("consortium_id", "number"),
        UniqueConstraint("report_file_id"),
        Index(None, "consortium_id", "code", "fiscal_year_start"),
        plausible_year(),
        one_of("stage", STAGES),
        at_least("edition", 1),
        at_least("number", 1),
        one_of("kind", DOCUMENT_KINDS),
        at_least("instalment", 1),
        whole_yen("amount"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Allocation run it states (算定).
    run_id: Mapped[str] = reference("allocation_run.id", index=True)
    #: Report run that made it (帳票作成).
    report_run_id: Mapped[str] = reference("report_run.id", index=True)
    #: Its file (帳票ファイル).
    report_file_id: Mapped[str] = reference("report_file.id")
    #: Which file of the run: member:023817 or lead (区分).
    slot: Mapped[str]
    #: Municipality code, empty for the lead city's summary (団体コード).
    code: Mapped[Code | None]
    #: Running number in the register, never used twice (台帳番号).
    number: Mapped[int]
    #: Document number as printed (文書番号).
    document_number: Mapped[str]
    #: What it is: statement, summary, notice, reminder, archive (帳票の区分).
    kind: Mapped[str]
    #: Year in which the fiscal year begins (年度).
    fiscal_year_start: Mapped[int]
    #: Period it is for: FY2026, or FY2026I1 for the first instalment (対象期間).
    period_key: Mapped[str]
    #: Stage: estimate, planned, revised, final, settlement (段階).
    stage: Mapped[str]
    #: Edition within year and stage, counted from 1 (版).
    edition: Mapped[int]
    #: Instalment it asks for, empty where it states the whole year (期別).
    instalment: Mapped[int | None]
    #: Amount stated, in yen (金額).
    amount: Mapped[Yen] = mapped_column(YenType())
    #: Day of issue in Japan (発行日).
    issued_on: Mapped[date]
    #: Day by which it is to be paid, empty where it asks for nothing (納入期限).
    due_on: Mapped[date | None]
    #: SHA-256 of the data shown; its first 8 digits are printed as 照合符号.
    data_hash: Mapped[Sha256]
    #: SHA-256 of the file's parts, empty for rows older than 2026-11 (内容照合値).
    content_hash: Mapped[Sha256 | None]
    #: SHA-256 of the rows of the sheet データ, empty where there is none (明細行の照合値).
    rows_hash: Mapped[Sha256 | None]
    #: SHA-256 of the stored bytes (ファイル照合値).
    file_hash: Mapped[Sha256]
    #: Number of the chain's last event at the snapshot, as printed (台帳の位置).
    register_seq: Mapped[int]
    #: Hash of that event, as printed (台帳の照合値).
    register_hash: Mapped[Sha256]
    #: SHA-256 of all other columns, hashed into the chain by the event of the issue (行の照合値).
    row_hash: Mapped[Sha256]


class StatementCancellation(Base):
    """That an issued document was cancelled (発行の取消し); its number stays used."""

    __tablename__ = "statement_cancellation"
    __table_args__ = (UniqueConstraint("statement_id"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Document that is void (発行台帳の行).
    statement_id: Mapped[str] = reference("statement.id")
    #: Why it was cancelled (理由).
    reason: Mapped[str]
    #: User who cancelled it (取消者).
    cancelled_by: Mapped[str] = reference("user_account.id", index=True)
    #: When it was cancelled (取消日時).
    cancelled_at: Mapped[datetime]


class Receipt(Base):
    """That a user received a file (受領), with the number of downloads."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("report_file_id", "user_id"), at_least("count", 1))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: File received (帳票ファイル).
    report_file_id: Mapped[str] = reference("report_file.id")
    #: User who received it (利用者).
    user_id: Mapped[str] = reference("user_account.id", index=True)
    #: Municipality code of the user, empty for the lead city (団体コード).
    code: Mapped[Code | None]
    #: First download (初回).
    first_at: Mapped[datetime]
    #: Latest download (最終).
    last_at: Mapped[datetime]
    #: Number of downloads (回数).
    count: Mapped[int] = mapped_column(default=1)
