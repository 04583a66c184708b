"""Whose turn it is (順番): order, waiting, leases, takeover, and what must not stop the others."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from consortium.clock import FrozenClock
from consortium.db import background, models
from consortium.db.engine import db
from consortium.db.store import claims, reports
from consortium.db.store.reports import Claim
from consortium.db.unit import reading, writing
from consortium.usecases import reporting, ticking
from consortium.usecases.reporting import SYSTEM, NotReadyError, sweep, work
from consortium.usecases.ticking import tick
from tests import databases
from tests.db.rows import by_hand
from tests.office import end_leases
from tests.small_reports import OTHER, SLOTS, Desk, events, nothing, open_desk, runs

MINUTE = timedelta(minutes=1)


class Crash(BaseException):
    """The process is gone: nothing of ours may catch this."""


@pytest.fixture
def desk(database: Flask, tmp_path: Path, clock: FrozenClock) -> Desk:
    return open_desk(tmp_path, clock)


def raising(error: BaseException, only: str = "") -> Callable[[object], None]:
    """Fail, at one slot or period only where one is named."""

    def fail(at: object) -> None:
        if only in ("", at, getattr(at, "period_key", None)):
            raise error

    return fail


def take(desk: Desk) -> Claim:
    """Take the next report and stop there."""
    with writing(SYSTEM, desk.clock.now()) as unit:
        unit.operational()
        held = claims.claim(
            unit, desk.worker.owner, desk.clock.now(), late_after=timedelta(days=99)
        )
    assert held is not None
    return held


# ---- order and waiting ---------------------------------------------------------------------------


def test_no_later_period_is_made_while_an_earlier_one_waits(desk: Desk) -> None:
    desk.plan("2026-04", "2026-05", "2026-06")
    desk.in_snapshot = raising(NotReadyError("承認待ち"), only="2026-04")
    assert desk.tick() == 1
    desk.clock.advance(60 * MINUTE)
    assert desk.tick() == 1
    assert [(run.state, run.wait_reason) for run in runs()] == [
        ("due", "承認待ち"), ("due", ""), ("due", ""),
    ]  # fmt: skip
    desk.in_snapshot = raising(NotReadyError("承認待ち"), only="2026-06")
    desk.clock.advance(5 * MINUTE)
    assert desk.tick() == 3
    assert desk.published == ["2026-04", "2026-05"]


def test_periods_due_at_the_same_moment_are_made_in_order(desk: Desk, database_url: str) -> None:
    desk.plan("2026-06", "2026-04", "2026-05")
    by_hand(database_url, "UPDATE report_run SET due_at = '2026-11-30 01:00:00+00'")
    desk.in_snapshot = raising(NotReadyError("承認待ち"), only="2026-04")
    desk.tick()
    assert desk.published == []
    desk.in_snapshot = nothing
    desk.clock.advance(5 * MINUTE)
    desk.tick()
    assert desk.published == ["2026-04", "2026-05", "2026-06"]


def test_what_waits_for_weeks_is_written_down_once(desk: Desk) -> None:
    desk.plan("2026-04")
    desk.in_snapshot = raising(NotReadyError("承認待ち"))
    for _ in range(5):
        assert desk.tick() == 1
        desk.clock.advance(5 * MINUTE)
    assert events() == [("claim", ""), ("wait", "承認待ち")]
    desk.in_snapshot = raising(NotReadyError("質疑の回答待ち"))
    desk.tick()
    desk.clock.advance(5 * MINUTE)
    assert events()[2:] == [("wait", "質疑の回答待ち")]
    desk.in_snapshot = nothing
    desk.tick()
    assert events()[3:] == [("claim", ""), ("publish", "")]
    assert desk.published == ["2026-04"]


def test_a_clock_set_back_does_not_prolong_the_waiting(desk: Desk) -> None:
    desk.plan("2026-04")
    desk.in_snapshot = raising(NotReadyError("承認待ち"))
    desk.tick()
    desk.in_snapshot = nothing
    desk.clock.advance(-timedelta(days=2))
    assert desk.tick() == 1
    assert desk.published == ["2026-04"]


# ---- what must not stop the others ---------------------------------------------------------------


def test_a_mistake_in_one_kind_leaves_the_others_their_turn(desk: Desk) -> None:
    desk.plan("2026-04", kind="no such kind")
    desk.plan("2026-05", "2026-06")
    desk.in_file = raising(ZeroDivisionError("x"), only=SLOTS[2])
    desk.plan("2026-07", kind=OTHER)
    assert desk.tick() == 3
    said = {run.period_key: (run.state, run.failures, run.error) for run in runs()}
    assert said["2026-04"][:2] == said["2026-05"][:2] == said["2026-07"][:2] == ("due", 1)
    assert said["2026-06"] == ("due", 0, "")
    assert "想定していない誤り" in said["2026-04"][2]
    assert "KeyError" in said["2026-04"][2]
    assert "ZeroDivisionError" in said["2026-05"][2]
    desk.in_file = nothing
    desk.clock.advance(MINUTE)
    assert desk.tick() == 4  # the unknown kind once more
    assert sorted(desk.published) == ["2026-05", "2026-06", "2026-07"]


def test_a_part_of_the_tick_that_fails_keeps_no_other_from_its_turn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.plan("2026-04")
    monkeypatch.setattr(ticking, "KINDS", desk.kinds)
    monkeypatch.setattr(ticking, "plan_due", raising(ZeroDivisionError("planning")))
    with pytest.raises(ZeroDivisionError, match="planning"):
        tick(desk.worker)
    assert desk.published == ["2026-04"]


def test_reports_given_up_do_not_take_the_turn_of_the_next(desk: Desk, database_url: str) -> None:
    desk.plan("2026-04")
    desk.plan("2026-04", kind=OTHER)
    take(desk)
    take(desk)
    by_hand(database_url, f"UPDATE report_run SET crashes = {reports.MOST_CRASHES - 1}")
    end_leases(desk.clock)
    desk.plan("2026-05")
    assert work(desk.named("process-2").worker, desk.kinds)
    *given_up, made = runs()
    assert [(run.state, run.error) for run in given_up] == [
        ("failed", "作成が10回続けて中断しました。")
    ] * 2
    assert (made.state, desk.published) == ("published", ["2026-05"])


# ---- leases --------------------------------------------------------------------------------------


def test_a_lease_is_renewed_while_a_file_takes_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "INTERVAL", 0.01)
    desk.plan("2026-04")
    other = desk.named("process-2")

    def linger(slot: str) -> None:
        if slot != SLOTS[1]:
            return
        end_leases(desk.clock, by=4 * MINUTE)
        before = desk.run().lease_until
        until = time.monotonic() + 20
        while desk.run().lease_until == before and time.monotonic() < until:
            time.sleep(0.01)
        end_leases(desk.clock, by=4 * MINUTE)  # eight in all: the first lease is long over
        assert not work(other.worker, other.kinds)

    desk.in_file = linger
    assert desk.tick() == 1
    assert (desk.published, desk.run().attempt) == (["2026-04"], 1)


def test_a_renewal_does_not_bring_a_lost_lease_back(desk: Desk) -> None:
    desk.plan("2026-04")
    held = take(desk)
    end_leases(desk.clock)
    again = take(desk.named("process-2"))
    with pytest.raises(claims.LeaseLostError):
        reporting._renew(desk.worker, held)
    assert (
        (desk.run().owner, desk.run().attempt) == ("process-2", again.attempt) == ("process-2", 2)
    )


@pytest.mark.parametrize("database_source", ["postgresql"], indirect=True)
def test_leases_go_by_the_clock_of_the_server(desk: Desk) -> None:
    desk.plan("2026-04")
    desk.clock.advance(timedelta(days=4000))
    held = take(desk)
    with reading() as session:
        server = session.execute(select(func.clock_timestamp())).scalar_one()
    run = desk.run()
    assert run.lease_until is not None
    assert run.claimed_at is not None
    assert abs(run.claimed_at - server) < MINUTE
    assert run.lease_until - run.claimed_at == timedelta(minutes=5)
    desk.clock.advance(timedelta(days=1))  # one computer's clock is wrong: nobody loses a lease
    assert not work(desk.named("process-2").worker, desk.kinds)
    by_hand(
        db.engine.url.render_as_string(hide_password=False),
        "UPDATE report_run SET lease_until = clock_timestamp()",
    )
    assert take(desk.named("process-2")).attempt == held.attempt + 1


@databases.ON_SQLITE
def test_leases_go_by_the_clock_of_the_process_where_there_is_no_server(desk: Desk) -> None:
    desk.plan("2026-04")
    take(desk)
    assert desk.run().lease_until == desk.clock.now() + timedelta(minutes=5)
    desk.clock.advance(timedelta(minutes=5) - timedelta(seconds=1))
    assert not work(desk.named("process-2").worker, desk.kinds)
    desk.clock.advance(timedelta(seconds=1))
    assert work(desk.named("process-2").worker, desk.kinds)


# ---- what a crash leaves -------------------------------------------------------------------------


def crash_before_publishing(desk: Desk) -> None:
    """Let a process die when all files are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "_publish", lambda *_: raising(Crash())(None))
        with pytest.raises(Crash):
            desk.tick()
    end_leases(desk.clock)


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone"])
def test_a_file_damaged_before_the_issue_is_made_again(desk: Desk, damage: str) -> None:
    desk.plan("2026-04")
    crash_before_publishing(desk)
    with reading() as session:
        made = {file.slot: file.stored_name for file in reports.files_of(session, runs_id())}
    path = desk.worker.folder / made[SLOTS[1]]
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: -1 if damage == "shorter" else None][:-1] + b"?")
    assert desk.named("process-2").tick() == 1
    assert desk.run().state == "published"
    assert desk.contents() == desk.expected("2026-04")
    with reading() as session:
        now = {file.slot: file.stored_name for file in reports.files_of(session, runs_id())}
    assert {slot for slot in SLOTS if now[slot] != made[slot]} == {SLOTS[1]}
    assert desk.stored() == set(now.values())


