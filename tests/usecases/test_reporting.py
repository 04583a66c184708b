"""Exactly once: crashes, leases, fences, refusals (帳票作成)."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db import files, models
from consortium.db.store import claims, registers, reports
from consortium.db.store import runs as run_store
from consortium.db.store.claims import LeaseLostError
from consortium.db.store.reports import Claim
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, DuplicateError
from consortium.usecases import reporting, runs, statements
from consortium.usecases.kinds import KINDS
from consortium.usecases.report_runs import retry
from consortium.usecases.reporting import SYSTEM, Worker, sweep, work
from tests import factories
from tests.db.rows import by_hand
from tests.office import (
    SLOTS,
    Office,
    age_files,
    chain_faults,
    count,
    end_leases,
    open_office,
    recorded,
    report_runs,
)

pytestmark = pytest.mark.usefixtures("plain_files")


class Crash(BaseException):
    """The process is gone: nothing of ours may catch this."""


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def break_at(
    patch: pytest.MonkeyPatch, place: Any, name: str, nth: int, error: BaseException
) -> None:
    """Let the nth call of a function fail, after or before it did its work."""
    real, calls = getattr(place, name), 0

    def broken(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise error
        return real(*args, **kwargs)

    patch.setattr(place, name, broken)


POINTS = {
    "right after the claim": (reporting, "_make", 1),
    "while the snapshot is taken": (claims, "freeze_input", 1),
    "right after the snapshot": (reports, "read_input", 1),
    "before the first file": (files, "write_once", 1),
    "with half the files": (files, "write_once", 5),
    "between a file and its record": (claims, "add_file", 4),
    "before the files are closed": (reporting, "_file", 1),
    "before publishing": (reporting, "_publish", 1),
    "while the bytes are checked": (files, "read_stored", 3),
    "while the register is written": (registers, "enter", 1),
}


@pytest.mark.parametrize("point", POINTS)
def test_another_process_finishes_what_a_crash_left(
    office: Office, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    run_id = office.approved()
    place, name, nth = POINTS[point]
    with monkeypatch.context() as patch:
        break_at(patch, place, name, nth, Crash())
        with pytest.raises(Crash):
            office.issue(run_id)
    assert runs.show_run(office.staff, run_id).run.state == "approved"
    assert count(models.Statement) == 0
    other = office.named("process-2")
    assert not work(other, KINDS)  # the lease still runs
    end_leases(office.clock)
    assert work(other, KINDS)
    age_files(office)
    sweep(other)
    run = runs.show_run(office.staff, run_id).run
    (report,) = report_runs("statement_final")
    made = recorded(report.id)
    assert (run.state, report.state, report.attempt, report.crashes) == (
        "issued", "published", 2, 1,
    )  # fmt: skip
    assert len({file.slot for file in made}) == len(made) == SLOTS
    assert {path.name for path in office.worker.folder.iterdir()} == {
        file.stored_name for file in made
    }
    assert count(models.Statement) == count(models.ReportFile) == SLOTS
    assert count(models.ReportInput) == 1
    assert chain_faults(office) == []


def test_ten_crashes_in_a_row_are_left_to_a_person(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.approved()
    with monkeypatch.context() as patch:
        patch.setattr(reporting, "_write", lambda *_: (_ for _ in ()).throw(Crash()))
        for _ in range(reports.MOST_CRASHES):
            with pytest.raises(Crash):
                work(office.worker, KINDS) if report_runs("statement_final") else office.issue(
                    run_id
                )
            end_leases(office.clock)
        assert not work(office.worker, KINDS)
    (report,) = report_runs("statement_final")
    assert report.state == "failed"
    assert "10回" in report.error
    assert office.issue(run_id).state == "issued"  # the officer asks again


def test_a_report_asked_for_twice_has_one_row(office: Office) -> None:
    key = reports.NewRun(
        office.consortium_id, "monthly_cost", FiscalYear(2026), "2026-12", 1, office.clock.now()
    )
    for _ in range(2):
        with writing(SYSTEM, office.clock.now()) as unit:
            unit.operational()
            reports.insert_due(unit.session, [key, key])
    assert len(report_runs("monthly_cost")) == 1


def order(office: Office, run_id: str) -> str:
    """Order the statements of a run without making them; give the report run."""
    with writing(SYSTEM, office.clock.now()) as unit:
        run = run_store.get_run(unit.session, office.consortium_id, run_id)
        return runs._order(unit, office.consortium_id, run)


def take(worker: Worker, report_id: str) -> Claim:
    """Let a process take a report run and stop there."""
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        held = claims.claim(
            unit, worker.owner, worker.now(), run_id=report_id, late_after=timedelta(days=1)
        )
    assert held is not None
    return held


def go_on(office: Office, held: Claim) -> None:
    """Take the next step of a run that a process believes to hold."""
    with writing(SYSTEM, office.clock.now()) as unit:
        unit.operational()
        claims.fenced(unit, held, "claimed", state="calculated")


def test_the_attempt_tells_two_processes_of_one_name_apart(office: Office) -> None:
    report_id = order(office, office.approved())
    first = take(office.worker, report_id)
    end_leases(office.clock)
    second = take(office.worker, report_id)  # a restarted process may have the same number
    assert (first.owner, first.attempt, second.attempt) == (second.owner, 1, 2)
    with pytest.raises(LeaseLostError):
        go_on(office, first)
    (report,) = report_runs("statement_final")
    assert (report.state, report.attempt) == ("claimed", 2)


def test_a_process_that_lost_its_lease_leaves_nothing_behind(office: Office) -> None:
    run_id = office.approved()
    late = office.named("late")
    report_id = order(office, run_id)
    held = take(late, report_id)
    with writing(SYSTEM, office.clock.now()) as unit:
        unit.operational()
        claims.freeze_input(unit, held, statements.freeze(unit, held))
    end_leases(office.clock)
    assert office.issue(run_id).state == "issued"
    before, stored = factories.everything(), set(office.worker.folder.iterdir())
    sheet = statements.sheets(frozen(report_id), late.folder)[0]
    with pytest.raises(LeaseLostError):
        reporting._write(late, held, sheet)
    with pytest.raises(LeaseLostError):
        reporting._file(late, held)
    with pytest.raises(LeaseLostError):
        reporting._publish(late, KINDS[held.kind], held, SYSTEM, frozen(report_id))
    assert factories.everything() == before
    assert set(office.worker.folder.iterdir()) == stored


def frozen(report_id: str) -> dict[str, Any]:
    with reading() as session:
        return reports.read_input(session, report_id)


def test_a_clock_set_back_does_not_freeze_a_run(office: Office) -> None:
    run_id = office.approved()
    with pytest.MonkeyPatch.context() as patch:
        break_at(patch, reporting, "_publish", 1, Crash())
        with pytest.raises(Crash):
            office.issue(run_id)
    end_leases(office.clock, by=-timedelta(days=30))
    assert work(office.named("process-2"), KINDS)
    assert runs.show_run(office.staff, run_id).run.state == "issued"


# ---- refusals ------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_tried_again_with_the_same_snapshot(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.approved()
    with monkeypatch.context() as patch:
        break_at(patch, files, "write_once", 3, OSError(28, "No space left on device"))
        assert office.issue(run_id).state == "approved"  # ordered, and told on the run
    (report,) = report_runs("statement_final")
    assert report.state == "due"
    assert "ファイルを書き込めません" in report.wait_reason
    assert not work(office.worker, KINDS)  # not within the same tick
    office.clock.advance(timedelta(seconds=30))
    assert work(office.worker, KINDS)
    assert runs.show_run(office.staff, run_id).run.state == "issued"
    # One snapshot, so the files made before and after the error have the numbers of one issue.
    assert count(models.ReportInput) == 1
    assert count(models.Statement) == SLOTS
    with writing(SYSTEM, office.clock.now()) as unit:
        assert registers.take_numbers(unit, office.consortium_id, 1, "次") == SLOTS + 1


def test_a_number_that_would_come_again_is_refused(office: Office, database_url: str) -> None:
    office.issue(office.approved())
    by_hand(database_url, "UPDATE consortium SET next_number = 3")  # as after a wrong restore
    run_id = office.approved(2020)
    with pytest.raises(DuplicateError) as refused:
        office.issue(run_id)
    assert f"次の番号は第3号ですが、発行台帳にはもう第{SLOTS}号まで" in refused.value.found
    assert runs.show_run(office.staff, run_id).run.state == "approved"
    assert count(models.Statement) == SLOTS
    by_hand(database_url, f"UPDATE consortium SET next_number = {SLOTS}")
    with (
        pytest.raises(DuplicateError, match="発行台帳にはもう"),
        writing(SYSTEM, office.clock.now()) as unit,
    ):
        registers.take_numbers(unit, office.consortium_id, 1, "次")


def test_an_error_in_the_data_waits_longer_each_time_and_then_needs_a_person(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.approved()
    wrong = BadInputError("作成しました。", "値が誤りです。", "直してください。")
    monkeypatch.setattr(reporting, "_write", lambda *_: (_ for _ in ()).throw(wrong))
    with pytest.raises(BadInputError):
        office.issue(run_id)
    for minutes in (1, 5, 15, 60):
        assert not work(office.worker, KINDS)
        office.clock.advance(timedelta(minutes=minutes))
        assert work(office.worker, KINDS)
    (report,) = report_runs("statement_final")
    assert (report.state, report.failures) == ("failed", 5)
    assert "値が誤りです。" in report.error
    office.clock.advance(timedelta(days=30))
    assert not work(office.worker, KINDS)
    monkeypatch.undo()
    retry(office.staff, report.id, office.clock.now())
    assert work(office.worker, KINDS)
    assert runs.show_run(office.staff, run_id).run.state == "issued"


def test_an_officer_who_asks_again_does_not_wait_for_the_next_try(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.approved()
    with monkeypatch.context() as patch:
        break_at(patch, files, "write_once", 1, OSError(28, "No space left on device"))
        assert office.issue(run_id).state == "approved"  # ordered, and told on the run
    assert office.issue(run_id).state == "issued"


# ---- at once -------------------------------------------------------------------------------------


def test_a_double_click_issues_once(database: Flask, office: Office) -> None:
    run_id = office.approved()
    states: list[str] = []

    def click(owner: str) -> None:
        with database.app_context():
            clicked = Office(office.staff, office.approver, office.named(owner), office.clock)
            states.append(clicked.issue(run_id).state)

    threads = [threading.Thread(target=click, args=(f"click-{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs.show_run(office.staff, run_id).run.state == "issued"
    assert "issued" in states
    assert len(states) == 3
    assert count(models.Statement) == count(models.ReportFile) == SLOTS
    assert len(report_runs("statement_final")) == 1
    assert chain_faults(office) == []


def test_the_sweep_removes_leftovers_and_keeps_what_is_recorded(office: Office) -> None:
    run = office.issued()
    kept = {path.name for path in office.worker.folder.iterdir()}
    files.write_once(office.worker.folder, b"left", ".xlsx")
    (office.worker.folder / "README.txt").write_text("not ours", encoding="utf-8")
    age_files(office)
    assert len(sweep(office.worker)) == 1
    assert {path.name for path in office.worker.folder.iterdir()} == {*kept, "README.txt"}
    assert run.state == "issued"
