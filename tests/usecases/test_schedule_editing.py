"""Entering, changing, pausing and ending schedules (配信予定の登録・変更・停止・再開・終了)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.store import schedules as store
from consortium.db.store.schedules import ScheduleRow
from consortium.db.unit import reading, writing
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases import schedule_editing, schedule_entry, schedules
from consortium.usecases.schedule_entry import Entry
from tests.factories import OFFICER
from tests.office import (
    FUJISAKI,
    ITAYANAGI,
    Office,
    chain_faults,
    count,
    open_office,
    report_runs,
)

QUARTERLY = Entry("quarterly_cost", "quarter", "09:30", "next_open_day", day="10", offset=1)
MONTHLY = Entry("monthly_cost", "month", "06:00", "stay", day="1", offset=1)
FINAL = Entry("statement_final", "fiscal_year", "09:00", "stay", step="final")


def at(year: int, month: int, day: int, hour: int = 6, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TOKYO)


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    """Give the office of the sample; its monthly report is scheduled from 1 December 2026."""
    return open_office(tmp_path / "files", clock)


def saved(office: Office) -> dict[str, ScheduleRow]:
    """Give the schedules by kind, the newest of each."""
    with reading() as session:
        return {row.kind: row for row in store.schedule_rows(session, office.consortium_id)}


def create(office: Office, entry: Entry, record_id: str = "") -> str:
    record_id = record_id or str(uuid4())
    now = office.clock.now()
    return schedule_editing.create_schedule(office.staff, entry, now, record_id).id


def refused(office: Office, entry: Entry, schedule_id: str = "") -> str:
    """Say at which field an entry is refused, before it is saved and when it is."""
    with pytest.raises(BadInputError) as shown:
        schedule_entry.preview(office.staff, entry, office.clock.now(), schedule_id)
    with pytest.raises(BadInputError) as sent:
        create(office, entry)
    assert (shown.value.path, shown.value.found) == (sent.value.path, sent.value.found)
    assert shown.value.todo
    return shown.value.path


# ---- what is entered -----------------------------------------------------------------------------


def test_a_schedule_is_saved_as_entered_and_is_written_down(office: Office) -> None:
    served = replace(QUARTERLY, towns=(ITAYANAGI, FUJISAKI), last_day=date(2027, 12, 31))
    create(office, served)
    row = saved(office)["quarterly_cost"]
    assert row.schedule is not None
    assert schedule_entry.entry_of(row) == replace(
        served, towns=(FUJISAKI, ITAYANAGI), first_day=office.clock.today()
    )
    assert row.valid_to == at(2028, 1, 1, 0)
    assert row.words == "藤崎町・板柳町"
    assert chain_faults(office) == []


def test_the_same_form_sent_twice_saves_one(office: Office) -> None:
    record_id = str(uuid4())
    first = create(office, QUARTERLY, record_id)
    office.clock.advance(timedelta(seconds=5))
    assert create(office, QUARTERLY, record_id) == first
    assert count(models.ReportSchedule) == 2
    with pytest.raises(BadInputError, match="もう登録されています"):
        create(office, replace(QUARTERLY, day="11"), record_id)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"day": "32"}, "day"),
        ({"at_time": "25:00"}, "at_time"),
        ({"at_time": "6:70"}, "at_time"),
        ({"offset": 12}, "offset"),
        ({"roll_rule": "later"}, "roll_rule"),
        ({"towns": ("999999",)}, "towns"),
        ({"towns": (ITAYANAGI, "131016")}, "towns"),
        ({"kind": "payroll"}, "kind"),
        ({"period_type": "month"}, "kind"),
        ({"first_day": date(2026, 11, 30)}, "first_day"),
        ({"last_day": date(2026, 11, 30)}, "last_day"),
        ({"first_day": date(2027, 4, 1), "last_day": date(2027, 3, 31)}, "last_day"),
    ],
)
def test_what_cannot_be_saved_is_refused_at_its_field(
    office: Office, changes: dict[str, object], path: str
) -> None:
    assert refused(office, replace(QUARTERLY, **changes)) == path  # type: ignore[arg-type]
    assert count(models.ReportSchedule) == 1


def test_the_day_of_a_year_must_stand_in_the_calendar(office: Office) -> None:
    offer = schedule_entry.show_offer(office.staff, "statement_final", "fiscal_year")
    offered = dict(offer.steps)
    assert offered["final"] == "今年度の確定額の通知"
    assert not {key for key in offered if key.startswith(("monthly", "notice", "instalment"))}
    assert offer.towns == ()
    for step in ("", "no_such_step", "instalment_1", "monthly_04"):
        assert refused(office, replace(FINAL, step=step)) == "step"
    assert refused(office, replace(FINAL, towns=(ITAYANAGI,))) == "towns"
    create(office, FINAL)


def test_a_second_schedule_for_the_same_report_and_period_is_refused(office: Office) -> None:
    create(office, replace(QUARTERLY, last_day=date(2027, 3, 31)))
    assert refused(office, replace(QUARTERLY, day="15", towns=(ITAYANAGI,))) == "kind"
    assert refused(office, replace(QUARTERLY, first_day=date(2027, 3, 31))) == "kind"
    create(office, replace(QUARTERLY, first_day=date(2027, 4, 1)))
    # An edit must not run into its neighbour either; of itself it is no neighbour.
    rows = [row for row in saved_all(office) if row.kind == "quarterly_cost"]
    longer = replace(QUARTERLY, last_day=date(2027, 4, 1))
    with pytest.raises(BadInputError, match="期間が重なります"):
        change(office, rows[0], longer)
    change(office, rows[0], replace(QUARTERLY, last_day=date(2027, 2, 28)))


def saved_all(office: Office) -> list[ScheduleRow]:
    with reading() as session:
        return store.schedule_rows(session, office.consortium_id)


def change(office: Office, row: ScheduleRow, entry: Entry) -> None:
    now = office.clock.now()
    schedule_editing.change_schedule(office.staff, row.id, row.row_version, entry, now)


# ---- what it would do ----------------------------------------------------------------------------


def test_the_preview_lists_twelve_due_times_and_why_days_moved(office: Office) -> None:
    plan = schedule_entry.preview(office.staff, QUARTERLY, office.clock.now())
    assert plan.words == "四半期の次の月の10日 09:30に、その四半期の分を作成"
    assert len(plan.coming) == 12
    assert plan.at_once == ()
    first, second = plan.coming[:2]
    # 10 January 2027 is a Sunday and the 11th 成人の日; 10 April is a Saturday.
    assert (first.period_key, first.due_at) == ("FY2026Q3", at(2027, 1, 12, 9, 30))
    assert first.why_moved == "1月10日は日曜日のため、翌開庁日"
    # The sample has the holidays up to 2027; the twelfth is due in October 2029.
    assert plan.unsure == (2028, 2029)
    stays = replace(QUARTERLY, roll_rule="stay")
    assert schedule_entry.preview(office.staff, stays, office.clock.now()).unsure == ()
    assert (second.period_key, second.due_at) == ("FY2026Q4", at(2027, 4, 12, 9, 30))
    assert count(models.ReportSchedule) == 1


def test_the_preview_of_an_edit_says_what_it_makes_at_once(office: Office) -> None:
    office.clock.advance(at(2027, 1, 15) - office.clock.now())
    row = saved(office)["monthly_cost"]
    earlier = replace(schedule_entry.entry_of(row), day="10", offset=0)
    plan = schedule_entry.preview(office.staff, earlier, office.clock.now(), row.id)
    assert [each.period_key for each in plan.at_once] == ["2026-12", "2027-01"]
    office.tick(at(2027, 1, 15, 6, 1))  # December was due on 1 January
    plan = schedule_entry.preview(office.staff, earlier, office.clock.now(), row.id)
    assert [each.period_key for each in plan.at_once] == ["2027-01"]


def test_a_statement_is_due_on_the_day_of_the_calendar_and_waits_for_its_approval(
    office: Office,
) -> None:
    create(office, FINAL)
    due = schedule_entry.preview(office.staff, replace(FINAL, kind="statement_planned"), NOW)
    assert [each.period_key for each in due.coming] == ["FY2026"]
    # 15 February 2027 is a Monday.
    office.tick(at(2027, 2, 15, 8, 59))
    assert report_runs("statement_final") == []
    office.tick(at(2027, 2, 15, 9))
    (run,) = report_runs("statement_final")
    assert (run.period_key, run.state, run.fiscal_year_start) == ("FY2026", "due", 2026)
    assert "承認" in run.wait_reason


NOW = at(2026, 12, 1, 19)


def test_what_comes_next_is_given_over_all_schedules_in_order(office: Office) -> None:
    create(office, replace(QUARTERLY, towns=(ITAYANAGI,)))
    with reading() as session:
        owner, now = office.consortium_id, office.clock.now()
        every = schedules.next_due(session, owner, now, 3)
        of_town = schedules.next_due(session, owner, now, 3, code=FUJISAKI)
    assert [(each.kind, each.due_at) for each in every] == [
        ("monthly_cost", at(2027, 1, 1)),
        ("quarterly_cost", at(2027, 1, 12, 9, 30)),
        ("monthly_cost", at(2027, 2, 1)),
    ]
    assert {each.kind for each in of_town} == {"monthly_cost"}


# ---- changing ------------------------------------------------------------------------------------


def test_a_change_keeps_the_beginning_and_needs_the_version_seen(office: Office) -> None:
    row = saved(office)["monthly_cost"]
    entry = replace(schedule_entry.entry_of(row), day="last", first_day=None)
    office.clock.advance(timedelta(days=3))
    change(office, row, entry)
    after = saved(office)["monthly_cost"]
    assert (after.id, after.valid_from) == (row.id, row.valid_from)
    assert after.schedule is not None
    assert after.schedule.day == "last"
    with pytest.raises(StaleError):
        change(office, row, entry)
    change(office, after, replace(entry, towns=(ITAYANAGI,)))
    served = saved(office)["monthly_cost"]
    assert served.towns == (ITAYANAGI,)
    assert served.row_version > after.row_version
    with pytest.raises(StaleError):
        change(office, after, entry)
    assert chain_faults(office) == []


def test_a_pause_is_never_made_up_for_and_going_on_is_a_new_row(office: Office) -> None:
    office.issued(2026, "planned")
    row = saved(office)["monthly_cost"]
    office.tick(at(2027, 1, 1))
    schedule_editing.pause_schedule(office.staff, row.id, row.row_version, office.clock.now())
    office.tick(at(2027, 3, 2))
    paused = saved(office)["monthly_cost"]
    assert (schedules.state_of(paused, office.clock.now()), paused.id) == ("paused", row.id)
    with pytest.raises(InvalidTransitionError):
        change(office, paused, MONTHLY)
    now = office.clock.now()
    schedule_editing.resume_schedule(office.staff, row.id, paused.row_version, now)
    with pytest.raises(StaleError):  # the button pressed twice
        schedule_editing.resume_schedule(office.staff, row.id, paused.row_version, now)
    assert [schedules.state_of(each, now) for each in saved_all(office)] == ["ended", "active"]
    office.tick(at(2027, 4, 1))
    assert [run.period_key for run in report_runs("monthly_cost")] == ["2026-12", "2027-03"]
    assert chain_faults(office) == []


def test_another_schedule_may_have_taken_the_place_of_a_paused_one(office: Office) -> None:
    row = saved(office)["monthly_cost"]
    office.clock.advance(timedelta(minutes=1))
    schedule_editing.pause_schedule(office.staff, row.id, row.row_version, office.clock.now())
    create(office, replace(MONTHLY, day="5"))
    now, (paused, _) = office.clock.now(), saved_all(office)
    with pytest.raises(BadInputError, match="期間が重なります"):
        schedule_editing.resume_schedule(office.staff, paused.id, paused.row_version, now)


def test_an_ended_schedule_makes_nothing_more_and_one_not_begun_is_gone(office: Office) -> None:
    row, now = saved(office)["monthly_cost"], office.clock.now() + timedelta(days=1)
    assert schedule_editing.end_schedule(office.staff, row.id, row.row_version, now) is False
    ended = saved(office)["monthly_cost"]
    assert schedules.state_of(ended, now) == "ended"
    with pytest.raises(InvalidTransitionError):
        schedule_editing.end_schedule(office.staff, row.id, ended.row_version, now)
    with pytest.raises(InvalidTransitionError):
        schedule_editing.pause_schedule(office.staff, row.id, ended.row_version, now)
    later = create(office, replace(MONTHLY, first_day=date(2027, 4, 1), towns=(ITAYANAGI,)))
    with pytest.raises(InvalidTransitionError, match="有効な予定だけ"):
        schedule_editing.pause_schedule(office.staff, later, 1, now)
    assert schedule_editing.end_schedule(office.staff, later, 1, now) is True
    assert [each.id for each in saved_all(office)] == [row.id]
    assert chain_faults(office) == []


def test_a_schedule_of_another_consortium_is_not_there(office: Office) -> None:
    row, other = saved(office)["monthly_cost"], replace(office.staff, consortium_id="x")
    with pytest.raises(NotFoundError):
        schedule_entry.show_schedule(other, row.id)
    with pytest.raises(NotFoundError):
        schedule_editing.end_schedule(other, row.id, row.row_version, office.clock.now())


# ---- rows that cannot be computed ----------------------------------------------------------------


def spoilt(office: Office, **values: object) -> str:
    """Save a schedule, then write into its row what no form lets through."""
    schedule_id = create(office, QUARTERLY)
    with writing(OFFICER, office.clock.now()) as unit:
        row = unit.session.get_one(models.ReportSchedule, schedule_id)
        for name, value in values.items():
            setattr(row, name, value)
        unit.record(office.consortium_id, "t", "report_schedule", schedule_id, "試験")
    return schedule_id


@pytest.mark.parametrize("values", [{"at_time": "25:00"}, {"month_offset": 99}])
def test_a_schedule_that_cannot_be_computed_is_shown_and_stops_no_other(
    office: Office, values: dict[str, object]
) -> None:
    office.issued(2026, "planned")
    schedule_id = spoilt(office, **values)
    assert office.tick(at(2027, 1, 15)) == 1
    assert [run.period_key for run in report_runs("monthly_cost")] == ["2026-12"]
    page = schedules.show_schedules(office.staff, office.clock.now())
    (faulty,) = [line for line in page.lines if line.state == "faulty"]
    assert (faulty.row.id, faulty.coming) == (schedule_id, ())
    assert faulty.row.fault
    with pytest.raises(InvalidTransitionError):
        schedule_entry.entry_of(faulty.row)
    version = faulty.row.row_version
    schedule_editing.end_schedule(office.staff, schedule_id, version, office.clock.now())
    page = schedules.show_schedules(office.staff, office.clock.now())
    assert [line.row.id for line in page.ended] == [schedule_id]


def test_a_kind_no_longer_known_makes_nothing(office: Office) -> None:
    spoilt(office, kind="payroll")
    office.tick(at(2027, 1, 15))
    assert report_runs("payroll") == []
    with pytest.raises(NotFoundError):
        schedule_entry.show_offer(office.staff, "payroll", "quarter")
