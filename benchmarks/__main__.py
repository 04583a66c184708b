"""Run every benchmark of this folder and print the table; 1 if a goal is missed."""

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks import GOALS, Goal, Measured, measure
from tests.stages import padded, width


def chosen(numbers: list[str]) -> list[Goal]:
    """Load the modules of this folder and take all goals, or those asked for (P2 …)."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"benchmarks.{module.name}")
    wanted = {number.upper() for number in numbers}
    return [one for one in GOALS if not wanted or one.number in wanted]


def row(result: Measured) -> tuple[str, ...]:
    """Write one result: number, what, value, goal, whether it is met, the medians of both."""
    goal, both = result.goal, result.medians
    if both is None:
        value, medians = f"{result.value:g}", ""
    else:
        value, medians = f"{result.value:.3f}", f"{both.ours:.3f} / {both.theirs:.3f} {both.unit}"
    if goal.at_most is None:
        return (goal.number, goal.title, value, "", "参考", medians)
    verdict = "達成" if result.is_met else "未達"
    return (goal.number, goal.title, value, f"≤ {goal.at_most:g}", verdict, medians)


def table(results: list[Measured]) -> str:
    """Write the table."""
    head = ("番号", "何を", "比・件数", "目標", "判定", "こちら / 比べる相手")
    rows = [head, *map(row, results)]
    columns = [max(width(each[n]) for each in rows) for n in range(len(head))]
    lines = ["  ".join(map(padded, each, columns)).rstrip() for each in rows]
    return "\n".join(lines)


def main(numbers: list[str]) -> int:
    """Measure, with a line of progress for each goal, and print."""
    goals = chosen(numbers)
    if not goals:
        print("測るものがありません。", file=sys.stderr)
        return 1
    results = []
    for one in goals:
        print(f"▶ {one.number} {one.title} …", file=sys.stderr, flush=True)
        results.append(measure(one))
    print(table(results))
    return 0 if all(result.is_met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
