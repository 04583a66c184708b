"""Checking the chain of what was done against what was printed (操作記録の検証)."""

from collections.abc import Sequence

from consortium.db.store import register_rows
from consortium.db.unit import GENESIS, Head, reading
from consortium.domain.errors import BadInputError
from consortium.intake import printed
from consortium.reports import verify_register
from consortium.usecases.register_check import Checked


def heads_in(content: bytes) -> list[Head]:
    """Give the heads of the register that an issued workbook prints (印字された台帳).

    Raises: BadInputError for what is no workbook, or prints none.
    """
    found = [Head(*each) for each in printed.read(content).heads]
    if not found:
        raise BadInputError(
            "ブックに印字された台帳を読み取ろうとしました。",
            "「台帳 番号 照合値」の印字がありません。",
            "このポータルが発行した .xlsx のファイルを指定してください。",
            path="--against",
        )
    return found


def verify(consortium_id: str, against: Sequence[Head] = ()) -> Checked:
    """Recompute the whole chain of one consortium (操作記録の検証)."""
    with reading() as session:
        register = register_rows.export(session, consortium_id)
    events = register["events"]
    faults = list(verify_register.chain_faults(events, against))
    seq, digest = (events[-1]["seq"], events[-1]["hash"]) if events else (0, GENESIS)
    name = register["consortium"]["name"]
    compared = f"、印字された台帳 {len(against)}件と比べました" if against else ""
    summary = f"{name}: 操作記録 {len(events)}件を確かめました{compared}。台帳の先頭 {seq}:{digest}"
    return Checked(faults, summary)
