"""Who asks, when, and under which request id: what a view hands to its use case."""

from dataclasses import replace
from datetime import date, datetime

from flask import abort, current_app, g, request
from flask_login import current_user

from consortium.clock import CLOCK, Clock
from consortium.usecases.closings import REASON
from consortium.usecases.logins import LoggedIn
from consortium.usecases.viewer import Viewer
from consortium.web.fields import plain_text


def clock() -> Clock:
    """Give the clock of this application."""
    found: Clock = current_app.extensions[CLOCK]
    return found


def now() -> datetime:
    """Give the instant of this request, aware."""
    return clock().now()


def today() -> date:
    """Give the day in Japan."""
    return clock().today()


def request_id() -> str:
    """Give the id under which this request stands in log, chain and error page."""
    known: str = g.get("request_id", "")
    return known


def logged_in() -> LoggedIn | None:
    """Give the login of this request, or None."""
    return current_user.logged_in if current_user.is_authenticated else None


def viewer_or_none() -> Viewer | None:
    """Give who asks, or None for somebody not logged in."""
    login = logged_in()
    return login.viewer if login else None


def viewer() -> Viewer:
    """Give who asks; behind `@guarded` there always is somebody."""
    found = viewer_or_none()
    if found is None:
        abort(401)
    # Why a year under 仮締め changes; PortalForm asks for it and checks it.
    typed = plain_text(request.form.get(REASON)) if request.method == "POST" else ""
    return replace(found, reason=typed) if typed else found
