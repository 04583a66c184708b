"""Funding, terms, build costs, dampening (補助金・利用期・共同構築費・激変緩和)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STAGES = "stage IN ('estimate', 'planned', 'revised', 'final', 'settlement')"
TREATMENTS = "treatment IN ('PRE_SPLIT', 'PER_MEMBER', 'INFO_ONLY')"
TARGET_FITS = (
    "(treatment = 'PRE_SPLIT' AND item_id IS NOT NULL AND member_id IS NULL) OR "
    "(treatment = 'PER_MEMBER' AND member_id IS NOT NULL) OR treatment = 'INFO_ONLY'"
)


def upgrade() -> None:
    _create_funding_measure()
    _create_term()
    _create_build_cost()
    _create_dampening_version()
    _create_previous_amount()


def _create_funding_measure() -> None:
    table = "funding_measure"
    op.create_table(
        table,
        *_identity(),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("treatment", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("rate", sa.Text(), nullable=True),
        sa.Column("item_id", sa.String(length=36), nullable=True),
        sa.Column("member_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        _plausible_year(table),
        _check(table, "stage_is_known", STAGES),
        _check(table, "treatment_is_known", TREATMENTS),
        _check(table, "amount_is_whole_yen", "typeof(amount) IN ('integer', 'null')").ddl_if(
            dialect="sqlite"
        ),
        _check(table, "amount_at_least_0", "amount >= 0"),
        _check(table, "amount_or_rate", "(amount IS NULL) <> (rate IS NULL)"),
        _check(table, "rate_is_information", "rate IS NULL OR treatment = 'INFO_ONLY'"),
        _check(table, "target_fits_treatment", TARGET_FITS),
        _belongs_to(table, "consortium"),
        _belongs_to(table, "cost_item", "item_id"),
        _belongs_to(table, "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_measure")),
    )
    for columns in (["consortium_id", "fiscal_year_start", "stage"], ["item_id"], ["member_id"]):
        _index(table, *columns)


def _create_term() -> None:
    op.create_table(
        "term",
        *_identity(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        _check("term", "until_after_since", "until > since"),
        _belongs_to("term", "consortium"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("consortium_id", "name", name=op.f("uq_term_consortium_id_name")),
    )


def _create_build_cost() -> None:
    table = "build_cost"
    op.create_table(
        table,
        *_identity(),
        sa.Column("term_id", sa.String(length=36), nullable=False),
        sa.Column("category_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("joining", sa.Boolean(), nullable=False),
        sa.Column("leaving", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        _whole_yen(table),
        _check(table, "amount_at_least_1", "amount >= 1"),
        _belongs_to(table, "consortium"),
        _belongs_to(table, "term"),
        _belongs_to(table, "cost_category", "category_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_cost")),
        sa.UniqueConstraint("term_id", "name", name=op.f("uq_build_cost_term_id_name")),
    )
    _index(table, "consortium_id")
    _index(table, "category_id")


def _create_dampening_version() -> None:
    table = "dampening_version"
    op.create_table(
        table,
        *_identity(),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("up", sa.Text(), nullable=True),
        sa.Column("down", sa.Text(), nullable=True),
        sa.Column("tolerance", sa.Text(), nullable=True),
        sa.Column("turns", sa.Text(), nullable=False),
        sa.Column("source_document", sa.Text(), nullable=False),
        sa.Column("source_article", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        _belongs_to(table, "consortium"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dampening_version")),
        sa.UniqueConstraint(
            "consortium_id", "since", name=op.f("uq_dampening_version_consortium_id_since")
        ),
    )


def _create_previous_amount() -> None:
    table = "previous_amount"
    op.create_table(
        table,
        *_identity(),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        _plausible_year(table),
        _whole_yen(table),
        _belongs_to(table, "consortium"),
        _belongs_to(table, "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_previous_amount")),
        sa.UniqueConstraint(
            "consortium_id",
            "fiscal_year_start",
            "member_id",
            name=op.f("uq_previous_amount_consortium_id_fiscal_year_start_member_id"),
        ),
    )
    _index(table, "member_id")


def downgrade() -> None:
    op.drop_table("previous_amount")
    op.drop_table("dampening_version")
    op.drop_table("build_cost")
    op.drop_table("term")
    op.drop_table("funding_measure")


# ---- what the tables have in common --------------------------------------------------------------


def _identity() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
    )


def _check(table: str, name: str, sentence: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(sentence, name=op.f(f"ck_{table}_{name}"))


def _plausible_year(table: str) -> sa.CheckConstraint:
    name = "fiscal_year_start_is_plausible"
    return _check(table, name, "fiscal_year_start BETWEEN 1900 AND 2999")


def _whole_yen(table: str) -> object:
    return _check(table, "amount_is_whole_yen", "typeof(amount) = 'integer'").ddl_if(
        dialect="sqlite"
    )


def _belongs_to(table: str, other: str, column: str = "") -> sa.ForeignKeyConstraint:
    own = column or f"{other}_id"
    return sa.ForeignKeyConstraint(
        [own], [f"{other}.id"], name=op.f(f"fk_{table}_{own}_{other}"), ondelete="RESTRICT"
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)
