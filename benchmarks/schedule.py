"""P15: the scheduler on 1,000 tasks beside both passes over bare numbers (日程計算).

The baseline knows one office, links from finish to start, and windows as numbers: no dates, no
other calendar, no findings, no check of what it is given. Both give the same dates.
"""

import random
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from typing import Final

from benchmarks import Pair, goal
from consortium.domain.onboarding.network import Anchor, Link, Network, Task
from consortium.domain.onboarding.schedule import schedule

TASKS: Final = 1000
FIRST: Final = date(2016, 1, 1)
ANCHOR: Final = date(2035, 4, 2)


def _network() -> Network:
    rng = random.Random(20_210_601)  # noqa: S311 -- a plan of a benchmark, the same each time
    open_days = [
        day
        for day in (FIRST + timedelta(days=n) for n in range(25 * 365))
        if day.weekday() < 5 and rng.random() > 0.05
    ]
    tasks = [
        Task(f"T{n}", f"作業{n}", rng.randint(1, 40), window="council" if n % 50 == 9 else "")
        for n in range(TASKS - 1)
    ]
    links = [
        Link(f"T{before}", f"T{n}", "FS", rng.choice((0, 0, 0, 10, -10)))
        for n in range(1, TASKS - 1)
        for before in {max(0, n - 10 - rng.randint(0, 9)) for _ in range(2)}
    ]
    followed = {link.before for link in links}
    last = [Link(task.code, "H0") for task in tasks if task.code not in followed]
    return Network(
        [*tasks, Task("H0", "本稼働", 0)],
        [*links, *last],
        {"": open_days},
        {"council": open_days[50::65]},
        Anchor("H0", ANCHOR),
    )


#: days, negative where it needs a vote; votes; followers with their lags; 本稼働
Plain = tuple[list[int], list[int], list[list[tuple[int, int]]], int]


def _numbers(network: Network) -> Plain:
    """Give the days, the windows and the followers with their lags, all as numbers."""
    place = {task.code: n for n, task in enumerate(network.tasks)}
    after: list[list[tuple[int, int]]] = [[] for _ in place]
    for link in network.links:
        after[place[link.before]].append((place[link.after], link.lag))
    office = network.calendars[""]
    windows = [bisect_left(office, day) + 1 for day in network.windows["council"]]
    days = [-task.days if task.window else task.days for task in network.tasks]
    return days, windows, after, bisect_left(office, ANCHOR)


def plainly(given: Plain) -> list[tuple[int, int]]:
    """Compute the first and last finish of every task as one would without dates."""
    days, windows, after, anchor = given
    late = [anchor] * len(days)
    for n in range(len(days) - 2, -1, -1):
        found = min((late[m] - abs(days[m]) - lag for m, lag in after[n]), default=anchor)
        late[n] = windows[bisect_right(windows, found) - 1] if days[n] < 0 else found
    first = min(finish - abs(length) for finish, length in zip(late, days, strict=True))
    start, early = [first] * len(days), [0] * len(days)
    for n, length in enumerate(days):
        finish = start[n] + abs(length)
        early[n] = windows[bisect_left(windows, finish)] if length < 0 else finish
        for m, lag in after[n]:
            start[m] = max(start[m], early[n] + lag)
    return list(zip(early, late, strict=True))


@goal("P15", "1,000作業の日程（日付・複数の暦・議会） ÷ 素の整数の往復", at_most=20)
def beside_numbers() -> Pair:
    """Schedule with everything the product knows."""
    network = _network()
    given, office = _numbers(network), network.calendars[""]
    found = schedule(network).times[:-1]
    ours = [
        (bisect_right(office, each.finish), bisect_right(office, each.latest_finish))
        for each in found
        if each.latest_finish is not None
    ]
    if ours != plainly(given)[:-1]:
        raise RuntimeError("the two do not agree, so their times mean nothing")
    return Pair(ours=lambda: schedule(network), theirs=lambda: plainly(given))
