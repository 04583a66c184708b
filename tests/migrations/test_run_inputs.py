"""Revision 0020 with a frozen run in the table (算定の入力の移行)."""

import flask_migrate
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from tests import databases
from tests.db import rows

CHANGES = ("inputs = '{1}'", "document = '{1}'", "total = 2")


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def issued(database_url: str) -> str:
    """Give a database of revision 0019 with an issued run."""
    with databases.opened(database_url):
        rows.save_one_of_each()
    rows.by_hand(database_url, "UPDATE allocation_run SET inputs = '{}', state = 'issued'")
    with databases.opened(database_url):
        flask_migrate.downgrade(revision="0019")
    return database_url


def test_an_older_run_has_no_inputs_and_gets_none(issued: str) -> None:
    with databases.opened(issued):
        flask_migrate.upgrade(revision="0020")
    assert ask(issued, "SELECT inputs, state FROM allocation_run") == [(None, "issued")]


@pytest.mark.parametrize("change", CHANGES)
def test_inputs_are_frozen_with_the_document(issued: str, change: str) -> None:
    with databases.opened(issued):
        flask_migrate.upgrade(revision="0020")
    with pytest.raises(IntegrityError, match="allocation_run: final"):
        rows.by_hand(issued, f"UPDATE allocation_run SET {change}")


@pytest.mark.parametrize("change", CHANGES[1:])
def test_taken_back_the_document_is_still_frozen(issued: str, change: str) -> None:
    with pytest.raises(IntegrityError, match="allocation_run: final"):
        rows.by_hand(issued, f"UPDATE allocation_run SET {change}")
    with pytest.raises(IntegrityError, match="allocation_run: final"):
        rows.by_hand(issued, "DELETE FROM allocation_run")
