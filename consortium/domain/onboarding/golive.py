"""Warnings about the day a town goes live, and about busy weeks (本稼働日の注意・繁忙期).

They warn and never block: nothing here moves a date.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.wareki import wareki
from consortium.domain.onboarding.network import Finding
from consortium.domain.onboarding.plan import PlanTask

#: Milestone of going live, and stages that weigh on the office: trial run, cut-over, going live.
GO_LIVE: Final = "H0"
_HEAVY: Final = ("G1", "E5", GO_LIVE)
_ONE_DAY: Final = timedelta(days=1)
#: A cut-over needs so many closed days in a row (閉庁日の並び).
_BLOCK: Final = 2
#: No office stays open longer than this without two closed days in a row.
_FARTHEST: Final = 60
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class BusyPeriod:
    """Weeks of each year in which an office has no hands free (繁忙期); both days inside.

    A period may pass the new year: 12月10日 to 1月15日.
    """

    #: 業務 it is about, as a wave of a template names it: 税, 住基 (業務)
    name: str
    #: (month, day)
    first: tuple[int, int]
    last: tuple[int, int]
    source: str

    def overlap(self, start: date, finish: date) -> tuple[date, date] | None:
        """Give the first and last day of the stretch that falls into it; None for none (重なり)."""
        for year in range(start.year - 1, finish.year + 1):
            first = date(year, *self.first)
            last = date(year + (self.last < self.first), *self.last)
            if first <= finish and start <= last:
                return max(first, start), min(last, finish)
        return None


def open_days_since_block(go_live: date, office: OpenDays) -> int | None:
    """Count the open days between the last block of closed days and going live (何業務日前か).

    0 where the block ends on the eve; None where there is no block within two months.
    """
    day, found = go_live, 0
    while (go_live - day).days < _FARTHEST:
        day -= _ONE_DAY
        if office.is_open(day):
            found += 1
        elif not office.is_open(day - _ONE_DAY):
            return found
    return None


def go_live_findings(go_live: date, office: OpenDays) -> tuple[Finding, ...]:
    """Warn of a day that is closed, or that no closed days precede (本稼働日の注意)."""
    return tuple(_go_live(go_live, office))


def _go_live(go_live: date, office: OpenDays) -> Iterator[Finding]:
    if not office.is_open(go_live):
        yield Finding(
            "closed_go_live", GO_LIVE,
            f"本稼働日（{wareki(go_live)}）は閉庁日です。このままでも使えます。日は動かしません。",
        )  # fmt: skip
    days = open_days_since_block(go_live, office)
    if days is None:
        yield Finding("no_closed_block", GO_LIVE, "本稼働日の直前に閉庁日がありません。")
    elif days:
        eve = office.add(go_live, -days)
        is_weekend = all(
            (eve - n * _ONE_DAY).weekday() >= _SATURDAY for n in range(1, _BLOCK + 1)
        ) and office.is_open(eve - (_BLOCK + 1) * _ONE_DAY)
        block = "土日" if is_weekend else "閉庁日の並び"
        yield Finding(
            "no_closed_block", GO_LIVE,
            f"本稼働日の直前に閉庁日がありません（{days}業務日前の{block}が最後）。",
        )  # fmt: skip


def busy_findings(
    stretches: Iterable[tuple[PlanTask, date, date]], periods: Iterable[BusyPeriod]
) -> tuple[Finding, ...]:
    """Warn of trial runs, cut-overs and go-lives within busy weeks (繁忙期の注意).

    Each stretch is a task with its first and last day. A task of one wave is asked about the busy
    weeks of its own 業務 only.
    """
    kept = tuple(periods)
    return tuple(
        Finding(
            "busy", task.code,
            f"{task.code} {task.name}は、{period.name}の繁忙期（{_days(period)}）に"
            f"掛かります（{wareki(overlap[0])}"
            + (f"から{wareki(overlap[1])}まで" if overlap[0] < overlap[1] else "")
            + "）。",
        )
        for task, start, finish in stretches
        if task.code.partition(".")[0] in _HEAVY
        for period in kept
        if not task.wave or period.name in task.wave
        if (overlap := period.overlap(start, finish)) is not None
    )  # fmt: skip


def _days(period: BusyPeriod) -> str:
    (month, day), (last_month, last_day) = period.first, period.last
    return f"{month}月{day}日から{last_month}月{last_day}日まで"
