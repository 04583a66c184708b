"""Basis values and sharing rules with their versions (算定基礎・負担ルール)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "basis_value",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reference_date", sa.Date(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "certainty IN ('見込', '確定')", name=op.f("ck_basis_value_certainty_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_basis_value_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basis_value")),
        sa.UniqueConstraint(
            "consortium_id",
            "series",
            "reference_date",
            "edition",
            "code",
            name=op.f("uq_basis_value_consortium_id_series_reference_date_edition_code"),
        ),
    )
    op.create_table(
        "sharing_rule",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("category_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["cost_category.id"],
            name=op.f("fk_sharing_rule_category_id_cost_category"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_sharing_rule_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name=op.f("fk_sharing_rule_service_id_service"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_rule")),
        sa.UniqueConstraint(
            "consortium_id", "name", name=op.f("uq_sharing_rule_consortium_id_name")
        ),
    )
    op.create_index(
        op.f("ix_sharing_rule_category_id"), "sharing_rule", ["category_id"], unique=False
    )
    op.create_index(
        op.f("ix_sharing_rule_service_id"), "sharing_rule", ["service_id"], unique=False
    )
    op.create_table(
        "sharing_rule_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("rule_id", sa.String(length=36), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("source_document", sa.Text(), nullable=False),
        sa.Column("source_article", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("residual", sa.Text(), nullable=False),
        sa.Column("proration", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "level IN ('component', 'item')", name=op.f("ck_sharing_rule_version_level_is_known")
        ),
        sa.CheckConstraint(
            "mode IN ('floor', 'half_up', 'ceil')",
            name=op.f("ck_sharing_rule_version_mode_is_known"),
        ),
        sa.CheckConstraint(
            "proration IN ('monthly', 'monthly_rounded', 'daily', 'joiner_first', 'none')",
            name=op.f("ck_sharing_rule_version_proration_is_known"),
        ),
        sa.CheckConstraint(
            "residual IN ('largest_remainder', 'lead', 'largest_share', 'last', 'unallocated')",
            name=op.f("ck_sharing_rule_version_residual_is_known"),
        ),
        sa.CheckConstraint("unit >= 1", name=op.f("ck_sharing_rule_version_unit_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_sharing_rule_version_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["sharing_rule.id"],
            name=op.f("fk_sharing_rule_version_rule_id_sharing_rule"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_rule_version")),
        sa.UniqueConstraint("rule_id", "since", name=op.f("uq_sharing_rule_version_rule_id_since")),
    )
    op.create_index(
        op.f("ix_sharing_rule_version_consortium_id"),
        "sharing_rule_version",
        ["consortium_id"],
        unique=False,
    )
    op.create_table(
        "rule_component",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("reference_date", sa.Date(), nullable=True),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "basis IN ('equal', 'table')", name=op.f("ck_rule_component_basis_is_known")
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_rule_component_position_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_rule_component_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["sharing_rule_version.id"],
            name=op.f("fk_rule_component_version_id_sharing_rule_version"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_component")),
        sa.UniqueConstraint(
            "version_id", "position", name=op.f("uq_rule_component_version_id_position")
        ),
    )
    op.create_index(
        op.f("ix_rule_component_consortium_id"), "rule_component", ["consortium_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("rule_component")
    op.drop_table("sharing_rule_version")
    op.drop_table("sharing_rule")
    op.drop_table("basis_value")
