"""A year under 本締め: the database itself refuses every change of it (締め), on both databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import Table, delete, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from consortium.db import models
from consortium.db.engine import CHANGES, db
from consortium.db.triggers import CLOSED, MESSAGE
from consortium.domain.errors import ClosedError
from tests.closed_years import CLOSED_TABLES, OPEN_TABLES
from tests.db import rows
from tests.db.rows import NOW
from tests.factories import everything

TABLES = {table.name: table for table in models.Base.metadata.sorted_tables}
#: Years that rows of the tests may belong to.
YEARS = range(2016, 2031)
#: Written once in any year: another trigger may speak first.
FINAL = (
    "base_figure",
    "base_hand_in",
    "base_round_edition",
    "use_intent",
    "payment",
    "payment_void",
    "settlement",
    "settlement_line",
    "statement",
    "statement_cancellation",
)


def close(*years: int, kind: str = "hard") -> None:
    """Lock years."""
    locks = [
        models.YearClosing(
            id=f"lock-{year}-{kind}", consortium_id="c-1", fiscal_year_start=year, kind=kind,
            closed_by="u-1", closed_at=NOW,
        )
        for year in years
    ]  # fmt: skip
    rows.save(*locks)


def reopen(year: int, **changes: object) -> None:
    """Add a granted reopening of a year."""
    known = {
        "id": f"again-{year}", "consortium_id": "c-1", "closing_id": f"lock-{year}-hard",
        "proposed_by": "u-1", "proposed_at": NOW, "reason": "誤り", "last_day": date(2026, 12, 31),
        "granted_by": "u-2", "granted_at": NOW,
    }  # fmt: skip
    rows.save(models.YearReopening(**known | changes))


@contextmanager
def refused(table: str = "") -> Iterator[None]:
    """Expect that the database refuses, and that nothing is changed."""
    before = everything()
    with pytest.raises(IntegrityError) as error:
        yield
    words = str(error.value.orig)
    assert CLOSED in words or (table in FINAL and MESSAGE in words), words
    assert everything() == before


def execute(statement: object) -> int:
    """Run one statement past the units, in a transaction of its own."""
    with db.engine.execution_options(**{CHANGES: set()}).begin() as connection:
        return connection.execute(statement).rowcount  # type: ignore[call-overload, no-any-return]


def key_column(table: Table) -> str:
    """Name a column to write over with its own value."""
    return next(column.name for column in table.columns if column.name != "row_version")


# ---- the list is complete ------------------------------------------------------------------------


def test_every_table_of_a_fiscal_year_is_guarded_or_left_out_with_a_reason() -> None:
    of_year = {name for name, table in TABLES.items() if "fiscal_year_start" in table.columns}
    children = {
        name
        for name, table in TABLES.items()
        for key in table.foreign_keys
        if key.column.table.name in CLOSED_TABLES
    }
    assert of_year | children <= set(CLOSED_TABLES) | set(OPEN_TABLES)
    assert not set(CLOSED_TABLES) & set(OPEN_TABLES)
    assert set(CLOSED_TABLES) | set(OPEN_TABLES) <= set(TABLES)


# ---- every table, every kind of change -----------------------------------------------------------


@pytest.mark.parametrize("name", CLOSED_TABLES)
def test_plain_sql_changes_nothing_of_a_closed_year(database: Flask, name: str) -> None:
    rows.save_one_of_each()
    close(*YEARS)
    table = TABLES[name]
    column = key_column(table)
    for statement in (
        update(table).values({column: table.c[column]}),
        delete(table),
        insert(table).from_select([c.name for c in table.columns], select(table)),
    ):
        with refused(name):
            execute(statement)


@pytest.mark.parametrize("name", CLOSED_TABLES)
def test_an_object_of_a_closed_year_can_be_neither_changed_nor_deleted_nor_added(
    database: Flask, name: str
) -> None:
    """Through the ORM: what a program of ours could do by mistake."""
    rows.save_one_of_each()
    close(*YEARS)
    (model,) = [
        each.class_ for each in models.Base.registry.mappers if each.local_table is TABLES[name]
    ]
    before = everything()
    for change in (_change, _delete, _add):
        with pytest.raises((ClosedError, IntegrityError)):
            _attempt(model, change)
        assert everything() == before


def _attempt(
    model: type[models.Base], change: Callable[[Session, type[models.Base], models.Base], None]
) -> None:
    with rows.write() as unit:
        change(unit.session, model, unit.session.scalars(select(model)).one())
        unit.session.flush()


def _change(_session: Session, model: type[models.Base], row: models.Base) -> None:
    keys = {"row_version"} | {column.key for column in inspect(model).primary_key}
    attributes = [each.key for each in inspect(model).column_attrs]
    flag_modified(row, next(key for key in reversed(attributes) if key not in keys))


def _delete(session: Session, _model: type[models.Base], row: models.Base) -> None:
    session.delete(row)


def _add(session: Session, model: type[models.Base], row: models.Base) -> None:
    values = {each.key: getattr(row, each.key) for each in inspect(model).column_attrs}
    session.expunge(row)
    session.add(model(**values | _fresh_key(model)))


def _fresh_key(model: type[models.Base]) -> dict[str, object]:
    """Give a key that no row has: only the lock is left to refuse the row."""
    first = inspect(model).primary_key[0]
    if first.foreign_keys:
        last = inspect(model).primary_key[-1]
        return {} if last.foreign_keys else {last.key: 99 if last.key == "no" else "022101"}
    return {first.key: "new"}


@pytest.mark.parametrize("name", sorted(set(CLOSED_TABLES) - set(FINAL)))
def test_an_open_year_and_a_soft_lock_change_as_before(database: Flask, name: str) -> None:
    rows.save_one_of_each()
    close(*YEARS, kind="soft")
    table = TABLES[name]
    column = key_column(table)
    assert execute(update(table).values({column: table.c[column]})) == 1


@pytest.mark.parametrize("name", ["cost_item", "usage_quantity", "exchange_rate"])
def test_a_lock_of_another_year_or_another_consortium_refuses_nothing(
    database: Flask, name: str
) -> None:
    rows.save_one_of_each()
    rows.save(models.Consortium(id="c-2", key="other", name="別の協議会", office_name="青森市"))
    close(2020, 2022)
    rows.save(
        models.YearClosing(
            consortium_id="c-2", fiscal_year_start=2021, kind="hard", closed_by="u-9",
            closed_at=NOW,
        )
    )  # fmt: skip
    table = TABLES[name]
    assert execute(update(table).values(id=table.c.id)) == 1


# ---- reopening -----------------------------------------------------------------------------------


def test_a_granted_reopening_lifts_the_lock_until_it_is_ended(database: Flask) -> None:
    rows.save_one_of_each()
    close(2021)
    touch = update(TABLES["cost_item"]).values(note="直し")
    reopen(2021, granted_by=None, granted_at=None)
    with refused():
        execute(touch)
    table = TABLES["year_reopening"]
    mine = table.c.closing_id == "lock-2021-hard"
    execute(update(table).where(mine).values(granted_by="u-2", granted_at=NOW))
    assert execute(touch) == 1
    execute(update(table).where(mine).values(ended_by="u-2", ended_at=NOW))
    with refused():
        execute(touch)


def test_a_row_moves_neither_into_a_closed_year_nor_out_of_it(database: Flask) -> None:
    rows.save_one_of_each()
    close(2022)
    table = TABLES["cost_item"]
    with refused():
        execute(update(table).values(fiscal_year_start=2022))
    close(2021)
    with refused():
        execute(update(table).values(fiscal_year_start=2023))


@pytest.mark.parametrize(
    ("month", "is_refused"), [("2021-03-01", False), ("2021-04-01", True), ("2022-03-01", True)]
)
def test_a_month_belongs_to_the_year_from_april_to_march(
    database: Flask, month: str, is_refused: bool
) -> None:
    rows.save_one_of_each()
    execute(update(TABLES["exchange_rate"]).values(month=date.fromisoformat(month)))
    close(2021)
    touch = update(TABLES["exchange_rate"]).values(source="直し")
    if is_refused:
        with refused():
            execute(touch)
    else:
        assert execute(touch) == 1


# ---- the lock itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM year_closing",
        "UPDATE year_closing SET kind = 'soft'",
        "UPDATE year_closing SET fiscal_year_start = 2022",
        "UPDATE year_closing SET ended_at = '2026-12-01', ended_by = 'u-1'",
        "DELETE FROM year_reopening",
    ],
)
def test_a_hard_lock_is_neither_deleted_nor_changed(database: Flask, statement: str) -> None:
    rows.save_one_of_each()
    before = everything()
    with pytest.raises(IntegrityError, match=MESSAGE):
        execute(text(statement))
    assert everything() == before


@pytest.mark.parametrize("settled", ["refused", "ended"])
def test_a_reopening_that_is_over_stays_as_it_was(database: Flask, settled: str) -> None:
    rows.save_one_of_each()
    close(2021)
    granted = {"granted_by": None, "granted_at": None} if settled == "refused" else {}
    reopen(2021, **granted, **{f"{settled}_by": "u-2", f"{settled}_at": NOW})
    table = TABLES["year_reopening"]
    with pytest.raises(IntegrityError, match=MESSAGE):
        execute(update(table).where(table.c.id == "again-2021").values(reason="別の理由"))


def test_a_year_has_one_lock_of_a_kind_and_one_reopening_on_its_way(database: Flask) -> None:
    rows.save_one_of_each()
    close(2021)
    with pytest.raises(DBAPIError):
        rows.save(
            models.YearClosing(
                consortium_id="c-1", fiscal_year_start=2021, kind="hard", closed_by="u-1",
                closed_at=NOW,
            )
        )  # fmt: skip
    reopen(2021)
    with pytest.raises(DBAPIError):
        reopen(2021, id="twice")


def test_the_database_wants_a_second_person_and_a_reason(database: Flask) -> None:
    rows.save_one_of_each()
    close(2021)
    with pytest.raises(DBAPIError, match="granted_by_another"):
        reopen(2021, granted_by="u-1")
    with pytest.raises(DBAPIError, match="reason_is_given"):
        reopen(2021, reason="")
