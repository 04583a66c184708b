"""The picture of a plan (工程表の図・ガントチャート): geometry, no markup, as in svg.py.

Two lanes for each task: above what is planned, over the current baseline; below what happened and
is forecast. All come from one list of rows, so that no bar can stand beside another task's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from consortium.domain.calendar.wareki import wareki, wareki_short
from consortium.domain.onboarding.plan import TASK_STATES, PlanLine
from consortium.web.gantt_axis import Axis, Column, axis, width_of
from consortium.web.gantt_legend import Key, placed, shown_keys
from consortium.web.gantt_text import Heading, headings, written
from consortium.web.svg import rounded

_HEAD: Final = 74.0
_FOOT: Final = 22.0
_LEAST: Final = 2.5
#: Size of small letters (小さい字).
_SMALL: Final = 10.5
#: States that no bar can show (図で示せない状態).
_SAID: Final = ("not_applicable", "on_hold")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the picture is drawn for (用途): its width and what stands left of the bars."""

    width: float
    #: height of a row
    row: float
    #: width of the name of a task, in full-width characters
    name: float
    #: words of gantt_text.COLUMNS; none for a picture that stands right of another
    columns: tuple[str, ...]
    #: the quarter before 本稼働 is drawn by the week
    has_weeks: bool = True


