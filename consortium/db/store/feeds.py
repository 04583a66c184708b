"""Calendar addresses of users, and their e-mail addresses (カレンダー配信・メールアドレス)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consortium.db.models import CalendarFeed, UserAccount
from consortium.db.unit import Unit


def live_feed(session: Session, user_id: str) -> datetime | None:
    """Say since when a user has a calendar address; None without one (配信中のアドレス)."""
    table = CalendarFeed
    return session.scalar(
        select(table.created_at).where(table.user_id == user_id, table.revoked_at.is_(None))
    )


def is_feed(session: Session, feed_id: str) -> bool:
    """Say whether a form made its address already (二度押し)."""
    return session.get(CalendarFeed, feed_id) is not None


def user_of_feed(session: Session, token_hash: str) -> str | None:
    """Give the user of an address that works; None for any other."""
    table = CalendarFeed
    return session.scalar(
        select(table.user_id).where(table.token_hash == token_hash, table.revoked_at.is_(None))
    )


def add_feed(unit: Unit, consortium_id: str, feed_id: str, user_id: str, token_hash: str) -> None:
    """Save a new address; the one before works no more (アドレスの作成)."""
    revoke_feeds(unit, user_id)
    unit.session.add(
        CalendarFeed(
            id=feed_id,
            consortium_id=consortium_id,
            user_id=user_id,
            token_hash=token_hash,
            created_at=unit.now,
        )
    )
    unit.session.flush()


def revoke_feeds(unit: Unit, user_id: str) -> None:
    """Switch the address of a user off (アドレスの停止)."""
    table = CalendarFeed
    unit.session.execute(
        update(table)
        .where(table.user_id == user_id, table.revoked_at.is_(None))
        .values(revoked_at=unit.now)
    )


def email_of(session: Session, user_id: str) -> str:
    """Give a user's e-mail address, empty without one (メールアドレス)."""
    return session.scalar(select(UserAccount.email).where(UserAccount.id == user_id)) or ""


def set_email(session: Session, user_id: str, email: str) -> None:
    """Replace a user's e-mail address; the empty text takes it away."""
    values: dict[str, Any] = {"email": email or None}
    session.execute(update(UserAccount).where(UserAccount.id == user_id).values(**values))
