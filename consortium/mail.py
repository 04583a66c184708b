"""Letters over the office's mail server (メール): the one door to smtplib.

Nothing here knows what a letter is about. Sending is at-least-once: a connection lost after the
server took a letter looks like one lost before, so it is sent again under the same Message-ID.
Whatever the server does, a session is over after `LONGEST` seconds.
"""

import re
import smtplib
import socket
import ssl
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from threading import Timer
from typing import NamedTuple

#: Seconds for one answer of the server; for taking up further letters; for a whole session.
ANSWER, TAKING, LONGEST = 5.0, 10.0, 15.0
#: How the connection is protected (接続の保護).
SECURITY = ("starttls", "tls", "none")


class ServerDownError(Exception):
    """No letter at all can be sent now; the text is a Japanese sentence (サーバーの停止)."""


class RefusedError(Exception):
    """The server refused this letter; the next may pass (この宛先の拒否)."""

    def __init__(self, text: str, *, is_final: bool) -> None:
        """Keep the Japanese sentence, and whether trying again is of no use."""
        super().__init__(text)
        self.is_final = is_final


class CutOffError(Exception):
    """The connection was lost with the letter on its way: nobody knows whether it was taken."""


class Letter(NamedTuple):
    """One letter to one recipient (一通のメール)."""

    message_id: str
    to: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Mailer:
    """The mail server of the office, and what our letters say of us (メールの設定)."""

    host: str
    port: int
    sender: str
    #: address of the portal as its users type it, without a slash at the end
    base_url: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    #: open days after which an unread document is named again; 0: never
    remind_days: int = 5

    @property
    def domain(self) -> str:
        """Give the part of the sender's address that Message-IDs end with."""
        return self.sender.rpartition("@")[2]

    @contextmanager
    def session(self) -> "Iterator[Session]":
        """Open a connection for some letters.

        Raises: ServerDownError where the server cannot be reached, or refuses us altogether.
        """
        server = self._server()
        closer = Timer(LONGEST, _cut, [server])
        closer.daemon = True
        closer.start()
        try:
            self._greet(server)
            yield Session(server, self.sender, time.monotonic() + TAKING)
        finally:
            # Nothing of a letter depends on the answer; a server that gives none costs `ANSWER`.
            with suppress(OSError, smtplib.SMTPException, ValueError):
                server.quit()
            closer.cancel()
            server.close()

    def _server(self) -> smtplib.SMTP:
        # Without a host nothing is connected yet: the closer has to know the server before.
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(local_hostname=self.domain, timeout=ANSWER, context=context)
        return smtplib.SMTP(local_hostname=self.domain, timeout=ANSWER)

    def _greet(self, server: smtplib.SMTP) -> None:
        where = f"メールサーバー（{self.host}:{self.port}）"
        # Only `connect` sets it by itself; the name in the certificate is compared with it.
        server._host = self.host  # type: ignore[attr-defined]  # no stub names it
        try:
            code, _ = server.connect(self.host, self.port)
            if code != 220:
                raise ServerDownError(f"{where}が接続を断りました（応答 {code}）。")
            if self.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if self.user:
                server.login(self.user, self.password)
        except ssl.SSLError as error:
            raise ServerDownError(f"{where}の証明書か暗号化が正しくありません。") from error
        except smtplib.SMTPAuthenticationError as error:
            raise ServerDownError(f"{where}にログインできません。") from error
        except smtplib.SMTPNotSupportedError as error:
            raise ServerDownError(f"{where}は、設定した暗号化か認証に対応していません。") from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise ServerDownError(f"{where}につながりません。") from error


@dataclass(slots=True)
class Session:
    """An open connection (接続中のメールサーバー)."""

    server: smtplib.SMTP
    sender: str
    #: on the clock that only counts seconds
    until: float

    @property
    def is_open(self) -> bool:
        """Say whether another letter may be begun; the next session takes the rest."""
        return time.monotonic() < self.until and self.server.sock is not None

    def send(self, letter: Letter) -> None:
        """Hand a letter over; it is taken when this returns.

        Raises: RefusedError, CutOffError, ServerDownError where it refuses us as the sender.
        """
        content = message(letter, self.sender).as_bytes()
        try:
            self.server.sendmail(self.sender, [letter.to], content)
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = error.recipients[letter.to]
            raise _refused("宛先を受け付けませんでした", code) from error
        except smtplib.SMTPSenderRefused as error:
            found = f"送信元 {self.sender} を受け付けません（応答 {error.smtp_code}）。"
            raise ServerDownError(f"メールサーバーが{found}") from error
        except smtplib.SMTPResponseException as error:
            raise _refused("メールを受け付けませんでした", error.smtp_code) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise CutOffError("送る途中でメールサーバーとの接続が切れました。") from error


