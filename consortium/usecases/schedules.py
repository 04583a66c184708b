"""Schedules (配信予定): what is due, what comes next, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from consortium.db.store import reports, schedules
from consortium.db.store.reports import NewRun
from consortium.db.store.schedules import ReportState
from consortium.db.unit import reading, writing
from consortium.domain.fiscalyear.schedule import DuePeriod, MonthlySchedule, due_periods, upcoming
from consortium.usecases.kinds import SCHEDULED
from consortium.usecases.reporting import SYSTEM
from consortium.usecases.viewer import Viewer

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


def plan_due(now: datetime) -> None:
    """Enter a row for every report that has become due and has none yet (期限の来た帳票の登録)."""
    with writing(SYSTEM, now) as unit:
        unit.operational()
        for consortium_id, schedule in schedules.schedules(unit.session):
            known = reports.known_keys(unit.session, consortium_id, schedule.kind)
            due = [one for one in due_periods(schedule, now) if one.period_key not in known]
            reports.insert_due(unit.session, [_new(consortium_id, one) for one in due])


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
