"""Plans, their tasks and frozen baselines (工程・作業・基準計画)."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from consortium.db.table_parts import check, index, tied, unique
from consortium.db.triggers import append_only

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

#: What makes a calendar address one of plans (工程のカレンダー).
_OF_FEED: dict[str, sa.types.TypeEngine[Any]] = {
    "plan_code": sa.Text(), "in_charge": sa.Text(), "with_tasks": sa.Boolean(),
}  # fmt: skip


def upgrade() -> None:
    _plan()
    _plan_task()
    _plan_link()
    _baseline()
    _baseline_task()
    for name, kind in _OF_FEED.items():
        op.add_column("calendar_feed", sa.Column(name, kind, nullable=True))
    dialect = op.get_bind().dialect.name
    for trigger in append_only(dialect, "baseline", ("id",), ("plan_id", "number")):
        op.execute(trigger)
    for trigger in append_only(dialect, "baseline_task", ("id",), ("baseline_id", "code")):
        op.execute(trigger)


def _plan() -> None:
    table = "plan"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=True),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("anchor_mode", sa.Text(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("legal_form", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("joining_state", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("went_live_on", sa.Date(), nullable=True),
        sa.Column("membership_id", sa.String(length=36), nullable=True),
        sa.Column("old_contract_ends_on", sa.Date(), nullable=True),
        sa.Column("uses_common_layout", sa.Boolean(), nullable=True),
        sa.Column("customisations", sa.Integer(), nullable=True),
        sa.Column("representative_code", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_reference", sa.Boolean(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "anchor_mode_is_known", "anchor_mode IN ('backward', 'forward')"),
        check(
            table,
            "joining_state_is_known",
            "joining_state IN ('considering', 'applied', 'accepted', 'preparing', 'using', "
            "'withdrawn', 'refused')",
        ),
        check(table, "kind_is_known", "kind IN ('join', 'standard', 'other')"),
        check(
            table,
            "legal_form_is_known",
            "legal_form IN ('agreement', 'council', 'delegation', 'union', 'joint_organ')",
        ),
        check(table, "revision_at_least_1", "revision >= 1"),
        check(
            table, "state_is_known", "state IN ('draft', 'approved', 'running', 'done', 'stopped')"
        ),
        *tied(
            table,
            ("member_id", "member"),
            ("service_id", "service"),
            ("template_id", "stage_template"),
            ("membership_id", "membership"),
        ),
    )
    index(table, "consortium_id")
    index(table, "member_id")
    index(table, "membership_id")
    index(table, "service_id")


def _plan_task() -> None:
    table = "plan_task"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("in_charge", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("window_kind", sa.Text(), nullable=False),
        sa.Column("window_code", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("not_before", sa.Date(), nullable=True),
        sa.Column("planned_start", sa.Date(), nullable=False),
        sa.Column("planned_finish", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("finished_on", sa.Date(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "days_at_least_0", "days >= 0"),
        check(table, "done_in_order", "finished_on >= started_on"),
        check(
            table,
            "owner_is_known",
            "owner IN ('加入団体', '幹事市', '両者', '協議会', '事業者', '原課', "
            "'各財政課', '各議会')",
        ),
        check(table, "percent_of_whole", "percent BETWEEN 0 AND 100"),
        check(table, "planned_in_order", "planned_finish >= planned_start"),
        check(
            table,
            "state_is_known",
            "state IN ('waiting', 'working', 'done', 'not_applicable', 'on_hold')",
        ),
        check(
            table,
            "window_kind_is_known",
            "window_kind IN ('', 'council', 'assembly', 'closed_block', 'month_start')",
        ),
        *tied(table, ("plan_id", "plan")),
        unique(table, "plan_id", "code"),
    )
    index(table, "consortium_id")


def _plan_link() -> None:
    table = "plan_link"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lag", sa.Integer(), nullable=False),
        check(table, "type_is_known", "type IN ('FS', 'SS', 'FF', 'SF')"),
        *tied(table, ("plan_id", "plan")),
        unique(table, "plan_id", "before", "after", "type"),
    )
    index(table, "consortium_id")


def _baseline() -> None:
    table = "baseline"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        check(table, "number_at_least_1", "number >= 1"),
        *tied(table, ("plan_id", "plan")),
        unique(table, "plan_id", "number"),
    )
    index(table, "consortium_id")


def _baseline_task() -> None:
    table = "baseline_task"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("baseline_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("finish", sa.Date(), nullable=False),
        check(table, "in_order", "finish >= start"),
        *tied(table, ("baseline_id", "baseline")),
        unique(table, "baseline_id", "code"),
    )
    index(table, "consortium_id")


def downgrade() -> None:
    for name in _OF_FEED:
        op.drop_column("calendar_feed", name)
    for table in ("baseline_task", "baseline", "plan_link", "plan_task", "plan"):
        op.drop_table(table)
