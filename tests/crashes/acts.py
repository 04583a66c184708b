"""What a process does until it ends or is killed (作業者の仕事), on a place of its own."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import configure_mappers

from consortium import failpoint
from consortium.clock import FrozenClock
from consortium.mail import Mailer
from consortium.reports import monthly_cost
from consortium.usecases import integrity, ticking
from consortium.usecases.reporting import Worker
from consortium.usecases.ticking import tick
from tests import databases
from tests.plain_files import _file, print_plainly

# Once, before the forks, and not in each of them: it takes a tenth of a second.
configure_mappers()

#: Until when the processes of a round wait for each other (seconds).
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A database with its stored files, and the time there (場所).

    The time lies in the past: the sweep compares the real dates of files with it, and must take
    none for a leftover but those that `driver.let_five_minutes_go_by` dates back.
    """

    url: str
    folder: Path
    at: datetime
    #: whether files are the real workbooks; otherwise they hold their words only
    is_real: bool = False
    #: the mail server of the office; None while mail is switched off
    mailer: Mailer | None = None
    #: what the process finds in its environment: failpoint, trace
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Path:
        """Where the files of reports lie (保存先)."""
        return self.folder / "files"

    @property
    def log(self) -> Path:
        """What the processes said (記録)."""
        return self.folder / "log.txt"

    @property
    def frozen(self) -> Path:
        """A file that is there once a process stands still (凍結の印)."""
        return self.folder / "frozen"

    def at_time(self, at: datetime) -> "Place":
        """Give the place at another time."""
        return replace(self, at=at)

    def told(self, **environ: str) -> "Place":
        """Give the place with more in the environment of its processes."""
        return replace(self, environ={**self.environ, **environ})


def plainly(patch: pytest.MonkeyPatch) -> None:
    """Spare workbooks: what is tried here is whether a file is there, not what it looks like."""
    print_plainly(patch)
    patch.setattr(
        monthly_cost, "bind", lambda document, slot, *_: _file({slot: str(document.month)})
    )


def unchecked(patch: pytest.MonkeyPatch) -> None:
    """Spare the check of all records, which each process makes anew: half the time of a tick."""
    patch.setattr(integrity, "is_sound", lambda *_: True)
    patch.setattr(ticking, "check_due", lambda *_: None)


def worker(place: Place, owner: str, at: datetime) -> Worker:
    """Give a process at work at a time."""
    return Worker(owner, place.files, FrozenClock(at).now, place.mailer)


def tick_once(place: Place, owner: str, gate: Barrier | None = None) -> None:
    """Tick once, at the same moment as others where there is a gate (一巡)."""
    _begin(place)
    with databases.opened(place.url):
        if gate is not None:
            gate.wait(PATIENCE)
        tick(worker(place, owner, place.at))


def tick_at_each(place: Place, owner: str, instants: Sequence[datetime]) -> None:
    """Tick at each of these instants, as a process that was never away (休みない一巡)."""
    _begin(place)
    with databases.opened(place.url):
        for at in instants:
            tick(worker(place, owner, at))


def freeze_at_the_failpoint(place: Place, owner: str) -> None:
    """Tick, but stand still at the failpoint instead of dying there, until told to go on (凍結)."""

    def stand_still(process: int, _signal: int) -> None:
        place.frozen.touch()
        os.kill(process, signal.SIGSTOP)

    failpoint.os = SimpleNamespace(environ=os.environ, getpid=os.getpid, kill=stand_still)  # type: ignore[assignment]  # only for this process
    tick_once(place, owner)


def _begin(place: Place) -> None:
    """Take the environment of the place, and speak into its log."""
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    logging.basicConfig(stream=sys.stderr, force=True)
    os.environ.update(place.environ)
    unchecked(pytest.MonkeyPatch())
    if not place.is_real:
        plainly(pytest.MonkeyPatch())
