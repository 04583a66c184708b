"""Scheduled reports, made once each, also after an outage (配信予定)."""

import threading
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.store import reports
from consortium.db.unit import reading, together, writing
from consortium.domain.fiscalyear.schedule import DueFacts, Schedule
from consortium.reports.document import MonthlyDocument, data_hash
from consortium.usecases import schedules, settings, ticking
from consortium.usecases.consortia import NewConsortium, create_consortium
from consortium.usecases.kinds import period_name, title_of
from consortium.usecases.schedule_words import in_words
from tests.factories import OFFICER
from tests.office import (
    Office,
    chain_faults,
    copy_costs,
    count,
    issued_office,
    recorded,
    report_runs,
)

KIND = "monthly_cost"
TOWNS = 7


def at(year: int, month: int, day: int, hour: int = 6, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TOKYO)


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    """Give an office that has issued FY2026; the schedule begins on 1 December 2026."""
    return issued_office(tmp_path / "files", clock, 2026, "planned")


#: Published, and with mail switched off nobody is left to be told.
MADE = "notified"


def made(kind: str = KIND) -> dict[str, str]:
    return {run.period_key: run.state for run in report_runs(kind)}


def test_nothing_is_made_before_the_first_due_time(office: Office) -> None:
    assert office.tick(at(2027, 1, 1, 5, 59)) == 0
    assert made() == {}


def test_a_month_is_made_at_its_due_time_and_never_again(office: Office) -> None:
    assert office.tick(at(2027, 1, 1)) == 1
    (run,) = report_runs(KIND)
    assert (run.period_key, run.state, run.late) == ("2026-12", MADE, False)
    assert len(recorded(run.id)) == TOWNS
    assert office.tick(at(2027, 1, 1)) == 0
    assert office.tick(at(2027, 1, 2)) == 0
    assert count(models.ReportRun) == 2  # the year's statements and this month
    assert chain_faults(office) == []


def test_months_missed_by_an_outage_are_made_in_order_and_marked_late(office: Office) -> None:
    assert office.tick(at(2027, 4, 3)) == 4
    runs = report_runs(KIND)
    assert [run.period_key for run in runs] == ["2026-12", "2027-01", "2027-02", "2027-03"]
    assert all(run.late and run.state == MADE for run in runs)
    assert {run.fiscal_year_start for run in runs} == {2026}
    assert count(models.ReportFile) == 8 + 4 * TOWNS


def test_a_month_of_a_year_not_issued_waits_and_is_made_later(office: Office) -> None:
    office.tick(at(2027, 4, 3))
    office.tick(at(2027, 5, 1))
    waiting = report_runs(KIND)[-1]
    assert (waiting.period_key, waiting.state) == ("2027-04", "due")
    assert "発行待ち" in waiting.wait_reason
    assert office.tick(at(2027, 5, 1, 6, 1)) == 0  # not every half minute
    copy_costs(office, 2026, "planned", 2027, "planned")
    office.issued(2027, "planned")
    assert office.tick(at(2027, 5, 1, 6, 20)) == 1
    assert made()["2027-04"] == MADE
    assert chain_faults(office) == []


def test_a_late_report_shows_the_same_as_one_in_time(office: Office) -> None:
    office.tick(at(2027, 1, 1))
    first = {file.slot: file.data_hash for file in recorded(report_runs(KIND)[0].id)}
    (report,) = report_runs(KIND)
    with reading() as session:
        frozen = reports.read_input(session, report.id)
    document = MonthlyDocument.from_json(frozen)
    later = replace(document, issued_at=at(2028, 2, 1), register_seq=999)
    assert first == {slot: data_hash(later, slot) for slot in first}


