"""The portal behind its real server (本番の待受け): proxies, slow clients, broken downloads."""

import hashlib
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress import wasyncore

from consortium.cli import serve
from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.errors import BusyError
from consortium.domain.errors import BadInputError
from consortium.web import accounts
from tests import depth
from tests.databases import ON_SQLITE
from tests.office import ITAYANAGI, count
from tests.pages import token, value_of
from tests.people import People
from tests.web.portal import open_portal

pytestmark = pytest.mark.usefixtures("plain_files")

#: Sockets that send a byte now and then, and how long others are watched meanwhile (seconds).
SLOW, WATCHED = (20, 2.0)
#: Downloads broken off after so many bytes.
BROKEN = depth.cases(5)


@dataclass(frozen=True)
class Listening:
    """A server on a port of this computer."""

    port: int

    def connect(self, timeout: float = 10) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def ask(self, path: str, *headers: str) -> bytes:
        """Send a request and give the whole answer."""
        lines = (f"GET {path} HTTP/1.1", "Host: localhost", *headers, "Connection: close")
        with self.connect() as line:
            line.sendall("\r\n".join((*lines, "", "")).encode())
            parts = []
            while part := line.recv(65536):
                parts.append(part)
        return b"".join(parts)


@pytest.fixture
def listening(app: Flask) -> Iterator[Listening]:
    yield from listened(app)


def listened(app: Flask) -> Iterator[Listening]:
    server = serve.listen(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Listening(int(server.effective_port))
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
    thread.join(5)
    assert not thread.is_alive()


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("consortium", domain="localhost")
    assert found is not None
    return f"Cookie: consortium={found.value}"


def test_a_port_that_is_taken_is_refused(app: Flask, listening: Listening) -> None:
    with pytest.raises(BadInputError, match="ほかのプログラムが使っています"):
        serve.listen(app, "127.0.0.1", listening.port)
    with pytest.raises(BadInputError, match="そこで待ち受けられません"):
        serve.listen(app, "192.0.2.1", 0)


def test_the_server_says_nothing_of_itself(listening: Listening) -> None:
    head = listening.ask("/livez").split(b"\r\n\r\n")[0].decode().lower()
    assert head.startswith("http/1.1 200")
    assert "server:" not in head


@pytest.mark.parametrize(("proxy", "is_believed"), [("127.0.0.1", True), ("", False)])
def test_only_the_configured_proxy_is_believed(app: Flask, proxy: str, is_believed: bool) -> None:
    app.config["TRUSTED_PROXY"] = proxy
    forwarded = ("X-Forwarded-Proto: https", "X-Forwarded-For: 198.51.100.7")
    for listening in listened(app):
        head = listening.ask("/livez", *forwarded).decode()
    # Only over https the browser is told to keep to it.
    assert ("Strict-Transport-Security" in head) is is_believed


def test_slow_clients_keep_nobody_waiting(listening: Listening) -> None:
    """Heads that come byte by byte, and answers that are not read (F-17)."""
    lines = [listening.connect() for _ in range(SLOW)]
    for line in lines:
        line.sendall(b"GET /login HTTP/1.1\r\nHost: local")
    stop = threading.Event()

    def dribble() -> None:
        while not stop.wait(0.1):
            for line in lines:
                line.sendall(b"h")

    sender = threading.Thread(target=dribble, daemon=True)
    sender.start()
    times = []
    end = time.monotonic() + WATCHED
    while time.monotonic() < end:
        begun = time.monotonic()
        assert listening.ask("/login").startswith(b"HTTP/1.1 200")
        times.append(time.monotonic() - begun)
    stop.set()
    sender.join()
    for line in lines:
        line.close()
    assert sorted(times)[int(len(times) * 0.95)] < 1


def test_a_broken_download_harms_no_other(
    app: Flask, cast: People, clock: FrozenClock, listening: Listening
) -> None:
    """Broken off after k bytes, repeated, in parallel, in part: the same bytes each time (F-15)."""
    portal = open_portal(app, cast, clock)
    portal.run()
    town = portal.cast.client("member_staff", ITAYANAGI)
    path = f"/files/{portal.file_of(ITAYANAGI)}"
    cookie = cookie_of(town)
    with app.app_context():
        assert count(models.Receipt) == 0
    whole = listening.ask(path, cookie).split(b"\r\n\r\n", 1)[1]
    for number in range(BROKEN):
        with listening.connect() as line:
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n\r\n".encode())
            line.recv(1 + number * 997)
    part = listening.ask(path, cookie, "Range: bytes=100-199")
    assert part.split(b"\r\n\r\n", 1)[1] in (whole, whole[100:200])
    found: list[str] = []

    def fetch() -> None:
        content = listening.ask(path, cookie).split(b"\r\n\r\n", 1)[1]
        found.append(hashlib.sha256(content).hexdigest())

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(whole).hexdigest()] * 8
    assert whole == town.get(path).data
    with app.app_context():
        assert count(models.Receipt) == 1


@ON_SQLITE
def test_a_database_locked_by_others_is_said_within_six_seconds(
    app: Flask, cast: People, clock: FrozenClock, database_url: str
) -> None:
    """Nothing is saved, and what was typed is shown and can be sent again (F-8)."""
    portal = open_portal(app, cast, clock)
    lead = portal.cast.client("lead_staff")
    form = lead.get("/closed-days/2026/new")
    fields = {
        "csrf_token": token(form), "record_id": value_of(form, "record_id"),
        "day": "令和8年12月1日", "name": "市制施行の日", "way": "closed", "code": "",
    }  # fmt: skip
    clock.advance(timedelta(minutes=2))  # the login is marked as used, too: that gives way
    before = portal.everything()
    with holding(Path(database_url.removeprefix("sqlite:///"))):
        begun = time.monotonic()
        told = lead.post("/closed-days/2026/new", data=fields)
        took = time.monotonic() - begun
        assert lead.get("/closed-days/2026").status_code == 200
    assert (told.status_code, told.headers["Retry-After"]) == (503, "5")
    assert took <= 6
    assert "データベースが込み合っています" in told.text
    assert "<dt>名称</dt><dd>市制施行の日</dd>" in told.text
    assert portal.everything() == before
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', told.text))
    assert lead.post("/closed-days/2026/new", data=again).status_code == 302
    assert "市制施行の日" in lead.get("/closed-days/2026").text


def test_a_password_is_never_shown_again(app: Flask, client: FlaskClient) -> None:
    page = client.get("/login")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts.logins, "log_in", lambda *_: refuse())
        fields = {"csrf_token": token(page), "login": "hanako", "password": "canary-9kxu"}
        told = client.post("/login", data=fields)
    assert told.status_code == 503
    assert "canary" not in told.text
    assert "もう一度送る" not in told.text


def refuse() -> NoReturn:
    raise BusyError("データベースが込み合っています。")


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Be another program that holds the write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
