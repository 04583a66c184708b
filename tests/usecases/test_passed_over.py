"""Rules that will not use the edition a round of base figures made (使われない版)."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import rules as store
from consortium.db.store.rules import Component, RuleVersion
from consortium.db.unit import reading
from consortium.domain.sharing.dating import Dating
from consortium.domain.timeline import Source
from consortium.domain.yen import Rounding
from consortium.usecases import base_rounds, rule_versions
from consortium.usecases.passed_over import PassedOver, passed_over
from tests.figures import POPULATION, REFERENCE, close, opened
from tests.office import Office, open_office

CENSUS = (
    "負担ルール「費用負担（見本）」は令和2年国勢調査(速報)を使うと定めています。"
    "この版を使うには、負担ルールの新しい版を登録してください。"
)


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def rule_id(office: Office) -> str:
    with reading() as session:
        (rule,) = store.rules(session, office.consortium_id)
    return rule.id


def after_closing(office: Office) -> tuple[PassedOver, ...]:
    """Close a round and name the rules that leave its edition out."""
    round_id = opened(office)
    close(office, round_id)
    return passed_over(office.staff, base_rounds.show_round(office.staff, round_id))


def register(office: Office, since: date, dating: Dating) -> None:
    """Register a version by which the population counts by a date rule."""
    new = RuleVersion(
        str(uuid4()), since, Source("変更協定書"), Rounding(), "monthly",
        (Component(1, "table", "人口割", "100", POPULATION, dating),),
    )  # fmt: skip
    rule_versions.add_version(office.staff, rule_id(office), new, office.clock.now())


def test_the_sample_names_the_census_of_2020_and_says_so(office: Office) -> None:
    (found,) = after_closing(office)
    assert found.rule_id == rule_id(office)
    assert found.words == CENSUS


@pytest.mark.parametrize(
    ("dating", "used"),
    [
        (Dating("latest"), []),
        # The round's own reference day, without an edition: the one published last.
        (Dating("frozen", first=REFERENCE), []),
        (Dating("previous_fiscal_year", month_day=(10, 1)), []),
        (Dating("frozen", first=date(2020, 10, 1)), ["令和2年10月1日現在"]),
        (Dating("previous_fiscal_year", month_day=(9, 30)), ["前年度の9月30日現在"]),
    ],
)
def test_a_rule_is_named_only_where_its_date_rule_keeps_the_edition_out(
    office: Office, dating: Dating, used: list[str]
) -> None:
    register(office, date(2027, 4, 1), dating)
    assert [each.used for each in after_closing(office)] == used


def test_versions_that_are_not_in_force_in_the_year_do_not_count(office: Office) -> None:
    # Begins the day after FY2027: in that year the version with the census still holds.
    register(office, date(2028, 4, 1), Dating("latest"))
    assert [each.used for each in after_closing(office)] == ["令和2年国勢調査(速報)"]


def test_a_version_from_inside_the_year_leaves_the_earlier_one_named(office: Office) -> None:
    register(office, date(2027, 10, 1), Dating("latest"))
    assert [each.used for each in after_closing(office)] == ["令和2年国勢調査(速報)"]


def test_a_round_without_an_edition_names_nobody(office: Office) -> None:
    round_id = opened(office)
    assert passed_over(office.staff, base_rounds.show_round(office.staff, round_id)) == ()