def runs_id() -> str:
    with db.engine.connect() as connection:
        return str(connection.execute(select(models.ReportRun.id)).scalar_one())


def test_files_that_never_stay_whole_are_a_fault_of_the_disk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.plan("2026-04")
    with monkeypatch.context() as patch:
        patch.setattr(reporting, "_is_whole", lambda *_: False)
        assert desk.tick() == 1
    assert (desk.run().state, desk.run().failures) == ("due", 0)
    assert "読み書きに失敗しました" in desk.run().wait_reason
    assert desk.tick() == 1
    assert desk.run().state == "published"


def test_a_takeover_removes_what_the_earlier_attempts_were_writing(desk: Desk) -> None:
    desk.plan("2026-04")
    held = take(desk)
    uuid = "00000000-0000-4000-8000-000000000000"
    desk.worker.folder.mkdir()
    names = [f".{held.id}-1.{uuid}.part", f".{held.id}-2.{uuid}.part", f".another-1.{uuid}.part"]
    for name in names:
        (desk.worker.folder / name).touch()
    end_leases(desk.clock)
    other = desk.named("process-2")
    other.in_file = raising(Crash())
    with pytest.raises(Crash):
        other.tick()  # attempt 2: not its own, nor another run's
    assert desk.stored() == {names[1], names[2]}


