"""The cookie and the session table meet here (ログイン状態).

The signed cookie holds a random token and "user id:credential version"; whether they still count
is read from the database for each request. There is no remember-me.
"""

from dataclasses import dataclass

from flask import Flask, session
from flask_login import LoginManager, login_user, logout_user

from consortium.usecases import logins
from consortium.usecases.logins import LoggedIn
from consortium.web.context import now

_TOKEN = "token"  # noqa: S105 -- the key in the session, not a token


@dataclass(frozen=True, slots=True)
class PortalUser:
    """A user as Flask-Login wants to see one."""

    logged_in: LoggedIn
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Give user and credential version: a new password ends every login."""
        return f"{self.logged_in.viewer.user_id}:{self.logged_in.credential_version}"


def init_logins(app: Flask) -> None:
    """Let Flask-Login find the user of a request."""
    manager = LoginManager()
    # The table decides; a guess from address and browser would log people out behind proxies.
    manager.session_protection = None
    manager.user_loader(_load)
    manager.init_app(app, add_context_processor=False)


def _load(credential: str) -> PortalUser | None:
    token = session.get(_TOKEN)
    user_id, _, version = credential.rpartition(":")
    if not isinstance(token, str) or not version.isdecimal():
        return None
    found = logins.resume(token, user_id, int(version), now())
    return PortalUser(found) if found else None


def begin(found: LoggedIn, token: str) -> None:
    """Put a new login into the cookie; nothing from before it stays, not even the CSRF token."""
    session.clear()
    session[_TOKEN] = token
    login_user(PortalUser(found))


def end() -> None:
    """End the login of this browser, in the table too."""
    token = session.get(_TOKEN)
    if isinstance(token, str):
        logins.log_out(token, now())
    forget()


def forget() -> None:
    """Empty the cookie; the session in the table is over already."""
    logout_user()
    session.clear()


def had_login() -> bool:
    """Say whether the cookie holds a login, still good or not."""
    return _TOKEN in session
