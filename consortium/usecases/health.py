"""Whether the portal does what nobody watches it do (稼働状況)."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from consortium.db.store import accounts, health, integrity, report_pages, schedules
from consortium.db.store.health import Work
from consortium.db.store.integrity import Found
from consortium.db.store.report_pages import ReportLine
from consortium.db.unit import reading
from consortium.domain.fiscalyear.schedule import DuePeriod
from consortium.usecases.schedule_facts import next_due
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MB = 1024 * 1024
#: A scheduler silent for longer is taken for dead.
SILENT = timedelta(minutes=5)
#: A report later than this that waits for nobody is overdue.
PATIENCE = timedelta(minutes=10)
#: With less free space nothing can be made safely (bytes).
LEAST_FREE = 200 * MB
#: Due times shown.
NEXT = 10

#: What is looked at, and what people call it (確かめるもの).
CHECKS = {
    "database": "データベース",
    "scheduler": "定期実行",
    "reports": "帳票の作成",
    "integrity": "記録の整合性",
    "disk": "ディスク",
}


@dataclass(frozen=True, slots=True)
class Health:
    """How the portal is (稼働状況), of all consortia or of one."""

    last_tick: datetime | None
    work: Work
    coming: tuple[DuePeriod, ...]
    #: what the last check of each consortium found
    found: tuple[Found, ...]
    #: consortia, checked or not
    consortia: int
    free: int
    #: failed check → what is wrong, in Japanese
    problems: dict[str, str]

    @property
    def is_well(self) -> bool:
        """Say whether nothing is wrong (正常)."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class HealthPage:
    """The health with what needs a person (稼働状況の画面)."""

    health: Health
    #: reports still to be made, and the failed ones
    open: tuple[ReportLine, ...]


def machine(folder: Path, now: datetime) -> Health:
    """Look at everything, for a machine that watches (監視用)."""
    with reading() as session:
        owners = accounts.consortium_ids(session, None)
        coming = [due for owner in owners for due in next_due(session, owner, now, NEXT)]
        return _health(session, folder, now, coming, len(owners))


def show_health(viewer: Viewer, folder: Path, now: datetime) -> HealthPage:
    """Look at the portal and one's own consortium (稼働状況)."""
    owner = viewer.consortium_id
    with reading() as session:
        coming = next_due(session, owner, now, NEXT)
        return HealthPage(
            _health(session, folder, now, coming, 1, owner),
            tuple(report_pages.open_reports(session, owner)),
        )


def _health(  # noqa: PLR0913 -- what was read already, and whose
    session: "Session",
    folder: Path,
    now: datetime,
    coming: list[DuePeriod],
    consortia: int,
    consortium_id: str | None = None,
) -> Health:
    last_tick = schedules.last_tick(session)
    work = health.work_at(session, now, PATIENCE, consortium_id)
    found = tuple(integrity.states(session, consortium_id))
    free = _free(folder)
    problems = dict(_problems(now, last_tick, work, found, free))
    nearest = tuple(sorted(coming, key=lambda due: due.due_at)[:NEXT])
    return Health(last_tick, work, nearest, found, consortia, free, problems)


def _problems(
    now: datetime, last_tick: datetime | None, work: Work, found: tuple[Found, ...], free: int
) -> Iterator[tuple[str, str]]:
    if last_tick is None:
        yield "scheduler", "定期実行がまだ一度も動いていません。"
    elif now - last_tick > SILENT:
        minutes = int((now - last_tick).total_seconds() // 60)
        yield "scheduler", f"定期実行が{minutes}分動いていません。"
    if work.overdue:
        late = int(PATIENCE.total_seconds() // 60)
        yield "reports", f"予定の時刻を{late}分より過ぎた帳票が{work.overdue}件あります。"
    faults = sum(each.fault_count for each in found)
    if faults:
        yield "integrity", f"保存した記録に、保存した時と異なるものが{faults}件あります。"
    if free < LEAST_FREE:
        yield "disk", f"ディスクの空きが{free // MB}MBしかありません。"


def _free(folder: Path) -> int:
    """Give the free space where files go; before the first file the folder above has it."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free
