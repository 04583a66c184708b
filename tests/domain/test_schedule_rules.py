"""What no schedule may say (配信予定の誤り): refused at its field, in words that say what to do."""

from dataclasses import replace
from datetime import datetime, time

import pytest

from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.schedule import TOKYO, Schedule
from consortium.domain.fiscalyear.schedule_rules import parse_time

BEGIN = datetime(2026, 12, 1, tzinfo=TOKYO)
MONTHLY = Schedule("s", "k", "month", time(6), "stay", BEGIN, day="1")
WEEKLY = Schedule("s", "k", "week", time(6), "stay", BEGIN, weekdays=("mon",))
DAILY = Schedule("s", "k", "day", time(6), "stay", BEGIN, weekdays=("mon", "tue"))
YEARLY = Schedule("s", "k", "fiscal_year", time(6), "stay", BEGIN, step="final")
BY_INSTALMENT = Schedule("s", "k", "instalment", time(6), "stay", BEGIN, step="notice")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("06:00", time(6)),
        ("6:05", time(6, 5)),
        ("00:00", time(0)),
        ("23:59", time(23, 59)),
        ("１８：３０", time(18, 30)),
        (" 9:00 ", time(9)),
    ],
)
def test_a_time_is_read_as_officers_write_it(text: str, expected: time) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text", ["25:00", "24:00", "6:70", "99:99", "", "6", "6時", "06:00:00", "6:5", "-1:00", "6：0x"]
)
def test_an_hour_that_does_not_exist_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadInputError, match="00:00 から 23:59 まで") as refused:
        parse_time(text)
    assert refused.value.path == "at_time"


@pytest.mark.parametrize(
    ("known", "changes", "path"),
    [
        (MONTHLY, {"day": "32"}, "day"),
        (MONTHLY, {"day": "0"}, "day"),
        (MONTHLY, {"day": "01"}, "day"),
        (MONTHLY, {"day": None}, "day"),
        (MONTHLY, {"period_type": "year"}, "period_type"),
        (MONTHLY, {"roll_rule": "next"}, "roll_rule"),
        (MONTHLY, {"offset": 12}, "offset"),
        (MONTHLY, {"offset": -1}, "offset"),
        (MONTHLY, {"valid_to": BEGIN}, "valid_to"),
        (WEEKLY, {"weekdays": ()}, "weekdays"),
        (WEEKLY, {"weekdays": ("0",)}, "weekdays"),
        (WEEKLY, {"weekdays": ("mon", "tue")}, "weekdays"),
        (DAILY, {"weekdays": ("mon", "holiday")}, "weekdays"),
        (DAILY, {"offset": 1}, "offset"),
        (DAILY, {"roll_rule": "next_open_day"}, "roll_rule"),
        (YEARLY, {"step": None}, "step"),
        (YEARLY, {"step": ""}, "step"),
        (BY_INSTALMENT, {"step": "final"}, "step"),
        (BY_INSTALMENT, {"offset": 1}, "offset"),
    ],
)
def test_what_has_no_due_times_is_refused_at_its_field(
    known: Schedule, changes: dict[str, object], path: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        replace(known, **changes)  # type: ignore[arg-type]
    assert refused.value.path == path
