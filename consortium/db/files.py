"""Produced files (帳票ファイル): written once under a fresh name, read back only unchanged.

A file counts only when a row records it; until then nobody sees it and `sweep` may remove it.
No user text is ever part of a path.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import uuid4

from consortium.domain.errors import DomainError
from consortium.failpoint import failpoint

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_STORED = re.compile(rf"{_UUID}\.[a-z0-9]{{1,8}}")
_CLAIM = re.compile(r"[A-Za-z0-9-]{0,80}")
_TEMPORARY = re.compile(rf"\.(?P<claim>[A-Za-z0-9-]{{0,80}})\.{_UUID}\.part")
#: Bytes that no file of ours may take: the database has to go on writing (残しておく空き容量).
KEPT_FREE = 32 * 2**20


class StoredFile(NamedTuple):
    """What the row of a file records (保存したファイル): name in the store, size, SHA-256."""

    stored_name: str
    size: int
    sha256: str


class Disk:
    """The calls that write to a disk, one by one (ディスク); a test lets each of them fail."""

    def free(self, folder: Path) -> int:
        """Give the free space in bytes (空き容量)."""
        return shutil.disk_usage(folder).free

    def make_folder(self, folder: Path) -> None:
        """Make a folder with those above it, unless it is there."""
        folder.mkdir(parents=True, exist_ok=True)

    def open(self, path: Path) -> BinaryIO:
        """Begin a new file; every write goes to the system at once."""
        return path.open("xb", buffering=0)

    def write(self, stream: BinaryIO, content: bytes) -> None:
        """Write all the bytes, however many the system takes at a time."""
        rest = memoryview(content)
        while rest:
            rest = rest[stream.write(rest) :]

    def sync(self, stream: BinaryIO) -> None:
        """Make the bytes survive a power failure."""
        os.fsync(stream.fileno())

    def rename(self, path: Path, target: Path) -> None:
        """Give the file its name; it is there whole or not at all."""
        path.replace(target)  # os.replace, whose guarantee we rely on

    def sync_folder(self, folder: Path) -> None:
        """Make the new name itself survive a power failure; Windows has no such call."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


DISK = Disk()


def write_once(
    folder: Path, content: bytes, suffix: str, claim: str = "", disk: Disk = DISK
) -> StoredFile:
    """Write bytes whole or not at all, under a fresh name that is never used again.

    `claim` becomes part of the temporary name: run and attempt, so that a later attempt can tell
    whose leftovers it finds. Raises: OSError, also where the disk would be left almost full.
    """
    if not _SUFFIX.fullmatch(suffix) or not _CLAIM.fullmatch(claim):
        raise ValueError(f"not part of a file name: {suffix!r}, {claim!r}")
    disk.make_folder(folder)
    if disk.free(folder) < len(content) + KEPT_FREE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    unique = uuid4()
    # A fresh name each time: on Windows os.replace fails while Excel holds the target open.
    target = folder / f"{unique}{suffix}"
    temporary = folder / f".{claim}.{unique}.part"
    try:
        with disk.open(temporary) as stream:
            failpoint("open")
            half = len(content) // 2
            disk.write(stream, content[:half])
            failpoint("half-written")
            disk.write(stream, content[half:])
            failpoint("written-not-synced")
            disk.sync(stream)
        disk.rename(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    disk.sync_folder(folder)
    failpoint("renamed-not-recorded")
    return StoredFile(target.name, len(content), hashlib.sha256(content).hexdigest())


def is_stored_name(name: str) -> bool:
    """Say whether a file of the store may have this name (保存名)."""
    return _STORED.fullmatch(name) is not None


def read_stored(folder: Path, stored: StoredFile) -> bytes:
    """Give the stored bytes exactly as written.

    Raises: DomainError when the file is missing or differs from what was recorded.
    """
    if not is_stored_name(stored.stored_name):
        raise ValueError(f"not a stored name: {stored.stored_name!r}")
    try:
        content = (folder / stored.stored_name).read_bytes()
    except FileNotFoundError:
        raise _damaged("保存したファイルが見つかりません。") from None
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise _damaged("保存したファイルの内容が発行した時と異なります。")
    return content


def _damaged(found: str) -> DomainError:
    return DomainError(
        "ファイルを開けません。",
        found,
        "幹事市の管理者に、バックアップからの復元を依頼してください。",
    )


def sweep(folder: Path, keep: Collection[str], before: datetime) -> list[str]:
    """Remove what no row records: temporary files and stored names not in `keep`.

    Only files last written before `before` (the start of the oldest live lease, or now) go, so
    that a file whose row is not yet written is left alone. Foreign files are never touched.
    """
    removed = []
    for path in sorted(folder.glob("*")) + sorted(folder.glob(".*.part")):
        ours = _TEMPORARY.fullmatch(path.name) or _STORED.fullmatch(path.name)
        if not ours or path.name in keep or path.name in removed:
            continue
        try:
            is_old = path.stat().st_mtime < before.timestamp()
        except FileNotFoundError:  # its writer has just given it its name
            continue
        if is_old:
            path.unlink(missing_ok=True)
            removed.append(path.name)
    return removed


def remove_leftovers(folder: Path, run_id: str, attempt: int) -> None:
    """Remove what earlier attempts at a run were writing when they ended (引継ぎの後始末)."""
    for path in folder.glob(f".{run_id}-*.part"):
        match = _TEMPORARY.fullmatch(path.name)
        number = match["claim"].removeprefix(f"{run_id}-") if match else ""
        if number.isdecimal() and int(number) < attempt:
            path.unlink(missing_ok=True)
