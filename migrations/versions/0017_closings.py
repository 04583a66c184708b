"""Locks of a fiscal year, and triggers by which the database keeps them (締め・再開)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import (
    DROP_POSTGRESQL_CLOSED_FUNCTIONS,
    POSTGRESQL_CLOSED_FUNCTIONS,
    closed_year,
    drop_closed_year,
    final_once,
    year_of_grandparent,
    year_of_month,
    year_of_parent,
)

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IN_FORCE = sa.text("ended_at IS NULL")
ON_ITS_WAY = sa.text("refused_at IS NULL AND ended_at IS NULL")

#: Tables with a fiscal year of their own; what is issued follows in 0019.
OWN_YEAR = (
    "allocation_run",
    "base_round",
    "calendar_step",
    "cost_item",
    "funding_measure",
    "invoice",
    "previous_amount",
)
#: Child, parent, reference to it.
OF_PARENT = (
    ("cost_item_usd", "cost_item", "item_id"),
    ("usage_quantity", "cost_item", "item_id"),
    ("share_row", "allocation_run", "run_id"),
    ("base_round_series", "base_round", "round_id"),
    ("base_round_edition", "base_round", "round_id"),
    ("base_hand_in", "base_round", "round_id"),
)
OF_HAND_IN = ("base_figure", "use_intent")


def upgrade() -> None:
    _create_closing()
    _create_reopening()
    dialect = op.get_bind().dialect.name
    for function in POSTGRESQL_CLOSED_FUNCTIONS if dialect == "postgresql" else ():
        op.execute(function)
    same = "id = NEW.id OR (ended_at IS NULL AND consortium_id = NEW.consortium_id"
    same += " AND fiscal_year_start = NEW.fiscal_year_start AND kind = NEW.kind)"
    triggers = [
        *final_once(
            dialect,
            "year_closing",
            "{row}.kind = 'hard' OR {row}.ended_at IS NOT NULL",
            replaces=same,
        ),
        *final_once(
            dialect,
            "year_reopening",
            "{row}.refused_at IS NOT NULL OR {row}.ended_at IS NOT NULL",
        ),
    ]
    for table in OWN_YEAR:
        triggers += closed_year(dialect, table)
    for table, parent, key in OF_PARENT:
        triggers += closed_year(dialect, table, year=year_of_parent(parent, key))
    of_hand_in = year_of_grandparent("base_hand_in", "hand_in_id", "base_round", "round_id")
    for table in OF_HAND_IN:
        triggers += closed_year(dialect, table, year=of_hand_in)
    triggers += closed_year(dialect, "exchange_rate", year=year_of_month(dialect, "month"))
    for trigger in triggers:
        op.execute(trigger)


def _create_closing() -> None:
    op.create_table(
        "year_closing",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _check(
            "year_closing",
            "fiscal_year_start_is_plausible",
            "fiscal_year_start BETWEEN 1900 AND 2999",
        ),
        _check("year_closing", "kind_is_known", "kind IN ('soft', 'hard')"),
        _check("year_closing", "hard_never_ends", "kind = 'soft' OR ended_at IS NULL"),
        _check("year_closing", "ended_by_somebody", "(ended_at IS NULL) = (ended_by IS NULL)"),
        _belongs_to("year_closing", "consortium", "consortium_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_year_closing")),
    )
    op.create_index(
        "uq_year_closing_in_force",
        "year_closing",
        ["consortium_id", "fiscal_year_start", "kind"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )


def _create_reopening() -> None:
    table = "year_reopening"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("closing_id", sa.String(length=36), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.Text(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _check(table, "reason_is_given", "reason <> ''"),
        _check(table, "granted_by_another", "granted_by <> proposed_by"),
        _check(table, "granted_by_somebody", "(granted_at IS NULL) = (granted_by IS NULL)"),
        _check(table, "refused_by_somebody", "(refused_at IS NULL) = (refused_by IS NULL)"),
        _check(table, "granted_or_refused", "granted_at IS NULL OR refused_at IS NULL"),
        _belongs_to(table, "consortium", "consortium_id"),
        _belongs_to(table, "year_closing", "closing_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_year_reopening")),
    )
    for column in ("consortium_id", "closing_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
    op.create_index(
        "uq_year_reopening_on_its_way",
        table,
        ["closing_id"],
        unique=True,
        sqlite_where=ON_ITS_WAY,
        postgresql_where=ON_ITS_WAY,
    )


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    children = (*(child for child, _, _ in OF_PARENT), *OF_HAND_IN)
    for table in (*OWN_YEAR, *children, "exchange_rate"):
        for statement in drop_closed_year(dialect, table):
            op.execute(statement)
    for statement in DROP_POSTGRESQL_CLOSED_FUNCTIONS if dialect == "postgresql" else ():
        op.execute(statement)
    op.drop_table("year_reopening")
    op.drop_table("year_closing")


# ---- what the tables have in common --------------------------------------------------------------


def _check(table: str, name: str, sentence: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(sentence, name=op.f(f"ck_{table}_{name}"))


def _belongs_to(table: str, other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete="RESTRICT"
    )
