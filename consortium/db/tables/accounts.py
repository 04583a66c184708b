"""Users, their sessions and the login throttle (利用者・ログイン)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Code,
    Sha256,
    at_least,
    identifier,
    one_of,
    reference,
)

ROLES = (
    "lead_staff", "lead_approver", "lead_admin", "member_staff", "member_admin", "auditor",
)  # fmt: skip


class UserAccount(Base):
    """A user (利用者); switched off, never deleted."""

    __tablename__ = "user_account"
    __table_args__ = (
        UniqueConstraint("login"),
        one_of("role", ROLES),
        CheckConstraint(
            "role NOT IN ('member_staff', 'member_admin') OR code IS NOT NULL",
            name="member_role_has_code",
        ),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Name typed at login (利用者ID).
    login: Mapped[str]
    #: Name shown (氏名).
    display_name: Mapped[str]
    #: Role: lead_staff, lead_approver, lead_admin, member_staff, member_admin, auditor (役割).
    role: Mapped[str]
    #: Municipality code of a member town's user (団体コード).
    code: Mapped[Code | None]
    #: E-mail address, empty for a user who wants no mail (メールアドレス).
    email: Mapped[str | None]
    #: Password hash, argon2id.
    password_hash: Mapped[str]
    #: Rises with each new password or role, which ends every session (資格の版).
    credential_version: Mapped[int] = mapped_column(default=1)
    #: False when switched off (有効).
    is_active: Mapped[bool] = mapped_column(default=True)
    #: When it was created (登録日時).
    created_at: Mapped[datetime]


class UserSession(Base):
    """A login (セッション), ended in the table."""

    __tablename__ = "user_session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: SHA-256 of the token in the cookie; the token itself is not stored.
    token_hash: Mapped[Sha256]
    #: User who logged in (利用者).
    user_id: Mapped[str] = reference("user_account.id", index=True)
    #: When it began (開始).
    created_at: Mapped[datetime]
    #: When it was last used (最終利用).
    last_seen_at: Mapped[datetime]
    #: When it ends at the latest (期限).
    expires_at: Mapped[datetime]
    #: When it was ended, empty while open (終了).
    ended_at: Mapped[datetime | None]
    #: Browser as it names itself (ブラウザ).
    user_agent: Mapped[str] = mapped_column(default="")


class LoginAttempt(Base):
    """Wrong tries counted in a window (ログイン試行), shared by all processes."""

    __tablename__ = "login_attempt"
    __table_args__ = (at_least("tries", 0),)

    #: What is counted: an account, an address, or an account's day.
    bucket: Mapped[str] = mapped_column(primary_key=True)
    #: When the window began (開始).
    window_start: Mapped[datetime]
    #: Tries so far in the window (回数).
    tries: Mapped[int] = mapped_column(default=0)
