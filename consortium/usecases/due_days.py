"""What is due for somebody, day by day (期限の日): the office's year, or a town's own dates.

Dates only: neither amounts nor what was paid, because a calendar address needs no login.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from consortium.db.store import base_rounds, instalments, schedules, settings, steps
from consortium.db.store.calendars import open_days
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.schedule import upcoming
from consortium.reports.calendar_feed import Due
from consortium.reports.dues import instalment_name
from consortium.usecases.closings import today_of
from consortium.usecases.instalments import read_ledger
from consortium.usecases.kinds import SCHEDULED, period_name, title_of
from consortium.usecases.schedule_facts import calendar_of, facts_of
from consortium.usecases.town import show_town
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def due_days(viewer: Viewer, now: datetime) -> list[Due]:
    """Give what is due for the viewer, of the fiscal year, the one before and the next (期限)."""
    today = today_of(now)
    this = FiscalYear.containing(today)
    years = (this.previous(), this, this.next())
    figures = list(_figures(viewer, today)) if viewer.is_member else []
    with reading() as session:
        labels = settings.settings_of(session, viewer.consortium_id).year_labels
        names = {year: fiscal_year_label(year, labels) for year in years}
        if viewer.is_member:
            found = [*_own_instalments(session, viewer, names), *figures]
        else:
            found = [*_steps(session, viewer, names), *_rounds(session, viewer)]
        found += _reports(session, viewer, now, years[-1].next().period.since)
    return list({due.key: due for due in found}.values())


# ---- a town --------------------------------------------------------------------------------------


def _own_instalments(
    session: "Session", viewer: Viewer, names: dict[FiscalYear, str]
) -> Iterator[Due]:
    """Give the due days of what a town was asked for, or will be (納期限)."""
    code = viewer.code or ""
    for year, name in names.items():
        ledger = read_ledger(session, viewer.consortium_id, year, code)
        for line in ledger.lines.get(code, ()):
            if line.state == "notified" or line.amount > 0:
                key = f"instalment-{year.start_year}-{line.no}"
                title = f"負担金の納期限（{name} {instalment_name(line.no)}）"
                yield Due(key, line.due_on, title, "納める額は、ポータルの「負担金」にあります。")


def _figures(viewer: Viewer, today: date) -> Iterator[Due]:
    """Give the days by which a town is asked for base figures (基礎数値の提出期限)."""
    for duty in show_town(viewer, today).duties:
        if duty.kind == "figures" and duty.due_on is not None:
            key = f"figures-{duty.year.start_year if duty.year else 0}-{duty.due_on}"
            yield Due(key, duty.due_on, duty.title)


# ---- the office ----------------------------------------------------------------------------------


def _steps(session: "Session", viewer: Viewer, names: dict[FiscalYear, str]) -> Iterator[Due]:
    """Give the steps of the calendars, and due days that no step stands for (年間予定)."""
    owner = viewer.consortium_id
    listed = steps.steps(session, owner, *names)
    planned = instalments.planned_days(session, owner)
    days = calendar_of(listed, planned, open_days(session, owner, None))
    known = set()
    for step in listed:
        known.add((step.year.start_year, step.key))
        day = days[step.year.start_year, step.key].effective_on
        yield Due(f"step-{step.id}", day, step.title, f"{names[step.year]}の年間予定")
    for (start, no), due_on in planned.items():
        if FiscalYear(start) in names and (start, f"instalment_{no}") not in known:
            title = f"納期限（{names[FiscalYear(start)]} {instalment_name(no)}）"
            yield Due(f"instalment-{start}-{no}", due_on, title)


def _rounds(session: "Session", viewer: Viewer) -> Iterator[Due]:
    for asked in base_rounds.rounds(session, viewer.consortium_id, "open"):
        year = fiscal_year_label(asked.year)
        yield Due(f"round-{asked.id}", asked.due_on, f"{year} 基礎数値の提出期限")


# ---- reports -------------------------------------------------------------------------------------


def _reports(session: "Session", viewer: Viewer, now: datetime, end: date) -> Iterator[Due]:
    """Give when reports are made until a day (配信予定), for a town those that it gets."""
    owner = viewer.consortium_id
    known = [
        row.schedule
        for row in schedules.schedule_rows(session, owner)
        if row.schedule and _is_for(viewer, row.kind, row.towns)
    ]
    facts = facts_of(session, owner, known)
    for each in known:
        for due in takewhile(lambda due: due.due_at.date() < end, upcoming(each, facts, now)):
            title = f"{title_of(due.kind)}（{period_name(due.period_key)}）の作成"
            yield Due(f"{due.kind}-{due.period_key}", due.due_at.date(), title)


def _is_for(viewer: Viewer, kind: str, towns: Collection[str]) -> bool:
    """Say whether a report is worth a line: what is made every day would hide the rest."""
    asked = SCHEDULED[kind]
    if viewer.is_member:
        return asked.chooses_towns and (not towns or viewer.code in towns)
    return asked.periods != ("day",)
