"""A report still open when a reopening lapsed could not be claimed, and stopped all others."""

from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.db.store import reports
from consortium.db.store.reports import NewRun
from consortium.db.unit import writing
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases.reporting import SYSTEM
from tests import closing
from tests.office import issued_office, report_runs

YEAR = FiscalYear(2021)
NEXT = datetime(2027, 1, 1, 6, 1, tzinfo=TOKYO)


def test_an_open_run_of_a_closed_year_keeps_no_other_from_its_turn(
    database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    office = issued_office(tmp_path / "files", clock, 2026, "planned")
    office.issued(2021)
    owner, now = office.consortium_id, clock.now()
    with writing(SYSTEM, now) as unit:
        unit.operational()
        late = NewRun(owner, "statement_revised", YEAR, "FY2021", 1, now - timedelta(days=1))
        reports.insert_due(unit.session, [late])
    closing.lock(office.staff, YEAR, now)
    assert office.tick(NEXT) == 1  # December's report
    assert [run.state for run in report_runs("monthly_cost")] == ["notified"]
    assert [run.state for run in report_runs("statement_revised")] == ["due"]
