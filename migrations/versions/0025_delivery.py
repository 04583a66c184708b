"""The outbox, e-mail addresses and calendar feeds (配信)."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATES = "state IN ('queued', 'sent', 'failed')"


def upgrade() -> None:
    # By hand and not in batch mode: a rebuild of the table would lose the checks it has.
    op.add_column("user_account", sa.Column("email", sa.Text(), nullable=True))
    _create_outbox_message()
    _create_calendar_feed()


def _create_outbox_message() -> None:
    table = "outbox_message"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_outbox_message_state_is_known")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_outbox_message_tries_at_least_0")),
        sa.CheckConstraint("refusals >= 0", name=op.f("ck_outbox_message_refusals_at_least_0")),
        _belongs_to(table, "consortium"),
        _belongs_to(table, "report_run", "run_id"),
        _belongs_to(table, "user_account", "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("about", "user_id", name=op.f("uq_outbox_message_about_user_id")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_message_id")),
    )
    for columns in (
        ["state", "next_try_at"], ["consortium_id", "created_at"], ["run_id"], ["user_id"],
    ):  # fmt: skip
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def _create_calendar_feed() -> None:
    table = "calendar_feed"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        _belongs_to(table, "consortium"),
        _belongs_to(table, "user_account", "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    for column in ("consortium_id", "user_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _belongs_to(table: str, other: str, column: str = "consortium_id") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="RESTRICT")


def downgrade() -> None:
    op.drop_table("calendar_feed")
    op.drop_table("outbox_message")
    op.drop_column("user_account", "email")
