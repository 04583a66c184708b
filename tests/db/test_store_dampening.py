"""Dampening and last year's amounts in the database, and what a run loads of them (激変緩和)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db.models import AuditEvent, ShareRow, new_id
from consortium.db.store import dampening
from consortium.db.store.agreement import load_agreement
from consortium.db.store.dampening import Typed, Version
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.municipality import municipality_code
from consortium.domain.sharing.dampening import Dampening
from consortium.domain.timeline import Source
from consortium.usecases.viewer import Viewer
from tests.db import rows
from tests.factories import (
    NOW,
    OFFICER,
    add_foreign_consortium,
    seed_sample,
    statements,
    yen,
)

YEAR = FiscalYear(2021)
MONTH = Month(2021, 4)
HIROSAKI, ITAYANAGI = "022021", "023817"


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def last_event() -> AuditEvent:
    with reading() as session:
        newest = select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)
        return session.scalars(newest).one()


def loaded(officer: Viewer, year: FiscalYear = YEAR) -> Dampening | None:
    """Load the dampening of a year as a run does."""
    with reading() as session:
        return load_agreement(session, officer.consortium_id, year, "final", []).dampening


# ---- dampening -----------------------------------------------------------------------------------

SOURCE = Source("協定書", "第9条", date(2020, 12, 1))
VERSION = Version("dv-1", date(2021, 4, 1), Fraction(10), None, Fraction(5, 2), "by_share", SOURCE)


def save_versions(officer: Viewer, *versions: Version) -> None:
    with writing(OFFICER, NOW) as unit:
        for each in versions:
            dampening.add_version(unit, officer.consortium_id, each)


def issue(officer: Viewer, stage: str, amount: int, *, year: int = 2020, state: str = "issued",
          issued: int = 1, edition: int = 1) -> None:  # fmt: skip
    """Save a run of the year before with one amount for 弘前市, and charges beside it."""
    with writing(OFFICER, NOW) as unit:
        run = rows.allocation_run(
            id=new_id(), consortium_id=officer.consortium_id, fiscal_year_start=year, stage=stage,
            edition=edition, issued_at=NOW.replace(day=issued), total=yen(amount),
        )  # fmt: skip
        unit.session.add(run)
        unit.session.flush()
        parts = {"equal": amount - 1, "grant": 1, "direct": 500, "usage_rate": 70, "joining": 9}
        for number, (component, part) in enumerate(parts.items(), start=1):
            unit.session.add(
                ShareRow(
                    run_id=run.id, consortium_id=officer.consortium_id, item_no=number,
                    component=component, code=municipality_code(HIROSAKI), amount=yen(part),
                )
            )  # fmt: skip
        unit.session.flush()
        run.state = state  # shares of an issued run are final
        unit.record(officer.consortium_id, "test.run", "allocation_run", run.id, "試験の算定")


def type_in(officer: Viewer, *amounts: Typed, year: int = 2020) -> None:
    with writing(OFFICER, NOW) as unit:
        dampening.save_typed_amounts(unit, officer.consortium_id, FiscalYear(year), amounts)


def test_the_version_in_force_on_the_first_of_april_counts_for_the_year(officer: Viewer) -> None:
    october = replace(VERSION, id="dv-2", since=date(2022, 10, 1), up=Fraction(20))
    end = replace(VERSION, id="dv-3", since=date(2024, 4, 1), up=None, tolerance=None)
    save_versions(officer, VERSION, october, end)
    found = {year: loaded(officer, FiscalYear(year)) for year in range(2020, 2026)}
    assert found[2020] is None
    assert found[2021] == Dampening(
        {}, Fraction(10), None, Fraction(5, 2), "by_share", "協定書 第9条 2020-12-01 議決"
    )
    ups = [each.up if each else None for each in found.values()]
    assert ups == [None, 10, 10, 20, None, None]


def test_the_listed_order_comes_back_as_codes(officer: Viewer) -> None:
    save_versions(officer, replace(VERSION, order=(ITAYANAGI, HIROSAKI)))
    found = loaded(officer)
    assert found is not None
    assert found.order == (ITAYANAGI, HIROSAKI)


@pytest.mark.parametrize(
    ("runs", "amount"),
    [
        ([], None),
        ([("planned", 10, 1)], 10),
        ([("planned", 10, 3), ("final", 20, 2)], 20),
        ([("planned", 10, 1), ("revised", 30, 2)], 30),
    ],
)
def test_last_years_amount_is_the_final_one_or_the_newest_issued(
    officer: Viewer, runs: list[tuple[str, int, int]], amount: int | None
) -> None:
    save_versions(officer, VERSION)
    issue(officer, "estimate", 1, state="approved")
    issue(officer, "final", 2, year=2019)
    issue(officer, "settlement", 3, state="superseded")
    for stage, each, day in runs:
        issue(officer, stage, each, issued=day)
    found = loaded(officer)
    assert found is not None
    assert found.previous.get(HIROSAKI) == amount


def test_a_typed_amount_counts_where_nothing_was_issued(officer: Viewer) -> None:
    save_versions(officer, VERSION)
    issue(officer, "final", 20)
    type_in(officer, Typed(HIROSAKI, yen(99), ""), Typed(ITAYANAGI, yen(7), "決定通知"))
    type_in(officer, Typed(ITAYANAGI, yen(1), ""), year=2019)
    found = loaded(officer)
    assert found is not None
    assert found.previous == {HIROSAKI: 20, ITAYANAGI: 7}


def test_typed_amounts_are_replaced_whole_and_written_to_the_chain(officer: Viewer) -> None:
    type_in(officer, Typed(HIROSAKI, yen(99), "覚書"))
    type_in(officer, Typed(ITAYANAGI, yen(7), ""))
    event = last_event()
    assert event.before == '{"022021":[99,"覚書"]}'
    assert event.after == '{"023817":[7,""]}'
    type_in(officer, Typed(ITAYANAGI, yen(7), ""))
    assert last_event().seq == event.seq


def test_a_changed_version_is_written_to_the_chain(officer: Viewer) -> None:
    save_versions(officer, VERSION)
    with writing(OFFICER, NOW) as unit:
        dampening.save_version(
            unit, officer.consortium_id, VERSION, replace(VERSION, up=Fraction(25, 2))
        )
    assert last_event().after == '{"増加の上限(％)":"25/2"}'
    with reading() as session:
        now = dampening.version(session, officer.consortium_id, "dv-1")
    assert now.up == Fraction(25, 2)
    head = last_event().seq
    with writing(OFFICER, NOW) as unit:
        dampening.save_version(unit, officer.consortium_id, now, now)
    assert last_event().seq == head
    with pytest.raises(StaleError), writing(OFFICER, NOW) as unit:
        dampening.remove_version(unit, officer.consortium_id, VERSION)
    with writing(OFFICER, NOW) as unit:
        dampening.remove_version(unit, officer.consortium_id, now)
    assert '"施行日":"2021-04-01"' in (last_event().before or "")


def test_no_question_about_dampening_reaches_elsewhere(officer: Viewer) -> None:
    save_versions(officer, VERSION)
    type_in(officer, Typed(HIROSAKI, yen(99), ""))
    issue(officer, "final", 20)
    foreign = add_foreign_consortium().consortium_id
    with reading() as session:
        assert dampening.versions(session, foreign) == ()
        assert dampening.in_force(session, foreign, NOW.date()) is None
        assert dampening.previous_amounts(session, foreign, YEAR) == {}
        with pytest.raises(NotFoundError):
            dampening.version(session, foreign, "dv-1")


def test_loading_takes_three_statements_more_where_something_is_dampened(officer: Viewer) -> None:
    def count() -> int:
        with reading() as session, statements() as found:
            load_agreement(session, officer.consortium_id, YEAR, "final", [])
        return len(found)

    without = count()
    save_versions(officer, VERSION)
    issue(officer, "final", 20)
    assert count() == without + 3
