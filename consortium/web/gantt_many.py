"""Pictures of several plans (全体の工程表・並べた工程表): geometry, no markup, as in gantt.py."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from consortium.domain.onboarding.network import Times
from consortium.domain.onboarding.plan import Plan, PlanLine, PlanTask
from consortium.web.gantt import Almanac, Chart, Sheet, chart, percent_of
from consortium.web.gantt_legend import Key, placed, shown_keys
from consortium.web.svg import rounded

#: All plans, on the screen as on A3 landscape; a row for each phase.
ALL: Final = Sheet(1200.0, 27.0, 6.0, ("code", "name", "start", "finish"), has_weeks=False)
#: Plans beside each other.
_BESIDE: Final = Sheet(1280.0, 29.0, 13.5, ("code", "name", "days"), has_weeks=False)
_TITLE: Final = 26.0
_GAP: Final = 10.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the plans beside each other (並べた図の一つ)."""

    x: float
    title: str
    title_x: float
    chart: Chart


@dataclass(frozen=True, slots=True)
class Panels:
    """Plans beside each other, a task on the same row in each (並べた工程表)."""

    width: float
    height: float
    panels: tuple[Panel, ...]
    #: where the charts begin, below the titles
    top: float
    legend: tuple[Key, ...]
    story: str


def summary(title: str, lines: Sequence[PlanLine]) -> tuple[PlanLine, ...]:
    """Give a line for each phase and each milestone of a plan under its title (段階の行).

    A phase is as far as the days of its tasks are done, and as critical as its worst task.
    """
    taken = [line for line in lines if line.task.state != "not_applicable"]
    found: list[PlanLine] = []
    for phase in dict.fromkeys(line.task.phase for line in taken):
        under = [line for line in taken if line.task.phase == phase]
        work = [line for line in under if not line.task.is_milestone]
        points = [line for line in under if line.task.is_milestone]
        found += [_point(line, title) for line in points]
        found += [_whole(work, title, phase)] if work else []
    return tuple(found)


def side_by_side(plans: Sequence[tuple[str, Plan, Sequence[PlanLine]]], almanac: Almanac) -> Panels:
    """Lay out plans beside each other, each with its title (並べた工程表)."""
    width, words = _BESIDE.width, _BESIDE.columns
    tasks = _same_rows([lines for _, _, lines in plans])
    texts = chart(_aligned(tasks, plans[0]), almanac, anchor=None, sheet=_BESIDE).axis.left
    each = (width - texts - _GAP * (len(plans) - 1)) / len(plans)
    panels: list[Panel] = []
    x = 0.0
    for at, entry in enumerate(plans):
        title, plan, _ = entry
        sheet = replace(
            _BESIDE, width=rounded(each + (0 if at else texts)), columns=() if at else words
        )
        drawn = chart(_aligned(tasks, entry), almanac, anchor=plan.anchor_on, sheet=sheet)
        panels.append(Panel(rounded(x), title, drawn.axis.left, drawn))
        x += sheet.width + _GAP
    bottom = _TITLE + max(panel.chart.bottom for panel in panels)
    kinds = frozenset[str]().union(*(_kinds(panel.chart) for panel in panels))
    legend = placed(kinds, width, bottom + 34)
    story = "".join(f"{panel.title}。{panel.chart.story}" for panel in panels)
    return Panels(width, rounded(legend[-1].y + 14), tuple(panels), _TITLE, legend, story)


def _point(line: PlanLine, title: str) -> PlanLine:
    return replace(line, task=replace(line.task, phase=title))


def _whole(work: Sequence[PlanLine], title: str, phase: str) -> PlanLine:
    """Draw the tasks of a phase as one (段階のまとめ)."""
    tasks = [line.task for line in work]
    days = sum(task.days for task in tasks)
    done = sum(task.days * percent_of(line) for task, line in zip(tasks, work, strict=True))
    frozen = [line.baseline for line in work if line.baseline]
    is_done = all(task.finished_on for task in tasks)
    codes = (tasks[0].code, tasks[-1].code)
    return PlanLine(
        replace(
            tasks[0],
            code=codes[0] if codes[0] == codes[1] else "〜".join(codes),
            name=phase,
            phase=title,
            days=days,
            planned_start=min(task.planned_start for task in tasks),
            planned_finish=max(task.planned_finish for task in tasks),
            state="done" if is_done else "working",
            finished_on=max(line.times.finish for line in work) if is_done else None,
            percent=done // days,
        ),
        Times(
            codes[0],
            min(line.times.start for line in work),
            max(line.times.finish for line in work),
            None,
            None,
            None,
            0,
            is_critical=any(line.times.is_critical for line in work),
            is_near=any(line.times.is_near for line in work),
        ),
        (min(start for start, _ in frozen), max(end for _, end in frozen)) if frozen else None,
    )


def _same_rows(plans: Sequence[Sequence[PlanLine]]) -> tuple[PlanTask, ...]:
    """Give every task of the plans once, each after the one it follows in its own plan."""
    found: list[PlanTask] = []
    for lines in plans:
        at = 0
        for line in lines:
            codes = [task.code for task in found]
            if line.task.code in codes:
                at = codes.index(line.task.code) + 1
            else:
                found.insert(at, line.task)
                at += 1
    return tuple(found)


def _aligned(
    tasks: Sequence[PlanTask], entry: tuple[str, Plan, Sequence[PlanLine]]
) -> tuple[PlanLine, ...]:
    """Give the lines of a plan on the rows of all; a task it does not have is 対象外 there."""
    _, plan, lines = entry
    known = {line.task.code: line for line in lines}
    day = plan.anchor_on
    return tuple(
        known.get(task.code)
        or PlanLine(
            replace(task, state="not_applicable", planned_start=day, planned_finish=day),
            Times(task.code, day, day, None, None, None, 0, is_critical=False, is_near=False),
            None,
        )
        for task in tasks
    )


def _kinds(drawn: Chart) -> frozenset[str]:
    return shown_keys(drawn.rows, drawn.flags, drawn.closed, has_today=drawn.today is not None)
