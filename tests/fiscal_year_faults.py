"""What may happen to the machine while statements are issued (F-19): killed, or its disk full.

The process that issues is gone half-way, or gives the report back; the officer asks again, and the
year goes on as if nothing had been.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

import pytest
from sqlalchemy import Connection

from consortium.db import files
from consortium.db.files import Disk
from consortium.usecases import reporting
from consortium.usecases.reporting import Worker
from tests.office import Office

FAULTS = ("中断", "ディスクの満杯")
#: Failpoints of an issue of four towns and the summary: three, one and five for each file, three.
POINTS = 3 + 5 * 5 + 3
#: Writes of such an issue: each file in two halves.
WRITES = 2 * 5
#: Five minutes go by for the lease of a process that is gone, whichever clock the database has.
_EXPIRE = (
    "UPDATE report_run SET lease_until = '2000-01-01 00:00:00.000000',"
    " claimed_at = '2000-01-01 00:00:00.000000' WHERE owner IS NOT NULL"
)

Issue = Callable[[Worker], object]


class KilledError(BaseException):
    """The process is gone: nothing of ours may catch this."""


class FullDisk(Disk):
    """Has room for so many writes (満杯のディスク)."""

    def __init__(self, writes: int) -> None:
        """Count down from here."""
        self.left = writes

    def write(self, stream: BinaryIO, content: bytes) -> None:
        """Write, or find the disk full; half of it is there then."""
        if self.left == 0:
            super().write(stream, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.left -= 1
        super().write(stream, content)


def befall(fault: str, at: int, office: Office, connection: Connection, issue: Issue) -> None:
    """Let an issue fail at some point (障害); what it left stays as it is."""
    if fault == "中断":
        with pytest.MonkeyPatch.context() as patch:
            for module in (reporting, files):
                patch.setattr(module, "failpoint", _Killing(at % POINTS))
            with pytest.raises(KilledError):
                issue(office.worker)
        connection.exec_driver_sql(_EXPIRE)
    else:
        issue(replace(office.worker, disk=FullDisk(at % WRITES)))
    office.clock.advance(timedelta(minutes=1))


class _Killing:
    """Ends the process at the so-many-th failpoint, counted over both modules."""

    left = 0

    def __init__(self, at: int) -> None:
        _Killing.left = at

    def __call__(self, _name: str) -> None:
        if _Killing.left == 0:
            raise KilledError
        _Killing.left -= 1
