"""Fixtures of the commands (コマンド)."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from consortium.cli import create_app_for_commands
from consortium.clock import FrozenClock
from consortium.db.engine import db
from tests.office import open_office


@pytest.fixture
def run(
    app: Flask,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: FrozenClock,
) -> Iterator[FlaskCliRunner]:
    """Give the commands on a database with one issue."""
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", database_url)
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", secrets.token_hex(32))
    portal = create_app_for_commands()
    with portal.app_context():
        open_office(portal.config["FILES_DIR"], clock).issued()
    yield portal.test_cli_runner()
    with portal.app_context():
        db.engine.dispose()
