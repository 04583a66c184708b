"""Which version of a rule is in force on a day (負担ルールの版)."""

from datetime import date

import pytest
from flask import Flask

from consortium.usecases.bases import list_series
from consortium.usecases.rules import list_rules
from consortium.usecases.viewer import Viewer
from tests.factories import add_foreign_consortium, seed_sample


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


@pytest.mark.parametrize(
    ("today", "states"),
    [
        (date(2015, 3, 31), ["予定", "予定", "予定"]),
        (date(2015, 4, 1), ["予定", "予定", "適用中"]),
        (date(2017, 3, 31), ["予定", "予定", "適用中"]),
        (date(2017, 4, 1), ["予定", "適用中", "過去"]),
        (date(2022, 3, 31), ["予定", "適用中", "過去"]),
        (date(2022, 4, 1), ["適用中", "過去", "過去"]),
        (date(2022, 4, 2), ["適用中", "過去", "過去"]),
    ],
)
def test_a_version_is_in_force_from_its_day_until_the_next_begins(
    officer: Viewer, today: date, states: list[str]
) -> None:
    (rule,) = list_rules(officer, today)
    assert [version.state for version in rule.versions] == states
    assert [version.row.since.year for version in rule.versions] == [2022, 2017, 2015]
    assert [version.last_day for version in rule.versions] == [
        None,
        date(2022, 3, 31),
        date(2017, 3, 31),
    ]
    assert (rule.current is None) == ("適用中" not in states)


def test_the_rule_is_told_in_words(officer: Viewer) -> None:
    (rule,) = list_rules(officer, date(2026, 12, 1))
    assert rule.current is not None
    assert "均等割20・人口割80" in rule.current.sentence
    assert rule.current.rounding == "1円未満を切捨て"
    assert rule.current.level == "構成割ごと"
    assert rule.current.residual == "最大剰余"
    assert rule.current.proration == "月割"


@pytest.mark.parametrize(
    ("today", "used"),
    [
        (date(2017, 3, 31), date(2010, 10, 1)),
        (date(2017, 4, 1), date(2015, 10, 1)),
        (date(2022, 3, 31), date(2015, 10, 1)),
        (date(2022, 4, 1), date(2020, 10, 1)),
    ],
)
def test_an_edition_is_in_use_while_a_version_rests_on_it(
    officer: Viewer, today: date, used: date
) -> None:
    population, households = list_series(officer, today)
    found = [each.edition.reference_date for each in population.editions if each.is_in_use(today)]
    assert found == [used]
    assert not any(each.is_in_use(today) for each in households.editions)
    assert [each.edition.certainty for each in population.editions] == ["見込", "確定", "確定"]


def test_another_consortium_sees_neither_rules_nor_values(officer: Viewer) -> None:
    foreigner = add_foreign_consortium()
    assert list_rules(foreigner, date(2026, 12, 1)) == ()
    assert list_series(foreigner, date(2026, 12, 1)) == ()
