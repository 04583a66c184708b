"""Stage templates and their versions (工程雛形)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.table_parts import check, index, tied, unique
from consortium.db.triggers import append_only

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _stage_template()
    _template_task()
    _template_link()
    _busy_period()
    dialect = op.get_bind().dialect.name
    for trigger in append_only(dialect, "template_task", ("id",), ("template_id", "code")):
        op.execute(trigger)
    for trigger in append_only(
        dialect, "template_link", ("id",), ("template_id", "before", "after", "type")
    ):
        op.execute(trigger)


def _stage_template() -> None:
    table = "stage_template"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        check(table, "version_at_least_1", "version >= 1"),
        *tied(table),
        unique(table, "consortium_id", "key", "version"),
    )


def _template_task() -> None:
    table = "template_task"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("window_kind", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("legal_forms", sa.Text(), nullable=False),
        check(table, "days_at_least_0", "days >= 0"),
        check(
            table,
            "owner_is_known",
            "owner IN ('加入団体', '幹事市', '両者', '協議会', '事業者', '原課', "
            "'各財政課', '各議会')",
        ),
        check(
            table,
            "window_kind_is_known",
            "window_kind IN ('', 'council', 'assembly', 'closed_block', 'month_start')",
        ),
        *tied(table, ("template_id", "stage_template")),
        unique(table, "template_id", "code"),
    )
    index(table, "consortium_id")


def _template_link() -> None:
    table = "template_link"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lag", sa.Integer(), nullable=False),
        check(table, "type_is_known", "type IN ('FS', 'SS', 'FF', 'SF')"),
        *tied(table, ("template_id", "stage_template")),
        unique(table, "template_id", "before", "after", "type"),
    )
    index(table, "consortium_id")


def _busy_period() -> None:
    table = "busy_period"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        *tied(table),
        unique(table, "consortium_id", "name"),
    )


def downgrade() -> None:
    for table in ("busy_period", "template_link", "template_task", "stage_template"):
        op.drop_table(table)
