"""The calendar of a fiscal year (年間予定): each step with its day, its state, what holds it up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final
from uuid import uuid4

from consortium.db.store import calendars as calendars_store
from consortium.db.store import schedules as schedules_store
from consortium.db.store import steps as store
from consortium.db.store import year_facts as facts_store
from consortium.db.store.steps import STEP_ROLES, CalendarStep
from consortium.db.unit import reading, writing
from consortium.domain.calendar.opendays import ROLL_RULES, OpenDays, why_moved
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.domain.fiscalyear.steps import (
    SETTLED,
    STEP_STATES,
    Timing,
    about_year,
    fact_of,
    state_of,
)
from consortium.domain.fiscalyear.year_facts import Fact
from consortium.usecases import closings
from consortium.usecases.schedule_facts import timing_of
from consortium.usecases.viewer import Viewer
from consortium.usecases.year_facts import Known, sort_out

__all__ = ["ROLL_RULES", "STEP_ROLES", "STEP_STATES", "CalendarStep"]

#: What is added by the office begins with this; no default step does.
OWN: Final = "own_"


@dataclass(frozen=True, slots=True)
class StepEntry:
    """What an officer enters for a step (予定の入力)."""

    title: str
    document: str
    nominal_on: date
    roll_rule: str
    role: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as shown (予定の一行): its day, how far it is, and why."""

    step: CalendarStep
    #: fiscal year it is about
    about: FiscalYear
    about_label: str
    timing: Timing
    #: why it moved, empty where it did not
    why_moved: str
    fact: Fact
    state: str
    is_late: bool
    #: for a stage: whether it has costs, and a run on its way
    has_costs: bool = False
    has_run: bool = False

    @property
    def state_label(self) -> str:
        """Name the state (状態)."""
        return STEP_STATES[self.state]

    @property
    def role_label(self) -> str:
        """Name who does it (担当)."""
        return STEP_ROLES[self.step.role]

    @property
    def is_settled(self) -> bool:
        """Say whether nobody has to do anything any more (済・対象外)."""
        return self.state in SETTLED

    @property
    def what(self) -> str:
        """Say what was found: what was noted by hand, else what the tables say (状況)."""
        if self.step.is_marked and not self.fact.is_done:
            return self.step.done_note
        return self.fact.what

    @property
    def done_on(self) -> date | None:
        """Give the day it was done, where one is known (済の日)."""
        return self.fact.done_on if self.fact.is_done else self.step.done_on


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The calendar of a year (年間予定の画面)."""

    year: FiscalYear
    label: str
    lines: tuple[StepLine, ...]
    #: years with a calendar, in order, and their labels
    years: tuple[tuple[FiscalYear, str], ...]
    #: calendar years whose holidays nobody imported
    missing_holidays: tuple[int, ...]
    following: str

    @property
    def late(self) -> int:
        """Count the steps past their day, those held up among them (期限超過の件数)."""
        return sum(1 for line in self.lines if line.is_late)

    def count(self, *states: str) -> int:
        """Count the steps in some states (件数)."""
        return sum(1 for line in self.lines if line.state in states)


# ---- reading -------------------------------------------------------------------------------------


def show_plan(viewer: Viewer, year: FiscalYear, now: datetime) -> PlanPage:
    """Read the calendar of a year (年間予定)."""
    owner, today = viewer.consortium_id, closings.today_of(now)
    with reading() as session:
        every = store.steps(session, owner)
        shown = [step for step in every if step.year == year]
        rows = facts_store.happened(session, owner, _years(shown, year), _window([year]))
        schedules = [each for _, each in schedules_store.schedules(session, owner)]
        filled = calendars_store.filled_years(session, owner)
    known = sort_out(rows, schedules, end_of([year]))
    years = sorted({step.year for step in every} | {year})
    return PlanPage(
        year,
        fiscal_year_label(year, known.year_labels),
        lines_of(shown, known, today),
        tuple((each, fiscal_year_label(each, known.year_labels)) for each in years),
        missing_holidays(year, filled),
        fiscal_year_label(year.next(), known.year_labels),
    )


def missing_holidays(year: FiscalYear, filled: Sequence[int]) -> tuple[int, ...]:
    """Name the calendar years of a fiscal year whose holidays are not there (未取込みの年)."""
    start = year.start_year
    return tuple(each for each in (start, start + 1) if each not in filled)


def show_step(viewer: Viewer, step_id: str) -> CalendarStep:
    """Read one step. Raises: NotFoundError."""
    with reading() as session:
        return store.step(session, viewer.consortium_id, step_id)


def _years(shown: Iterable[CalendarStep], year: FiscalYear) -> list[FiscalYear]:
    return sorted({about_year(step.key, step.year) for step in shown} | {year})


def _window(years: Sequence[FiscalYear]) -> Period:
    """Give the days a deadline of some calendars can move over."""
    first, last = min(years), max(years)
    return Period(first.previous().period.since, last.next().period.until)


def end_of(calendars: Sequence[FiscalYear]) -> datetime:
    """Give the instant up to which schedules count for some calendars (対象の配信予定)."""
    return datetime.combine(max(calendars).next().next().period.since, time(), TOKYO)


# ---- composing -----------------------------------------------------------------------------------


def lines_of(shown: Iterable[CalendarStep], known: Known, today: date) -> tuple[StepLine, ...]:
    """Give the steps with day and state, the earliest first (予定の一覧)."""
    lines = [_line(step, known, today) for step in shown]
    return tuple(sorted(lines, key=lambda line: (line.timing.effective_on, line.step.title)))


def _line(step: CalendarStep, known: Known, today: date) -> StepLine:
    timing = timing_of(step, known.facts.planned, known.office)
    fact = fact_of(step.key, step.year, known.facts)
    state = state_of(fact, timing.effective_on, today, is_marked=step.is_marked)
    about = about_year(step.key, step.year)
    return StepLine(
        step,
        about,
        fiscal_year_label(about, known.year_labels),
        timing,
        why_moved(timing.nominal_on, timing.roll_rule, known.names) if timing.is_moved else "",
        fact,
        state,
        today > (fact.due_on or timing.effective_on) and state not in SETTLED,
        (about.start_year, step.key) in known.facts.with_costs,
        (about.start_year, step.key) in known.facts.on_their_way,
    )


# ---- this month ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MonthPlan:
    """The steps of a month, and those left over from before (その月の予定)."""

    month: Month
    lines: tuple[StepLine, ...]
    #: unfinished steps of earlier months; in the present month only
    left_over: tuple[StepLine, ...]
    has_calendar: bool

    @property
    def is_clear(self) -> bool:
        """Say whether nothing of it waits for anybody."""
        return all(line.is_settled for line in (*self.lines, *self.left_over))


def month_plan(
    lines: Iterable[StepLine], month: Month, today: date, *, has_calendar: bool
) -> MonthPlan:
    """Choose what belongs to a month (今月の仕事); what is left over stands in the present one."""
    every = tuple(lines)
    of_month = tuple(each for each in every if month.period.contains(each.timing.effective_on))
    is_present = month == Month.containing(today)
    before = (each for each in every if each.timing.effective_on < month.first)
    left_over = tuple(each for each in before if not each.is_settled) if is_present else ()
    return MonthPlan(month, of_month, left_over, has_calendar)


def calendars_for(month: Month) -> tuple[FiscalYear, FiscalYear]:
    """Give the calendars a month view reads: its own year's and the one before (対象の予定)."""
    year = FiscalYear.containing(month.first)
    return year.previous(), year


