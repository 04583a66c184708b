"""Calendar addresses (カレンダー配信): made and switched off by their user, read without login.

The address holds a token of 256 bits that is shown once and stored hashed only.
"""

import re
import secrets
from datetime import datetime
from typing import Final

from consortium.db.store import accounts, feeds
from consortium.db.unit import reading, writing
from consortium.domain.errors import NotFoundError
from consortium.reports.calendar_feed import calendar_feed
from consortium.usecases.due_days import due_days
from consortium.usecases.logins import token_hash, viewer_of
from consortium.usecases.viewer import Viewer

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def feed_since(viewer: Viewer) -> datetime | None:
    """Say since when the viewer has a calendar address; None without one (配信中か)."""
    with reading() as session:
        return feeds.live_feed(session, viewer.user_id)


def create_feed(viewer: Viewer, feed_id: str, now: datetime) -> str | None:
    """Make a new address and give its token; the one before works no more (アドレスの作成).

    None for a form sent again: what it made was shown already and is stored nowhere.
    """
    token = secrets.token_urlsafe(32)
    with writing(viewer.actor(), now) as unit:
        if feeds.is_feed(unit.session, feed_id):
            unit.operational()
            return None
        owner = viewer.consortium_id
        feeds.add_feed(unit, owner, feed_id, viewer.user_id, token_hash(token))
        unit.record(owner, "feed.create", "calendar_feed", feed_id, "カレンダー配信の作成")
    return token


def revoke_feed(viewer: Viewer, now: datetime) -> None:
    """Switch the viewer's address off for good (アドレスの停止)."""
    with writing(viewer.actor(), now) as unit:
        if feeds.live_feed(unit.session, viewer.user_id) is None:
            unit.operational()
            return
        feeds.revoke_feeds(unit, viewer.user_id)
        unit.record(
            viewer.consortium_id, "feed.revoke", "user_account", viewer.user_id,
            "カレンダー配信の停止",
        )  # fmt: skip


def read_feed(token: str, now: datetime) -> bytes:
    """Give the due dates of the user whose address it is (カレンダーの中身).

    Raises: NotFoundError for a token that never was, was switched off, or of a disabled user.
    """
    with reading() as session:
        is_token = _TOKEN.fullmatch(token) is not None
        user_id = feeds.user_of_feed(session, token_hash(token)) if is_token else None
        account = accounts.account_by_id(session, user_id) if user_id else None
    if account is None or not account.is_active:
        raise NotFoundError(
            "カレンダーを開こうとしました。",
            "このアドレスは使えません。",
            "ポータルの「利用者情報」で、新しいアドレスを作ってください。",
        )
    viewer = viewer_of(account)
    name = f"{viewer.consortium_name} {viewer.body}"
    return calendar_feed(name, viewer.consortium_id, due_days(viewer, now), now)
