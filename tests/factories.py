"""The sample consortium for a test, who acts on it, and what a database holds (試験の材料)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, event, func, insert, select

from consortium.db.engine import CHANGES, db
from consortium.db.models import AllocationRun, Base, Consortium, ShareRow, new_id
from consortium.db.store import costs, settings
from consortium.db.store.costs import CostItem
from consortium.db.unit import Actor, reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.municipality import municipality_code
from consortium.domain.yen import Yen
from consortium.usecases.seed import seed
from consortium.usecases.viewer import Viewer

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
OFFICER = Actor("u-1", "弘前 花子", "弘前市", "lead_staff")
# What changes with every page opened, whoever opens it.
COMINGS_AND_GOINGS = {"user_session", "login_attempt"}


#: The rows of the sample by table, once a test of this process has registered it.
_SAMPLE: dict[Table, list[dict[str, Any]]] = {}


def seed_sample() -> Viewer:
    """Register the sample consortium; give an officer of its lead city.

    Registering takes a quarter of a second, so in an empty database all tests but the first get
    a copy of the rows. Registering itself is what tests/usecases/test_seed.py looks at.
    """
    with db.engine.execution_options(**{CHANGES: set()}).begin() as connection:
        is_empty = not connection.scalar(select(func.count()).select_from(Consortium))
        for table, rows in _SAMPLE.items() if is_empty else ():
            connection.execute(insert(table), rows)
    seed(NOW, OFFICER)
    with reading() as session:
        found = settings.find_consortium_id(session, "hirosaki")
    assert found
    if is_empty and not _SAMPLE:
        _SAMPLE.update(_rows_of_all_tables())
    return Viewer("u-1", "弘前 花子", "lead_staff", found, body="弘前市", is_sample=True)


def _rows_of_all_tables() -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if rows := [dict(row) for row in connection.execute(select(table)).mappings()]:
                yield table, rows


def add_foreign_consortium() -> Viewer:
    """Register a second consortium with nothing in it; give an officer of it."""
    with writing(OFFICER, NOW) as unit:
        new = settings.Settings("c-2", "other", "別の協議会", "青森市", False, True, {})
        settings.add_consortium(unit, new)
    return Viewer("u-2", "青森 太郎", "lead_staff", "c-2", body="青森市")


def items_of(viewer: Viewer, start: int, stage: str = "final") -> tuple[CostItem, ...]:
    """Give the items of a year and stage."""
    with reading() as session:
        return costs.items(session, viewer.consortium_id, FiscalYear(start), stage)


def item_named(viewer: Viewer, start: int, name: str, stage: str = "final") -> CostItem:
    """Give the one item of that name."""
    (found,) = [item for item in items_of(viewer, start, stage) if item.name == name]
    return found


def add_many_items(viewer: Viewer, start: int, count: int, stage: str = "final") -> None:
    """Copy one item of a year many times over."""
    first = items_of(viewer, start, stage)[0]
    copies = [replace(first, id=new_id(), name=f"費目{number}") for number in range(count)]
    with writing(OFFICER, NOW) as unit:
        costs.add_items(unit, viewer.consortium_id, copies, "試験の費目")


def put_into_run(viewer: Viewer, item: CostItem, state: str, document: str = "{}") -> None:
    """Let a run in a state rest on an item."""
    with writing(OFFICER, NOW) as unit:
        run = AllocationRun(
            id=new_id(),
            consortium_id=viewer.consortium_id,
            fiscal_year_start=item.year.start_year,
            stage=item.stage,
            edition=1,
            document=document,
            document_sha256="a" * 64,
            total=item.amount_incl_tax,
            drafted_by="u-1",
            drafted_at=NOW,
        )
        unit.session.add(run)
        unit.session.flush()
        unit.session.add(
            ShareRow(
                run_id=run.id,
                consortium_id=viewer.consortium_id,
                item_no=1,
                component="equal",
                code=municipality_code("022021"),
                item_id=item.id,
                amount=item.amount_incl_tax,
            )
        )
        unit.session.flush()
        run.state = state  # shares of an issued run are final
        unit.record(viewer.consortium_id, "test.run", "allocation_run", run.id, "試験の算定")


def forget_inputs(viewer: Viewer, run_id: str) -> None:
    """Let a draft be one of the time before runs kept their inputs (算定の入力)."""
    with writing(OFFICER, NOW) as unit:
        unit.session.get_one(AllocationRun, run_id).inputs = None
        unit.record(viewer.consortium_id, "test.inputs", "allocation_run", run_id, "試験の算定")


def everything() -> dict[str, list[Any]]:
    """Give every row of every table but logins: what a refused form must not change."""
    with reading() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if table.name not in COMINGS_AND_GOINGS
        }


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL statements executed meanwhile, without the frame of transactions."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split(maxsplit=1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def yen(amount: int) -> Yen:
    """Write whole yen shorter."""
    return Yen(amount)


def month(text: str) -> Month:
    """Write a month shorter."""
    return Month.parse(text)