def _refused(what: str, code: int) -> RefusedError:
    """Name a refusal; what begins with 5 will be refused again (RFC 5321, 4.2.1)."""
    return RefusedError(f"メールサーバーが{what}（応答 {code}）。", is_final=500 <= code < 600)


def _cut(server: smtplib.SMTP) -> None:
    """End a session whose server gives its answers too slowly: whoever reads from it sees an end.

    The plain socket's way: that of a TLS socket would pull the connection away under the reader.
    """
    if server.sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)


def message(letter: Letter, sender: str) -> EmailMessage:
    """Write a letter as it goes over the line. Raises: ValueError for a line end in a heading."""
    written = EmailMessage(policy=SMTP)
    written["From"] = sender
    written["To"] = letter.to
    written["Subject"] = letter.subject
    written["Message-ID"] = letter.message_id
    # Nobody's holiday notice shall answer (RFC 3834).
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(letter.body, cte="base64")
    return written


# ---- addresses and settings ----------------------------------------------------------------------

_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII
)
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+", re.ASCII)
_URL = re.compile(rf"https?://({_LABEL}(\.{_LABEL})*)(:[0-9]{{1,5}})?", re.ASCII)
_PORTS = {"starttls": "587", "tls": "465", "none": "25"}


def checked_address(typed: str) -> str:
    """Read an e-mail address as typed; full-width letters are understood (メールアドレス).

    What Japanese mobile carriers once allowed beyond RFC 5321, e.g. two dots in a row, is refused.
    Raises: ValueError with a Japanese sentence.

    >>> checked_address(" ｈａｎａｋｏ@example.lg.jp ")
    'hanako@example.lg.jp'
    """
    address = unicodedata.normalize("NFKC", typed).strip()
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError(
            "メールアドレスとして読めません。hanako@example.lg.jp の形で一つだけ入力してください。"
        )
    if len(local) > 64 or len(address) > 254:
        raise ValueError("メールアドレスが長すぎます。254文字以内のものを入力してください。")
    return address


def read_mailer(typed: Mapping[str, str]) -> Mailer | None:
    """Read the mail server from the settings as typed; without a host mail is off (メールの設定).

    Raises: ValueError with a Japanese sentence that names the setting.
    """
    settings = defaultdict(str, typed)
    if not settings["MAIL_HOST"]:
        if given := sorted(key for key, value in typed.items() if key != "BASE_URL" and value):
            raise ValueError(f"{given[0]} がありますが、MAIL_HOST がありません。")
        return None
    security = settings["MAIL_SECURITY"] or "starttls"
    if security not in SECURITY:
        raise ValueError(f"MAIL_SECURITY は {'・'.join(SECURITY)} のどれかにしてください。")
    if settings["MAIL_PASSWORD"] and not settings["MAIL_USER"]:
        raise ValueError("MAIL_PASSWORD がありますが、MAIL_USER がありません。")
    if settings["MAIL_USER"] and security == "none":
        raise ValueError("MAIL_USER は、暗号化しない接続（none）では使えません。")
    base_url = settings["BASE_URL"].rstrip("/")
    if not _URL.fullmatch(base_url):
        raise ValueError("BASE_URL に、ポータルのアドレス（https://…）を書いてください。")
    try:
        sender = checked_address(settings["MAIL_SENDER"])
    except ValueError as error:
        raise ValueError(f"MAIL_SENDER が{error}") from None
    return Mailer(
        settings["MAIL_HOST"],
        _number("MAIL_PORT", settings["MAIL_PORT"] or _PORTS[security], 1, 65535),
        sender,
        base_url,
        security,
        settings["MAIL_USER"],
        settings["MAIL_PASSWORD"],
        _number("REMIND_DAYS", settings["REMIND_DAYS"] or "5", 0, 60),
    )


def _number(key: str, typed: str, least: int, most: int) -> int:
    if not re.fullmatch("[0-9]{1,5}", typed, re.ASCII) or not least <= int(typed) <= most:
        raise ValueError(f"{key} は {least} から {most} までの数にしてください。")
    return int(typed)
