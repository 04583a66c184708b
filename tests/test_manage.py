"""manage.py sets up once, skips in red, and fails where it must (管理コマンド)."""

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import manage
from tests import host, selection, stages

ROOT = Path(__file__).resolve().parents[1]
PASSES = "def test_one_and_one() -> None:\n    assert 1 + 1 == 2\n"
FAILS = "def test_one_and_one() -> None:\n    assert 1 + 1 == 3\n"
SKIPS = "import pytest\ndef test_later() -> None:\n    pytest.skip('LibreOffice がありません')\n"
XFAILS = "import pytest\n@pytest.mark.xfail\ndef test_bug() -> None:\n    assert 1 + 1 == 3\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small project in a folder with a Japanese name and a space."""
    folder = tmp_path / "共同 クラウド"
    (folder / "tests").mkdir(parents=True)
    for name in ("manage.py", "pyproject.toml", *(path.name for path in ROOT.glob("*.txt"))):
        shutil.copy(ROOT / name, folder)
    for name in ("__init__.py", "host.py", "selection.py", "stages.py"):
        shutil.copy(ROOT / "tests" / name, folder / "tests")
    venvs = {"VENV": folder / stages.PORTAL, "NATIONAL_VENV": folder / stages.NATIONAL}
    for name, path in {"ROOT": folder, **venvs}.items():
        monkeypatch.setattr(manage, name, path)
    monkeypatch.setattr(stages, "ROOT", folder)
    monkeypatch.delenv("CI", raising=False)
    return folder


def run_unit_stage(project: Path, source: str, monkeypatch: pytest.MonkeyPatch, *flags: str) -> int:
    """Run `manage.py test --only unit` over one test file, with the Python of this very run."""
    (project / "tests" / "test_sample.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(manage, "set_up", lambda **_: None)
    monkeypatch.setattr(manage, "venv_python", lambda _: Path(sys.executable))
    monkeypatch.setattr(host, "install_missing", lambda _: None)
    alone = tuple(word for word in stages.UNIT.commands[0] if word not in {"-n", "2"})
    lean = (*alone, "-p", "no:xdist", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")
    monkeypatch.setattr(stages, "TEST_STAGES", (replace(stages.UNIT, commands=(lean,)),))
    return manage.main(["test", "--only", "unit", *flags])


# ---- exit codes of `test` ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "flags", "ci", "code", "counts", "says"),
    [
        (PASSES, (), "true", 0, (1, 0, 0), ""),
        (FAILS, (), "", 1, (0, 1, 0), "【失敗】"),
        (SKIPS, (), "", 0, (0, 0, 1), "LibreOffice がありません 【省略】"),
        (SKIPS, ("--strict",), "", 1, (0, 0, 1), "【省略は失敗とみなします】"),
        (SKIPS, (), "true", 1, (0, 0, 1), "【省略は失敗とみなします】"),
        (XFAILS, (), "true", 0, (1, 0, 0), ""),
        ("", (), "", 1, (0, 1, 0), "試験が1件もありません"),
        ("import nothing_of_this_name\n", (), "", 1, (0, 1, 0), "【失敗】"),
    ],
)
def test_the_exit_code_says_what_happened(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    flags: tuple[str, ...],
    ci: str,
    code: int,
    counts: tuple[int, int, int],
    says: str,
) -> None:
    monkeypatch.setenv("CI", ci)
    assert run_unit_stage(project, source, monkeypatch, *flags) == code
    output = capsys.readouterr().out
    passed, failed, skipped = counts
    assert output.splitlines()[-1] == f"{passed} passed, {failed} failed, {skipped} skipped"
    assert says in output


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(SystemExit) as refused:
        manage.main(["test", "--only", "everything"])
    assert refused.value.code == 2


# ---- skips ---------------------------------------------------------------------------------------


def test_a_stage_without_its_tool_is_skipped_with_the_command_that_adds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = [replace(tool, find=lambda: "") for tool in host.TOOLS]
    monkeypatch.setattr(host, "TOOLS", absent)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(host, "is_root", lambda: False)
    (stage,) = (stage for stage in stages.TEST_STAGES if stage.key == "postgresql")
    outcome = stages.run(stage, Path(sys.executable))
    assert (outcome.passed, outcome.failed, outcome.skipped) == (0, 0, 1)
    remedy = "sudo apt-get install --no-install-recommends postgresql"
    assert outcome.reason == f"PostgreSQL がありません → {remedy}"


def test_a_skip_is_red_and_so_is_a_failure_but_not_a_pass() -> None:
    outcomes = [
        stages.Outcome("unit", passed=3),
        stages.Outcome("browser", skipped=1, reason="Chromium がありません"),
        stages.Outcome("sqlite", failed=1),
    ]
    lines = stages.table(outcomes, strict=False, colour=True).splitlines()
    red = [line for line in lines if line.startswith("\x1b[31m")]
    assert [line.split()[0] for line in red] == ["\x1b[31mbrowser", "\x1b[31msqlite"]
    assert "Chromium がありません 【省略】" in red[0]
    assert "【失敗】" in red[1]
    assert lines[-1] == "3 passed, 1 failed, 1 skipped"


def test_nothing_is_installed_by_someone_who_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, ...]] = []
    absent = [replace(tool, find=lambda: "") for tool in host.TOOLS]
    monkeypatch.setattr(host, "TOOLS", absent)
    monkeypatch.setattr(host, "apt", lambda *arguments: called.append(arguments))
    monkeypatch.setattr(host, "can_install", lambda: False)
    host.install_missing({"chromium", "pdf"})
    assert called == []


