"""What-if cases that officers keep (保存した算定ケース)."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, Sha256, identifier, plausible_year, reference


class SavedCase(Base):
    """A case of the simulator that an officer keeps (保存した算定ケース)."""

    __tablename__ = "saved_case"
    __table_args__ = (Index(None, "consortium_id", "updated_at"), plausible_year())

    #: Row id (UUID), chosen by the form, so that sending it twice saves one.
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Name the officer gave it (名前).
    name: Mapped[str]
    #: Id of the user who saved it (所有者).
    owner_id: Mapped[str]
    #: Name of that user when it was saved (所有者名).
    owner_name: Mapped[str]
    #: Year in which the fiscal year of the case begins (年度).
    fiscal_year_start: Mapped[int]
    #: The case file, as docs/case-file.md describes it (算定ケースの本文).
    text: Mapped[str]
    #: SHA-256 of the text (照合値).
    sha256: Mapped[Sha256]
    #: True where the other officers of the lead city see it as well (共有).
    is_shared: Mapped[bool]
    #: When it was saved first (保存日時).
    created_at: Mapped[datetime]
    #: When name or sharing changed last (更新日時).
    updated_at: Mapped[datetime]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it
