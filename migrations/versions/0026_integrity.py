"""Hashes of tables, what the last check found, and triggers of issued rows (整合性)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import drop_frozen_with_parent, frozen_with_parent

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OCCASIONS = "occasion IN ('start', 'issue', 'nightly', 'asked')"
#: Rows that never change once their parent went out: table, parent, reference, states.
FROZEN = (
    ("share_row", "allocation_run", "run_id", ("issued", "superseded")),
    ("report_file", "report_run", "run_id", ("published", "notified")),
)


def upgrade() -> None:
    _create_seal()
    _create_state()
    dialect = op.get_bind().dialect.name
    for table, parent, key, states in FROZEN:
        for trigger in frozen_with_parent(dialect, table, parent, key, states):
            op.execute(trigger)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table, *_ in FROZEN:
        for statement in drop_frozen_with_parent(dialect, table):
            op.execute(statement)
    op.drop_table("integrity_state")
    op.drop_table("table_seal")


def _create_seal() -> None:
    table = "table_seal"
    op.create_table(
        table,
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _check(table, "row_count_at_least_0", "row_count >= 0"),
        _belongs_to_a_consortium(table),
        sa.PrimaryKeyConstraint("consortium_id", "name", name=op.f("pk_table_seal")),
    )


def _create_state() -> None:
    table = "integrity_state"
    op.create_table(
        table,
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("fault_count", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        _check(table, "occasion_is_known", OCCASIONS),
        _check(table, "fault_count_at_least_0", "fault_count >= 0"),
        _belongs_to_a_consortium(table),
        sa.PrimaryKeyConstraint("consortium_id", name=op.f("pk_integrity_state")),
    )


def _check(table: str, name: str, text: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _belongs_to_a_consortium(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["consortium_id"],
        ["consortium.id"],
        name=op.f(f"fk_{table}_consortium_id_consortium"),
        ondelete="RESTRICT",
    )