def test_the_sweep_leaves_alone_what_is_written_since_the_oldest_claim_began(desk: Desk) -> None:
    desk.plan("2026-04")
    take(desk)
    began = desk.clock.now()
    end_leases(desk.clock, by=MINUTE)
    uuid = "-0000-4000-8000-000000000000"
    desk.worker.folder.mkdir()
    for number, age in enumerate((-30, -2, 30)):  # seconds after the claim
        path = desk.worker.folder / f"{str(number) * 8}{uuid}.xlsx"
        path.touch()
        os.utime(path, (began.timestamp() + age,) * 2)
    assert sweep(desk.worker) == [f"00000000{uuid}.xlsx", f"11111111{uuid}.xlsx"]
    end_leases(desk.clock)
    assert sweep(desk.worker) == [f"22222222{uuid}.xlsx"]


# ---- progress ------------------------------------------------------------------------------------


def test_how_many_files_there_will_be_is_known_from_the_first(desk: Desk) -> None:
    desk.plan("2026-04")
    seen: list[tuple[int, int]] = []

    def look(_: object) -> None:
        with reading() as session:
            made = len(reports.files_of(session, runs_id()))
        seen.append((made, desk.run().file_total))

    desk.in_file = look
    assert desk.run().file_total == 0
    desk.tick()
    assert seen == [(0, 3), (1, 3), (2, 3)]
