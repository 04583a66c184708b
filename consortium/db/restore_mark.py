"""The mark of a restoration on its way (復元中の印): a file beside the file store.

While it lies there, database and files may be of two different days. Nobody may start to work on
them, and above all no file may go because the older database does not name it.
"""

from contextlib import suppress
from pathlib import Path

from consortium.db.backup_error import BackupError


def _place(store: Path) -> Path:
    return store.with_name(f"{store.name}.being-restored")


def put(store: Path) -> bool:
    """Put the mark; say whether it was not there yet (印を付ける)."""
    store.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        _place(store).touch(exist_ok=False)
        return True
    return False


def lift(store: Path) -> None:
    """Remove the mark: database and files belong together again (印を外す)."""
    _place(store).unlink(missing_ok=True)


def refuse_marked(store: Path, asked: str) -> None:
    """Refuse to work on a portal that is being put back. Raises: BackupError."""
    if _place(store).exists():
        raise BackupError(
            asked,
            "バックアップからの復元が行われているか、復元が途中で止まっています。",
            "行っている復元が終わるのを待つか、もう一度 flask backup restore 名前 --replace を"
            "行ってください。",
        )
