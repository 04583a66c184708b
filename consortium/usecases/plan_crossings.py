"""What a change of a plan crosses (またぐもの): sessions, years, contract ends, busy times, grants.

Pure: the plan as it is and as it would be, and what stands around it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.onboarding.golive import (
    GO_LIVE,
    BusyPeriod,
    busy_findings,
    go_live_findings,
)
from consortium.domain.onboarding.network import Network
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.sharing.proration import months_between
from consortium.usecases.plan_impact import dates_of

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends on a day and on which a task rests (満了するもの)."""

    #: e.g. 現行契約（○○社）
    name: str
    last_day: date
    #: task that should be over by then; GO_LIVE: should have begun by the day after
    code: str = GO_LIVE


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a plan (工程の周り): contracts, terms, busy times, grants."""

    endings: tuple[Ending, ...] = ()
    #: terms of the agreement with their last day (利用期)
    terms: tuple[tuple[str, date, date], ...] = ()
    busy: tuple[BusyPeriod, ...] = ()
    #: grants tied to the town, with their year (補助金)
    grants: tuple[tuple[str, FiscalYear], ...] = ()
    #: days set by the state that the 本稼働日 should not pass (国の期限)
    deadlines: tuple[tuple[str, date], ...] = ()
    #: open days of the town, by which cut-over needs closed ones (閉庁日)
    office: OpenDays | None = None
    year_labels: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """Something a change runs into (またぐもの); `code` is the task."""

    kind: str
    code: str
    text: str


def crossings(
    old: Plan, new: Plan, day: date, network: Network, around: Surroundings
) -> tuple[Crossing, ...]:
    """List sessions, fiscal years, contract ends, busy times and grants that a change crosses.

    `day` is the 本稼働日 the new plan comes to.
    """
    was = {task.code: task for task in old.tasks}
    pairs = [
        (was[task.code], replace(task, planned_start=day, planned_finish=day))
        if task.code == GO_LIVE
        else (was[task.code], task)
        for task in new.tasks
    ]
    moved = [(one, other) for one, other in pairs if dates_of(one) != dates_of(other)]
    return tuple(
        [
            *_sessions(moved, network),
            *_fiscal_years(moved, around),
            *_endings(pairs, around),
            *_terms(old.anchor_on, day, around),
            *_busy(moved, around),
            *_closed(old.anchor_on, day, around),
            *_deadlines(old.anchor_on, day, around),
        ]
    )


_Pairs = Iterable[tuple[PlanTask, PlanTask]]


def _sessions(moved: _Pairs, network: Network) -> Iterator[Crossing]:
    windows = {task.code: network.windows.get(task.window, ()) for task in network.tasks}
    for old, new in moved:
        if old.planned_finish == new.planned_finish or not windows.get(new.code):
            continue
        missed = old.planned_finish in windows[new.code] and new.planned_finish > old.planned_finish
        first = f"{wareki(old.planned_finish)}の{_session(old)}"
        rest = f"{wareki(new.planned_finish)}になります。"
        text = f"{first}に間に合わず、次は{rest}" if missed else f"{first}から{rest}"
        yield Crossing("議会", new.code, f"{new.name}は、{text}")


def _session(task: PlanTask) -> str:
    if task.window_kind == "assembly":
        return "総会"
    return f"{task.planned_finish.month}月議会" if task.window_kind == "council" else "日"


def _fiscal_years(moved: _Pairs, around: Surroundings) -> Iterator[Crossing]:
    found: dict[tuple[FiscalYear, FiscalYear], list[PlanTask]] = {}
    for old, new in moved:
        first, then = (FiscalYear.containing(each.planned_finish) for each in (old, new))
        if first != then:
            found.setdefault((first, then), []).append(new)
    for years, tasks in found.items():
        labels = [fiscal_year_label(year, around.year_labels) for year in years]
        names = "、".join(f"{task.code} {task.name}" for task in tasks)
        ends = f"終わりが、{labels[0]}から{labels[1]}に移ります。予算の年度も移ります"
        yield Crossing("年度", tasks[0].code, f"{names}の{ends}。")


def _endings(pairs: _Pairs, around: Surroundings) -> Iterator[Crossing]:
    by_code = {new.code: (old, new) for old, new in pairs}
    for ending in around.endings:
        if ending.code not in by_code:
            continue
        # Who goes live on the day after an old contract ends has no gap.
        allowed = ending.last_day + (_ONE_DAY if ending.code == GO_LIVE else timedelta())
        old, new = (task.planned_finish for task in by_code[ending.code])
        if old <= allowed < new:
            first, last = Month.containing(allowed), Month.containing(new - _ONE_DAY)
            months = len(months_between(first, last))
            end = wareki(ending.last_day)
            text = f"{ending.name}は{end}に終わります。あと{months}か月分の延長が要ります。"
            yield Crossing("契約満了", ending.code, text)


def _terms(old: date, new: date, around: Surroundings) -> Iterator[Crossing]:
    if old == new:
        return
    first, then = (_left(day, around) for day in (old, new))
    if first and then and first != then and first[0] == then[0]:
        text = f"{first[0]}の残期間が、{first[1]}か月から{then[1]}か月になります。"
        yield Crossing("契約満了", GO_LIVE, text)
    elif first and (not then or then[0] != first[0]):
        text = f"{first[0]}（残期間{first[1]}か月）のうちに本稼働できなくなります。"
        yield Crossing("契約満了", GO_LIVE, text)


def _left(day: date, around: Surroundings) -> tuple[str, int] | None:
    for name, since, last_day in around.terms:
        if since <= day <= last_day:
            return name, remaining_months(day, last_day)
    return None


def remaining_months(day: date, last_day: date) -> int:
    """Count the months of use that are left from a day on, its own included (残期間)."""
    return len(months_between(Month.containing(day), Month.containing(last_day)))


def _busy(moved: _Pairs, around: Surroundings) -> Iterator[Crossing]:
    for old, new in moved:
        fresh = [each for each in around.busy if each.overlap(*dates_of(old)) is None]
        for found in busy_findings([(new, *dates_of(new))], fresh):
            yield Crossing("繁忙期", new.code, found.text)


def _closed(old: date, new: date, around: Surroundings) -> Iterator[Crossing]:
    if old != new and around.office is not None:
        for found in go_live_findings(new, around.office):
            yield Crossing("閉庁日", GO_LIVE, found.text)


def _deadlines(old: date, new: date, around: Surroundings) -> Iterator[Crossing]:
    for name, day in around.deadlines:
        if old <= day < new:
            text = f"{name}（{wareki(day)}）を、本稼働日が過ぎます。"
            yield Crossing("国・補助の期限", GO_LIVE, text)
    for name, year in around.grants:
        if FiscalYear.containing(old) <= year < FiscalYear.containing(new):
            label = fiscal_year_label(year, around.year_labels)
            text = f"{label}の「{name}」は、本稼働がその年度を過ぎます。使えるか確かめてください。"
            yield Crossing("国・補助の期限", GO_LIVE, text)
