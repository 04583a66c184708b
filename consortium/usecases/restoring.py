"""Putting a backup back (復元): loaded and checked first, and only then exchanged.

What was there before is kept beside it, database and file store alike; only a person removes it.
"""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from consortium.db import backup_file, databases, restore_mark
from consortium.db.backup_error import BackupError
from consortium.db.backup_file import Manifest
from consortium.db.elsewhere import entered, upgrade
from consortium.db.store import restorations
from consortium.db.unit import writing
from consortium.failpoint import failpoint
from consortium.usecases.backups import every_owner, faults_of, is_present, refuse_changed
from consortium.usecases.reporting import SYSTEM

_ASKED = "バックアップから復元しようとしました。"


class Asked(NamedTuple):
    """How a backup is to be put back (復元の指定)."""

    path: Path
    #: the file store of the portal
    store: Path
    #: the portal is the sample
    is_sample: bool
    #: a portal in use is set aside (入れ替え)
    replaces: bool = False
    #: tables of an older revision are brought to the present one (移行)
    upgrades: bool = False
    #: what the check of the register finds does not stop it (相違のまま)
    accepts_faults: bool = False


class Restored(NamedTuple):
    """What was put back (復元の結果)."""

    manifest: Manifest
    #: where the state before is kept: database and file store, as far as there was one
    kept: list[str]
    #: what chain, register and files lacked when the backup was made already
    faults: list[str]


class _Store:
    """The file store being put back (ファイルの復元)."""

    def __init__(self, folder: Path, stamp: str) -> None:
        self.folder = folder
        self.is_aside = self.is_exchanged = False
        self.staged = folder.with_name(f"{folder.name}.restoring")
        self.aside = folder.with_name(f"{folder.name}.before-{stamp}")

    def clear(self) -> None:
        """Remove what an earlier try left, and make room."""
        shutil.rmtree(self.staged, ignore_errors=True)
        self.staged.mkdir(parents=True)

    def is_used(self) -> bool:
        return self.folder.is_dir() and bool(backup_file.stored_places(self.folder))

    def exchange(self) -> None:
        if self.folder.exists():
            self.folder.replace(self.aside)
            self.is_aside = True
        self.staged.replace(self.folder)
        self.is_exchanged = True

    def undo(self) -> None:
        """Leave the store as it was; the staged files go."""
        if self.is_exchanged:
            self.folder.replace(self.staged)
        if self.is_aside:
            self.aside.replace(self.folder)
        shutil.rmtree(self.staged, ignore_errors=True)


def restore(asked: Asked, now: datetime) -> Restored:
    """Put a backup back in place of the present state, which is kept (復元).

    Raises: BackupError, with nothing changed, for a backup that is damaged, foreign, of another
    database or revision, and for a portal that is in use.
    """
    stamp = f"{now:%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"
    manifest = _fitting(asked)
    url = databases.present_url()
    databases.let_go()
    database = databases.of_url(url).Restoring(url, stamp)
    store = _Store(asked.store, stamp)
    if (database.is_used() or store.is_used()) and not asked.replaces:
        raise BackupError(
            _ASKED,
            "ここには、もう使われているポータルがあります。",
            "今の状態を残したうえで入れ替えるときは、--replace を付けてください。",
        )
    # Before looking who is at work: whoever starts after that is refused.
    is_first = restore_mark.put(asked.store)
    try:
        database.refuse_in_use()
        faults = _load(asked, manifest, (database, store), now)
        failpoint("restore-loaded")
        store.exchange()
        failpoint("restore-files")
        database.exchange()
    except BaseException:
        store.undo()
        database.undo()
        if is_first:  # otherwise one before this was stopped half-way, and is still to be done
            restore_mark.lift(asked.store)
        raise
    failpoint("restore-database")
    restore_mark.lift(asked.store)
    kept = [database.aside, str(store.aside) if store.is_aside else ""]
    return Restored(manifest, [place for place in kept if place], faults)


def _fitting(asked: Asked) -> Manifest:
    """Read what a backup says of itself and refuse one that does not belong here."""
    manifest = backup_file.read_whole(asked.path)
    here = databases.of_url(databases.present_url()).KIND
    if manifest.kind != here:
        raise BackupError(
            _ASKED,
            f"バックアップは {manifest.kind}、このポータルは {here} のデータベースです。",
            "同じ種類のデータベースに復元してから、flask db-copy で移してください。",
        )
    if manifest.is_sample != asked.is_sample:
        words = "見本" if manifest.is_sample else "本番"
        raise BackupError(
            _ASKED,
            f"これは{words}のバックアップです。",
            "見本には見本の（flask --demo）、本番には本番のバックアップを使ってください。",
        )
    known = databases.known_revisions()
    if manifest.facts.revision not in known:
        raise BackupError(
            _ASKED,
            f"表の版「{manifest.facts.revision}」を、このプログラムは知りません。",
            "バックアップを作成した時と同じか、より新しいプログラムで復元してください。",
        )
    if manifest.facts.revision != known[-1] and not asked.upgrades:
        raise BackupError(
            _ASKED,
            f"バックアップの表の版は {manifest.facts.revision} で、今の {known[-1]} より古いです。",
            "復元に続けて今の版に移行するときは、--upgrade を付けてください。",
        )
    return manifest


def _load(
    asked: Asked,
    manifest: Manifest,
    places: tuple[databases.Restoring, _Store],
    now: datetime,
) -> list[str]:
    """Load database and files beside the present ones and check them; give what they lack."""
    database, store = places
    store.clear()
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=store.folder.parent) as scratch:
        dump = Path(scratch) / "database"
        backup_file.extract(asked.path, dump, store.staged)
        url = database.load(dump)
    refuse_changed(manifest, database.facts())
    if not is_present(manifest):
        upgrade(url)
    _note(url, manifest, now)
    faults = faults_of(url, store.staged, now)
    if faults and not asked.accepts_faults:
        raise BackupError(
            _ASKED,
            f"検証で{len(faults)}件の相違がありました（{faults[0]}）。",
            "ほかのバックアップを使ってください（相違のまま戻すときは --accept-faults）。",
        )
    return faults


def _note(url: str, manifest: Manifest, now: datetime) -> None:
    """Write into each chain that an older state is put back; numbers wait for 台帳の照合.

    In the loaded database, before anybody can work with it.
    """
    with entered(url):
        for owner in every_owner():
            with writing(SYSTEM, now, "バックアップからの復元") as unit:
                restorations.begin(unit, owner, manifest.made_at)
