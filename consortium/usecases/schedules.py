"""Schedules (配信予定): what is due, what comes next, and one tick of the clock."""

import os
import socket
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from consortium.db.store import reports, schedules
from consortium.db.store.reports import NewRun
from consortium.db.store.schedules import ReportState
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label, wareki_month
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.fiscalyear.schedule import DuePeriod, MonthlySchedule, due_periods, upcoming
from consortium.reports.dues import instalment_name
from consortium.reports.names import title_of_report
from consortium.usecases import archives, closings, monthly, notices, reminders, statements
from consortium.usecases.reporting import SYSTEM, Kinds, Worker, sweep, work
from consortium.usecases.viewer import Viewer

#: Every kind of report the product makes.
KINDS: Kinds = {
    **statements.KINDS,
    **monthly.KINDS,
    **notices.KINDS,
    **reminders.KINDS,
    **archives.KINDS,
}

#: Kinds that an officer orders for an instalment or a year (指示による帳票).
_ORDERED = (notices.KIND, reminders.KIND, archives.KIND)

#: Titles of the kinds that schedules can name (帳票名).
SCHEDULED = {monthly.KIND: "月次費用報告"}

#: States of a report run as people read them (帳票作成の状態).
REPORT_STATES = {
    "due": "予定",
    "claimed": "作成中",
    "calculated": "作成中",
    "filed": "作成中",
    "published": "作成済",
    "notified": "作成済",
    "failed": "失敗",
    "cancelled": "取消",
}

_NEXT = 12
_RECENT = 24


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """Schedules with their next due times, and the reports made lately (配信予定の画面)."""

    schedules: list[tuple[MonthlySchedule, list[DuePeriod]]]
    recent: list[ReportState]
    last_tick: datetime | None


def show_schedules(viewer: Viewer, now: datetime) -> SchedulePage:
    """Give the schedules and what became of them (配信予定)."""
    with reading() as session:
        rows = schedules.schedules(session, viewer.consortium_id)
        recent = schedules.recent_runs(session, viewer.consortium_id, SCHEDULED, _RECENT)
        tick_at = schedules.last_tick(session)
    listed = [(row, list(islice(upcoming(row, now), _NEXT))) for _, row in rows]
    return SchedulePage(listed, recent, tick_at)


def title_of(kind: str) -> str:
    """Name a kind of report as people do (帳票名)."""
    if kind in SCHEDULED:
        return SCHEDULED[kind]
    if kind in _ORDERED:
        return title_of_report(kind)
    return f"負担金明細書（{STAGES[statements.stage_of(kind)]}）"


def month_name(day: date) -> str:
    """Name the month of a day, e.g. 令和8年12月 (今月)."""
    return wareki_month(Month.containing(day))


def period_name(period_key: str) -> str:
    """Name a period as people do: 令和8年11月分, 令和8年度, 令和8年度 第1期 (対象期間)."""
    if not period_key.startswith("FY"):
        return f"{wareki_month(Month.parse(period_key))}分"
    start, _, no = period_key.removeprefix("FY").partition("I")
    label = fiscal_year_label(FiscalYear(int(start)))
    return f"{label} {instalment_name(int(no))}" if no else label


def in_words(schedule: MonthlySchedule) -> str:
    """Say when a report is made, e.g. 毎月1日 06:00に、前の月の分を作成 (配信予定の文).

    A report on an earlier month names how many months before.
    """
    day = "末日" if schedule.day == "last" else f"{schedule.day}日"
    months = {0: "その月", 1: "前の月"}.get(schedule.offset, f"{schedule.offset}か月前")
    return f"毎月{day} {schedule.at_time:%H:%M}に、{months}の分を作成"


def retry(viewer: Viewer, report_id: str, now: datetime) -> None:
    """Let a failed report be made again at the next tick (再試行).

    Raises: NotFoundError unless the report is there and failed.
    """
    with writing(viewer.actor(), now) as unit:
        reports.retry(unit, viewer.consortium_id, report_id)
        unit.record(
            viewer.consortium_id, "report.retry", "report_run", report_id, "帳票作成の再試行"
        )


def process_name() -> str:
    """Name this process for leases and signs of life (作業者名)."""
    return f"{socket.gethostname()}-{os.getpid()}"


def tick(worker: Worker, *, is_trial: bool = False) -> int:
    """Find what is due, make it, and clean up; give the number of reports worked on (一巡).

    Every part may run twice, or in two processes at once, without harm: the business key decides
    what exists, the lease who works on it. A trial at another time than the clock's leaves no sign
    of life and removes no files: to it, a portal at work now looks long dead.
    """
    now = worker.now()
    with writing(SYSTEM, now) as unit:
        unit.operational()
        if not is_trial:
            schedules.beat(unit, worker.owner, socket.gethostname())
        for consortium_id, schedule in schedules.schedules(unit.session):
            known = reports.known_keys(unit.session, consortium_id, schedule.kind)
            due = [one for one in due_periods(schedule, now) if one.period_key not in known]
            reports.insert_due(unit.session, [_new(consortium_id, one) for one in due])
    if not is_trial:
        closings.end_overdue(SYSTEM, now)
    made = 0
    while work(worker, KINDS):
        made += 1
    if not is_trial:
        sweep(worker)
    return made


def _new(consortium_id: str, due: DuePeriod) -> NewRun:
    return NewRun(
        consortium_id,
        due.kind,
        due.fiscal_year,
        due.period_key,
        1,
        due.due_at,
        due.schedule_id,
    )
