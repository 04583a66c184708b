"""Users, their sessions and the login throttle (利用者・ログイン): one function per question."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, delete, exists, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consortium.db.models import (
    Consortium,
    IntegrityState,
    LoginAttempt,
    Member,
    UserAccount,
    UserSession,
    YearClosing,
    new_id,
)
from consortium.db.types import InstantType
from consortium.domain.municipality import MunicipalityCode


@dataclass(frozen=True, slots=True)
class Account:
    """A user with what the login needs to know (利用者)."""

    id: str
    consortium_id: str
    login: str
    name: str
    role: str
    code: str | None
    #: Municipality or office (所属).
    body: str
    consortium_name: str
    is_sample: bool
    password_hash: str
    credential_version: int
    is_active: bool
    #: the office lets one person draft and approve (一人の事務局)
    is_one_person: bool = False
    #: some fiscal year is closed, softly or for good (締めのある協議会)
    has_closings: bool = True
    #: no check found records that are not as they were saved (整合性の検証)
    shows_figures: bool = True


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session about to begin (セッション)."""

    user_id: str
    token_hash: str
    began_at: datetime
    expires_at: datetime
    user_agent: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that was not ended, with its user; whether it is too old is the caller's matter."""

    id: str
    last_seen_at: datetime
    expires_at: datetime
    account: Account


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tries a bucket holds in how long (試行の上限)."""

    bucket: str
    tries: int
    window: timedelta


_ACCOUNT = (
    UserAccount.id,
    UserAccount.consortium_id,
    UserAccount.login,
    UserAccount.display_name,
    UserAccount.role,
    UserAccount.code,
    UserAccount.password_hash,
    UserAccount.credential_version,
    UserAccount.is_active,
    Consortium.name.label("consortium_name"),
    Consortium.office_name,
    Consortium.is_sample,
    Consortium.allows_own_approval,
    exists()
    .where(
        YearClosing.consortium_id == UserAccount.consortium_id,
        YearClosing.ended_at.is_(None),
    )
    .label("has_closings"),
    exists()
    .where(
        IntegrityState.consortium_id == UserAccount.consortium_id,
        IntegrityState.fault_count > 0,
    )
    .label("has_faults"),
    Member.name.label("member_name"),
)


def _accounts(*more: Any) -> Select[*tuple[Any, ...]]:
    own_member = and_(
        Member.consortium_id == UserAccount.consortium_id, Member.code == UserAccount.code
    )
    return (
        select(*_ACCOUNT, *more)
        .select_from(UserAccount)
        .join(Consortium, Consortium.id == UserAccount.consortium_id)
        .outerjoin(Member, own_member)
    )


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        consortium_id=row.consortium_id,
        login=row.login,
        name=row.display_name,
        role=row.role,
        code=row.code,
        body=row.member_name or row.office_name,
        consortium_name=row.consortium_name,
        is_sample=row.is_sample,
        password_hash=row.password_hash,
        credential_version=row.credential_version,
        is_active=row.is_active,
        is_one_person=row.allows_own_approval,
        has_closings=bool(row.has_closings),
        shows_figures=not row.has_faults,
    )


def account_by_login(session: Session, login: str) -> Account | None:
    """Find a user by the name typed at login."""
    row = session.execute(_accounts().where(UserAccount.login == login)).first()
    return _account(row) if row else None


def account_by_id(session: Session, user_id: str) -> Account | None:
    """Find a user by id."""
    row = session.execute(_accounts().where(UserAccount.id == user_id)).first()
    return _account(row) if row else None


def all_accounts(session: Session) -> tuple[Account, ...]:
    """List the users, those of the office first."""
    order = (UserAccount.consortium_id, UserAccount.code.is_not(None), UserAccount.code)
    rows = session.execute(_accounts().order_by(*order, UserAccount.login))
    return tuple(_account(row) for row in rows)


def consortium_ids(session: Session, key: str | None) -> tuple[str, ...]:
    """Give the consortium with a key, or every one if no key is asked for."""
    chosen = select(Consortium.id).order_by(Consortium.key)
    if key is not None:
        chosen = chosen.where(Consortium.key == key)
    return tuple(session.scalars(chosen))


def is_member_code(session: Session, consortium_id: str, code: str) -> bool:
    """Say whether a code belongs to a municipality of the consortium."""
    found = select(Member.id).where(Member.consortium_id == consortium_id, Member.code == code)
    return session.scalar(found) is not None


def add_account(session: Session, account: Account, now: datetime) -> None:
    """Save a new user; the login is unique."""
    session.add(
        UserAccount(
            id=account.id,
            consortium_id=account.consortium_id,
            login=account.login,
            display_name=account.name,
            role=account.role,
            code=None if account.code is None else MunicipalityCode(account.code),
            password_hash=account.password_hash,
            credential_version=account.credential_version,
            is_active=account.is_active,
            created_at=now,
        )
    )
    session.flush()


def set_password(session: Session, account: Account, password_hash: str) -> None:
    """Replace the password; the new credential version ends what rests on the old one."""
    _update(session, account, password_hash=password_hash, **_next_version(account))


def replace_hash(session: Session, account: Account, password_hash: str) -> None:
    """Store the same password hashed anew, with today's parameters."""
    _update(session, account, password_hash=password_hash)


