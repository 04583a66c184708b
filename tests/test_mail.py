"""Letters and the mail server (メール): whatever it does, nobody waits long and nothing is lost."""

import ssl

import pytest

from consortium import mail
from consortium.mail import (
    CutOffError,
    Letter,
    RefusedError,
    ServerDownError,
    checked_address,
    message,
    read_mailer,
)
from tests.mail_server import MailServer, mail_server, stopwatch

LETTER = Letter(
    "<1@example.lg.jp>", "a@example.lg.jp", "【協議会】帳票", "次の帳票\n.\nhttps://x\n"
)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for tenths of seconds instead of seconds."""
    monkeypatch.setattr(mail, "ANSWER", 0.3)
    monkeypatch.setattr(mail, "LONGEST", 0.6)


def send(server: MailServer, *letters: Letter) -> None:
    with server.mailer().session() as session:
        for letter in letters or (LETTER,):
            session.send(letter)


def test_a_letter_arrives_as_it_was_written() -> None:
    with mail_server() as server:
        send(server, LETTER, LETTER._replace(message_id="<2@example.lg.jp>", to="b@example.lg.jp"))
    letter = server.taken[0]
    assert server.recipients == ["a@example.lg.jp", "b@example.lg.jp"]
    assert server.ids() == ["<1@example.lg.jp>", "<2@example.lg.jp>"]
    assert (letter["Subject"], letter["To"]) == ("【協議会】帳票", "a@example.lg.jp")
    assert (letter["From"], letter["Auto-Submitted"]) == ("cloud@example.lg.jp", "auto-generated")
    # A line with nothing but a dot ends a letter on the line; it must not in ours.
    assert letter.get_content().splitlines() == ["次の帳票", ".", "https://x"]
    assert not letter.is_multipart()
    assert server.connections == 1


def test_a_line_end_never_makes_a_heading() -> None:
    for wrong in (
        LETTER._replace(subject="件名\r\nBcc: x@example.com"),
        LETTER._replace(to="a@example.lg.jp\nBcc: x@example.com"),
        LETTER._replace(message_id="<1@a>\r\nBcc: x@example.com"),
    ):
        with pytest.raises(ValueError, match="linefeed"):
            message(wrong, "cloud@example.lg.jp")


@pytest.mark.parametrize(("code", "is_final"), [(550, True), (553, True), (450, False)])
def test_a_refused_recipient_keeps_nobody_else_from_a_letter(code: int, *, is_final: bool) -> None:
    turned_away = {"a@example.lg.jp": code}
    with mail_server(refused=turned_away) as server, server.mailer().session() as session:
        with pytest.raises(RefusedError, match=f"応答 {code}") as refused:
            session.send(LETTER)
        session.send(LETTER._replace(to="b@example.lg.jp"))
    assert refused.value.is_final is is_final
    assert server.recipients == ["b@example.lg.jp"]


def test_a_connection_lost_after_the_letter_leaves_open_whether_it_was_taken() -> None:
    with mail_server(drops=1) as server:
        with server.mailer().session() as session:
            with pytest.raises(CutOffError):
                session.send(LETTER)
            assert not session.is_open
        send(server)
    assert server.ids() == ["<1@example.lg.jp>"] * 2  # twice, and any mail program sees it


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("place", ["greeting", "ehlo"])
def test_a_server_that_says_nothing_is_given_up_soon(place: str) -> None:
    wanted = pytest.raises(ServerDownError, match="つながりません")
    with mail_server(hangs_at=place) as server, stopwatch() as seconds, wanted:
        send(server)
    assert seconds[0] < 1.5


@pytest.mark.usefixtures("impatient")
def test_a_server_that_falls_silent_within_a_letter_is_given_up_soon() -> None:
    wanted = pytest.raises(CutOffError)
    with mail_server(hangs_at="rcpt") as server, stopwatch() as seconds, wanted:
        send(server)
    assert seconds[0] < 1.5
    assert server.taken == []


@pytest.mark.usefixtures("impatient")
def test_a_server_that_never_stops_talking_is_cut_off() -> None:
    # Each byte comes in time, so no answer is ever too late by itself.
    wanted = pytest.raises(ServerDownError)
    with mail_server(trickles=0.02) as server, stopwatch() as seconds, wanted:
        send(server)
    assert 0.5 < seconds[0] < 2


def test_a_server_that_is_not_there_or_wants_nothing_of_us_is_down() -> None:
    with mail_server() as gone:
        pass
    with pytest.raises(ServerDownError, match=f"127.0.0.1:{gone.port}.*つながりません"):
        send(gone)
    refused = pytest.raises(ServerDownError, match="応答 554")
    with mail_server(greeting="554 no") as server, refused:
        send(server)
    refused = pytest.raises(ServerDownError, match=r"cloud@example\.lg\.jp.*応答 530")
    with mail_server(sender_code=530) as server, refused:
        send(server)
    refused = pytest.raises(ServerDownError, match="対応していません")
    with mail_server() as server, refused, server.mailer(security="starttls").session():
        pass


def test_what_is_protected_asks_for_a_certificate_of_that_name() -> None:
    context = MailServer(port=1).mailer(security="tls")._server().context  # type: ignore[attr-defined]  # of SMTP_SSL
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    # No certificate at all: the plain server answers a TLS greeting with text.
    refused = pytest.raises(ServerDownError)
    with mail_server() as plain, refused, plain.mailer(security="tls").session():
        pass


def test_no_letter_is_begun_when_the_time_of_a_session_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "TAKING", 0.0)
    with mail_server() as server, server.mailer().session() as session:
        assert not session.is_open


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("hanako@example.lg.jp", "hanako@example.lg.jp"),
        ("　Ｈａｎａｋｏ＠ｔｏｗｎ．ｅｘａｍｐｌｅ．ｌｇ．ｊｐ ", "Hanako@town.example.lg.jp"),
        ("jouhou+cloud@a-b.example.jp", "jouhou+cloud@a-b.example.jp"),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, address: str) -> None:
    assert checked_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "", "hanako", "@example.lg.jp", "hanako@", "hanako@example", "a b@example.jp",
        "a@example.jp,b@example.jp", "<a@example.jp>", "a@example.jp\r\nRCPT TO:<b@example.jp>",
        "a@example.jp\nBcc: b@example.jp", "a..b@example.jp", ".a@example.jp", "a@-x.jp", "a@x-.jp",
        "花子@example.jp", "a@例え.jp", "a" * 65 + "@example.jp", "a@" + "b." * 130 + "jp",
        "a@[192.0.2.1]", '"a b"@example.jp', "a@example.jp\0",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="メールアドレス"):
        checked_address(typed)


GIVEN = {
    "MAIL_HOST": "mail.example.lg.jp",
    "MAIL_SENDER": "cloud@example.lg.jp",
    "BASE_URL": "https://portal.example.lg.jp/",
}


def test_mail_is_off_until_a_server_is_named() -> None:
    assert read_mailer({}) is None
    assert read_mailer({"BASE_URL": "https://portal.example.lg.jp"}) is None


def test_the_settings_say_where_letters_go() -> None:
    mailer = read_mailer(GIVEN | {"MAIL_USER": "cloud", "MAIL_PASSWORD": "geheim-1"})
    assert mailer is not None
    assert (mailer.port, mailer.security, mailer.remind_days) == (587, "starttls", 5)
    assert (mailer.base_url, mailer.domain) == ("https://portal.example.lg.jp", "example.lg.jp")
    assert "geheim" not in repr(mailer)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"MAIL_HOST": ""}, "MAIL_HOST"),
        ({"MAIL_SENDER": "cloud"}, "MAIL_SENDER"),
        ({"BASE_URL": ""}, "BASE_URL"),
        ({"BASE_URL": "javascript:alert(1)"}, "BASE_URL"),
        ({"BASE_URL": "https://a.jp/\nx"}, "BASE_URL"),
        ({"MAIL_PORT": "70000"}, "MAIL_PORT"),
        ({"MAIL_PORT": "２５"}, "MAIL_PORT"),
        ({"MAIL_SECURITY": "ssl"}, "MAIL_SECURITY"),
        ({"MAIL_PASSWORD": "x"}, "MAIL_USER"),
        ({"MAIL_USER": "x", "MAIL_SECURITY": "none"}, "MAIL_USER"),
        ({"REMIND_DAYS": "-1"}, "REMIND_DAYS"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_mailer(GIVEN | wrong)
