"""Every refusal becomes a page in Japanese (エラー画面), with the id of the request.

What does not exist and what another town owns look exactly alike.
"""

from typing import Any, Final

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from consortium.domain.errors import (
    ClosedError,
    DomainError,
    DuplicateError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.web.context import request_id
from consortium.web.doubt import DoubtError, doubt_page

_CONFLICTS: Final = (ClosedError, InvalidTransitionError, DuplicateError, StaleError)
_RETRY_SECONDS: Final = "5"
#: A longer form is typed again rather than carried through the page (characters).
_LONGEST_AGAIN: Final = 100_000

#: Status → heading, what to do.
PAGES: Final = {
    400: ("この要求は受け付けられません", "前の画面に戻り、内容を確かめてもう一度お試しください。"),
    401: ("ログインが必要です", "ログインしてから、もう一度お試しください。"),
    403: (
        "この操作はできません",
        "あなたの役割では行えません。必要なときは、担当の方に依頼してください。",
    ),
    404: (
        "ページが見つかりません",
        "アドレスが違うか、移動したか、表示できないページです。メニューから探してください。",
    ),
    405: ("この方法では開けません", "メニューから、もう一度操作してください。"),
    409: ("いまはこの操作ができません", "画面を開き直して、いまの状態を確かめてください。"),
    413: ("送られた内容が大きすぎます", "ファイルは、画面に書かれた大きさまでにしてください。"),
    500: (
        "システムで問題が起きました",
        "変更は保存されていません。続くときは、下の受付番号を管理者に伝えてください。",
    ),
    503: (
        "ただいま込み合っています",
        "変更は保存されていません。少し待って、もう一度お試しください。",
    ),
}
_CSRF_TEXT: Final = (
    "画面を開いてから時間がたったか、ログインし直した後の古い画面です。"
    "何も保存していません。画面を開き直して、もう一度操作してください。"
)


def init_failures(app: Flask, busy_error: type[Exception]) -> None:
    """Turn refusals and faults into pages."""
    app.register_error_handler(DomainError, _show_refusal)
    app.register_error_handler(CSRFError, _show_old_page)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(busy_error, _show_busy)
    app.register_error_handler(DoubtError, doubt_page)


def _show_refusal(error: DomainError) -> Response:
    if isinstance(error, NotFoundError):
        return failure_page(404)
    return failure_page(status_of(error), error=error)


def status_of(error: DomainError) -> int:
    """Give the status of a page that shows a refusal."""
    return 409 if isinstance(error, _CONFLICTS) else 400


def _show_old_page(_: CSRFError) -> Response:
    return failure_page(400, text=_CSRF_TEXT)


def _show_busy(error: Exception) -> Response:
    current_app.logger.warning("request %s: database busy: %s", request_id(), error)
    return failure_page(503, text=f"{error}変更は保存されていません。", **_once_more())


def _once_more() -> dict[str, Any]:
    """Give what was typed, and what sends it again; nothing where a password or file is in it."""
    sent = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]
    is_short = sum(len(text) for _, text in sent) <= _LONGEST_AGAIN
    is_secret = any("password" in name for name, _ in sent)
    if request.method != "POST" or request.files or is_secret or not is_short:
        return {}
    form = g.get("form_sent")
    return {"again": sent, "typed": form.typed() if form else []}


def _show_http_error(error: HTTPException) -> Response | AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()  # a redirect to the canonical address
    if error.code >= 500:
        current_app.logger.error("request %s: answered with %s", request_id(), error.code)
    response = failure_page(error.code)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def failure_page(
    status: int, text: str = "", error: DomainError | None = None, **shown: Any
) -> Response:
    """Draw the page of a status; a refusal of a use case brings its own three sentences."""
    if status >= 500:
        g.is_bare = True
    title, todo = PAGES.get(status, PAGES[400] if status < 500 else PAGES[500])
    content = render_template(
        "error.html",
        title=title,
        text=text or todo,
        error=error,
        request_id=request_id(),
        **shown,
    )
    response = make_response(content, status)
    if status == 503:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response
