"""The first day of a total's period (期間の初日)."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ADD = """
ALTER TABLE basis_value ADD COLUMN period_from DATE
CONSTRAINT ck_basis_value_period_in_order CHECK (period_from <= reference_date)
"""


def upgrade() -> None:
    # By hand: a rebuild of the table in batch mode would lose the checks it has.
    op.execute(ADD)


def downgrade() -> None:
    op.execute("ALTER TABLE basis_value DROP COLUMN period_from")
