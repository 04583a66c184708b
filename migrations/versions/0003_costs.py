"""Cost categories and cost items (経費区分・費目)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cost_category",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_cost_category_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name=op.f("fk_cost_category_service_id_service"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_category")),
        sa.UniqueConstraint(
            "consortium_id",
            "service_id",
            "name",
            name=op.f("uq_cost_category_consortium_id_service_id_name"),
        ),
    )
    op.create_index(
        op.f("ix_cost_category_service_id"), "cost_category", ["service_id"], unique=False
    )
    op.create_table(
        "cost_item",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("category_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount_incl_tax", sa.BigInteger(), nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("charged_to_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('estimate', 'planned', 'revised', 'final', 'settlement')",
            name=op.f("ck_cost_item_stage_is_known"),
        ),
        sa.CheckConstraint(
            "substr(first_month, 9) = '01'", name=op.f("ck_cost_item_first_month_is_first_of_month")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "substr(last_month, 9) = '01'", name=op.f("ck_cost_item_last_month_is_first_of_month")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "typeof(amount_incl_tax) = 'integer'",
            name=op.f("ck_cost_item_amount_incl_tax_is_whole_yen"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(
            "EXTRACT(DAY FROM first_month) = 1",
            name=op.f("ck_cost_item_first_month_is_first_of_month"),
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "EXTRACT(DAY FROM last_month) = 1",
            name=op.f("ck_cost_item_last_month_is_first_of_month"),
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_cost_item_fiscal_year_start_is_plausible"),
        ),
        sa.CheckConstraint(
            "last_month >= first_month", name=op.f("ck_cost_item_last_month_not_before_first")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["cost_category.id"],
            name=op.f("fk_cost_item_category_id_cost_category"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["charged_to_id"],
            ["member.id"],
            name=op.f("fk_cost_item_charged_to_id_member"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_cost_item_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name=op.f("fk_cost_item_service_id_service"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_item")),
    )
    op.create_index(op.f("ix_cost_item_category_id"), "cost_item", ["category_id"], unique=False)
    op.create_index(
        op.f("ix_cost_item_charged_to_id"), "cost_item", ["charged_to_id"], unique=False
    )
    op.create_index(
        op.f("ix_cost_item_consortium_id_fiscal_year_start_stage"),
        "cost_item",
        ["consortium_id", "fiscal_year_start", "stage"],
        unique=False,
    )
    op.create_index(op.f("ix_cost_item_service_id"), "cost_item", ["service_id"], unique=False)


def downgrade() -> None:
    op.drop_table("cost_item")
    op.drop_table("cost_category")
