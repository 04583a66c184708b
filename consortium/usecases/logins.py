"""Logging in, staying logged in, logging out (ログイン・セッション).

Whether a login fails because the user is unknown, disabled, locked or the password is wrong
cannot be told from the answer, nor from the time it takes: each costs one hash.
"""

import contextlib
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from consortium.db.errors import BusyError
from consortium.db.store import accounts as store
from consortium.db.store.accounts import Account, Limit
from consortium.db.unit import Unit, reading, writing
from consortium.usecases.accounts import (
    LOGIN_FORM,
    LOGIN_SYSTEM,
    bucket,
    dummy_hash,
    normal_login,
    own_limits,
    record_account_event,
    rehashed,
    verify_password,
)
from consortium.usecases.viewer import MEMBER_ROLES, Viewer

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=10)
#: A session is marked as used at most this often: a page should not cost a write each time.
TOUCH_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed at login, and from where (ログイン試行)."""

    login: str
    password: str
    address: str
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A user and the version of the credentials the login rests on."""

    viewer: Viewer
    login: str
    credential_version: int


def log_in(attempt: Attempt, now: datetime) -> tuple[LoggedIn, str] | None:
    """Check a login and begin a session; the second value is its token, for the cookie only.

    None means refused; the caller says the same whatever the reason.
    """
    login = normal_login(attempt.login)
    limits = _limits(login, attempt.address)
    with writing(LOGIN_SYSTEM, now) as unit:
        unit.operational()
        is_allowed = all(store.reserve_try(unit.session, limit, now) for limit in limits)
    with reading() as session:
        account = store.account_by_login(session, login) if LOGIN_FORM.fullmatch(login) else None
    usable = account if account is not None and account.is_active and is_allowed else None
    nobodys_hash = dummy_hash()  # made by the first login of a process, whoever tries
    is_right = verify_password(usable.password_hash if usable else nobodys_hash, attempt.password)
    if usable is None or not is_right:
        return None
    return _logged_in(usable), _begin_session(usable, attempt, limits, now)


def _begin_session(
    account: Account, attempt: Attempt, limits: tuple[Limit, ...], now: datetime
) -> str:
    token = secrets.token_urlsafe(32)
    fresh_hash = rehashed(account.password_hash, attempt.password)
    with writing(_logged_in(account).viewer.actor(), now) as unit:
        unit.operational()
        store.give_back_tries(unit.session, [limit.bucket for limit in limits])
        store.forget_tries_before(unit.session, now - timedelta(days=2))
        store.begin_session(
            unit.session,
            store.NewSession(
                user_id=account.id,
                token_hash=token_hash(token),
                began_at=now,
                expires_at=now + LONGEST,
                user_agent="".join(sign for sign in attempt.user_agent if sign.isprintable())[:200],
            ),
        )
        if fresh_hash:
            _keep_fresh_hash(unit, account, fresh_hash)
    return token


def _keep_fresh_hash(unit: Unit, account: Account, fresh_hash: str) -> None:
    store.replace_hash(unit.session, account, fresh_hash)
    record_account_event(unit, account, "account.rehash", "パスワードの保存方式の更新")


def resume(token: str, user_id: str, credential_version: int, now: datetime) -> LoggedIn | None:
    """Give the user of a session, or None if the session is over or the user disabled.

    Role and municipality are read anew for each request, so a change counts at once.
    """
    with reading() as session:
        found = store.open_session(session, token_hash(token))
    if found is None or not found.account.is_active:
        return None
    if (found.account.id, found.account.credential_version) != (user_id, credential_version):
        return None
    if now >= found.expires_at or now - found.last_seen_at >= IDLE:
        return None
    if now - found.last_seen_at >= TOUCH_EVERY:
        # A database busy with somebody else's work is no reason to refuse a page.
        # It gives way at once: the page itself may have to wait as long as anybody should.
        touching = writing(LOGIN_SYSTEM, now, is_patient=False)
        with contextlib.suppress(BusyError), touching as unit:
            unit.operational()
            store.touch_session(unit.session, found.id, now)
    return _logged_in(found.account)


def log_out(token: str, now: datetime) -> None:
    """End a session in the table, so that a copied cookie is worth nothing (ログアウト)."""
    with writing(LOGIN_SYSTEM, now) as unit:
        unit.operational()
        store.end_session(unit.session, token_hash(token), now)


def _limits(login: str, address: str) -> tuple[Limit, ...]:
    by_address = Limit(bucket("address", address), 20, timedelta(minutes=15))
    return (by_address, *own_limits(login))


def token_hash(token: str) -> str:
    """Give what the table keeps of a token: it cannot be turned back into the cookie."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def viewer_of(account: Account) -> Viewer:
    """Give a user as the pages know one (閲覧者)."""
    return Viewer(
        user_id=account.id,
        name=account.name,
        role=account.role,
        consortium_id=account.consortium_id,
        code=account.code if account.role in MEMBER_ROLES else None,
        body=account.body,
        consortium_name=account.consortium_name,
        is_sample=account.is_sample,
        is_one_person=account.is_one_person,
        has_closings=account.has_closings,
        shows_figures=account.shows_figures,
    )


def _logged_in(account: Account) -> LoggedIn:
    return LoggedIn(viewer_of(account), account.login, account.credential_version)
