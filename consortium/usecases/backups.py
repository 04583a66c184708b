"""Backups of the whole installation (バックアップ): made, read back, kept for so many days.

Database first, then the file store: recorded files never change and are older than their row, so
every file that the copied database names is there. Neither the secret key nor the settings are in
it: whoever has a backup cannot log in with it.
"""

import hashlib
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from consortium.db import backup_file, databases, restore_mark
from consortium.db.backup_error import BackupError
from consortium.db.backup_file import Manifest, Place
from consortium.db.elsewhere import entered, sqlite_url
from consortium.db.store import accounts
from consortium.db.unit import reading
from consortium.domain.errors import DomainError
from consortium.usecases.integrity import check_all

#: Leftovers of a backup that somebody stopped half-way go after so long.
_ABANDONED = timedelta(days=1)


class Made(NamedTuple):
    """A backup that was made and read back (作成したバックアップ)."""

    path: Path
    manifest: Manifest
    #: backups that went, being older than the days they are kept (期限の切れたもの)
    removed: list[str]


def sha256_of(path: Path) -> str:
    """Give the hash of a whole backup, so that a copy elsewhere can be compared (照合値)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def create(place: Place, store: Path, now: datetime, *, made_for: str = "") -> Made:
    """Save database and file store, read it back, and let old backups go (バックアップの作成).

    Raises: BackupError where it cannot be made whole; OSError where the disk is full.
    """
    restore_mark.refuse_marked(store, "バックアップを作成しようとしました。")
    place.folder.mkdir(parents=True, exist_ok=True)
    backup_file.remove_parts(place.folder, now - _ABANDONED)
    path = place.folder / backup_file.name_of(now, made_for or uuid4().hex)
    url = databases.present_url()
    kind = databases.of_url(url)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=place.folder) as scratch:
        database = Path(scratch) / kind.NAME
        facts = kind.save(url, database)
        if not facts.revision:
            raise BackupError(
                "バックアップを作成しようとしました。",
                "データベースに表がまだありません。",
                "flask db upgrade を行ってから、もう一度行ってください。",
            )
        with backup_file.writing_file(path) as archive:
            copied = backup_file.add(archive, kind.NAME, database, now)
            saved = backup_file.add_store(archive, store, now)
            version = kind.version(url)
            manifest = Manifest(
                now, made_for, place.is_sample, kind.KIND, version, copied, facts, saved
            )
            backup_file.close(archive, manifest)
    return Made(path, manifest, prune(place, now))


def prune(place: Place, now: datetime) -> list[str]:
    """Remove backups older than the days they are kept, never the last good one (保存期間)."""
    found = backup_file.backups_in(place.folder)
    newest = next((path for path in reversed(found) if _is_good(path)), None)
    oldest = backup_file.name_of(now - timedelta(days=place.keep_days), "")
    old = [path for path in found if path.name < oldest and path != newest] if newest else []
    for path in old:
        path.unlink(missing_ok=True)
    return [path.name for path in old]


def _is_good(path: Path) -> bool:
    try:
        backup_file.read_whole(path)
    except BackupError:
        return False
    return True


def verify(path: Path) -> tuple[Manifest, list[str]]:
    """Read a backup to its end, and the database in it; give what is not right (検証).

    Raises: BackupError where it is no whole backup.
    """
    with tempfile.TemporaryDirectory(prefix="consortium-backup-") as scratch:
        database, store = Path(scratch) / "database", Path(scratch) / "files"
        store.mkdir()
        manifest = backup_file.extract(path, database, store)
        if manifest.kind == "postgresql":
            databases.BY_KIND[manifest.kind].read_dump(database)
            return manifest, _lacking(manifest)
        refuse_changed(manifest, databases.BY_KIND[manifest.kind].examine(database))
        faults = (
            faults_of(sqlite_url(database), store, manifest.made_at) if is_present(manifest) else []
        )
        return manifest, [*_lacking(manifest), *faults]


def refuse_changed(manifest: Manifest, found: object) -> None:
    """Refuse a database that is not row by row the one that was saved. Raises: BackupError."""
    if found != manifest.facts:
        raise BackupError(
            "バックアップのデータベースを確かめました。",
            "表の行数か照合値が、目録と異なります。",
            "ほかのバックアップを使ってください。",
        )


def is_present(manifest: Manifest) -> bool:
    """Say whether a backup has the tables that this program knows (今の版)."""
    return manifest.facts.revision == databases.known_revisions()[-1]


def faults_of(url: str, store: Path, now: datetime) -> list[str]:
    """Say what rows, chain, register and files of a loaded backup lack (整合性の検証).

    What was found is kept in that database: a portal that is put back shows its figures again.
    """
    with entered(url):
        return [fault for found in check_all(store, now, "asked") for fault in found.faults]


def every_owner() -> tuple[str, ...]:
    """Give every consortium of the database (すべての協議会)."""
    with reading() as session:
        return accounts.consortium_ids(session, None)


def _lacking(manifest: Manifest) -> list[str]:
    return [
        f"ファイル「{place}」は、作成した時にもうないか、変わっていました。"
        for place in manifest.lacking
    ]


class Listed(NamedTuple):
    """A backup of the folder as listed (バックアップの一覧の一行)."""

    path: Path
    size: int
    #: None where it cannot be read; `fault` says why
    manifest: Manifest | None
    fault: str


def listed(folder: Path) -> list[Listed]:
    """List the backups of a folder, the oldest first; each is read to its end (一覧)."""
    return [_listed(path) for path in backup_file.backups_in(folder)]


def _listed(path: Path) -> Listed:
    size = path.stat().st_size
    try:
        return Listed(path, size, backup_file.read_whole(path), "")
    except DomainError as error:
        return Listed(path, size, None, error.found)
