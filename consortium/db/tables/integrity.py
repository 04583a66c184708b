"""What the rows looked like when they were saved, and what the last check found (整合性)."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, Sha256, at_least, one_of, reference

OCCASIONS = ("start", "issue", "nightly", "asked")


class TableSeal(Base):
    """How the rows of a table were when last saved (表の照合値): number, hash; operational."""

    __tablename__ = "table_seal"
    __table_args__ = (at_least("row_count", 0),)

    #: Consortium whose rows are meant (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", primary_key=True)
    #: Table, e.g. `payment` (表).
    name: Mapped[str] = mapped_column(primary_key=True)
    #: Number of rows (行数).
    row_count: Mapped[int]
    #: Columns that are in the hash, JSON list in their order (列).
    columns: Mapped[str]
    #: SHA-256 of the rows in the order of their keys (照合値).
    digest: Mapped[Sha256]


class IntegrityState(Base):
    """What the last check of a consortium's records found (整合性の検証); operational.

    While `fault_count` is not 0, the portal shows no figures of the consortium.
    """

    __tablename__ = "integrity_state"
    __table_args__ = (one_of("occasion", OCCASIONS), at_least("fault_count", 0))

    #: Consortium that was checked (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", primary_key=True)
    #: When (日時).
    checked_at: Mapped[datetime]
    #: Why then: start, issue, nightly, asked (きっかけ).
    occasion: Mapped[str]
    #: How long it took, in milliseconds (所要).
    took_ms: Mapped[int]
    #: How many differences it found; 0 where all agrees (相違の数).
    fault_count: Mapped[int]
    #: The first of them, JSON list of Japanese sentences (相違).
    faults: Mapped[str]
    #: What was looked at, in Japanese (検証したもの).
    summary: Mapped[str]
