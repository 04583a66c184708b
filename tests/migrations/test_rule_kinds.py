"""Revision 0014 with rules of the older kinds in the tables (負担ルールの種類の移行)."""

import flask_migrate
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from tests import databases
from tests.db import rows

OLD_COMPONENT = (
    "INSERT INTO rule_component (id, consortium_id, version_id, position, basis, series, "
    "reference_date, edition, label, weight) VALUES ('old', 'c-1', 'lv-1', 2, 'table', "
    "'population', '2015-10-01', '平成27年国勢調査', '人口割', '80')"
)


def answer(url: str, query: str) -> list[tuple[object, ...]]:
    """Ask the database itself."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def before(database_url: str) -> str:
    """Give a database of revision 0013 with one component of each older kind."""
    with databases.opened(database_url):
        rows.save_one_of_each()
    rows.by_hand(database_url, "DELETE FROM rule_component_value")
    with databases.opened(database_url):
        flask_migrate.downgrade(revision="0013")
    rows.by_hand(database_url, OLD_COMPONENT)
    return database_url


def test_a_component_that_named_an_edition_is_fixed_to_it(before: str) -> None:
    with databases.opened(before):
        flask_migrate.upgrade(revision="0014")
    found = answer(
        before,
        "SELECT id, dating, edition, month_day, power, own_source FROM rule_component ORDER BY id",
    )
    assert found == [
        ("lc-1", None, None, None, None, ""),
        ("old", "frozen", "平成27年国勢調査", None, None, ""),
    ]
    assert answer(before, "SELECT ratio_digits, leaving FROM sharing_rule_version") == [
        (None, "month")
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rule_component SET basis = 'magic'",
        "UPDATE rule_component SET dating = 'someday'",
        "UPDATE rule_component SET position = 0",
        "UPDATE sharing_rule_version SET ratio_digits = 10",
        "UPDATE sharing_rule_version SET leaving = 'never'",
    ],
)
def test_the_tables_keep_their_checks_after_the_rebuild(before: str, change: str) -> None:
    with databases.opened(before):
        flask_migrate.upgrade(revision="0014")
    with pytest.raises(IntegrityError):
        answer(before, f"{change} RETURNING 1")


def test_a_rule_of_a_newer_kind_cannot_be_taken_back(before: str) -> None:
    with databases.opened(before):
        flask_migrate.upgrade(revision="0014")
        rows.by_hand(before, "UPDATE rule_component SET basis = 'power' WHERE id = 'old'")
        with pytest.raises((IntegrityError, SystemExit)):
            flask_migrate.downgrade(revision="0013")
    assert answer(before, "SELECT basis FROM rule_component WHERE id = 'old'") == [("power",)]
