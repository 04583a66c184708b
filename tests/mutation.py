"""Mutation testing of the calculation (ミューテーション試験): `python -m tests.mutation FOLDER`.

Copies the project into FOLDER and works there, never here. mutmut makes the mutants and finds out
which test runs which function. It would collect all tests anew for every mutant; here they are
collected once, and each mutant is tried in a fork of that process. How to run it, what came out
and which mutants survive for which reason: docs/mutation.md.

The shapes of weights, prorations and residual rules register themselves by a decorator, and mutmut
leaves decorated functions alone; in the copy a call after them registers them.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CALCULATION = (
    "consortium/domain/yen.py",
    "consortium/domain/calendar/*.py",
    "consortium/domain/sharing/*.py",
)
REGISTRIES = {"basis", "dating", "proration", "residual"}
#: Those that start processes, take long, or read the source, which mutmut writes anew.
UNSUITED = (
    "test_document.py::test_the_text_is_the_same_in_every_process_time_zone_and_hash_seed",
    "test_wareki.py::test_every_day_from_1873_to_2100_agrees_with_japanera",
    "test_explanation.py::test_every_kind_of_step_has_a_sentence_and_every_sentence_a_kind",
    "properties/test_whole_numbers.py::test_m03_no_module_of_the_domain_knows_a_float",
    "properties/test_whole_numbers.py::test_m03_the_lists_name_only_modules_that_need_it",
)
TESTS = ("tests/domain", *(f"--deselect=tests/domain/{test}" for test in UNSUITED))
LEFT_OUT = {"instance", "mutants", "node_modules", "__pycache__"}
PLUGINS = ("-p", "tests.mutants", "-p", "no:cacheprovider", "-p", "no:xdist")


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
    """Leave out what changes no result: `strict=True`, for slips, and `cast()`, for mypy."""
    return re.sub(r'\bcast\("[^"]*", ([^()]*)\)', r"\1", re.sub(r",\s*strict=True", "", text))


def copy(folder: Path, modules: tuple[str, ...]) -> None:
    """Copy what the tests need, and say to mutmut what to do."""

    def left_out(_folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name in LEFT_OUT or name.startswith(".")}

    shutil.copytree(ROOT, folder, ignore=left_out)
    for path in (folder / "consortium" / "domain").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(plainer(registered_after(text)), encoding="utf-8")
    settings: dict[str, object] = {
        "source_paths": ["consortium"],
        "only_mutate": list(modules),
        "also_copy": sorted({path.name for path in folder.iterdir()} - {"consortium", "tests"}),
        # These lines run when the module is read; a mutant is switched on after that.
        "do_not_mutate_patterns": ["(BASES|DATINGS|PRORATIONS|RESIDUALS).key. = "],
        "pytest_add_cli_args": list(PLUGINS),
        "pytest_add_cli_args_test_selection": list(TESTS),
        "use_git_change_detection": False,
    }
    written = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.mutmut]\n{written}")


def verdicts(folder: Path) -> dict[str, Counter[str]]:
    """Count what became of the mutants, module by module."""
    result = {}
    for path in sorted((folder / "mutants").rglob("*.meta")):
        found = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        counted = Counter(
            "not tried" if code is None else "killed" if code else "survived"
            for code in found.values()
        )
        if counted:
            result[path.name.removesuffix(".py.meta")] = counted
    return result


def main(folder: str, *modules: str) -> int:
    """Copy the project, make the mutants of these modules (or all), and try each of them."""
    place, children = Path(folder).resolve(), str(os.cpu_count() or 2)
    environ = {
        **os.environ,
        "CONSORTIUM_TEST_DATABASES": "sqlite",
        "CONSORTIUM_TEST_SHALLOW": "1000",
        "PYTHONUTF8": "1",
    }
    copy(place, modules or CALCULATION)
    # mutmut makes all mutants and measures the tests before it looks for the one it is asked for.
    mutmut = [sys.executable, "-m", "mutmut", "run", "consortium.domain.yen.x_total__mutmut_1"]
    subprocess.run(mutmut, cwd=place, env=environ, check=not modules)
    environ |= {"MUTANTS_CHILDREN": children, "PYTHONPATH": str(place / "mutants")}
    loop = [sys.executable, "-m", "pytest", "-q", *PLUGINS, *TESTS]
    subprocess.run(loop, cwd=place / "mutants", env=environ, check=False)
    # A survivor runs all its tests, so it meets few examples first and ten times as many then.
    environ |= {"CONSORTIUM_TEST_SHALLOW": "100", "MUTANTS_AGAIN": "1"}
    subprocess.run(loop, cwd=place / "mutants", env=environ, check=False)
    total, lines = Counter[str](), []
    for module, counted in verdicts(place).items():
        lines.append(f"{module:20} {dict(counted)}")
        total += counted
    tried = total["killed"] + total["survived"]
    lines.append(
        f"{total['killed']} of {tried} killed: {100 * total['killed'] / (tried or 1):.1f} %"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
