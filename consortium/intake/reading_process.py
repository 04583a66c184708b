"""The process that reads one uploaded workbook (読取りのプロセス): started for it, limited, gone.

It needs the standard library only and knows no setting, database or secret of the portal.
"""

import faulthandler
import json
import sys
from types import ModuleType
from typing import Final

from consortium.domain.errors import BadInputError
from consortium.intake.prescan import MOST_BYTES, prescan
from consortium.intake.raw_book import read

_SAVE_AGAIN: Final = "Excelで開いて .xlsx で保存し直してから、選び直してください。"


def main() -> None:
    """Read a workbook from the input, write what it says as JSON (読取り).

    Arguments: the seconds it may take, those of them that it may work, the bytes of memory.
    """
    seconds, work, memory = float(sys.argv[-3]), int(sys.argv[-2]), int(sys.argv[-1])
    # Ends the process without asking it, whatever it does and whoever started it.
    faulthandler.dump_traceback_later(seconds, exit=True)
    _limit(memory, work)
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read(MOST_BYTES + 1)))


def answer(content: bytes) -> bytes:
    """Give what a workbook says, or why it is refused, as JSON (答え).

    Raises: MemoryError.
    """
    return json.dumps(_read(content), ensure_ascii=False).encode("utf-8", "replace")


def _limit(memory: int, seconds: int) -> None:
    """Limit memory and time, let no file be written; Windows has no such limits."""
    try:
        import resource
    except ModuleNotFoundError:
        return
    _cap(resource, resource.RLIMIT_AS, memory)
    _cap(resource, resource.RLIMIT_CPU, seconds)
    _cap(resource, resource.RLIMIT_FSIZE, 0)
    _cap(resource, resource.RLIMIT_CORE, 0)


def _cap(resource: ModuleType, kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (least, least))


def _read(content: bytes) -> dict[str, object]:
    try:
        prescan(content)
        return {"sheets": read(content)}
    except BadInputError as error:
        return {"refused": (error.found, error.todo)}
    except MemoryError:
        raise
    except Exception:  # whatever a hostile file leads to
        return {"refused": ("Excelブックの中身を読み取れません。", _SAVE_AGAIN)}
