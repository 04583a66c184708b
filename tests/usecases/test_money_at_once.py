"""The same form sent three times at once (二度押し): one effect, the same answer for everybody."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import registers
from consortium.db.unit import reading
from consortium.domain.yen import Yen
from consortium.usecases import cancelling, notices, payments, settlements
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from tests.collecting import YEAR, other_approver, pay, send_notices
from tests.office import ITAYANAGI, Office, chain_faults, copy_costs, count, issued_office

pytestmark = pytest.mark.usefixtures("plain_files")

NOW = datetime(2026, 4, 20, 1, tzinfo=UTC)
DAY = date(2026, 4, 20)
TOWNS = 7


@pytest.fixture
def office(database: Flask, tmp_path: Path) -> Office:
    return issued_office(tmp_path / "files", FrozenClock(NOW), 2026, "planned")


def at_once(app: Flask, send: Callable[[], Any]) -> list[Any]:
    """Send a form three times at once; give the answers, a refusal in the place of one."""
    answers: list[Any] = []

    def click() -> None:
        with app.app_context():
            try:
                answers.append(send())
            except Exception as error:  # whatever it is, the test has to see it
                answers.append(error)

    threads = [threading.Thread(target=click) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_payment_is_recorded_once(database: Flask, office: Office) -> None:
    form, entry = str(uuid4()), payments.Entry("I1", DAY, Yen(1_000), "会-1")
    answers = at_once(
        database,
        lambda: payments.record_payment(office.staff, YEAR, ITAYANAGI, entry, NOW, form),
    )
    assert [each.id for each in answers] == [form] * 3
    assert count(models.Payment) == 1
    assert chain_faults(office) == []


def test_an_instalment_is_asked_for_once(database: Flask, office: Office) -> None:
    page = notices.show_notices(office.approver, YEAR, DAY)
    order = notices.NoticeOrder(str(uuid4()), page.seen(1))
    maker = Maker(office.worker, KINDS)
    answers = at_once(
        database, lambda: notices.issue_notices(office.approver, YEAR, 1, order, maker)
    )
    assert [(each.id, each.edition) for each in answers] == [(order.record_id, 1)] * 3
    with reading() as session:
        sent = registers.entries(session, office.consortium_id, year=YEAR)
    assert sum(each.kind == "notice" for each in sent) == TOWNS
    assert chain_faults(office) == []


def test_an_issue_is_cancelled_once(database: Flask, office: Office) -> None:
    other, sent = other_approver(office), send_notices(office, 1)[ITAYANAGI]
    answers = at_once(database, lambda: cancelling.cancel(other, sent, "宛先の誤り", NOW))
    assert len(set(answers)) == 1
    assert str(answers[0]).startswith("共ク第")
    assert count(models.StatementCancellation) == 1
    assert chain_faults(office) == []


def test_a_year_is_settled_and_paid_back_once(database: Flask, office: Office) -> None:
    copy_costs(office, 2026, "planned", 2026, "settlement")
    office.issued(2026, "settlement")
    with reading() as session:
        facts = settlements.settlement_facts(session, office.consortium_id, YEAR)
    town = next(line for line in facts.lines if line.code == ITAYANAGI)
    pay(office, ITAYANAGI, town.final + 5_000, DAY)
    with reading() as session:
        seen = settlements.settlement_facts(session, office.consortium_id, YEAR).seen
    settled = at_once(
        database, lambda: settlements.settle_year(office.approver, YEAR, seen, {}, NOW)
    )
    assert settled[0] == settled[1] == settled[2]
    assert count(models.Settlement) == 1
    form, entry = str(uuid4()), settlements.Carrying(DAY)
    paid_back = at_once(
        database,
        lambda: settlements.carry_out(office.staff, YEAR, ITAYANAGI, entry, NOW, form),
    )
    assert [[(each.id, each.amount) for each in answer] for answer in paid_back] == (
        [[(form, -5_000)]] * 3
    )
    assert count(models.Payment) == 2
    assert chain_faults(office) == []
