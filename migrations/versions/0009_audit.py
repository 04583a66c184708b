"""The chain of what was done (操作記録)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import append_only

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("actor_body", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_audit_event_seq_at_least_1")),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_audit_event_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("consortium_id", "seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint(
            "consortium_id", "prev_hash", name=op.f("uq_audit_event_consortium_id_prev_hash")
        ),
    )
    op.create_index(
        op.f("ix_audit_event_consortium_id_object_id"),
        "audit_event",
        ["consortium_id", "object_id"],
        unique=False,
    )
    keys = (("consortium_id", "seq"), ("consortium_id", "prev_hash"))
    for trigger in append_only(op.get_bind().dialect.name, "audit_event", *keys):
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("audit_event")
