"""Rules in the tables: what is saved is what is read (負担ルールの保存)."""

from datetime import date
from fractions import Fraction

import pytest
from flask import Flask

from consortium.db.store import members, rules
from consortium.db.store.rules import Component, Rule, RuleVersion
from consortium.db.unit import reading, writing
from consortium.domain.errors import BadInputError, DuplicateError, NotFoundError
from consortium.domain.municipality import municipality_code
from consortium.domain.sharing.dating import Dating
from consortium.domain.timeline import Source
from consortium.domain.yen import Rounding
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, OFFICER, add_foreign_consortium, seed_sample

HIROSAKI, HIRAKAWA = municipality_code("022021"), municipality_code("022101")
DATINGS = (
    Dating("latest"),
    Dating("previous_fiscal_year", month_day=(9, 30)),
    Dating("previous_calendar_year"),
    Dating("year_before_last"),
    Dating("cumulated", first=date(2020, 1, 1), last=date(2022, 12, 31)),
    Dating("frozen", first=date(2015, 10, 1)),
    Dating("frozen", first=date(2015, 10, 1), edition="平成27年国勢調査"),
)


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def version(*components: Component, since: date = date(2026, 4, 1)) -> RuleVersion:
    source = Source("変更協定書", "第3条", date(2026, 3, 20), "見本")
    rounding = Rounding(1000, "floor", "item", "lead", 3)
    return RuleVersion("v-1", since, source, rounding, "daily", components, "year")


def save(officer: Viewer, new: RuleVersion) -> RuleVersion:
    """Save a version of the sample's rule and read it again."""
    with writing(OFFICER, NOW) as unit:
        rule = rules.rules(unit.session, officer.consortium_id)[0]
        rules.add_version(unit, officer.consortium_id, rule, new)
    with reading() as session:
        saved = rules.rule(session, officer.consortium_id, rule.id)
    return next(each for each in saved.versions if each.id == new.id)


def test_a_version_is_read_as_it_was_saved(officer: Viewer) -> None:
    by_date = [
        Component(place, "table", f"割{place}", "12.5", "population", dating)
        for place, dating in enumerate(DATINGS, start=1)
    ]
    own = {HIROSAKI: Fraction(100), HIRAKAWA: Fraction(1, 3)}
    more = [
        Component(8, "power", "逓減割", "1", "households", Dating("latest"), "0.585"),
        Component(9, "fixed", "固定割合", "2", own=own, own_source="第8条"),
        Component(10, "host", "幹事負担", "3", own={HIROSAKI: Fraction(1)}),
        Component(11, "percent", "割合", "0.5", "households", Dating("latest")),
    ]
    new = version(*by_date, *more)
    assert save(officer, new) == new


def test_components_alike_have_names_of_their_own_in_results(officer: Viewer) -> None:
    alike = [
        Component(place, "table", f"割{place}", "1", "population", dating)
        for place, dating in enumerate(DATINGS[:3], start=1)
    ]
    rule = save(officer, version(*alike, Component(4, "equal", "均等割", "1"))).rule()
    assert [part.key for part in rule.components] == [
        "population",
        "population#2",
        "population#3",
        "equal",
    ]
    assert rule.rounding == Rounding(1000, "floor", "item", "lead", 3)
    assert (rule.proration, rule.leaving) == ("daily", "year")


def test_two_versions_on_one_day_are_refused_by_the_table(officer: Viewer) -> None:
    with pytest.raises(DuplicateError):
        save(officer, version(Component(1, "equal", "均等割", "1"), since=date(2022, 4, 1)))


def test_what_does_not_go_together_has_no_rule() -> None:
    percent = Component(1, "percent", "割合", "1", "population", Dating("latest"))
    with pytest.raises(BadInputError):
        version(percent, Component(2, "equal", "均等割", "1")).rule()


def test_a_version_is_taken_back_with_all_that_belongs_to_it(officer: Viewer) -> None:
    own = {HIROSAKI: Fraction(100)}
    new = save(officer, version(Component(1, "fixed", "固定割合", "1", own=own)))
    with writing(OFFICER, NOW, reason="試験") as unit:
        rule = rules.rules(unit.session, officer.consortium_id)[0]
        rules.remove_version(unit, officer.consortium_id, rule, new)
    with reading() as session:
        left = rules.rule(session, officer.consortium_id, rule.id)
        assert rules.version_owner(session, new.id) is None
    assert [each.since.year for each in left.versions] == [2015, 2017, 2022]


def test_a_rule_goes_with_its_only_version(officer: Viewer) -> None:
    only = version(Component(1, "equal", "均等割", "1"))
    with writing(OFFICER, NOW, reason="試験") as unit:
        owner = officer.consortium_id
        service = members.services(unit.session, owner)[-1]
        rules.add_rule(unit, owner, Rule("r-1", "電子申請", service.id, None, (only,)))
        rule = rules.rule(unit.session, owner, "r-1")
        assert (rule.service, rule.category) == (service.name, None)
        rules.remove_version(unit, owner, rule, only)
    with reading() as session, pytest.raises(NotFoundError):
        rules.rule(session, owner, "r-1")


def test_a_rule_of_another_consortium_is_not_found(officer: Viewer) -> None:
    foreigner = add_foreign_consortium()
    with reading() as session:
        rule = rules.rules(session, officer.consortium_id)[0]
        with pytest.raises(NotFoundError):
            rules.rule(session, foreigner.consortium_id, rule.id)
