"""Allocation runs and the index of their shares (算定・負担額)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import DROP_POSTGRESQL_FUNCTION, POSTGRESQL_FUNCTION, frozen_in_states

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allocation_run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("unallocated", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supersedes_id", sa.String(length=36), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('estimate', 'planned', 'revised', 'final', 'settlement')",
            name=op.f("ck_allocation_run_stage_is_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'approved', 'issued', 'superseded')",
            name=op.f("ck_allocation_run_state_is_known"),
        ),
        sa.CheckConstraint(
            "typeof(total) = 'integer'", name=op.f("ck_allocation_run_total_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "typeof(unallocated) = 'integer'",
            name=op.f("ck_allocation_run_unallocated_is_whole_yen"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_allocation_run_edition_at_least_1")),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_allocation_run_fiscal_year_start_is_plausible"),
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_allocation_run_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["allocation_run.id"],
            name=op.f("fk_allocation_run_supersedes_id_allocation_run"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_run")),
        sa.UniqueConstraint(
            "consortium_id",
            "fiscal_year_start",
            "stage",
            "edition",
            name=op.f("uq_allocation_run_consortium_id_fiscal_year_start_stage_edition"),
        ),
    )
    op.create_index(
        op.f("ix_allocation_run_supersedes_id"), "allocation_run", ["supersedes_id"], unique=False
    )
    op.create_table(
        "share_row",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("item_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "typeof(amount) = 'integer'", name=op.f("ck_share_row_amount_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_share_row_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_share_row_run_id_allocation_run"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "item_no", "component", "code", name=op.f("pk_share_row")
        ),
    )
    op.create_index(
        op.f("ix_share_row_consortium_id"), "share_row", ["consortium_id"], unique=False
    )
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(POSTGRESQL_FUNCTION)
    for trigger in frozen_in_states(
        dialect,
        "allocation_run",
        ("in_review", "approved", "issued", "superseded"),
        (
            "consortium_id",
            "fiscal_year_start",
            "stage",
            "edition",
            "document",
            "document_sha256",
            "total",
            "unallocated",
        ),
    ):
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("share_row")
    op.drop_table("allocation_run")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(DROP_POSTGRESQL_FUNCTION)
