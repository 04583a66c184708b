"""Two steps at once both passed the check of the state on PostgreSQL (同時の手順)."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.engine import db
from consortium.domain.errors import DomainError, InvalidTransitionError, StaleError
from consortium.domain.fiscalyear.run import take
from consortium.usecases import runs
from tests import factories
from tests.office import Office, chain_faults, open_office

#: How long one step, having checked the state, waits for the other to do so as well.
TOGETHER = 1.0


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object]
) -> list[DomainError]:
    """Take steps in threads that meet right after the check; give the refusals."""
    barrier = threading.Barrier(len(steps))

    def met(name: str, state: str, **who: Any) -> str:
        after = take(name, state, **who)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(TOGETHER)
        return after

    monkeypatch.setattr(runs, "take", met)
    refused: list[DomainError] = []

    def once(step: Callable[[], object]) -> None:
        with app.app_context():
            try:
                step()
            except DomainError as error:
                refused.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=once, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_a_run_is_approved_or_sent_back_and_never_both(
    office: Office, database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.move(office.draft(), "submit")
    seen, now = office.seen(run_id), office.clock.now()

    def step(name: str) -> Callable[[], None]:
        return lambda: runs.move(office.approver, run_id, name, seen=seen, now=now, reason="試験")

    refused = at_once(database, monkeypatch, step("approve"), step("send_back"))
    assert [type(error) for error in refused] == [InvalidTransitionError]
    page = runs.show_run(office.staff, run_id)
    actions = [line.action for line in page.history]
    last = {"approved": "run.approve", "draft": "run.send_back"}[page.run.state]
    assert actions == ["run.draft", "run.submit", last]
    assert chain_faults(office) == []


def test_what_is_submitted_is_what_its_drafter_saw(
    office: Office, database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.draft()
    factories.add_many_items(office.staff, 2021, 1)
    seen, now = office.seen(run_id), office.clock.now()
    refused = at_once(
        database,
        monkeypatch,
        lambda: runs.recalculate(office.staff, run_id, seen=seen, now=now),
        lambda: runs.move(office.staff, run_id, "submit", seen=seen, now=now),
    )
    # Computed first: submitting is stale. Submitted first: nothing is computed any more.
    assert len(refused) == 1
    run = runs.show_run(office.staff, run_id).run
    if run.state == "in_review":
        assert isinstance(refused[0], InvalidTransitionError)
        assert run.document_sha256 == seen
    else:
        assert isinstance(refused[0], StaleError)
        assert run.document_sha256 != seen
    assert chain_faults(office) == []
