"""A report that fell due for a year under 本締め made the planning of its consortium fail for ever.

The archive and the monthly reports were let through; quarters, weeks and backups came later. What
is issued, a 負担金明細書, is not made up for once the year is closed.
"""

from datetime import datetime
from pathlib import Path

from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.unit import writing
from consortium.domain.calendar.period import FiscalYear
from tests import closing
from tests.factories import OFFICER
from tests.office import issued_office, report_runs

BEGIN = datetime(2026, 12, 1, tzinfo=TOKYO)
CLOSED = datetime(2027, 2, 1, 9, tzinfo=TOKYO)
LATER = datetime(2027, 7, 12, 7, tzinfo=TOKYO)


def test_a_closed_year_keeps_no_report_from_being_planned(
    database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    office = issued_office(tmp_path / "files", clock, 2026, "planned")
    with writing(OFFICER, BEGIN) as unit:
        for kind, period, day, step, offset in (
            ("quarterly_cost", "quarter", "10", None, 1),
            ("statement_final", "fiscal_year", None, "final", 0),
        ):
            unit.session.add(
                models.ReportSchedule(
                    consortium_id=office.consortium_id, kind=kind, period_type=period, day=day,
                    step=step, month_offset=offset, at_time="06:00", roll_rule="stay",
                    valid_from=BEGIN,
                )
            )  # fmt: skip
        unit.record(office.consortium_id, "test.schedule", "report_schedule", "x", "試験の予定")
    closing.lock(office.staff, FiscalYear(2026), CLOSED)
    office.tick(LATER)
    # Both fell due after the year was closed: on 15 February and, for January to March, 10 April.
    assert {run.period_key for run in report_runs("quarterly_cost")} >= {"FY2026Q4"}
    assert report_runs("statement_final") == []
