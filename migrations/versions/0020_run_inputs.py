"""What a run was shared from, kept and frozen with its result (算定の入力)."""

import sqlalchemy as sa
from alembic import op

from consortium.db.triggers import frozen_in_states

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATES = ("in_review", "approved", "issued", "superseded")
#: As revision 0006 froze them.
FROZEN = (
    "consortium_id",
    "fiscal_year_start",
    "stage",
    "edition",
    "document",
    "document_sha256",
    "total",
    "unallocated",
)


def upgrade() -> None:
    """Add the column without a rebuild, so that the other triggers of the table stay."""
    op.add_column("allocation_run", sa.Column("inputs", sa.Text(), nullable=True))
    _freeze(*FROZEN, "inputs")


def downgrade() -> None:
    """Take the column away, out of the trigger first."""
    _freeze(*FROZEN)
    op.drop_column("allocation_run", "inputs")


def _freeze(*columns: str) -> None:
    dialect = op.get_bind().dialect.name
    where = " ON allocation_run" if dialect == "postgresql" else ""
    op.execute(f"DROP TRIGGER allocation_run_refuse_update{where}")
    update, *_ = frozen_in_states(dialect, "allocation_run", STATES, columns)
    op.execute(update)
