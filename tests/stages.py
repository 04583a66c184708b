"""The stages of `manage.py test` and `check` (試験の段); standard library only, part of manage.py.

A stage is one or more commands. What a pytest stage did is read from the JUnit file it writes.
Which databases a stage uses is said by CONSORTIUM_TEST_DATABASES, read by tests/conftest.py; which
tests it takes by CONSORTIUM_TEST_SELECT, read by tests/selection.py.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from tests import host

ROOT = Path(__file__).resolve().parents[1]
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
OWN_FOLDERS = ("migrations", "processes", "crashes", "browser", "national")  # stages of their own
REMEDY = "python3 manage.py setup --national"  # makes the second of these
PORTAL, NATIONAL = ".venv", ".venv-national"  # environments that manage.py makes
PYTEST_ENDINGS = {
    2: "途中で止められました",
    3: "pytest の内部エラー",
    4: "pytest の呼び出し誤り",
    5: "試験が1件もありません",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the closing table (段)."""

    key: str
    title: str
    commands: tuple[tuple[str, ...], ...]  # each a list of arguments to this environment's Python
    is_pytest: bool = False
    needs: tuple[str, ...] = ()  # without these the whole stage is skipped
    wants: tuple[str, ...] = ()  # without these some tests skip themselves
    environ: Mapping[str, str] = field(default_factory=dict)
    venv: str = PORTAL


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage did (段の結果)."""

    stage: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reason: str = ""
    seconds: float = 0.0

    def is_bad(self, *, strict: bool) -> bool:
        """A failure is bad; a skip, too, where nobody may skip."""
        return self.failed > 0 or (strict and self.skipped > 0)


def pytest_stage(
    key: str,
    title: str,
    *arguments: str,
    environ: Mapping[str, str],
    needs: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
    venv: str = PORTAL,
) -> Stage:
    """Describe a stage that runs pytest."""
    command = ("-m", "pytest", "-q", "-p", "tests.selection", *arguments)
    return Stage(key, title, (command,), True, needs, wants, environ, venv)


def elsewhere() -> tuple[str, ...]:
    """Leave out the folders that have a stage of their own."""
    return tuple(f"--ignore=tests/{folder}" for folder in OWN_FOLDERS)


def database_stage(key: str, title: str, needs: tuple[str, ...]) -> Stage:
    """Describe the tests that touch the database, on one of the two."""
    environ = {"CONSORTIUM_TEST_DATABASES": key, "CONSORTIUM_TEST_SELECT": "database"}
    if quick := host.quick_folder():
        environ["TMPDIR"] = quick  # a fresh database for each test: half the time on a disk
    arguments = ("-n", "2", *elsewhere(), "tests")
    return pytest_stage(key, title, *arguments, needs=needs, wants=("calc", "pdf"), environ=environ)


BOTH = {"CONSORTIUM_TEST_DATABASES": "sqlite,postgresql"}
SQLITE = {"CONSORTIUM_TEST_DATABASES": "sqlite"}
LINT = Stage(
    "lint",
    "書き方",
    (("-m", "ruff", "check", "--quiet"), ("-m", "ruff", "format", "--check", "-q")),
)
TYPES = Stage("types", "型", (("-m", "mypy", "consortium", "config.py", "wsgi.py", "manage.py"),))
IMPORTS = Stage("imports", "参照の向き", (("-c", LINT_IMPORTS, "--no-logo"),))
RULES = pytest_stage(
    "rules",
    "固定・同梱・索引",
    *("tests/test_architecture.py", "tests/web/test_vendor.py"),
    environ=SQLITE,
)
DRIFT = Stage(
    "drift",
    "移行とモデルの一致",
    tuple(
        ("-m", "flask", "--app", "consortium.cli:create_app_for_commands", "db", verb)
        for verb in ("upgrade", "check")
    ),
)
UNIT = pytest_stage(
    "unit",
    "単体と性質",
    *("-n", "2", *elsewhere(), "tests"),
    wants=("calc", "ipafont", "pdf"),
    environ={**SQLITE, "CONSORTIUM_TEST_SELECT": "unit"},
)
TEST_STAGES = (
    LINT,
    TYPES,
    IMPORTS,
    pytest_stage(
        "migrations", "移行", "-n", "2", "tests/migrations", wants=("postgresql",), environ=BOTH
    ),
    UNIT,
    database_stage("sqlite", "SQLite", ()),
    database_stage("postgresql", "PostgreSQL", ("postgresql",)),
    # By file: what a module has set up once, a demo or a portal, is not set up twice.
    pytest_stage(
        "processes",
        "プロセス",
        *("-n", "2", "--dist", "loadfile", "tests/processes", "tests/crashes"),
        wants=("postgresql",),
        environ=BOTH,
    ),
    pytest_stage(
        "browser",
        "画面",
        *("-n", "2", "tests/browser"),
        needs=("chromium", "font"),
        environ=SQLITE,
    ),
    # Without the fixtures of the portal, which this environment does not have.
    pytest_stage(
        "national",
        "全国試算",
        *("--confcutdir=tests/national", "tests/national"),
        environ={},
        venv=NATIONAL,
    ),
)
CHECK_STAGES = (LINT, TYPES, IMPORTS, DRIFT, RULES)


def full_depth(stage: Stage, seed: int) -> Stage:
    """Run a stage with the stated numbers instead of a sample, from a seed that can be repeated."""
    if not stage.is_pytest:
        return stage
    more = [f"--hypothesis-seed={seed}"]
    if stage.key == "unit":
        more += ["--cov=consortium.domain", "--cov-branch", "--cov-report=term"]
    environ = {**stage.environ, "CONSORTIUM_TEST_FULL": "1", "CONSORTIUM_TEST_SEED": str(seed)}
    commands = ((*stage.commands[0], *more),)
    return replace(stage, commands=commands, environ=environ)


def new_seed() -> int:
    """Choose the seed of a full run."""
    return secrets.randbelow(2**32)


def environment(stage: Stage, folder: Path) -> dict[str, str]:
    """Give the children no proxy, no setting of this installation, UTF-8 and this project.

    What a stage compiled is kept (__pycache__): the next stages and every process that a test
    starts would otherwise compile the portal and the tests anew.
    """
    refused = ("CONSORTIUM_", "FLASK_", "PYTHONDONTWRITEBYTECODE")
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(refused) and not name.lower().endswith("_proxy")
    }
    browser = host.find_browser()
    return {
        **kept,
        "PYTHONUTF8": "1",
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1,localhost,::1",
        **({"CHROMIUM_PATH": browser} if browser else {}),
        **({} if stage.is_pytest else own_installation(folder)),
        **stage.environ,
    }


def own_installation(folder: Path) -> dict[str, str]:
    """Give commands of the portal a key and an empty database that nobody else has."""
    return {
        "CONSORTIUM_INSTANCE": str(folder),
        "CONSORTIUM_DATABASE_URL": f"sqlite:///{(folder / 'check.sqlite3').as_posix()}",
        "CONSORTIUM_SECRET_KEY": secrets.token_hex(32),
    }


def run(stage: Stage, python: Path, *, quiet: bool = False) -> Outcome:
    """Run one stage, or skip it with the reason and the remedy (段の実行)."""
    absent = host.missing(stage.needs)
    if absent:
        reason = "、".join(f"{tool.title} がありません → {tool.remedy()}" for tool in absent)
        return Outcome(stage.key, skipped=1, reason=reason)
    print(f"▶ {stage.key}（{stage.title}）…", file=sys.stderr, flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="consortium-test-") as name:
        folder = Path(name)
        endings = [
            call([str(python), *command, *junit_option(stage, folder)], stage, folder, quiet=quiet)
            for command in stage.commands
        ]
        seconds = time.monotonic() - started
        if stage.is_pytest:
            return read_junit(stage.key, folder / "junit.xml", endings[0], seconds)
    failed = sum(1 for ending in endings if ending)
    return Outcome(stage.key, len(endings) - failed, failed, 0, "", seconds)


def junit_option(stage: Stage, folder: Path) -> list[str]:
    """Let pytest write down what it did."""
    return [f"--junit-xml={folder / 'junit.xml'}"] if stage.is_pytest else []


def call(command: Sequence[str], stage: Stage, folder: Path, *, quiet: bool) -> int:
    """Run one command; a quiet one shows its output only if it fails."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(stage, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        encoding="utf-8",
        errors="replace",
    ) as child:
        try:
            output, _ = child.communicate()
        except KeyboardInterrupt:
            child.wait()  # it got the same signal, and stops its own databases first
            raise
    if output and child.returncode:
        print(output, file=sys.stderr)
    return child.returncode


