"""Calendar addresses of users, and their e-mail addresses (カレンダー配信・メールアドレス)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consortium.db.models import CalendarFeed, UserAccount
from consortium.db.unit import Unit


@dataclass(frozen=True, slots=True)
class OfPlans:
    """Which plans an address gives, and what of them (工程のカレンダーの内容)."""

    #: 団体コード, empty for every plan its user sees
    code: str
    #: who is in charge, empty for everybody (担当)
    in_charge: str
    #: every task, or milestones and days of decision only
    with_tasks: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar address that works (配信中のアドレス)."""

    id: str
    user_id: str
    created_at: datetime
    #: None for the due dates of its user
    plans: OfPlans | None


def live_feed(session: Session, user_id: str) -> datetime | None:
    """Say since when a user has an address of due dates; None without one (配信中のアドレス)."""
    found = (each.created_at for each in live_feeds(session, user_id) if each.plans is None)
    return next(found, None)


def live_feeds(session: Session, user_id: str) -> list[Feed]:
    """List the addresses of a user that work, in one statement (配信中のアドレスの一覧)."""
    table = CalendarFeed
    query = select(table).where(table.user_id == user_id, table.revoked_at.is_(None))
    return [_feed(row) for row in session.scalars(query.order_by(table.created_at, table.id))]


def is_feed(session: Session, feed_id: str) -> bool:
    """Say whether a form made its address already (二度押し)."""
    return session.get(CalendarFeed, feed_id) is not None


def feed_of(session: Session, token_hash: str) -> Feed | None:
    """Give the address of a token that works; None for any other."""
    table = CalendarFeed
    query = select(table).where(table.token_hash == token_hash, table.revoked_at.is_(None))
    row = session.scalar(query)
    return _feed(row) if row else None


def add_feed(unit: Unit, consortium_id: str, feed: Feed, token_hash: str) -> None:
    """Save a new address (アドレスの作成); of due dates, the one before works no more."""
    if feed.plans is None:
        revoke_feeds(unit, feed.user_id)
    of_plans = feed.plans
    unit.session.add(
        CalendarFeed(
            id=feed.id,
            consortium_id=consortium_id,
            user_id=feed.user_id,
            plan_code=of_plans.code if of_plans else None,
            in_charge=of_plans.in_charge if of_plans else None,
            with_tasks=of_plans.with_tasks if of_plans else None,
            token_hash=token_hash,
            created_at=unit.now,
        )
    )
    unit.session.flush()


def revoke_feeds(unit: Unit, user_id: str, feed_id: str | None = None) -> None:
    """Switch off the address of a user's due dates, or the one of plans named (停止)."""
    table = CalendarFeed
    named = table.plan_code.is_(None) if feed_id is None else table.id == feed_id
    unit.session.execute(
        update(table)
        .where(table.user_id == user_id, table.revoked_at.is_(None), named)
        .values(revoked_at=unit.now)
    )


def _feed(row: CalendarFeed) -> Feed:
    of_plans = (
        None
        if row.plan_code is None
        else OfPlans(row.plan_code, row.in_charge or "", bool(row.with_tasks))
    )
    return Feed(row.id, row.user_id, row.created_at, of_plans)


def email_of(session: Session, user_id: str) -> str:
    """Give a user's e-mail address, empty without one (メールアドレス)."""
    return session.scalar(select(UserAccount.email).where(UserAccount.id == user_id)) or ""


def set_email(session: Session, user_id: str, email: str) -> None:
    """Replace a user's e-mail address; the empty text takes it away."""
    values: dict[str, Any] = {"email": email or None}
    session.execute(update(UserAccount).where(UserAccount.id == user_id).values(**values))
