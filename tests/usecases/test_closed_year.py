"""Every way to write against a year under 本締め: refused, and nothing is changed (M-9, T-23)."""

import ast
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from consortium import usecases
from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import settlements as settlements_store
from consortium.db.store.settlements import SettledLine, Settlement
from consortium.db.unit import reading, writing
from consortium.domain.errors import BadInputError, ClosedError
from consortium.domain.yen import Yen
from consortium.usecases import (
    base_rounds,
    basis_editions,
    closings,
    cost_items,
    dampening,
    exchange,
    funding,
    invoices,
    payments,
    runs,
    terms,
    year_plan,
    year_start,
)
from tests import closing, planning
from tests.factories import OFFICER, everything, items_of
from tests.kept import made_once
from tests.office import ITAYANAGI, Office, open_office
from tests.usecases.closed_ways import DAY, FUTURE, INVOICE, TERM, WAYS, YEAR, Closed
from tests.usecases.free_ways import FREE

pytestmark = pytest.mark.usefixtures("plain_files")

#: These change no figure, or say why in a field of their own.
WITHOUT_ASKING = {
    "base_figures.hand_in",
    "basis_editions.correct_edition",
    "basis_editions.withdraw_edition",
    "cancelling.cancel",
    "exchange.save_rate",
    "members.end_membership",
    "payments.void_payment",
    "rule_versions.withdraw_version",
    "runs.issue",
    "runs.move",
    "settlements.settle_year",
    "year_plan._mark",
    "year_plan.add_step",
    "year_plan.change_step",
    "year_plan.remove_step",
    "year_start.start_year",
}


@pytest.fixture
def filled(database: Flask, tmp_path: Path, clock: FrozenClock) -> Closed:
    """Give a year with something of everything in it; not closed yet."""
    office = open_office(tmp_path / "files", clock)
    return Closed(office, made_once(("filled",), office.worker.folder, lambda: _fill(office)))


def _fill(office: Office) -> dict[str, str]:
    clock = office.clock
    ids = _earlier_stages(office)
    issued = office.issued(2021)
    ids |= _registered(office)
    ids["final"] = office.draft(2021, reason="改め")
    ids["statement"] = _statement(issued.id)
    ids["payment"] = str(uuid4())
    entry = payments.Entry("", DAY, Yen(500))
    payments.record_payment(office.staff, YEAR, ITAYANAGI, entry, clock.now(), ids["payment"])
    _settle(office, issued.id)
    year_start.start_year(office.staff, YEAR, clock.now())
    step = year_plan.StepEntry("点検", "", DAY, "stay", "lead_staff")
    asked = base_rounds.RoundEntry(YEAR, ("population",), DAY, FUTURE)
    ids["round"] = base_rounds.open_round(office.staff, asked, clock.now())
    ids["step"] = year_plan.add_step(office.staff, YEAR, step, clock.now()).id
    return ids


def _registered(office: Office) -> dict[str, str]:
    """Register what an officer can change, in the year and in force in it."""
    staff, now = office.staff, office.clock.now()
    item = items_of(staff, 2021)[0]
    grant = funding.Entry("県補助金", funding.INFO_ONLY, Yen(1_000_000))
    term = terms.add_term(staff, replace(TERM, name="第1期", source="協定書"), now)
    empty = terms.add_term(staff, replace(TERM, name="第2期"), now)
    cost = terms.BuildEntry("構築費", Yen(60_000), term.id, item.category_id, True, False)
    bounds = dampening.Entry(date(2021, 4, 1), Fraction(90), None, None, "by_share", False, "協定")
    loose = replace(item, id=str(uuid4()), name="削除できる費目")
    with writing(OFFICER, now) as unit:
        cost_items.store.add_item(unit, staff.consortium_id, loose)
    edition = basis_editions.Entry(
        date(2021, 9, 30), None, "速報", DAY, "確定", "見本", {"022021": Fraction(1)}
    )
    return {
        "measure": funding.add_measure(staff, YEAR, "final", grant, now).id,
        "invoice": invoices.add_invoice(staff, YEAR, "final", INVOICE, now).id,
        "term": term.id,
        "empty term": empty.id,
        "build": terms.add_build_cost(staff, cost, now).id,
        "damping": dampening.add_version(staff, bounds, now).id,
        "plan": planning.live_plan(staff, ITAYANAGI, DAY),
        "loose item": loose.id,
        "series": basis_editions.add_series(staff, "試験の数値", "", edition, now).series,
    }


def _earlier_stages(office: Office) -> dict[str, str]:
    """Leave a run in review and one approved: of stages that 確定 is going to overtake."""
    staff, now, found = office.staff, office.clock.now(), {}
    for stage, steps in (("revised", ("submit",)), ("planned", ("submit", "approve"))):
        cost_items.copy_from_stage(staff, YEAR, stage, YEAR, "final", now)
        found[stage] = office.move(office.draft(2021, stage), *steps)
    return found


