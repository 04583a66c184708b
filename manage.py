#!/usr/bin/env python3
"""One command for everything (管理コマンド): setup, demo, test, check, bench, flask.

Standard library only; the same on Debian (python3 manage.py …) and Windows (py manage.py …).
Argument lists, never shell strings: the folder may be called 「共同 クラウド」.
"""

import argparse
import hashlib
import importlib.util
import io
import os
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  the one line that an old Python must still read
    sys.exit("Python 3.11 以上が必要です（いまは " + platform.python_version() + "）。")

from tests import host, stages

ROOT = Path(__file__).resolve().parent
VENV = ROOT / stages.PORTAL
NATIONAL_VENV = ROOT / stages.NATIONAL
STAMP = "consortium-stamp.txt"
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
NATIONAL = "requirements-national.txt"
APP = "consortium.cli:create_app_for_commands"
NO_VENV = (
    "この Python には venv（ensurepip）がありません。\n"
    "次を実行してから、もう一度お試しください: apt install python3-venv"
)


def say(text: str) -> None:
    """Tell the person at the keyboard; standard output belongs to the command itself."""
    print(text, file=sys.stderr, flush=True)


def venv_python(venv: Path) -> Path:
    """Give the Python of an environment of the project."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def children_environment() -> dict[str, str]:
    """Give children UTF-8 and this project, wherever they run."""
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}


# ---- setup -------------------------------------------------------------------------------------


def stamp_lines(locks: list[str]) -> list[str]:
    """Say what an environment with these locks is made of (環境の刻印)."""
    digests = [hashlib.sha256((ROOT / lock).read_bytes()).hexdigest() for lock in locks]
    python = f"python {platform.python_version()} {platform.machine()}"
    return [python, *(f"{lock} {digest}" for lock, digest in zip(locks, digests, strict=True))]


def stamped(venv: Path) -> list[str]:
    """Read the stamp of an environment; one that was killed half-way has none."""
    if not (venv / STAMP).exists() or not venv_python(venv).exists():
        return []
    return (venv / STAMP).read_text(encoding="utf-8").splitlines()


def set_up(*, development: bool = False) -> None:
    """Make the environment from the hashed lock and the secret key, where needed (環境づくり)."""
    present = stamped(VENV)
    keeps_tools = any(line.startswith(f"{DEVELOPMENT} ") for line in present)
    locks = [RUNTIME, DEVELOPMENT] if development or keeps_tools else [RUNTIME]
    wanted = stamp_lines(locks)
    if not set(wanted) <= set(present):
        build_environment(VENV, locks[-1], wanted, is_usable=set(wanted[:2]) <= set(present))
    write_secret_key()


def set_up_national() -> None:
    """Make the environment of the national path, where needed; the portal has no use for it."""
    wanted = stamp_lines([NATIONAL])
    if wanted != stamped(NATIONAL_VENV):
        build_environment(NATIONAL_VENV, NATIONAL, wanted, is_usable=False)


def national_is_ready() -> bool:
    """Try to make the environment of the national path; the rest goes on without it."""
    try:
        set_up_national()
    except SystemExit:
        return False
    return True


def build_environment(venv: Path, lock: str, wanted: list[str], *, is_usable: bool) -> None:
    """Install a lock; the stamp is written last, so a broken environment starts over."""
    started = time.monotonic()
    stamp = venv / STAMP
    if venv.is_symlink():  # it belongs to another folder, and would be changed or emptied there
        sys.exit(f"{venv} は別の場所へのリンクです。リンクを消してから、もう一度お試しください。")
    stamp.unlink(missing_ok=True)
    if not is_usable:
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit(NO_VENV)
        say(f"▶ 環境 {venv.name} を作ります（初回は20秒ほどかかります）…")
        must([sys.executable, "-m", "venv", "--clear", str(venv)])
    say(f"▶ {lock} の部品を入れます…")
    pip = [str(venv_python(venv)), "-m", "pip", "--disable-pip-version-check", "-qq"]
    must([*pip, "install", "--no-input", "--require-hashes", "-r", str(ROOT / lock)])
    unfinished = stamp.with_suffix(".tmp")
    unfinished.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    unfinished.replace(stamp)
    say(f"  環境ができました（{time.monotonic() - started:.1f}秒）。")


def must(command: list[str]) -> None:
    """Run a step of the set-up, or stop with what to do."""
    environ = {**os.environ, "PYTHONUTF8": "1"}
    if subprocess.run(command, env=environ, stdout=sys.stderr, check=False).returncode:
        say("環境を作れませんでした。上の知らせを確かめ、もう一度実行すると最初から作り直します。")
        sys.exit(1)


def write_secret_key() -> None:
    """Write a random key for sessions once, readable by this user only (秘密鍵)."""
    path = Path(os.environ.get("CONSORTIUM_INSTANCE") or ROOT / "instance") / "secret_key"
    if path.exists() and path.stat().st_size:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"secret_key.{os.getpid()}.tmp")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    unfinished.replace(path)
    say(f"  {path} に秘密鍵を書きました。")


def describe_host() -> None:
    """Show what this host can do, and the command that adds the rest (道具の一覧)."""
    print(f"Python {platform.python_version()}  環境 {VENV}")
    for tool in host.TOOLS:
        found = tool.find()
        state = f"あり  {found}" if found else f"なし  → {tool.remedy()}"
        print(f"  {stages.padded(tool.title, 20)} {state}")


# ---- commands ----------------------------------------------------------------------------------


def become(command: list[str], **environ: str) -> int:
    """Turn into a command of the environment: same input, output, signals and exit code."""
    whole = [str(venv_python(VENV)), *command]
    everything = {**children_environment(), **environ}
    if os.name == "posix":
        os.execve(whole[0], whole, everything)  # noqa: S606  an argument list, and no shell wanted
    with subprocess.Popen(whole, env=everything) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue  # the child got it, too, and is closing


def flask(arguments: list[str]) -> int:
    """Run a command of the portal in the caller's folder; `--demo` first means the sample's."""
    set_up()
    if arguments[:1] == ["--demo"]:
        return become(["-m", "flask", "--app", APP, *arguments[1:]], CONSORTIUM_DEMO="1")
    return become(["-m", "flask", "--app", APP, *arguments])


def setup(options: argparse.Namespace) -> int:
    """Make the environment and show what this host can do."""
    set_up(development=options.dev)
    if options.national:
        set_up_national()
    if options.install:
        host.install_missing({tool.key for tool in host.TOOLS})
    describe_host()
    return 0


def demo(options: argparse.Namespace) -> int:
    """Start the sample portal."""
    set_up()
    flags = [name for name in ("once", "reset", "no_scheduler") if getattr(options, name)]
    arguments = [f"--{name.replace('_', '-')}" for name in flags]
    if options.port is not None:
        arguments += ["--port", str(options.port)]
    return become(["-m", "flask", "--app", APP, "demo", *arguments], CONSORTIUM_DEMO="1")


def test(options: argparse.Namespace) -> int:
    """Run every stage and print one table (試験)."""
    set_up(development=True)
    chosen = [s for s in stages.TEST_STAGES if not options.only or s.key in options.only]
    seed = stages.new_seed()
    if options.full:
        chosen = [stages.full_depth(stage, seed) for stage in chosen]
    strict = options.strict or os.environ.get("CI", "").lower() in {"true", "1"}
    outcomes = stages.run_all(chosen, pythons(chosen))
    if options.full:
        keep_evidence(stages.table(outcomes, strict=strict, colour=False), seed)
    print(stages.table(outcomes, strict=strict, colour=shows_colour()), flush=True)
    return 1 if any(outcome.is_bad(strict=strict) for outcome in outcomes) else 0


def pythons(chosen: Sequence[stages.Stage]) -> dict[str, Path]:
    """Give the Python of each environment that these stages use and that can be made."""
    found = {stages.PORTAL: venv_python(VENV)}
    if any(stage.venv == stages.NATIONAL for stage in chosen) and national_is_ready():
        found[stages.NATIONAL] = venv_python(NATIONAL_VENV)
    return found


def keep_evidence(table: str, seed: int) -> None:
    """Write the table of a full run beside its date and seed (試験の記録)."""
    folder = ROOT / "docs" / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    head = f"日付 {time.strftime('%Y-%m-%d')}  乱数の種 {seed}  Python {platform.python_version()}"
    path = folder / f"test-full-{time.strftime('%Y-%m-%d')}.txt"
    path.write_text(f"{head}\n{table}\n", encoding="utf-8")
    say(f"  記録を {path.relative_to(ROOT).as_posix()} に書きました。")


def check(_: argparse.Namespace) -> int:
    """Run the quick gate: no browser, no server (点検)."""
    set_up(development=True)
    outcomes = stages.run_all(stages.CHECK_STAGES, pythons(stages.CHECK_STAGES), quiet=True)
    bad = [outcome for outcome in outcomes if outcome.is_bad(strict=False)]
    if bad:
        print(stages.table(outcomes, strict=False, colour=shows_colour()))
        return 1
    assumptions = stages.assumptions()
    for line in assumptions:
        say(f"  前提 {line}")
    seconds = sum(outcome.seconds for outcome in outcomes)
    done = "・".join(stage.title for stage in stages.CHECK_STAGES)
    print(f"点検はすべて合格です（{done}、前提 {len(assumptions)}件、{seconds:.1f}秒）。")
    return 0


def bench(options: argparse.Namespace) -> int:
    """Print the ratios of speed beside their goals (性能); P3 has an environment of its own."""
    set_up(development=True)
    if not options.numbers or "P3" in map(str.upper, options.numbers):
        set_up_national()
    os.chdir(ROOT)
    return become(["-m", "benchmarks", *options.numbers])


def shows_colour() -> bool:
    """Colours go to a terminal that asked for none to be left out."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def parser() -> argparse.ArgumentParser:
    """Describe the commands."""
    whole = argparse.ArgumentParser(prog="manage.py", description="setup, run and test the portal")
    commands = whole.add_subparsers(dest="command", required=True)
    one = commands.add_parser("setup", help="make .venv from the hashed lock, and the secret key")
    one.add_argument("--dev", action="store_true", help="with the development tools")
    one.add_argument("--national", action="store_true", help="and .venv-national, with numpy")
    one.add_argument("--install", action="store_true", help="as root on Debian: apt-get the rest")
    one.set_defaults(run=setup)
    one = commands.add_parser("demo", help="start the sample portal on 127.0.0.1")
    one.add_argument("--once", action="store_true", help="compute and issue, print, do not serve")
    one.add_argument("--reset", action="store_true", help="begin with a new sample database")
    one.add_argument("--port", type=int, metavar="N", help="default: the first free from 8000")
    one.add_argument("--no-scheduler", action="store_true", help="serve without the scheduler")
    one.set_defaults(run=demo)
    one = commands.add_parser("test", help="run every stage, print one table")
    keys = [stage.key for stage in stages.TEST_STAGES]
    one.add_argument("--only", action="append", choices=keys, metavar="STAGE", help=", ".join(keys))
    one.add_argument("--strict", action="store_true", help="a skip is a failure (as with CI=true)")
    one.add_argument("--full", action="store_true", help="the stated numbers, and domain coverage")
    one.set_defaults(run=test)
    one = commands.add_parser("check", help="the quick gate: lint, types, imports, drift, rules")
    one.set_defaults(run=check)
    one = commands.add_parser("bench", help="ratios of speed beside their goals")
    one.add_argument("numbers", nargs="*", metavar="P2", help="only these goals")
    one.set_defaults(run=bench)
    commands.add_parser(
        "flask", help="any command of the portal; flask --demo …: on the sample data"
    )
    return whole


def speak_utf8() -> None:
    """Let no console of Windows stop us over a character; files and pipes get UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def main(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    speak_utf8()
    if arguments[:1] == ["flask"]:
        return flask(arguments[1:])
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        say("中断しました。")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