def read_junit(key: str, path: Path, ending: int, seconds: float) -> Outcome:
    """Count what pytest did; an ending without a counted failure is one all the same."""
    if not path.exists():
        reason = PYTEST_ENDINGS.get(ending, f"pytest が終了コード {ending} で終わりました")
        return Outcome(key, failed=1, reason=reason, seconds=seconds)
    failed, skips, cases = 0, [], 0
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314  pytest of ours wrote it
        cases += 1
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None and skip.get("type") != "pytest.xfail":
            skips.append(skip.get("message", ""))
    passed = cases - failed - len(skips)
    reason = "、".join(dict.fromkeys(skips))
    if cases == 0:
        return Outcome(key, failed=1, reason=PYTEST_ENDINGS[5], seconds=seconds)
    if ending and not failed:
        failed, reason = 1, PYTEST_ENDINGS.get(ending, f"pytest の終了コード {ending}")
    return Outcome(key, passed, failed, len(skips), reason, seconds)


def run_all(
    stages: Iterable[Stage], pythons: Mapping[str, Path], *, quiet: bool = False
) -> list[Outcome]:
    """Run the stages in order; a failed one does not keep the next from speaking.

    `pythons` has the Python of each environment; a stage whose environment is not there is skipped.
    """
    chosen = list(stages)
    host.install_missing({key for stage in chosen for key in (*stage.needs, *stage.wants)})
    return [
        run(stage, pythons[stage.venv], quiet=quiet)
        if stage.venv in pythons
        else Outcome(stage.key, skipped=1, reason=f"{stage.venv} を作れませんでした → {REMEDY}")
        for stage in chosen
    ]


