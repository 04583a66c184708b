"""The issue register and receipts (発行台帳・受領)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import append_only

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("report_run_id", sa.String(length=36), nullable=False),
        sa.Column("report_file_id", sa.String(length=36), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("data_hash", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("register_seq", sa.Integer(), nullable=False),
        sa.Column("register_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "stage IN ('estimate', 'planned', 'revised', 'final', 'settlement')",
            name=op.f("ck_statement_stage_is_known"),
        ),
        sa.CheckConstraint(
            "typeof(amount) = 'integer'", name=op.f("ck_statement_amount_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_statement_edition_at_least_1")),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_statement_fiscal_year_start_is_plausible"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_statement_number_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_statement_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["report_file_id"],
            ["report_file.id"],
            name=op.f("fk_statement_report_file_id_report_file"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["report_run_id"],
            ["report_run.id"],
            name=op.f("fk_statement_report_run_id_report_run"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_statement_run_id_allocation_run"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint(
            "consortium_id", "number", name=op.f("uq_statement_consortium_id_number")
        ),
        sa.UniqueConstraint("report_file_id", name=op.f("uq_statement_report_file_id")),
    )
    op.create_index(
        op.f("ix_statement_consortium_id_code_fiscal_year_start"),
        "statement",
        ["consortium_id", "code", "fiscal_year_start"],
        unique=False,
    )
    op.create_index(
        op.f("ix_statement_report_run_id"), "statement", ["report_run_id"], unique=False
    )
    op.create_index(op.f("ix_statement_run_id"), "statement", ["run_id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("report_file_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 1", name=op.f("ck_receipt_count_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_receipt_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["report_file_id"],
            ["report_file.id"],
            name=op.f("fk_receipt_report_file_id_report_file"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_receipt_user_id_user_account"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint(
            "report_file_id", "user_id", name=op.f("uq_receipt_report_file_id_user_id")
        ),
    )
    op.create_index(op.f("ix_receipt_consortium_id"), "receipt", ["consortium_id"], unique=False)
    op.create_index(op.f("ix_receipt_user_id"), "receipt", ["user_id"], unique=False)
    keys = (("id",), ("consortium_id", "number"), ("report_file_id",))
    for trigger in append_only(op.get_bind().dialect.name, "statement", *keys):
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("receipt")
    op.drop_table("statement")
