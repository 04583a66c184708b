"""What the scheduler takes and gives back (工程網): tasks, links, calendars, windows, times.

A calendar is the sorted list of an office's open days; an index is a position in it. Days counted
are open days (業務日) unless a task says otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

#: How a task may depend on another (依存の種類): finish-start, start-start, finish-finish,
#: start-finish.
LINK_TYPES: Final = ("FS", "SS", "FF", "SF")

#: Longest task, in 業務日: about eight years (業務日の上限).
MOST_DAYS: Final = 2000

#: What a task's last day has to be (日の制約), by stored word.
WINDOW_KINDS: Final = {
    "council": "議決日",
    "assembly": "総会日",
    "closed_block": "閉庁日",
    "month_start": "月初",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work (作業). `days` are open days of its calendar; 0 is a milestone."""

    code: str
    name: str
    days: int
    #: key in `Network.calendars` (担当の暦)
    calendar: str = ""
    #: key in `Network.windows` of the days it may finish on, empty for any day (日の制約)
    window: str = ""
    #: True for a cut-over counted in calendar days that ends with a block of closed days (閉庁日)
    in_closed_block: bool = False
    #: True for a milestone at the first day of a month only (月初)
    at_month_start: bool = False
    #: no earlier than this day: a contract, or the planner's choice (着手可能日)
    not_before: date | None = None
    #: what really happened; `finished` is the last day of work (実績)
    started: date | None = None
    finished: date | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """`after` depends on `before`; `lag` in open days of the calendar of `after` (依存)."""

    before: str
    after: str
    type: str = "FS"
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Anchor:
    """The milestone that stands fixed, e.g. H0 on 本稼働日 (固定日)."""

    code: str
    day: date


@dataclass(frozen=True, slots=True)
class Network:
    """Everything dates follow from (工程網); nothing else is asked, no clock, no package."""

    tasks: Sequence[Task]
    links: Sequence[Link]
    #: sorted open days by key (暦)
    calendars: Mapping[str, Sequence[date]]
    #: sorted days by key: sessions of a council, 総会 (窓)
    windows: Mapping[str, Sequence[date]] = field(default_factory=dict)
    anchor: Anchor | None = None
    #: first day of the forward pass; None: as the backward pass found it (着手日)
    start: date | None = None
    #: nothing not yet begun starts before this day (基準日・ステータス日)
    status_on: date | None = None
    #: total float up to which a task is near critical (余裕わずか)
    near: int = 5


@dataclass(frozen=True, slots=True)
class Times:
    """When a task can and must happen (日程). Each `finish` is the last day, as officers count.

    A milestone starts and finishes on its day. `latest_*` are None where nothing holds the task.
    """

    code: str
    start: date
    finish: date
    latest_start: date | None
    latest_finish: date | None
    #: open days in hand; negative: so many are missing (余裕・不足)
    total_float: int | None
    #: open days it may slip without moving any other task; None as `total_float` (自由余裕)
    free_float: int | None
    is_critical: bool
    #: total float within `Network.near`
    is_near: bool
    #: open days between the work and the session it waits for (会期待ち)
    waits: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the officer has to know of a schedule (指摘); `code` is the task, may be empty."""

    kind: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The dates of all tasks, in the order of the network (日程表)."""

    times: tuple[Times, ...]
    findings: tuple[Finding, ...]
    #: first day of the earliest task
    start: date
    #: open days between the end of the work and the anchor; negative: late by so many
    margin: int | None
    #: earliest day on which the anchor could stand (最も早い本稼働日)
    earliest_anchor: date | None

    def of(self, code: str) -> Times:
        """Give the times of one task (作業の日程)."""
        return next(each for each in self.times if each.code == code)
