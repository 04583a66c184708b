"""Which tests belong to which stage (試験の段の切り分け): a pytest plug-in loaded by stages.py.

A test belongs to the database stages if it asks, directly or through other fixtures, for
`database_source`; otherwise it is a unit test. So a new folder can never be forgotten by a stage.

Every page and every worked example runs on SQLite. On PostgreSQL a sixth of them runs, chosen by
name, the same on every machine, and all of them in `manage.py test --full`; whatever asks the
database itself (tests/db, use cases, regressions, processes) runs on both, always.
"""

import os
import zlib

import pytest

DATABASE_FIXTURE = "database_source"


def belongs(fixtures: list[str], stage: str) -> bool:
    """Tell whether a test with these fixtures runs in "unit", "database" or "" (every test)."""
    uses_database = DATABASE_FIXTURE in fixtures
    return {"unit": not uses_database, "database": uses_database}.get(stage, True)


#: Tests whose statements other tests ask on both databases already.
SAMPLED = ("tests/web/", "tests/usecases/test_worked_examples.py")
SAMPLE = 6


def is_sampled(nodeid: str) -> bool:
    """Tell whether a test belongs to the sample that runs on the second database."""
    name = nodeid.replace("postgresql", "").encode()
    return not nodeid.startswith(SAMPLED) or zlib.crc32(name) % SAMPLE == 0


def samples() -> bool:
    """Tell whether this run takes a sample."""
    only = os.environ.get("CONSORTIUM_TEST_DATABASES") == "postgresql"
    return only and os.environ.get("CONSORTIUM_TEST_FULL") != "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the stage named by CONSORTIUM_TEST_SELECT; the rest are deselected."""
    stage = os.environ.get("CONSORTIUM_TEST_SELECT", "")
    kept = [item for item in items if belongs(getattr(item, "fixturenames", []), stage)]
    if samples():
        kept = [item for item in kept if is_sampled(item.nodeid)]
    chosen = set(kept)
    dropped = [item for item in items if item not in chosen]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept
