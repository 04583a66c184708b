"""What was put back from a backup, and what was issued meanwhile (復元・復元前の文書)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from consortium.db.tables.metadata import (
    STAGES,
    Base,
    Sha256,
    at_least,
    identifier,
    one_of,
    reference,
)


class Restoration(Base):
    """An older state put back (復元); no number is taken until 台帳の照合 was done."""

    __tablename__ = "restoration"
    __table_args__ = (
        Index(None, "consortium_id", "reconciled_at"),
        at_least("highest", 0),
        CheckConstraint(
            "(reconciled_at IS NULL) = (highest IS NULL)", name="reconciled_with_number"
        ),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: When the backup was made (バックアップの作成日時).
    backup_made_at: Mapped[datetime]
    #: When it was put back (復元日時).
    restored_at: Mapped[datetime]
    #: When the register was compared with what had gone out, empty before (照合日時).
    reconciled_at: Mapped[datetime | None]
    #: Highest number found, also outside the portal, empty before (最も大きい番号).
    highest: Mapped[int | None]


class LostDocument(Base):
    """A document that went out after the backup was made, and is in no register (復元前の文書)."""

    __tablename__ = "lost_document"
    __table_args__ = (
        Index(None, "consortium_id", "fiscal_year_start", "stage"),
        at_least("number", 1),
        at_least("edition", 1),
        one_of("stage", STAGES),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Number printed on it (台帳番号).
    number: Mapped[int]
    #: Year in which its fiscal year begins, empty where it says none (年度).
    fiscal_year_start: Mapped[int | None]
    #: Stage, empty for what is no statement of a year (段階).
    stage: Mapped[str | None]
    #: Edition printed on it (版).
    edition: Mapped[int]
    #: The eight digits printed on it (照合符号).
    check_code: Mapped[str]
    #: SHA-256 of the bytes (ファイルハッシュ).
    file_hash: Mapped[Sha256]
    #: When it was found (見つかった日時).
    found_at: Mapped[datetime]
