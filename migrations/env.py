"""Run the migrations on an engine of their own (移行).

SQLite: foreign keys are off, because batch mode rebuilds tables and a rebuild of a parent with
them on deletes child rows behind CASCADE. Set when the connection is made: inside a transaction
SQLite ignores the pragma without a word. One transaction holds the whole upgrade, so a revision
that fails half-way leaves the old schema.
"""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.types import TypeDecorator

from consortium.db.models import Base
from consortium.db.seals import seal_unsealed


def own_engine() -> Engine:
    """Make an engine that hears none of the application's events."""
    app_engine: Engine = current_app.extensions["migrate"].db.engine
    engine = create_engine(app_engine.url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", lambda connection: begin_immediate(connection))
    return engine


def prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    """Let us begin transactions ourselves, and keep foreign keys from acting on a rebuild."""
    dbapi_connection.isolation_level = None
    dbapi_connection.execute("PRAGMA busy_timeout=5000")
    dbapi_connection.execute("PRAGMA foreign_keys=OFF")
    # Later a first connection of two processes at once could not switch.
    dbapi_connection.execute("PRAGMA journal_mode=WAL")


def begin_immediate(connection: Connection) -> None:
    """Take the write lock first, as every writing unit does."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def count_rows(connection: Connection) -> dict[str, int]:
    """Count the rows of every table but Alembic's own."""
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    count = connection.scalar
    return {
        name: count(text(f'SELECT COUNT(*) FROM "{name}"')) or 0  # noqa: S608 -- names of ours
        for name in names
    }


class RowGuard:
    """Refuses a revision that loses or adds rows it did not announce.

    `foreign_key_check` alone finds nothing after child rows went with their parent: no dangling
    row remains. A revision announces with `ROWS_CHANGE = {"table", …}`.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.before = count_rows(connection)

    def __call__(self, ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
        """Compare with the counts before this revision."""
        script = step.up_revision
        announced: set[str] = getattr(script.module, "ROWS_CHANGE", set()) if script else set()
        after = count_rows(self.connection)
        lost = {
            name: f"{self.before[name]} -> {after[name]}"
            for name in self.before.keys() & after.keys() - announced
            if self.before[name] != after[name]
        }
        if lost:
            raise RuntimeError(f"revision {script.revision} changed rows unannounced: {lost}")
        self.before = after
        if self.connection.dialect.name == "sqlite":
            dangling = self.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if dangling:
                raise RuntimeError(f"revision {script.revision} left dangling rows: {dangling}")


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write plain types and keep `ddl_if`, which autogenerate would drop."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    if kind == "check" and (dialect := only_dialect(item)):
        check = f"sa.CheckConstraint({str(item.sqltext)!r}, name=op.f({str(item.name)!r}))"
        return f"{check}.ddl_if(dialect={dialect!r})"
    return False


def only_dialect(check: CheckConstraint) -> Any:
    """Look the condition up in the model: autogenerate works on a copy that has lost it."""
    for constraint in Base.metadata.tables[check.table.name].constraints:
        same = isinstance(constraint, CheckConstraint) and str(constraint.sqltext) == str(
            check.sqltext
        )
        if same and constraint._ddl_if is not None:
            return constraint._ddl_if.dialect
    return None


def run_migrations() -> None:
    """Upgrade, downgrade or compare, whatever was asked, in one transaction."""
    options = {**current_app.extensions["migrate"].configure_args, "render_item": render_item}
    engine = own_engine()
    with engine.begin() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transactional_ddl=True,
            on_version_apply=RowGuard(connection),
            **options,
        )
        with context.begin_transaction():
            context.run_migrations()
        if context.get_context().get_current_heads() == context.script.as_revision_number("heads"):
            # Rows older than the hashes of their tables; later rows bring theirs with them.
            seal_unsealed(connection)
    engine.dispose()


run_migrations()
