"""Cost items in the database: in order, of one consortium, written to the chain in words (費目)."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db.models import AuditEvent
from consortium.db.store import costs
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError, StaleError
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    OFFICER,
    add_foreign_consortium,
    everything,
    item_named,
    items_of,
    put_into_run,
    seed_sample,
    yen,
)


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def last_event() -> AuditEvent:
    with reading() as session:
        newest = select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)
        return session.scalars(newest).one()


def test_items_stand_by_category_then_month_then_name(officer: Viewer) -> None:
    """運用, 回線, 改修, 移行 are second to fifth in cost_categories.csv."""
    names = [item.name for item in items_of(officer, 2021)]
    assert names[3:] == [
        "拠点間回線",
        "藤崎町・板柳町 接続機器設置費",
        "税制改正対応改修",
        "子育て世帯への臨時特別給付対応",
        "藤崎町 データ移行費",
        "板柳町 データ移行費",
    ]


def test_a_change_is_written_to_the_chain_as_old_and_new_of_what_changed(officer: Viewer) -> None:
    item = item_named(officer, 2021, "拠点間回線")
    with writing(OFFICER, NOW) as unit:
        new = replace(item, amount_incl_tax=yen(8_900_000))
        costs.save_item(unit, officer.consortium_id, item, new)
    event = last_event()
    assert event.title == "費目「拠点間回線」の変更"
    assert event.before == '{"金額(税込)":8844000}'
    assert event.after == '{"金額(税込)":8900000}'


def test_the_chain_names_what_a_deleted_item_referred_to(officer: Viewer) -> None:
    item = item_named(officer, 2021, "板柳町 データ移行費")
    with writing(OFFICER, NOW) as unit:
        costs.remove_item(unit, officer.consortium_id, item)
    before = last_event().before or ""
    for text in ('"個別負担の団体":"板柳町"', '"経費区分":"移行"', '"金額(税込)":22550000'):
        assert text in before


def test_an_item_seen_in_an_older_version_is_not_saved(officer: Viewer) -> None:
    item = item_named(officer, 2021, "拠点間回線")
    older = replace(item, row_version=0)
    before = everything()
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        costs.save_item(unit, officer.consortium_id, older, replace(item, name="回線"))
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        costs.remove_item(unit, officer.consortium_id, older)
    assert everything() == before


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        ("draft", 0),
        ("in_review", 1),
        ("approved", 1),
        ("issued", 1),
        ("superseded", 1),
    ],
)
def test_a_run_holds_its_items_from_review_on(officer: Viewer, state: str, holds: int) -> None:
    item = item_named(officer, 2021, "拠点間回線")
    put_into_run(officer, item, state)
    with reading() as session:
        found = costs.holding_runs(session, officer.consortium_id, item.id)
        held = costs.held_items(session, officer.consortium_id, FiscalYear(2021), "final")
        elsewhere = costs.held_items(session, officer.consortium_id, FiscalYear(2022), "final")
    assert found == holds
    assert held == (frozenset({item.id}) if holds else frozenset(), state == "issued")
    assert elsewhere == (frozenset(), False)


def test_no_question_reaches_into_another_consortium(officer: Viewer) -> None:
    foreign = add_foreign_consortium().consortium_id
    item = item_named(officer, 2021, "拠点間回線")
    put_into_run(officer, item, "issued")
    with reading() as session:
        assert costs.categories(session, foreign) == ()
        assert costs.stage_counts(session, foreign) == {}
        assert costs.items(session, foreign, FiscalYear(2021), "final") == ()
        assert costs.holding_runs(session, foreign, item.id) == 0
        assert costs.held_items(session, foreign, FiscalYear(2021), "final") == (frozenset(), False)
        with pytest.raises(NotFoundError):
            costs.item(session, foreign, item.id)


def test_items_of_every_year_and_stage_are_counted(officer: Viewer) -> None:
    with reading() as session:
        counts = costs.stage_counts(session, officer.consortium_id)
    assert counts[2021, "final"] == 9
    assert counts[2026, "planned"] == 6
    assert sorted(counts) == [(year, "final") for year in range(2015, 2026)] + [(2026, "planned")]
