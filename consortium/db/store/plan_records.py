"""What is recorded around a plan (工程の記録): one way to read and to save all seven kinds.

The fields of a record are the columns of its table; all of a plan come with one statement.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import (
    BigInteger,
    Date,
    Integer,
    Select,
    String,
    Text,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.tables.metadata import Base
from consortium.db.types import CodeType, InstantType, YenType
from consortium.db.unit import Unit
from consortium.domain.calendar.period import Period
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.onboarding.plan import Plan
from consortium.domain.onboarding.records import (
    BudgetAction,
    Contract,
    Decision,
    Evidence,
    Issue,
    MigrationRun,
    PlanRecords,
    Record,
    RecordKind,
    kind_of,
)

TABLES: Final[Mapping[type[Record], type[Base]]] = {
    Decision: models.Decision,
    BudgetAction: models.BudgetAction,
    Contract: models.PlanContract,
    MigrationRun: models.MigrationRun,
    Evidence: models.PlanEvidence,
    Issue: models.PlanIssue,
}
# What a column may hold, and as what all tables give it: the tables differ in their columns, and a
# union needs the same ones. PostgreSQL has to be told of what kind a NULL is.
_CELLS: Final[dict[type[Any], Any]] = {
    Text: Text(), Date: Date(), BigInteger: BigInteger(), InstantType: InstantType(),
}  # fmt: skip
_KINDS_OF_COLUMN: Final[dict[type[Any], type[Any]]] = {
    Text: Text, String: Text, CodeType: Text, Date: Date, Integer: BigInteger,
    YenType: BigInteger, InstantType: InstantType,
}  # fmt: skip


def _columns(record: type[Record]) -> dict[str, Any]:
    table = TABLES[record]
    return {each.name: getattr(table, each.name) for each in fields(record)}


def _cell(column: Any) -> type[Any]:
    return _KINDS_OF_COLUMN[type(column.type)]


def _width(cell: type[Any]) -> int:
    return max(sum(_cell(each) is cell for each in _columns(record).values()) for record in TABLES)


_WIDTHS: Final = {cell: _width(cell) for cell in _CELLS}
#: Where the cells of each kind stand in a row, whose first one names the table.
_PLACES: Final = {
    cell: (1 + sum(list(_WIDTHS.values())[:number]), 1 + sum(list(_WIDTHS.values())[: number + 1]))
    for number, cell in enumerate(_WIDTHS)
}


def _padded(kind: str, columns: Iterable[Any]) -> Select[Any]:
    """Select columns of a table under a name, in the cells that all tables share."""
    cells: list[Any] = [literal(kind)]
    kept = list(columns)
    for cell, width in _WIDTHS.items():
        own = [type_coerce(each, _CELLS[cell]) for each in kept if _cell(each) is cell]
        cells += [*own, *[sql_cast(null(), _CELLS[cell])] * (width - len(own))]
    return select(*(each.label(f"c{number}") for number, each in enumerate(cells)))


def _records_of(consortium_id: str, plan_id: str) -> list[Select[Any]]:
    tables = ((record, cast("Any", table)) for record, table in TABLES.items())
    return [
        _padded(record.__name__, _columns(record).values()).where(
            table.consortium_id == consortium_id, table.plan_id == plan_id
        )
        for record, table in tables
    ]


def _of_cell(record: type[Record], cell: type[Any]) -> dict[str, Any]:
    return {name: each for name, each in _columns(record).items() if _cell(each) is cell}


def _record(record: type[Record], row: Any) -> Record:
    values: dict[str, Any] = {}
    for cell, (first, last) in _PLACES.items():
        values.update(zip(_of_cell(record, cell), row[first:last], strict=False))
    return record(**values)


# ---- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Around:
    """The records of a plan, and what of the consortium they are read with (記録とその前提)."""

    records: PlanRecords
    #: terms of the agreement (利用期)
    terms: tuple[Period, ...]
    #: when towns take part (加入期間)
    stays: tuple[Period, ...]
    #: id, code and name of every town, by code (団体)
    towns: tuple[tuple[str, str, str], ...]


def records(session: Session, consortium_id: str, plan_id: str) -> PlanRecords:
    """Give everything recorded around a plan, each kind in its order (工程の記録)."""
    return _in_order(session.execute(union_all(*_records_of(consortium_id, plan_id))).all())


def dated_issues(session: Session, consortium_id: str) -> dict[str, tuple[Issue, ...]]:
    """Give the issues of all plans that have a day to be solved by, by plan id (課題の期限)."""
    table = models.PlanIssue
    dated = select(table).where(table.consortium_id == consortium_id, table.due_on.is_not(None))
    found: dict[str, tuple[Issue, ...]] = {}
    for row in session.scalars(dated.order_by(table.plan_id, table.number)):
        issue = Issue(**{each.name: getattr(row, each.name) for each in fields(Issue)})
        found[row.plan_id] = (*found.get(row.plan_id, ()), issue)
    return found


def around(session: Session, consortium_id: str, plan_id: str) -> Around:
    """Give the records of a plan with what they are read with, in one statement."""
    term, stay, town = models.Term, models.Membership, models.Member
    facts = [
        _padded(kind, columns).where(table.consortium_id == consortium_id)
        for kind, table, columns in (
            ("term", cast("Any", term), (term.since, term.until)),
            ("stay", cast("Any", stay), (stay.since, stay.until)),
            ("town", cast("Any", town), (town.id, town.code, town.name)),
        )
    ]
    rows = session.execute(union_all(*_records_of(consortium_id, plan_id), *facts)).all()

    def cells(kind: str, cell: type[Any]) -> list[Any]:
        first, last = _PLACES[cell]
        return sorted((row[first:last] for row in rows if row[0] == kind), key=lambda each: each[0])

    terms, stays = (
        tuple(Period(*each[:2]) for each in cells(kind, Date)) for kind in ("term", "stay")
    )
    towns = sorted((each[:3] for each in cells("town", Text)), key=lambda each: each[1])
    return Around(_in_order(rows), terms, stays, tuple((a, b, c) for a, b, c in towns))


def _in_order(rows: Iterable[Any]) -> PlanRecords:
    by_name = {record.__name__: record for record in TABLES}
    found = [_record(by_name[row[0]], row) for row in rows if row[0] in by_name]

    def of(record: type[Any]) -> Iterator[Any]:
        return (each for each in found if isinstance(each, record))

    return PlanRecords(
        tuple(sorted(of(Decision), key=lambda each: (each.decided_on, each.id))),
        tuple(sorted(of(BudgetAction), key=lambda each: (each.fiscal_year_start, each.id))),
        tuple(sorted(of(Contract), key=lambda each: (each.since, each.id))),
        tuple(sorted(of(MigrationRun), key=lambda each: (each.wave, each.round))),
        tuple(sorted(of(Evidence), key=lambda each: (each.task_code, each.added_at, each.id))),
        tuple(sorted(of(Issue), key=lambda each: each.number)),
    )


def get_record(found: PlanRecords, kind: RecordKind, record_id: str) -> Record:
    """Give one record of a kind. Raises: NotFoundError for one of another plan as well."""
    record = found.find(record_id)
    if record is None or kind_of(record) is not kind:
        raise NotFoundError(
            f"{kind.name}の記録を開こうとしました。",
            "見つかりません。",
            "工程の画面から選び直してください。",
        )
    return record


# ---- changes -------------------------------------------------------------------------------------


def add_record(unit: Unit, consortium_id: str, plan: Plan, new: Record) -> None:
    """Save a new record of a plan (記録の登録)."""
    table = cast("Any", TABLES[type(new)])
    unit.session.add(table(consortium_id=consortium_id, plan_id=plan.id, **_values(new)))
    unit.session.flush()
    _note(unit, consortium_id, plan, new, "create", None, in_words(new))


def save_record(unit: Unit, consortium_id: str, plan: Plan, old: Record, new: Record) -> None:
    """Replace a record (記録の変更); nothing is written when nothing differs.

    `new` carries the version that was seen. Raises: StaleError if somebody saved meanwhile.
    """
    row = _unchanged(unit.session, consortium_id, new)
    if new == replace(old, row_version=new.row_version):
        return
    for name, value in _values(new).items():
        setattr(row, name, value)
    unit.session.flush()
    before, after = in_words(old), in_words(new)
    changed = [title for title in after if before[title] != after[title]]
    _note(
        unit, consortium_id, plan, new, "change",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def remove_record(unit: Unit, consortium_id: str, plan: Plan, old: Record) -> None:
    """Delete a record (記録の削除). Raises: StaleError if somebody saved meanwhile."""
    unit.session.delete(_unchanged(unit.session, consortium_id, old))
    unit.session.flush()
    _note(unit, consortium_id, plan, old, "remove", in_words(old), None)


def in_words(record: Record) -> dict[str, Any]:
    """Give what a record says by the names of its fields, for the chain (記録の内容)."""
    said = {label: getattr(record, name) for name, label in kind_of(record).labels.items()}
    if isinstance(record, Evidence):
        said["確認者"] = record.confirmed_by
    return {
        label: str(value) if isinstance(value, date | datetime) else value
        for label, value in said.items()
    }


def _values(record: Record) -> dict[str, Any]:
    # The version is SQLAlchemy's own to raise.
    return {name: getattr(record, name) for name in _columns(type(record)) if name != "row_version"}


def _unchanged(session: Session, consortium_id: str, seen: Record) -> Any:
    table = cast("Any", TABLES[type(seen)])
    row = session.scalars(
        select(table).where(table.consortium_id == consortium_id, table.id == seen.id)
    ).one()
    if row.row_version != seen.row_version:
        raise StaleError(
            f"{kind_of(seen).name}を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    return row


def _note(  # noqa: PLR0913 -- what an event of the chain says; see db/audit.py
    unit: Unit,
    consortium_id: str,
    plan: Plan,
    record: Record,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    table, word = TABLES[type(record)].__tablename__, _ACTIONS[action]
    title = f"{plan.town} {kind_of(record).name}「{record.name}」の{word}"
    unit.record(consortium_id, f"{table}.{action}", table, record.id, title, before, after)


_ACTIONS: Final = {"create": "登録", "change": "変更", "remove": "削除"}
