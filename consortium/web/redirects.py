"""Where a login may lead (ログイン後の移動先): a page of ours, never another site."""

import re

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

HOME = "/"
_LONGEST = 2000
# "//host" and "/\host" are other sites to a browser; our own paths need no "%" before the "?".
_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9/._~-]*(?:\?[!-\[\]-~]*)?", re.ASCII)


def here() -> str | None:
    """Give the page asked for, to come back to after the login; None where that is no use."""
    target = request.full_path.rstrip("?")
    return target if request.method == "GET" and target != HOME else None


def safe_next(target: str | None) -> str:
    """Give the page to go to after the login: `target` if it is one of ours, else the home page."""
    if not target or len(target) > _LONGEST or not _OWN_PATH.fullmatch(target):
        return HOME
    path = target.partition("?")[0]
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return HOME
    return HOME if endpoint in {"accounts.login", "static"} else target
