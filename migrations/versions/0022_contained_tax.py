"""A cost entered 税込 may name the rate of the tax in it (含まれる消費税の率)."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME = op.f("ck_cost_item_tax_adds_up")
ADDS_UP = (
    " OR (net_amount IS NOT NULL AND tax_rate IS NOT NULL AND tax_amount IS NOT NULL "
    "AND amount_incl_tax = net_amount + tax_amount)"
)
OLD = f"(net_amount IS NULL AND tax_rate IS NULL AND tax_amount IS NULL){ADDS_UP}"
NEW = (
    "(net_amount IS NULL AND tax_amount IS NULL AND (tax_rate IS NULL OR amount_by = 'incl'))"
    f"{ADDS_UP}"
)


def upgrade() -> None:
    _replace_by(NEW)


def downgrade() -> None:
    # A known rate has no place in the older table: this fails rather than forget it.
    _replace_by(OLD)


def _replace_by(text: str) -> None:
    with _triggers_kept(), op.batch_alter_table("cost_item") as batch:
        batch.drop_constraint(NAME, type_="check")
        batch.create_check_constraint(NAME, text)


@contextmanager
def _triggers_kept() -> Iterator[None]:
    """Lift the triggers that name the table: a rebuild on SQLite loses its own, and others forbid.

    A table that a trigger reads cannot be renamed over while it is missing.
    """
    bind = op.get_bind()
    named = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%cost_item%'"
    found = bind.execute(sa.text(named)).all() if bind.dialect.name == "sqlite" else []
    for name, _ in found:
        op.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in found:
        op.execute(sql)
