"""What waits for people holds back its own year only, and is no fault of the machine (順番)."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db import background
from consortium.db.store import health, schedules, turns
from consortium.db.unit import reading
from consortium.usecases import integrity, ticking
from consortium.usecases.reporting import NotReadyError
from consortium.usecases.ticking import tick
from tests.db import rows
from tests.small_reports import OTHER, SLOTS, Desk, open_desk, runs


@pytest.fixture
def desk(database: Flask, tmp_path: Path, clock: FrozenClock) -> Desk:
    return open_desk(tmp_path, clock)


def overdue(desk: Desk) -> int:
    with reading() as session:
        return health.work_at(session, desk.clock.now(), timedelta(minutes=10)).overdue


def turn_of(desk: Desk, month: str) -> bool:
    run_id = desk.run(month).id
    with reading() as session:
        return turns.has_turn(session, run_id)


def two_years(desk: Desk) -> None:
    """Two months of each of two years are due; the last days of a year come before the next."""
    desk.plan("2027-02", "2027-03")
    desk.clock.advance(timedelta(days=40))
    desk.plan("2027-04", "2027-05", year=2027)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_year_that_waits_for_people_holds_back_no_other(desk: Desk, is_first: bool) -> None:
    """The first month waits, or the second: the one behind it was never tried, and waits too."""
    two_years(desk)
    waits = "2027-02" if is_first else "2027-03"

    def freeze(held: object) -> None:
        if getattr(held, "period_key", "") == waits:
            raise NotReadyError("この年度の負担金の発行待ち")

    desk.in_snapshot = freeze
    desk.tick()
    before = [] if is_first else ["2027-02"]
    assert desk.published == [*before, "2027-04", "2027-05"]
    assert {run.period_key for run in runs() if run.state == "due"} == {waits, "2027-03"}
    assert (turn_of(desk, waits), turn_of(desk, "2027-03")) == (True, not is_first)
    # Nobody but people can end it, for those behind it neither.
    assert overdue(desk) == 0


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ZeroDivisionError()])
def test_a_fault_of_the_machine_or_the_data_holds_back_every_later_period(
    desk: Desk, fault: Exception
) -> None:
    two_years(desk)

    def fail(_: object) -> None:
        raise fault

    desk.in_file = fail
    assert desk.tick() == 1
    assert [turn_of(desk, run.period_key) for run in runs()] == [True, False, False, False]
    assert overdue(desk) == 4


def test_what_waits_excuses_neither_another_kind_nor_an_earlier_report(desk: Desk) -> None:
    desk.plan("2026-06", kind=OTHER)
    desk.plan("2026-04", "2026-05")

    def freeze(held: object) -> None:
        if getattr(held, "period_key", "") == "2026-05":
            raise NotReadyError("承認待ち")

    desk.in_snapshot = freeze
    desk.tick()
    desk.plan("2026-03", "2026-03", "2026-03")  # one row, due three days ago: before both
    desk.plan("2026-07", kind=OTHER)
    assert overdue(desk) == 2


def test_a_tick_that_takes_long_goes_on_giving_signs_of_life(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "INTERVAL", 0.01)
    monkeypatch.setattr(ticking, "KINDS", desk.kinds)
    monkeypatch.setattr(ticking, "check_due", lambda *_: None)
    desk.plan("2026-04")
    began = desk.clock.now()

    def linger(slot: str) -> None:
        if slot == SLOTS[1]:
            desk.clock.advance(timedelta(minutes=4))
            until = time.monotonic() + 20
            while last_seen() == began and time.monotonic() < until:
                time.sleep(0.01)

    desk.in_file = linger
    tick(desk.worker)
    assert desk.published == ["2026-04"]
    assert last_seen() == began + timedelta(minutes=4)


def test_a_tick_checks_the_records_of_one_consortium_at_most(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.save(rows.consortium(id="c-2", key="other"))
    checked: list[str] = []
    real = integrity.check

    def check(owner: str, folder: Path, now: datetime, occasion: str) -> None:
        checked.append(owner)
        real(owner, folder, now, occasion)

    monkeypatch.setattr(integrity, "check", check)
    for at in range(3):
        tick(desk.worker)
        assert len(checked) == min(at + 1, 2)
    assert set(checked) == {"c-1", "c-2"}


def last_seen() -> datetime | None:
    with reading() as session:
        return schedules.last_tick(session)