def years_for(calendars: Sequence[FiscalYear]) -> tuple[FiscalYear, ...]:
    """Give the fiscal years that steps of some calendars are about (対象の年度)."""
    first, last = min(calendars).previous(), max(calendars).next()
    return tuple(FiscalYear(start) for start in range(first.start_year, last.start_year + 1))


def window_for(calendars: Sequence[FiscalYear]) -> Period:
    """Give the closed days to read for some calendars (対象の閉庁日)."""
    return _window(calendars)


# ---- changing ------------------------------------------------------------------------------------


def add_step(
    viewer: Viewer, year: FiscalYear, entry: StepEntry, now: datetime, step_id: str = ""
) -> CalendarStep:
    """Add a step of the office's own (予定の追加).

    A form sent again with its `step_id` (二度押し・再読込み) gives what was saved first.
    Raises: BadInputError at the field, ClosedError for a year under 本締め.
    """
    new_id = step_id or str(uuid4())
    new = CalendarStep(
        new_id, year, f"{OWN}{new_id}", entry.title, entry.document,
        entry.nominal_on, entry.roll_rule, entry.role,
    )  # fmt: skip
    _check(year, entry)
    with writing(viewer.actor(), now) as unit:
        closings.refuse_closed(unit, viewer.consortium_id, year, reason=None)
        saved = store.find_step(unit.session, viewer.consortium_id, new.id)
        if saved is not None:
            if saved != replace(new, row_version=saved.row_version):
                raise _refuse(
                    "record_id",
                    "この入力画面からは、もう追加されています。",
                    "もう一つ追加するときは、もう一度送ってください。",
                )
            return saved
        store.add_steps(unit, viewer.consortium_id, f"予定「{new.title}」の追加", [new])
    return new


