"""Instalment plans, payments and settlements (納付計画・収納・精算)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import (
    append_only,
    closed_year,
    drop_closed_year,
    year_of_parent,
)

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

#: Written once: a wrong payment is met by a void, a wrong settlement by its next edition.
FINAL = {
    "payment_batch": (("id",), ("consortium_id", "sha256")),
    "payment": (("id",),),
    "payment_void": (("id",), ("payment_id",)),
    "settlement": (("id",), ("consortium_id", "fiscal_year_start", "edition"), ("run_id",)),
    "settlement_line": (("settlement_id", "code"),),
}
#: Table → parent with the fiscal year and the reference to it; empty for a year of its own.
CLOSED = {
    "instalment_plan": (),
    "instalment": ("instalment_plan", "plan_id"),
    "instalment_item": ("instalment_plan", "plan_id"),
    "payment": (),
    "payment_void": ("payment", "payment_id"),
    "settlement": (),
    "settlement_line": ("settlement", "settlement_id"),
}


def upgrade() -> None:
    op.create_table(
        "instalment_plan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "method IN ('equal', 'percents', 'items')",
            name=op.f("ck_instalment_plan_method_is_known"),
        ),
        sa.CheckConstraint(
            "mode IN ('floor', 'half_up', 'ceil')", name=op.f("ck_instalment_plan_mode_is_known")
        ),
        sa.CheckConstraint(
            "settled_by IN ('cash', 'credit')", name=op.f("ck_instalment_plan_settled_by_is_known")
        ),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_instalment_plan_fiscal_year_start_is_plausible"),
        ),
        sa.CheckConstraint(
            "unit IN (1, 100, 1000, 10000)", name=op.f("ck_instalment_plan_unit_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_instalment_plan_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalment_plan")),
        sa.UniqueConstraint(
            "consortium_id",
            "fiscal_year_start",
            name=op.f("uq_instalment_plan_consortium_id_fiscal_year_start"),
        ),
    )

    op.create_table(
        "payment_batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.CheckConstraint("duplicates >= 0", name=op.f("ck_payment_batch_duplicates_at_least_0")),
        sa.CheckConstraint("recorded >= 1", name=op.f("ck_payment_batch_recorded_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_payment_batch_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_batch")),
        sa.UniqueConstraint(
            "consortium_id", "sha256", name=op.f("uq_payment_batch_consortium_id_sha256")
        ),
    )

    op.create_table(
        "instalment",
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("percent", sa.Text(), nullable=True),
        sa.Column("due_nominal", sa.Date(), nullable=False),
        sa.Column("roll_rule", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "roll_rule IN ('next_open_day', 'previous_open_day', 'stay')",
            name=op.f("ck_instalment_roll_rule_is_known"),
        ),
        sa.CheckConstraint("no >= 1", name=op.f("ck_instalment_no_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_instalment_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["instalment_plan.id"],
            name=op.f("fk_instalment_plan_id_instalment_plan"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("plan_id", "no", name=op.f("pk_instalment")),
    )
    op.create_index(
        op.f("ix_instalment_consortium_id"), "instalment", ["consortium_id"], unique=False
    )

    op.create_table(
        "settlement",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "typeof(total) = 'integer'", name=op.f("ck_settlement_total_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_settlement_edition_at_least_1")),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_settlement_fiscal_year_start_is_plausible"),
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_settlement_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_settlement_run_id_allocation_run"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint(
            "consortium_id",
            "fiscal_year_start",
            "edition",
            name=op.f("uq_settlement_consortium_id_fiscal_year_start_edition"),
        ),
        sa.UniqueConstraint("run_id", name=op.f("uq_settlement_run_id")),
    )

    op.create_table(
        "instalment_item",
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("category_id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.CheckConstraint("no >= 1", name=op.f("ck_instalment_item_no_at_least_1")),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["cost_category.id"],
            name=op.f("fk_instalment_item_category_id_cost_category"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_instalment_item_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["instalment_plan.id"],
            name=op.f("fk_instalment_item_plan_id_instalment_plan"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("plan_id", "category_id", name=op.f("pk_instalment_item")),
    )
    op.create_index(
        op.f("ix_instalment_item_consortium_id"), "instalment_item", ["consortium_id"], unique=False
    )

    op.create_table(
        "settlement_line",
        sa.Column("settlement_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("final", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "disposition IN ('refund', 'additional', 'credit', 'none')",
            name=op.f("ck_settlement_line_disposition_is_known"),
        ),
        sa.CheckConstraint(
            "typeof(difference) = 'integer'",
            name=op.f("ck_settlement_line_difference_is_whole_yen"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "typeof(final) = 'integer'", name=op.f("ck_settlement_line_final_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "typeof(paid) = 'integer'", name=op.f("ck_settlement_line_paid_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "difference = final - paid",
            name=op.f("ck_settlement_line_difference_is_final_less_paid"),
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_settlement_line_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["settlement.id"],
            name=op.f("fk_settlement_line_settlement_id_settlement"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("settlement_id", "code", name=op.f("pk_settlement_line")),
    )
    op.create_index(
        op.f("ix_settlement_line_consortium_id"), "settlement_line", ["consortium_id"], unique=False
    )

    op.create_table(
        "payment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("statement_id", sa.String(length=36), nullable=True),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reference_number", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'received' AND amount > 0) OR (kind = 'refunded' AND amount < 0) "
            "OR (kind IN ('credited_out', 'credited_in') AND amount <> 0)",
            name=op.f("ck_payment_amount_fits_kind"),
        ),
        sa.CheckConstraint(
            "kind IN ('received', 'refunded', 'credited_out', 'credited_in')",
            name=op.f("ck_payment_kind_is_known"),
        ),
        sa.CheckConstraint(
            "typeof(amount) = 'integer'", name=op.f("ck_payment_amount_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_payment_fiscal_year_start_is_plausible"),
        ),
        sa.CheckConstraint("instalment >= 1", name=op.f("ck_payment_instalment_at_least_1")),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["payment_batch.id"],
            name=op.f("fk_payment_batch_id_payment_batch"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_payment_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
            name=op.f("fk_payment_statement_id_statement"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
    )
    op.create_index(op.f("ix_payment_batch_id"), "payment", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_payment_consortium_id_fiscal_year_start_code"),
        "payment",
        ["consortium_id", "fiscal_year_start", "code"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_consortium_id_reference_number"),
        "payment",
        ["consortium_id", "reference_number"],
        unique=False,
    )
    op.create_index(op.f("ix_payment_statement_id"), "payment", ["statement_id"], unique=False)

    op.create_table(
        "payment_void",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("payment_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("voided_by", sa.Text(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_payment_void_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
            name=op.f("fk_payment_void_payment_id_payment"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_void")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_payment_void_payment_id")),
    )
    op.create_index(
        op.f("ix_payment_void_consortium_id"), "payment_void", ["consortium_id"], unique=False
    )

    dialect = op.get_bind().dialect.name
    for table, keys in FINAL.items():
        for trigger in append_only(dialect, table, *keys):
            op.execute(trigger)
    for table, parent in CLOSED.items():
        year = year_of_parent(*parent) if parent else ""
        for trigger in closed_year(dialect, table, year=year):
            op.execute(trigger)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table in CLOSED:
        for statement in drop_closed_year(dialect, table):
            op.execute(statement)
    for table in (
        "settlement_line",
        "settlement",
        "payment_void",
        "payment",
        "payment_batch",
        "instalment_item",
        "instalment",
        "instalment_plan",
    ):
        op.drop_table(table)
