"""Rules of every kind: date rules, powers, values of their own (負担ルールの種類)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OLD_BASES = "basis IN ('equal', 'table')"
BASES = "basis IN ('equal', 'table', 'power', 'fixed', 'host', 'percent')"
BASIS_CHECK = op.f("ck_rule_component_basis_is_known")
DATING_CHECK = op.f("ck_rule_component_dating_is_known")
DATING = (
    "dating IN ('latest', 'previous_fiscal_year', 'frozen', 'previous_calendar_year', "
    "'year_before_last', 'cumulated')"
)
WIDEN_VERSION = (
    """
ALTER TABLE sharing_rule_version ADD COLUMN ratio_digits INTEGER
CONSTRAINT ck_sharing_rule_version_ratio_digits_are_few CHECK (ratio_digits BETWEEN 1 AND 9)
""",
    """
ALTER TABLE sharing_rule_version ADD COLUMN leaving TEXT DEFAULT 'month' NOT NULL
CONSTRAINT ck_sharing_rule_version_leaving_is_known CHECK (leaving IN ('month', 'year'))
""",
)
COLUMNS = (
    sa.Column("dating", sa.Text(), nullable=True),
    sa.Column("month_day", sa.Text(), nullable=True),
    sa.Column("period_from", sa.Date(), nullable=True),
    sa.Column("power", sa.Text(), nullable=True),
    sa.Column("own_source", sa.Text(), nullable=False, server_default=""),
)


def upgrade() -> None:
    for statement in WIDEN_VERSION:
        op.execute(statement)
    with op.batch_alter_table("rule_component") as batch:
        for column in COLUMNS:
            batch.add_column(column)
        batch.create_check_constraint(DATING_CHECK, DATING)
        batch.drop_constraint(BASIS_CHECK, type_="check")
        batch.create_check_constraint(BASIS_CHECK, BASES)
    # Until now a component named one edition for good.
    op.execute("UPDATE rule_component SET dating = 'frozen' WHERE series IS NOT NULL")
    op.create_table(
        "rule_component_value",
        sa.Column("component_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["rule_component.id"],
            name=op.f("fk_rule_component_value_component_id_rule_component"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_rule_component_value_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("component_id", "code", name=op.f("pk_rule_component_value")),
    )
    op.create_index(
        op.f("ix_rule_component_value_consortium_id"),
        "rule_component_value",
        ["consortium_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("rule_component_value")
    with op.batch_alter_table("rule_component") as batch:
        batch.drop_constraint(DATING_CHECK, type_="check")
        batch.drop_constraint(BASIS_CHECK, type_="check")
        # A rule of a newer kind has no place in the older table: this fails rather than change it.
        batch.create_check_constraint(BASIS_CHECK, OLD_BASES)
        for column in COLUMNS:
            batch.drop_column(column.name)
    op.execute("ALTER TABLE sharing_rule_version DROP COLUMN leaving")
    op.execute("ALTER TABLE sharing_rule_version DROP COLUMN ratio_digits")
