"""What was put back from a backup, and what had gone out meanwhile (復元・復元前の文書)."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restoration",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("backup_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("highest", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(reconciled_at IS NULL) = (highest IS NULL)",
            name=op.f("ck_restoration_reconciled_with_number"),
        ),
        sa.CheckConstraint("highest >= 0", name=op.f("ck_restoration_highest_at_least_0")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_restoration_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restoration")),
    )
    op.create_index(
        op.f("ix_restoration_consortium_id_reconciled_at"),
        "restoration",
        ["consortium_id", "reconciled_at"],
    )
    _lost_document()


def _lost_document() -> None:
    op.create_table(
        "lost_document",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "stage IN ('estimate', 'planned', 'revised', 'final', 'settlement')",
            name=op.f("ck_lost_document_stage_is_known"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_lost_document_number_at_least_1")),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_lost_document_edition_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_lost_document_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_document")),
    )
    op.create_index(
        op.f("ix_lost_document_consortium_id_fiscal_year_start_stage"),
        "lost_document",
        ["consortium_id", "fiscal_year_start", "stage"],
    )


def downgrade() -> None:
    op.drop_table("lost_document")
    op.drop_table("restoration")
