"""Base figures that the towns hand in, and 利用意向 (基礎数値の提出)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import append_only

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

#: What was handed in, and what was made of it, is never rewritten: table → its keys.
KEPT = {
    "base_round_edition": (("id",), ("round_id", "series", "position")),
    "base_hand_in": (("id",), ("round_id", "code", "position")),
    "base_figure": (("id",), ("hand_in_id", "series")),
    "use_intent": (("id",), ("hand_in_id", "service_id")),
}


def upgrade() -> None:
    _create_rounds()
    _create_hand_ins()
    for table, keys in KEPT.items():
        for statement in append_only(op.get_bind().dialect.name, table, *keys):
            op.execute(statement)


def _create_rounds() -> None:
    table = "base_round"
    op.create_table(
        table,
        *_identity(),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("reference_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        _check(table, "fiscal_year_start_is_plausible", "fiscal_year_start BETWEEN 1900 AND 2999"),
        _check(table, "state_is_known", "state IN ('open', 'closed')"),
        *_tied(table),
    )
    _create_round_parts()


def _create_round_parts() -> None:
    table = "base_round_series"
    op.create_table(
        table,
        *_identity(),
        _id("round_id"),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        *_tied(table, ("round_id", "base_round")),
        _unique(table, "round_id", "series"),
    )
    table = "base_round_edition"
    op.create_table(
        table,
        *_identity(),
        _id("round_id"),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _check(table, "position_at_least_1", "position >= 1"),
        *_tied(table, ("round_id", "base_round")),
        _unique(table, "round_id", "series", "position"),
    )
    for each in ("base_round", "base_round_series", "base_round_edition"):
        _index(each, "consortium_id")


def _create_hand_ins() -> None:
    table = "base_hand_in"
    op.create_table(
        table,
        *_identity(),
        _id("round_id"),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_by_lead", sa.Boolean(), nullable=False),
        sa.Column("handed_in_by", sa.Text(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        _check(table, "position_at_least_1", "position >= 1"),
        *_tied(table, ("round_id", "base_round")),
        _unique(table, "round_id", "code", "position"),
    )
    _create_hand_in_parts()


def _create_hand_in_parts() -> None:
    table = "base_figure"
    op.create_table(
        table,
        *_identity(),
        _id("hand_in_id"),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        _check(table, "certainty_is_known", "certainty IN ('見込', '確定')"),
        *_tied(table, ("hand_in_id", "base_hand_in")),
        _unique(table, "hand_in_id", "series"),
    )
    table = "use_intent"
    op.create_table(
        table,
        *_identity(),
        _id("hand_in_id"),
        _id("service_id"),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        _check(table, "intent_is_known", "intent IN ('continue', 'join', 'leave', 'undecided')"),
        *_tied(table, ("hand_in_id", "base_hand_in"), ("service_id", "service")),
        _unique(table, "hand_in_id", "service_id"),
    )
    for each in ("base_hand_in", "base_figure", "use_intent"):
        _index(each, "consortium_id")
    _index("use_intent", "service_id")


def downgrade() -> None:
    # A table takes its triggers with it.
    for table in ("use_intent", "base_figure", "base_hand_in"):
        op.drop_table(table)
    for table in ("base_round_edition", "base_round_series", "base_round"):
        op.drop_table(table)


# ---- what the tables have in common --------------------------------------------------------------


def _identity() -> tuple[sa.Column[str], sa.Column[str]]:
    return _id("id"), _id("consortium_id")


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), nullable=False)


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
