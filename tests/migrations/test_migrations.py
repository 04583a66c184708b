"""The migrations (移行): up, down, no drift, nothing lost on the way."""

import re
import shutil
from pathlib import Path

import flask_migrate
import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from consortium.db.engine import MIGRATIONS
from consortium.db.models import Base
from tests import databases
from tests.db import rows

NEWEST = "0031"
REVISION = '''"""A revision of this test."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"
{extra}

def upgrade() -> None:
{upgrade}


def downgrade() -> None:
    pass
'''


def tables(url: str) -> set[str]:
    """List the tables of a database, Alembic's own left out."""
    engine = create_engine(url, poolclass=NullPool)
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def counts(url: str) -> dict[str, int]:
    """Count the rows of every table."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return {
            name: connection.scalar(text(f"SELECT COUNT(*) FROM {name}")) or 0
            for name in tables(url) - {"table_seal"}  # as many as tables have figures
        }


def version(url: str) -> str:
    """Tell which revision a database is at."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def with_revision(folder: Path, *upgrade: str, extra: str = "") -> str:
    """Copy the migrations and add one revision with these statements."""
    copy = folder / "migrations"
    shutil.copytree(MIGRATIONS, copy)
    body = "\n".join(f"    {line}" for line in upgrade)
    revision = REVISION.format(newest=NEWEST, upgrade=body, extra=extra)
    (copy / "versions" / "9999_test.py").write_text(revision, encoding="utf-8")
    return str(copy)


def test_an_empty_database_becomes_what_the_models_say(empty_url: str) -> None:
    with databases.opened(empty_url):
        flask_migrate.upgrade()
        flask_migrate.check()
    assert tables(empty_url) == set(Base.metadata.tables)
    assert version(empty_url) == NEWEST


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    with databases.opened(empty_url):
        flask_migrate.upgrade()
        flask_migrate.upgrade()
        flask_migrate.check()


def test_every_revision_can_be_taken_back_one_by_one(empty_url: str) -> None:
    with databases.opened(empty_url):
        flask_migrate.upgrade()
        for _ in range(int(NEWEST)):
            flask_migrate.downgrade()
    assert tables(empty_url) == set()
    with databases.opened(empty_url):
        flask_migrate.upgrade()
        flask_migrate.check()


def test_the_whole_chain_can_be_taken_back_with_rows_in_every_table(database_url: str) -> None:
    with databases.opened(database_url):
        rows.save_one_of_each()
        flask_migrate.downgrade(revision="base")
    assert tables(database_url) == set()


def test_a_column_missing_in_the_database_is_reported(database_url: str) -> None:
    rows.by_hand(database_url, "ALTER TABLE member DROP COLUMN kana")
    with databases.opened(database_url), pytest.raises(SystemExit):
        flask_migrate.check()


def test_a_revision_that_fails_half_way_leaves_the_old_schema(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = with_revision(
        tmp_path,
        'op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))',
        'with op.batch_alter_table("member") as batch:',
        '    batch.alter_column("kana", nullable=True, existing_type=sa.Text())',
        'raise RuntimeError("half-way")',
    )
    with databases.opened(database_url):
        rows.save_one_of_each()
        with pytest.raises(SystemExit):
            flask_migrate.upgrade(directory=folder)
    assert "half-way" in caplog.text
    assert tables(database_url) == set(Base.metadata.tables)
    assert version(database_url) == NEWEST
    assert set(counts(database_url).values()) == {1}


def test_a_rebuilt_parent_keeps_its_children(database_url: str, tmp_path: Path) -> None:
    """L-3: with foreign keys on, a batch rebuild on SQLite deletes or refuses."""
    folder = with_revision(
        tmp_path,
        'with op.batch_alter_table("member") as batch:',
        '    batch.alter_column("kana", nullable=True, existing_type=sa.Text())',
    )
    with databases.opened(database_url):
        rows.save_one_of_each()
        flask_migrate.upgrade(directory=folder)
    assert version(database_url) == "9999"
    assert set(counts(database_url).values()) == {1}
    assert not any(name.startswith("_alembic_tmp") for name in tables(database_url))


def test_a_revision_that_loses_rows_unannounced_is_refused(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = with_revision(tmp_path, 'op.execute("DELETE FROM receipt")')
    with databases.opened(database_url):
        rows.save_one_of_each()
        with pytest.raises(SystemExit):
            flask_migrate.upgrade(directory=folder)
    assert "unannounced: {'receipt': '1 -> 0'}" in caplog.text
    assert counts(database_url)["receipt"] == 1
    assert version(database_url) == NEWEST


def test_a_revision_may_announce_that_rows_change(database_url: str, tmp_path: Path) -> None:
    folder = with_revision(
        tmp_path, 'op.execute("DELETE FROM receipt")', extra='ROWS_CHANGE = {"receipt"}\n'
    )
    with databases.opened(database_url):
        rows.save_one_of_each()
        flask_migrate.upgrade(directory=folder)
    assert counts(database_url)["receipt"] == 0


@databases.ON_SQLITE
def test_a_revision_that_leaves_dangling_rows_is_refused(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = with_revision(tmp_path, "op.execute(\"UPDATE member SET consortium_id = 'gone'\")")
    with databases.opened(database_url):
        rows.save_one_of_each()
        with pytest.raises(SystemExit):
            flask_migrate.upgrade(directory=folder)
    assert "left dangling rows" in caplog.text
    assert version(database_url) == NEWEST


def test_a_generated_revision_runs_on_both_databases(empty_url: str, tmp_path: Path) -> None:
    """Autogenerate alone drops `ddl_if`, and PostgreSQL has no typeof."""
    copy = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copy, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    (copy / "versions").mkdir()
    with databases.opened(empty_url):
        flask_migrate.revision(str(copy), message="all", autogenerate=True, rev_id="0001")
        (revision,) = (copy / "versions").glob("*.py")
        assert revision.name == "0001_all.py"
        assert "consortium.db" not in revision.read_text(encoding="utf-8")
        flask_migrate.upgrade(str(copy))
        flask_migrate.check(str(copy))
    assert tables(empty_url) == set(Base.metadata.tables)


def test_revisions_are_numbered_by_hand_without_gaps() -> None:
    paths = sorted((MIGRATIONS / "versions").glob("*.py"))
    for number, path in enumerate(paths, start=1):
        source = path.read_text(encoding="utf-8")
        before = f'"{number - 1:04}"' if number > 1 else "None"
        assert re.fullmatch(rf"{number:04}_[a-z_]+\.py", path.name)
        assert f'\nrevision = "{number:04}"\ndown_revision = {before}\n' in source
    assert f"{len(paths):04}" == NEWEST
