"""The instalments and the settlement that the design works out, through the portal (設計の例).

100,000,000 yen planned for seven towns, asked for in four instalments and paid, 96,543,210 yen
spent: 藤崎町 is asked for 1,894,000 three times and for 1,890,857, and 3,456,790 yen go back.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import registers
from consortium.db.store.registers import Entry
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases import cost_items, costs, notices, payments, register_check, settlements
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from consortium.usecases.reporting import Worker
from tests.case_in_portal import enter
from tests.factories import items_of
from tests.office import FUJISAKI, ITAYANAGI, Office

YEAR = FiscalYear(2022)
CASES = Path(__file__).parents[1] / "domain" / "cases"
PLANNED, SPENT = ((CASES / f"seven_towns{end}.yaml").read_text("utf-8") for end in ("", "_settled"))
#: What each town bears, as the design's table has it.
BORNE: dict[str, int] = yaml.safe_load(PLANNED)["expect"]
ACTUAL: dict[str, int] = yaml.safe_load(SPENT)["expect"]


@pytest.fixture
def office(database: Flask, tmp_path: Path) -> Office:
    """Issue 当初 in April and send the notices of all four instalments."""
    entered = enter(PLANNED, "planned")
    clock = FrozenClock(datetime(2022, 4, 20, 1, tzinfo=UTC))
    approver = replace(entered.viewer, user_id="u-9", name="弘前 承認", role="lead_approver")
    worker = Worker("process-1", tmp_path / "files", clock.now)
    found = Office(entered.viewer, approver, worker, clock)
    found.issued(YEAR.start_year, "planned")
    for no in (1, 2, 3, 4):
        page = notices.show_notices(approver, YEAR, clock.today())
        entry = notices.NoticeOrder(str(uuid4()), page.seen(no))
        notices.issue_notices(approver, YEAR, no, entry, Maker(worker, KINDS))
    clock.advance(datetime(2023, 2, 20, 1, tzinfo=UTC) - clock.now())
    return found


def sent(office: Office) -> list[Entry]:
    with reading() as session:
        entries = registers.entries(session, office.consortium_id, year=YEAR)
    return [each for each in entries if each.kind == "notice"]


def spend(office: Office, amount: int) -> None:
    """Register what was really spent and issue 精算."""
    now = office.clock.now()
    cost_items.copy_from_stage(office.staff, YEAR, "settlement", YEAR, "planned", now)
    (item,) = items_of(office.staff, YEAR.start_year, "settlement")
    entry = costs.Entry(item.category_id, item.name, Yen(amount), item.first_month, item.last_month)
    cost_items.change_item(office.staff, item.id, item.row_version, entry, now)
    office.issued(YEAR.start_year, "settlement")


def test_the_instalments_and_the_refunds_of_the_design(office: Office) -> None:
    found = {(each.code, each.instalment): each.amount for each in sent(office)}
    of_fujisaki = tuple(found[FUJISAKI, no] for no in (1, 2, 3, 4))
    assert of_fujisaki == (1_894_000, 1_894_000, 1_894_000, 1_890_857)
    by_town = {code: sum(found[code, no] for no in (1, 2, 3, 4)) for code in BORNE}
    assert by_town == BORNE
    assert sum(found.values()) == 100_000_000
    for each in sent(office):
        entry = payments.Entry(each.id, date(2023, 2, 20), each.amount)
        payments.record_payment(
            office.staff, YEAR, each.code or "", entry, office.clock.now(), str(uuid4())
        )
    spend(office, 96_543_210)
    seen = settlements.show_settlement(office.approver, YEAR).facts.seen
    now = office.clock.now()
    settled = settlements.settle_year(office.approver, YEAR, seen, {}, now)
    lines = {str(line.code): line for line in settled.lines}
    assert {code: line.final for code, line in lines.items()} == ACTUAL
    assert {code: -line.difference for code, line in lines.items()} == {
        code: BORNE[code] - ACTUAL[code] for code in BORNE
    }
    assert (lines[FUJISAKI].difference, lines[ITAYANAGI].difference) == (-261_778, -248_418)
    assert {line.disposition for line in lines.values()} == {"refund"}
    assert sum(line.difference for line in lines.values()) == -3_456_790
    for code in lines:
        done = settlements.Carrying(office.clock.today(), code)
        (paid_back,) = settlements.carry_out(office.staff, YEAR, code, done, now, str(uuid4()))
        assert paid_back.amount == lines[code].difference
    assert settlements.show_settlement(office.approver, YEAR).facts.outstanding == 0
    assert register_check.verify(office.consortium_id, office.worker.folder).faults == []
