"""Report runs, their frozen inputs and the files they made (帳票作成)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Sha256,
    at_least,
    identifier,
    one_of,
    plausible_year,
    reference,
)

REPORT_STATES = (
    "due", "claimed", "calculated", "filed", "published", "notified", "failed", "cancelled",
)  # fmt: skip


class ReportInput(Base):
    """Everything the files of a report run show, frozen before the first is made (帳票の入力)."""

    __tablename__ = "report_input"

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Canonical JSON document.
    document: Mapped[str]
    #: SHA-256 of that document.
    sha256: Mapped[Sha256]
    #: When it was frozen (確定日時).
    frozen_at: Mapped[datetime]


class ReportRun(Base):
    """One report of one period, made once (帳票作成); the key is the business identity."""

    __tablename__ = "report_run"
    __table_args__ = (
        UniqueConstraint(
            "consortium_id",
            "kind",
            "fiscal_year_start",
            "period_key",
            "edition",
            name="uq_report_run_business_key",  # the convention's name exceeds 63 characters
        ),
        Index(None, "state", "due_at"),
        plausible_year(),
        at_least("edition", 1),
        one_of("state", REPORT_STATES),
        CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name="owner_with_lease"),
        CheckConstraint("(owner IS NULL) = (claimed_at IS NULL)", name="owner_with_claim"),
        at_least("attempt", 0),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Report, the stage included where it has one (帳票の種類).
    kind: Mapped[str]
    #: Year in which the fiscal year begins (年度).
    fiscal_year_start: Mapped[int]
    #: Period: 2026-11, FY2026Q3, FY2026, FY2026I3 or 2026-W48 (対象期間).
    period_key: Mapped[str]
    #: Edition, counted from 1 (版).
    edition: Mapped[int] = mapped_column(default=1)
    #: Schedule that asked for it, empty for an officer's 発行 (配信予定).
    schedule_id: Mapped[str | None] = reference("report_schedule.id", index=True)
    #: When it is due (予定日時).
    due_at: Mapped[datetime]
    #: True when it was made late; never shown in the file (遅延作成).
    late: Mapped[bool] = mapped_column(default=False)
    #: State: due, claimed, calculated, filed, published, notified, failed, cancelled (状態).
    state: Mapped[str] = mapped_column(default="due")
    #: Why it still waits, e.g. 締め・承認待ち (待機理由).
    wait_reason: Mapped[str] = mapped_column(default="")
    #: How often it was claimed; the fencing number (試行).
    attempt: Mapped[int] = mapped_column(default=0)
    #: Process working on it (作業者).
    owner: Mapped[str | None]
    #: When that process took it (取得日時).
    claimed_at: Mapped[datetime | None]
    #: When its lease ends (期限).
    lease_until: Mapped[datetime | None]
    #: Expired leases in a row (中断回数).
    crashes: Mapped[int] = mapped_column(default=0)
    #: Errors in the data so far (失敗回数).
    failures: Mapped[int] = mapped_column(default=0)
    #: Not tried again before this instant (次回試行).
    next_try_at: Mapped[datetime | None]
    #: Frozen input, empty before the snapshot (帳票の入力).
    input_id: Mapped[str | None] = reference("report_input.id", index=True)
    #: SHA-256 of the list of files with their hashes, empty before filing (目録の照合値).
    manifest_sha256: Mapped[Sha256 | None]
    #: Last error, in Japanese (エラー).
    error: Mapped[str] = mapped_column(default="")
    #: Why this edition is made, empty for the first (再作成の理由).
    reason: Mapped[str] = mapped_column(default="")
    #: How many files it has, 0 before they are listed (ファイル数).
    file_total: Mapped[int] = mapped_column(default=0)


class ReportFile(Base):
    """One produced file (帳票ファイル), stored once and served as stored."""

    __tablename__ = "report_file"
    __table_args__ = (
        UniqueConstraint("run_id", "slot"),
        UniqueConstraint("stored_name"),
        at_least("size", 0),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Report run that made it (帳票作成).
    run_id: Mapped[str] = reference("report_run.id")
    #: Which file of the run: member:023817, lead or zip (区分).
    slot: Mapped[str]
    #: Name in the file store, a UUID with its extension (保存名).
    stored_name: Mapped[str] = mapped_column(String(80))
    #: Name offered on download (表示名).
    display_name: Mapped[str]
    #: Size in bytes (サイズ).
    size: Mapped[int]
    #: SHA-256 of the stored bytes (ファイル照合値).
    file_hash: Mapped[Sha256]
    #: SHA-256 of the file's parts, empty for rows older than 2026-11 (内容照合値).
    content_hash: Mapped[Sha256 | None]
    #: SHA-256 of the rows of the sheet データ, empty where there is none (明細行の照合値).
    rows_hash: Mapped[Sha256 | None]
    #: SHA-256 of the data shown, empty for a zip (データ照合値).
    data_hash: Mapped[Sha256 | None]
    #: Attempt that made it (試行).
    attempt: Mapped[int]
