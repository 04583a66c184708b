"""Report runs: reasons, progress, and what may be made for a closed year (帳票作成)."""

from alembic import op

from consortium.db.triggers import closed_year, drop_closed_year, year_of_parent

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


#: Column → its type and what older runs have in it.
COLUMNS = {"reason": ("TEXT", "''"), "file_total": ("INTEGER", "0")}
#: Reports that are made, or are late, after the year was closed: before this revision, and now.
OLD = ("archive", "monthly_cost")
NEW = (*OLD, "quarterly_cost", "situation", "backup")


def upgrade() -> None:
    # By hand: a rebuild of the table in batch mode would lose the checks and triggers it has.
    for name, (kind, value) in COLUMNS.items():
        op.execute(f"ALTER TABLE report_run ADD COLUMN {name} {kind} DEFAULT {value} NOT NULL")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER TABLE report_run ALTER COLUMN {name} DROP DEFAULT")

    _let_through(NEW)


def downgrade() -> None:
    _let_through(OLD)
    for name in COLUMNS:
        op.execute(f"ALTER TABLE report_run DROP COLUMN {name}")


def _let_through(kinds: tuple[str, ...]) -> None:
    """Say anew which reports a year under 本締め does not refuse."""
    dialect = op.get_bind().dialect.name
    for table in ("report_run", "report_file"):
        for statement in drop_closed_year(dialect, table):
            op.execute(statement)
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    late_file = (
        "EXISTS (SELECT 1 FROM report_run k WHERE k.id = {row}.run_id"  # noqa: S608 -- kinds of ours
        f" AND k.kind IN ({listed}))"
    )
    of_report = year_of_parent("report_run", "run_id")
    for trigger in (
        *closed_year(dialect, "report_run", unless=f"{{row}}.kind IN ({listed})"),
        *closed_year(dialect, "report_file", year=of_report, unless=late_file),
    ):
        op.execute(trigger)
