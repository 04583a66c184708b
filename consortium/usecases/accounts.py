"""Users and their passwords (利用者・パスワード): the only door to the hashing library."""

import hashlib
import re
import secrets
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consortium.db.store import accounts as store
from consortium.db.store.accounts import Account, Limit
from consortium.db.unit import Actor, Unit, reading, writing
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.usecases.viewer import MEMBER_ROLES, ROLE_LABELS, Viewer

SHORTEST_PASSWORD: Final = 8
#: Longer ones only cost time to hash.
LONGEST_PASSWORD: Final = 200

LOGIN_FORM: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}", re.ASCII)
# No letters and digits that look alike: the password is read from a screen and typed.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

# Two at once keep the other threads of the server for people who are already logged in.
_HASHES = threading.BoundedSemaphore(2)
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

LOGIN_SYSTEM: Final = Actor("system", "ログイン", "", "system")
Change = tuple[Mapping[str, object] | None, Mapping[str, object] | None]

COMMAND: Final = Actor("command", "管理コマンド", "", "system")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A user to be registered (利用者の登録)."""

    login: str
    name: str
    role: str
    #: Municipality code, for the roles of a member town only.
    code: str | None = None
    #: Key of the consortium; may be left out while there is only one.
    consortium_key: str | None = None


def normal_login(typed: str) -> str:
    """Read a login as typed: full width and capital letters are understood."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def own_limits(login: str) -> tuple[Limit, ...]:
    """Give how often an account's password may be typed wrong (試行の上限)."""
    return (
        Limit(bucket("account", login), 5, timedelta(minutes=15)),
        Limit(bucket("account-day", login), 10, timedelta(days=1)),
    )


def bucket(kind: str, what: str) -> str:
    """Name a counter; what was typed is not stored, it may be a password in the wrong field."""
    return f"{kind}:{hashlib.sha256(what.encode('utf-8', 'surrogatepass')).hexdigest()}"


# ---- passwords -----------------------------------------------------------------------------------


def change_own_password(viewer: Viewer, current: str, new: str, now: datetime) -> None:
    """Replace one's own password; every session of the user ends (パスワードの変更).

    Raises: BadInputError at `current` or `new`. Wrong tries count like those at login.
    """
    with reading() as session:
        account = store.account_by_id(session, viewer.user_id)
    if account is None:
        raise _no_account(viewer.user_id)
    refuse_weak_password(new, account.login)
    limits = own_limits(account.login)
    with writing(LOGIN_SYSTEM, now) as unit:
        unit.operational()
        is_allowed = all(store.reserve_try(unit.session, limit, now) for limit in limits)
    is_right = verify_password(account.password_hash if is_allowed else dummy_hash(), current)
    if not (is_allowed and is_right):
        raise BadInputError(
            "パスワードを変更できません。",
            "現在のパスワードが違います。",
            "正しく入力してください。続けて間違えたときは、15分ほど待ってください。",
            path="current",
        )
    password_hash = _hash(new)
    with writing(viewer.actor(), now) as unit:
        store.give_back_tries(unit.session, [limit.bucket for limit in limits])
        _replace_password(unit, account, password_hash, "パスワードの変更")


def refuse_weak_password(password: str, login: str) -> None:
    """Refuse what is guessed first; no rules of composition, no change by the calendar.

    Raises: BadInputError at `new`.
    """
    found = ""
    if len(password) < SHORTEST_PASSWORD:
        found = f"{SHORTEST_PASSWORD}文字より短いパスワードです。"
    elif len(password) > LONGEST_PASSWORD:
        found = f"{LONGEST_PASSWORD}文字を超えています。"
    elif login in password.lower() or len(set(password)) < 4:
        found = "利用者IDを含むか、同じ文字の繰り返しです。"
    if found:
        raise BadInputError(
            "パスワードを変更できません。",
            found,
            "15文字以上の、ほかで使っていないものをお勧めします。",
            path="new",
        )


def _new_password() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def _hash(password: str) -> str:
    with _HASHES:
        return _hasher.hash(_as_bytes(password))


