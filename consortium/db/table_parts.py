"""The parts every new table of a migration is made of (表の作成の部品).

Only migrations call this. Released migrations rest on it, so never change what a function here
makes: add another one.
"""

import sqlalchemy as sa
from alembic import op


def check(table: str, name: str, sentence: str) -> sa.CheckConstraint:
    """Declare a condition on the rows of a table."""
    return sa.CheckConstraint(sentence, name=op.f(f"ck_{table}_{name}"))


def tied(table: str, *others: tuple[str, str]) -> tuple[sa.Constraint, ...]:
    """Declare the key, and what a table of a consortium refers to: own column, other table."""
    return (
        *(
            sa.ForeignKeyConstraint(
                [own], [f"{other}.id"], name=op.f(f"fk_{table}_{own}_{other}"), ondelete="RESTRICT"
            )
            for own, other in (("consortium_id", "consortium"), *others)
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    """Declare what no two rows have in common."""
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def index(table: str, *columns: str) -> None:
    """Make an index over columns."""
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)
