"""Processes that may be killed (試験の作業者): forked from one that has imported the product.

Starting Python and importing the portal takes a second; a fork takes a hundredth of that. So a kill
with everything it leaves to be done again costs less than half a second.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, or_, select, update
from sqlalchemy.pool import NullPool

from consortium.db import models
from consortium.db.store import turns
from consortium.failpoint import SETTING, TRACE
from tests.crashes import digest
from tests.crashes.acts import PATIENCE, Place, tick_once

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.crashes.acts"])

LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
KILLED = -signal.SIGKILL
#: Ticks after a crash until nothing may be left to do. More than one: a server still has to notice
#: that the killed process is gone, and until then its rows are locked.
TICKS = 5


def barrier(parties: int) -> Any:
    """Give a gate that opens when so many processes have come to it."""
    return _FORKING.Barrier(parties)


def start(act: Callable[..., None], place: Place, *arguments: Any) -> BaseProcess:
    """Let a process of its own do something."""
    child = _FORKING.Process(target=act, args=(place, *arguments))
    child.start()
    return child


def ended(child: BaseProcess) -> int:
    """Wait for a process and say how it ended: 0, or the negative number of the signal."""
    child.join(PATIENCE)
    if child.exitcode is None:
        child.kill()
        child.join()
    assert child.exitcode is not None
    return child.exitcode


def run(act: Callable[..., None], place: Place, *arguments: Any) -> int:
    """Let a process do something to its end."""
    return ended(start(act, place, *arguments))


def trace(place: Place) -> list[str]:
    """Tick undisturbed, and list every failpoint that was come to (中断点の一覧)."""
    listed = place.folder / "trace.txt"
    ending = run(tick_once, place.told(**{TRACE: str(listed)}), "undisturbed")
    assert ending == 0, said(place)
    return listed.read_text(encoding="utf-8").split() if listed.exists() else []


def kill_at(place: Place, point: str, owner: str = "killed") -> None:
    """Tick until a failpoint, `name:k` or `*:k`, where the process dies (中断)."""
    ending = run(tick_once, place.told(**{SETTING: point}), owner)
    assert ending == KILLED, (point, ending, said(place))


def recover(place: Place) -> int:
    """Tick until nothing is open, as other processes would; say how often it took (追い付き)."""
    for number in range(1, TICKS + 1):
        let_five_minutes_go_by(place)
        assert run(tick_once, place, f"recovery-{number}") == 0, said(place)
        if not open_runs(place):
            return number
    raise AssertionError(f"still open after {TICKS} ticks: {said(place)}")


def let_five_minutes_go_by(place: Place) -> None:
    """End every lease and waiting time by hand: one of the databases reads its own clock (期限).

    Files lie there as long: the sweep compares with the clock of the place, not with the real one.
    """
    for path in place.files.glob("*"):
        os.utime(path, (place.at.timestamp() - 60,) * 2)
    run, letter = models.ReportRun, models.OutboxMessage
    held, at = run.owner.is_not(None), LONG_AGO
    engine = create_engine(place.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(run).where(held).values(lease_until=at, claimed_at=at))
        connection.execute(update(run).where(run.next_try_at.is_not(None)).values(next_try_at=None))
        connection.execute(update(letter).where(letter.state == "queued").values(next_try_at=at))


def stored(place: Place, key: str) -> Path:
    """Give the place of a recorded file, by report and slot (保存したファイル)."""
    return place.files / digest.recorded(place)[key][0]


def claims(place: Place) -> int:
    """Count how often a process took a report over (取得の回数)."""
    event = models.RunEvent
    query = select(func.count()).select_from(event).where(event.event == "claim")
    with create_engine(place.url, poolclass=NullPool).connect() as connection:
        return int(connection.scalar(query) or 0)


def wait_until(is_so: Callable[[], bool], child: BaseProcess, patience: float = PATIENCE) -> None:
    """Wait for something that a process does, so many seconds at most."""
    limit = time.monotonic() + patience
    while not is_so():
        assert child.is_alive(), "it ended before"
        assert time.monotonic() < limit, "it never came to that"
        time.sleep(0.002)


def open_runs(place: Place) -> int:
    """Count the reports that are not finished, and the letters that wait."""
    engine = create_engine(place.url, poolclass=NullPool)
    waits = or_(models.ReportRun.state.in_(turns.OPEN), models.ReportRun.state == "failed")
    queued = models.OutboxMessage.state == "queued"
    with engine.connect() as connection:
        return sum(
            connection.scalar(select(func.count()).select_from(table).where(which)) or 0
            for table, which in ((models.ReportRun, waits), (models.OutboxMessage, queued))
        )


def said(place: Place) -> str:
    """Give what the processes of a place wrote."""
    return place.log.read_text(encoding="utf-8")[-4000:] if place.log.exists() else ""
