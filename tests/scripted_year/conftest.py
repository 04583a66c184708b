"""The scripted year, lived once for each database (会計年度の一巡)."""

from collections.abc import Iterator

import pytest

from tests import databases
from tests.scripted_year import document
from tests.scripted_year.story import Telling, tell


@pytest.fixture(scope="session")
def told() -> dict[str, tuple[str, Telling] | BaseException]:
    """Keep address and year of each database for all tests of this folder, or what broke it."""
    return {}


@pytest.fixture
def year(
    database_source: databases.Source,
    told: dict[str, tuple[str, Telling] | BaseException],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Telling]:
    """Live the year the first time, and open the database that holds it; tests only read."""
    key = type(database_source).__name__
    if key not in told:
        folder = tmp_path_factory.mktemp("year")
        url = database_source.fresh(folder)
        try:
            with databases.opened(url):
                told[key] = url, tell(document.agreement(), folder / "files")
        except (Exception, pytest.fail.Exception) as error:
            told[key] = error
    known = told[key]
    if isinstance(known, BaseException):
        raise known
    url, lived = known
    with databases.opened(url):
        yield lived
