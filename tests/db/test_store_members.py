"""Members, rules and settings in the database: of one consortium, dated, with sources."""

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from consortium.db.models import new_id
from consortium.db.store import bases, members, rules, settings
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import Period
from consortium.domain.errors import DuplicateError, NotFoundError, StaleError
from consortium.domain.municipality import municipality_code
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, OFFICER, add_foreign_consortium, everything, seed_sample


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def test_the_lead_city_comes_first_then_the_codes(officer: Viewer) -> None:
    with reading() as session:
        found = members.members(session, officer.consortium_id)
    assert [each.code for each in found] == [
        "022021", "022101", "023434", "023612", "023621", "023671", "023817",
    ]  # fmt: skip
    assert found[0].is_lead


def test_a_code_stands_once(officer: Viewer) -> None:
    twin = members.Member(new_id(), municipality_code("023817"), "板柳町", "－", "町")
    before = everything()
    with pytest.raises(DuplicateError) as refused, writing(OFFICER, NOW) as unit:
        members.add_member(unit, officer.consortium_id, twin)
    assert refused.value.field == "code"
    assert everything() == before


def test_the_same_town_may_be_a_member_of_two_consortia(officer: Viewer) -> None:
    foreign = add_foreign_consortium().consortium_id
    same = members.Member(new_id(), municipality_code("023817"), "板柳町", "－", "町")
    with writing(OFFICER, NOW) as unit:
        members.add_member(unit, foreign, same)
    with reading() as session:
        assert members.members(session, foreign) == (same,)
        assert same not in members.members(session, officer.consortium_id)


def test_periods_come_back_half_open(officer: Viewer) -> None:
    with reading() as session:
        town = members.members(session, officer.consortium_id)[-1]
        stays = members.memberships(session, officer.consortium_id)
    (stay,) = [each for each in stays if each.member_id == town.id]
    assert stay.period == Period(date(2021, 6, 1), None)
    with writing(OFFICER, NOW) as unit:
        members.end_membership(unit, officer.consortium_id, town, stay, date(2027, 4, 1))
    with reading() as session:
        stays = members.memberships(session, officer.consortium_id)
    assert Period(date(2021, 6, 1), date(2027, 4, 1)) in [each.period for each in stays]


def test_no_question_reaches_into_another_consortium(officer: Viewer) -> None:
    foreign = add_foreign_consortium().consortium_id
    with reading() as session:
        assert members.members(session, foreign) == ()
        assert members.memberships(session, foreign) == ()
        assert members.services(session, foreign) == ()
        assert members.enrolments(session, foreign) == ()
        assert bases.editions(session, foreign) == ()
        assert rules.rules(session, foreign) == ()


def test_a_rule_comes_back_with_its_versions_and_components(officer: Viewer) -> None:
    with reading() as session:
        (rule,) = rules.rules(session, officer.consortium_id)
    assert [version.since for version in rule.versions] == [
        date(2015, 4, 1), date(2017, 4, 1), date(2022, 4, 1),
    ]  # fmt: skip
    for version in rule.versions:
        parts = [(part.position, part.basis, part.weight) for part in version.components]
        assert parts == [(1, "equal", "20"), (2, "table", "80")]
        assert version.source.document == "見本の協定書"
    assert rule.versions[-1].components[1].edition == "令和2年国勢調査(速報)"


def test_settings_seen_in_an_older_version_are_not_saved(officer: Viewer) -> None:
    with reading() as session:
        seen = settings.settings_of(session, officer.consortium_id)
    with writing(OFFICER, NOW) as unit:
        settings.save_settings(unit, seen, replace(seen, name="新しい名"))
    before = everything()
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        settings.save_settings(unit, seen, replace(seen, name="別の名"))
    assert everything() == before


def test_settings_of_nobody_are_not_found(officer: Viewer) -> None:
    with reading() as session, pytest.raises(NotFoundError):
        settings.settings_of(session, "nobody")
