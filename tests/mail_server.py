"""A mail server that does what a test wants: takes, refuses, hangs, hangs up (試験用のサーバー)."""

import socketserver
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Event, Thread

from consortium.mail import Mailer


@dataclass
class MailServer:
    """What it does, and the letters it took (受け取ったメール)."""

    port: int = 0
    #: recipients answered with this code instead of 250
    refused: dict[str, int] = field(default_factory=dict)
    #: how many letters are taken without an answer, the connection being closed instead
    drops: int = 0
    #: where it says nothing any more: greeting, rcpt or data
    hangs_at: str = ""
    #: one byte of the greeting each so many seconds; 0: all at once
    trickles: float = 0
    greeting: str = "220 ready"
    sender_code: int = 250
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    over: Event = field(default_factory=Event)

    def mailer(self, **changes: object) -> Mailer:
        """Give the settings that lead here."""
        known = {"security": "none", "base_url": "https://portal.example.lg.jp"} | changes
        return Mailer("127.0.0.1", self.port, "cloud@example.lg.jp", **known)  # type: ignore[arg-type]  # as the test says

    def ids(self) -> list[str]:
        """Give the Message-IDs of what it took, in order."""
        return [letter["Message-ID"] for letter in self.taken]


class _Handler(socketserver.StreamRequestHandler):
    """One connection; the server has the script."""

    server: "_Server"

    def handle(self) -> None:
        """Speak as little SMTP as a client needs."""
        script = self.server.script
        script.connections += 1
        if not self._greet(script):
            return
        to = ""
        while line := self.rfile.readline():
            word = line[:4].upper().strip().decode()
            if script.hangs_at == word.lower():
                script.over.wait(5)
                return
            if word == "RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
                self._say(f"{script.refused.get(to, 250)} recipient")
            elif word == "MAIL":
                self._say(f"{script.sender_code} sender")
            elif word == "DATA":
                self._say("354 go on")
                self._take(script, to)
                if script.drops:
                    script.drops -= 1
                    return
                self._say("250 taken")
            else:
                self._say("221 bye" if word == "QUIT" else "250 ok")

    def _greet(self, script: MailServer) -> bool:
        if script.hangs_at == "greeting":
            script.over.wait(5)
            return False
        if script.trickles:
            for sign in "220-" + "x" * 400:
                self.wfile.write(sign.encode())
                if script.over.wait(script.trickles):
                    break
            return False
        self._say(script.greeting)
        return True

    def _take(self, script: MailServer, to: str) -> None:
        content = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            content += line
        script.taken.append(message_from_bytes(content, policy=default))
        script.recipients.append(to)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    script: MailServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is what some tests are about."""


@contextmanager
def mail_server(**script: object) -> Iterator[MailServer]:
    """Run a server on a free port of this computer."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.script = MailServer(port=server.server_address[1], **script)  # type: ignore[arg-type]  # as the test says
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield server.script
        finally:
            server.script.over.set()
            server.shutdown()
            thread.join()


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Measure seconds: the list holds them afterwards."""
    found: list[float] = []
    began = time.monotonic()
    yield found
    found.append(time.monotonic() - began)
