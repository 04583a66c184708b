"""Backups that a schedule asks for (バックアップの配信予定): made once, like any report.

The backup lies in its own folder and not in the file store; the chain of operations holds its hash.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from consortium.db import backup_file, databases
from consortium.db.backup_error import BackupError
from consortium.db.store.reports import Claim, FileRecord, began_at
from consortium.db.unit import Unit, reading
from consortium.usecases.backups import create, sha256_of
from consortium.usecases.reporting import Kind, Kinds, Sheet

KIND = "backup"


def _freeze(_unit: Unit, held: Claim) -> Mapping[str, Any]:
    return {"run": held.id}


def _sheets(frozen: Mapping[str, Any], store: Path) -> list[Sheet]:
    """Make the backup unless an attempt before this one made it; nothing goes into the store."""
    place = databases.backup_place()
    if backup_file.made_for(place.folder, frozen["run"]) is None:
        with reading() as session:
            now = began_at(session, frozen["run"])  # of this attempt: what is saved is of now
        create(place, store, now, made_for=frozen["run"])
    _hash_of(frozen["run"])
    return []


def _hash_of(run_id: str) -> tuple[str, str]:
    """Give name and hash of the backup of a run. Raises: BackupError where it is gone."""
    path = backup_file.made_for(databases.backup_place().folder, run_id)
    if path is None:
        raise BackupError(
            "作成したバックアップを記録しようとしました。",
            "ファイルが見つかりません。",
            "保存する場所から動かしたときは戻してください。なければ、次の試行で作り直します。",
        )
    found = path.stat()
    return path.name, _hashed(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1)
def _hashed(path: Path, _size: int, _changed: int) -> str:
    """Read a backup once: nobody else could write while a unit reads gigabytes (照合値)."""
    return sha256_of(path)


def _publish(unit: Unit, held: Claim, frozen: Mapping[str, Any], _files: list[FileRecord]) -> None:
    """Say in the chain which file was made (作成の記録)."""
    name, sha256 = _hash_of(frozen["run"])
    unit.record(
        held.consortium_id,
        "backup.create",
        "report_run",
        held.id,
        "バックアップの作成",
        None,
        {"file": name, "sha256": sha256},
    )


#: How a scheduled backup is made.
KINDS: Kinds = {KIND: Kind(_freeze, _sheets, _publish)}
