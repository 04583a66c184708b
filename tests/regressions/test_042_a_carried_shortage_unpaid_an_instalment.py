"""042: a shortage carried over from the year before made an instalment paid in full overdue.

It took back the credit that had paid the instalment; nobody had been asked for it.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import payments as store
from consortium.db.store.instalments import InForce, SavedPlan
from consortium.db.store.payments import Notice, Payment
from consortium.db.unit import writing
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.fiscalyear.plan import usual_plan
from consortium.domain.yen import Yen
from consortium.usecases import payments, year_plan
from consortium.usecases.instalments import YearLedger, ledger_of
from tests.collecting import YEAR, line_of, lines_of, pay, send_notices
from tests.office import ITAYANAGI, Office, open_office

pytestmark = pytest.mark.usefixtures("plain_files")

NOVEMBER = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
TODAY, LATE = date(2026, 11, 20), date(2027, 3, 1)


def money(amount: int, instalment: int | None = None, kind: str = "credited_in") -> Payment:
    return Payment(
        str(uuid4()), YEAR, ITAYANAGI, kind, date(2026, 8, 20), Yen(amount), None, instalment
    )


def notice(no: int, amount: int) -> Notice:
    day = date(2026, 5 if no == 1 else 8, 20)
    return Notice(
        f"s{no}", f"第{no}号", no, YEAR, ITAYANAGI, no, Yen(amount), day, day, is_cancelled=False
    )


def ledger(sent: dict[int, int], *paid: Payment) -> YearLedger:
    """Give the ledger of one town that bears 1,000,000: a quarter each, 250,000."""
    run = InForce("run", "planned", 1, {ITAYANAGI: {"x": Yen(1_000_000)}}, {})
    plan = SavedPlan(usual_plan(YEAR, OpenDays()))
    notices = [notice(no, amount) for no, amount in sent.items()]
    return ledger_of(YEAR, plan, run, notices, {ITAYANAGI: paid})


def columns(found: YearLedger) -> tuple[list[int], list[int], int]:
    """Give what is asked, what counts as paid, and what is open in all."""
    lines = found.lines[ITAYANAGI]
    return (
        [line.amount for line in lines],
        [line.paid for line in lines],
        sum(line.open for line in lines),
    )


PAID = (money(250_000, 1, "received"), money(220_000, 2, "received"), money(30_000))


def test_a_carried_shortage_is_asked_for_last_and_takes_nothing_back() -> None:
    sent = {1: 250_000, 2: 250_000}
    assert columns(ledger(sent, *PAID)) == ([250_000] * 4, [250_000, 250_000, 0, 0], 500_000)
    found = ledger(sent, *PAID, money(-22_197))
    asked = [250_000, 250_000, 250_000, 272_197]
    assert columns(found) == (asked, [250_000, 250_000, 0, 0], 522_197)
    # 1,000,000 − (250,000 + 220,000 + 30,000 − 22,197): what is open is what it still bears.
    assert found.rest(ITAYANAGI) == 522_197
    # Asked for with the fourth before the third: it is asked for once.
    sent |= {4: 272_197}
    assert columns(ledger(sent, *PAID, money(-22_197))) == (
        asked,
        [250_000, 250_000, 0, 0],
        522_197,
    )


def test_a_shortage_that_nobody_can_be_asked_for_is_left_to_the_settlement() -> None:
    sent = dict.fromkeys((1, 2, 3, 4), 250_000)
    rest = (money(250_000, 3, "received"), money(250_000, 4, "received"))
    found = ledger(sent, *PAID, *rest, money(-22_197))
    assert columns(found) == ([250_000] * 4, [250_000] * 4, 0)
    assert found.rest(ITAYANAGI) == 22_197


def test_a_shortage_asked_for_too_much_already_is_not_asked_for_again() -> None:
    # 260,000 + 740,000 + 10,000 were asked for: of the shortage 12,197 are left to ask for.
    found = ledger({1: 260_000, 2: 740_000, 3: 10_000}, money(-22_197))
    assert columns(found) == ([260_000, 740_000, 10_000, 12_197], [0] * 4, 1_022_197)


def test_a_paid_instalment_is_overdue_nowhere_after_a_shortage_was_carried(
    database: Flask, tmp_path: Path
) -> None:
    office = open_office(tmp_path, FrozenClock(NOVEMBER))
    office.issued(2026, "planned")
    for no in (1, 2):
        notices = send_notices(office, no)
        for code, line in lines_of(office, no).items():
            less = 30_000 if (code, no) == (ITAYANAGI, 2) else 0
            pay(office, code, line.amount - less, date(2026, 8, 20), notices[code])
    last = line_of(office, ITAYANAGI, 4).amount
    credit(office, 30_000)
    credit(office, -22_197)
    assert payments.show_year(office.staff, YEAR, LATE).overdue == {}
    assert steps(office) == {"instalment_1": "", "instalment_2": ""}
    assert line_of(office, ITAYANAGI, 4).amount == last + 22_197
    send_notices(office, 4)
    assert line_of(office, ITAYANAGI, 4).amount == last + 22_197
    late = payments.show_year(office.staff, YEAR, LATE).overdue
    assert late[ITAYANAGI, 4].open == last + 22_197
    assert (ITAYANAGI, 2) not in late


def credit(office: Office, amount: int) -> None:
    with writing(office.staff.actor(), NOVEMBER) as unit:
        store.add_payments(
            unit, office.consortium_id, [money(amount)], action="settlement.carry_out", title="充当"
        )


def steps(office: Office) -> dict[str, str]:
    """Give what 今月の仕事 says is unpaid of the first two instalments."""
    lines = year_plan.show_plan(office.staff, YEAR, NOVEMBER).lines
    return {
        line.step.key: line.what if "未納" in line.what else ""
        for line in lines
        if line.step.key in ("instalment_1", "instalment_2")
    }
