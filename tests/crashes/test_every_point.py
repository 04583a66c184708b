"""Every failpoint on both databases, and what chance brings (F-1 to F-4): a full run only.

What the loops found is written to docs/evidence/exactly-once.md.
"""

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests import databases
from tests.crashes import driver, rounds
from tests.crashes.acts import tick_once
from tests.crashes.rounds import Month
from tests.crashes.verdicts import Evidence, Verdict
from tests.crashes.worlds import POINTS, World

pytestmark = [pytest.mark.processes, pytest.mark.slow]

TABLE: Final = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "exactly-once.md"
SEED: Final = int(os.environ.get("CONSORTIUM_TEST_SEED", "6"))
#: On each database. So often is the recovery killed, too, for each failpoint of the statements.
SECOND_KILLS: Final = 2
RANDOM_KILLS: Final = 100
ROUNDS: Final = 100
HEAD: Final = """# 必ず一度だけ：中断試験の結果

`manage.py test --full` の「processes」の段が書く表です（`tests/crashes/test_every_point.py`）。
作業中のプロセスを止めたあと、次の一巡が追い付いた姿を、中断のない時の姿と比べています。
「同じ」は、運用の表を除くすべての表の行と、全ファイルの照合値（SHA-256）が一致し、
操作記録の連鎖と発行台帳に誤りがなく、余分なファイルが一つもないことです。

"""


@pytest.fixture(scope="module")
def evidence() -> Iterator[Evidence]:
    """Collect what the loops find, and write it down when the last one has ended."""
    found = Evidence()
    yield found
    if {line.database for line in found.lines} == {"SQLite", "PostgreSQL"}:
        found.write(TABLE, f"{HEAD}乱数の種：{SEED}\n")


@pytest.fixture
def loop(
    world: World, evidence: Evidence
) -> Callable[[str, Iterable[Callable[[], Verdict]]], None]:
    """Give the runner of a loop: every round is tried, whatever became of the one before."""
    is_sqlite = isinstance(world.source, databases.SqliteTemplates)

    def run(title: str, trials: Iterable[Callable[[], Verdict]]) -> None:
        started = time.monotonic()
        verdicts = [attempt(one) for one in trials]
        seconds = time.monotonic() - started
        wrong = evidence.add(title, "SQLite" if is_sqlite else "PostgreSQL", verdicts, seconds)
        assert not wrong, wrong[:5]

    return run


def attempt(trial: Callable[[], Verdict]) -> Verdict:
    """Try one round; what it raises is a round that went wrong."""
    try:
        return trial()
    except AssertionError as error:
        return Verdict("", is_same=False, lost=0, doubled=0, why=str(error)[:1000])


Loop = Callable[[str, Iterable[Callable[[], Verdict]]], None]


@pytest.mark.parametrize("point", POINTS)
def test_every_failpoint(
    world: World, tmp_path: Path, loop: Loop, evidence: Evidence, point: str
) -> None:
    """F-1: SIGKILL at every hit of the traced run."""
    hits = world.undisturbed(point, tmp_path).hits
    evidence.hits[POINTS[point]] = hits
    loop(
        f"すべての中断点でSIGKILL：{POINTS[point]}",
        (partial(rounds.killed, world, tmp_path, point, f"*:{at + 1}") for at in range(len(hits))),
    )


def test_every_failpoint_with_a_second_kill_during_recovery(
    world: World, tmp_path: Path, loop: Loop
) -> None:
    """F-1: the recovery of each kill is killed at two of its own hits, drawn by the seed."""
    hits = len(world.undisturbed("statements", tmp_path).hits)
    rng = random.Random(SEED)
    pairs = [
        (first, again)
        for first in range(1, hits + 1)
        for again in rng.sample(range(1, hits + 1), SECOND_KILLS)
    ]
    loop(
        "追い付く途中でもう一度SIGKILL（各中断点で2回）",
        (partial(rounds.killed_twice, world, tmp_path, "statements", *pair) for pair in pairs),
    )


def test_random_kills(world: World, tmp_path: Path, loop: Loop) -> None:
    """F-2: one to three processes in turn, each killed at a random time."""
    rng = random.Random(SEED)
    with world.copy("statements", tmp_path) as place:
        started = time.monotonic()
        driver.run(tick_once, place, "undisturbed")
        longest = time.monotonic() - started
    waits = [
        [rng.uniform(0, longest) for _ in range(rng.randint(1, 3))] for _ in range(RANDOM_KILLS)
    ]
    points = [rng.choice(list(POINTS)) for _ in waits]
    loop(
        "乱数の時刻にSIGKILL（1〜3回続けて）",
        (
            partial(rounds.killed_after, world, tmp_path, point, each)
            for point, each in zip(points, waits, strict=True)
        ),
    )


def test_schedulers_at_once(world: World, tmp_path: Path, loop: Loop) -> None:
    """F-3: two to five at the same moment."""
    rng = random.Random(SEED)
    parties = [rng.randint(2, 5) for _ in range(ROUNDS)]
    points = [rng.choice(list(POINTS)) for _ in parties]
    loop(
        "2〜5個のスケジューラーが同時に",
        (
            partial(rounds.at_once, world, tmp_path, point, each)
            for point, each in zip(points, parties, strict=True)
        ),
    )


def test_an_owner_that_stands_still_anywhere(world: World, tmp_path: Path, loop: Loop) -> None:
    """F-4: at every hit outside a transaction."""
    hits = world.undisturbed("statements", tmp_path).hits
    loop(
        "リースの期限を過ぎて目を覚ました作業者",
        (
            partial(rounds.frozen, world, tmp_path, "statements", f"*:{number}")
            for number, name in enumerate(hits, start=1)
            if name not in rounds.INSIDE
        ),
    )


def test_thirteen_months_away(
    database_source: databases.Source, tmp_path: Path, loop: Loop
) -> None:
    """F-6: every file has the data hash that it has where nobody was away; in order."""

    def trial() -> Verdict:
        on_time, caught_up = rounds.long_away(database_source, tmp_path)
        expected, made = files_of(on_time), files_of(caught_up)
        is_same = made == expected and list(caught_up) == list(on_time)
        return Verdict("", is_same, len(expected.keys() - made.keys()), 0)

    loop("13か月（年度をまたぐ）の停止から順に追い付き", [trial])


def files_of(months: dict[str, Month]) -> dict[tuple[str, str], str]:
    """Give the data hash of every file, by month and slot."""
    return {
        (month, slot): data for month, made in months.items() for slot, data in made.files.items()
    }
