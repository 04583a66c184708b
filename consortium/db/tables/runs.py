"""Allocation runs and the index of their shares (算定・負担額)."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
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

RUN_STATES = ("draft", "in_review", "approved", "issued", "superseded")


class AllocationRun(Base):
    """One computation of a fiscal year's shares (算定), frozen in every state but draft."""

    __tablename__ = "allocation_run"
    __table_args__ = (
        UniqueConstraint("consortium_id", "fiscal_year_start", "stage", "edition"),
        plausible_year(),
        one_of("stage", STAGES),
        at_least("edition", 1),
        one_of("state", RUN_STATES),
        whole_yen("total"),
        whole_yen("unallocated"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year begins (年度).
    fiscal_year_start: Mapped[int]
    #: Stage: estimate, planned, revised, final, settlement (段階).
    stage: Mapped[str]
    #: Edition within year and stage, counted from 1 (版).
    edition: Mapped[int]
    #: State: draft, in_review, approved, issued, superseded (状態).
    state: Mapped[str] = mapped_column(default="draft")
    #: Why it was made (理由).
    reason: Mapped[str] = mapped_column(default="")
    #: Inputs, rules and result as one canonical JSON document (算定書).
    document: Mapped[str]
    #: SHA-256 of that document.
    document_sha256: Mapped[Sha256]
    #: All that was shared, canonical JSON; empty for runs made before it was kept (算定の入力).
    inputs: Mapped[str | None]
    #: What is to be paid in all, in yen (総額).
    total: Mapped[Yen] = mapped_column(YenType())
    #: Yen that nobody takes (端数差額).
    unallocated: Mapped[Yen] = mapped_column(YenType(), default=Yen(0))
    #: Actor who drafted it (起案者).
    drafted_by: Mapped[str]
    #: When it was drafted (起案日時).
    drafted_at: Mapped[datetime]
    #: Actor who submitted it for review (提出者).
    submitted_by: Mapped[str | None]
    #: When it was submitted (提出日時).
    submitted_at: Mapped[datetime | None]
    #: Actor who approved it, never the drafter unless the setting allows it (承認者).
    approved_by: Mapped[str | None]
    #: When it was approved (承認日時).
    approved_at: Mapped[datetime | None]
    #: Actor who issued it (発行者).
    issued_by: Mapped[str | None]
    #: When it was issued (発行日時).
    issued_at: Mapped[datetime | None]
    #: Run that this one replaces, empty for the first (前の版の算定).
    supersedes_id: Mapped[str | None] = reference("allocation_run.id", index=True)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class ShareRow(Base):
    """One line of a run's result (負担額): an index of the document, rebuilt and never edited."""

    __tablename__ = "share_row"
    __table_args__ = (whole_yen("amount"),)

    #: Run the line belongs to (算定).
    run_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("allocation_run.id", ondelete="RESTRICT"), primary_key=True
    )
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Place of the cost item in the document, counted as there (費目番号).
    item_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: Component key, or direct, grant, rounding (構成割).
    component: Mapped[str] = mapped_column(primary_key=True)
    #: Municipality code (団体コード).
    code: Mapped[Code] = mapped_column(primary_key=True)
    #: Cost item it came from; no reference, since an item of a draft may go later (費目).
    item_id: Mapped[str | None] = mapped_column(String(36))
    #: Share in yen (負担額).
    amount: Mapped[Yen] = mapped_column(YenType())
