"""Sessions, decisions, budgets, contracts, migrations of a plan (工程の記録)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.table_parts import check, index, tied, unique

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _council_session()
    _decision()
    _budget_action()
    _plan_contract()
    _migration_run()
    _plan_evidence()
    _plan_issue()


def _council_session() -> None:
    table = "council_session"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("decision_on", sa.Date(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "certainty_is_known", "certainty IN ('推定', '確定')"),
        check(table, "in_order", "closes_on >= opens_on"),
        check(table, "kind_is_known", "kind IN ('定例会', '臨時会', '総会')"),
        *tied(table),
        unique(table, "consortium_id", "code", "decision_on"),
    )


def _decision() -> None:
    table = "decision"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("task_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("bill", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("rider", sa.Text(), nullable=False),
        sa.Column("conditions_due_on", sa.Date(), nullable=True),
        sa.Column("freeze_lifted_on", sa.Date(), nullable=True),
        sa.Column("votes_for", sa.Integer(), nullable=True),
        sa.Column("votes_against", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "kind_is_known", "kind IN ('議会', '総会', '首長', '稼働判定')"),
        check(table, "lifted_after", "freeze_lifted_on >= decided_on"),
        check(
            table,
            "result_is_known",
            "result IN ('可決', '条件付可決', '否決', '継続', '可', '条件付可', '否')",
        ),
        *tied(table, ("plan_id", "plan")),
        unique(table, "plan_id", "kind", "task_code", "code", "decided_on"),
    )
    index(table, "consortium_id")
    index(table, "plan_id", "decided_on")


def _budget_action() -> None:
    table = "budget_action"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("last_fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("limit_amount", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("executable_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "fiscal_year_start_is_plausible", "fiscal_year_start BETWEEN 1900 AND 2999"),
        check(table, "kind_is_known", "kind IN ('当初', '補正', '債務負担', '長期継続')"),
        check(
            table,
            "last_fiscal_year_start_is_plausible",
            "last_fiscal_year_start BETWEEN 1900 AND 2999",
        ),
        check(table, "limit_amount_at_least_0", "limit_amount >= 0"),
        check(
            table, "limit_amount_is_whole_yen", "typeof(limit_amount) IN ('integer', 'null')"
        ).ddl_if(dialect="sqlite"),
        check(
            table,
            "state_is_known",
            "state IN ('未要求', '要求済', '内示', '上程', '可決', '条件付可決', '否決', '執行可')",
        ),
        check(table, "years_in_order", "last_fiscal_year_start >= fiscal_year_start"),
        *tied(table, ("plan_id", "plan"), ("member_id", "member"), ("decision_id", "decision")),
    )
    index(table, "consortium_id")
    index(table, "decision_id")
    index(table, "member_id")
    index(table, "plan_id", "fiscal_year_start")


def _plan_contract() -> None:
    table = "plan_contract"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("concluded_on", sa.Date(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "kind_is_known", "kind IN ('現行', '利用', '移行委託', '変更', 'その他')"),
        check(table, "until_after_since", "until > since"),
        *tied(table, ("plan_id", "plan"), ("parent_id", "plan_contract")),
    )
    index(table, "consortium_id")
    index(table, "parent_id")
    index(table, "plan_id")


def _migration_run() -> None:
    table = "migration_run"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("run_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("extracted", sa.Integer(), nullable=True),
        sa.Column("loaded", sa.Integer(), nullable=True),
        sa.Column("error_count", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("waiver", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "error_count_at_least_0", "error_count >= 0"),
        check(table, "extracted_at_least_0", "extracted >= 0"),
        check(table, "loaded_at_least_0", "loaded >= 0"),
        check(table, "minutes_at_least_0", "minutes >= 0"),
        check(table, "round_at_least_1", "round >= 1"),
        check(table, "state_is_known", "state IN ('予定', '実施', '突合中', '合格', '不合格')"),
        *tied(table, ("plan_id", "plan")),
        unique(table, "plan_id", "wave", "round"),
    )
    index(table, "consortium_id")


def _plan_evidence() -> None:
    table = "plan_evidence"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("task_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        *tied(table, ("plan_id", "plan")),
    )
    index(table, "consortium_id")
    index(table, "plan_id", "task_code")


def _plan_issue() -> None:
    table = "plan_issue"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("task_code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("in_charge", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        check(table, "number_at_least_1", "number >= 1"),
        check(table, "severity_is_known", "severity IN ('高', '中', '低')"),
        check(table, "state_is_known", "state IN ('未対応', '対応中', '解決')"),
        *tied(table, ("plan_id", "plan")),
        unique(table, "plan_id", "number"),
    )
    index(table, "consortium_id")


def downgrade() -> None:
    for table in (
        "plan_issue",
        "plan_evidence",
        "migration_run",
        "plan_contract",
        "budget_action",
        "decision",
        "council_session",
    ):
        op.drop_table(table)
