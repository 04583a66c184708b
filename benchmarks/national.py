"""P3: the national path beside plain integers and polars, each run in a process of its own.

The processes use the environment of the national path, which `manage.py bench` makes. They take
turns, A B C A B C …; what counts are the medians of CPU time and of the most memory a process had.
"""

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

from benchmarks import Medians, goal
from tests.stages import NATIONAL

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3
CONTENDERS = {
    100_000: ("array", "plain", "cached", "polars", "polars_wide"),
    1_000_000: ("array", "polars", "polars_wide"),
}


def _run(name: str, items: int) -> dict[str, float | str]:
    python = ROOT / NATIONAL / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = subprocess.run(
        [str(python), "-m", "benchmarks._national", name, str(items)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    answer: dict[str, float | str] = json.loads(done.stdout)
    return answer


@cache
def _figures(items: int) -> dict[str, dict[str, float]]:
    """Run all contenders in turn; they must agree on every yen."""
    runs: dict[str, list[dict[str, float | str]]] = {name: [] for name in CONTENDERS[items]}
    for _ in range(ROUNDS):
        for name, done in runs.items():
            done.append(_run(name, items))
    if len({run["digest"] for done in runs.values() for run in done}) != 1:
        raise RuntimeError("the contenders do not agree, so their times mean nothing")
    return {
        name: {key: median(float(run[key]) for run in done) for key in ("cpu", "peak")}
        for name, done in runs.items()
    }


def _enter(items: int, rival: str, title: str, key: str, at_most: float | None) -> None:
    unit = {"cpu": "秒", "peak": "MB"}[key]

    def measured() -> Medians:
        figures = _figures(items)
        return Medians(figures["array"][key], figures[rival][key], unit)

    prepare: Callable[[], Medians] = measured
    goal("P3", f"全国試算 {items:,}費目×60団体 ÷ {title}", at_most=at_most)(prepare)


_enter(100_000, "plain", "素の整数", "cpu", 1 / 20)
_enter(100_000, "cached", "割合ごとに前計算した整数", "cpu", None)
_enter(100_000, "polars", "polars", "cpu", None)
_enter(1_000_000, "polars", "polars", "cpu", 1 / 5)
_enter(1_000_000, "polars", "polars のメモリ", "peak", 1 / 4)
# Another way to write it in polars: a column for each member, one class after the other.
_enter(1_000_000, "polars_wide", "polars（横持ち）", "cpu", None)
_enter(1_000_000, "polars_wide", "polars（横持ち）のメモリ", "peak", None)
