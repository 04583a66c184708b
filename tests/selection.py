"""Which tests belong to which stage (試験の段の切り分け): a pytest plug-in loaded by stages.py.

A test belongs to the database stages if it asks, directly or through other fixtures, for
`database_source`; otherwise it is a unit test. So a new folder can never be forgotten by a stage.
"""

import os

import pytest

DATABASE_FIXTURE = "database_source"


def belongs(fixtures: list[str], stage: str) -> bool:
    """Tell whether a test with these fixtures runs in "unit", "database" or "" (every test)."""
    uses_database = DATABASE_FIXTURE in fixtures
    return {"unit": not uses_database, "database": uses_database}.get(stage, True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the stage named by CONSORTIUM_TEST_SELECT; the rest are deselected."""
    stage = os.environ.get("CONSORTIUM_TEST_SELECT", "")
    kept = [item for item in items if belongs(getattr(item, "fixturenames", []), stage)]
    dropped = [item for item in items if item not in set(kept)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept
