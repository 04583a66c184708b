"""Calendar addresses (カレンダー配信): made and switched off by their user, read without login.

The address holds a token of 256 bits that is shown once and stored hashed only.
"""

import re
import secrets
from datetime import datetime
from typing import Final

from consortium.db.store import accounts, feeds
from consortium.db.store.feeds import Feed, OfPlans
from consortium.db.unit import reading, writing
from consortium.domain.errors import NotFoundError
from consortium.reports.calendar_feed import calendar_feed
from consortium.usecases.due_days import due_days
from consortium.usecases.logins import token_hash, viewer_of
from consortium.usecases.plan_days import choices, plan_days
from consortium.usecases.viewer import Viewer

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def feed_since(viewer: Viewer) -> datetime | None:
    """Say since when the viewer has a calendar address; None without one (配信中か)."""
    with reading() as session:
        return feeds.live_feed(session, viewer.user_id)


def plan_feeds(viewer: Viewer) -> list[Feed]:
    """List the viewer's addresses of plans that work (工程のカレンダーの一覧)."""
    with reading() as session:
        return [each for each in feeds.live_feeds(session, viewer.user_id) if each.plans]


def create_feed(
    viewer: Viewer, feed_id: str, now: datetime, plans: OfPlans | None = None
) -> str | None:
    """Make a new address and give its token (アドレスの作成).

    Of due dates a user has one: the one before works no more. Of `plans` there may be several.
    None for a form sent again: what it made was shown already and is stored nowhere.
    Raises: BadInputError for plans that the viewer does not see.
    """
    if plans is not None:
        choices(viewer).check(plans)
    token = secrets.token_urlsafe(32)
    with writing(viewer.actor(), now) as unit:
        if feeds.is_feed(unit.session, feed_id):
            unit.operational()
            return None
        owner = viewer.consortium_id
        feed = Feed(feed_id, viewer.user_id, now, plans)
        feeds.add_feed(unit, owner, feed, token_hash(token))
        unit.record(owner, "feed.create", "calendar_feed", feed_id, "カレンダー配信の作成")
    return token


def revoke_feed(viewer: Viewer, now: datetime, feed_id: str | None = None) -> None:
    """Switch the viewer's address of due dates off, or the one of plans named (アドレスの停止).

    Raises: NotFoundError for a named one that does not work, or is another user's.
    """
    with writing(viewer.actor(), now) as unit:
        live = feeds.live_feeds(unit.session, viewer.user_id)
        wanted = [each for each in live if (each.plans and each.id) == feed_id]
        if not wanted and feed_id is not None:
            raise NotFoundError(
                "工程のカレンダーを停止しようとしました。",
                "配信中のアドレスに見つかりません。",
                "一覧を開き直して、もう停止していないか確かめてください。",
            )
        if not wanted:
            unit.operational()
            return
        feeds.revoke_feeds(unit, viewer.user_id, feed_id)
        unit.record(
            viewer.consortium_id, "feed.revoke", "user_account", viewer.user_id,
            "カレンダー配信の停止",
        )  # fmt: skip


def read_feed(token: str, now: datetime) -> bytes:
    """Give the dates that the user whose address it is may see (カレンダーの中身).

    Raises: NotFoundError for a token that never was, was switched off, or of a disabled user.
    """
    with reading() as session:
        is_token = _TOKEN.fullmatch(token) is not None
        feed = feeds.feed_of(session, token_hash(token)) if is_token else None
        account = accounts.account_by_id(session, feed.user_id) if feed else None
    if feed is None or account is None or not account.is_active:
        raise NotFoundError(
            "カレンダーを開こうとしました。",
            "このアドレスは使えません。",
            "ポータルの「利用者情報」で、新しいアドレスを作ってください。",
        )
    viewer = viewer_of(account)
    if feed.plans is None:
        name, days = f"{viewer.consortium_name} {viewer.body}", due_days(viewer, now)
    else:
        name, days = f"{viewer.consortium_name} 加入工程", plan_days(viewer, feed.plans)
    return calendar_feed(name, viewer.consortium_id, days, now)
