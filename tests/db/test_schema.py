"""What the live database refuses by itself (実際の表): migrations and models say the same.

`flask db check` sees neither CHECKs nor triggers: they are compared here.
"""

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, Constraint, Index, Table, inspect, text
from sqlalchemy.exc import IntegrityError

from consortium.db import models
from consortium.db.engine import db
from consortium.db.types import InstantType, YenType
from consortium.db.unit import reading
from tests import closed_years
from tests.databases import ON_SQLITE
from tests.db import rows

TABLES = list(models.Base.metadata.sorted_tables)
YEN = [
    (table.name, column.name)
    for table in TABLES
    for column in table.columns
    if isinstance(column.type, YenType)
]
GUARDED = (
    "audit_event",
    "payment",
    "payment_batch",
    "payment_void",
    "report_input",
    "settlement",
    "settlement_line",
    "statement",
    "statement_cancellation",
    "year_closing",
    "year_reopening",
    "base_round_edition",
    "base_hand_in",
    "base_figure",
    "use_intent",
    "pmo_snapshot",
    "pmo_row",
    "pmo_answer",
    "template_task",
    "template_link",
    "baseline",
    "baseline_task",
)
#: Kept as written, but deleted with the draft that they were written about.
KEPT = ("question_entry", "question_file")
#: Final once the run that they belong to went out.
WITH_PARENT, ACTIONS = ("share_row", "report_file"), ("insert", "update", "delete")
TRIGGERS = {
    "sqlite": {
        *(
            f"{table}_refuse_{kind}"
            for table in GUARDED
            for kind in ("update", "delete", "replace")
        ),
        "allocation_run_refuse_update",
        "allocation_run_refuse_delete",
        *(f"{table}_refuse_update" for table in KEPT),
        *(f"{table}_refuse_{kind}" for table in WITH_PARENT for kind in ACTIONS),
    },
    "postgresql": {
        f"{table}_refuse_{kind}"
        for table in (*GUARDED, "allocation_run")
        for kind in ("update", "delete", "truncate")
    }
    | {f"{table}_refuse_update" for table in KEPT}
    | {f"{table}_refuse_{kind}" for table in WITH_PARENT for kind in ("frozen", "truncate")},
}
#: Checks across columns that a wrong amount breaks as well.
OTHER_CHECKS = "tax_adds_up|amount_fits_kind|difference_is_final_less_paid"
LIST_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'",
}


def checks_of(table: Table, dialect: str) -> set[str]:
    """Name the CHECKs a table should have on one of the two databases."""
    return {
        str(each.name)
        for each in table.constraints
        if isinstance(each, CheckConstraint)
        and (each._ddl_if is None or each._ddl_if.dialect == dialect)
    }


def test_the_yen_columns_are_the_known_ones() -> None:
    assert set(YEN) == {
        ("allocation_run", "total"),
        ("allocation_run", "unallocated"),
        ("budget_action", "limit_amount"),
        ("build_cost", "amount"),
        ("cost_item", "amount_incl_tax"),
        ("cost_item", "net_amount"),
        ("cost_item", "tax_amount"),
        ("funding_measure", "amount"),
        ("payment", "amount"),
        ("previous_amount", "amount"),
        ("question", "amount"),
        ("settlement", "total"),
        ("settlement_line", "difference"),
        ("settlement_line", "final"),
        ("settlement_line", "paid"),
        ("share_row", "amount"),
        ("statement", "amount"),
    }


def test_every_yen_column_has_its_check() -> None:
    for table, column in YEN:
        name = f"ck_{table}_{column}_is_whole_yen"
        assert name in checks_of(models.Base.metadata.tables[table], "sqlite")


def test_the_live_checks_are_those_of_the_models(database: Flask) -> None:
    inspector = inspect(db.engine)
    for table in TABLES:
        live = [check["name"] for check in inspector.get_check_constraints(table.name)]
        assert sorted(map(str, live)) == sorted(checks_of(table, db.engine.dialect.name))