def verify_password(password_hash: str, password: str) -> bool:
    """Compare; a wrong password costs as much time as the right one."""
    with _HASHES:
        try:
            is_same = _hasher.verify(password_hash, _as_bytes(password[:LONGEST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
    return is_same and len(password) <= LONGEST_PASSWORD


def rehashed(password_hash: str, password: str) -> str | None:
    """Hash the password anew if it was hashed with yesterday's parameters."""
    return _hash(password) if _hasher.check_needs_rehash(password_hash) else None


def _as_bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


@cache
def dummy_hash() -> str:
    """Give a hash of nobody's password, to spend the same time on an unknown user."""
    return _hash(secrets.token_urlsafe(16))


# ---- the register of users -----------------------------------------------------------------------


def create_account(new: NewAccount, now: datetime, actor: Actor = COMMAND) -> str:
    """Register a user and give the random password, which is stored nowhere (利用者の登録).

    Raises: BadInputError, DuplicateError for a login that exists already.
    """
    login = normal_login(new.login)
    if not LOGIN_FORM.fullmatch(login):
        raise _cannot_create(
            f"利用者ID「{new.login}」は使えません。",
            "英小文字・数字・「.」「_」「-」で、2文字以上40文字までにしてください。",
            "login",
        )
    if not new.name.strip():
        raise _cannot_create("氏名が空です。", "氏名を入力してください。", "name")
    if new.role not in ROLE_LABELS:
        roles = "、".join(ROLE_LABELS)
        raise _cannot_create(f"役割「{new.role}」はありません。", f"{roles} から選びます。", "role")
    password = _new_password()
    password_hash = _hash(password)
    with writing(actor, now) as unit:
        account = Account(
            id=str(uuid4()),
            consortium_id=_consortium_id(unit, new.consortium_key),
            login=login,
            name=new.name.strip(),
            role=new.role,
            code=new.code,
            body="",
            consortium_name="",
            is_sample=False,
            password_hash=password_hash,
            credential_version=1,
            is_active=True,
        )
        _refuse_wrong_town(unit, account)
        store.add_account(unit.session, account, now)
        record_account_event(
            unit, account, "account.create", "利用者の登録", (None, _visible(account))
        )
    return password


def _consortium_id(unit: Unit, key: str | None) -> str:
    ids = store.consortium_ids(unit.session, key)
    if len(ids) == 1:
        return ids[0]
    if not ids:
        found = f"協議会「{key}」がありません。" if key else "協議会がまだ登録されていません。"
        todo = "協議会の略称を確かめるか、先に協議会を登録してください。"
    else:
        found, todo = "協議会が複数あります。", "協議会の略称を指定してください。"
    raise _cannot_create(found, todo, "consortium")


def _refuse_wrong_town(unit: Unit, account: Account) -> None:
    if account.role not in MEMBER_ROLES and account.code is not None:
        raise _cannot_create(
            f"役割「{ROLE_LABELS[account.role]}」に団体コードは付けません。",
            "団体コードを外してください。",
            "code",
        )
    if account.role in MEMBER_ROLES and not (
        account.code and store.is_member_code(unit.session, account.consortium_id, account.code)
    ):
        raise _cannot_create(
            f"団体コード「{account.code or ''}」の構成団体がありません。",
            "構成団体の6桁の団体コードを指定してください。",
            "code",
        )


def reset_password(login: str, now: datetime, actor: Actor = COMMAND) -> str:
    """Give a user a new random password and unlock the login (パスワードの再発行).

    Raises: NotFoundError.
    """
    account = _known(login)
    password = _new_password()
    password_hash = _hash(password)
    with writing(actor, now) as unit:
        store.clear_tries(unit.session, [limit.bucket for limit in own_limits(account.login)])
        _replace_password(unit, account, password_hash, "パスワードの再発行")
    return password


def disable_account(login: str, now: datetime, actor: Actor = COMMAND) -> None:
    """Switch a user off; the user is logged out at once and never deleted (利用者の停止).

    Raises: NotFoundError.
    """
    account = _known(login)
    with writing(actor, now) as unit:
        store.switch_off(unit.session, account)
        store.end_sessions_of(unit.session, account.id, now)
        change = (_visible(account), _visible(replace(account, is_active=False)))
        record_account_event(unit, account, "account.disable", "利用者の停止", change)


def list_accounts() -> tuple[Account, ...]:
    """List every user (利用者一覧)."""
    with reading() as session:
        return store.all_accounts(session)


def _known(login: str) -> Account:
    with reading() as session:
        account = store.account_by_login(session, normal_login(login))
    if account is None:
        raise _no_account(login)
    return account


def _replace_password(unit: Unit, account: Account, password_hash: str, title: str) -> None:
    store.set_password(unit.session, account, password_hash)
    store.end_sessions_of(unit.session, account.id, unit.now)
    record_account_event(unit, account, "account.password", title)


def record_account_event(
    unit: Unit, account: Account, action: str, title: str, change: Change = (None, None)
) -> None:
    """Add an event about a user to the chain; `change` is what it was and what it is."""
    before, after = change
    whole = f"{title}（{account.login}）"
    unit.record(account.consortium_id, action, "user_account", account.id, whole, before, after)


def _visible(account: Account) -> dict[str, object]:
    """Give what the chain may say of a user: never the hash."""
    return {
        "利用者ID": account.login,
        "氏名": account.name,
        "役割": account.role,
        "団体コード": account.code,
        "有効": account.is_active,
    }


def _no_account(login: str) -> NotFoundError:
    return NotFoundError(
        f"利用者「{login}」を探しました。",
        "登録されていません。",
        "flask account list で利用者IDを確かめてください。",
    )


def _cannot_create(found: str, todo: str, path: str) -> BadInputError:
    return BadInputError("利用者を登録できません。", found, todo, path=path)