def _statement(run_id: str) -> str:
    with reading() as session:
        return session.scalars(
            select(models.Statement.id).where(
                models.Statement.run_id == run_id, models.Statement.code == ITAYANAGI
            )
        ).one()


def _settle(office: Office, run_id: str) -> None:
    """Let the town have something to get back."""
    line = SettledLine(ITAYANAGI, Yen(100), Yen(500), Yen(-400), "refund")
    now = office.clock.now()
    new = Settlement(str(uuid4()), YEAR, 1, run_id, Yen(100), "承認者", now, (line,))
    with writing(OFFICER, now) as unit:
        settlements_store.add(unit, office.consortium_id, new)


# ---- the table is complete -----------------------------------------------------------------------


def _writers() -> set[str]:
    """Find every function of the use cases that opens a writing unit: module.function."""
    found = set()
    for path in Path(usecases.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]:
            calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
            if any(isinstance(c.func, ast.Name) and c.func.id == "writing" for c in calls):
                found.add(f"{path.stem}.{function.name}")
    return found


def test_every_use_case_that_writes_is_tried_or_left_out_with_a_reason() -> None:
    """A new use case belongs into closed_ways.py or into free_ways.py."""
    assert _writers() == set(WAYS) | set(FREE)
    assert not set(WAYS) & set(FREE)


# ---- every way -----------------------------------------------------------------------------------


def test_a_closed_year_refuses_every_way_and_nothing_changes(filled: Closed) -> None:
    """One year for all ways: what is refused leaves it as it was."""
    _lock(filled, "hard")
    before = everything()
    for name, ways in WAYS.items():
        for way in ways:
            with pytest.raises(ClosedError) as refused:
                way(filled)
            # Its own words: the database would say so as well, but later.
            assert "本締めしました" in refused.value.found, name
            assert everything() == before, name


def test_a_year_closed_softly_asks_for_a_reason_and_nothing_changes(filled: Closed) -> None:
    _lock(filled, "soft")
    before = everything()
    for name, ways in WAYS.items():
        for way in ways if name not in WITHOUT_ASKING else ():
            with pytest.raises(BadInputError, match="仮締め") as refused:
                way(filled)
            assert refused.value.path == closings.REASON, name
            assert everything() == before, name


def _lock(filled: Closed, kind: str) -> None:
    for start in (2020, 2021):
        year = replace(YEAR, start_year=start)
        closing.lock(filled.office.staff, year, filled.office.clock.now(), kind)


def test_a_rate_of_a_closed_year_is_refused_and_one_of_the_next_year_is_not(
    filled: Closed,
) -> None:
    office, now = filled.office, filled.office.clock.now()
    closing.lock(office.staff, YEAR, now)
    entry = exchange.RateEntry(Fraction(110), "月末TTM")
    for month in YEAR.next().months()[:1]:
        seen = exchange.plan_rate(office.staff, month, entry).digest
        exchange.save_rate(office.staff, month, 0, entry, now, seen)
    for month in (YEAR.months()[0], YEAR.months()[-1]):
        seen = exchange.plan_rate(office.staff, month, entry).digest
        with pytest.raises(ClosedError):
            exchange.save_rate(office.staff, month, 0, entry, now, seen)


@pytest.mark.parametrize(
    ("since", "is_refused"),
    [(date(2021, 3, 31), True), (date(2022, 3, 31), True), (date(2022, 4, 1), False)],
)
def test_an_agreement_may_change_from_the_first_day_after_the_closed_year(
    filled: Closed, since: date, is_refused: bool
) -> None:
    office, now = filled.office, filled.office.clock.now()
    closing.lock(office.staff, YEAR, now)
    entry = dampening.Entry(since, Fraction(10), None, None, "by_share", False, "協定書")
    if is_refused and since >= date(2021, 4, 1):
        with pytest.raises(ClosedError):
            dampening.add_version(office.staff, entry, now)
    else:
        dampening.add_version(office.staff, entry, now)


def test_a_town_may_leave_on_the_last_day_of_the_closed_year(filled: Closed) -> None:
    from consortium.usecases import members

    office, now = filled.office, filled.office.clock.now()
    closing.lock(office.staff, YEAR, now)
    with pytest.raises(ClosedError):
        members.end_membership(office.staff, ITAYANAGI, date(2022, 3, 30), "脱退", now)
    members.end_membership(office.staff, ITAYANAGI, date(2022, 3, 31), "脱退", now)


def test_an_order_to_issue_is_refused_by_the_database_once_the_year_is_closed(
    filled: Closed,
) -> None:
    """Closed between the order and the making of the files: the run says why, nothing is issued."""
    office = filled.office
    run_id = filled.ids["planned"]
    seen = office.seen(run_id)
    with writing(office.approver.actor(), office.clock.now()) as unit:
        run = runs.runs.get_run(unit.session, office.consortium_id, run_id)
        runs._order(unit, office.consortium_id, run)
    closing.lock(office.staff, YEAR, office.clock.now())
    before = everything()
    with pytest.raises(ClosedError):
        runs.issue(office.approver, run_id, seen=seen, worker=office.worker, kinds={})
    assert everything() == before