def test_root_on_debian_updates_once_and_installs_only_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called: list[tuple[str, ...]] = []
    here = {"postgresql", "font"}
    found = {True: lambda: "/usr/bin/x", False: lambda: ""}
    tools = [replace(tool, find=found[tool.key in here]) for tool in host.TOOLS]
    monkeypatch.setattr(host, "TOOLS", tools)

    def apt(*arguments: str) -> bool:
        called.append(arguments)
        return True

    monkeypatch.setattr(host, "apt", apt)
    monkeypatch.setattr(host, "can_install", lambda: True)
    monkeypatch.setattr(host, "known_to_apt", lambda package: package != "libreoffice-calc-nogui")
    host.install_missing({"postgresql", "chromium", "calc"})
    option = ("install", "-y", "--no-install-recommends")
    assert called == [("update",), (*option, "chromium"), (*option, "libreoffice-calc")]
    assert "Chromium、LibreOffice Calc" in capsys.readouterr().err


# ---- which test belongs to which stage -----------------------------------------------------------


@pytest.mark.parametrize("fixtures", [[], ["tmp_path"], ["app", "database_source"]])
def test_every_test_belongs_to_either_the_unit_or_the_database_stages(fixtures: list[str]) -> None:
    assert selection.belongs(fixtures, "unit") != selection.belongs(fixtures, "database")
    assert selection.belongs(fixtures, "")


def test_every_folder_of_tests_is_run_by_a_stage() -> None:
    for folder in stages.OWN_FOLDERS:
        runs = [s.key for s in stages.TEST_STAGES if f"tests/{folder}" in s.commands[0]]
        assert runs == ["processes" if folder == "crashes" else folder]
    for key in ("unit", "sqlite", "postgresql"):
        (stage,) = (stage for stage in stages.TEST_STAGES if stage.key == key)
        ignored = {word for word in stage.commands[0] if word.startswith("--ignore")}
        assert "tests" in stage.commands[0]
        assert ignored == {f"--ignore=tests/{folder}" for folder in stages.OWN_FOLDERS}


