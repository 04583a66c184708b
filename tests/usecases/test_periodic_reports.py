"""Reports of a quarter and a week, whom they go to, what a late one shows (定期の報告)."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.store import receipts, registers, reports
from consortium.db.store.reports import NewRun
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import downloads, notices
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from consortium.usecases.schedule_editing import create_schedule
from consortium.usecases.schedule_entry import Entry
from tests import factories
from tests.asking import town
from tests.collecting import pay
from tests.office import (
    FUJISAKI,
    ITAYANAGI,
    Office,
    copy_costs,
    data_rows,
    issued_office,
    recorded,
    report_runs,
)

YEAR = FiscalYear(2026)
FEBRUARY = datetime(2027, 2, 2, 9, tzinfo=TOKYO)


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    """Give an office that has issued FY2026 on 1 December 2026."""
    return issued_office(tmp_path / "files", clock, 2026, "planned")


def rows_of(office: Office, run: models.ReportRun) -> dict[str, list[dict[str, Any]]]:
    """Read データ of every file of a report, by slot."""
    folder = office.worker.folder
    return {
        file.slot: data_rows((folder / file.stored_name).read_bytes()) for file in recorded(run.id)
    }


def yearly(office: Office, stage: str) -> dict[str, int]:
    with reading() as session:
        entries = registers.entries(session, office.consortium_id, year=YEAR)
    return {f"member:{e.code}": e.amount for e in entries if e.code and e.stage == stage}


def issue_dearer(office: Office) -> None:
    """Issue a 変更 in which every item costs twice as much."""
    copy_costs(office, 2026, "planned", 2026, "revised")
    with writing(factories.OFFICER, office.clock.now()) as unit:
        item = models.CostItem
        unit.session.execute(
            update(item)
            .where(item.stage == "revised", item.fiscal_year_start == 2026)
            .values(amount_incl_tax=item.amount_incl_tax * 2)
        )
        unit.record(office.consortium_id, "test.cost", "cost_item", "x", "試験の増額")
    office.issued(2026, "revised")


def test_a_quarter_goes_to_the_chosen_towns_and_is_the_sum_of_its_months(office: Office) -> None:
    entry = Entry(
        "quarterly_cost", "quarter", "06:00", "stay", day="10", towns=(FUJISAKI, ITAYANAGI)
    )
    create_schedule(office.staff, replace(entry, offset=1), office.clock.now(), "q" * 36)
    office.tick(datetime(2027, 4, 11, tzinfo=TOKYO))
    months = {run.period_key: rows_of(office, run) for run in report_runs("monthly_cost")}
    (quarter,) = [run for run in report_runs("quarterly_cost") if run.period_key == "FY2026Q4"]
    slots = [f"member:{FUJISAKI}", f"member:{ITAYANAGI}"]
    assert [file.slot for file in recorded(quarter.id)] == slots
    assert set(months["2027-01"]) > set(slots)
    for slot, rows in rows_of(office, quarter).items():
        (own,) = [row for row in rows if row["区分"] == "報告期"]
        three = [months[key][slot] for key in ("2027-01", "2027-02", "2027-03")]
        reported = [row["月額_円"] for month in three for row in month if row["区分"] == "報告月"]
        assert len(reported) == 3
        assert (own["四半期"], own["四半期額_円"]) == (4, sum(reported))
        assert own["累計_円"] == own["年額_円"] == yearly(office, "planned")[slot]


def test_a_town_finds_its_months_and_quarters_and_no_other_town_does(office: Office) -> None:
    entry = Entry("quarterly_cost", "quarter", "06:00", "stay", day="10", towns=(ITAYANAGI,))
    create_schedule(office.staff, replace(entry, offset=1), office.clock.now(), "q" * 36)
    office.tick(datetime(2027, 1, 12, tzinfo=TOKYO))
    kinds = ("monthly_cost", "quarterly_cost")
    with reading() as session:
        own = receipts.periodic_files(session, office.consortium_id, kinds, ITAYANAGI)
        other = receipts.periodic_files(session, office.consortium_id, kinds, FUJISAKI)
    keys = {(file.kind, file.period_key) for file in own}
    assert keys == {("monthly_cost", "2026-12"), ("quarterly_cost", "FY2026Q3")}
    assert [file.kind for file in other] == ["monthly_cost"]
    (quarter,) = [file for file in own if file.kind == "quarterly_cost"]
    handed = downloads.fetch(town(office), quarter.file_id, office.worker.folder)
    assert handed.display_name == "R08_四半期費用報告_第3四半期_023817_板柳町_第1版.xlsx"
    assert handed.ascii_name == "quarterly_cost_FY2026_Q3_023817_v1.xlsx"


def test_a_month_made_late_shows_what_was_in_force_when_it_was_due(office: Office) -> None:
    office.clock.advance(datetime(2027, 1, 15, tzinfo=TOKYO) - office.clock.now())
    issue_dearer(office)
    office.tick(FEBRUARY)
    december, january = report_runs("monthly_cost")
    assert (december.period_key, january.period_key) == ("2026-12", "2027-01")
    assert december.late
    assert january.late
    for run, stage in ((december, "planned"), (january, "revised")):
        shown = {slot: rows[0]["年額_円"] for slot, rows in rows_of(office, run).items()}
        assert shown == yearly(office, stage)
    assert yearly(office, "planned")[f"member:{ITAYANAGI}"] * 2 == pytest.approx(
        yearly(office, "revised")[f"member:{ITAYANAGI}"], abs=20
    )


def situation(office: Office, key: str, due_at: datetime) -> list[dict[str, Any]]:
    """Order the report of a week, make it now, and give its rows."""
    new = NewRun(office.consortium_id, "situation", YEAR, key, 1, due_at)
    with writing(factories.OFFICER, office.clock.now()) as unit:
        unit.operational()
        reports.insert_due(unit.session, [new])
    office.tick(office.clock.now())
    (run,) = [run for run in report_runs("situation") if run.period_key == key]
    rows = rows_of(office, run)
    assert set(rows) == {"lead"}
    return rows["lead"]


def test_the_week_tells_what_waited_when_it_was_due_however_late_it_is_made(
    office: Office,
) -> None:
    ask_for_the_first_instalment(office, date(2026, 12, 4))
    statement = {each.code: each.file_id for each in _entries(office) if each.kind == "statement"}
    _receive(office, ITAYANAGI, statement)
    owed = {each.code: each.amount for each in _entries(office) if each.kind == "notice"}
    pay(office, ITAYANAGI, owed[ITAYANAGI] - 1_000, date(2026, 12, 1))
    copy_costs(office, 2026, "planned", 2026, "revised")
    draft = office.draft(2026, "revised")
    # The week's report is due on 7 December; everything below comes after that.
    due = datetime(2026, 12, 7, 8, tzinfo=TOKYO)
    office.clock.advance(datetime(2026, 12, 9, tzinfo=TOKYO) - office.clock.now())
    _receive(office, FUJISAKI, statement)
    pay(office, FUJISAKI, owed[FUJISAKI], date(2026, 12, 4))
    office.move(draft, "submit")
    # Two hours before the statements and notices were issued, nothing waited for a town.
    early = situation(office, "2026-W48", datetime(2026, 12, 1, 8, tzinfo=TOKYO))
    assert {(row["未受領_件"], row["未納_件"]) for row in early} == {(0, 0)}
    rows = {row["団体コード"]: row for row in situation(office, "2026-W49", due)}
    assert len(rows) == 6  # every town but the lead city
    own, other = rows[ITAYANAGI], rows[FUJISAKI]
    # 板柳町 has received its statement, not the notice; 藤崎町 neither of them by then.
    assert (own["未受領_件"], other["未受領_件"]) == (1, 2)
    assert (own["未納_件"], own["未納額_円"], own["期限超過額_円"]) == (1, 1_000, 1_000)
    assert (other["未納額_円"], other["期限超過_件"]) == (owed[FUJISAKI], 1)
    later = situation(office, "2026-W50", datetime(2026, 12, 14, 8, tzinfo=TOKYO))
    after = {row["団体コード"]: row for row in later}[FUJISAKI]
    assert (after["未受領_件"], after["未納_件"], after["未納額_円"]) == (1, 0, 0)
    states = [_runs_shown(office, f"2026-W{week}") for week in (48, 49, 50)]
    assert states == [[], [("下書き", "2026-12-01")], [("審査中", "2026-12-09")]]


def ask_for_the_first_instalment(office: Office, due_on: date) -> None:
    page = notices.show_notices(office.approver, YEAR, office.clock.today())
    order = notices.NoticeOrder(str(uuid4()), page.seen(1), is_late_accepted=True, due_on=due_on)
    notices.issue_notices(office.approver, YEAR, 1, order, Maker(office.worker, KINDS))


def _receive(office: Office, code: str, files: dict[str | None, str]) -> None:
    viewer, now = town(office, code), office.clock.now()
    with writing(factories.OFFICER, now) as unit:
        unit.session.add(
            models.UserAccount(
                id=viewer.user_id, consortium_id=viewer.consortium_id, login=viewer.user_id,
                display_name=viewer.name, role="member_staff", code=code, password_hash="-",
                created_at=now,
            )
        )  # fmt: skip
        unit.record(office.consortium_id, "test.user", "user_account", viewer.user_id, "試験")
    downloads.receive(viewer, files[code], now)


def _entries(office: Office) -> list[registers.Entry]:
    with reading() as session:
        return [e for e in registers.entries(session, office.consortium_id, year=YEAR) if e.code]


def _runs_shown(office: Office, key: str) -> list[tuple[str, str]]:
    (run,) = [run for run in report_runs("situation") if run.period_key == key]
    with reading() as session:
        frozen = reports.read_input(session, run.id)
    assert frozen["week"] == date.fromisocalendar(2026, int(key[-2:]), 1).isoformat()
    return [(state, since) for _, state, since, _ in frozen["runs"]]
