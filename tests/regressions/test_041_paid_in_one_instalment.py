"""041: a year that was paid in full could never be closed: one instalment had taken it all.

The later instalments counted as owed and not asked for, and after 精算 nobody can be asked more.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.unit import reading
from consortium.usecases import settlements, year_closing
from tests.collecting import YEAR, lines_of, pay, send_notices
from tests.office import Office, copy_costs, open_office

pytestmark = pytest.mark.usefixtures("plain_files")

MAY = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)


def test_a_year_paid_in_full_is_closed_whichever_instalment_the_money_named(
    database: Flask, tmp_path: Path
) -> None:
    office = open_office(tmp_path, FrozenClock(MAY))
    copy_costs(office, 2026, "planned", 2026, "settlement")
    office.issued(2026, "planned")
    notices = send_notices(office, 1)
    for code, line in lines_of(office, 1).items():
        pay(office, code, line.amount, date(2026, 5, 1), notices[code])
    rest = _owed(office)
    for code, amount in rest.items():
        # The whole year for the notice of the first instalment.
        pay(office, code, amount, date(2026, 5, 1), notices[code])
    office.issued(2026, "settlement")
    _settle(office)
    year_closing.close_soft(office.staff, YEAR, "", MAY)
    assert year_closing.show_year(office.approver, YEAR, MAY.date()).open == []
    year_closing.close_hard(office.approver, YEAR, "", MAY)


def _owed(office: Office) -> dict[str, int]:
    owed: dict[str, int] = {}
    for no in range(2, 5):
        for code, line in lines_of(office, no).items():
            owed[code] = owed.get(code, 0) + line.amount
    return owed


def _settle(office: Office) -> None:
    with reading() as session:
        facts = settlements.settlement_facts(session, office.consortium_id, YEAR)
    assert {line.difference for line in facts.lines} == {0}
    settlements.settle_year(office.approver, YEAR, facts.seen, {}, MAY)
