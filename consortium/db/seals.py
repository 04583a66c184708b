"""The hash of every table of figures (表の照合値): a changed, missing or added row shows.

Whatever way a row is written, the unit of work that saves it saves the hash of its table with it.
What changes a row outside a unit of work, a flipped bit on the disk or a hand in the database,
does not; the check compares the two.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Table, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from consortium.db.tables.integrity import TableSeal
from consortium.db.tables.metadata import Base
from consortium.db.types import InstantType

#: Tables with money, agreed rules, figures and members, and what people call them.
SEALED: Final = {
    "allocation_run": "算定",
    "base_figure": "提出された基礎数値",
    "base_hand_in": "基礎数値の提出",
    "basis_value": "算定基礎",
    "budget_action": "予算措置",
    "build_cost": "共同構築費",
    "consortium": "協議会の設定",
    "cost_category": "経費区分",
    "cost_item": "費目",
    "cost_item_usd": "費目の外貨額",
    "dampening_version": "激変緩和",
    "enrolment": "サービスの利用期間",
    "exchange_rate": "為替レート",
    "funding_measure": "補助金・財源措置",
    "instalment": "納期",
    "instalment_item": "納期の経費区分",
    "instalment_plan": "納付計画",
    "invoice": "請求書",
    "member": "構成団体",
    "membership": "加入期間",
    "payment": "収納",
    "payment_batch": "収納の取込み",
    "payment_void": "収納の取消し",
    "pmo_row": "標準化の進捗",
    "previous_amount": "前年度の額",
    "question": "質疑",
    "rule_component": "構成割",
    "rule_component_value": "構成割の数値",
    "service": "共同サービス",
    "settlement": "精算",
    "settlement_line": "精算の明細",
    "sharing_rule": "負担ルール",
    "sharing_rule_version": "負担ルールの版",
    "term": "利用期",
    "usage_quantity": "従量",
    "year_closing": "締め",
    "year_reopening": "再開",
}
#: Long texts whose hashes other columns and the chain hold.
_LEFT_OUT: Final = {"allocation_run": {"document", "inputs"}}


class _Content(NamedTuple):
    """What a table holds now (表の内容)."""

    row_count: int
    digest: str


def renew(session: Session, names: Iterable[str], owners: Iterable[str]) -> None:
    """Save how the tables that a unit changed are now (照合値の更新)."""
    for name in sorted(SEALED.keys() & set(names)):
        for owner in sorted(set(owners)):
            _save(session, name, owner)


def seal_unsealed(connection: Connection) -> None:
    """Seal the rows that were there before seals were: after a migration (初めの照合値)."""
    known = {tuple(row) for row in connection.execute(select(_SEAL.c.consortium_id, _SEAL.c.name))}
    owners = connection.scalars(select(_table("consortium").c.id)).all()
    for owner in owners:
        for name in SEALED:
            if (owner, name) not in known and _content(connection, name, owner).row_count:
                _save(connection, name, owner)


def seal_faults(session: Session, consortium_id: str) -> Iterator[str]:
    """Say which tables are not as they were when last saved (表の照合)."""
    query = select(TableSeal).where(TableSeal.consortium_id == consortium_id)
    seals = {seal.name: seal for seal in session.scalars(query)}
    for name, title in SEALED.items():
        seal = seals.pop(name, None)
        try:
            wanted = _columns(name) if seal is None else json.loads(seal.columns)
            found = _content(session, name, consortium_id, wanted)
        except (ValueError, TypeError, LookupError, DBAPIError):
            yield f"「{title}」に読み取れない行があります。"
            continue
        if seal is None:
            if found.row_count:
                yield f"「{title}」（{found.row_count}行）の照合値がありません。"
        elif found.row_count != seal.row_count:
            counts = f"{seal.row_count}行あるはずのところ、{found.row_count}行"
            yield f"「{title}」の行数が最後に保存した時と異なります（{counts}）。"
        elif found.digest != seal.digest:
            yield f"「{title}」（{found.row_count}行）の内容が最後に保存した時と異なります。"
    for name in seals:
        yield f"知らない表「{name}」の照合値があります。"


_SEAL: Final[Table] = Base.metadata.tables["table_seal"]


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _save(connection: Session | Connection, name: str, owner: str) -> None:
    columns = _columns(name)
    found = _content(connection, name, owner, columns)
    values = {
        "row_count": found.row_count,
        "columns": json.dumps(columns),
        "digest": found.digest,
    }
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    dialect = postgresql if bind.dialect.name == "postgresql" else sqlite
    added = dialect.insert(_SEAL).values(consortium_id=owner, name=name, **values)
    connection.execute(
        added.on_conflict_do_update(index_elements=["consortium_id", "name"], set_=values)
    )


def _columns(name: str) -> list[str]:
    return sorted(set(_table(name).c.keys()) - _LEFT_OUT.get(name, set()))


def _content(
    connection: Session | Connection, name: str, owner: str, columns: list[str] | None = None
) -> _Content:
    """Hash the rows of a consortium, each value with its type: null, '' and 0 differ."""
    table = _table(name)
    chosen = columns or _columns(name)
    whose = table.c.id if name == "consortium" else table.c.consortium_id
    query = select(*(_stored(table.c[each]) for each in chosen)).where(whose == owner)
    # Sorted here: each database has an order of texts of its own.
    lines = sorted(_line(tuple(row)) for row in connection.execute(query))
    return _Content(len(lines), hashlib.sha256(b"".join(lines)).hexdigest())


def _stored(column: Column[Any]) -> Any:
    """Read a value as it lies in the table: what cannot be parsed is hashed all the same."""
    kind = column.type
    if isinstance(kind, TypeDecorator) and not isinstance(kind, InstantType):
        return type_coerce(column, kind.impl_instance)
    return column


def _line(values: tuple[Any, ...]) -> bytes:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no serialisation for {type(value).__name__}")