@ON_SQLITE
def test_the_live_checks_say_the_same_as_the_models(database: Flask) -> None:
    """Word for word on SQLite, which keeps the text as it was given."""
    inspector = inspect(db.engine)
    for table in TABLES:
        wanted = {
            str(each.name): str(each.sqltext)
            for each in table.constraints
            if isinstance(each, CheckConstraint)
            and (each._ddl_if is None or each._ddl_if.dialect == "sqlite")
        }
        live = inspector.get_check_constraints(table.name)
        assert {str(check["name"]): check["sqltext"] for check in live} == wanted


def test_the_triggers_are_the_known_ones(database: Flask) -> None:
    dialect = db.engine.dialect.name
    with reading() as session:
        found = set(session.scalars(text(LIST_TRIGGERS[dialect])))
    assert found == TRIGGERS[dialect] | closed_years.triggers(dialect)


@ON_SQLITE
@pytest.mark.parametrize(("table", "column"), YEN)
@pytest.mark.parametrize("value", ["'abc'", "1.5", "'1,234'", "'１２'"])
def test_sqlite_refuses_anything_but_whole_yen(
    database: Flask, database_url: str, table: str, column: str, value: str
) -> None:
    rows.save_one_of_each()
    unguarded = rows.triggers_off(database_url, table) if table in GUARDED else ()
    # Of several checks that are broken SQLite names the first, and a rebuild sorts them anew.
    with pytest.raises(IntegrityError, match=f"{column}_is_whole_yen|{OTHER_CHECKS}"):
        rows.by_hand(database_url, *unguarded, f"UPDATE {table} SET {column} = {value}")


@ON_SQLITE
def test_sqlite_refuses_a_text_as_fiscal_year(database: Flask, database_url: str) -> None:
    rows.save_one_of_each()
    with pytest.raises(IntegrityError, match="fiscal_year_start_is_plausible"):
        rows.by_hand(database_url, "UPDATE cost_item SET fiscal_year_start = '令和3'")


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ("net_amount = 100, tax_rate = '10', tax_amount = 10", "tax_adds_up"),
        ("net_amount = 120000000", "tax_adds_up"),
        ("tax_rate = '10', amount_by = 'usd'", "tax_adds_up"),
        ("invoice_id = 'in-1'", "invoice_line_has_tax"),
        ("amount_by = 'eur'", "amount_by_is_known"),
        ("unit_price = '12.5'", "usage_is_whole_or_none"),
        ("unit_price = '12.5', usage_mode = 'up'", "usage_mode_is_known"),
    ],
)
def test_an_item_whose_parts_contradict_each_other_is_refused(
    database: Flask, database_url: str, columns: str, constraint: str
) -> None:
    rows.save_one_of_each()
    with pytest.raises(IntegrityError, match=constraint):
        rows.by_hand(database_url, f"UPDATE cost_item SET {columns}")


def test_no_column_is_a_float_or_a_plain_time() -> None:
    for table in TABLES:
        for column in table.columns:
            kind = type(column.type).__name__
            assert kind not in {"Float", "Double", "Numeric", "REAL", "TIMESTAMP"}, column
            assert kind != "DateTime" or isinstance(column.type, InstantType), column


def test_nothing_is_ever_deleted_through_a_reference() -> None:
    for table in TABLES:
        for key in table.foreign_keys:
            assert key.ondelete == "RESTRICT", f"{table.name}: {key.target_fullname}"


def test_every_constraint_has_a_name_both_databases_can_hold() -> None:
    for table in TABLES:
        named: list[Constraint | Index] = [*table.constraints, *table.indexes]
        for each in named:
            assert each.name, f"{table.name}: {each!r}"
            assert len(str(each.name)) <= 63, each.name


def test_every_row_of_a_consortium_says_whose_it_is() -> None:
    """The process-wide tables and a session, whose user says it, are the exceptions."""
    without = {table.name for table in TABLES if "consortium_id" not in table.columns}
    assert without == {"consortium", "user_session", "login_attempt", "scheduler_heartbeat"}
