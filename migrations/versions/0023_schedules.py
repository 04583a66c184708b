"""Schedules: every rule, pauses and towns served (配信予定)."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLE = "report_schedule"
TYPES = op.f("ck_report_schedule_period_type_is_known")
OLD_TYPES = "period_type IN ('month', 'quarter', 'fiscal_year', 'instalment', 'week')"
NEW_TYPES = "period_type IN ('month', 'quarter', 'fiscal_year', 'instalment', 'week', 'day')"
WEEKDAY = op.f("ck_report_schedule_weekday_is_known")
WEEKDAY_IS_KNOWN = "weekday IN ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')"
OLD_DAY = op.f("ck_report_schedule_day_or_weekday")
OLD_DAY_IS = "(day IS NULL) <> (weekday IS NULL)"
NEW_DAY = op.f("ck_report_schedule_day_by_period_type")
NEW_DAY_IS = (
    "((period_type IN ('month', 'quarter')) = (day IS NOT NULL)) AND "
    "((period_type IN ('week', 'day')) = (weekdays IS NOT NULL)) AND "
    "((period_type IN ('fiscal_year', 'instalment')) = (step IS NOT NULL))"
)
PAUSED = op.f("ck_report_schedule_paused_has_valid_to")


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("weekdays", sa.Text(), nullable=True))
        batch.add_column(sa.Column("step", sa.Text(), nullable=True))
        batch.add_column(
            sa.Column("is_paused", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.drop_constraint(TYPES, type_="check")
        batch.create_check_constraint(TYPES, NEW_TYPES)
        batch.create_check_constraint(PAUSED, "valid_to IS NOT NULL OR NOT is_paused")
    op.execute("UPDATE report_schedule SET weekdays = weekday")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(OLD_DAY, type_="check")
        batch.drop_constraint(WEEKDAY, type_="check")
        batch.drop_column("weekday")
        batch.create_check_constraint(NEW_DAY, NEW_DAY_IS)
    op.create_table(
        "report_schedule_town",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("schedule_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_report_schedule_town_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["report_schedule.id"],
            name=op.f("fk_report_schedule_town_schedule_id_report_schedule"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_report_schedule_town_member_id_member"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule_town")),
        sa.UniqueConstraint(
            "schedule_id",
            "member_id",
            name=op.f("uq_report_schedule_town_schedule_id_member_id"),
        ),
    )
    for column in ("consortium_id", "member_id"):
        op.create_index(op.f(f"ix_report_schedule_town_{column}"), "report_schedule_town", [column])


def downgrade() -> None:
    # A schedule that the older table cannot hold fails this, rather than be forgotten.
    op.drop_table("report_schedule_town")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(NEW_DAY, type_="check")
        batch.drop_constraint(PAUSED, type_="check")
        batch.drop_constraint(TYPES, type_="check")
        batch.create_check_constraint(TYPES, OLD_TYPES)
        batch.add_column(sa.Column("weekday", sa.Text(), nullable=True))
    op.execute("UPDATE report_schedule SET weekday = weekdays")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_column("weekdays")
        batch.drop_column("step")
        batch.drop_column("is_paused")
        batch.create_check_constraint(WEEKDAY, WEEKDAY_IS_KNOWN)
        batch.create_check_constraint(OLD_DAY, OLD_DAY_IS)
