"""The scheduler on random networks (日程計算の性質), beside a slow program of another kind."""

import random
from dataclasses import replace
from datetime import date

import pytest

from consortium.domain.onboarding.network import Network, Schedule, Task
from consortium.domain.onboarding.schedule import schedule
from tests.depth import FULL, cases
from tests.domain.onboarding.graphs import ANCHOR, ONE_DAY, Kind, Slow, network

pytestmark = pytest.mark.property
MANY = 20_000 if FULL else cases(150)
SOME = cases(100)


def seeds(first: int, how_many: int = SOME) -> range:
    return range(first, first + how_many)


def count(given: Network, task: Task, since: date, until: date) -> int:
    days = given.calendars[task.calendar]
    return sum(since <= day < until for day in days) - sum(until <= day < since for day in days)


def spans(found: Schedule) -> dict[str, tuple[date, date]]:
    return {each.code: (each.start, each.finish) for each in found.times}


def test_the_dates_are_those_of_a_slow_program() -> None:
    for seed in seeds(1, MANY):
        start = None if seed % 3 else ANCHOR - (seed % 97) * ONE_DAY
        given = network(seed, Kind(not_before=True), start)
        assert given.anchor is not None
        found, slow = schedule(given), Slow(given)
        late = slow.late()
        floor = start or min(span[0] for span in late.values())
        early = slow.early(floor)
        for each in found.times:
            task = slow.tasks[each.code]
            last = ONE_DAY * bool(task.days)
            assert (each.start, each.finish + last) == early[each.code], (seed, each)
            if each.code not in late:
                assert (each.latest_start, each.latest_finish) == (None, None), (seed, each)
                continue
            assert each.latest_start is not None
            assert each.latest_finish is not None
            assert (each.latest_start, each.latest_finish + last) == late[each.code], (seed, each)
            if each.code == given.anchor.code:
                continue
            total = count(given, task, early[each.code][1], late[each.code][1])
            assert each.total_float == total, (seed, each)
            if not any(
                (link.before, link.after) == (each.code, given.anchor.code) for link in given.links
            ):
                free = slow.free(each.code, early)
                assert each.free_float == (total if free is None else free), (seed, each)


def test_forward_of_backward_never_passes_the_anchor() -> None:
    for seed in seeds(100_001, MANY):
        given = network(seed, Kind())
        assert given.anchor is not None
        found = schedule(given)
        for each in found.times:
            if each.latest_finish is not None and each.latest_start is not None:
                assert each.finish <= each.latest_finish, (seed, each)
                assert each.start <= each.latest_start, (seed, each)
                assert each.total_float is not None
                assert each.total_float >= 0, (seed, each)
                assert each.free_float is not None
                assert each.free_float >= 0, (seed, each)
        assert found.of(given.anchor.code).start == given.anchor.day, seed
        assert found.margin is not None
        assert found.margin >= 0, seed
        assert not found.findings, seed


def delayed(given: Network, task: Task, since: date, days: int) -> Network:
    """Let a task begin so many open days later."""
    calendar = [day for day in given.calendars[task.calendar] if day >= since]
    later = replace(task, not_before=calendar[days])
    return replace(given, tasks=[later if each is task else each for each in given.tasks])


def test_what_a_delay_within_the_float_leaves_alone() -> None:
    for seed in seeds(200_001):
        given = network(seed, Kind(blocks=False))
        found = schedule(given)
        given = replace(given, start=found.start)
        chance = random.Random(seed)
        # A milestone may stand on a closed day, from which no open days can be counted.
        tasks = [each for each in given.tasks if each.days or not each.window]
        task = chance.choice(tasks)
        times = found.of(task.code)
        assert given.anchor is not None
        if task.code == given.anchor.code or times.total_float is None or task.at_month_start:
            continue
        after = schedule(delayed(given, task, times.start, chance.randint(0, times.total_float)))
        for each in after.times:
            limit = found.of(each.code).latest_finish
            assert limit is None or each.finish <= limit, (seed, each)
        assert times.free_float is not None
        after = schedule(delayed(given, task, times.start, times.free_float))
        others = [each.code for each in given.tasks if each.code != task.code]
        assert [after.of(code).start for code in others] == [
            found.of(code).start for code in others
        ], seed


def test_a_delay_within_the_wait_for_a_session_moves_nothing() -> None:
    for seed in seeds(300_001):
        given = network(seed, Kind(blocks=False))
        found = schedule(given)
        given = replace(given, start=found.start)
        for task in given.tasks:
            times = found.of(task.code)
            if not task.window or not task.days or not times.waits:
                continue
            days = [day for day in given.calendars[task.calendar] if day < times.start]
            after = schedule(delayed(given, task, days[-times.waits], times.waits))
            assert spans(after) == spans(found), (seed, task)


def test_a_closed_day_more_never_lets_anything_end_earlier() -> None:
    kind = Kind(types=("FS",), lags=(0, 0, 1, 3, 8), not_before=True, blocks=False)
    for seed in seeds(400_001):
        given = network(seed, kind, ANCHOR - 200 * ONE_DAY)
        chance = random.Random(seed)
        closed = ANCHOR - chance.randint(0, 200) * ONE_DAY
        fewer = {
            key: [day for day in days if day != closed] for key, days in given.calendars.items()
        }
        before, after = schedule(given), schedule(replace(given, calendars=fewer))
        for each in before.times:
            assert after.of(each.code).finish >= each.finish, (seed, closed, each)


def test_shifting_everything_shifts_everything() -> None:
    kind = Kind(not_before=True, month_starts=False)
    for seed in seeds(500_001):
        given = network(seed, kind, None if seed % 2 else ANCHOR - 150 * ONE_DAY)
        by = (1 + seed % 50) * ONE_DAY
        assert given.anchor is not None
        shifted = Network(
            [
                replace(task, not_before=task.not_before and task.not_before + by)
                for task in given.tasks
            ],
            given.links,
            {key: [day + by for day in days] for key, days in given.calendars.items()},
            {key: [day + by for day in days] for key, days in given.windows.items()},
            replace(given.anchor, day=given.anchor.day + by),
            given.start and given.start + by,
        )
        before, after = schedule(given), schedule(shifted)
        assert after.margin == before.margin
        for old, new in zip(before.times, after.times, strict=True):
            assert new == replace(
                old,
                start=old.start + by,
                finish=old.finish + by,
                latest_start=old.latest_start and old.latest_start + by,
                latest_finish=old.latest_finish and old.latest_finish + by,
            ), seed


def test_the_order_of_tasks_and_links_changes_nothing() -> None:
    for seed in seeds(600_001):
        given = network(seed, Kind(not_before=True))
        chance = random.Random(seed)
        mixed = replace(
            given,
            tasks=chance.sample(given.tasks, len(given.tasks)),
            links=chance.sample(given.links, len(given.links)),
        )
        before, after = schedule(given), schedule(mixed)
        assert {each.code: each for each in after.times} == {
            each.code: each for each in before.times
        }, seed
        assert after.start == before.start
