"""P4: our workbooks beside openpyxl and XlsxWriter, each writer in a process of its own.

The writers take turns, A B C A B C …; a figure is the median over the rounds of ours ÷ theirs.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

from benchmarks import Count, Medians, goal

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3
FEW, MANY = 1_000, 100_000
#: Municipalities of Japan.
NATION = 1_741

Run = tuple[str, int]


def _answer(name: str, count: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._books", name, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


@cache
def _rounds(*runs: Run) -> list[dict[Run, dict[str, float]]]:
    """Run all of them in turn, round by round."""
    return [{run: _answer(*run) for run in runs} for _ in range(ROUNDS)]


@cache
def _statement_rounds() -> list[dict[Run, dict[str, float]]]:
    """Run the writers of the statement in turn; each must have written all of it."""
    short = [name for name, has_all in _answer("compared", 0).items() if not has_all]
    if short:
        raise RuntimeError(f"{short} did not write every cell, so the times mean nothing")
    return _rounds(*((name, 0) for name in ("W1", "B0", "U", "X", "L", "Z")))


def _long_rounds() -> list[dict[Run, dict[str, float]]]:
    return _rounds(("W2", FEW), ("W2", MANY), ("D1", MANY), ("Z2", MANY))


def _book_rounds() -> list[dict[Run, dict[str, float]]]:
    return _rounds(("seven", 0), ("stored", 0), ("written", 0))


def _beside(rounds: list[dict[Run, dict[str, float]]], ours: Run, theirs: Run, key: str) -> Medians:
    scale, unit = (1000, "ms") if key == "cpu" else (1, "MB")
    pairs = [(scale * each[ours][key], scale * each[theirs][key]) for each in rounds]
    ratio = median(mine / other for mine, other in pairs)
    return Medians(median(m for m, _ in pairs), median(o for _, o in pairs), unit, ratio)


Rounds = Callable[[], list[dict[Run, dict[str, float]]]]


def _enter(title: str, at_most: float | None, rounds: Rounds, *pair: Run, key: str = "cpu") -> None:
    goal("P4", title, at_most=at_most)(lambda: _beside(rounds(), *pair, key))


W2, STORED = ("W2", MANY), ("stored", 0)
for _name, _title, _most in (
    ("B0", "書式を一度だけ登録した openpyxl（B0）", 0.30),
    ("U", "セルごとに書式を付ける openpyxl（U）", 0.04),
    ("X", "XlsxWriter（X）", 0.45),
    ("L", "行と圧縮だけ（L）", 2.0),
    ("Z", "圧縮だけ（Z）", None),
):
    _enter(f"明細書W1 ÷ {_title}", _most, _statement_rounds, ("W1", 0), (_name, 0))

_enter("10万行W2 ÷ openpyxl write_only（D1）", 0.15, _long_rounds, W2, ("D1", MANY))
_enter("10万行W2 ÷ 圧縮だけ（Z2）", 2.0, _long_rounds, W2, ("Z2", MANY))
_enter("10万行W2 ÷ 千行のメモリ", 1.2, _long_rounds, W2, ("W2", FEW), key="peak")
_enter("元データから保存まで ÷ 書くだけ", 1.5, _book_rounds, STORED, ("written", 0))


@goal("P4", "7団体の明細書と総括表のCPU時間（ミリ秒）", at_most=1000)
def seven() -> Count:
    """Count the milliseconds of CPU of one issue."""
    return Count(round(median(1000 * each["seven", 0]["cpu"] for each in _book_rounds())))


@goal("P4", "明細書1,741部 ÷ 100部のメモリ", at_most=1.1)
def nation() -> Medians:
    """Compare the most memory after every municipality's statement with that after a hundred."""
    few, many = _answer("many", 100), _answer("many", NATION)
    return Medians(many["peak"], few["peak"], "MB")
