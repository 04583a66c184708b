"""Schedules, report runs, frozen inputs and files (配信予定・帳票作成)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period_type", sa.Text(), nullable=False),
        sa.Column("month_offset", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=True),
        sa.Column("weekday", sa.Text(), nullable=True),
        sa.Column("at_time", sa.Text(), nullable=False),
        sa.Column("roll_rule", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "day IN ("
            "'1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', "
            "'14', '15', '16', '17', '18', '19', '20', '21', '22', '23', '24', '25', "
            "'26', '27', '28', '29', '30', '31', 'last'"
            ")",
            name=op.f("ck_report_schedule_day_is_known"),
        ),
        sa.CheckConstraint(
            "period_type IN ('month', 'quarter', 'fiscal_year', 'instalment', 'week')",
            name=op.f("ck_report_schedule_period_type_is_known"),
        ),
        sa.CheckConstraint(
            "roll_rule IN ('next_open_day', 'previous_open_day', 'stay')",
            name=op.f("ck_report_schedule_roll_rule_is_known"),
        ),
        sa.CheckConstraint(
            "time_zone = 'Asia/Tokyo'", name=op.f("ck_report_schedule_time_zone_is_tokyo")
        ),
        sa.CheckConstraint(
            "weekday IN ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')",
            name=op.f("ck_report_schedule_weekday_is_known"),
        ),
        sa.CheckConstraint(
            "(day IS NULL) <> (weekday IS NULL)", name=op.f("ck_report_schedule_day_or_weekday")
        ),
        sa.CheckConstraint(
            "valid_to > valid_from", name=op.f("ck_report_schedule_valid_to_after_valid_from")
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_report_schedule_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_index(
        op.f("ix_report_schedule_consortium_id"), "report_schedule", ["consortium_id"], unique=False
    )
    op.create_table(
        "scheduler_heartbeat",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_tick_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_scheduler_heartbeat")),
    )
    op.create_table(
        "report_input",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_report_input_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_input")),
    )
    op.create_index(
        op.f("ix_report_input_consortium_id"), "report_input", ["consortium_id"], unique=False
    )
    op.create_table(
        "report_run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("period_key", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.String(length=36), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wait_reason", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("input_id", sa.String(length=36), nullable=True),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ("
            "'due', 'claimed', 'calculated', 'filed', 'published', 'notified', "
            "'failed', 'cancelled'"
            ")",
            name=op.f("ck_report_run_state_is_known"),
        ),
        sa.CheckConstraint(
            "(owner IS NULL) = (claimed_at IS NULL)", name=op.f("ck_report_run_owner_with_claim")
        ),
        sa.CheckConstraint(
            "(owner IS NULL) = (lease_until IS NULL)", name=op.f("ck_report_run_owner_with_lease")
        ),
        sa.CheckConstraint("attempt >= 0", name=op.f("ck_report_run_attempt_at_least_0")),
        sa.CheckConstraint("edition >= 1", name=op.f("ck_report_run_edition_at_least_1")),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_report_run_fiscal_year_start_is_plausible"),
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_report_run_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["input_id"],
            ["report_input.id"],
            name=op.f("fk_report_run_input_id_report_input"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["report_schedule.id"],
            name=op.f("fk_report_run_schedule_id_report_schedule"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_run")),
        sa.UniqueConstraint(
            "consortium_id",
            "kind",
            "fiscal_year_start",
            "period_key",
            "edition",
            name="uq_report_run_business_key",
        ),
    )
    op.create_index(op.f("ix_report_run_input_id"), "report_run", ["input_id"], unique=False)
    op.create_index(op.f("ix_report_run_schedule_id"), "report_run", ["schedule_id"], unique=False)
    op.create_index(
        op.f("ix_report_run_state_due_at"), "report_run", ["state", "due_at"], unique=False
    )
    op.create_table(
        "report_file",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("stored_name", sa.String(length=80), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("data_hash", sa.String(length=64), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.CheckConstraint("size >= 0", name=op.f("ck_report_file_size_at_least_0")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_report_file_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["report_run.id"],
            name=op.f("fk_report_file_run_id_report_run"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_file")),
        sa.UniqueConstraint("run_id", "slot", name=op.f("uq_report_file_run_id_slot")),
        sa.UniqueConstraint("stored_name", name=op.f("uq_report_file_stored_name")),
    )
    op.create_index(
        op.f("ix_report_file_consortium_id"), "report_file", ["consortium_id"], unique=False
    )
    op.create_table(
        "run_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_run_event_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["report_run.id"],
            name=op.f("fk_run_event_run_id_report_run"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_event")),
    )
    op.create_index(
        op.f("ix_run_event_consortium_id"), "run_event", ["consortium_id"], unique=False
    )
    op.create_index(op.f("ix_run_event_run_id_at"), "run_event", ["run_id", "at"], unique=False)
    for trigger in append_only(op.get_bind().dialect.name, "report_input", ("id",)):
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("run_event")
    op.drop_table("report_file")
    op.drop_table("report_run")
    op.drop_table("report_input")
    op.drop_table("scheduler_heartbeat")
    op.drop_table("report_schedule")
