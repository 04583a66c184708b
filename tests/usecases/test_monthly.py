"""The monthly cost report: twelve months add up to the yearly amount (月次費用報告, M-13)."""

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.db.store import registers
from consortium.db.unit import reading
from tests.office import ITAYANAGI, Office, data_rows, open_office, recorded, report_runs
from tests.seven import TOWNS

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    """Give an office whose monthly reports begin with April 2021, FY2021 issued."""
    opened = open_office(
        tmp_path / "files", clock, schedule_from=datetime(2021, 4, 2, tzinfo=TOKYO)
    )
    opened.issued()
    opened.tick(clock.now())
    return opened


def yearly(office: Office) -> dict[str, int]:
    with reading() as session:
        entries = registers.entries(session, office.consortium_id)
    return {entry.code: entry.amount for entry in entries if entry.code}


def test_the_monthly_figures_of_a_town_add_up_to_its_statement(office: Office) -> None:
    reported = dict.fromkeys((town.code for town in TOWNS), 0)
    files = dict.fromkeys(reported, 0)
    done = [run for run in report_runs("monthly_cost") if run.state == "notified"]
    assert [run.period_key for run in done][:1] == ["2021-04"]
    assert len(done) == 12
    for run in done:
        for file in recorded(run.id):
            code = file.slot.removeprefix("member:")
            rows = data_rows((office.worker.folder / file.stored_name).read_bytes())
            (own,) = [row for row in rows if f"{row['年']}-{row['月']:02}" == run.period_key]
            reported[code] += own["月額_円"]
            files[code] += 1
            assert sum(row["月額_円"] for row in rows) == yearly(office)[code]
    assert reported == yearly(office)
    assert files == {town.code: 10 if town.code == ITAYANAGI else 12 for town in TOWNS}


def test_the_first_month_of_a_year_not_issued_waits(office: Office) -> None:
    waiting = report_runs("monthly_cost")[12]
    assert (waiting.period_key, waiting.state) == ("2022-04", "due")
    assert waiting.wait_reason == "この年度の負担金の発行待ち"
