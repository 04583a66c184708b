"""What falls due in one minute (一斉の配信): 249 consortia of seven towns, and plain APScheduler.

There are 1,741 municipalities; 249 groups of seven are 1,743 monthly reports. Ours are made by real
processes from real figures into real workbooks. A job of plain APScheduler, with its default
settings and its own job store, writes one small file: the least that a report could be.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.pool import NullPool

from consortium.clock import TOKYO, FrozenClock, SystemClock
from consortium.db import models
from consortium.db.models import Base
from consortium.db.seals import seal_unsealed
from tests import databases
from tests.crashes import driver
from tests.crashes.acts import Place, tick_once
from tests.office import open_office

CONSORTIA, TOWNS = 249, 7
STATEMENTS = CONSORTIA * TOWNS
#: The report on August 2021 falls due on 1 September at six; 令和3年度 is issued by then.
BEGINS = datetime(2021, 8, 10, 9, 0, tzinfo=TOKYO)
DUE = datetime(2021, 9, 1, 6, 0, tzinfo=TOKYO)
PROCESSES = 2
#: So long may the way to the kill take (seconds).
PATIENCE = 900
#: Tables of one office alone: what it did and made, and what the database itself guards.
NOT_COPIED = (
    "audit_event", "report_run", "report_input", "report_file", "run_event", "statement",
    "scheduler_heartbeat", "share_row", "table_seal", "integrity_state",
)  # fmt: skip


class Made(NamedTuple):
    """What came of it (結果): how many are missing, how many are there more than once."""

    lost: int
    twice: int


# ---- ours ----------------------------------------------------------------------------------------


def many_offices(folder: Path) -> Place:
    """Give a database in which 249 consortia have a report due at the same minute."""
    url = databases.SqliteTemplates(folder).fresh(folder)
    with databases.opened(url):
        office = open_office(folder / "files", FrozenClock(BEGINS), schedule_from=BEGINS)
        office.issued(2021)
    tables = [each for each in Base.metadata.sorted_tables if each.name not in NOT_COPIED]
    with create_engine(url, poolclass=NullPool).begin() as connection:
        first = {table: connection.execute(select(table)).mappings().all() for table in tables}
        for number in range(1, CONSORTIA):
            space = UUID(int=number)
            for table, rows in first.items():
                if rows:
                    copies = [_other(row, space, number) for row in rows]
                    connection.execute(insert(table), copies)
        seal_unsealed(connection)
    return Place(url, folder, DUE, is_real=True)


def _other(row: Mapping[str, object], space: UUID, number: int) -> dict[str, object]:
    """Give the row of another consortium: the same, with ids of its own."""
    found = {key: _other_id(value, space) for key, value in row.items()}
    if "next_number" in row:  # the consortium itself
        found["key"] = f"{row['key']}-{number}"
    return found


def _other_id(value: object, space: UUID) -> object:
    if not isinstance(value, str) or len(value) != 36 or value.count("-") != 4:
        return value
    return str(uuid5(space, value))


def make_all(place: Place, *, killed: bool) -> Made:
    """Let two schedulers make everything; killed at half of it, two others go on."""
    children = _start(place)
    if killed:
        driver.wait_until(lambda: _recorded(place) >= STATEMENTS // 2, children[0], PATIENCE)
        for child in children:
            child.kill()
            driver.ended(child)
        driver.let_five_minutes_go_by(place)
        children = _start(place)
    for child in children:
        child.join()
        assert child.exitcode == 0, driver.said(place)
    return _count(place)


def _start(place: Place) -> list[BaseProcess]:
    return [driver.start(tick_once, place, f"{uuid4()}") for _ in range(PROCESSES)]


def _recorded(place: Place) -> int:
    with create_engine(place.url, poolclass=NullPool).connect() as connection:
        query = select(func.count()).select_from(models.ReportFile)
        return int(connection.scalar(query) or 0)


def _count(place: Place) -> Made:
    """Count what towns can fetch: published, and the bytes as recorded."""
    run, file = models.ReportRun, models.ReportFile
    query = (
        select(run.consortium_id, run.period_key, file.slot, file.stored_name, file.file_hash)
        .join(file, file.run_id == run.id)
        .where(run.kind == "monthly_cost", run.state.in_(("published", "notified")))
    )
    events = select(models.AuditEvent.object_id).where(models.AuditEvent.action == "report.publish")
    with create_engine(place.url, poolclass=NullPool).connect() as connection:
        rows = connection.execute(query).all()
        published = Counter(connection.scalars(events))
    found = Counter(
        row[:3]
        for row in rows
        if hashlib.sha256((place.files / row[3]).read_bytes()).hexdigest() == row[4]
    )
    return Made(STATEMENTS - len(found), _surplus(found) + _surplus(published))


def _surplus(counted: Counter[object] | Counter[tuple[str, ...]]) -> int:
    return sum(count - 1 for count in counted.values())


# ---- plain APScheduler ---------------------------------------------------------------------------


def small_file(number: int, folder: str) -> None:
    """Write what stands for a report."""
    (Path(folder) / f"{number}.{uuid4()}").write_bytes(b"report")


def plain_scheduler(place: Place, *, adds: bool) -> None:
    """Run APScheduler as its documentation begins: default settings, jobs in a database."""
    clock = SystemClock()
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=place.url)}, timezone="Asia/Tokyo"
    )
    scheduler.start(paused=True)
    if adds:
        due = clock.now() + LEAD_TIME
        for number in range(STATEMENTS):
            scheduler.add_job(small_file, "date", run_date=due, args=[number, str(place.files)])
        while clock.now() < due - timedelta(seconds=0.2):
            time.sleep(0.01)
    scheduler.resume()
    while scheduler.get_jobs():
        time.sleep(0.2)
    scheduler.shutdown()


#: So long may it take to put the jobs into the store.
LEAD_TIME = timedelta(seconds=30)


def run_plainly(folder: Path, *, killed: bool) -> Made:
    """Let APScheduler run as many jobs as there are reports; killed on the way, started again.

    On the way: at the first few, as on a busy host it does not even get to a quarter.
    """
    place = Place(f"sqlite:///{folder / 'jobs.sqlite3'}", folder, DUE)
    place.files.mkdir()
    child = driver.start(_adding, place)
    if killed:
        made = place.files.iterdir
        driver.wait_until(lambda: len(list(made())) >= 20, child, PATIENCE)
        child.kill()
        driver.ended(child)
        child = driver.start(_restarted, place)
    child.join()
    found = Counter(path.name.partition(".")[0] for path in place.files.iterdir())
    return Made(STATEMENTS - len(found), _surplus(Counter(found)))


def _adding(place: Place) -> None:
    plain_scheduler(place, adds=True)


def _restarted(place: Place) -> None:
    plain_scheduler(place, adds=False)
