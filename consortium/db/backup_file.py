"""The file of a backup (バックアップファイル): a zip of database, file store and manifest.

It gets its name only once it was read back whole. The manifest, written last, says what must be in
it; whatever is missing, more or different is refused.
"""

import hashlib
import json
import os
import re
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from consortium.db.backup_error import BackupError
from consortium.db.backup_facts import Facts, OwnerFacts
from consortium.db.files import StoredFile, is_stored_name
from consortium.db.table_digest import TableDigest
from consortium.failpoint import failpoint

FORMAT: Final = 1
TOKYO = ZoneInfo("Asia/Tokyo")
MANIFEST, FILES = "manifest.json", "files/"
#: Names of ours in the folder of backups; nothing else in it is ever touched.
NAME = re.compile(r"backup-\d{8}-\d{6}-[0-9a-f]{8}\.zip")
#: What reading a damaged zip can raise; never OSError, which is the disk's own matter.
_BROKEN = (
    BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError,
    OverflowError, struct.error, zlib.error,
)  # fmt: skip
_LARGEST_MANIFEST = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_OTHER = "ほかのバックアップを使ってください。"


class Place(NamedTuple):
    """Where backups lie, and for how many days (保存場所)."""

    folder: Path
    keep_days: int
    #: the portal is the sample (見本)
    is_sample: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup (目録)."""

    made_at: datetime
    #: id of the report run it was made for; empty where a person made it (帳票作成)
    made_for: str
    #: the portal it comes from is the sample (見本)
    is_sample: bool
    #: sqlite or postgresql, and the version of its program
    kind: str
    version: str
    #: name of the copied database within the backup
    database: StoredFile
    facts: Facts
    #: place in the file store → the file as saved
    saved: Mapping[str, StoredFile]

    @property
    def lacking(self) -> list[str]:
        """Give the recorded files that were missing or changed when it was made (不足)."""
        return sorted(
            place for place, file in self.facts.files.items() if self.saved.get(place) != file
        )


def _dump(manifest: Manifest) -> bytes:
    plain = {
        "format": FORMAT,
        **asdict(manifest),
        "made_at": manifest.made_at.isoformat(),
        "facts": manifest.facts._asdict(),
    }
    return json.dumps(plain, ensure_ascii=False, indent=1).encode("utf-8")


def _load(content: bytes) -> Manifest:
    plain: dict[str, Any] = json.loads(content)
    if plain.pop("format") != FORMAT:
        raise ValueError("format")
    facts = plain.pop("facts")
    return Manifest(
        made_at=datetime.fromisoformat(plain.pop("made_at")),
        database=StoredFile(*plain.pop("database")),
        saved=_stored(plain.pop("saved")),
        facts=Facts(
            facts["revision"],
            {name: TableDigest(*each) for name, each in facts["tables"].items()},
            tuple(OwnerFacts(*each) for each in facts["owners"]),
            _stored(facts["files"]),
        ),
        **plain,
    )


def _stored(plain: Mapping[str, list[Any]]) -> dict[str, StoredFile]:
    return {place: StoredFile(*each) for place, each in plain.items()}


# ---- writing -------------------------------------------------------------------------------------


def stored_places(folder: Path) -> list[str]:
    """List the places of all produced and received files; temporary and foreign ones are left."""
    paths = (path for path in folder.rglob("*") if path.is_file() and is_stored_name(path.name))
    return sorted(path.relative_to(folder).as_posix() for path in paths)


@contextmanager
def writing_file(target: Path) -> Iterator[ZipFile]:
    """Open a backup to be written; it appears under its name whole, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid4().hex[:8]}.part")
    try:
        with part.open("xb") as stream:
            with ZipFile(stream, "w") as archive:
                yield archive
            stream.flush()
            os.fsync(stream.fileno())
        failpoint("backup-written")
        read_whole(part)  # read back: the disk may have kept something else
        part.replace(target)  # os.replace, whose guarantee we rely on
    finally:
        part.unlink(missing_ok=True)


def add(archive: ZipFile, place: str, source: Path, made_at: datetime) -> StoredFile:
    """Put a file into a backup and say what was put there."""
    with source.open("rb") as stream:
        return _put(archive, place, stream, made_at)


def add_store(archive: ZipFile, folder: Path, made_at: datetime) -> dict[str, StoredFile]:
    """Put the file store into a backup; a file that is swept away meanwhile is in no row."""
    saved = {}
    for place in stored_places(folder):
        try:
            found = add(archive, f"{FILES}{place}", folder / place, made_at)
        except FileNotFoundError:
            continue
        saved[place] = found
    return saved


