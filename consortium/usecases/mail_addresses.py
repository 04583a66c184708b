"""E-mail addresses of users (メールアドレス): set by themselves or the administrator."""

from datetime import datetime

from consortium.db.store import accounts as store
from consortium.db.store import feeds
from consortium.db.store.accounts import Account
from consortium.db.unit import Actor, reading, writing
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.mail import checked_address
from consortium.usecases.accounts import COMMAND, normal_login, record_account_event
from consortium.usecases.viewer import Viewer


def own_address(viewer: Viewer) -> str:
    """Give the viewer's address, empty without one (自分のメールアドレス)."""
    with reading() as session:
        return feeds.email_of(session, viewer.user_id)


def change_own_address(viewer: Viewer, typed: str, now: datetime) -> str:
    """Set one's own address and give it as understood; the empty text takes it away.

    Raises: BadInputError at `email`.
    """
    with reading() as session:
        account = store.account_by_id(session, viewer.user_id)
    return _change(account, typed, now, viewer.actor())


def set_address(login: str, typed: str, now: datetime, actor: Actor = COMMAND) -> str:
    """Set the address of a user, as the administrator (メールアドレスの登録).

    Raises: NotFoundError, BadInputError.
    """
    with reading() as session:
        account = store.account_by_login(session, normal_login(login))
    return _change(account, typed, now, actor)


def _change(account: Account | None, typed: str, now: datetime, actor: Actor) -> str:
    if account is None:
        raise NotFoundError(
            "メールアドレスを登録しようとしました。",
            "その利用者は登録されていません。",
            "flask account list で利用者IDを確かめてください。",
        )
    new = _checked(typed)
    with writing(actor, now) as unit:
        old = feeds.email_of(unit.session, account.id)
        if old == new:
            unit.operational()
            return new
        feeds.set_email(unit.session, account.id, new)
        # The chain is kept for ever: it says that, not which.
        change = ({"メールアドレスあり": bool(old)}, {"メールアドレスあり": bool(new)})
        record_account_event(unit, account, "account.email", "メールアドレスの変更", change)
    return new


def _checked(typed: str) -> str:
    if not typed.strip():
        return ""
    try:
        return checked_address(typed)
    except ValueError as error:
        asked = "メールアドレスを登録しようとしました。"
        raise BadInputError(asked, str(error), "", path="email") from None
