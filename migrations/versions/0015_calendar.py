"""Closed days and the steps of a fiscal year (閉庁日・年間予定)."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SOURCES = "source IN ('jpholiday', '年末年始', '職員')"
ROLL_RULES = "roll_rule IN ('previous_open_day', 'next_open_day', 'stay')"
ROLES = "role IN ('lead_staff', 'lead_approver', 'member_staff')"


def upgrade() -> None:
    _create_closed_day()
    _create_calendar_step()


def downgrade() -> None:
    op.drop_table("calendar_step")
    op.drop_table("closed_day")


def _create_closed_day() -> None:
    table = "closed_day"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("is_predicted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        _check(table, "source_is_known", SOURCES),
        _belongs_to_a_consortium(table),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_day")),
        sa.UniqueConstraint(
            "consortium_id", "code", "day", name=op.f("uq_closed_day_consortium_id_code_day")
        ),
    )


def _create_calendar_step() -> None:
    table = "calendar_step"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("nominal_on", sa.Date(), nullable=False),
        sa.Column("roll_rule", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("done_note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        _check(table, "fiscal_year_start_is_plausible", "fiscal_year_start BETWEEN 1900 AND 2999"),
        _check(table, "roll_rule_is_known", ROLL_RULES),
        _check(table, "role_is_known", ROLES),
        _check(table, "done_by_somebody", "(done_on IS NULL) = (done_by IS NULL)"),
        _belongs_to_a_consortium(table),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_step")),
        sa.UniqueConstraint(
            "consortium_id",
            "fiscal_year_start",
            "key",
            name=op.f("uq_calendar_step_consortium_id_fiscal_year_start_key"),
        ),
    )


def _check(table: str, name: str, sentence: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(sentence, name=op.f(f"ck_{table}_{name}"))


def _belongs_to_a_consortium(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_consortium_id_consortium")
    return sa.ForeignKeyConstraint(["consortium_id"], ["consortium.id"], name, ondelete="RESTRICT")
