"""Letters about what waits and what failed (未受領と失敗のお知らせ): on open days, once each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import calendars, downloads
from consortium.usecases.delivery import finish
from consortium.usecases.reporting import SYSTEM
from tests import closing, factories
from tests.mailing import NOBODY, deliver, letters, reader, told, with_mail
from tests.office import FUJISAKI, ITAYANAGI, Office, open_office, report_runs
from tests.people import People

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


@pytest.fixture
def people(database: Flask, clock: FrozenClock) -> People:
    return People(database, clock)


#: 2026-12-01 is a Tuesday; the lead city is closed on Saturday 5, Sunday 6 and, here, Monday 7.
CLOSED = datetime(2026, 12, 7, tzinfo=UTC).date()


def at(office: Office, day: int, hour: int = 10) -> None:
    """Move the clock to an hour of a day of December 2026 in Japan."""
    moment = datetime(2026, 12, day, hour, tzinfo=UTC) - timedelta(hours=9)
    office.clock.advance(moment - office.clock.now())


def close_a_monday(office: Office) -> None:
    entry = calendars.DayEntry(CLOSED, "休み", is_closed=True)
    calendars.add_day(office.staff, entry, office.clock.now(), models.new_id())


def test_a_town_is_reminded_on_open_days_three_times_and_only_of_what_it_has_not(
    office: Office, people: People
) -> None:
    town = reader(people, "ita")
    reader(people, "fuji", FUJISAKI)
    close_a_monday(office)
    office = with_mail(office, NOBODY.mailer(remind_days=2))
    office.issued()
    with reading() as session:
        found = select(models.Statement.report_file_id).where(models.Statement.code == FUJISAKI)
        fujisaki_file = session.scalars(found).one()
    fujisaki = replace(office.staff, user_id=town, role="member_staff", code=FUJISAKI)
    downloads.receive(fujisaki, fujisaki_file, office.clock.now())

    def reminded() -> list[str]:
        return sorted(
            letter.about.rpartition(":")[2]
            for letter in letters()
            if letter.about.startswith("reminder") and letter.address.startswith("ita")
        )

    counts = {}
    for day in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15):
        at(office, day)
        for _ in range(2):
            deliver(office.worker)
        counts[day] = reminded()
    # Open days after the 1st: 2, 3 | 4, 8 | 9, 10 | 11, 14 …: every second one.
    assert counts[2] == []
    assert counts[3] == counts[4] == counts[5] == counts[7] == ["1"]
    assert counts[8] == counts[9] == ["1", "2"]
    assert counts[10] == counts[11] == counts[14] == counts[15] == ["1", "2", "3"]
    assert all(
        letter.address.startswith("ita")
        for letter in letters()
        if letter.about.startswith("reminder")
    )
    (first,) = [letter for letter in letters() if letter.about.endswith(":1")]
    assert "公開から2業務日を過ぎても" in first.body
    assert "023817_板柳町" in first.body


def test_nobody_is_reminded_before_the_office_opens_or_after_receiving(
    office: Office, people: People
) -> None:
    town = reader(people, "ita")
    office = with_mail(office, NOBODY.mailer(remind_days=2))
    office.issued()
    for day, hour in ((3, 7), (5, 10)):  # before eight; the first look since on a Saturday
        at(office, day, hour)
        deliver(office.worker)
    assert len(letters()) == 1
    with reading() as session:
        found = select(models.Statement.report_file_id).where(models.Statement.code == ITAYANAGI)
        file_id = session.scalars(found).one()
    viewer = replace(office.staff, user_id=town, role="member_staff", code=ITAYANAGI)
    downloads.receive(viewer, file_id, office.clock.now())
    at(office, 8, 10)
    deliver(office.worker)
    assert len(letters()) == 1


# ---- failures ------------------------------------------------------------------------------------


def test_the_office_is_told_of_each_failure_once(office: Office, people: People) -> None:
    reader(people, "staff", None)
    reader(people, "admin", None, "lead_admin")
    reader(people, "approver", None, "lead_approver")
    reader(people, "ita")
    office.issued()
    (run,) = report_runs("statement_final")

    def fail(attempt: int) -> None:
        with writing(SYSTEM, office.clock.now()) as unit:
            unit.operational()
            row = unit.session.get_one(models.ReportRun, run.id)
            row.state, row.error, row.attempt = "failed", "値が誤りです。", attempt

    office = with_mail(office, NOBODY.mailer(remind_days=0))
    fail(5)
    office.clock.advance(timedelta(minutes=1))
    deliver(office.worker)
    with factories.statements() as executed:
        deliver(office.worker)  # a tick with nothing to say writes nothing
    assert not [each for each in executed if not each.startswith(("SELECT", "WITH"))]
    assert sorted(told()) == ["admin", "staff"]
    body = letters()[0].body
    assert "負担金明細書（確定）（令和3年度）" in body
    assert "値が誤りです。" in body
    assert "https://portal.example.lg.jp/this-month" in body.splitlines()
    fail(10)
    deliver(office.worker)
    assert len(letters()) == 4


def test_of_a_year_locked_for_good_nothing_changes_and_the_tick_goes_on(
    office: Office, people: People
) -> None:
    office.issued()
    closing.close(office, FiscalYear(2021))
    other = office.issued(2020)
    finish(office.worker)
    with reading() as session:
        states = {
            run.fiscal_year_start: run.state
            for run in session.scalars(select(models.ReportRun))
            if run.kind == "statement_final"
        }
    assert (other.state, states) == ("issued", {2020: "notified", 2021: "published"})
