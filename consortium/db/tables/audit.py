"""The chain of what was done (操作記録)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, Sha256, at_least


class AuditEvent(Base):
    """One business action (操作記録); added, never changed: triggers refuse it.

    Holds no form bodies, passwords, tokens or codes, because it is never deleted.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("consortium_id", "prev_hash"),
        Index(None, "consortium_id", "object_id"),
        at_least("seq", 1),
    )

    #: Consortium whose chain it is (協議会).
    consortium_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("consortium.id", ondelete="RESTRICT"), primary_key=True
    )
    #: Place in the chain, 1, 2, 3 … without gaps (番号).
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: When, in UTC (日時).
    at: Mapped[datetime]
    #: Who: user id, or the name of a process (操作者).
    actor_id: Mapped[str]
    #: Name as it was then (氏名).
    actor_name: Mapped[str]
    #: Municipality or office as it was then (所属).
    actor_body: Mapped[str]
    #: Role as it was then (役割).
    actor_role: Mapped[str]
    #: What was done, e.g. `issue_statements` (操作).
    action: Mapped[str]
    #: Kind of thing it was done to, e.g. `cost_item` (対象の種類).
    object_type: Mapped[str]
    #: Id of that thing (対象).
    object_id: Mapped[str]
    #: The thing in words, as shown in the list (件名).
    title: Mapped[str]
    #: Why (理由).
    reason: Mapped[str]
    #: Values before, canonical JSON, empty for a new thing (変更前).
    before: Mapped[str | None]
    #: Values after, canonical JSON, empty for a deleted thing (変更後).
    after: Mapped[str | None]
    #: Request it came with, empty outside the portal (要求番号).
    request_id: Mapped[str]
    #: Hash of the event before, 64 zeros for the first (前の照合値).
    prev_hash: Mapped[Sha256]
    #: SHA-256 over all of the above (照合値).
    hash: Mapped[Sha256]
