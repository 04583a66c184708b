"""The sample consortium holds the real members and populations, and nothing twice (見本の登録)."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db.audit import verify_chain
from consortium.db.models import ReportSchedule
from consortium.db.store import bases, costs, inputs, members
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.engine import share
from consortium.usecases import seed as seeding
from consortium.usecases.viewer import Viewer
from tests import seven
from tests.factories import NOW, OFFICER, everything, items_of, seed_sample

SHIPPED = Path(seeding.__file__).parents[1] / "seed"


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def test_seeding_twice_changes_nothing(officer: Viewer) -> None:
    before = everything()
    seed_sample()
    assert everything() == before


def test_the_members_are_the_seven_with_their_real_days(officer: Viewer) -> None:
    with reading() as session:
        towns = {each.id: each for each in members.members(session, officer.consortium_id)}
        stays = members.memberships(session, officer.consortium_id)
    found = {
        (town.code, town.name, town.kana, town.kind, stay.period.since)
        for stay in stays
        for town in [towns[stay.member_id]]
    }
    assert found == {tuple(town) for town in seven.TOWNS}
    assert all(stay.period.until is None for stay in stays)
    assert [town.name for town in towns.values() if town.is_lead] == ["弘前市"]


def test_the_populations_are_those_of_the_censuses(officer: Viewer) -> None:
    with reading() as session:
        editions = bases.editions(session, officer.consortium_id)
    for day, people in seven.POPULATION.items():
        (found,) = [
            dict(each.values)
            for each in editions
            if (each.series, each.reference_date) == ("population", day)
        ]
        assert found == dict(zip((town.code for town in seven.TOWNS), people, strict=True))
    expected = {each.reference_date for each in editions if each.certainty == "見込"}
    assert expected == {date(2020, 10, 1)}
    assert all(each.source and each.published_on for each in editions)


@pytest.mark.parametrize("start", sorted(seven.PAYING))
def test_four_then_five_then_seven_towns_pay_and_the_shares_add_up(
    officer: Viewer, start: int
) -> None:
    stage = "planned" if start == 2026 else "final"
    with reading() as session:
        year = FiscalYear(start)
        given = inputs.load_inputs(session, officer.consortium_id, year, stage, date(2026, 12, 1))
    result = share(given.items, given.rules, given.facts, year)
    assert sum(amount != 0 for amount in result.amounts) == seven.PAYING[start]
    assert sum(result.amounts) == result.total == sum(item.amount for item in given.items)


def test_migration_is_charged_to_the_joiner_in_its_joining_year_only(officer: Viewer) -> None:
    charged: dict[int, set[str]] = {}
    with reading() as session:
        towns = {each.id: each.name for each in members.members(session, officer.consortium_id)}
        for start in seven.PAYING:
            for stage in ("planned", "final"):
                for item in costs.items(session, officer.consortium_id, FiscalYear(start), stage):
                    if item.charged_to_id:
                        charged.setdefault(start, set()).add(towns[item.charged_to_id])
    assert charged == {2019: {"平川市"}, 2021: {"藤崎町", "板柳町"}}


def test_every_cost_is_a_sample_and_one_of_them_is_a_refund(officer: Viewer) -> None:
    items = [item for start in range(2015, 2026) for item in items_of(officer, start)]
    items += items_of(officer, 2026, "planned")
    assert all(item.is_sample for item in items)
    assert [item.year.start_year for item in items if item.amount_incl_tax < 0] == [2023]
    assert not items_of(officer, 2026)


def test_only_the_core_service_says_who_takes_part(officer: Viewer) -> None:
    with reading() as session:
        services = members.services(session, officer.consortium_id)
        enrolments = members.enrolments(session, officer.consortium_id)
    assert [(each.name, each.operator, each.period.since) for each in services] == [
        ("基幹系共同クラウド", "協議会", date(2015, 4, 1)),
        ("自治体情報セキュリティクラウド", "県", date(2017, 4, 1)),
        ("電子申請システム（共同利用）", "県", date(2021, 4, 1)),
    ]
    assert {each.service_id for each in enrolments} == {services[0].id}
    assert len(enrolments) == 7


def test_the_monthly_report_is_due_from_the_moment_of_seeding(officer: Viewer) -> None:
    with reading() as session:
        (row,) = session.scalars(select(ReportSchedule))
    known = (row.kind, row.period_type, row.month_offset, row.day, row.at_time, row.roll_rule)
    assert known == ("monthly_cost", "month", 1, "1", "06:00", "stay")
    assert row.valid_from == NOW


def test_the_chain_of_what_was_seeded_is_whole(officer: Viewer) -> None:
    with reading() as session:
        assert verify_chain(session, officer.consortium_id) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("members.csv", "022021", "022022", "members.csv:2 code"),
        ("cost_items.csv", "178200000", "178,200,000", "cost_items.csv:2"),
        ("cost_items.csv", "178200000", "178200000.5", "cost_items.csv:2 amount_incl_tax"),
        ("cost_items.csv", "2015-04,2016-03", "2015-04,2016-04", "cost_items.csv:2 last_month"),
        ("cost_items.csv", "core,構築", "core,建築", "cost_items.csv:2 category"),
        ("bases.csv", "2010-10-01", "2010-13-01", "bases.csv:"),
        ("rules.csv", "largest_remainder", "最大剰余", "rules.csv:2 residual"),
        ("services.csv", ",県,", ",都,", "services.csv:3 operator"),
        ("members.csv", "code,name", "name,code", "members.csv:1"),
    ],
)
def test_a_slip_in_a_seed_file_names_line_and_column_and_saves_nothing(
    database: Flask, tmp_path: Path, file: str, old: str, new: str, place: str
) -> None:
    for path in SHIPPED.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        changed = text.replace(old, new, 1) if path.name == file else text
        (tmp_path / path.name).write_text(changed, encoding="utf-8")
    before = everything()
    with pytest.raises(BadInputError) as refused:
        seeding.seed(NOW, OFFICER, tmp_path)
    assert refused.value.path.startswith(place)
    assert everything() == before
