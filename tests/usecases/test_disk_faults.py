"""F-7: the disk is full at every call that writes, once and for good (ディスクの障害)."""

import errno
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from consortium.clock import FrozenClock
from consortium.db import files
from consortium.db.engine import db
from consortium.db.files import Disk
from consortium.usecases import faults
from consortium.usecases.reporting import sweep
from tests import databases
from tests.depth import FULL
from tests.small_reports import SLOTS, Desk, events, open_desk

#: make_folder, free, open, write, write, sync, rename, sync_folder
CALLS_FOR_A_FILE = 8
CALLS = CALLS_FOR_A_FILE * len(SLOTS)


class BadDisk(Disk):
    """A disk that fails at its nth call, and for good from there on if so said."""

    def __init__(self, nth: int, code: int = errno.ENOSPC, *, for_good: bool = False) -> None:
        """Count from 1; 0 never fails."""
        self.nth, self.code, self.for_good, self.calls = nth, code, for_good, 0

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not hasattr(Disk, name) or name.startswith("__"):
            return found

        def call(*arguments: Any) -> Any:
            self.calls += 1
            if self.nth and (self.calls >= self.nth if self.for_good else self.calls == self.nth):
                if name == "write":
                    found(arguments[0], arguments[1][:1])  # a part of it gets through
                raise OSError(self.code, os.strerror(self.code))
            return found(*arguments)

        return call


@pytest.fixture
def desk(database: Flask, tmp_path: Path, clock: FrozenClock) -> Desk:
    return open_desk(tmp_path, clock)


def with_disk(desk: Desk, disk: Disk) -> Desk:
    return replace(desk, worker=replace(desk.worker, disk=disk))


def test_a_file_takes_eight_calls(desk: Desk) -> None:
    disk = BadDisk(0)
    desk.plan("2026-04")
    assert with_disk(desk, disk).tick() == 1
    assert disk.calls == CALLS == 24


#: Without end every call in a full run, otherwise each of the eight for one of the files.
FIRST_FOR_GOOD = 1 if FULL else CALLS - CALLS_FOR_A_FILE + 1


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_whichever_call_fails_the_report_waits_and_is_made_once_there_is_space(
    desk: Desk, *, for_good: bool
) -> None:
    first = FIRST_FOR_GOOD if for_good else 1
    for nth in range(first, CALLS + 1):
        month = f"m-{nth:02}"
        desk.plan(month)
        broken = with_disk(desk, BadDisk(nth, for_good=for_good))
        for _ in range(3 if for_good else 1):
            assert broken.tick() == 1  # once, not again within the tick
            run = desk.run(month)
            assert (run.state, run.owner, run.failures, run.crashes, run.error) == (
                "due", None, 0, 0, "",
            ), nth  # fmt: skip
            assert run.wait_reason == (
                "ファイルを書き込めません。保存先のディスクの空き容量が足りません。"
            )
            assert not [name for name in desk.stored() if name.endswith(".part")]
        assert desk.published == [f"m-{n:02}" for n in range(first, nth)]
        assert desk.tick() == 1
        assert (desk.run(month).state, desk.run(month).wait_reason) == ("published", "")
        assert desk.contents(month) == desk.expected(month)
    for name in desk.stored():  # the clock stands in the past of the files
        os.utime(desk.worker.folder / name, (0, 0))
    sweep(desk.worker)
    tried = CALLS + 1 - first
    assert len(desk.stored()) == tried * len(SLOTS)
    # However often it was tried: what it waited for is written down once.
    assert len(events("wait")) == tried


@pytest.mark.parametrize(
    "code", [errno.EROFS, errno.EFBIG, errno.EIO, errno.EACCES, errno.EDQUOT, errno.ENXIO]
)
def test_no_fault_of_the_disk_is_told_in_english(code: int) -> None:
    said = faults.in_words(OSError(code, os.strerror(code)))
    assert said.startswith("ファイルを書き込めません")
    assert said.endswith("。")
    assert not re.search(r"[A-Za-z]{2,}", said)


def test_a_file_that_would_fill_the_disk_is_not_begun(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database must still be able to write, and to say what is wrong."""
    desk.plan("2026-04")
    size = len(desk.expected("2026-04")[SLOTS[0]])
    free = files.KEPT_FREE + size
    disk = Disk()
    monkeypatch.setattr(disk, "free", lambda _: free - 1)
    assert with_disk(desk, disk).tick() == 1
    assert "空き容量が足りません" in desk.run().wait_reason
    assert desk.stored() == set()
    monkeypatch.setattr(disk, "free", lambda _: free)
    assert with_disk(desk, disk).tick() == 1
    assert desk.run().state == "published"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows にはこの制限がありません")
@databases.ON_SQLITE
def test_a_real_limit_of_the_system_stops_the_file_and_nothing_else(desk: Desk) -> None:
    """RLIMIT_FSIZE: whoever writes beyond it is told EFBIG by the system itself."""
    import resource

    desk = replace(desk, words=lambda text: text * 200_000)
    desk.plan("2026-04")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, hard))
    try:
        assert desk.tick() == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert desk.run().state == "due"
    assert "ファイルの大きさが、このコンピューターの上限を超えました" in desk.run().wait_reason
    assert desk.stored() == set()
    assert desk.tick() == 1
    assert desk.contents() == desk.expected("2026-04")


@databases.ON_SQLITE
def test_a_database_without_room_is_a_fault_of_the_machine(desk: Desk) -> None:
    """SQLITE_FULL within the snapshot: nothing of it is kept, the next tick takes it again."""
    desk.plan("2026-04")
    with limited_pages(extra=0):
        full = replace(desk, in_snapshot=fill_the_database)
        assert full.tick() == 1
    run = desk.run()
    assert (run.state, run.failures, run.input_id) == ("due", 0, None)
    assert run.wait_reason == "データベースを置いたディスクの空き容量が足りません。"
    assert desk.tick() == 1
    assert desk.run().state == "published"


def fill_the_database(_: object) -> None:
    words = "x" * 200_000
    db.session.connection().exec_driver_sql("UPDATE report_run SET wait_reason = ?", (words,))


class limited_pages:  # noqa: N801 -- reads as the context it is
    """Let the database have no more pages than it has now."""

    def __init__(self, extra: int) -> None:
        self.extra = extra

    def __enter__(self) -> None:
        with db.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        self.limit: Callable[..., None] = lambda connection, _: connection.execute(
            f"PRAGMA max_page_count={pages + self.extra}"
        )
        event.listen(db.engine, "connect", self.limit)
        db.engine.dispose()

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "connect", self.limit)
        db.engine.dispose()