def test_children_get_no_proxy_and_utf8(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    given = stages.environment(stages.UNIT, tmp_path)
    assert not {"HTTP_PROXY", "https_proxy"} & given.keys()
    assert given["PYTHONUTF8"] == "1"
    assert "127.0.0.1" in given["NO_PROXY"].split(",")


def test_no_setting_of_an_installation_reaches_tests_or_checks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", "postgresql://real/consortium")
    monkeypatch.setenv("CONSORTIUM_DEMO", "1")
    assert "CONSORTIUM_DATABASE_URL" not in stages.environment(stages.UNIT, tmp_path)
    checked = stages.environment(stages.DRIFT, tmp_path)
    assert checked["CONSORTIUM_DATABASE_URL"].startswith("sqlite:///")
    assert "CONSORTIUM_DEMO" not in checked


# ---- setup ---------------------------------------------------------------------------------------


class Steps(list[list[str]]):
    """The steps a set-up took; the one whose words contain `breaks` is killed."""

    breaks = "nothing"

    def __call__(self, command: list[str]) -> None:
        self.append(command)
        if self.breaks in command:
            raise SystemExit(1)
        if "venv" in command:
            python = manage.venv_python(Path(command[-1]))
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()

    def words(self) -> list[str]:
        return ["venv" if "venv" in step else Path(step[-1]).name for step in self]


@pytest.fixture
def steps(project: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    taken = Steps()
    monkeypatch.setattr(manage, "must", taken)
    return taken


def test_a_second_setup_does_nothing(steps: Steps) -> None:
    manage.set_up()
    manage.set_up()
    assert steps.words() == ["venv", "requirements.txt"]


def test_every_install_demands_hashes(steps: Steps) -> None:
    manage.set_up(development=True)
    assert all("--require-hashes" in step for step in steps if "install" in step)
    assert steps.words() == ["venv", "requirements-dev.txt"]


def test_the_tools_are_added_to_a_portal_that_is_there(steps: Steps) -> None:
    manage.set_up()
    manage.set_up(development=True)
    manage.set_up()
    assert steps.words() == ["venv", "requirements.txt", "requirements-dev.txt"]


def test_a_setup_killed_half_way_starts_over(steps: Steps) -> None:
    steps.breaks = "install"
    with pytest.raises(SystemExit):
        manage.set_up()
    steps.breaks = "nothing"
    manage.set_up()
    assert steps.words() == ["venv", "requirements.txt", "venv", "requirements.txt"]


def test_another_lock_makes_another_environment(steps: Steps, project: Path) -> None:
    manage.set_up()
    with (project / "requirements.txt").open("a", encoding="utf-8") as lock:
        lock.write("# another\n")
    manage.set_up()
    assert steps.words() == ["venv", "requirements.txt", "venv", "requirements.txt"]


def test_the_national_path_has_an_environment_of_its_own_made_once(steps: Steps) -> None:
    manage.set_up()
    manage.set_up_national()
    manage.set_up_national()
    manage.set_up()
    assert steps.words() == ["venv", manage.RUNTIME, "venv", manage.NATIONAL]
    assert [Path(step[-1]).name for step in steps if "venv" in step] == [".venv", ".venv-national"]


def test_neither_demo_nor_check_nor_another_stage_makes_the_national_environment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(manage, "set_up_national", lambda: asked.append("national"))
    others = [stage for stage in stages.TEST_STAGES if stage.venv == stages.PORTAL]
    assert set(manage.pythons([*others, *stages.CHECK_STAGES])) == {stages.PORTAL}
    assert not asked
    assert set(manage.pythons(stages.TEST_STAGES)) == {stages.PORTAL, stages.NATIONAL}
    assert asked


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_stage_whose_environment_cannot_be_made_is_skipped_in_red(
    project: Path,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ci: str,
    code: int,
) -> None:
    manage.set_up(development=True)
    steps.breaks = "install"
    monkeypatch.setenv("CI", ci)
    assert manage.main(["test", "--only", "national"]) == code
    output = capsys.readouterr().out
    assert ".venv-national を作れませんでした → python3 manage.py setup --national" in output
    assert output.splitlines()[-1] == "0 passed, 0 failed, 1 skipped"


def test_a_python_without_venv_is_told_what_to_install(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        manage.set_up()
    assert steps == []


def test_the_secret_key_is_random_private_and_kept(steps: Steps, project: Path) -> None:
    manage.set_up()
    path = project / "instance" / "secret_key"
    first = path.read_text(encoding="ascii")
    manage.set_up()
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert path.read_text(encoding="ascii") == first
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_old_python_gets_one_clear_sentence(tmp_path: Path) -> None:
    """The check runs before anything that an old Python could not read is imported."""
    source = (ROOT / "manage.py").read_text(encoding="utf-8")
    old = source.replace("sys.version_info < (3, 11)", "sys.version_info < (99, 0)")
    (tmp_path / "manage.py").write_text(old, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "manage.py"), "setup"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 以上が必要です")


# ---- demo and flask ------------------------------------------------------------------------------


def test_demo_hands_its_options_on(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def become(command: list[str], **_: str) -> int:
        taken.extend(command)
        return 0

    monkeypatch.setattr(manage, "set_up", lambda: None)
    monkeypatch.setattr(manage, "become", become)
    assert manage.main(["demo", "--once", "--no-scheduler", "--port", "8123"]) == 0
    assert taken[-5:] == ["demo", "--once", "--no-scheduler", "--port", "8123"]


ECHO = """
import os, sys
from flask import Flask
def create_app_for_commands():
    app = Flask("echo")
    @app.cli.command("echo")
    def echo():
        print(os.getcwd(), sys.stdin.read())
        sys.exit(7)
    return app
"""


@pytest.mark.skipif(os.name == "nt", reason="偽の環境は sh の台本")
def test_flask_keeps_folder_input_output_and_exit_code(project: Path, steps: Steps) -> None:
    (project / "consortium").mkdir()
    (project / "consortium" / "cli.py").write_text(ECHO, encoding="utf-8")
    manage.set_up()
    python = manage.venv_python(manage.VENV)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    elsewhere = project / "よそ"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, str(project / "manage.py"), "flask", "echo"],
        cwd=elsewhere,
        input="令和3年度",
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, f"{elsewhere} 令和3年度\n"), done.stderr


# ---- check ---------------------------------------------------------------------------------------


def test_a_good_check_says_one_line_and_a_bad_one_the_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "set_up", lambda **_: None)
    good, bad = stages.Outcome("lint", passed=2), stages.Outcome("lint", failed=1, passed=1)
    monkeypatch.setattr(stages, "run_all", lambda *_, **__: [good])
    assert manage.check(argparse.Namespace()) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("点検はすべて合格です")
    monkeypatch.setattr(stages, "run_all", lambda *_, **__: [bad])
    assert manage.check(argparse.Namespace()) == 1
    assert "【失敗】" in capsys.readouterr().out
