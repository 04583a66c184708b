"""Speed as ratios, measured side by side (性能): `python3 manage.py bench`.

Hosts are shared and noisy, so a goal is a ratio of CPU time between two things measured in turn in
one run (A B A B …, medians), or a plain count such as SQL statements. A benchmark is a function in
any module of this folder:

    @goal("P2", "200件×7団体の按分 ÷ 素の整数", at_most=0.75)
    def sharing() -> Pair:
        …
        return Pair(ours=lambda: …, theirs=lambda: …)

A comparison without a goal (`at_most=None`) is there to be seen (参考).
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROUNDS = 15
LEAST_SECONDS = 0.05  # CPU time of one sample: well above the tick of the clock


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ways of doing the same, to be measured in turn (対)."""

    ours: Callable[[], object]
    theirs: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Count:
    """A figure that does not depend on the host, e.g. SQL statements of a page (件数)."""

    value: int


@dataclass(frozen=True, slots=True)
class Medians:
    """Two figures that were measured in turn in processes of their own (中央値).

    `ratio` is the median of the ratios of the rounds; without one it is that of the medians.
    """

    ours: float
    theirs: float
    unit: str
    ratio: float | None = None


Prepared = Pair | Count | Medians


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table (目標): prepare() makes ready outside the measured time."""

    number: str
    title: str
    at_most: float | None
    prepare: Callable[[], Prepared]


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out (結果); a count has no medians."""

    goal: Goal
    value: float
    medians: Medians | None = None

    @property
    def is_met(self) -> bool:
        """Tell whether the goal is reached, or there was none."""
        return self.goal.at_most is None or self.value <= self.goal.at_most


GOALS: list[Goal] = []


def goal(
    number: str, title: str, *, at_most: float | None
) -> Callable[[Callable[[], Prepared]], Callable[[], Prepared]]:
    """Enter a benchmark into the table (登録)."""

    def enter(prepare: Callable[[], Prepared]) -> Callable[[], Prepared]:
        GOALS.append(Goal(number, title, at_most, prepare))
        return prepare

    return enter


def measure(one: Goal) -> Measured:
    """Measure one goal: A B A B …, the ratio of the medians of CPU time."""
    prepared = one.prepare()
    if isinstance(prepared, Count):
        return Measured(one, prepared.value)
    if isinstance(prepared, Medians):
        ratio = prepared.ratio
        return Measured(one, prepared.ours / prepared.theirs if ratio is None else ratio, prepared)
    times = repetitions(prepared.ours), repetitions(prepared.theirs)
    ours, theirs = [], []
    with collector_resting():
        for _ in range(ROUNDS):
            ours.append(cpu_seconds(prepared.ours, times[0]))
            theirs.append(cpu_seconds(prepared.theirs, times[1]))
            gc.collect()
    medians = Medians(1000 * median(ours), 1000 * median(theirs), "ms")
    return Measured(one, medians.ours / medians.theirs, medians)


def repetitions(action: Callable[[], object]) -> int:
    """Warm up, and find how often to repeat an action so that one sample is long enough."""
    times = 1
    while (spent := cpu_seconds(action, times) * times) < LEAST_SECONDS:
        times = max(2 * times, int(times * LEAST_SECONDS / max(spent, 1e-6)))
    return times


def cpu_seconds(action: Callable[[], object], times: int) -> float:
    """Measure the CPU time of one run of an action, over a number of them."""
    started = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - started) / times


@contextmanager
def collector_resting() -> Iterator[None]:
    """Keep the garbage collector from falling into one side only."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def peak_megabytes() -> float:
    """Give the most memory this process ever had; Linux only, elsewhere not a number."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if "VmHWM" in line), float("nan"))
