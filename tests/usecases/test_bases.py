"""The list of basis values shows which edition the rules use today."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from flask import Flask

from consortium.db import models
from consortium.db.store import rules as rules_store
from consortium.db.unit import reading, writing
from consortium.domain.municipality import municipality_code
from consortium.domain.sharing.dating import Dating
from consortium.usecases import bases, basis_editions
from consortium.usecases.basis_editions import Entry
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, OFFICER, seed_sample

FINAL = Entry(
    reference_date=date(2020, 10, 1),
    period_from=None,
    name="令和2年国勢調査(確定)",
    published_on=date(2021, 11, 30),
    certainty="確定",
    source="総務省統計局 人口等基本集計",
    values={municipality_code("022021"): Fraction(168466)},
)


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def use(officer: Viewer, series: str, dating: Dating | None) -> None:
    """Let the rule of the sample use a series from 2026-04-01 on."""
    with reading() as session:
        (rule,) = rules_store.rules(session, officer.consortium_id)
    latest = rule.versions[-1]
    part = rules_store.Component(1, "table", "割", "100", series, dating)
    new = replace(latest, id=models.new_id(), since=date(2026, 4, 1), components=(part,))
    with writing(OFFICER, NOW) as unit:
        rules_store.add_version(unit, officer.consortium_id, rule, new)


def used_on(officer: Viewer, day: date) -> set[str]:
    return {
        used.edition.name
        for series in bases.list_series(officer, day)
        for used in series.editions
        if used.is_in_use(day)
    }


@pytest.mark.parametrize(
    ("dating", "names"),
    [
        (Dating("latest"), {"令和2年国勢調査(確定)"}),
        (Dating("frozen", first=date(2015, 10, 1)), {"平成27年国勢調査"}),
        (Dating("previous_fiscal_year", (9, 30)), set()),
        (None, set()),
    ],
)
def test_the_list_shows_what_a_date_rule_chooses_today(
    officer: Viewer, dating: Dating | None, names: set[str]
) -> None:
    basis_editions.add_edition(officer, "population", FINAL, NOW)
    use(officer, "population", dating)
    assert used_on(officer, date(2026, 12, 1)) == names
    # Until the day before, the version of the sample that names its edition.
    assert used_on(officer, date(2026, 3, 31)) == {"令和2年国勢調査(速報)"}


def test_the_only_edition_of_a_series_is_used_without_a_date_rule(officer: Viewer) -> None:
    use(officer, "households", None)
    assert used_on(officer, date(2026, 12, 1)) == {"平成27年国勢調査"}


def test_the_pieces_of_a_total_are_all_in_use(officer: Viewer) -> None:
    for name, first, last in (
        ("上", date(2025, 1, 1), date(2025, 6, 30)),
        ("下", date(2025, 7, 1), date(2025, 12, 31)),
        ("翌", date(2026, 1, 1), date(2026, 6, 30)),
    ):
        half = replace(FINAL, name=name, period_from=first, reference_date=last, published_on=None)
        if name == "上":
            basis_editions.add_series(officer, "ごみ搬入量", "waste", half, NOW)
        else:
            basis_editions.add_edition(officer, "waste", half, NOW)
    use(officer, "waste", Dating("previous_calendar_year"))
    assert used_on(officer, date(2026, 12, 1)) == {"上", "下"}