def switch_off(session: Session, account: Account) -> None:
    """Disable a user (停止)."""
    _update(session, account, is_active=False, **_next_version(account))


def _next_version(account: Account) -> dict[str, int]:
    return {"credential_version": account.credential_version + 1}


def _update(session: Session, account: Account, **values: Any) -> None:
    session.execute(update(UserAccount).where(UserAccount.id == account.id).values(**values))


# ---- sessions ------------------------------------------------------------------------------------


def begin_session(session: Session, new: NewSession) -> None:
    """Save a session of a user who has just logged in."""
    session.add(
        UserSession(
            id=new_id(),
            token_hash=new.token_hash,
            user_id=new.user_id,
            created_at=new.began_at,
            last_seen_at=new.began_at,
            expires_at=new.expires_at,
            user_agent=new.user_agent,
        )
    )


def open_session(session: Session, token_hash: str) -> OpenSession | None:
    """Find a session that was not ended, with its user, in one statement."""
    own = (
        UserSession.id.label("session_id"),
        UserSession.last_seen_at,
        UserSession.expires_at,
    )
    row = session.execute(
        _accounts(*own)
        .join(UserSession, UserSession.user_id == UserAccount.id)
        .where(UserSession.token_hash == token_hash, UserSession.ended_at.is_(None))
    ).first()
    if row is None:
        return None
    return OpenSession(row.session_id, row.last_seen_at, row.expires_at, _account(row))


def touch_session(session: Session, session_id: str, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(
        update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now)
    )


def end_session(session: Session, token_hash: str, now: datetime) -> None:
    """End one session; a cookie copied from it is worth nothing any more."""
    _end(session, UserSession.token_hash == token_hash, now)


def end_sessions_of(session: Session, user_id: str, now: datetime) -> None:
    """End every session of a user."""
    _end(session, UserSession.user_id == user_id, now)


def _end(session: Session, whose: Any, now: datetime) -> None:
    session.execute(
        update(UserSession).where(whose, UserSession.ended_at.is_(None)).values(ended_at=now)
    )


# ---- the throttle --------------------------------------------------------------------------------


def reserve_try(session: Session, limit: Limit, now: datetime) -> bool:
    """Count one more try if the bucket holds it, in one statement: parallel tries cannot pass.

    A bucket whose window is over starts a new one.
    """
    over = LoginAttempt.window_start <= now - limit.window
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    first = insert(LoginAttempt).values(bucket=limit.bucket, window_start=now, tries=1)
    counted = first.on_conflict_do_update(
        index_elements=[LoginAttempt.bucket],
        set_={
            "tries": case((over, 1), else_=LoginAttempt.tries + 1),
            "window_start": case(
                (over, literal(now, InstantType())), else_=LoginAttempt.window_start
            ),
        },
        where=or_(over, LoginAttempt.tries < limit.tries),
    )
    # A row comes back if it was added or changed, none if the bucket is full.
    return session.scalar(counted.returning(LoginAttempt.bucket)) is not None


def give_back_tries(session: Session, buckets: Iterable[str]) -> None:
    """Take one try back from each bucket: it was not a wrong one."""
    session.execute(
        update(LoginAttempt)
        .where(LoginAttempt.bucket.in_(tuple(buckets)), LoginAttempt.tries > 0)
        .values(tries=LoginAttempt.tries - 1)
    )


def clear_tries(session: Session, buckets: Iterable[str]) -> None:
    """Forget the tries of buckets: whoever is locked out may try again at once."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.bucket.in_(tuple(buckets))))


def forget_tries_before(session: Session, instant: datetime) -> None:
    """Drop buckets whose window began long ago."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.window_start < instant))
