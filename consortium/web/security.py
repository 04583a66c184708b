"""Host list, request id and the headers of every answer (安全の設定)."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from flask import Flask, Response, abort, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from consortium.usecases.authenticity import MOST_HASHED

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS: Final = "max-age=31536000; includeSubDomains"
#: Endpoints that take more than the MAX_CONTENT_LENGTH of the settings, with the form around it.
LARGER: Final = {"authenticity.index": MOST_HASHED + 1024 * 1024}
#: Endpoints of which a hidden field holds a workbook between the look at it and what is done.
LARGER_FIELDS: Final = {
    "registration.index": 7 * 1024 * 1024,
    "standardisation.take_in": 7 * 1024 * 1024,
}
NOT_KEPT: Final = "no-store, private"

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?", re.ASCII)


def init_security(app: Flask, allowed_hosts: Iterable[str]) -> None:
    """Check the host before, set the headers after every request."""
    allowed = frozenset(host.lower() for host in allowed_hosts)

    def begin() -> None:
        g.request_id = uuid4().hex[:12]
        if not is_allowed_host(request.environ.get("HTTP_HOST", ""), allowed):
            # Whoever sent it may stand on another site: no page of a user is drawn for it.
            g.is_bare = True
            abort(400)
        # Before anything reads the form: the check of its token does.
        if most := LARGER.get(request.endpoint or ""):
            request.max_content_length = most
        if most := LARGER_FIELDS.get(request.endpoint or ""):
            request.max_form_memory_size = most

    app.before_request(begin)
    app.after_request(set_headers)


def is_allowed_host(host: str, allowed: frozenset[str]) -> bool:
    """Say whether a Host header names this portal, with or without a port."""
    match = _HOST.fullmatch(host.lower())
    return match is not None and match[1] in allowed


def set_headers(response: Response) -> Response:
    """Set the headers of every answer: pages, files, errors, redirects."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    if not g.get("may_be_kept", False) or response.status_code >= 400:
        response.headers["Cache-Control"] = NOT_KEPT
    response.vary.add("Cookie")
    return response


def behind_proxy(portal: "WSGIApplication", trusted_proxy: str) -> "WSGIApplication":
    """Believe X-Forwarded-… of the one configured proxy (gunicorn; waitress does it by itself).

    Where waitress has already put the real client's address in place, this changes nothing.
    """
    if not trusted_proxy:
        return portal
    fixed = ProxyFix(portal, x_for=1, x_proto=1, x_host=1)

    def choose(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        is_proxy = environ.get("REMOTE_ADDR") == trusted_proxy
        return (fixed if is_proxy else portal)(environ, start)

    return choose
