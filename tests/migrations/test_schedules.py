"""Revision 0023: schedules of every kind of period, pauses, towns served (配信予定の移行)."""

import flask_migrate
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from tests import databases
from tests.db import rows

WEEKLY = (
    "INSERT INTO report_schedule (id, consortium_id, kind, period_type, month_offset, weekday, "
    "at_time, roll_rule, time_zone, valid_from, row_version) "
    "SELECT 'd-2', consortium_id, 'weekly', 'week', 1, 'fri', at_time, roll_rule, time_zone, "
    "valid_from, 1 FROM report_schedule"
)
DAILY = "UPDATE report_schedule SET period_type = 'day', weekdays = 'mon,tue' WHERE id = 'd-2'"


def fetched(url: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_schedules_of_before_go_on_and_new_ones_cannot_be_forgotten(database_url: str) -> None:
    with databases.opened(database_url):
        rows.save_one_of_each()
    rows.by_hand(database_url, "DELETE FROM report_schedule_town")
    with databases.opened(database_url):
        flask_migrate.downgrade(revision="0022")
    rows.by_hand(database_url, WEEKLY)
    with databases.opened(database_url):
        flask_migrate.upgrade(revision="0023")
    found = "SELECT id, day, weekdays, step, is_paused FROM report_schedule ORDER BY id"
    assert [(*row[:4], bool(row[4])) for row in fetched(database_url, found)] == [
        ("d-1", "1", None, None, False),
        ("d-2", None, "fri", None, False),
    ]
    assert fetched(database_url, "SELECT schedule_id FROM report_run") == [("d-1",)]
    rows.by_hand(database_url, DAILY)
    with databases.opened(database_url), pytest.raises(IntegrityError, match="period_type"):
        flask_migrate.downgrade(revision="0022")


WRONG = [
    "day = NULL",
    "weekdays = 'mon'",
    "step = 'final'",
    "period_type = 'week'",
    "day = '32'",
    "period_type = 'year', day = NULL",
    "is_paused = TRUE",
    "time_zone = 'UTC'",
    "roll_rule = 'later'",
]


def test_the_database_refuses_a_row_without_its_day(database_url: str) -> None:
    with databases.opened(database_url):
        rows.save_one_of_each()
    for change in WRONG:
        with pytest.raises(IntegrityError):
            rows.by_hand(database_url, f"UPDATE report_schedule SET {change}")
