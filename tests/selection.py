"""Which tests belong to which stage (試験の段の切り分け): a pytest plug-in loaded by stages.py.

A test belongs to the database stages if it asks, directly or through other fixtures, for
`database_source`; otherwise it is a unit test. So a new folder can never be forgotten by a stage.

Every page, every worked example and every use case runs on SQLite. On PostgreSQL a part of them
runs (see SAMPLED), chosen by name, the same on every machine, and all of them in `manage.py test
--full`. What asks the database itself runs on both, always: tests/db, processes, crashes, the
scripted year, and the use cases about locks, transactions, time and states (see ALWAYS).
"""

import os
import zlib

import pytest

DATABASE_FIXTURE = "database_source"


def belongs(fixtures: list[str], stage: str) -> bool:
    """Tell whether a test with these fixtures runs in "unit", "database" or "" (every test)."""
    uses_database = DATABASE_FIXTURE in fixtures
    return {"unit": not uses_database, "database": uses_database}.get(stage, True)


#: Where others ask the same statements on both databases: one in so many runs on the second.
SAMPLED = {"tests/web/": 20, "tests/usecases/": 20, "tests/regressions/": 5}
#: Use cases in which the two databases could differ.
ALWAYS = tuple(
    f"tests/usecases/test_{name}"
    for name in (
        "closed_year", "closings", "fiscal_year", "money_at_once", "reporting", "runs",
        "schedules", "settlements", "year_",
    )
)  # fmt: skip


def is_sampled(nodeid: str) -> bool:
    """Tell whether a test belongs to the sample that runs on the second database."""
    rate = next((rate for start, rate in SAMPLED.items() if nodeid.startswith(start)), 1)
    name = nodeid.replace("postgresql", "").encode()
    return nodeid.startswith(ALWAYS) or zlib.crc32(name) % rate == 0


def _databases() -> list[str]:
    return os.environ.get("CONSORTIUM_TEST_DATABASES", "sqlite,postgresql").split(",")


def _database_of(item: pytest.Item) -> object:
    """Give the database a test names, None for one that names none."""
    call = getattr(item, "callspec", None)
    return None if call is None else call.params.get(DATABASE_FIXTURE)


def samples() -> bool:
    """Tell whether this run takes a sample."""
    only = os.environ.get("CONSORTIUM_TEST_DATABASES") == "postgresql"
    return only and os.environ.get("CONSORTIUM_TEST_FULL") != "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the stage named by CONSORTIUM_TEST_SELECT; the rest are deselected."""
    stage = os.environ.get("CONSORTIUM_TEST_SELECT", "")
    kept = [item for item in items if belongs(getattr(item, "fixturenames", []), stage)]
    if stage == "database":  # what one of the two alone has is tested in its own stage only
        kept = [item for item in kept if _database_of(item) in (None, *_databases())]
    if samples():
        kept = [item for item in kept if is_sampled(item.nodeid)]
    chosen = set(kept)
    dropped = [item for item in items if item not in chosen]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept
