"""Tries mutants, each in a fork of a process that has collected the tests: a pytest plug-in.

Used by tests/mutation.py only. A mutant is killed when one of the tests that run its function
fails, or when they take more than ten times as long; tests that killed many come first. The
verdicts are written where mutmut keeps its own, so that `mutmut show NAME` shows a mutant.
"""

import gc
import hashlib
import json
import os
import re
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from _pytest import python
from hypothesis import given, settings
from hypothesis import strategies as st

#: Seconds of processor time beside ten times what the tests need, and bytes of memory.
MIN_SECONDS, MAX_BYTES = 20, 2 * 10**9
STATISTICS = Path("mutmut-stats.json")

# mutmut 3.8 asks items for `_nodeid`, which pytest 9.2 calls `nodeid` only, and it does not find
# tests again whose parameters are not ASCII.
pytest.Item._nodeid = property(lambda item: item.nodeid)  # type: ignore[attr-defined]  # as above


def plain(text: object, _config: object) -> str:
    """Give a parameter as it stands if it is ASCII, else a hash of it."""
    if isinstance(text, str) and text.isascii() and text.isprintable():
        return text
    return hashlib.sha256(repr(text).encode()).hexdigest()[:12]


python._ascii_escaped_by_config = plain  # type: ignore[assignment]  # for this process only


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Try all mutants instead of running the tests, where tests/mutation.py says so."""
    if "MUTANTS_CHILDREN" not in os.environ:
        return None
    statistics = json.loads(STATISTICS.read_text(encoding="utf-8"))
    warm_up()
    for meta in sorted(Path("consortium/domain").rglob("*.meta")):
        document = json.loads(meta.read_text(encoding="utf-8"))
        codes: dict[str, int | None] = document["exit_code_by_key"]
        for _ in try_all(session, codes, statistics):
            # After each verdict, so that a run that was ended goes on where it stood.
            meta.write_text(json.dumps(document), encoding="utf-8")
        survived = sum(1 for code in codes.values() if code == 0)
        sys.stderr.write(f"{meta.name}: {len(codes)} mutants, {survived} survived\n")
    return True


def warm_up() -> None:
    """Let each child find what it would load or copy anew: hypothesis, and the garbage to skip."""

    @settings(database=None, max_examples=5)
    @given(st.tuples(st.integers(), st.text(), st.fractions(), st.lists(st.dates())))
    def nothing(_given: object) -> None:
        pass

    nothing()
    gc.collect()
    gc.freeze()


def try_all(
    session: pytest.Session, codes: dict[str, int | None], statistics: dict[str, Any]
) -> Iterator[None]:
    """Try the mutants of a module that have no verdict yet, a few at a time; stop after each.

    With MUTANTS_AGAIN in the environment those that survived are tried once more.
    """
    seconds, known = (
        statistics["duration_by_test"],
        statistics["tests_by_mangled_function_name"],
    )
    items = {item.nodeid: item for item in session.items}
    wanted = {None, 0} if "MUTANTS_AGAIN" in os.environ else {None}
    left = [name for name, code in codes.items() if code in wanted]
    running: dict[int, str] = {}
    killers = Counter[str]()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    while left or running:
        while left and len(running) < int(os.environ["MUTANTS_CHILDREN"]):
            name = left.pop()
            tests = known.get(re.sub(r"__mutmut_\d+$", "", name), [])
            # The likeliest to fail within the next second first.
            tests = sorted(
                tests, key=lambda test: -(killers[test] + 0.1) / (seconds.get(test, 0) + 0.02)
            )
            limit = MIN_SECONDS + 10 * int(sum(seconds.get(test, 0) for test in tests))
            chosen = [items[test] for test in tests if test in items]
            running[fork(session, name, chosen, limit, writing)] = name
        pid, status = os.wait()
        codes[running.pop(pid)] = os.waitstatus_to_exitcode(status)
        # Nothing is read of one that survived, or was ended from outside.
        with suppress(BlockingIOError):
            killers.update(os.read(reading, 65536).decode().splitlines())
        yield


def fork(session: pytest.Session, name: str, items: Sequence[Any], limit: int, killers: int) -> int:
    """Run the tests of a mutant in a child; its exit code is 0 if all pass."""
    pid = os.fork()
    if pid:
        return pid
    code = 2
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
        os.environ["MUTANT_UNDER_TEST"] = name
        code = 0
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                os.write(killers, f"{item.nodeid}\n".encode())
                code = 1
                break
    finally:
        os._exit(code)
