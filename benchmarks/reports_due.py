"""P10: every report that falls due in one minute is made once, also when the processes are killed.

Beside it, in the same run, plain APScheduler with its default settings: what it loses is the reason
why it only ticks here, and the truth is in our own tables.
"""

import tempfile
import time
from functools import cache
from pathlib import Path

from benchmarks import Count, goal
from benchmarks._due import Made, make_all, many_offices, run_plainly


@cache
def _ours(*, killed: bool) -> tuple[Made, float]:
    with tempfile.TemporaryDirectory(prefix="consortium-bench-") as name:
        place = many_offices(Path(name))
        started = time.monotonic()
        return make_all(place, killed=killed), time.monotonic() - started


@cache
def _plain(*, killed: bool) -> Made:
    with tempfile.TemporaryDirectory(prefix="consortium-bench-") as name:
        return run_plainly(Path(name), killed=killed)


@goal("P10", "同じ分に期限の来る1,743通（249協議会×7団体）：失われたもの", at_most=0)
def lost() -> Count:
    """Count the reports that are not there."""
    return Count(_ours(killed=False)[0].lost)


@goal("P10", "同：二度作られたもの", at_most=0)
def twice() -> Count:
    """Count the reports that are there more than once."""
    return Count(_ours(killed=False)[0].twice)


@goal("P10", "同、半ばで両方のプロセスを kill -9：失われたもの", at_most=0)
def lost_when_killed() -> Count:
    """Count what is missing after both processes were killed midway and two others went on."""
    return Count(_ours(killed=True)[0].lost)


@goal("P10", "同、半ばで両方のプロセスを kill -9：二度作られたもの", at_most=0)
def twice_when_killed() -> Count:
    """Count what was made twice after both processes were killed midway."""
    return Count(_ours(killed=True)[0].twice)


@goal("P10", "同、2プロセスで作り終えるまでの秒", at_most=None)
def seconds() -> Count:
    """Say how long two processes took, on this host and beside whatever else it does."""
    return Count(round(_ours(killed=False)[1]))


@goal("P10", "素の APScheduler（既定値）に1,743件：失われたもの", at_most=None)
def lost_plainly() -> Count:
    """Count the jobs that a scheduler with default settings did not run."""
    return Count(_plain(killed=False).lost)


@goal("P10", "同、途中で kill -9 して再び起動：失われたもの", at_most=None)
def lost_plainly_when_killed() -> Count:
    """Count the jobs that never ran after the process was killed and started again."""
    return Count(_plain(killed=True).lost)
