"""One round of each fault (障害の一回): what happens, and how the portal stands afterwards.

The same rounds are a sample in CI and loops in `manage.py test --full`.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from consortium.clock import TOKYO
from consortium.db import models
from consortium.failpoint import SETTING
from tests import databases
from tests.crashes import digest, driver
from tests.crashes.acts import Place, freeze_at_the_failpoint, tick_at_each, tick_once
from tests.crashes.verdicts import Verdict, judge
from tests.crashes.worlds import World, before_the_outage
from tests.mail_server import mail_server

#: Inside a transaction: whoever stands still there keeps the others out until it goes on.
INSIDE = ("snapshot", "publish")


def killed(world: World, folder: Path, point: str, *stops: str) -> Verdict:
    """F-1: kill the process at a failpoint, the next one at the next, and catch up."""
    undisturbed = world.undisturbed(point, folder)
    with world.copy(point, folder) as place:
        for number, stop in enumerate(stops):
            driver.kill_at(place, stop, f"killed-{number}")
            driver.let_five_minutes_go_by(place)
        driver.recover(place)
        return judge(" → ".join(stops), place, undisturbed.portal)


def killed_twice(world: World, folder: Path, point: str, first: int, again: int) -> Verdict:
    """F-1: kill at a hit, and the recovery at one of its own, if it comes to so many."""
    undisturbed = world.undisturbed(point, folder)
    with world.copy(point, folder) as place:
        driver.kill_at(place, f"*:{first}")
        driver.let_five_minutes_go_by(place)
        ending = driver.run(tick_once, place.told(**{SETTING: f"*:{again}"}), "killed, too")
        assert ending in (0, driver.KILLED), driver.said(place)
        driver.recover(place)
        return judge(f"{first} → {again}", place, undisturbed.portal)


def told_by_mail(world: World, folder: Path, at: str) -> tuple[Verdict, Counter[str]]:
    """Kill while letters are on their way; give also what the server took how often."""
    with mail_server() as server:
        mailer = server.mailer()
        undisturbed = world.undisturbed("statements", folder, mailer)
        server.taken.clear()
        with world.copy("statements", folder, mailer) as place:
            driver.kill_at(place, at)
            driver.recover(place)
            verdict = judge(at, place, undisturbed.portal)
        return verdict, Counter(server.ids())


def killed_after(world: World, folder: Path, point: str, waits: Sequence[float]) -> Verdict:
    """F-2: kill one process after the other after so many seconds, wherever it is then."""
    undisturbed = world.undisturbed(point, folder)
    with world.copy(point, folder) as place:
        for number, seconds in enumerate(waits):
            child = driver.start(tick_once, place, f"killed-{number}")
            time.sleep(seconds)
            child.kill()
            assert driver.ended(child) in (0, driver.KILLED), driver.said(place)
            driver.let_five_minutes_go_by(place)
        driver.recover(place)
        return judge(f"{waits} 秒", place, undisturbed.portal)


def at_once(world: World, folder: Path, point: str, parties: int) -> Verdict:
    """F-3: let so many schedulers tick at the same moment; one of them takes the report."""
    undisturbed = world.undisturbed(point, folder)
    with world.copy(point, folder) as place:
        before, gate = driver.claims(place), driver.barrier(parties)
        children = [
            driver.start(tick_once, place, f"scheduler-{number}", gate) for number in range(parties)
        ]
        endings = [driver.ended(child) for child in children]
        assert endings == [0] * parties, driver.said(place)
        verdict = judge(f"{parties} プロセス", place, undisturbed.portal)
        taken = driver.claims(place) - before
    return verdict if taken == 1 else verdict._replace(is_same=False, why=f"{taken} claims")


def frozen(world: World, folder: Path, point: str, at: str) -> Verdict:
    """F-4: let the owner of a lease stand still until another has done its work, then go on."""
    undisturbed = world.undisturbed(point, folder)
    with world.copy(point, folder) as place:
        late = driver.start(freeze_at_the_failpoint, place.told(**{SETTING: at}), "late")
        try:
            driver.wait_until(place.frozen.exists, late)
            driver.recover(place)
            _go_on(place, late.pid)
            assert driver.ended(late) == 0, driver.said(place)
        finally:
            late.kill()
            late.join()
        return judge(at, place, undisturbed.portal)


def _go_on(place: Place, process: int | None) -> None:
    assert process is not None, driver.said(place)
    os.kill(process, signal.SIGCONT)


# ---- long away -----------------------------------------------------------------------------------

#: 6 o'clock on the first of each month from March 2021 to March 2022: thirteen months fall due.
FIRSTS = [datetime(2021, month, 1, 6, tzinfo=TOKYO) for month in range(3, 13)] + [
    datetime(2022, month, 1, 6, tzinfo=TOKYO) for month in (1, 2, 3)
]


class Month(NamedTuple):
    """What became of a month (月の報告)."""

    files: dict[str, str]
    late: bool


def months(place: Place) -> dict[str, Month]:
    """Give the months with their data hashes, in the order in which they went out."""
    run, file, event = models.ReportRun, models.ReportFile, models.AuditEvent
    with create_engine(place.url, poolclass=NullPool).connect() as connection:
        made = connection.execute(
            select(run.id, run.period_key, run.late).where(
                run.kind == "monthly_cost", run.state.in_(("published", "notified"))
            )
        ).all()
        files = connection.execute(select(file.run_id, file.slot, file.data_hash)).all()
        order = connection.scalars(
            select(event.object_id).where(event.action == "report.publish").order_by(event.seq)
        ).all()
    assert sorted(order) == sorted(row.id for row in made)
    known = {row.id: row for row in made}
    return {
        known[key].period_key: Month(
            {slot: data for of, slot, data in files if of == key}, known[key].late
        )
        for key in order
    }


def long_away(source: databases.Source, folder: Path) -> tuple[dict[str, Month], dict[str, Month]]:
    """F-6: give what thirteen months become, month by month, and after an outage killed midway."""
    life = folder / "life"
    life.mkdir()
    world = before_the_outage(source, life)
    with world.copy("outage", folder) as place:
        assert driver.run(tick_at_each, place, "never-away", FIRSTS) == 0, driver.said(place)
        on_time = months(place)
    with world.copy("outage", folder) as place:
        away = place.at_time(FIRSTS[-1])
        driver.kill_at(away, "half-written:40")
        driver.recover(away)
        caught_up = months(away)
        digest.portal(away)
    source.drop(world.points["outage"].url)
    return on_time, caught_up
