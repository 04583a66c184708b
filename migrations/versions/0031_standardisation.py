"""The state's standardisation progress: snapshots, cells, answers (標準化の進捗)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.table_parts import check, index, tied, unique
from consortium.db.triggers import append_only

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _pmo_snapshot()
    _pmo_row()
    _pmo_entry()
    _pmo_answer()
    _business_rollout()
    _pmo_setting()
    dialect = op.get_bind().dialect.name
    kept = {
        "pmo_snapshot": (("id",), ("consortium_id", "kind", "month", "edition")),
        "pmo_row": (("id",), ("snapshot_id", "code")),
        "pmo_answer": (("id",),),
    }
    for table, keys in kept.items():
        for trigger in append_only(dialect, table, *keys):
            op.execute(trigger)


def _pmo_snapshot() -> None:
    table = "pmo_snapshot"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        check(table, "edition_at_least_1", "edition >= 1"),
        check(table, "kind_is_known", "kind IN ('進捗', '特定移行')"),
        *_first_of_month(table),
        *tied(table),
        unique(table, "consortium_id", "kind", "month", "edition"),
    )


def _pmo_row() -> None:
    table = "pmo_row"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("snapshot_id", sa.String(length=36), nullable=False),
        sa.Column("prefecture", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("published_rate", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        check(table, "total_at_least_0", "total >= 0"),
        *tied(table, ("snapshot_id", "pmo_snapshot")),
        unique(table, "snapshot_id", "code"),
    )
    index(table, "consortium_id")


def _pmo_entry() -> None:
    table = "pmo_entry"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("business", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("states", sa.String(length=40), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "forty_states", "length(states) = 40"),
        *_first_of_month(table),
        *tied(table, ("member_id", "member")),
        unique(table, "member_id", "business", "month"),
    )
    index(table, "consortium_id")


def _pmo_answer() -> None:
    table = "pmo_answer"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("business", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("own", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        check(table, "answer_is_known", "answer IN ('別システム', '報告誤り', '対象外', 'その他')"),
        check(
            table,
            "kind_is_known",
            "kind IN ('gap', 'ahead', 'fall', 'live', 'task', 'entry', 'full')",
        ),
        *_first_of_month(table),
        *tied(table, ("member_id", "member")),
    )
    index(table, "consortium_id", "member_id", "business")
    index(table, "member_id")


def _business_rollout() -> None:
    table = "business_rollout"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("business", sa.Text(), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=True),
        sa.Column("go_live_on", sa.Date(), nullable=True),
        sa.Column("is_pilot", sa.Boolean(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("is_applicable", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("transition_reason", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "reason_is_known", "transition_reason BETWEEN 1 AND 4"),
        *tied(table, ("member_id", "member"), ("service_id", "service")),
        unique(table, "member_id", "business"),
    )
    index(table, "consortium_id")
    index(table, "service_id")


def _pmo_setting() -> None:
    table = "pmo_setting"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("gap", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "gap_of_steps", "gap BETWEEN 1 AND 40"),
        *tied(table),
        unique(table, "consortium_id"),
    )


def downgrade() -> None:
    for table in (
        "pmo_setting",
        "business_rollout",
        "pmo_answer",
        "pmo_entry",
        "pmo_row",
        "pmo_snapshot",
    ):
        op.drop_table(table)


# ---- what the tables have in common --------------------------------------------------------------


def _first_of_month(table: str) -> tuple[sa.CheckConstraint, sa.CheckConstraint]:
    name = op.f(f"ck_{table}_month_is_first_of_month")
    return (
        sa.CheckConstraint("substr(month, 9) = '01'", name=name).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("EXTRACT(DAY FROM month) = 1", name=name).ddl_if(dialect="postgresql"),
    )
