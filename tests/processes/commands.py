"""Commands of the portal as processes of their own (コマンドの実行)."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Started in the background of a shell, the tests ignore Ctrl+C, and so would their children.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[2]
FLASK = (sys.executable, "-m", "flask", "--app", "consortium.cli:create_app_for_commands")
#: Nothing here takes longer, also on a host that does much else.
LONGEST = 240


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Give a child this project, UTF-8 and none of the settings of this installation."""
    refused = ("CONSORTIUM_", "FLASK_")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(refused)}
    return {**kept, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", **more}


def installation(folder: Path, **more: str) -> dict[str, str]:
    """Make an instance folder with a secret key of its own; give the environment that uses it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret_key").write_text(secrets.token_hex(32), encoding="ascii")
    return environment({"CONSORTIUM_INSTANCE": str(folder), **more})


def flask(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*FLASK, *arguments],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST,
    )


@contextmanager
def running(environ: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command and let the test meet it while it runs; never leave it behind."""
    with subprocess.Popen(
        [*FLASK, *arguments],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def wait_for(child: subprocess.Popen[str], text: str) -> str:
    """Read the output up to the line that holds a text, and give that line."""
    assert child.stdout is not None
    seen = []
    for line in child.stdout:
        seen.append(line)
        if text in line:
            return line
    raise AssertionError(f"「{text}」は出ませんでした: {''.join(seen)}")
