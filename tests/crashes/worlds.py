"""Where the kills begin (出発点): one life of an office, and a copy of each point of it.

At each point just one thing is left for the next tick: the statements of a year, a second edition
with a reason, a monthly report, the archive of a closed year.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from flask import current_app

from consortium.clock import TOKYO, FrozenClock
from consortium.db.store import runs as run_store
from consortium.db.unit import writing
from consortium.domain.calendar.period import FiscalYear
from consortium.mail import Mailer
from consortium.usecases import archives, runs, year_closing
from consortium.usecases.kinds import KINDS
from consortium.usecases.mail_addresses import set_address
from consortium.usecases.ordering import Maker
from consortium.usecases.reporting import SYSTEM
from tests import databases
from tests.crashes import digest, driver
from tests.crashes.acts import Place, plainly, unchecked
from tests.office import FUJISAKI, ITAYANAGI, Office, open_office
from tests.people import People

#: 令和3年度 is issued; its month of December is reported at New Year.
NOW = datetime(2021, 12, 1, 10, 0, tzinfo=TOKYO)
NEW_YEAR = datetime(2022, 1, 1, 6, 0, tzinfo=TOKYO)
#: What a tick finds to do: key → what people call it.
POINTS = {
    "statements": "負担金明細書7通と総括表",
    "correction": "第2版（訂正）の明細書7通と総括表",
    "monthly": "月次費用報告7通",
    "archive": "年度アーカイブ",
}


class Undisturbed(NamedTuple):
    """What a tick makes of a point when nobody is killed (中断のない結果)."""

    hits: list[str]
    portal: digest.Portal


@dataclass(frozen=True)
class World:
    """The points of a life on one kind of database, and what becomes of each."""

    source: databases.Source
    points: dict[str, Place]
    known: dict[str, Undisturbed] = field(default_factory=dict)

    def undisturbed(self, name: str, folder: Path, mailer: Mailer | None = None) -> Undisturbed:
        """Tick once at a point without any fault, the first time it is asked for."""
        key = f"{name} with mail" if mailer else name
        if key not in self.known:
            with self.copy(name, folder, mailer) as place:
                hits = driver.trace(place)
                assert not driver.open_runs(place), driver.said(place)
                self.known[key] = Undisturbed(hits, digest.portal(place))
        return self.known[key]

    @contextmanager
    def copy(self, name: str, folder: Path, mailer: Mailer | None = None) -> Iterator[Place]:
        """Give a copy of a point, thrown away afterwards."""
        point = self.points[name]
        own = folder / uuid4().hex
        own.mkdir(parents=True)
        if point.files.is_dir():
            shutil.copytree(point.files, own / "files")
        url = self.source.copy(point.url, own)
        try:
            yield replace(point, url=url, folder=own, mailer=mailer)
        finally:
            self.source.drop(url)
            shutil.rmtree(own)


def live(source: databases.Source, folder: Path) -> World:
    """Live once up to each point, and keep a copy of it."""
    url, files = source.fresh(folder), folder / "files"
    points: dict[str, Place] = {}

    def keep(name: str, at: datetime = NOW) -> None:
        own = folder / name
        own.mkdir()
        if files.is_dir():
            shutil.copytree(files, own / "files")
        points[name] = Place(source.copy(url, own), own, at)

    clock = FrozenClock(NOW)
    with pytest.MonkeyPatch.context() as patch:
        plainly(patch)
        unchecked(patch)
        for name, act in _ACTS.items():
            with databases.opened(url):
                office = open_office(files, clock, schedule_from=NOW)
                act(office)
            keep(name, NEW_YEAR if name == "monthly" else NOW)
    source.drop(url)
    return World(source, points)


def before_the_outage(source: databases.Source, folder: Path) -> World:
    """Give an office with 令和2・3年度 issued early, and reports on each month from February."""
    url, files = source.fresh(folder), folder / "files"
    begins = datetime(2021, 2, 10, 9, 0, tzinfo=TOKYO)
    with pytest.MonkeyPatch.context() as patch, databases.opened(url):
        plainly(patch)
        office = open_office(files, FrozenClock(begins), schedule_from=begins)
        for year in (2020, 2021):
            office.issued(year)
    return World(source, {"outage": Place(url, folder, begins)})


def _order(office: Office, start: int, stage: str, reason: str = "") -> None:
    """Approve a run and order its statements; nobody has made one yet."""
    run_id = office.approved(start, stage, reason)
    with writing(SYSTEM, office.clock.now()) as unit:
        run = run_store.get_run(unit.session, office.consortium_id, run_id)
        runs._order(unit, office.consortium_id, run)


def _first(office: Office) -> None:
    """Two towns have somebody with an address; the letters wait for a mail server."""
    people = People(current_app._get_current_object(), office.clock)  # type: ignore[attr-defined]
    for login, code in (("ita", ITAYANAGI), ("fuji", FUJISAKI)):
        people.make(login, "member_staff", code)
        set_address(login, f"{login}@example.lg.jp", office.clock.now())
    _order(office, 2021, "final")


def _second(office: Office) -> None:
    """令和3年度の明細書を出してから、理由を書いて改める。"""
    office.tick(NOW)
    _order(office, 2021, "final", "費目の誤り")


def _december(office: Office) -> None:
    """12月分は1月1日6時に作る。"""
    office.tick(NOW)


def _archive(office: Office) -> None:
    year = FiscalYear(2021)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(year_closing, "_open_points", lambda *_: [])
        year_closing.close_soft(office.staff, year, "", NOW)
        year_closing.close_hard(office.approver, year, "", NOW)
        patch.setattr(archives, "make", lambda *_: None)
        maker = Maker(office.worker, KINDS)
        archives.issue_archive(office.approver, year, str(uuid4()), maker)


_ACTS = {
    "statements": _first,
    "correction": _second,
    "monthly": _december,
    "archive": _archive,
}
