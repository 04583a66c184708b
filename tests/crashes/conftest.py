"""The life that the kills begin from, lived once for each database (出発点)."""

import sys

import pytest

from tests import databases, depth
from tests.crashes.worlds import World, live

#: Windows has neither these signals nor a fork.
collect_ignore_glob = ["test_*"] if sys.platform == "win32" else []
# The loops take half an hour: collected in a full run only.
collect_ignore = [] if depth.FULL else ["test_every_point.py"]


@pytest.fixture(scope="session")
def lived() -> dict[str, World]:
    """Keep the world of each database for all tests of this folder."""
    return {}


@pytest.fixture
def world(
    database_source: databases.Source,
    lived: dict[str, World],
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """Live the first time; tests work on copies."""
    key = type(database_source).__name__
    if key not in lived:
        lived[key] = live(database_source, tmp_path_factory.mktemp("world"))
    return lived[key]
