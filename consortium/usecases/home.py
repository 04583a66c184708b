"""What is to be done now, and by whom (今月の仕事)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consortium.db.store import receipts, runs, schedules, steps, year_facts
from consortium.db.store.fact_lines import Row
from consortium.db.store.open_matters import KINDS, open_matters
from consortium.db.store.receipts import Unread
from consortium.db.store.runs import Run, Uncomputed
from consortium.db.store.schedules import ReportState
from consortium.db.unit import reading
from consortium.domain.calendar.period import Month
from consortium.domain.fiscalyear.schedule import DueFacts, DuePeriod, upcoming
from consortium.usecases import year_plan
from consortium.usecases.closings import today_of
from consortium.usecases.schedule_facts import calendar_of
from consortium.usecases.viewer import Viewer
from consortium.usecases.year_facts import sort_out
from consortium.usecases.year_plan import MonthPlan

__all__ = ["HomePage", "Row", "show_home"]


@dataclass(frozen=True, slots=True)
class HomePage:
    """Everything that waits for somebody of the lead city (今月の仕事の画面)."""

    drafts: tuple[Run, ...]
    in_review: tuple[Run, ...]
    approved: tuple[Run, ...]
    uncomputed: tuple[Uncomputed, ...]
    unread: tuple[Unread, ...]
    held_up: tuple[ReportState, ...]
    #: the next due time of each schedule, the soonest first
    coming: tuple[DuePeriod, ...]
    year_labels: Mapping[int, str]
    #: the steps of the calendar that fall in the month shown, and those left over
    plan: MonthPlan
    #: what towns and colleagues wait for, the oldest first
    matters: tuple[Row, ...] = ()

    @property
    def unread_count(self) -> int:
        """Count the statements that wait for a town (未受領の通数)."""
        return sum(town.count for town in self.unread)

    @property
    def is_clear(self) -> bool:
        """Say whether nothing waits for anybody."""
        waiting = (self.drafts, self.in_review, self.approved, self.uncomputed, self.matters)
        return not any((*waiting, self.unread, self.held_up)) and self.plan.is_clear


def show_home(viewer: Viewer, now: datetime, month: Month | None = None) -> HomePage:
    """Collect what waits for somebody, and the steps of a month, of this one if none is named."""
    owner, today = viewer.consortium_id, today_of(now)
    shown = month or Month.containing(today)
    calendars = year_plan.calendars_for(shown)
    with reading() as session:
        every = steps.steps(session, owner)
        listed = [step for step in every if step.year in calendars]
        happened = year_facts.happened(
            session,
            owner,
            year_plan.years_for(calendars),
            year_plan.window_for(calendars),
            open_matters(owner),
        )
        by_state: dict[str, list[Run]] = {}
        for run in runs.open_runs(session, owner):
            by_state.setdefault(run.state, []).append(run)
        rows = schedules.schedules(session, owner)
        known = sort_out(happened, [row for _, row in rows], year_plan.end_of(calendars))
        lines = year_plan.lines_of(listed, known, today)
        has_calendar = any(step.year == calendars[-1] for step in listed)
        calendar = calendar_of(every, known.facts.planned, known.office)
        facts = DueFacts(known.office, known.names, calendar)
        coming = [due for _, row in rows if (due := next(upcoming(row, facts, now), None))]
        return HomePage(
            drafts=tuple(by_state.get("draft", ())),
            in_review=tuple(by_state.get("in_review", ())),
            approved=tuple(by_state.get("approved", ())),
            uncomputed=tuple(runs.uncomputed(session, owner)),
            unread=tuple(receipts.unread_by_town(session, owner)),
            held_up=tuple(schedules.needing_a_person(session, owner)),
            coming=tuple(sorted(coming, key=lambda due: due.due_at)),
            year_labels=known.year_labels,
            plan=year_plan.month_plan(lines, shown, today, has_calendar=has_calendar),
            matters=_matters(happened),
        )


def _matters(happened: list[Row]) -> tuple[Row, ...]:
    """Take what waits for the lead city, the oldest first."""
    found = [(each.at, each.what, each.key, each) for each in happened if each.what in KINDS]
    return tuple(each for *_, each in sorted(found, key=lambda one: (str(one[0]), *one[1:3])))