def change_step(
    viewer: Viewer, step_id: str, seen_version: int, entry: StepEntry, now: datetime
) -> CalendarStep:
    """Change a step as it was seen (予定の変更).

    Raises: StaleError, BadInputError at the field, ClosedError, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.step(unit.session, viewer.consortium_id, step_id)
        closings.refuse_closed(unit, viewer.consortium_id, old.year, reason=None)
        _check(old.year, entry)
        new = replace(
            old,
            title=entry.title,
            document=entry.document,
            nominal_on=entry.nominal_on,
            roll_rule=entry.roll_rule,
            role=entry.role,
        )
        seen = replace(old, row_version=seen_version)
        store.save_step(unit, viewer.consortium_id, seen, new)
    return new


def remove_step(viewer: Viewer, step_id: str, seen_version: int, now: datetime) -> CalendarStep:
    """Delete a step (予定の削除). Raises: StaleError, ClosedError, NotFoundError."""
    with writing(viewer.actor(), now) as unit:
        old = store.step(unit.session, viewer.consortium_id, step_id)
        closings.refuse_closed(unit, viewer.consortium_id, old.year, reason=None)
        store.remove_step(unit, viewer.consortium_id, replace(old, row_version=seen_version))
    return old


def mark_done(
    viewer: Viewer, step_id: str, seen_version: int, note: str, now: datetime
) -> CalendarStep:
    """Mark a step done by hand, with what was done (済の記入).

    Raises: StaleError, BadInputError without a note, ClosedError, NotFoundError.
    """
    if not note.strip():
        raise _refuse("note", "何をしたかが書かれていません。", "備考を入力してください。")
    day = closings.today_of(now)
    return _mark(viewer, step_id, seen_version, now, (day, viewer.name, note))


def mark_open(viewer: Viewer, step_id: str, seen_version: int, now: datetime) -> CalendarStep:
    """Take the mark back (済の取消). Raises: StaleError, ClosedError, NotFoundError."""
    return _mark(viewer, step_id, seen_version, now, (None, None, ""))


def _mark(
    viewer: Viewer,
    step_id: str,
    seen_version: int,
    now: datetime,
    mark: tuple[date | None, str | None, str],
) -> CalendarStep:
    with writing(viewer.actor(), now) as unit:
        old = store.step(unit.session, viewer.consortium_id, step_id)
        closings.refuse_closed(unit, viewer.consortium_id, old.year, reason=None)
        new = replace(old, done_on=mark[0], done_by=mark[1], done_note=mark[2])
        seen = replace(old, row_version=seen_version)
        store.save_step(unit, viewer.consortium_id, seen, new)
    return new


def _check(year: FiscalYear, entry: StepEntry) -> None:
    """Refuse what does not stand in the calendar of a year."""
    OpenDays().roll(entry.nominal_on, entry.roll_rule)
    if not year.period.contains(entry.nominal_on):
        raise _refuse(
            "nominal_on",
            f"{wareki(entry.nominal_on)}は、{fiscal_year_label(year)}の日ではありません。",
            "その年度の4月1日から翌年3月31日までの日にしてください。",
        )
    if entry.role not in STEP_ROLES:
        raise _refuse("role", "一覧にない担当です。", "担当を選び直してください。")


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("予定を保存しようとしました。", found, todo, path=path)
