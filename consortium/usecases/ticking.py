"""One tick of the clock (一巡): what is due is planned, made, sent and checked.

Every part may run twice, or in two processes at once, without harm: the business key decides what
exists, the lease who works on it.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import nullcontext

from consortium.db import background, restore_mark
from consortium.db.errors import BusyError
from consortium.db.store import schedules
from consortium.db.unit import writing
from consortium.usecases import closings
from consortium.usecases.delivery import deliveries, finish
from consortium.usecases.integrity import check_due
from consortium.usecases.kinds import KINDS
from consortium.usecases.reporting import SYSTEM, Worker, sweep, work
from consortium.usecases.schedules import plan_due

log = logging.getLogger(__name__)


def process_name() -> str:
    """Name this process for leases and signs of life (作業者名)."""
    return f"{socket.gethostname()}-{os.getpid()}"


def tick(worker: Worker, *, is_trial: bool = False) -> int:
    """Do everything that is due now; give the number of reports worked on (一巡).

    A part that fails keeps no other from its turn; the first error is raised when all had theirs.
    A trial at another time than the clock's leaves no sign of life and removes no files: to it, a
    portal at work now looks long dead.
    """
    restore_mark.refuse_marked(worker.folder, "期限の来た帳票を作成しようとしました。")
    errors: list[Exception] = []
    made: list[str] = []
    # A tick that makes thousands of files must not look dead meanwhile.
    alive = nullcontext() if is_trial else background.repeating(lambda: _beat(worker))
    with alive:
        for part, act in _parts(worker, made, is_trial=is_trial):
            try:
                act()
            except BusyError as fault:
                log.warning("tick: %s: %s", part, fault)
                errors.append(fault)
            except Exception as error:
                log.exception("tick: %s failed", part)
                errors.append(error)
    if errors:
        raise errors[0]
    return len(made)


def _parts(
    worker: Worker, made: list[str], *, is_trial: bool
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give the parts of a tick in their order; each is read when the one before has ended."""
    if not is_trial:
        yield "sign of life", lambda: _beat(worker)
    yield "planning", lambda: plan_due(worker.now())
    if not is_trial:
        yield "reopened years", lambda: closings.end_overdue(SYSTEM, worker.now())
        yield "integrity", lambda: check_due(worker.folder, worker.now())
    yield "reports", lambda: _make(worker, made)
    if not is_trial:
        yield from deliveries(worker)
    yield "notified", lambda: finish(worker)
    if not is_trial:
        yield "sweep", lambda: sweep(worker)


def _beat(worker: Worker) -> None:
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        schedules.beat(unit, worker.owner, socket.gethostname())


def _make(worker: Worker, made: list[str]) -> None:
    began = worker.now()
    while work(worker, KINDS, before=began):
        made.append("report")
