"""Revision 0022: a cost entered 税込 may name its tax rate (含まれる消費税の率の移行)."""

import flask_migrate
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from tests import databases
from tests.db import rows

RATE = "UPDATE cost_item SET tax_rate = '10' WHERE amount_by = 'incl'"
TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


def triggers(url: str) -> set[tuple[str, str]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return {(row[0], row[1]) for row in connection.execute(text(TRIGGERS[engine.name]))}


def test_a_rate_is_taken_from_now_on_and_no_trigger_is_lost(database_url: str) -> None:
    with databases.opened(database_url):
        rows.save_one_of_each()
        flask_migrate.downgrade(revision="0022")
    newest = triggers(database_url)
    with databases.opened(database_url):
        flask_migrate.downgrade(revision="0021")
    assert triggers(database_url) == newest
    assert any("cost_item_closed" in name for name, _ in newest)
    with pytest.raises(IntegrityError, match="tax_adds_up"):
        rows.by_hand(database_url, RATE)
    with databases.opened(database_url):
        flask_migrate.upgrade(revision="0022")
    assert triggers(database_url) == newest
    rows.by_hand(database_url, RATE)


def test_a_known_rate_cannot_be_forgotten_by_going_back(database_url: str) -> None:
    with databases.opened(database_url):
        rows.save_one_of_each()
    rows.by_hand(database_url, RATE)
    with databases.opened(database_url), pytest.raises(IntegrityError, match="tax_adds_up"):
        flask_migrate.downgrade(revision="0021")
