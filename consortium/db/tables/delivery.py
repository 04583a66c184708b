"""Letters to be sent, and addresses of calendars (メール・カレンダー配信)."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Sha256,
    at_least,
    identifier,
    one_of,
    reference,
)

LETTER_STATES = ("queued", "sent", "failed")


class OutboxMessage(Base):
    """A letter to one user (送信箱の一通), written with what it tells; operational."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("about", "user_id"),
        UniqueConstraint("message_id"),
        Index(None, "state", "next_try_at"),
        Index(None, "consortium_id", "created_at"),
        one_of("state", LETTER_STATES),
        at_least("tries", 0),
        at_least("refusals", 0),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Report run it tells of (帳票作成).
    run_id: Mapped[str] = reference("report_run.id", index=True)
    #: What it tells, once to each user: report:…, reminder:…:2, failed:…:5 (何の知らせか).
    about: Mapped[str]
    #: User it goes to (宛先の利用者).
    user_id: Mapped[str] = reference("user_account.id", index=True)
    #: Address it goes to, as the user had it (宛先).
    address: Mapped[str]
    #: Message-ID, the same however often it is sent (メールの番号).
    message_id: Mapped[str]
    #: Subject (件名).
    subject: Mapped[str]
    #: Text, with a link and never a file or an amount (本文).
    body: Mapped[str]
    #: State: queued, sent, failed (状態).
    state: Mapped[str] = mapped_column(default="queued")
    #: How often it was begun to be sent (試行).
    tries: Mapped[int] = mapped_column(default=0)
    #: How often the server did not take it; the last time it is given up (拒否の回数).
    refusals: Mapped[int] = mapped_column(default=0)
    #: Not begun before this instant (次回試行).
    next_try_at: Mapped[datetime]
    #: Why it was not taken, in Japanese, empty if it was (エラー).
    error: Mapped[str] = mapped_column(default="")
    #: When it was written (作成日時).
    created_at: Mapped[datetime]
    #: When the server took it, empty before (送信日時).
    sent_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """A user's calendar address (カレンダー配信); whoever knows it reads dates, never yen."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("token_hash"),)

    #: Row id (UUID), as the form brought it.
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: User whose due dates it gives, or who sees the plans it gives (利用者).
    user_id: Mapped[str] = reference("user_account.id", index=True)
    #: Town whose plans it gives, empty for all its user sees; NULL gives due dates (工程の団体).
    plan_code: Mapped[str | None]
    #: Who is in charge of what it gives of plans, empty for everybody (担当).
    in_charge: Mapped[str | None]
    #: True with every task, else milestones and days of decision only (作業も配信).
    with_tasks: Mapped[bool | None]
    #: SHA-256 of the token in the address; the token itself is not stored.
    token_hash: Mapped[Sha256]
    #: When it was made (作成日時).
    created_at: Mapped[datetime]
    #: When it was switched off, empty while it works (停止日時).
    revoked_at: Mapped[datetime | None]
