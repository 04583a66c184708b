"""What one test made, for those after it (作り置き): issuing takes a second, a copy nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select

from consortium.db.engine import db
from consortium.db.models import AuditEvent, UserAccount
from consortium.reports import cost_statement
from tests import databases

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A database, the files beside it by name, and what the maker said."""

    database: databases.Saved
    files: dict[Path, bytes]
    answer: Any


_KEPT: dict[tuple[object, ...], _Kept] = {}


def made_once(key: tuple[object, ...], folder: Path, make: Callable[[], T]) -> T:
    """Let `make` fill the database of this context and a folder; later, copy what it filled.

    It begins with no more than the sample. `key` says what is made and when. All that is made
    must lie in the two, or be given as plain values: no clock is moved.
    """
    with db.engine.connect() as connection:
        assert not connection.scalar(select(func.count()).select_from(UserAccount))
        begun = connection.scalars(select(AuditEvent.hash).order_by(AuditEvent.seq)).all()
    # Files without workbooks (tests/plain_files.py) are others.
    is_plain = cost_statement.render.__module__ != cost_statement.__name__
    key = (db.engine.dialect.name, *begun, is_plain, *key)
    if known := _KEPT.get(key):
        databases.load(known.database)
        for name, content in known.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        answer: T = known.answer
        return answer
    answer = make()
    files = [path for path in folder.rglob("*") if path.is_file()]
    contents = {path.relative_to(folder): path.read_bytes() for path in files}
    _KEPT[key] = _Kept(databases.save(), contents, answer)
    return answer
