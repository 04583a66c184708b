"""A 脱退 registered later took the leaver out of monthly reports whose year was issued before."""

from datetime import date, datetime
from pathlib import Path

from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.usecases.members import end_membership
from tests.office import data_rows, open_office, recorded, report_runs

HIRAKAWA = "022101"


def test_the_months_of_an_issued_year_stay_what_was_issued(
    database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    office = open_office(
        tmp_path / "files", clock, schedule_from=datetime(2021, 4, 2, tzinfo=TOKYO)
    )
    office.issued()
    office.tick(datetime(2021, 12, 1, 7, 0, tzinfo=TOKYO))
    end_membership(office.staff, HIRAKAWA, date(2021, 12, 31), "脱退の議決", clock.now())
    office.tick(datetime(2022, 4, 1, 7, 0, tzinfo=TOKYO))
    rows = []
    for run in report_runs("monthly_cost"):
        for file in recorded(run.id):
            if file.slot == f"member:{HIRAKAWA}":
                read = data_rows((office.worker.folder / file.stored_name).read_bytes())
                rows.append([row["月額_円"] for row in read])
    assert len(rows) == 12
    assert all(row == rows[0] for row in rows)
    assert max(rows[0]) - min(rows[0]) <= 1
