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
    #: Year in which the fiscal year begins (年度).
    fiscal_year_start: Mapped[int]
    #: Stage: estimate, planned, revised, final, settlement (段階).
    stage: Mapped[str]
    #: Edition within year and stage, counted from 1 (版).
    edition: Mapped[int]
    #: Amount stated, in yen (金額).
    amount: Mapped[Yen] = mapped_column(YenType())
    #: Day of issue in Japan (発行日).
    issued_on: Mapped[date]
    #: SHA-256 of the data shown; its first 8 digits are printed as 照合符号.
    data_hash: Mapped[Sha256]
    #: SHA-256 of the cell contents, empty where not computed (内容照合値).
    content_hash: Mapped[Sha256 | None]
    #: SHA-256 of the stored bytes (ファイル照合値).
    file_hash: Mapped[Sha256]
    #: Number of the chain's last event at the snapshot, as printed (台帳の位置).
    register_seq: Mapped[int]
    #: Hash of that event, as printed (台帳の照合値).
    register_hash: Mapped[Sha256]


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