def test_two_tickers_at_once_make_each_month_once(database: Flask, office: Office) -> None:
    office.clock.advance(at(2027, 4, 3) - office.clock.now())
    failed: list[BaseException] = []

    def run(owner: str) -> None:
        try:
            with database.app_context():
                # A trial sweeps nothing: to a clock in the future every new file looks long dead.
                ticking.tick(office.named(owner), is_trial=True)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(f"ticker-{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ticking.tick(office.worker)
    assert failed == []
    assert made() == dict.fromkeys(("2026-12", "2027-01", "2027-02", "2027-03"), MADE)
    for report in report_runs(KIND):
        assert len(recorded(report.id)) == TOWNS
    assert chain_faults(office) == []


def test_switching_a_schedule_off_leaves_the_time_between_unmade(office: Office) -> None:
    with writing(OFFICER, office.clock.now()) as unit:
        ended = update(models.ReportSchedule).values(valid_to=at(2027, 2, 1))
        unit.session.execute(ended)
        unit.record(office.consortium_id, "t", "report_schedule", "x", "終了")
    assert office.tick(at(2027, 6, 1)) == 1
    assert list(made()) == ["2026-12"]


def test_the_page_shows_twelve_due_times_and_what_became_of_the_last(office: Office) -> None:
    before = schedules.show_schedules(office.staff, office.clock.now())
    assert before.last_tick is None
    office.tick(at(2027, 1, 1))
    page = schedules.show_schedules(office.staff, office.clock.now())
    (line,) = page.lines
    assert (line.words, line.state) == ("毎月1日 06:00に、前の月の分を作成", "active")
    assert (len(line.coming), line.coming[0].due_at) == (12, at(2027, 2, 1))
    assert [(report.period_key, report.state) for report in page.recent] == [("2026-12", MADE)]
    assert page.last_tick == at(2027, 1, 1)


WORDS = [
    ({"day": "last", "offset": 0}, "毎月末日 06:00に、その月の分を作成"),
    ({"day": "5", "offset": 2}, "毎月5日 06:00に、2か月前の分を作成"),
    (
        {"period_type": "quarter", "day": "10"},
        "四半期の次の月の10日 06:00に、その四半期の分を作成",
    ),
    (
        {"period_type": "fiscal_year", "day": None, "offset": 0, "step": "final"},
        "年間予定「今年度の確定額の通知」の日 06:00に、その予定の年度の分を作成",
    ),
    (
        {"period_type": "fiscal_year", "day": None, "offset": 0, "step": "gone"},
        "年間予定にない日 06:00に、その予定の年度の分を作成",
    ),
    (
        {"period_type": "instalment", "day": None, "offset": 0, "step": "notice"},
        "各期の納入依頼の期限の日 06:00に、その期の分を作成",
    ),
    (
        {"period_type": "week", "day": None, "weekdays": ("mon",)},
        "毎週月曜日 06:00に、前の週の分を作成",
    ),
    (
        {"period_type": "day", "day": None, "offset": 0, "weekdays": ("mon", "sat")},
        "毎週月曜日・土曜日 06:00に、その日の分を作成",
    ),
]


@pytest.mark.parametrize(("said", "words"), WORDS)
def test_a_schedule_is_told_in_words(said: dict[str, Any], words: str) -> None:
    monthly = Schedule("s", KIND, "month", time(6), "stay", at(2026, 12, 1), day="1", offset=1)
    titles = {"final": "今年度の確定額の通知"}
    assert in_words(replace(monthly, **said), titles) == words


def test_reports_and_their_periods_have_names() -> None:
    assert period_name("2026-12") == "令和8年12月分"
    assert period_name("FY2021") == "令和3年度"
    assert title_of("statement_final") == "負担金明細書（確定）"
    assert title_of(KIND) == "月次費用報告"


def test_a_tick_ten_minutes_late_is_still_in_time(office: Office) -> None:
    office.tick(at(2027, 1, 1) + timedelta(minutes=10))
    assert not report_runs(KIND)[0].late


# ---- the clock and the others --------------------------------------------------------------------


def planned_at(office: Office, now: datetime) -> dict[str, datetime]:
    """Plan at an instant, wherever the clock stands; give what is asked for and when it is due."""
    schedules.plan_due(now)
    return {run.period_key: run.due_at.astimezone(TOKYO) for run in report_runs(KIND)}


def test_a_clock_that_jumps_asks_for_each_month_once_at_six_in_japan(office: Office) -> None:
    first = {"2026-12": at(2027, 1, 1)}
    assert planned_at(office, at(2027, 1, 1, 5, 59)) == {}
    assert planned_at(office, at(2027, 1, 1, 7, 59)) == first  # two hours on
    assert planned_at(office, at(2027, 1, 1, 5, 59)) == first  # and two back
    assert planned_at(office, at(2026, 12, 1, 10)) == first  # a month back
    turn = first | {"2027-01": at(2027, 2, 1), "2027-02": at(2027, 3, 1)}
    assert planned_at(office, at(2027, 3, 31, 23, 59)) == turn  # to the last evening of the year
    after = turn | {"2027-03": at(2027, 4, 1)}
    assert planned_at(office, at(2027, 4, 1, 6)) == after  # over 31 March
    assert planned_at(office, at(2027, 3, 31, 5)) == after  # back over it
    assert planned_at(office, at(2027, 4, 1, 6, 0)) == after
    assert {run.period_key: run.fiscal_year_start for run in report_runs(KIND)} == dict.fromkeys(
        after, 2026
    )
    leap = planned_at(office, at(2028, 3, 1, 6))
    assert (len(leap), leap["2028-02"]) == (15, at(2028, 3, 1))
    assert count(models.ReportRun) == 16  # the year's statements, and no month twice


def test_a_consortium_that_fails_keeps_no_other_from_its_turn(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = settings.Entry("別の協議会", "別の市", True, "令和元年度")
    with together(OFFICER, office.clock.now()):
        other = create_consortium(NewConsortium("other", entry), office.clock.now())
    for failing, made_for in (
        (other.consortium_id, office.consortium_id),
        (office.consortium_id, other.consortium_id),
    ):

        def facts_of(
            _session: object, consortium_id: str, _known: object, bad: str = failing
        ) -> DueFacts:
            if consortium_id == bad:
                raise RuntimeError("a row nobody expected")
            return DueFacts()

        with monkeypatch.context() as patch:
            patch.setattr(schedules, "facts_of", facts_of)
            with pytest.raises(RuntimeError, match="nobody expected"):
                schedules.plan_due(at(2027, 1, 1))
        assert made_for in {run.consortium_id for run in report_runs(KIND)}
