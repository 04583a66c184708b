"""Logging in and out through the pages (ログイン), with CSRF switched on."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.db.engine import db
from consortium.usecases import accounts
from consortium.usecases.accounts import NewAccount
from tests.people import ITAYANAGI, People

TOKEN = re.compile(r'name="csrf_token"(?: type="hidden")? value="([^"]+)"')
NEW = "りんごの花は五月に咲く"


@pytest.fixture
def password(app: Flask, cast: People, clock: FrozenClock) -> str:
    """Register the user 「itayanagi」 of 板柳町 and give the password."""
    with app.app_context():
        cast.consortium_id()
        new = NewAccount("itayanagi", "板柳 太郎", "member_staff", ITAYANAGI)
        return accounts.create_account(new, clock.now())


def token_of(client: FlaskClient, path: str = "/login") -> str:
    found = TOKEN.search(client.get(path).text)
    assert found is not None
    return found[1]


def log_in(
    client: FlaskClient, password: str, login: str = "itayanagi", path: str = "/login"
) -> TestResponse:
    form = {"csrf_token": token_of(client, path), "login": login, "password": password}
    return client.post(path, data=form)


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("consortium")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> FlaskClient:
    """Give a second browser with a copied cookie."""
    client = app.test_client()
    client.set_cookie("consortium", value)
    return client


def masked(answer: TestResponse) -> str:
    return TOKEN.sub("", answer.text)


# ---- in ------------------------------------------------------------------------------------------


def test_the_right_password_leads_home(client: FlaskClient, password: str) -> None:
    answer = log_in(client, password)
    assert (answer.status_code, answer.location) == (302, "/")
    page = client.get("/account")
    assert page.status_code == 200
    assert all(text in page.text for text in ("itayanagi", "板柳 太郎", "板柳町", "構成団体 担当"))


def test_the_login_leads_back_to_the_page_asked_for(client: FlaskClient, password: str) -> None:
    answer = client.get("/account?year=2021")
    assert answer.status_code == 302
    login = urlsplit(answer.location)
    assert login.path == "/login"
    assert parse_qs(login.query) == {"next": ["/account?year=2021"]}
    assert log_in(client, password, path=answer.location).location == "/account?year=2021"


def test_the_login_never_leads_to_another_site(client: FlaskClient, password: str) -> None:
    answer = log_in(client, password, path="/login?next=////evil.example")
    assert answer.location == "/"


def test_somebody_logged_in_needs_no_login_page(client: FlaskClient, password: str) -> None:
    log_in(client, password)
    assert client.get("/login").location == "/"


@pytest.mark.parametrize("field", ["login", "password"])
def test_an_empty_field_is_named(client: FlaskClient, password: str, field: str) -> None:
    form = {"csrf_token": token_of(client), "login": "itayanagi", "password": password, field: ""}
    answer = client.post("/login", data=form)
    assert answer.status_code == 400
    assert "を入力してください。" in answer.text


def test_every_reason_gives_the_same_answer(
    app: Flask, cast: People, password: str, clock: FrozenClock
) -> None:
    with app.app_context():
        given = accounts.create_account(NewAccount("gone", "去った人", "auditor"), clock.now())
        accounts.disable_account("gone", clock.now())
    client = app.test_client()
    answers = {
        "unknown": log_in(client, "wrong", "nobody"),
        "wrong": log_in(client, "wrong"),
        "disabled": log_in(client, given, "gone"),
        "unusable": log_in(client, "wrong", "花子\x00"),
    }
    for _ in range(4):
        log_in(client, "wrong")
    answers["locked"] = log_in(client, password)
    bodies = {
        masked(answer).replace(f'value="{login}"', "")
        for answer, login in zip(
            answers.values(), ("nobody", "itayanagi", "gone", "花子\x00", "itayanagi"), strict=True
        )
    }
    assert {answer.status_code for answer in answers.values()} == {400}
    assert len(bodies) == 1
    assert "利用者IDかパスワードが違います。" in bodies.pop()
    headers = {tuple(sorted(answer.headers.keys())) for answer in answers.values()}
    assert len(headers) == 1


def test_a_locked_login_opens_by_itself(
    client: FlaskClient, password: str, clock: FrozenClock
) -> None:
    for _ in range(5):
        log_in(client, "wrong")
    assert log_in(client, password).status_code == 400
    clock.advance(timedelta(minutes=15))
    assert log_in(client, password).status_code == 302


def test_a_password_is_never_written_back_into_the_page(client: FlaskClient, password: str) -> None:
    assert "wrong-password" not in log_in(client, "wrong-password").text


# ---- the cookie ----------------------------------------------------------------------------------


def test_a_cookie_from_before_the_login_is_worth_nothing_after_it(
    app: Flask, client: FlaskClient, password: str
) -> None:
    """Session fixation: whoever planted the cookie must not be logged in with the victim."""
    client.get("/login")
    planted = cookie_of(client)
    log_in(client, password)
    assert cookie_of(client) != planted
    assert with_cookie(app, planted).get("/account").status_code == 302


def test_each_login_has_a_new_token(app: Flask, client: FlaskClient, password: str) -> None:
    tokens = set()
    for _ in range(2):
        log_in(client, password)
        with client.session_transaction() as session:
            tokens.add(session["token"])
            assert "csrf_token" not in session
        client.post("/logout", data={"csrf_token": token_of(client, "/account")})
    assert len(tokens) == 2


def test_a_copied_cookie_is_dead_after_the_logout(
    app: Flask, client: FlaskClient, password: str
) -> None:
    log_in(client, password)
    thief = with_cookie(app, cookie_of(client))
    assert thief.get("/account").status_code == 200
    answer = client.post("/logout", data={"csrf_token": token_of(client, "/account")})
    assert (answer.status_code, answer.location) == (302, "/login")
    assert "ログアウトしました。" in client.get("/login").text
    assert thief.get("/account").status_code == 302
    assert client.get("/account").status_code == 302


def test_a_copied_cookie_is_dead_after_a_new_password(
    app: Flask, client: FlaskClient, password: str
) -> None:
    log_in(client, password)
    thief = with_cookie(app, cookie_of(client))
    form = {"current": password, "new": NEW, "again": NEW}
    answer = client.post("/account", data={"csrf_token": token_of(client, "/account"), **form})
    assert answer.location == "/login"
    assert thief.get("/account").status_code == 302
    assert log_in(client, password).status_code == 400
    assert log_in(client, NEW).status_code == 302


def test_a_disabled_user_is_out_with_the_next_click(
    app: Flask, client: FlaskClient, password: str, clock: FrozenClock
) -> None:
    log_in(client, password)
    with app.app_context():
        accounts.disable_account("itayanagi", clock.now())
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (30, 302)])
def test_an_idle_login_ends_after_30_minutes(
    client: FlaskClient, password: str, clock: FrozenClock, minutes: int, status: int
) -> None:
    log_in(client, password)
    clock.advance(timedelta(minutes=minutes))
    assert client.get("/account").status_code == status
    if status == 302:
        assert "しばらく操作がなかったため" in client.get("/login").text


def test_a_login_in_use_goes_on(client: FlaskClient, password: str, clock: FrozenClock) -> None:
    log_in(client, password)
    for _ in range(3):
        clock.advance(timedelta(minutes=20))
        assert client.get("/account").status_code == 200


def test_a_forged_cookie_is_nobody(app: Flask, client: FlaskClient, password: str) -> None:
    log_in(client, password)
    assert with_cookie(app, cookie_of(client)[:-2] + "xx").get("/account").status_code == 302


def test_knowing_who_asks_costs_one_statement_and_once_a_minute_a_second(
    app: Flask, client: FlaskClient, password: str, clock: FrozenClock
) -> None:
    log_in(client, password)
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement.split()[0])

    with app.app_context():
        event.listen(db.engine, "after_cursor_execute", note)
    counts = []
    for seconds in (0, 59, 1):
        clock.advance(timedelta(seconds=seconds))
        seen.clear()
        assert client.get("/login").status_code == 302  # asks who is there, and nothing else
        counts.append([word for word in seen if word in {"SELECT", "UPDATE", "INSERT"}])
    assert counts == [["SELECT"], ["SELECT"], ["SELECT", "UPDATE"]]


# ---- CSRF ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "wrong", "IjEyMyI.aaaa.bbbb"])
@pytest.mark.parametrize("path", ["/login", "/logout", "/account"])
def test_a_post_without_the_right_token_does_nothing(
    client: FlaskClient, password: str, path: str, token: str | None
) -> None:
    if path != "/login":
        log_in(client, password)
    form = {"login": "itayanagi", "password": password, "current": password}
    form |= {"new": NEW, "again": NEW} | ({} if token is None else {"csrf_token": token})
    answer = client.post(path, data=form)
    assert answer.status_code == 400
    assert "何も保存していません。" in answer.text
    assert client.get("/account").status_code == (302 if path == "/login" else 200)


def test_the_token_of_another_session_does_nothing(
    app: Flask, client: FlaskClient, password: str
) -> None:
    log_in(client, password)
    foreign = token_of(app.test_client())
    assert client.post("/logout", data={"csrf_token": foreign}).status_code == 400
    assert client.get("/account").status_code == 200


def test_the_token_from_before_the_login_does_nothing_after_it(
    client: FlaskClient, password: str
) -> None:
    before = token_of(client)
    log_in(client, password)
    assert client.post("/logout", data={"csrf_token": before}).status_code == 400


def test_a_get_does_not_log_out(client: FlaskClient, password: str) -> None:
    log_in(client, password)
    assert client.get("/logout").status_code == 405
    assert client.get("/account").status_code == 200


# ---- one's own password --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"current": "wrong"}, "現在のパスワードが違います。"),
        ({"new": "short", "again": "short"}, "8文字より短いパスワードです。"),
        ({"again": "something else"}, "新しいパスワードと一致しません。"),
        ({"current": ""}, "現在のパスワードを入力してください。"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_changed(
    client: FlaskClient, password: str, change: dict[str, str], words: str
) -> None:
    log_in(client, password)
    form = {"current": password, "new": NEW, "again": NEW, **change}
    answer = client.post("/account", data={"csrf_token": token_of(client, "/account"), **form})
    assert answer.status_code == 400
    assert words in answer.text
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("lead_staff", None), ("lead_approver", None), ("lead_admin", None), ("auditor", None),
        ("member_staff", ITAYANAGI), ("member_admin", ITAYANAGI),
    ],
)  # fmt: skip
def test_every_role_sees_its_own_account_and_the_menu(
    cast: People, role: str, code: str | None
) -> None:
    page = cast.client(role, code).get("/account")
    assert page.status_code == 200
    assert 'aria-current="page">利用者情報</a>' in page.text
    assert "試験協議会" in page.text
