"""Sessions, decisions, budgets, contracts, migrations of a plan (工程の記録)."""

import sqlalchemy as sa
from alembic import op

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
        _check(table, "certainty_is_known", "certainty IN ('推定', '確定')"),
        _check(table, "in_order", "closes_on >= opens_on"),
        _check(table, "kind_is_known", "kind IN ('定例会', '臨時会', '総会')"),
        *_tied(table),
        _unique(table, "consortium_id", "code", "decision_on"),
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
        _check(table, "kind_is_known", "kind IN ('議会', '総会', '首長', '稼働判定')"),
        _check(table, "lifted_after", "freeze_lifted_on >= decided_on"),
        _check(
            table,
            "result_is_known",
            "result IN ('可決', '条件付可決', '否決', '継続', '可', '条件付可', '否')",
        ),
        *_tied(table, ("plan_id", "plan")),
        _unique(table, "plan_id", "kind", "task_code", "code", "decided_on"),
    )
    _index(table, "consortium_id")
    _index(table, "plan_id", "decided_on")


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
        _check(table, "fiscal_year_start_is_plausible", "fiscal_year_start BETWEEN 1900 AND 2999"),
        _check(table, "kind_is_known", "kind IN ('当初', '補正', '債務負担', '長期継続')"),
        _check(
            table,
            "last_fiscal_year_start_is_plausible",
            "last_fiscal_year_start BETWEEN 1900 AND 2999",
        ),
        _check(table, "limit_amount_at_least_0", "limit_amount >= 0"),
        _check(
            table, "limit_amount_is_whole_yen", "typeof(limit_amount) IN ('integer', 'null')"
        ).ddl_if(dialect="sqlite"),
        _check(
            table,
            "state_is_known",
            "state IN ('未要求', '要求済', '内示', '上程', '可決', '条件付可決', '否決', '執行可')",
        ),
        _check(table, "years_in_order", "last_fiscal_year_start >= fiscal_year_start"),
        *_tied(table, ("plan_id", "plan"), ("member_id", "member"), ("decision_id", "decision")),
    )
    _index(table, "consortium_id")
    _index(table, "decision_id")
    _index(table, "member_id")
    _index(table, "plan_id", "fiscal_year_start")


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
        _check(table, "kind_is_known", "kind IN ('現行', '利用', '移行委託', '変更', 'その他')"),
        _check(table, "until_after_since", "until > since"),
        *_tied(table, ("plan_id", "plan"), ("parent_id", "plan_contract")),
    )
    _index(table, "consortium_id")
    _index(table, "parent_id")
    _index(table, "plan_id")


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
        _check(table, "error_count_at_least_0", "error_count >= 0"),
        _check(table, "extracted_at_least_0", "extracted >= 0"),
        _check(table, "loaded_at_least_0", "loaded >= 0"),
        _check(table, "minutes_at_least_0", "minutes >= 0"),
        _check(table, "round_at_least_1", "round >= 1"),
        _check(table, "state_is_known", "state IN ('予定', '実施', '突合中', '合格', '不合格')"),
        *_tied(table, ("plan_id", "plan")),
        _unique(table, "plan_id", "wave", "round"),
    )
    _index(table, "consortium_id")


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
        *_tied(table, ("plan_id", "plan")),
    )
    _index(table, "consortium_id")
    _index(table, "plan_id", "task_code")


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
        _check(table, "number_at_least_1", "number >= 1"),
        _check(table, "severity_is_known", "severity IN ('高', '中', '低')"),
        _check(table, "state_is_known", "state IN ('未対応', '対応中', '解決')"),
        *_tied(table, ("plan_id", "plan")),
        _unique(table, "plan_id", "number"),
    )
    _index(table, "consortium_id")


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


# ---- what the tables have in common --------------------------------------------------------------


def _check(table: str, name: str, sentence: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(sentence, name=op.f(f"ck_{table}_{name}"))


def _tied(table: str, *others: tuple[str, str]) -> tuple[sa.Constraint, ...]:
    """Declare the key and what the table refers to."""
    tied = (("consortium_id", "consortium"), *others)
    return (
        *(
            sa.ForeignKeyConstraint(
                [own], [f"{other}.id"], name=op.f(f"fk_{table}_{own}_{other}"), ondelete="RESTRICT"
            )
            for own, other in tied
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)
