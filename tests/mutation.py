"""Mutation testing of the calculation (ミューテーション試験): `python -m tests.mutation FOLDER`.

Copies the project into FOLDER and runs mutmut there, never here. The shapes of weights, prorations
and residual rules register themselves by a decorator, and mutmut leaves decorated functions alone;
in the copy they are registered by a call after them, so that they are mutated like the rest. How to
run it, what came out and which mutants survive for which reason: docs/mutation.md.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CALCULATION = (
    "consortium/domain/yen.py",
    "consortium/domain/calendar/*.py",
    "consortium/domain/sharing/*.py",
)
#: mutmut 3.8 asks pytest items for `_nodeid`, which pytest 9.2 calls `nodeid` only, and does not
#: find tests again whose parameters are not ASCII.
PLUGIN = """import hashlib

import pytest
from _pytest import python

pytest.Item._nodeid = property(lambda item: item.nodeid)


def plain(text, config):
    if isinstance(text, str) and text.isascii() and text.isprintable():
        return text
    return hashlib.sha256(repr(text).encode()).hexdigest()[:12]


python._ascii_escaped_by_config = plain
"""
REGISTRIES = {"basis", "dating", "proration", "residual"}
#: Those that start processes, take long, or read the source, which mutmut writes anew.
UNSUITED = (
    "test_document.py::test_the_text_is_the_same_in_every_process_time_zone_and_hash_seed",
    "test_wareki.py::test_every_day_from_1873_to_2100_agrees_with_japanera",
    "test_explanation.py::test_every_kind_of_step_has_a_sentence_and_every_sentence_a_kind",
    "properties/test_whole_numbers.py::test_m03_no_module_of_the_domain_knows_a_float",
    "properties/test_whole_numbers.py::test_m03_the_lists_name_only_modules_that_need_it",
)
#: The tests of the domain, with a hundredth of the random cases.
TESTS = (
    "tests/domain",
    *(f"--deselect=tests/domain/{test}" for test in UNSUITED),
)
LEFT_OUT = {"instance", "mutants", "node_modules", "__pycache__"}


def registered_after(text: str) -> str:
    """Turn `@basis("equal", …)` above a function into a call of it below."""
    lines = text.splitlines(keepends=True)
    for node in reversed(ast.parse(text).body):
        if not isinstance(node, ast.FunctionDef) or len(node.decorator_list) != 1:
            continue
        call = node.decorator_list[0]
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in REGISTRIES:
            lines[node.end_lineno or 0 : node.end_lineno or 0] = [
                f"\n\n{ast.unparse(call)}({node.name})\n"
            ]
            del lines[call.lineno - 1 : call.end_lineno]
    return "".join(lines)


def plainer(text: str) -> str:
    """Leave out `strict=True`: it guards against slips of the programmer and changes no result."""
    return re.sub(r",\s*strict=True", "", text)


def copy(folder: Path, modules: Sequence[str]) -> None:
    """Copy what the tests need, and say to mutmut what to do."""

    def left_out(_folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name in LEFT_OUT or name.startswith(".")}

    shutil.copytree(ROOT, folder, ignore=left_out, dirs_exist_ok=True)
    for path in (folder / "consortium" / "domain").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(plainer(registered_after(text)), encoding="utf-8")
    (folder / "nodeids.py").write_text(PLUGIN, encoding="utf-8")
    also = sorted({path.name for path in folder.iterdir()} - {"consortium", "tests", "mutants"})
    settings = {
        "source_paths": ["consortium"],
        "only_mutate": list(modules),
        "also_copy": also,
        "pytest_add_cli_args": ["-p", "nodeids", "-p", "no:cacheprovider", "-p", "no:xdist"],
        "pytest_add_cli_args_test_selection": list(TESTS),
        # These lines run when the module is read; mutmut switches a mutant on after that.
        "do_not_mutate_patterns": ["(BASES|DATINGS|PRORATIONS|RESIDUALS).key. = "],
        "use_git_change_detection": False,
        "timeout_constant": 20.0,
    }
    written = "".join(f"{key} = {_toml(value)}\n" for key, value in settings.items())
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.mutmut]\n{written}")


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def main(folder: str, *modules: str) -> int:
    """Copy the project and run mutmut in the copy, on these modules or on all."""
    copy(Path(folder), modules or CALCULATION)
    environ = {
        **os.environ,
        "CONSORTIUM_TEST_DATABASES": "sqlite",
        "CONSORTIUM_TEST_SHALLOW": "100",
    }
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(os.cpu_count() or 2)]
    return subprocess.run(command, cwd=folder, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
