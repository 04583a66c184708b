"""What the tools cannot say about the source is said here (構造の約束)."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import stages

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "consortium"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {each["id"]: each for each in SETTINGS["tool"]["importlinter"]["contracts"]}
SINGLE_DOORS = {  # library → modules, or packages with all they hold
    "apscheduler": {"scheduler"},
    "argon2": {"usecases/accounts"},
    "icalendar": {"reports/calendar_feed"},
    "jpholiday": {"usecases/calendars"},
    "numpy": {"bulk"},
    "pyotp": {"usecases/accounts"},
    "smtplib": {"mail"},
    "waitress": {"cli"},
    "yaml": {"intake/plain_yaml", "web/access"},
}
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
REFUSED_IN_TEMPLATES = {
    r"\|\s*safe\b": "自動エスケープを外さない",
    r"\sstyle\s*=": "style 属性は CSP に反する",
    r"\bhx-on\b": "hx-on は eval を要する",
    r"\bMarkup\(": "自動エスケープを外さない",
}
BARE_IGNORE = re.compile(
    r"#\s*noqa(?!: [A-Z]+\d+(, ?[A-Z]+\d+)*\s+\S)"
    r"|#\s*type: ignore(?!\[[^]]+\]\s+#?\s*\S)"
    r"|#\s*pragma: no (cover|branch)(?!\S*\s+\S)"
)
LOCKS = ("requirements.txt", "requirements-dev.txt")
NATIONAL_LOCK = "requirements-national.txt"


def names_in(folder: Path) -> set[str]:
    """The modules and packages a folder holds; a folder without __init__.py is none."""
    return {
        path.stem
        for path in folder.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__"}


TOP_LEVEL = names_in(PACKAGE)


def sources(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports by an absolute name, also inside functions."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def in_package(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def modules(names: set[str]) -> set[str]:
    return {f"consortium.{name}" for name in names}


def layer_names(contract: str) -> list[str]:
    return [name.strip() for row in CONTRACTS[contract]["layers"] for name in row.split("|")]


# ---- the lists of pyproject.toml and the folders -------------------------------------------------


@pytest.mark.parametrize(("contract", "folder"), [("layers", "."), ("domain", "domain")])
def test_a_layer_stands_in_parentheses_exactly_while_it_is_not_built(
    contract: str, folder: str
) -> None:
    there = names_in(PACKAGE / folder)
    built = {name for name in layer_names(contract) if not name.startswith("(")}
    planned = {name.strip("()") for name in layer_names(contract) if name.startswith("(")}
    assert built == there
    assert not planned & there


def test_the_contracts_name_every_module_they_are_about() -> None:
    below = {"usecases", "reports", "intake", "mail", "bulk"} & TOP_LEVEL
    sides = {"db", "reports", "intake", "mail", "bulk"} & TOP_LEVEL
    assert set(CONTRACTS["sql-door"]["source_modules"]) == modules(TOP_LEVEL - {"db"})
    assert set(CONTRACTS["workbook-door"]["source_modules"]) == modules(
        TOP_LEVEL - {"reports", "intake"}
    )
    assert set(CONTRACTS["no-flask-below"]["source_modules"]) == modules(below)
    assert set(CONTRACTS["through-usecases"]["forbidden_modules"]) == modules(sides)
    assert set(CONTRACTS["clock"]["source_modules"]) == modules(
        TOP_LEVEL - {"cli", "web", "scheduler", "clock"}
    )
    assert set(CONTRACTS["national"]["source_modules"]) == modules(TOP_LEVEL - {"bulk"})


def test_every_library_the_portal_uses_is_forbidden_to_the_domain() -> None:
    used = {name.split(".")[0] for path in sources(PACKAGE) for name in imports(path)}
    foreign = used - sys.stdlib_module_names - {"consortium", "config", "_typeshed"}
    assert foreign <= set(CONTRACTS["pure-domain"]["forbidden_modules"])


def test_the_domain_imports_only_the_standard_library_and_itself() -> None:
    for path in sources(PACKAGE / "domain"):
        for name in imports(path):
            own = name == "consortium.domain" or name.startswith("consortium.domain.")
            assert own or name.split(".")[0] in sys.stdlib_module_names, f"{path}: {name}"


def test_manage_py_imports_only_the_standard_library() -> None:
    for path in (ROOT / "manage.py", ROOT / "tests" / "stages.py", ROOT / "tests" / "host.py"):
        for name in imports(path):
            assert name == "tests" or name.split(".")[0] in sys.stdlib_module_names, name


@pytest.mark.parametrize("library", sorted(SINGLE_DOORS))
def test_a_library_comes_in_by_its_own_door_only(library: str) -> None:
    doors = SINGLE_DOORS[library]
    for path in sources(PACKAGE):
        module = in_package(path).removesuffix(".py")
        is_door = any(module == door or module.startswith(f"{door}/") for door in doors)
        uses = any(name.split(".")[0] == library for name in imports(path))
        assert is_door or not uses, path


def test_seed_holds_data_only() -> None:
    assert sources(PACKAGE / "seed") == []


# ---- the source ----------------------------------------------------------------------------------


def test_no_module_has_a_name_that_says_nothing() -> None:
    folders = [ROOT / name for name in ("consortium", "tests", "migrations", "benchmarks")]
    for path in sources(*folders):
        parts = {path.stem, *path.relative_to(ROOT).parts[:-1]}
        assert not parts & REFUSED_NAMES, path


def test_the_word_commit_stands_in_the_unit_of_work_only() -> None:
    users = [
        in_package(path)
        for path in sources(PACKAGE)
        if re.search(r"(?<!calculate-)\bcommit\b", path.read_text(encoding="utf-8"))  # a failpoint
    ]
    assert users == ["db/unit.py"]


def test_no_column_holds_a_float() -> None:
    floats = {"Float", "FLOAT", "Numeric", "NUMERIC", "REAL", "Double", "DOUBLE", "float"}
    for path in sources(PACKAGE / "db", ROOT / "migrations"):
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Attribute | ast.Name)
        }
        assert not names & floats, path


def test_no_form_demands_truth_and_no_model_is_queried_by_itself() -> None:
    """DataRequired refuses 0 円; Model.query hides SQL outside db/store.py."""
    for path in sources(PACKAGE):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                is_model = node.value.id[:1].isupper()
                assert not (is_model and node.attr == "query"), f"{path}:{node.lineno}"
        words = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(DataRequired|Markup)\b", words), path


def test_templates_hold_nothing_unsafe() -> None:
    for path in sorted((PACKAGE / "web" / "templates").rglob("*.*")):
        text = path.read_text(encoding="utf-8")
        for pattern, why in REFUSED_IN_TEMPLATES.items():
            assert not re.search(pattern, text), f"{path.name}: {why}"


def test_no_command_goes_through_a_shell() -> None:
    for path in [ROOT / "manage.py", *sources(PACKAGE, ROOT / "tests", ROOT / "benchmarks")]:
        for node in ast.walk(parsed(path)):
            assert not (isinstance(node, ast.keyword) and node.arg == "shell"), path


def test_no_module_is_longer_than_400_lines() -> None:
    for path in [ROOT / "manage.py", *sources(PACKAGE, ROOT / "tests", ROOT / "benchmarks")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_no_function_is_longer_than_40_lines() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in [ROOT / "manage.py", *sources(PACKAGE)]
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef) and lines_of(node) > 40
    ]
    assert too_long == []


def lines_of(node: ast.FunctionDef) -> int:
    """Count the lines from `def`; decorators, e.g. options of a command, are data."""
    return (node.end_lineno or 0) - node.lineno + 1


def test_every_ignore_gives_its_reason_on_the_line() -> None:
    for path in [ROOT / "manage.py", *sources(PACKAGE, ROOT / "benchmarks", ROOT / "migrations")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            assert not BARE_IGNORE.search(line), f"{path}:{number}: {line.strip()}"


def test_every_assumption_is_a_sentence_that_can_be_listed() -> None:
    for path in sources(PACKAGE):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "ASSUMPTION" in line:
                assert re.search(r"# ASSUMPTION: \S+", line), f"{path}: {line.strip()}"
    assert all(re.fullmatch(r"\S+:\d+: \S.*", line) for line in stages.assumptions())


# ---- the locks -----------------------------------------------------------------------------------


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9_.\-]+(?:\[\w+\])?)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", [*LOCKS, NATIONAL_LOCK])
def test_a_lock_names_no_index_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"index-url|find-links|trusted-host|https?:|file:", text)
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries if entry.strip())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_neither_numpy_nor_lxml(lock: str) -> None:
    assert not {name.lower() for name in pins(lock)} & {"numpy", "lxml", "pandas", "polars"}


def test_numpy_is_in_the_lock_of_the_national_path_and_the_portal_is_not() -> None:
    locked = pins(NATIONAL_LOCK)
    assert "numpy" in locked
    assert not {name.lower() for name in locked} & {"flask", "sqlalchemy", "openpyxl"}
    tools = pins("requirements-dev.txt")
    assert {name: tools[name] for name in locked.keys() & tools.keys()}.items() <= locked.items()


@pytest.mark.parametrize("lock", [*LOCKS, NATIONAL_LOCK])
def test_a_lock_holds_what_its_list_asks_for(lock: str) -> None:
    wanted = (ROOT / lock).with_suffix(".in").read_text(encoding="utf-8")
    asked = dict(re.findall(r"^([\w.\-]+)(?:\[\w+\])?==(\S+)", wanted, re.MULTILINE))
    locked = {re.sub(r"\[.*", "", name).lower(): version for name, version in pins(lock).items()}
    assert asked
    assert {name.lower(): version for name, version in asked.items()}.items() <= locked.items()


def test_the_tools_are_locked_on_top_of_the_very_same_portal() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


# ---- the index of rules --------------------------------------------------------------------------


def rule_links() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    return re.findall(r"([\w/.\-]+\.py)::([\w.]+)", text)


def symbols(path: Path) -> set[str]:
    """Every function, class, method and name that a module defines."""
    found = set()
    for node in parsed(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            members = [member for member in node.body if isinstance(member, ast.FunctionDef)]
            found |= {f"{node.name}.{member.name}" for member in members}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_the_index_of_rules_leads_to_the_code() -> None:
    links = rule_links()
    assert links, "docs/rules.md に file::symbol がありません"
    for name, symbol in links:
        places = [folder / name for folder in (ROOT, PACKAGE) if (folder / name).exists()]
        assert places, f"docs/rules.md: {name} がありません"
        assert symbol in symbols(places[0]), f"docs/rules.md: {name}::{symbol} がありません"
