"""Another database than the portal's (別のデータベース): one restored, or one to copy from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from flask import Flask

from consortium.db.engine import db, init_database


def sqlite_url(path: Path) -> str:
    """Give the address of a database in a file."""
    return f"sqlite:///{path.as_posix()}"


def upgrade(url: str) -> None:
    """Bring the tables of another database to the newest revision (移行)."""
    with entered(url):
        flask_migrate.upgrade()


@contextmanager
def entered(url: str) -> Iterator[None]:
    """Let `reading()`, `writing()` and migrations work on another database meanwhile.

    Its connections are let go of afterwards, so that a file can be moved.
    """
    app = Flask("consortium")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    init_database(app)
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()