def close(archive: ZipFile, manifest: Manifest) -> None:
    """Write the manifest, the last part."""
    failpoint("backup-half")
    archive.writestr(_info(MANIFEST, manifest.made_at), _dump(manifest), ZIP_DEFLATED)


def _put(archive: ZipFile, place: str, stream: IO[bytes], made_at: datetime) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    with archive.open(_info(place, made_at), "w", force_zip64=True) as target:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return StoredFile(Path(place).name, size, digest.hexdigest())


def _info(place: str, made_at: datetime) -> ZipInfo:
    info = ZipInfo(place, made_at.timetuple()[:6])
    info.external_attr = 0o600 << 16
    # Workbooks and dumps are compressed already.
    info.compress_type = ZIP_DEFLATED if place.endswith((".sqlite3", ".json")) else ZIP_STORED
    return info


# ---- reading -------------------------------------------------------------------------------------


def _asked(path: Path) -> str:
    found = NAME.search(path.name)
    return f"バックアップ「{found[0] if found else path.name}」を読み取ろうとしました。"


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    """Open a backup; whatever is wrong with its bytes becomes a refusal."""
    try:
        with ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        todo = "flask backup list で名前を確かめてください。"
        raise BackupError(_asked(path), "ファイルがありません。", todo) from None
    except _BROKEN as error:
        found = "ファイルが途中で切れているか、壊れています。"
        raise BackupError(_asked(path), found, _OTHER) from error


def _manifest(path: Path, archive: ZipFile) -> Manifest:
    try:
        if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
            raise ValueError("size")
        return _load(archive.read(MANIFEST))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        found = "このポータルのバックアップではないか、目録が壊れています。"
        raise BackupError(_asked(path), found, _OTHER) from error


def read_whole(path: Path) -> Manifest:
    """Read a backup to its end and compare every part with the manifest. Raises: BackupError."""
    return _walk(path, None)


def extract(path: Path, database: Path, store: Path) -> Manifest:
    """Write the parts of a backup out, each compared with the manifest. Raises: BackupError."""
    return _walk(path, (database, store))


def _walk(path: Path, targets: tuple[Path, Path] | None) -> Manifest:
    with _opened(path) as archive:
        manifest = _manifest(path, archive)
        wanted = {manifest.database.stored_name: manifest.database}
        wanted |= {f"{FILES}{place}": file for place, file in manifest.saved.items()}
        names = archive.namelist()
        if sorted(names) != sorted([*wanted, MANIFEST]) or not all(map(_is_ours, manifest.saved)):
            raise BackupError(_asked(path), "目録にある部品と、中の部品が異なります。", _OTHER)
        for place, file in wanted.items():
            if _sent(archive, place, targets) != (file.size, file.sha256):
                found = f"部品「{place}」が、目録の照合値と異なります。"
                raise BackupError(_asked(path), found, _OTHER)
    return manifest


def _is_ours(place: str) -> bool:
    """Say whether a place is one that the portal itself makes; no other is ever written to."""
    folder, _, name = place.rpartition("/")
    return is_stored_name(name) and re.fullmatch(r"[a-z]{0,20}", folder) is not None


def _sent(archive: ZipFile, place: str, targets: tuple[Path, Path] | None) -> tuple[int, str]:
    """Read one part, and write it where it belongs if somebody wants it."""
    digest, size = hashlib.sha256(), 0
    with archive.open(place) as stream, _target(place, targets) as target:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return size, digest.hexdigest()


@contextmanager
def _target(place: str, targets: tuple[Path, Path] | None) -> Iterator[IO[bytes]]:
    if targets is None:
        with Path(os.devnull).open("wb") as nowhere:
            yield nowhere
        return
    database, store = targets
    target = store / place.removeprefix(FILES) if place.startswith(FILES) else database
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


# ---- the folder ----------------------------------------------------------------------------------


def backups_in(folder: Path) -> list[Path]:
    """List the backups of a folder by the time they were made, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))


def name_of(made_at: datetime, mark: str) -> str:
    """Name a backup by the time it was made and what it was made for (ファイル名)."""
    return f"backup-{made_at.astimezone(TOKYO):%Y%m%d-%H%M%S}{_ending(mark)}"


def _ending(mark: str) -> str:
    return f"-{mark.replace('-', '')[:8]}.zip"


def made_for(folder: Path, run_id: str) -> Path | None:
    """Find the backup that a report run made, None while it made none."""
    found = (path for path in backups_in(folder) if path.name.endswith(_ending(run_id)))
    return next(found, None)


def remove_parts(folder: Path, before: datetime) -> None:
    """Remove what interrupted backups left behind, older than an instant."""
    for path in folder.glob(".backup-*"):
        if path.stat().st_mtime >= before.timestamp():
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
