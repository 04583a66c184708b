"""Random networks (乱数の工程網): all link types, signed lags, windows, two calendars."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from consortium.domain.onboarding.network import LINK_TYPES, Anchor, Link, Network, Task

ONE_DAY: Final = timedelta(days=1)
FIRST: Final = date(2025, 1, 1)
DAYS: Final = 700
ANCHOR: Final = FIRST + 380 * ONE_DAY


@dataclass(frozen=True)
class Kind:
    """What a random network may hold."""

    types: Sequence[str] = LINK_TYPES
    lags: Sequence[int] = (-6, -2, -1, 0, 0, 0, 1, 3, 8)
    not_before: bool = False
    month_starts: bool = True
    blocks: bool = True


def calendar(chance: random.Random, closed: float) -> list[date]:
    """Week-days but for some, and a Saturday now and then."""
    days = (FIRST + n * ONE_DAY for n in range(DAYS))
    return [day for day in days if chance.random() > (closed if day.weekday() < 5 else 0.96)]


def network(seed: int, kind: Kind, start: date | None = None) -> Network:
    """A network whose last task is the anchor; some of the others lead nowhere."""
    chance = random.Random(seed)
    calendars = {"a": calendar(chance, 0.05), "b": calendar(chance, 0.2)}
    windows = {
        "council": sorted({FIRST + n * ONE_DAY for n in range(5, DAYS, chance.randint(9, 40))}),
        "open": calendars["a"][4 :: chance.randint(3, 12)],
    }
    codes = [f"T{n}" for n in range(chance.randint(2, 9))]
    tasks = [task(chance, code, kind) for code in codes[:-1]]
    day = ANCHOR + chance.randint(0, 9) * ONE_DAY
    tasks.append(
        Task(
            codes[-1], "本稼働", 0, chance.choice("ab"),
            at_month_start=kind.month_starts and chance.random() < 0.1,
        )
    )  # fmt: skip
    links = [
        Link(codes[before], codes[after], chance.choice(kind.types), chance.choice(kind.lags))
        for after in range(1, len(codes))
        for before in range(after)
        if chance.random() < (0.9 if after == before + 1 else 0.25)
    ]
    chance.shuffle(links)
    chance.shuffle(tasks)
    return Network(tasks, links, calendars, windows, Anchor(codes[-1], day), start)


def task(chance: random.Random, code: str, kind: Kind) -> Task:
    days = chance.choice((0, 1, 1, 2, 3, 5, 9))
    found = Task(code, code, days, chance.choice("ab"))
    roll = chance.random()
    if roll < 0.25:
        found = replace(found, window=chance.choice(("council", "open")))
    elif roll < 0.35 and days and kind.blocks:
        found = replace(found, in_closed_block=True)
    elif roll < 0.4 and not days and kind.month_starts:
        found = replace(found, at_month_start=True)
    if kind.not_before and chance.random() < 0.2:
        found = replace(found, not_before=FIRST + chance.randint(150, 420) * ONE_DAY)
    return found


# ---- what a slow and simple program makes of it --------------------------------------------------

Spans = list[tuple[date, date]]


class Slow:
    """Dates by trial (総当たり): every task walks over all its days until nothing is violated.

    It knows neither an order of the tasks nor an opposite of a link: one and the same question,
    whether a link is kept, is asked in both directions.
    """

    def __init__(self, given: Network) -> None:
        """Prepare the days each task could take, and how many open days lie before each day."""
        self.given = given
        self.tasks = {each.code: each for each in given.tasks}
        self.before = {key: self._counts(days) for key, days in given.calendars.items()}
        self.every = self._counts([FIRST + n * ONE_DAY for n in range(DAYS)])
        self.spans = {code: self._spans(each) for code, each in self.tasks.items()}

    def _counts(self, days: Sequence[date]) -> Mapping[date, int]:
        counts, seen, open_days = {}, 0, set(days)
        for n in range(-1, DAYS + 3):
            day = FIRST + n * ONE_DAY
            counts[day] = seen
            seen += day in open_days
        return counts

    def _spans(self, each: Task) -> Spans:
        days = list(self.given.calendars[each.calendar])
        ends: list[date] | None = list(self.given.windows[each.window]) if each.window else None
        if each.in_closed_block:
            gaps = pairwise(days)
            ends = [after - ONE_DAY for day, after in gaps if (after - day).days > 2]
            days = [FIRST + n * ONE_DAY for n in range(DAYS)]
        if each.at_month_start:
            every = (FIRST + n * ONE_DAY for n in range(DAYS))
            ends = [day for day in every if day.day == 1]
        if not each.days:
            return [(day, day) for day in (days if ends is None else ends)]
        if ends is None:
            return [
                (days[n], days[n + each.days - 1] + ONE_DAY)
                for n in range(len(days) - each.days + 1)
            ]
        worked = ((last, [day for day in days if day <= last][-each.days :]) for last in ends)
        return [(of[0], last + ONE_DAY) for last, of in worked if len(of) == each.days]

    def is_kept(self, link: Link, one: tuple[date, date], other: tuple[date, date]) -> bool:
        """Say whether two tasks, at these spans, keep a link."""
        moment = one[1] if link.type in ("FS", "FF") else one[0]
        follower = self.tasks[link.after]
        held = other[0] if link.type in ("FS", "SS") or not follower.days else other[1]
        if not link.lag and (link.type in ("FS", "SS") or not follower.days):
            return moment <= held
        counts = self.every if follower.in_closed_block else self.before[follower.calendar]
        if link.type == "FF" and follower.days and self.tasks[link.before].days:
            # The last day of work itself is reached, on a day the follower works.
            if not link.lag:
                return moment <= held
            return counts[moment - ONE_DAY] + 1 + link.lag <= counts[held]
        return counts[moment] + link.lag <= counts[held]

    def late(self) -> dict[str, tuple[date, date]]:
        """Let every task walk back from the end until it keeps its links; without those free."""
        anchor = self.given.anchor
        assert anchor is not None
        found = {code: len(spans) - 1 for code, spans in self.spans.items()}
        held = {anchor.code}
        for _ in self.tasks:
            held |= {link.before for link in self.given.links if link.after in held}
        place = {code: self.spans[code][n] for code, n in found.items()}
        place[anchor.code] = (anchor.day, anchor.day)
        moved = True
        while moved:
            moved = False
            for link in self.given.links:
                if link.after not in held or link.before == anchor.code:
                    continue
                while not self.is_kept(link, place[link.before], place[link.after]):
                    found[link.before] -= 1
                    place[link.before] = self.spans[link.before][found[link.before]]
                    moved = True
        return {code: place[code] for code in held}

    def early(self, floor: date) -> dict[str, tuple[date, date]]:
        """Let every task walk forward from a day until it keeps its links; the anchor, too."""
        anchor = self.given.anchor
        assert anchor is not None
        spans = dict(self.spans)
        after = [span for span in spans[anchor.code] if span[0] > anchor.day]
        spans[anchor.code] = [(anchor.day, anchor.day), *after]
        found = dict.fromkeys(spans, 0)
        for code, each in self.tasks.items():
            least = max(floor, each.not_before or floor)
            while spans[code][found[code]][0] < least:
                found[code] += 1
        moved = True
        while moved:
            moved = False
            for link in self.given.links:
                while not self.is_kept(
                    link,
                    spans[link.before][found[link.before]],
                    spans[link.after][found[link.after]],
                ):
                    found[link.after] += 1
                    moved = True
        return {code: spans[code][n] for code, n in found.items()}

    def free(self, code: str, early: Mapping[str, tuple[date, date]]) -> int | None:
        """Try how far a task can slip with all that follow where they are; None: nothing does."""
        links = [link for link in self.given.links if link.before == code]
        if not links:
            return None
        counts = self.before[self.tasks[code].calendar]
        return max(
            counts[span[1]] - counts[early[code][1]]
            for span in self.spans[code]
            if all(self.is_kept(link, span, early[link.after]) for link in links)
        )
