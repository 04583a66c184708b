"""Invoices, consumption tax, US dollars, usage (請求書・消費税・外貨・従量)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MODES = "('floor', 'half_up', 'ceil')"
USD_MODE = "ck_consortium_usd_mode_is_known"
STAGES = "stage IN ('estimate', 'planned', 'revised', 'final', 'settlement')"

CHECKS = {
    "amount_by_is_known": "amount_by IN ('incl', 'net', 'usd')",
    "tax_adds_up": (
        "(net_amount IS NULL AND tax_rate IS NULL AND tax_amount IS NULL) OR "
        "(net_amount IS NOT NULL AND tax_rate IS NOT NULL AND tax_amount IS NOT NULL "
        "AND amount_incl_tax = net_amount + tax_amount)"
    ),
    "invoice_line_has_tax": "invoice_id IS NULL OR net_amount IS NOT NULL",
    "usage_is_whole_or_none": "(unit_price IS NULL) = (usage_mode IS NULL)",
    "usage_mode_is_known": f"usage_mode IN {MODES}",
}
SQLITE_CHECKS = {
    f"{column}_is_whole_yen": f"typeof({column}) IN ('integer', 'null')"
    for column in ("net_amount", "tax_amount")
}
COLUMNS = (
    sa.Column("amount_by", sa.Text(), nullable=False, server_default="incl"),
    sa.Column("amount_note", sa.Text(), nullable=False, server_default=""),
    sa.Column("net_amount", sa.BigInteger(), nullable=True),
    sa.Column("tax_rate", sa.Text(), nullable=True),
    sa.Column("tax_amount", sa.BigInteger(), nullable=True),
    sa.Column("invoice_id", sa.String(length=36), nullable=True),
    sa.Column("unit_price", sa.Text(), nullable=True),
    sa.Column("usage_mode", sa.Text(), nullable=True),
)


def upgrade() -> None:
    _create_invoice()
    _create_exchange_rate()
    _widen_cost_item()
    _add_usd_mode()
    _create_parts_of_items()


def _create_invoice() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("fiscal_year_start", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("tax_per", sa.Text(), nullable=False),
        sa.Column("tax_mode", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(STAGES, name=op.f("ck_invoice_stage_is_known")),
        sa.CheckConstraint(
            "fiscal_year_start BETWEEN 1900 AND 2999",
            name=op.f("ck_invoice_fiscal_year_start_is_plausible"),
        ),
        sa.CheckConstraint(
            "tax_per IN ('line', 'invoice')", name=op.f("ck_invoice_tax_per_is_known")
        ),
        sa.CheckConstraint(f"tax_mode IN {MODES}", name=op.f("ck_invoice_tax_mode_is_known")),
        _belongs_to("invoice", "consortium"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint(
            "consortium_id",
            "supplier",
            "number",
            "stage",
            name=op.f("uq_invoice_consortium_id_supplier_number_stage"),
        ),
    )
    op.create_index(
        op.f("ix_invoice_consortium_id_fiscal_year_start_stage"),
        "invoice",
        ["consortium_id", "fiscal_year_start", "stage"],
        unique=False,
    )


def _create_exchange_rate() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        *_first_of_month("exchange_rate"),
        _belongs_to("exchange_rate", "consortium"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rate")),
        sa.UniqueConstraint(
            "consortium_id", "month", name=op.f("uq_exchange_rate_consortium_id_month")
        ),
    )


def _create_parts_of_items() -> None:
    op.create_table(
        "cost_item_usd",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        *_first_of_month("cost_item_usd"),
        _belongs_to("cost_item_usd", "consortium"),
        _belongs_to("cost_item_usd", "cost_item", "item_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_item_usd")),
        sa.UniqueConstraint("item_id", "month", name=op.f("uq_cost_item_usd_item_id_month")),
    )
    op.create_table(
        "usage_quantity",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("consortium_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        _belongs_to("usage_quantity", "consortium"),
        _belongs_to("usage_quantity", "cost_item", "item_id"),
        _belongs_to("usage_quantity", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_quantity")),
        sa.UniqueConstraint(
            "item_id", "member_id", name=op.f("uq_usage_quantity_item_id_member_id")
        ),
    )
    for table, column in (
        ("cost_item_usd", "consortium_id"),
        ("usage_quantity", "consortium_id"),
        ("usage_quantity", "member_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _belongs_to(table: str, target: str, column: str = "") -> sa.ForeignKeyConstraint:
    column = column or f"{target}_id"
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete="RESTRICT"
    )


def _first_of_month(table: str) -> tuple[sa.CheckConstraint, sa.CheckConstraint]:
    name = op.f(f"ck_{table}_month_is_first_of_month")
    return (
        sa.CheckConstraint("substr(month, 9) = '01'", name=name).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("EXTRACT(DAY FROM month) = 1", name=name).ddl_if(dialect="postgresql"),
    )


def _widen_cost_item() -> None:
    with op.batch_alter_table("cost_item") as batch:
        for column in COLUMNS:
            batch.add_column(column)
        for name, text in _checks().items():
            batch.create_check_constraint(op.f(name), text)
        batch.create_foreign_key(
            op.f("fk_cost_item_invoice_id_invoice"),
            "invoice",
            ["invoice_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        batch.create_index(op.f("ix_cost_item_invoice_id"), ["invoice_id"], unique=False)
    # The defaults filled the rows there were; from now on the portal says it for each new one.
    with op.batch_alter_table("cost_item") as batch:
        for name in ("amount_by", "amount_note"):
            batch.alter_column(name, server_default=None, existing_type=sa.Text())


def _checks() -> dict[str, str]:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    checks = (SQLITE_CHECKS if is_sqlite else {}) | CHECKS
    return {f"ck_cost_item_{name}": text for name, text in checks.items()}


def _add_usd_mode() -> None:
    with op.batch_alter_table("consortium") as batch:
        batch.add_column(sa.Column("usd_mode", sa.Text(), nullable=False, server_default="floor"))
        batch.create_check_constraint(op.f(USD_MODE), f"usd_mode IN {MODES}")
    with op.batch_alter_table("consortium") as batch:
        batch.alter_column("usd_mode", server_default=None, existing_type=sa.Text())


def downgrade() -> None:
    op.drop_table("usage_quantity")
    op.drop_table("cost_item_usd")
    with op.batch_alter_table("consortium") as batch:
        batch.drop_constraint(op.f(USD_MODE), type_="check")
        batch.drop_column("usd_mode")
    with op.batch_alter_table("cost_item") as batch:
        for name in _checks():
            batch.drop_constraint(op.f(name), type_="check")
        batch.drop_constraint(op.f("fk_cost_item_invoice_id_invoice"), type_="foreignkey")
        batch.drop_index(op.f("ix_cost_item_invoice_id"))
        for column in COLUMNS:
            batch.drop_column(column.name)
    op.drop_table("exchange_rate")
    op.drop_table("invoice")
