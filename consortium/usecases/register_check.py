"""Checking the register against its chain, its files and its results (発行台帳の検証・書き出し)."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from consortium.db import files
from consortium.db.store import accounts, register_rows
from consortium.db.store.register_rows import IssuedFile
from consortium.db.unit import Head, reading
from consortium.domain.errors import BadInputError, DomainError
from consortium.reports import verify_register
from consortium.usecases.faults import is_passing
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Name of the exported register and of the program that checks it without the portal.
EXPORT, VERIFIER = "register.json", "verify_register.py"


class Checked(NamedTuple):
    """What a check found (検証の結果): what differs, and what was looked at."""

    #: sentences in Japanese; empty where everything agrees
    faults: list[str]
    summary: str


def read_head(text: str) -> Head:
    """Read a head as printed on a document, 番号:照合値 (印字された台帳).

    Raises: BadInputError.
    """
    try:
        return Head(*verify_register.read_head(text))
    except ValueError as error:
        raise BadInputError(
            "印字された台帳の照合値を読み取ろうとしました。",
            str(error),
            "「12:3f9a71c2…」のように、番号と照合値を16桁以上書いてください。",
            path="--against",
        ) from None


def verify(consortium_id: str, folder: Path, against: Sequence[Head] = ()) -> Checked:
    """Recompute chain, rows, results and stored files of one consortium (発行台帳の検証)."""
    with reading() as session:
        register = register_rows.export(session, consortium_id)
        issued = register_rows.issued_files(session, consortium_id)
        faults = [
            *verify_register.differences(register, against),
            *register_rows.result_faults(session, consortium_id),
        ]
    faults += _file_faults(issued, folder)
    name, said = register["consortium"]["name"], verify_register.summary(register)
    return Checked(faults, f"{name}: 保存ファイル {len(issued)}件、{said}")


def _file_faults(issued: Sequence[IssuedFile], folder: Path) -> Iterator[str]:
    for each in issued:
        name = f"{each.document_number}「{each.display_name}」"
        if each.stored is None:
            yield f"{name}の照合値が、発行台帳と帳票の一覧で異なります。"
            continue
        try:
            content = files.read_stored(folder, each.stored)
        except (DomainError, OSError, ValueError) as error:
            if is_passing(error):
                raise
            found = error.found if isinstance(error, DomainError) else "読み取れません。"
            yield f"{name}: {found}"
            continue
        if len(content) != each.stored.size:
            yield f"{name}: 大きさが記録と異なります。"


def owners(key: str | None = None) -> tuple[str, ...]:
    """Give the consortium with a key, or every one of the database (対象の協議会).

    Raises: BadInputError where there is none.
    """
    with reading() as session:
        found = accounts.consortium_ids(session, key)
    if not found:
        raise BadInputError(
            "発行台帳を検証しようとしました。",
            f"協議会「{key}」は登録されていません。" if key else "協議会が登録されていません。",
            "--consortium の略称を確かめてください。",
            path="--consortium",
        )
    return found


def only(found: Sequence[str], asked: str) -> str:
    """Give the one consortium there is (一つの協議会).

    Raises: BadInputError, beginning with what was asked, where there are more.
    """
    if len(found) > 1:
        raise BadInputError(
            asked,
            "協議会が二つ以上あります。",
            "--consortium で協議会を指定してください。",
            path="--consortium",
        )
    return found[0]


def export(viewer: Viewer) -> bytes:
    """Give chain and register as one file, the same bytes for the same state (台帳の書き出し)."""
    return export_of(viewer.consortium_id)


def export_of(consortium_id: str) -> bytes:
    """Give the exported register of a consortium (台帳の書き出し)."""
    with reading() as session:
        return export_in(session, consortium_id)


def export_in(session: "Session", consortium_id: str) -> bytes:
    """Give the exported register as a session sees it (台帳の書き出し)."""
    plain: dict[str, Any] = register_rows.export(session, consortium_id)
    plain["format"] = verify_register.FORMAT
    # Not `canonical`: it brings text to one form, and what is hashed is the text as stored.
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{text}\n".encode()


def verifier() -> bytes:
    """Give the program that checks an exported register by itself (検証プログラム)."""
    return Path(verify_register.__file__).read_bytes()
