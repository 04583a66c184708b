"""A consortium with its towns, and people of each role: for tests of pages and logins."""

import secrets
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db.models import Consortium, Member, UserAccount, new_id
from consortium.db.store import accounts as store
from consortium.db.unit import Actor, reading, writing
from consortium.domain.municipality import municipality_code
from consortium.usecases.logins import LONGEST, token_hash

TESTER = Actor("tester", "試験", "試験", "system")
TOWNS = {
    "022021": "弘前市",
    "022101": "平川市",
    "023434": "西目屋村",
    "023612": "藤崎町",
    "023621": "大鰐町",
    "023671": "田舎館村",
    "023817": "板柳町",
}
HIROSAKI, ITAYANAGI, FUJISAKI = "022021", "023817", "023612"


@dataclass(frozen=True, slots=True)
class People:
    """Makes people in the database of an application and logs them in."""

    app: Flask
    clock: FrozenClock

    def consortium_id(self) -> str:
        """Give the consortium; one with the seven towns is made where there is none."""
        with reading() as session:
            found = session.scalars(select(Consortium.id)).first()
        if found:
            return found
        with writing(TESTER, self.clock.now()) as unit:
            unit.session.add(
                Consortium(id="c-1", key="test", name="試験協議会", office_name="弘前市")
            )
            unit.session.flush()
            for code, name in TOWNS.items():
                unit.session.add(
                    Member(
                        consortium_id="c-1",
                        code=municipality_code(code),
                        name=name,
                        kana="－",
                        kind=name[-1],
                        is_lead=code == HIROSAKI,
                    )
                )
            unit.record("c-1", "test.setup", "consortium", "c-1", "試験の準備")
        return "c-1"

    def make(self, login: str, role: str, code: str | None = None, stored_hash: str = "-") -> str:
        """Save a user and give the id; without a hash nobody can log in by password."""
        with self.app.app_context():
            consortium_id = self.consortium_id()
            user_id = new_id()
            with writing(TESTER, self.clock.now()) as unit:
                unit.session.add(
                    UserAccount(
                        id=user_id,
                        consortium_id=consortium_id,
                        login=login,
                        display_name=f"{login} の人",
                        role=role,
                        code=None if code is None else municipality_code(code),
                        password_hash=stored_hash,
                        created_at=self.clock.now(),
                    )
                )
                unit.record(consortium_id, "test.user", "user_account", user_id, login)
        return user_id

    def client(self, role: str, code: str | None = None) -> FlaskClient:
        """Give a browser in which somebody of a role is logged in, without hashing a password."""
        login = f"{role}-{code or 'office'}-{secrets.token_hex(4)}"
        user_id = self.make(login, role, code)
        token = secrets.token_urlsafe(32)
        now = self.clock.now()
        with self.app.app_context(), writing(TESTER, now) as unit:
            unit.operational()
            new = store.NewSession(user_id, token_hash(token), now, now + LONGEST, "test")
            store.begin_session(unit.session, new)
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = token
            cookie["_user_id"] = f"{user_id}:1"
            cookie["_fresh"] = True
        return client
