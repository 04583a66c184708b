"""Users, passwords, logins, the throttle (利用者・ログイン), on both databases."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db.engine import db
from consortium.db.errors import BusyError
from consortium.db.models import AuditEvent, LoginAttempt, UserAccount, UserSession
from consortium.db.unit import reading
from consortium.domain.errors import BadInputError, DuplicateError, NotFoundError
from consortium.usecases import accounts, logins
from consortium.usecases.accounts import NewAccount
from tests.people import ITAYANAGI, People

WRONG = "wrong-password"


@pytest.fixture
def entered(app: Flask, cast: People) -> Iterator[People]:
    """Stay in the application, with a consortium: use cases need no request."""
    with app.app_context():
        cast.consortium_id()
        yield cast


@pytest.fixture
def password(entered: People, clock: FrozenClock) -> str:
    """Register the user 「hanako」 and give the password."""
    return accounts.create_account(NewAccount("hanako", "弘前 花子", "lead_staff"), clock.now())


def attempt(password: str, login: str = "hanako", address: str = "192.0.2.1") -> logins.Attempt:
    return logins.Attempt(login, password, address, "browser")


def fails(clock: FrozenClock, times: int, login: str = "hanako", address: str = "192.0.2.1") -> int:
    """Try wrong passwords and count how often that was refused."""
    refused = 0
    for _ in range(times):
        refused += logins.log_in(attempt(WRONG, login, address), clock.now()) is None
    return refused


def session_of(found: tuple[logins.LoggedIn, str] | None) -> tuple[str, str, int]:
    """Give what a cookie would hold."""
    assert found is not None
    login, token = found
    return token, login.viewer.user_id, login.credential_version


# ---- registering ---------------------------------------------------------------------------------


def test_a_new_user_logs_in_with_the_printed_password(password: str, clock: FrozenClock) -> None:
    found = logins.log_in(attempt(password), clock.now())
    assert found is not None
    viewer = found[0].viewer
    assert (viewer.name, viewer.role, viewer.code, viewer.body) == (
        "弘前 花子", "lead_staff", None, "弘前市",
    )  # fmt: skip
    assert viewer.is_lead_side
    assert not viewer.is_member


def test_a_town_user_belongs_to_the_town(entered: People, clock: FrozenClock) -> None:
    new = NewAccount("itayanagi", "板柳 太郎", "member_staff", ITAYANAGI)
    given = accounts.create_account(new, clock.now())
    found = logins.log_in(attempt(given, "itayanagi"), clock.now())
    assert found is not None
    viewer = found[0].viewer
    assert (viewer.code, viewer.body, viewer.is_member) == (ITAYANAGI, "板柳町", True)
    assert viewer.actor().body == "板柳町"


def test_the_login_is_understood_in_full_width_and_capitals(
    password: str, clock: FrozenClock
) -> None:
    assert logins.log_in(attempt(password, " ＨＡＮＡＫＯ "), clock.now())


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (NewAccount("x", "名", "lead_staff"), "login"),
        (NewAccount("花子", "名", "lead_staff"), "login"),
        (NewAccount("a b", "名", "lead_staff"), "login"),
        (NewAccount("taro", "　", "lead_staff"), "name"),
        (NewAccount("taro", "名", "boss"), "role"),
        (NewAccount("taro", "名", "member_staff"), "code"),
        (NewAccount("taro", "名", "member_staff", "999999"), "code"),
        (NewAccount("taro", "名", "lead_staff", ITAYANAGI), "code"),
        (NewAccount("taro", "名", "lead_staff", None, "nowhere"), "consortium"),
    ],
)
def test_a_user_with_a_wrong_field_is_refused_at_that_field(
    entered: People, clock: FrozenClock, new: NewAccount, path: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        accounts.create_account(new, clock.now())
    assert caught.value.path == path
    assert accounts.list_accounts() == ()


def test_a_login_is_given_once(password: str, clock: FrozenClock) -> None:
    with pytest.raises(DuplicateError) as caught:
        accounts.create_account(NewAccount("Hanako", "別人", "lead_staff"), clock.now())
    assert caught.value.field == "login"


def test_the_chain_says_who_was_registered_and_never_the_hash(password: str) -> None:
    with reading() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "account.create")
        ).one()
        stored = session.scalars(select(UserAccount.password_hash)).one()
    assert event.title == "利用者の登録（hanako）"
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert event.after is not None
    assert stored not in event.after
    assert password not in event.after


# ---- the throttle --------------------------------------------------------------------------------


def test_the_sixth_try_is_refused_even_with_the_right_password(
    password: str, clock: FrozenClock
) -> None:
    assert fails(clock, 5) == 5
    assert logins.log_in(attempt(password), clock.now()) is None


def test_the_fifth_try_still_counts(password: str, clock: FrozenClock) -> None:
    assert fails(clock, 4) == 4
    assert logins.log_in(attempt(password), clock.now())


@pytest.mark.parametrize(("minutes", "is_open"), [(14, False), (15, True), (16, True)])
def test_a_locked_account_opens_by_itself_after_15_minutes(
    password: str, clock: FrozenClock, minutes: int, is_open: bool
) -> None:
    fails(clock, 5)
    clock.advance(timedelta(minutes=minutes))
    assert bool(logins.log_in(attempt(password), clock.now())) is is_open


def test_an_account_takes_ten_wrong_tries_a_day(password: str, clock: FrozenClock) -> None:
    for _ in range(2):
        fails(clock, 5)
        clock.advance(timedelta(minutes=15))
    assert logins.log_in(attempt(password), clock.now()) is None
    clock.advance(timedelta(hours=23, minutes=30))
    assert logins.log_in(attempt(password), clock.now())


def test_an_address_takes_twenty_wrong_tries(password: str, clock: FrozenClock) -> None:
    for number in range(20):
        fails(clock, 1, f"nobody{number}")
    assert logins.log_in(attempt(password), clock.now()) is None
    assert logins.log_in(attempt(password, address="192.0.2.2"), clock.now())


def test_a_second_lock_is_as_strict_and_as_short_as_the_first(
    password: str, clock: FrozenClock
) -> None:
    for number in range(20):
        fails(clock, 1, f"first{number}")
    clock.advance(timedelta(minutes=15))
    for number in range(20):
        fails(clock, 1, f"second{number}")
    assert logins.log_in(attempt(password), clock.now()) is None
    clock.advance(timedelta(minutes=15))
    assert logins.log_in(attempt(password), clock.now())


def test_right_tries_do_not_count(password: str, clock: FrozenClock) -> None:
    for _ in range(12):
        assert logins.log_in(attempt(password), clock.now())
    with reading() as session:
        assert set(session.scalars(select(LoginAttempt.tries))) == {0}


def test_an_unknown_login_is_locked_like_a_known_one(entered: People, clock: FrozenClock) -> None:
    fails(clock, 6, "nobody")
    with reading() as session:
        counted = sorted(session.scalars(select(LoginAttempt.tries)))
    # account: 5 of 5, then refused before the account's day; address: all six
    assert counted == [5, 5, 6]


def test_what_was_typed_is_not_stored(entered: People, clock: FrozenClock) -> None:
    fails(clock, 1, "my-secret-password")
    with reading() as session:
        assert not any("secret" in name for name in session.scalars(select(LoginAttempt.bucket)))


def test_parallel_tries_cost_five_checks_of_the_account(
    app: Flask, password: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading() as session:
        known = session.scalars(select(UserAccount.password_hash)).one()
    checked: list[str] = []

    def refusing(stored: str, _given: str) -> bool:
        checked.append(stored)
        return False

    monkeypatch.setattr(logins, "verify_password", refusing)
    barrier = threading.Barrier(8)

    def once(number: int) -> None:
        with app.app_context():
            barrier.wait()
            # On a slow disk a try may wait for the others until the database gives up: no check.
            with contextlib.suppress(BusyError):
                logins.log_in(attempt(WRONG, address=f"192.0.2.{number}"), clock.now())
            db.session.remove()

    threads = [threading.Thread(target=once, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(checked) > 5, "too few tries got through to say anything"
    assert checked.count(known) == 5


@pytest.mark.parametrize("kind", ["known", "unknown", "locked", "disabled"])
def test_every_refusal_costs_one_hash(
    password: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "disabled":
        accounts.disable_account("hanako", clock.now())
    if kind == "locked":
        fails(clock, 5)
    checked: list[str] = []
    whole = accounts.verify_password

    def counting(stored: str, given: str) -> bool:
        checked.append(stored)
        return whole(stored, given)

    monkeypatch.setattr(logins, "verify_password", counting)
    fails(clock, 1, "nobody" if kind == "unknown" else "hanako")
    assert len(checked) == 1
    assert (checked[0] == accounts.dummy_hash()) is (kind != "known")


# ---- sessions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "is_open"), [(29, True), (30, False), (31, False)])
def test_an_idle_session_ends_after_30_minutes(
    password: str, clock: FrozenClock, minutes: int, is_open: bool
) -> None:
    cookie = session_of(logins.log_in(attempt(password), clock.now()))
    clock.advance(timedelta(minutes=minutes))
    assert bool(logins.resume(*cookie, clock.now())) is is_open


def test_a_session_in_use_ends_after_ten_hours(password: str, clock: FrozenClock) -> None:
    cookie = session_of(logins.log_in(attempt(password), clock.now()))
    for _ in range(29):
        clock.advance(timedelta(minutes=20))
        assert logins.resume(*cookie, clock.now())
    clock.advance(timedelta(minutes=19))
    assert logins.resume(*cookie, clock.now())
    clock.advance(timedelta(minutes=1))
    assert logins.resume(*cookie, clock.now()) is None


def test_each_login_has_a_token_of_its_own_and_the_table_holds_none(
    password: str, clock: FrozenClock
) -> None:
    tokens = {session_of(logins.log_in(attempt(password), clock.now()))[0] for _ in range(2)}
    with reading() as session:
        stored = set(session.scalars(select(UserSession.token_hash)))
    assert len(tokens) == len(stored) == 2
    assert not tokens & stored


def test_a_logout_ends_this_session_only(password: str, clock: FrozenClock) -> None:
    first, second = (session_of(logins.log_in(attempt(password), clock.now())) for _ in range(2))
    logins.log_out(first[0], clock.now())
    assert logins.resume(*first, clock.now()) is None
    assert logins.resume(*second, clock.now())


def test_a_session_is_no_use_for_another_user(password: str, clock: FrozenClock) -> None:
    token, _, version = session_of(logins.log_in(attempt(password), clock.now()))
    assert logins.resume(token, "somebody-else", version, clock.now()) is None


def test_a_disabled_user_is_out_at_once(password: str, clock: FrozenClock) -> None:
    cookie = session_of(logins.log_in(attempt(password), clock.now()))
    accounts.disable_account("hanako", clock.now())
    assert logins.resume(*cookie, clock.now()) is None
    assert logins.log_in(attempt(password), clock.now()) is None


# ---- new passwords -------------------------------------------------------------------------------


def test_a_reset_ends_every_session_and_unlocks(password: str, clock: FrozenClock) -> None:
    cookie = session_of(logins.log_in(attempt(password), clock.now()))
    fails(clock, 5)
    fresh = accounts.reset_password("hanako", clock.now())
    with reading() as session:
        assert session.scalars(select(UserSession.ended_at)).one() == clock.now()
    assert logins.resume(*cookie, clock.now()) is None
    assert logins.log_in(attempt(password), clock.now()) is None
    assert logins.log_in(attempt(fresh), clock.now())


def test_resetting_an_unknown_login_is_refused(entered: People, clock: FrozenClock) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        accounts.reset_password("nobody", clock.now())


def test_ones_own_new_password_ends_every_session(password: str, clock: FrozenClock) -> None:
    found = logins.log_in(attempt(password), clock.now())
    assert found is not None
    new = "りんごの花は五月に咲く"
    accounts.change_own_password(found[0].viewer, password, new, clock.now())
    assert logins.resume(*session_of(found), clock.now()) is None
    assert logins.log_in(attempt(password), clock.now()) is None
    assert logins.log_in(attempt(new), clock.now())


def test_changing_it_needs_the_current_one_and_wrong_ones_count(
    password: str, clock: FrozenClock
) -> None:
    found = logins.log_in(attempt(password), clock.now())
    assert found is not None
    for _ in range(5):
        with pytest.raises(BadInputError) as caught:
            accounts.change_own_password(found[0].viewer, WRONG, "a-new-password", clock.now())
        assert caught.value.path == "current"
    with pytest.raises(BadInputError):
        accounts.change_own_password(found[0].viewer, password, "a-new-password", clock.now())


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("seven77", "8文字より短い"),
        ("x" * 201, "200文字を超えて"),
        ("hanako2026", "利用者ID"),
        ("Hanako-2026", "利用者ID"),
        ("aaaaaaaaaaaa", "同じ文字"),
    ],
)
def test_a_password_guessed_first_is_refused(weak: str, why: str) -> None:
    with pytest.raises(BadInputError, match=why) as caught:
        accounts.refuse_weak_password(weak, "hanako")
    assert caught.value.path == "new"


@pytest.mark.parametrize("good", ["eight8ch", "y" * 3 + "abc" * 65 + "zz"])
def test_a_password_within_the_bounds_is_accepted(good: str) -> None:
    accounts.refuse_weak_password(good, "hanako")


def test_nothing_after_the_longest_password_is_overlooked(
    password: str, clock: FrozenClock
) -> None:
    found = logins.log_in(attempt(password), clock.now())
    assert found is not None
    longest = "abcde" * 40
    accounts.change_own_password(found[0].viewer, password, longest, clock.now())
    assert logins.log_in(attempt(longest + "f"), clock.now()) is None
    assert logins.log_in(attempt(longest), clock.now())


def test_a_hash_of_other_parameters_is_replaced_at_login(
    entered: People, clock: FrozenClock
) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("old-password")
    entered.make("jiro", "lead_staff", stored_hash=weaker)
    assert logins.log_in(attempt("old-password", "jiro"), clock.now())
    with reading() as session:
        stored = session.scalars(select(UserAccount.password_hash)).one()
        actions = set(session.scalars(select(AuditEvent.action)))
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "account.rehash" in actions
    assert logins.log_in(attempt("old-password", "jiro"), clock.now())
