"""P4, one writer in a process of its own: `python -m benchmarks._books NAME [COUNT]`.

Prints one line of JSON: CPU seconds of the quickest run and the most memory the process ever had.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

from benchmarks import _statements, _w1, _w1_writers, _w2, peak_megabytes
from consortium.reports.sheet import Formula

#: One warm run before these; the quickest counts.
RUNS = 7


def compared() -> dict[str, bool]:
    """Tell which writers wrote every value of the workload, so that nobody wins by writing less."""
    wanted = {
        (page.name, spot.row, spot.column): spot.value
        for page in _w1.pages()
        for spot in page.cells
        if spot.value is not None
    }
    return {
        name: _has_written(_w1_writers.CONTENDERS[name](), wanted, name in {"W1", "X", "L"})
        for name in ("W1", "B0", "U", "X", "L")
    }


def _has_written(write: Callable[[], bytes], wanted: dict[Any, Any], has_cached: bool) -> bool:
    from openpyxl import load_workbook

    content = write()
    formulas, values = (
        {
            (sheet.title, cell.row, cell.column): cell.value
            for sheet in load_workbook(BytesIO(content), data_only=data_only)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        for data_only in (False, True)
    )
    if formulas.keys() != wanted.keys():
        return False
    for place, value in wanted.items():
        if not _same(formulas[place], _w1_writers.plain(value)):
            return False
        if has_cached and isinstance(value, Formula) and values[place] != value.cached:
            return False
    return True


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        return abs(found - wanted) < 1e-12
    return bool((found.date() if type(wanted) is date else found) == wanted)


def _action(name: str, count: int) -> tuple[Callable[[], object], int]:
    """Give what is measured and how often; what takes seconds runs once."""
    if name in _w1_writers.CONTENDERS:
        _w1.pages()
        return _w1_writers.CONTENDERS[name](), RUNS
    if name in _w2.CONTENDERS:
        _w2.checked()
        _w2.written(name, 10)()
        return _w2.written(name, count), 0
    if name == "many":
        return _statements.many(count), 0
    return _statements.CONTENDERS[name](), RUNS


def main(name: str, count: int) -> None:
    """Run one writer."""
    if name == "compared":
        print(json.dumps(compared()))
        return
    action, runs = _action(name, count)
    spent = []
    if runs:
        action()
    for _ in range(max(runs, 1)):
        gc.collect()
        started = time.process_time()
        action()
        spent.append(time.process_time() - started)
    print(json.dumps({"cpu": min(spent), "peak": peak_megabytes()}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else _w2.COUNT)
