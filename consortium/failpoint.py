"""Places at which a test stops the process (試験用の中断点); in an installation they do nothing.

`CONSORTIUM_FAILPOINT=name:k` sends SIGKILL to this process at the k-th time it comes to `name`
(`*:k`: to any). `CONSORTIUM_FAILPOINT_TRACE=file` writes each hit there instead. An installation
refuses to start with either set (config.py).
"""

import os
import signal
from pathlib import Path

SETTING, TRACE = "CONSORTIUM_FAILPOINT", "CONSORTIUM_FAILPOINT_TRACE"

_hits: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Stop here if a test asked for it (中断点)."""
    if SETTING in os.environ:
        _stop_at(name, *os.environ[SETTING].split(":"))
    if TRACE in os.environ:
        with Path(os.environ[TRACE]).open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def _stop_at(name: str, wanted: str, count: str = "1") -> None:
    if wanted not in (name, "*"):
        return
    _hits[wanted] = _hits.get(wanted, 0) + 1
    if _hits[wanted] == int(count):
        os.kill(os.getpid(), signal.SIGKILL)
