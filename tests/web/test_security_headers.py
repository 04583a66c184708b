"""The headers of every answer, exactly, and the list of hosts (応答ヘッダー)."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from consortium.db.errors import BusyError
from consortium.domain.errors import BadInputError, StaleError
from consortium.web.access import Entry, guarded
from consortium.web.security import behind_proxy, is_allowed_host

# Written down from reliability-and-security.md §7, not read from the code.
ON_EVERY_ANSWER = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Cookie",
}
ANSWERS = [
    ("GET", "/login", 200),
    ("HEAD", "/login", 200),
    ("GET", "/account", 302),
    ("GET", "/nowhere", 404),
    ("GET", "/static/nowhere.css", 404),
    ("GET", "/static/../config.py", 404),
    ("POST", "/login", 400),
    ("DELETE", "/login", 405),
    ("GET", "/for-files", 401),
    ("GET", "/refused", 400),
    ("GET", "/stale", 409),
    ("GET", "/busy", 503),
    ("GET", "/broken", 500),
    ("GET", "/static/css/frame.css", 200),
]


def refuse(error: Exception) -> str:
    raise error


@pytest.fixture
def portal(app: Flask) -> FlaskClient:
    """Add pages that fail in every way; faults are answered, not raised to the test."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    refused = BadInputError("割れません。", "人口がありません。", "登録してください。")
    stale = StaleError("保存できません。", "変わっています。", "開き直してください。")
    views = {
        "refused": lambda: refuse(refused),
        "stale": lambda: refuse(stale),
        "busy": lambda: refuse(BusyError("locked")),
        "broken": lambda: refuse(RuntimeError("secret detail")),
        "for-files": lambda: "file",
    }
    table = dict(app.extensions["consortium-policy"])
    for name, view in views.items():
        app.add_url_rule(f"/{name}", name, guarded(view))
        is_file = name == "for-files"
        table[name] = Entry(frozenset({"GET"}), {}, {"auditor": "any"}, 401 if is_file else "allow")
    app.extensions["consortium-policy"] = table
    return app.test_client()


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_carries_exactly_the_headers(
    portal: FlaskClient, method: str, path: str, status: int
) -> None:
    with portal.open(path, method=method) as answer:
        assert answer.status_code == status
        assert {name: answer.headers.get_all(name) for name in ON_EVERY_ANSWER} == {
            name: [value] for name, value in ON_EVERY_ANSWER.items()
        }
        assert "Strict-Transport-Security" not in answer.headers
        if not (path.startswith("/static") and status == 200):
            assert answer.headers.get_all("Cache-Control") == ["no-store, private"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/refused", "割れません。"),
        ("/refused", "人口がありません。登録してください。"),
        ("/stale", "変わっています。開き直してください。"),
        ("/busy", "ただいま込み合っています"),
        ("/broken", "システムで問題が起きました"),
        ("/nowhere", "ページが見つかりません"),
    ],
)
def test_a_refusal_is_a_japanese_page_with_a_request_id(
    portal: FlaskClient, path: str, words: str
) -> None:
    answer = portal.get(path)
    assert words in answer.text
    assert '<html lang="ja">' in answer.text
    assert answer.text.count("<h1") == 1
    assert "受付番号" in answer.text
    assert not any(leak in answer.text for leak in ("secret detail", "Traceback", "Error", ".py"))


def test_a_busy_database_says_when_to_come_back(portal: FlaskClient) -> None:
    assert portal.get("/busy").headers["Retry-After"] == "5"


def test_over_tls_the_browser_is_told_to_stay_there(client: FlaskClient) -> None:
    answer = client.get("/login", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


# ---- static files --------------------------------------------------------------------------------


def test_a_style_sheet_is_kept_for_a_year_under_the_mark_of_its_content(app: Flask) -> None:
    with app.test_request_context():
        address = app.url_for("static", filename="css/frame.css")
    assert "?v=" in address
    client = app.test_client()
    with client.get(address) as marked, client.get("/static/css/frame.css?v=old") as other:
        assert marked.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert other.headers["Cache-Control"] == "no-cache"
        assert marked.data == other.data


def test_a_script_is_called_a_script_whatever_the_computer_says(client: FlaskClient) -> None:
    with client.get("/static/js/preview.js") as answer:
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["../config.py", "..%2fconfig.py", "%2e%2e/access.py", "etc/passwd", "css", "css/"]
)
def test_only_files_of_the_folder_are_served(client: FlaskClient, path: str) -> None:
    with client.get(f"/static/{path}") as answer:
        assert answer.status_code == 404


# ---- hosts ---------------------------------------------------------------------------------------

OWN = frozenset({"portal.example.lg.jp", "localhost", "[::1]"})


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "portal.example.lg.jp:443", "[::1]:8000", "[::1]"]
)
def test_a_listed_host_is_answered(host: str) -> None:
    assert is_allowed_host(host, OWN)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:443",
        "localhost.evil.example",
        "localhost@evil.example",
        "localhost:8000@evil.example",
        "evil.example#localhost",
        "localhost,evil.example",
        "localhost evil.example",
        "localhost:port",
        "localhost:",
        "localhost.",
        "[::1",
        "ｌｏｃａｌｈｏｓｔ",
        "localhost\r\nX: y",
    ],
)
def test_any_other_host_is_not(host: str) -> None:
    assert not is_allowed_host(host, OWN)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost@evil.example", "a b", "evil example:1"]
)
@pytest.mark.parametrize("path", ["/login", "/nowhere", "/static/css/frame.css"])
def test_a_request_for_another_host_gets_400(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert answer.headers["Content-Security-Policy"]
    assert "evil" not in answer.text


def test_a_forwarded_host_is_not_believed_without_a_proxy(client: FlaskClient) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = client.get("/login", headers=headers)
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(("peer", "is_believed"), [("192.0.2.9", True), ("192.0.2.8", False)])
def test_only_the_configured_proxy_is_believed(app: Flask, peer: str, is_believed: bool) -> None:
    app.wsgi_app = behind_proxy(app.wsgi_app, "192.0.2.9")  # type: ignore[method-assign, assignment]  # as wsgi.py does
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost"}
    answer = app.test_client().get(
        "/login", headers=headers, environ_overrides={"REMOTE_ADDR": peer}
    )
    assert ("Strict-Transport-Security" in answer.headers) is is_believed


# ---- cookies -------------------------------------------------------------------------------------


def test_the_cookie_of_a_test_or_demo_on_this_computer(client: FlaskClient) -> None:
    (cookie,) = client.get("/login").headers.get_all("Set-Cookie")
    assert cookie.startswith("consortium=")
    assert cookie.split("; ")[1:] == ["HttpOnly", "Path=/", "SameSite=Lax"]
    assert len(cookie) <= 4096


def test_the_cookie_of_an_installation(app: Flask) -> None:
    settings = Config(
        secret_key=app.secret_key, database_url="sqlite://", instance=Path(app.root_path)
    ).flask_settings()
    for name in ("NAME", "SECURE"):
        app.config[f"SESSION_COOKIE_{name}"] = settings[f"SESSION_COOKIE_{name}"]
    answer = app.test_client().get("/login", base_url="https://localhost")
    (cookie,) = answer.headers.get_all("Set-Cookie")
    assert cookie.startswith("__Host-consortium=")
    assert cookie.split("; ")[1:] == ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"]