def width(text: str) -> int:
    """Count columns: a full-width character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, columns: int) -> str:
    """Fill up to a number of columns."""
    return text + " " * (columns - width(text))


def table(outcomes: Sequence[Outcome], *, strict: bool, colour: bool) -> str:
    """Write the closing table and the one line that machines read (結果の表)."""
    rows = [("段", "合格", "失敗", "省略", "秒", "理由")]
    for each in outcomes:
        counts = (str(each.passed), str(each.failed), str(each.skipped))
        rows.append((each.stage, *counts, f"{each.seconds:.1f}", each.reason))
    columns = [max(width(row[n]) for row in rows) for n in range(5)]
    lines = ["  ".join([*map(padded, row[:5], columns), row[5]]).rstrip() for row in rows]
    for n, each in enumerate(outcomes, start=1):
        if each.skipped or each.is_bad(strict=strict):
            lines[n] = red(f"{lines[n]}{label(each, strict=strict)}", colour=colour)
    passed, failed = (sum(getattr(o, name) for o in outcomes) for name in ("passed", "failed"))
    skipped = sum(each.skipped for each in outcomes)
    return "\n".join(["", *lines, "", f"{passed} passed, {failed} failed, {skipped} skipped"])


def label(outcome: Outcome, *, strict: bool) -> str:
    """Say in words what the colour says."""
    if outcome.failed:
        return " 【失敗】"
    return " 【省略は失敗とみなします】" if strict else " 【省略】"


def red(text: str, *, colour: bool) -> str:
    """Colour a line red where colours are shown."""
    return f"\x1b[31m{text}\x1b[0m" if colour else text


def assumptions() -> list[str]:
    """List every `# ASSUMPTION:` of the code (前提の一覧), as file:line: sentence."""
    found = []
    for path in sorted(ROOT.glob("consortium/**/*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            _, mark, sentence = line.partition("# ASSUMPTION:")
            if mark:
                found.append(f"{path.relative_to(ROOT).as_posix()}:{number}: {sentence.strip()}")
    return found
