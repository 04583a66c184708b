"""The register names kind, period and row hash; issues can be cancelled (発行台帳・取消)."""

import hashlib
from datetime import date

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import (
    append_only,
    closed_year,
    drop_closed_year,
    year_of_parent,
)

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = "kind IN ('statement', 'summary', 'notice', 'reminder', 'archive')"
KIND_CHECK = op.f("ck_statement_kind_is_known")
INSTALMENT_CHECK = op.f("ck_statement_instalment_at_least_1")
COLUMNS = (
    sa.Column("kind", sa.Text(), nullable=True),
    sa.Column("period_key", sa.Text(), nullable=True),
    sa.Column("instalment", sa.Integer(), nullable=True),
    sa.Column("due_on", sa.Date(), nullable=True),
    sa.Column("rows_hash", sa.String(length=64), nullable=True),
    sa.Column("row_hash", sa.String(length=64), nullable=True),
)
REQUIRED = {"kind": sa.Text(), "period_key": sa.Text(), "row_hash": sa.String(length=64)}
# Every column but the hash itself, in the order in which this revision hashes them.
HASHED = (
    sa.column("id", sa.String), sa.column("consortium_id", sa.String),
    sa.column("run_id", sa.String), sa.column("report_run_id", sa.String),
    sa.column("report_file_id", sa.String), sa.column("slot", sa.Text),
    sa.column("code", sa.String), sa.column("number", sa.Integer),
    sa.column("document_number", sa.Text), sa.column("kind", sa.Text),
    sa.column("fiscal_year_start", sa.Integer), sa.column("period_key", sa.Text),
    sa.column("stage", sa.Text), sa.column("edition", sa.Integer),
    sa.column("instalment", sa.Integer), sa.column("amount", sa.BigInteger),
    sa.column("issued_on", sa.Date), sa.column("due_on", sa.Date),
    sa.column("data_hash", sa.String), sa.column("content_hash", sa.String),
    sa.column("rows_hash", sa.String), sa.column("file_hash", sa.String),
    sa.column("register_seq", sa.Integer), sa.column("register_hash", sa.String),
)  # fmt: skip
#: Reports that are made, or are late, after the year was closed.
LATE_FILE = (
    "EXISTS (SELECT 1 FROM report_run k WHERE k.id = {row}.run_id"
    " AND k.kind IN ('archive', 'monthly_cost'))"
)


def upgrade() -> None:
    op.add_column("report_file", sa.Column("rows_hash", sa.String(length=64), nullable=True))
    triggers = _lift_triggers()
    with op.batch_alter_table("statement") as batch:
        for column in COLUMNS:
            batch.add_column(column)
    _fill()
    with op.batch_alter_table("statement") as batch:
        for name, kind in REQUIRED.items():
            batch.alter_column(name, nullable=False, existing_type=kind)
        batch.create_check_constraint(KIND_CHECK, KINDS)
        batch.create_check_constraint(INSTALMENT_CHECK, "instalment >= 1")
    _restore_triggers(triggers)
    _create_cancellation()
    _keep_closed_years()


def _lift_triggers() -> list[str]:
    """Take the triggers of the register off; a rebuild on SQLite would lose them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE statement DISABLE TRIGGER USER")
        return []
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'statement'"
    found = op.get_bind().execute(sa.text(made)).all()
    for name, _ in found:
        op.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in found]


def _restore_triggers(triggers: list[str]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE statement ENABLE TRIGGER USER")
    for sql in triggers:
        op.execute(sql)


def _fill() -> None:
    """Say what the rows there are: until now only whole years were issued."""
    bind = op.get_bind()
    bind.execute(sa.text("UPDATE statement SET kind = 'summary' WHERE slot = 'lead'"))
    bind.execute(sa.text("UPDATE statement SET kind = 'statement' WHERE slot <> 'lead'"))
    bind.execute(sa.text("UPDATE statement SET period_key = 'FY' || fiscal_year_start"))
    rows = bind.execute(sa.select(*HASHED).select_from(sa.table("statement"))).all()
    for row in rows:
        data = b"".join(
            _typed(column.name) + _typed(value) for column, value in zip(HASHED, row, strict=True)
        )
        bind.execute(
            sa.text("UPDATE statement SET row_hash = :hash WHERE id = :id"),
            {"hash": hashlib.sha256(data).hexdigest(), "id": row.id},
        )


def _typed(value: object) -> bytes:
    """Write one value with its type and length, as db/row_hash.py does today."""
    if value is None:
        tag, text = "n", ""
    elif isinstance(value, int):
        tag, text = "i", str(value)
    elif isinstance(value, date):
        tag, text = "d", value.isoformat()
    else:
        tag, text = "s", str(value)
    data = text.encode("utf-8")
    return f"{tag}{len(data)}:".encode("ascii") + data


def _create_cancellation() -> None:
    op.create_table(
        "statement_cancellation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("statement_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cancelled_by", sa.String(length=36), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cancelled_by"],
            ["user_account.id"],
            name=op.f("fk_statement_cancellation_cancelled_by_user_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortium.id"],
            name=op.f("fk_statement_cancellation_consortium_id_consortium"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
            name=op.f("fk_statement_cancellation_statement_id_statement"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_cancellation")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_statement_cancellation_statement_id")),
    )
    for column in ("consortium_id", "cancelled_by"):
        name = op.f(f"ix_statement_cancellation_{column}")
        op.create_index(name, "statement_cancellation", [column], unique=False)
    dialect = op.get_bind().dialect.name
    for trigger in append_only(dialect, "statement_cancellation", ("id",), ("statement_id",)):
        op.execute(trigger)


def _keep_closed_years() -> None:
    """Refuse what issues or cancels for a year under 本締め; its archive is made after that."""
    dialect = op.get_bind().dialect.name
    of_report, of_statement = (
        year_of_parent("report_run", "run_id"),
        year_of_parent("statement", "statement_id"),
    )
    for trigger in (
        *closed_year(dialect, "statement", unless="{row}.kind = 'archive'"),
        *closed_year(dialect, "statement_cancellation", year=of_statement),
        *closed_year(dialect, "report_run", unless="{row}.kind IN ('archive', 'monthly_cost')"),
        *closed_year(dialect, "report_file", year=of_report, unless=LATE_FILE),
    ):
        op.execute(trigger)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table in ("statement", "statement_cancellation", "report_run", "report_file"):
        for statement in drop_closed_year(dialect, table):
            op.execute(statement)
    op.drop_table("statement_cancellation")
    triggers = _lift_triggers()
    with op.batch_alter_table("statement") as batch:
        batch.drop_constraint(KIND_CHECK, type_="check")
        batch.drop_constraint(INSTALMENT_CHECK, type_="check")
        for column in COLUMNS:
            batch.drop_column(column.name)
    _restore_triggers(triggers)
    with op.batch_alter_table("report_file") as batch:
        batch.drop_column("rows_hash")
