"""Uploaded workbooks are read by a process of their own (読取りの隔離): time, memory, size limited.

Order: size, then in the process the look of `prescan`, then the reading. A process is started for
each file (50 ms) instead of being kept: nothing is shared with the threads of the portal, nothing
is left of a file, and it works the same under Windows.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Timer
from typing import Final

from consortium.intake.prescan import MB, check_size, refused
from consortium.intake.raw_cells import PlainSheet


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take (読取りの上限)."""

    #: time on the clock, starting of the process included; a busy host needs some for little work
    seconds: float = 15
    #: time of the processor; not limited under Windows
    work: int = 5
    #: address space in bytes; not limited under Windows
    memory: int = 256 * MB
    #: bytes of the answer
    answer: int = 32 * MB


LIMITS: Final = Limits()
#: So many files are read at once; more wait for their turn.
_TURNS: Final = BoundedSemaphore(2)
_ROOT: Final = Path(__file__).resolve().parents[2]
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from consortium.intake.reading_process import main; main()"
)
#: What Python needs of the environment to start; secrets stay here.
_KEPT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")


def read_apart(content: bytes, limits: Limits = LIMITS) -> list[PlainSheet]:
    """Give the sheets of an uploaded workbook as plain data (読取り).

    Raises: BadInputError at `file` for one that is refused, or takes too much time or memory.
    """
    check_size(content)
    try:
        answer = json.loads(_asked(content, limits))
        if not isinstance(answer, dict):
            raise TypeError(answer)
    except (OSError, ValueError, TypeError):
        raise refused(
            "決められた時間と記憶領域の中で読み取れません。",
            "シートやセルを減らし、値だけを新しいブックに貼り付けて、選び直してください。",
        ) from None
    if "refused" in answer:
        raise refused(*answer["refused"])
    sheets: list[PlainSheet] = answer["sheets"]
    return sheets


def _asked(content: bytes, limits: Limits) -> bytes:
    """Let a process read the content; it is ended when its time is up.

    Raises: OSError or ValueError where it gives no answer.
    """
    command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _START]
    with (
        _TURNS,
        subprocess.Popen(
            [*command, str(_ROOT), str(limits.seconds), str(limits.work), str(limits.memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ) as process,
    ):
        end = Timer(limits.seconds, process.kill)
        end.start()
        try:
            return _exchanged(process, content, limits.answer)
        finally:
            end.cancel()
            process.kill()


def _exchanged(process: "subprocess.Popen[bytes]", content: bytes, most: int) -> bytes:
    """Hand the content over and take the answer; the process has read all when it begins to write.

    Raises: OSError, ValueError for an answer that is too long or missing.
    """
    if process.stdin is None or process.stdout is None:
        raise OSError
    process.stdin.write(content)
    process.stdin.close()
    answer = process.stdout.read(most + 1)
    if len(answer) > most:
        raise ValueError(len(answer))
    return answer