#: One plan beside the menu of the portal.
SCREEN: Final = Sheet(1040.0, 30.0, 13.0, ("code", "name", "owner", "days"))
#: One plan on A3 landscape: 400 mm between the margins.
PAPER: Final = Sheet(
    1480.0, 29.0, 14.0, ("code", "name", "owner", "days", "start", "finish", "float")
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A day on which a council or the 総会 decides (議決日・総会の日)."""

    day: date
    name: str
    is_certain: bool = True
    is_assembly: bool = False


@dataclass(frozen=True, slots=True)
class Almanac:
    """What the days of a picture are (図の暦)."""

    #: status date; the line of progress stands there (基準日)
    today: date
    #: open days, sorted (業務日)
    open_days: Sequence[date]
    marks: Sequence[Mark] = ()
    #: names of fiscal years that the consortium has set (年度の表記)
    year_labels: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A mark as it is drawn: label empty where the one before it leaves no room (縦線)."""

    x: float
    label: str
    #: middle of the label: over the line, but within the picture
    label_x: float
    mark: Mark
    story: str


@dataclass(frozen=True, slots=True)
class Row:
    """One task as it is drawn (作業の行)."""

    line: PlanLine
    y: float
    #: what stands in each column left of the bars, one text a line
    texts: tuple[tuple[str, ...], ...]
    baseline: Column | None
    planned: Column | None
    bar: Column | None
    #: how far the bar is filled (進捗)
    done: float
    #: days between the work and the session it waits for (会期待ち)
    wait: Column | None
    #: where its float ends (限界日); None without float
    limit: float | None
    #: beside the bar: the code, or the day of a milestone; 対象外, 保留
    label: str
    label_x: float
    is_label_before: bool
    #: where its progress stands, against the plan (進捗点)
    progress: float | None
    #: everything in one sentence
    story: str

    @property
    def is_milestone(self) -> bool:
        """Say whether it is drawn as ◆ (節目)."""
        return self.line.task.is_milestone

    @property
    def is_near(self) -> bool:
        """Say whether little float is left (余裕わずか)."""
        return self.line.times.is_near and not self.line.times.is_critical


@dataclass(frozen=True, slots=True)
class Phase:
    """Rows of one phase under each other (段階の帯); the name is empty where it has no room."""

    y: float
    height: float
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture of a plan (工程表の図)."""

    width: float
    height: float
    row: float
    axis: Axis
    #: where the rows begin and end
    top: float
    bottom: float
    headings: tuple[Heading, ...]
    phases: tuple[Phase, ...]
    rows: tuple[Row, ...]
    closed: tuple[Column, ...]
    flags: tuple[Flag, ...]
    #: where today stands, None outside the picture
    today: float | None
    today_text: str
    #: points of the line of progress, empty where today stands outside (イナズマ線)
    lightning: str
    legend: tuple[Key, ...]
    #: the picture in sentences
    story: str


def chart(
    lines: Sequence[PlanLine], almanac: Almanac, *, anchor: date | None, sheet: Sheet = SCREEN
) -> Chart:
    """Lay out at least one line; `anchor` is 本稼働日, None for several plans (工程表の図)."""
    today, open_days = almanac.today, almanac.open_days
    columns = headings(lines, sheet.name, sheet.columns)
    days = [day for line in lines for day in _days_of(line)] + [each for each in [anchor] if each]
    scale = axis(
        columns[-1].end + 8 if columns else 8.0, sheet.width - 6, days,
        anchor=anchor if sheet.has_weeks else None, year_labels=almanac.year_labels,
    )  # fmt: skip
    drawer = _Drawer(scale, today, open_days, columns, sheet)
    rows = tuple(drawer.row(line, at) for at, line in enumerate(lines))
    bottom = _HEAD + sheet.row * len(rows)
    flags = _flags(scale, almanac.marks)
    closed = scale.closed([day for day in open_days if scale.holds(day)])
    now = scale.x(today) if scale.holds(today) else None
    keys = shown_keys(rows, flags, closed, has_today=now is not None)
    legend = placed(keys, sheet.width, bottom + _FOOT + 12)
    return Chart(
        sheet.width, rounded(legend[-1].y + 14), sheet.row, scale, _HEAD, bottom, columns,
        _phases(rows, sheet.row), rows, closed, flags, now, wareki_short(today),
        _lightning(rows, now, sheet.row), legend, _story(rows, anchor, today, now),
    )  # fmt: skip


def _days_of(line: PlanLine) -> tuple[date, ...]:
    """Give the days a line is drawn over; a limit far outside does not widen the picture."""
    task, times = line.task, line.times
    frozen = line.baseline or ()
    return (task.planned_start, task.planned_finish, times.start, times.finish, *frozen)


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Lays one line out after the other on the same scale."""

    axis: Axis
    today: date
    open_days: Sequence[date]
    columns: Sequence[Heading]
    sheet: Sheet

    def row(self, line: PlanLine, at: int) -> Row:
        task, times = line.task, line.times
        is_drawn = task.state != "not_applicable"
        planned = self._bar(line, task.planned_start, task.planned_finish)
        baseline = self._bar(line, *line.baseline) if line.baseline else None
        bar = self._bar(line, times.start, times.finish)
        progress = self._progress(line, baseline or planned) if is_drawn else None
        wait = self._wait(line, bar) if is_drawn else None
        label = _label(line)
        start = wait.x if wait else bar.x
        room = width_of(label) * _SMALL + 10
        limit = self._limit(line, bar)
        gap = 10 if task.is_milestone else 5
        after = max(bar.end, limit or 0) + gap if is_drawn else bar.x
        has_room_after = task.is_milestone and after + room <= self.sheet.width
        is_before = start - room > self.axis.left and not has_room_after
        return Row(
            line, rounded(_HEAD + self.sheet.row * at), written(line, self.columns),
            baseline, planned if is_drawn else None, bar if is_drawn else None,
            rounded(bar.width * percent_of(line) / 100), wait,
            limit if is_drawn else None, label, rounded(start - gap if is_before else after),
            is_before, progress, _row_story(line),
        )  # fmt: skip

    def _bar(self, line: PlanLine, start: date, finish: date) -> Column:
        x = self.axis.x(start)
        if line.task.is_milestone:
            return Column(x, 0.0)
        return Column(x, rounded(max(self.axis.end(finish) - x, _LEAST)))

    def _wait(self, line: PlanLine, bar: Column) -> Column | None:
        """Give the days before the bar in which the work waits for the session (会期待ち)."""
        before = [day for day in self.open_days if day < line.times.start][-line.times.waits :]
        if not line.times.waits or not before:
            return None
        x = self.axis.x(before[0])
        return Column(x, rounded(bar.x - x)) if bar.x - x >= _LEAST else None

    def _limit(self, line: PlanLine, bar: Column) -> float | None:
        latest, is_done = line.times.latest_finish, line.task.finished_on is not None
        if latest is None or is_done or line.task.is_milestone or latest <= line.times.finish:
            return None
        x = self.axis.end(latest)
        return x if x - bar.end >= _LEAST else None

    def _progress(self, line: PlanLine, plan: Column) -> float:
        """Give where a task stands against its plan: today's line where all is as planned."""
        first, last = line.baseline or (line.task.planned_start, line.task.planned_finish)
        percent, now = percent_of(line), self.axis.x(self.today)
        is_due = last <= self.today
        if (percent == 100 and is_due) or (percent == 0 and first >= self.today):
            return now
        return rounded(plan.x + plan.width * percent / 100)


def percent_of(line: PlanLine) -> int:
    """Give the progress of a task; what is finished is whole (進捗)."""
    return 100 if line.task.finished_on else line.task.percent


def _label(line: PlanLine) -> str:
    """Write what stands beside a bar; a state that the bar cannot show stands there, too."""
    task = line.task
    label = wareki_short(line.times.start) if task.is_milestone else task.code
    return f"{label} {TASK_STATES[task.state]}" if task.state in _SAID else label


def _row_story(line: PlanLine) -> str:
    task, times = line.task, line.times
    parts = [f"{task.code} {task.name}"]
    parts.append(f"計画 {wareki_short(task.planned_start)}〜{wareki_short(task.planned_finish)}")
    if line.baseline:
        parts.append(f"基準計画 {'〜'.join(wareki_short(day) for day in line.baseline)}")
    word = "実績" if task.finished_on else "見込み"
    parts.append(f"{word} {wareki_short(times.start)}〜{wareki_short(times.finish)}")
    if times.latest_finish and not task.finished_on:
        parts.append(f"限界日 {wareki_short(times.latest_finish)}")
    parts.append(f"進捗 {percent_of(line)}%")
    return "、".join(parts)


def _flags(scale: Axis, marks: Sequence[Mark]) -> tuple[Flag, ...]:
    """Draw each day once; its label stands above where the one before it leaves room."""
    by_day = {mark.day: mark for mark in reversed(marks) if scale.holds(mark.day)}
    flags: list[Flag] = []
    free = scale.left
    for mark in (by_day[day] for day in sorted(by_day)):
        x = scale.end(mark.day)
        label = f"{mark.day.month}/{mark.day.day}"
        half = width_of(label) * _SMALL / 2
        center = max(scale.left + half, min(x, scale.right - half))
        story = f"{mark.name} {wareki(mark.day)}{'' if mark.is_certain else '（推定）'}"
        is_written = center - half >= free
        flags.append(Flag(x, label if is_written else "", rounded(center), mark, story))
        free = center + half if is_written else free
    return tuple(flags)


def _phases(rows: Sequence[Row], height: float) -> tuple[Phase, ...]:
    found: list[Phase] = []
    names: list[str] = []
    for row in rows:
        name = row.line.task.phase
        if names and names[-1] == name:
            found[-1] = Phase(found[-1].y, found[-1].height + height, name)
        else:
            found.append(Phase(row.y, height, name))
            names.append(name)
    return tuple(
        Phase(each.y, rounded(each.height), each.name if len(each.name) * 12 <= each.height else "")
        for each in found
    )


def _lightning(rows: Sequence[Row], now: float | None, height: float) -> str:
    """Give the points of the line of progress: from task to task, straight where all is well."""
    if now is None:
        return ""
    middles = [(now if row.progress is None else row.progress, row.y + height / 2) for row in rows]
    points = [(now, _HEAD), *middles, (now, _HEAD + height * len(rows))]
    return " ".join(f"{x:g},{rounded(y):g}" for x, y in points)


def _story(rows: Sequence[Row], anchor: date | None, today: date, now: float | None) -> str:
    """Tell the picture in sentences, for whoever does not see it."""
    drawn = [row.line for row in rows if row.bar]
    first = min(row.line.times.start for row in rows)
    last = anchor or max(row.line.times.finish for row in rows)
    until = f"本稼働の{wareki(last)}" if anchor else wareki(last)
    parts = [
        f"{wareki(first)}から{until}まで、{len(rows)}行の工程表です。",
        _named("余裕のない作業", [each for each in drawn if each.times.is_critical], anchor),
    ]
    if now is not None:
        late = [row.line for row in rows if row.progress is not None and row.progress < now]
        ahead = [row.line for row in rows if row.progress is not None and row.progress > now]
        parts += [
            f"{wareki(today)}現在、",
            _named("遅れている作業", late, anchor),
            _named("進んでいる作業", ahead, anchor),
        ]
    return "".join(parts)


def _named(what: str, lines: Sequence[PlanLine], anchor: date | None) -> str:
    """Name tasks by their codes; of several plans by the plan and the phase."""
    tasks = [line.task for line in lines]
    names = [task.code if anchor else f"{task.phase}の{task.name}" for task in tasks]
    return f"{what}は{'、'.join(names) or 'ありません'}。"
