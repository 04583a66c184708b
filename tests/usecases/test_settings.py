"""Settings: saved whole, or refused at the field (設定)."""

import pytest
from flask import Flask

from consortium.domain.errors import BadInputError, StaleError
from consortium.usecases.settings import Entry, change_settings, label_2019, show_settings
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, everything, seed_sample

NAME = "弘前地区電算共同化推進協議会"


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def test_fy2019_can_be_written_the_older_way_and_back(officer: Viewer) -> None:
    assert label_2019(show_settings(officer)) == "令和元年度"
    change_settings(officer, 1, Entry(NAME, "弘前市", True, "平成31年度"), NOW)
    settings = show_settings(officer)
    assert dict(settings.year_labels) == {2019: "平成31年度"}
    change_settings(officer, settings.row_version, Entry(NAME, "弘前市", True, "令和元年度"), NOW)
    assert dict(show_settings(officer).year_labels) == {}


def test_the_second_of_two_editors_is_refused(officer: Viewer) -> None:
    change_settings(officer, 1, Entry(NAME, "弘前市", False, "令和元年度"), NOW)
    before = everything()
    with pytest.raises(StaleError):
        change_settings(officer, 1, Entry("別の名", "弘前市", True, "令和元年度"), NOW)
    assert everything() == before
    assert show_settings(officer).shows_other_members is False


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (Entry(" ", "弘前市", True, "令和元年度"), "name"),
        (Entry(NAME, "", True, "令和元年度"), "office_name"),
        (Entry(NAME, "弘前市", True, "昭和94年度"), "label_2019"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(
    officer: Viewer, entry: Entry, path: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError) as refused:
        change_settings(officer, 1, entry, NOW)
    assert refused.value.path == path
    assert everything() == before
