"""Settling a year and carrying it out (精算・還付・翌年度充当): M-19 through the database."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import registers
from consortium.db.store import settlements as store
from consortium.db.store.settlements import SettledLine, Settlement
from consortium.db.unit import reading, writing
from consortium.domain.errors import (
    BadInputError,
    ClosedError,
    InvalidTransitionError,
    StaleError,
)
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.yen import Yen
from consortium.usecases import cancelling, payments, settlements
from consortium.usecases.overdue import overdue
from consortium.usecases.settlements import Carrying, SettlementFacts
from tests import closing
from tests.collecting import YEAR, other_approver, pay, send_notices
from tests.db.rows import by_hand
from tests.factories import everything
from tests.office import FUJISAKI, ITAYANAGI, Office, chain_faults, copy_costs, count, open_office

pytestmark = pytest.mark.usefixtures("plain_files")

TODAY = date(2026, 12, 1)
TOWNS = 7


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    opened = open_office(tmp_path / "files", clock)
    copy_costs(opened, 2026, "planned", 2026, "settlement")
    return opened


@pytest.fixture
def issued(office: Office) -> Office:
    """Issue the settlement run; 板柳町 has paid 5,000 too much, 藤崎町 3,000 too little."""
    run = office.issued(2026, "settlement")
    with reading() as session:
        found = settlements.settlement_facts(session, office.consortium_id, YEAR)
    assert found.run is not None
    assert found.run.id == run.id
    more = {ITAYANAGI: 5_000, FUJISAKI: -3_000}
    for line in found.lines:
        pay(office, line.code, line.final + more.get(line.code, 0), TODAY)
    return office


def facts(office: Office) -> SettlementFacts:
    with reading() as session:
        return settlements.settlement_facts(session, office.consortium_id, YEAR)


def settle(office: Office, **ways: str) -> Settlement:
    chosen = {code.removeprefix("t"): way for code, way in ways.items()}
    return settlements.settle_year(
        office.approver, YEAR, facts(office).seen, chosen, office.clock.now()
    )


def carry(office: Office, code: str, form: str = "", day: date = TODAY) -> int:
    done = settlements.carry_out(
        office.staff, YEAR, code, Carrying(day, "還-1"), office.clock.now(), form or str(uuid4())
    )
    return len(done)


def open_of(office: Office) -> dict[str, int]:
    return {line.code: line.outstanding for line in facts(office).lines if line.outstanding}


def test_without_an_issued_run_there_is_nothing_to_settle(office: Office) -> None:
    office.approved(2026, "settlement")
    assert (facts(office).run, facts(office).lines) == (None, ())
    before = everything()
    with pytest.raises(InvalidTransitionError, match="まだ発行されていません"):
        settle(office)
    assert everything() == before


def test_m19_a_settlement_is_final_less_paid_in_all_and_for_each(issued: Office) -> None:
    settled = settle(issued)
    found = facts(issued)
    assert found.settled == settled
    assert found.run is not None
    assert settled.total == found.run.total == found.actual
    assert found.difference == found.actual - found.paid == -5_000 + 3_000
    given = {line.code: (line.difference, line.disposition) for line in found.lines}
    assert given.pop(ITAYANAGI) == (-5_000, "refund")
    assert given.pop(FUJISAKI) == (3_000, "additional")
    assert set(given.values()) == {(0, "none")}
    assert chain_faults(issued) == []


def test_m19_settling_twice_changes_nothing(issued: Office) -> None:
    first = settle(issued)
    before = everything()
    assert settle(issued) == first
    assert settle(issued, t023817="credit") == first
    assert everything() == before
    assert count(models.Settlement) == 1


def test_m19_carried_out_the_difference_is_nothing(issued: Office) -> None:
    settle(issued)
    assert open_of(issued) == {ITAYANAGI: -5_000, FUJISAKI: 3_000}
    assert carry(issued, ITAYANAGI) == 1
    pay(issued, FUJISAKI, 3_000, TODAY)
    found = facts(issued)
    assert (open_of(issued), found.outstanding) == ({}, 0)
    # What was settled says the same as before.
    assert found.difference == -2_000
    assert chain_faults(issued) == []


def test_a_credit_moves_the_difference_to_the_next_year_in_one_unit(issued: Office) -> None:
    settle(issued, t023817="credit", t023612="credit")
    assert carry(issued, ITAYANAGI) == carry(issued, FUJISAKI) == 2
    assert open_of(issued) == {}
    this = {p.kind: p.amount for p in payments.show_town(issued.staff, YEAR, ITAYANAGI).payments}
    after = payments.show_town(issued.staff, YEAR.next(), ITAYANAGI).payments
    assert this["credited_out"] == -5_000
    assert [(each.kind, each.amount) for each in after] == [("credited_in", 5_000)]
    # 藤崎町 paid too little: the next year asks for it as well.
    owed = payments.show_town(issued.staff, YEAR.next(), FUJISAKI).ledger.paid(FUJISAKI)
    assert owed == -3_000


def test_no_credit_moves_to_or_from_a_closed_year(issued: Office) -> None:
    settle(issued, t023817="credit")
    closing.lock(issued.staff, YEAR.next(), issued.clock.now())
    with pytest.raises(ClosedError, match="令和9年度"):
        carry(issued, ITAYANAGI)
    assert count(models.Payment) == TOWNS
    closing.lock(issued.staff, YEAR, issued.clock.now())
    before = everything()
    with pytest.raises(ClosedError, match="令和8年度"):
        carry(issued, ITAYANAGI)
    assert everything() == before


def test_a_credit_is_voided_on_both_sides(issued: Office) -> None:
    settle(issued, t023817="credit")
    carry(issued, ITAYANAGI)
    (moved,) = payments.show_town(issued.staff, YEAR.next(), ITAYANAGI).payments
    payments.void_payment(issued.staff, moved.id, "還付に変更", issued.clock.now())
    assert open_of(issued)[ITAYANAGI] == -5_000
    assert payments.show_town(issued.staff, YEAR.next(), ITAYANAGI).ledger.paid(ITAYANAGI) == 0


def test_sending_the_form_twice_pays_back_once(issued: Office) -> None:
    settle(issued)
    form = str(uuid4())
    carry(issued, ITAYANAGI, form)
    before = everything()
    carry(issued, ITAYANAGI, form)
    assert everything() == before
    for code, day in ((FUJISAKI, TODAY), (ITAYANAGI, date(2026, 11, 30))):
        with pytest.raises(BadInputError) as refusal:  # the form recorded something else
            carry(issued, code, form, day)
        assert refusal.value.path == "record_id"
    with pytest.raises(InvalidTransitionError, match="もう済んでいます"):
        carry(issued, ITAYANAGI)
    assert everything() == before


def test_there_is_nothing_to_carry_out_but_refunds_and_credits(issued: Office) -> None:
    with pytest.raises(InvalidTransitionError):
        carry(issued, ITAYANAGI)  # not settled yet
    settle(issued)
    before = everything()
    with pytest.raises(InvalidTransitionError):
        carry(issued, FUJISAKI)  # an additional payment is recorded as a payment
    for day in (date(2026, 12, 2), date(2026, 3, 31)):
        with pytest.raises(BadInputError) as refusal:
            carry(issued, ITAYANAGI, day=day)
        assert refusal.value.path == "done_on"
    assert everything() == before


def test_figures_that_changed_meanwhile_are_not_settled(issued: Office) -> None:
    seen = facts(issued).seen
    pay(issued, FUJISAKI, 1, TODAY)
    before = everything()
    with pytest.raises(StaleError):
        settlements.settle_year(issued.approver, YEAR, seen, {}, issued.clock.now())
    assert everything() == before


def test_an_unknown_way_is_refused(issued: Office) -> None:
    with pytest.raises(BadInputError) as refusal:
        settle(issued, t023817="gift")
    assert refusal.value.path == "way"


def test_a_new_edition_of_the_run_settles_anew(issued: Office) -> None:
    first = settle(issued)
    issued.issued(2026, "settlement", reason="請求の誤り")
    assert facts(issued).settled is None
    second = settle(issued)
    assert (first.edition, second.edition) == (1, 2)
    assert count(models.Settlement) == 2


def test_a_run_on_its_way_can_be_looked_at(office: Office) -> None:
    run_id = office.approved(2026, "settlement")
    with reading() as session:
        found = settlements.settlement_facts(session, office.consortium_id, YEAR, run_id)
    assert found.settled is None
    assert found.difference == found.actual > 0
    assert {line.disposition for line in found.lines} == {"additional"}


def test_what_is_settled_is_overdue_only_as_far_as_it_is_owed(office: Office) -> None:
    office.issued(2026, "planned")
    send_notices(office, 1)
    office.issued(2026, "settlement")
    with reading() as session:
        found = settlements.settlement_facts(session, office.consortium_id, YEAR)
    for line in found.lines:
        # All but 7 yen, though nothing of it for the first instalment by name.
        pay(office, line.code, line.final - 7, TODAY, "I4")
    before = open_late(office)
    assert min(before.values()) > 7
    settle(office)
    after = open_late(office)
    assert set(after) == set(before)
    assert set(after.values()) == {7}
    page = payments.show_year(office.staff, YEAR, TODAY)
    assert {each.code: each.open for each in page.overdue.values()} == after


def open_late(office: Office) -> dict[str, Yen]:
    with reading() as session:
        found = overdue(session, office.consortium_id, YEAR, TODAY)
    return {each.code: each.open for each in found}


def test_who_bears_nothing_in_the_end_is_not_overdue(office: Office) -> None:
    office.issued(2026, "planned")
    send_notices(office, 1)
    office.issued(2026, "settlement")
    asked = open_late(office)
    found = facts(office)
    assert found.run is not None
    settled = Settlement(
        str(uuid4()), YEAR, 1, found.run.id, Yen(0), "承認", office.clock.now(),
        tuple(
            SettledLine(MunicipalityCode(line.code), line.final, Yen(0), line.final, "additional")
            for line in found.lines
            if line.code != ITAYANAGI  # neither bears nor paid: it has no line
        ),
    )  # fmt: skip
    with writing(office.approver.actor(), office.clock.now()) as unit:
        store.add(unit, office.consortium_id, settled)
    assert set(open_late(office)) == set(asked) - {ITAYANAGI}


def test_a_settlement_whose_issue_was_cancelled_settles_nothing(office: Office) -> None:
    office.issued(2026, "planned")
    send_notices(office, 1)
    office.issued(2026, "settlement")
    asked = open_late(office)
    for line in facts(office).lines:
        pay(office, line.code, line.final + 5, TODAY, "I4")
    first = settle(office)
    assert open_late(office) == {}
    with reading() as session:
        issued = registers.entries(session, office.consortium_id, year=YEAR)
    found = next(each for each in issued if each.kind == "summary" and each.stage == "settlement")
    cancelling.cancel(other_approver(office), found.id, "請求の誤り", office.clock.now())
    again = facts(office)
    assert (again.run, again.settled, again.lines) == (None, None, ())
    assert open_late(office) == asked
    before = everything()
    with pytest.raises(InvalidTransitionError, match="確定した精算額がありません"):
        carry(office, ITAYANAGI)
    with pytest.raises(InvalidTransitionError, match="まだ発行されていません"):
        settle(office)
    assert everything() == before
    office.issued(2026, "settlement", reason="請求の誤り")
    second = settle(office)
    assert (first.edition, second.edition) == (1, 2)
    assert carry(office, ITAYANAGI) == 1


def test_the_database_refuses_to_change_a_settlement(issued: Office, database_url: str) -> None:
    settle(issued)
    for statement in (
        "UPDATE settlement_line SET paid = 0, difference = final",
        "DELETE FROM settlement_line",
        "UPDATE settlement SET total = 0",
    ):
        with pytest.raises(IntegrityError, match="final"):
            by_hand(database_url, statement)


def test_a_town_that_neither_bears_nor_paid_has_no_line(issued: Office) -> None:
    codes = [line.code for line in facts(issued).lines]
    assert len(codes) == 7
    town = replace(issued.staff, role="member_staff", code=ITAYANAGI)
    assert settlements.show_settlement(town, YEAR.previous()).facts.lines == ()
    assert all(isinstance(line.final, int) for line in facts(issued).lines)
    assert Yen(0) not in {line.final for line in facts(issued).lines}
