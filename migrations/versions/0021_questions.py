"""Questions on an amount; the one-person office (質疑・一人の事務局)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import MESSAGE

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATES = "state IN ('open', 'answered', 'closed', 'overruled', 'withdrawn')"
KINDS = "kind IN ('asked', 'answered', 'closed', 'overruled', 'withdrawn')"
ADD = "ALTER TABLE consortium ADD COLUMN allows_own_approval BOOLEAN DEFAULT FALSE NOT NULL"
#: Kept as written; they go only with the draft that they were asked on.
KEPT = ("question_entry", "question_file")


def upgrade() -> None:
    # By hand: a rebuild of the table in batch mode would lose the checks it has.
    op.execute(ADD)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE consortium ALTER COLUMN allows_own_approval DROP DEFAULT")
    _create_question()
    _create_question_entry()
    _create_question_file()
    for table in KEPT:
        op.execute(_refuse_update(table))


def _refuse_update(table: str) -> str:
    begins = f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table}"
    if op.get_bind().dialect.name == "postgresql":
        return f"{begins} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    return f"{begins} BEGIN SELECT RAISE(ABORT, '{table}: {MESSAGE}'); END"


def _create_question() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("item_no", sa.Integer(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("is_from_lead", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_question_state_is_known")),
        sa.CheckConstraint("item_no >= 1", name=op.f("ck_question_item_no_at_least_1")),
        sa.CheckConstraint(
            "typeof(amount) = 'integer'", name=op.f("ck_question_amount_is_whole_yen")
        ).ddl_if(dialect="sqlite"),
        _belongs_to("question", "consortium"),
        _belongs_to("question", "allocation_run", "run_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    _index("question", "consortium_id")
    _index("question", "run_id")


def _create_question_entry() -> None:
    table = "question_entry"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("question_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_question_entry_kind_is_known")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_question_entry_position_at_least_1")),
        _belongs_to(table, "consortium"),
        _belongs_to(table, "question"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_entry")),
        sa.UniqueConstraint(
            "question_id", "position", name=op.f("uq_question_entry_question_id_position")
        ),
    )
    _index(table, "consortium_id")


def _create_question_file() -> None:
    table = "question_file"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("stored_name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("size >= 1", name=op.f("ck_question_file_size_at_least_1")),
        _belongs_to(table, "consortium"),
        _belongs_to(table, "question_entry", "entry_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_file")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_question_file_entry_id")),
        sa.UniqueConstraint("stored_name", name=op.f("uq_question_file_stored_name")),
    )
    _index(table, "consortium_id")


def downgrade() -> None:
    for table in KEPT:
        on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER {table}_refuse_update{on}")
    op.drop_table("question_file")
    op.drop_table("question_entry")
    op.drop_table("question")
    op.execute("ALTER TABLE consortium DROP COLUMN allows_own_approval")


def _belongs_to(table: str, other: str, column: str = "") -> sa.ForeignKeyConstraint:
    own = column or f"{other}_id"
    return sa.ForeignKeyConstraint(
        [own], [f"{other}.id"], name=op.f(f"fk_{table}_{own}_{other}"), ondelete="RESTRICT"
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)
