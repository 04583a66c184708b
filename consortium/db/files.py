"""Produced files (帳票ファイル): written once under a fresh name, read back only unchanged.

A file counts only when a row records it; until then nobody sees it and `sweep` may remove it.
No user text is ever part of a path.
"""

import hashlib
import os
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from consortium.domain.errors import DomainError

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_STORED = re.compile(rf"{_UUID}\.[a-z0-9]{{1,8}}")
_CLAIM = re.compile(r"[A-Za-z0-9-]{0,80}")
_TEMPORARY = re.compile(rf"\.[A-Za-z0-9-]{{0,80}}\.{_UUID}\.part")


class StoredFile(NamedTuple):
    """What the row of a file records (保存したファイル): name in the store, size, SHA-256."""

    stored_name: str
    size: int
    sha256: str


def write_once(folder: Path, content: bytes, suffix: str, claim: str = "") -> StoredFile:
    """Write bytes whole or not at all, under a fresh name that is never used again.

    `claim` becomes part of the temporary name: run, attempt and slot, so that a later attempt
    can tell whose leftovers it finds.
    """
    if not _SUFFIX.fullmatch(suffix) or not _CLAIM.fullmatch(claim):
        raise ValueError(f"not part of a file name: {suffix!r}, {claim!r}")
    folder.mkdir(parents=True, exist_ok=True)
    unique = uuid4()
    # A fresh name each time: on Windows os.replace fails while Excel holds the target open.
    target = folder / f"{unique}{suffix}"
    temporary = folder / f".{claim}.{unique}.part"
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)  # noqa: PTH105 -- the call whose guarantee we rely on
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return StoredFile(target.name, len(content), hashlib.sha256(content).hexdigest())


def read_stored(folder: Path, stored: StoredFile) -> bytes:
    """Give the stored bytes exactly as written.

    Raises: DomainError when the file is missing or differs from what was recorded.
    """
    if not _STORED.fullmatch(stored.stored_name):
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
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            removed.append(path.name)
    return removed


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power failure; Windows has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
