"""Fixtures of all tests: a database of each kind, the application, a clock that stands still."""

import gc
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from config import TestConfig
from consortium.clock import FrozenClock
from consortium.db.engine import db
from consortium.intake import reading_process, worker
from tests import databases, host, people
from tests.plain_files import print_plainly

# 2026-12-01 10:00 in Japan.
NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of the search for garbage: a fifth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _addresses() -> Iterator[None]:
    """Compile the address of each page once for all applications of the tests.

    Werkzeug writes a function of its own for each rule, which is all that making an application
    costs; the function knows nothing but the rule's text.
    """
    compiled, known = Rule._compile_builder, dict[str, Callable[..., tuple[str, str]]]()

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = repr((rule.rule, rule._trace, rule.defaults, append_unknown))
        if key not in known:
            known[key] = compiled(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture(scope="session")
def sqlite_source(tmp_path_factory: pytest.TempPathFactory) -> databases.SqliteTemplates:
    """Give fresh SQLite databases."""
    return databases.SqliteTemplates(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgresql_source() -> Iterator[databases.Cluster]:
    """Give fresh PostgreSQL databases of a server of this test process."""
    initdb = host.find_initdb()
    if not initdb:
        missing = "PostgreSQL の initdb がありません。"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    cluster = databases.Cluster(initdb)
    yield cluster
    cluster.stop()


@pytest.fixture(params=databases.DATABASES)
def database_source(request: pytest.FixtureRequest) -> databases.Source:
    """Give the maker of databases of one kind; the test runs once for each."""
    source: databases.Source = request.getfixturevalue(f"{request.param}_source")
    return source


@pytest.fixture
def database_url(database_source: databases.Source, tmp_path: Path) -> Iterator[str]:
    """Give the address of a migrated database of this test's own."""
    url = database_source.fresh(tmp_path)
    yield url
    database_source.drop(url)


@pytest.fixture
def empty_url(database_source: databases.Source, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database of this test's own."""
    url = database_source.empty(tmp_path)
    yield url
    database_source.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Flask]:
    """Enter a bare application on a migrated database: tests of the database layer only."""
    with databases.opened(database_url) as app:
        yield app


@pytest.fixture
def clock() -> FrozenClock:
    """Give a clock that stands still at NOW."""
    return FrozenClock(NOW)


class CompiledTemplates(BytecodeCache):
    """Compiles each template once for all applications of the tests."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled, if the source is the same."""
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.code[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session")
def compiled_templates() -> CompiledTemplates:
    """Give the compiled templates of this test process."""
    return CompiledTemplates()


@pytest.fixture
def app(
    database_url: str, tmp_path: Path, clock: FrozenClock, compiled_templates: CompiledTemplates
) -> Iterator[Flask]:
    """Give the whole application on a migrated database.

    No context is entered: one that stays open would carry a user from one request to the next.
    """
    # Here and not above: the tests of the domain need no web framework.
    from consortium import create_app

    key = "k3y-0f-tests-0nly-with-32-characters"
    config = TestConfig(secret_key=key, database_url=database_url, instance=tmp_path)
    application: Flask = create_app(config, clock)
    application.jinja_env.bytecode_cache = compiled_templates
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a browser of somebody not logged in."""
    return app.test_client()


@pytest.fixture
def cast(app: Flask, clock: FrozenClock) -> people.People:
    """Give the maker of people: `cast.client("auditor")` is a browser of one logged in."""
    return people.People(app, clock)


@pytest.fixture
def as_lead(cast: people.People) -> Callable[[], FlaskClient]:
    """Log in as an officer of the lead city (担当)."""
    return lambda: cast.client("lead_staff")


@pytest.fixture
def as_approver(cast: people.People) -> Callable[[], FlaskClient]:
    """Log in as the officer who approves (承認者)."""
    return lambda: cast.client("lead_approver")


@pytest.fixture
def as_member(cast: people.People) -> Callable[[str], FlaskClient]:
    """Log in as somebody of a member town, by its code (構成団体)."""
    return lambda code: cast.client("member_staff", code)


@pytest.fixture
def plain_files(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Spare workbooks that no test of a module opens: `pytest.mark.usefixtures("plain_files")`.

    A test of such a module that does open one says `pytest.mark.usefixtures("workbooks")`.
    """
    if "workbooks" not in request.fixturenames:
        print_plainly(monkeypatch)


@pytest.fixture
def workbooks() -> None:
    """Let the files of a test be workbooks in a module that spares them."""


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the process that reads an uploaded workbook: the same is read in this one, once."""
    monkeypatch.setattr(worker, "_asked", lambda content, _: _answer(content))


@cache
def _answer(content: bytes) -> bytes:
    return reading_process.answer(content)
