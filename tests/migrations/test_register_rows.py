"""Revision 0019 with documents issued before it (発行台帳の移行)."""

from datetime import date

import flask_migrate
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from consortium.db import models
from consortium.db.row_hash import STATEMENT, row_hash
from tests import databases
from tests.db import rows

DAYS = ("issued_on", "due_on")


def answer(url: str, query: str) -> list[dict[str, object]]:
    """Ask the database itself."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


@pytest.fixture
def before(database_url: str) -> str:
    """Give a database of revision 0018 with a statement and a 総括表."""
    with databases.opened(database_url):
        rows.save_one_of_each()
        flask_migrate.downgrade(revision="0018")
    file = "INSERT INTO report_file SELECT 'f-2', consortium_id, run_id, 'lead', 'y.xlsx', "
    rest = "display_name, size, file_hash, content_hash, data_hash, attempt FROM report_file"
    line = "INSERT INTO statement SELECT 't-2', consortium_id, run_id, report_run_id, 'f-2', 'lead'"
    more = (
        ", NULL, 2, document_number, fiscal_year_start, stage, edition, amount, issued_on, "
        "data_hash, content_hash, file_hash, register_seq, register_hash FROM statement"
    )
    rows.by_hand(database_url, file + rest, line + more)
    return database_url


def test_what_was_issued_before_gets_kind_period_and_row_hash(before: str) -> None:
    with databases.opened(before):
        flask_migrate.upgrade(revision="0019")
    found = answer(before, "SELECT * FROM statement ORDER BY number")
    assert [(row["kind"], row["period_key"]) for row in found] == [
        ("statement", "FY2021"),
        ("summary", "FY2021"),
    ]
    for row in found:
        as_read = row | {name: row[name] and _day(row[name]) for name in DAYS}
        assert row["row_hash"] == row_hash(STATEMENT, as_read)


def _day(value: object) -> object:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE statement SET amount = 1",
        "DELETE FROM statement",
        "DELETE FROM statement_cancellation",
    ],
)
def test_the_register_refuses_changes_after_the_rebuild_as_before(
    database_url: str, change: str
) -> None:
    with databases.opened(database_url):
        rows.save_one_of_each()
        flask_migrate.downgrade(revision="0018")
        with pytest.raises(IntegrityError, match="final, never changed"):
            rows.by_hand(database_url, "UPDATE statement SET amount = 1")
        flask_migrate.upgrade()
    if "cancellation" in change:
        with databases.opened(database_url):
            rows.save(models.StatementCancellation(
                id="ca-2", consortium_id="c-1", statement_id="t-1", reason="誤り",
                cancelled_by="u-1", cancelled_at=rows.NOW,
            ))  # fmt: skip
    with pytest.raises(IntegrityError, match="final, never changed"):
        rows.by_hand(database_url, change)
