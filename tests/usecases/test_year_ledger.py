"""今月の仕事 and 自団体のすること say what register and ledger say (台帳との一致)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.store import instalments as plans
from consortium.db.store import registers
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases import calendars, cancelling, instalments, notices, town, year_plan
from consortium.usecases import year_start as start
from consortium.usecases.overdue import overdue
from consortium.usecases.town_duties import Duty
from consortium.usecases.year_plan import StepLine
from tests import closing, factories
from tests.collecting import YEAR, cancel_notice, line_of, lines_of, other_approver, pay
from tests.collecting import send_notices as send
from tests.factories import OFFICER
from tests.office import FUJISAKI, HIROSAKI, ITAYANAGI, Office, copy_costs, open_office

pytestmark = pytest.mark.usefixtures("plain_files")

FIRST_DAY, LATE = date(2026, 12, 1), date(2027, 3, 1)


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


@pytest.fixture
def planned(office: Office) -> Office:
    """Issue FY2026's planned amounts and notify the first instalment to seven towns."""
    office.issued(2026, "planned")
    send(office, 1)
    return office


def step(office: Office, key: str, year: FiscalYear = YEAR) -> StepLine:
    lines = year_plan.show_plan(office.staff, year, datetime(2027, 3, 1, 9, tzinfo=TOKYO)).lines
    return next(line for line in lines if line.step.key == key)


def said(office: Office, key: str) -> tuple[str, str]:
    line = step(office, key)
    return line.state, line.what


def duties(office: Office, today: date = LATE) -> tuple[Duty, ...]:
    viewer = replace(office.staff, role="member_staff", code=ITAYANAGI, body="板柳町")
    return tuple(each for each in town.show_town(viewer, today).duties if each.kind == "pay")


def cancel_run(office: Office, run_id: str) -> None:
    with reading() as session:
        entries = registers.entries(session, office.consortium_id)
    chosen = next(each for each in entries if each.run_id == run_id and each.is_yearly)
    cancelling.cancel(other_approver(office), chosen.id, "誤り", office.clock.now())


# ---- what was cancelled --------------------------------------------------------------------------


def test_a_stage_whose_only_issue_was_cancelled_is_not_done(office: Office) -> None:
    run = office.issued(2026, "planned")
    start.start_year(office.staff, FiscalYear(2025), office.clock.now())
    line = step(office, "planned", FiscalYear(2025))
    assert (line.state, line.done_on) == ("done", FIRST_DAY)
    cancel_run(office, run.id)
    line = step(office, "planned", FiscalYear(2025))
    assert (line.state, line.what) == (
        "overdue", "発行が取り消されました。次の版を作成してください",
    )  # fmt: skip
    office.clock.advance(timedelta(days=2))
    office.issued(2026, "planned", "訂正")
    line = step(office, "planned", FiscalYear(2025))
    # The first edition is void: the step was done with the second.
    assert (line.state, line.done_on) == ("done", date(2026, 12, 3))


def test_a_superseded_edition_keeps_its_day_until_the_one_in_force_is_cancelled(
    office: Office,
) -> None:
    start.start_year(office.staff, FiscalYear(2025), office.clock.now())
    office.issued(2026, "planned")
    office.clock.advance(timedelta(days=2))
    second = office.issued(2026, "planned", "訂正")
    line = step(office, "planned", FiscalYear(2025))
    assert (line.state, line.done_on) == ("done", FIRST_DAY)
    cancel_run(office, second.id)
    assert step(office, "planned", FiscalYear(2025)).state == "overdue"


def test_a_settlement_whose_run_was_cancelled_is_not_done(office: Office) -> None:
    copy_costs(office, 2026, "planned", 2026, "settlement")
    run = office.issued(2026, "settlement")
    with writing(OFFICER, office.clock.now()) as unit:
        unit.session.add(
            models.Settlement(
                consortium_id=office.consortium_id, fiscal_year_start=2026, edition=1,
                run_id=run.id, total=run.total, settled_by="試験", settled_at=office.clock.now(),
            )
        )  # fmt: skip
        unit.record(office.consortium_id, "test.settle", "settlement", run.id, "精算")
    start.start_year(office.staff, FiscalYear(2027), office.clock.now())
    assert step(office, "settlement", FiscalYear(2027)).what == "精算しました"
    assert step(office, "hard_close", FiscalYear(2027)).fact.blocked == ""
    cancel_run(office, run.id)
    assert not step(office, "settlement", FiscalYear(2027)).fact.is_done
    assert step(office, "hard_close", FiscalYear(2027)).fact.blocked == "精算がまだ済んでいません"


# ---- what is still to be paid --------------------------------------------------------------------


def test_what_is_left_to_pay_shows_with_town_and_lead_city_until_nothing_is(
    planned: Office,
) -> None:
    due = line_of(planned, ITAYANAGI, 1)
    for code, line in lines_of(planned, 1).items():
        if code != ITAYANAGI:
            pay(planned, code, line.amount, FIRST_DAY, line.statement_id or "")
    (found,) = duties(planned)
    assert (found.title, found.amount, found.due_on, found.is_late, found.note) == (
        "令和8年度 第1期の納付", due.amount, due.due_on, True, due.document_number,
    )  # fmt: skip
    assert said(planned, "instalment_1") == ("overdue", "未納：板柳町")
    # Money that names no instalment pays it as well.
    pay(planned, ITAYANAGI, due.amount - 1, FIRST_DAY)
    assert [each.amount for each in duties(planned)] == [1]
    assert said(planned, "instalment_1") == ("overdue", "未納：板柳町")
    pay(planned, ITAYANAGI, 1, FIRST_DAY, due.statement_id or "")
    assert duties(planned) == ()
    assert said(planned, "instalment_1") == ("done", "すべて納付されています")


def test_a_duty_is_late_from_the_day_after(planned: Office) -> None:
    due_on = line_of(planned, ITAYANAGI, 1).due_on
    assert [each.is_late for each in duties(planned, due_on)] == [False]
    assert [each.is_late for each in duties(planned, due_on + timedelta(days=1))] == [True]


def test_a_town_settled_to_nothing_owes_nothing(planned: Office) -> None:
    assert len(duties(planned)) == 1
    closing.settle(planned.staff, YEAR, planned.clock.now())
    assert duties(planned) == ()
    assert said(planned, "instalment_1") == ("done", "すべて納付されています")


def test_after_the_settlement_no_more_is_asked_for_than_a_town_still_bears(
    planned: Office,
) -> None:
    pay(planned, ITAYANAGI, 5_000, FIRST_DAY)
    closing.settle(planned.staff, YEAR, planned.clock.now())
    with writing(OFFICER, planned.clock.now()) as unit:
        settled = unit.session.query(models.Settlement).one()
        unit.session.add(
            models.SettlementLine(
                settlement_id=settled.id, code=ITAYANAGI, consortium_id=planned.consortium_id,
                final=Yen(7_000), paid=Yen(5_000), difference=Yen(2_000), disposition="additional",
            )
        )  # fmt: skip
        unit.record(planned.consortium_id, "test.settle", "settlement", settled.id, "精算")
    assert [each.amount for each in duties(planned)] == [2_000]
    assert said(planned, "instalment_1") == ("overdue", "未納：板柳町")
    with reading() as session:
        (late,) = overdue(session, planned.consortium_id, YEAR, LATE)
    assert (late.code, late.open) == (ITAYANAGI, 2_000)


def test_loose_money_pays_the_cancelled_instalment_first(planned: Office) -> None:
    send(planned, 2)
    first, second = line_of(planned, ITAYANAGI, 1), line_of(planned, ITAYANAGI, 2)
    cancel_notice(planned, first.statement_id or "")
    pay(planned, ITAYANAGI, first.amount, FIRST_DAY)
    (found,) = duties(planned)
    assert (found.title, found.amount) == ("令和8年度 第2期の納付", second.amount)
    assert "板柳町" in said(planned, "instalment_2")[1]


def test_a_plan_by_cost_category_is_read_as_the_ledger_reads_it(office: Office) -> None:
    usual = instalments.show_plan(office.staff, YEAR)
    plan = usual.saved.plan
    category_id = factories.items_of(office.staff, 2026, "planned")[0].category_id
    first = replace(plan.parts[0], percent=None, categories=(category_id,))
    others = [replace(part, percent=None) for part in plan.parts[1:]]
    saved = replace(
        usual.saved, id="p-1", row_version=1,
        plan=replace(plan, method="items", unit=1, parts=(first, *others)),
    )  # fmt: skip
    with writing(OFFICER, office.clock.now()) as unit:
        plans.add_plan(unit, office.consortium_id, saved)
    office.issued(2026, "planned")
    send(office, 1)
    send(office, 4)
    asked, last = line_of(office, ITAYANAGI, 1), line_of(office, ITAYANAGI, 4)
    assert min(asked.amount, last.amount) > 7
    cancel_notice(office, asked.statement_id or "")
    # All of the first, by no name, and 7 yen of the last.
    pay(office, ITAYANAGI, asked.amount + 7, FIRST_DAY)
    assert [(each.title[-6:], each.amount) for each in duties(office)] == [
        ("第4期の納付", last.amount - 7)
    ]


def test_a_cancelled_notice_asks_for_nothing(planned: Office) -> None:
    cancel_notice(planned, line_of(planned, ITAYANAGI, 1).statement_id or "")
    assert duties(planned) == ()


# ---- who was asked -------------------------------------------------------------------------------


def test_the_notices_are_sent_when_every_town_that_owes_something_has_one(
    planned: Office,
) -> None:
    assert said(planned, "notice_1") == ("done", "7団体に納入を依頼")
    assert step(planned, "notice_1").done_on == date(2026, 5, 1)
    for code in (ITAYANAGI, FUJISAKI):
        cancel_notice(planned, line_of(planned, code, 1).statement_id or "")
    assert said(planned, "notice_1") == ("overdue", "5団体に納入を依頼　未依頼：藤崎町・板柳町")
    for code, line in lines_of(planned, 1).items():
        if line.state == "notified":
            pay(planned, code, line.amount, FIRST_DAY, line.statement_id or "")
    assert said(planned, "instalment_1") == ("overdue", "未依頼：藤崎町・板柳町")
    send(planned, 1)
    assert said(planned, "notice_1") == ("done", "7団体に納入を依頼")
    assert said(planned, "instalment_1") == ("overdue", "未納：藤崎町・板柳町")


def test_once_the_settlement_is_issued_no_notice_is_left_to_send(planned: Office) -> None:
    cancel_notice(planned, line_of(planned, ITAYANAGI, 1).statement_id or "")
    assert said(planned, "notice_1")[0] == "overdue"
    planned.clock.advance(timedelta(days=1))
    copy_costs(planned, 2026, "planned", 2026, "settlement")
    planned.issued(2026, "settlement")
    assert said(planned, "notice_1") == ("done", "6団体に納入を依頼")
    assert said(planned, "instalment_2") == ("off", "この期に納入を依頼する団体がありません")


def test_an_estimate_asks_nobody(office: Office) -> None:
    copy_costs(office, 2026, "planned", 2026, "estimate")
    usual = instalments.show_plan(office.staff, YEAR).saved
    with writing(OFFICER, office.clock.now()) as unit:
        plans.add_plan(unit, office.consortium_id, replace(usual, id="p-1", row_version=1))
    office.issued(2026, "estimate")
    assert step(office, "notice_1").fact.blocked == "この年度の負担金がまだ発行されていません"
    assert step(office, "instalment_1").fact.blocked == "納入依頼がまだ送られていません"
    office.issued(2026, "planned")
    assert said(office, "notice_1") == ("overdue", "")


# ---- the lead city's own days --------------------------------------------------------------------


def test_a_closed_day_of_the_lead_city_moves_its_deadlines_and_a_towns_does_not(
    office: Office,
) -> None:
    # Thursdays: the nominal days of 変更 and of the second instalment; and 14 days before it.
    days = [date(2026, 11, 5), date(2026, 8, 20), date(2026, 8, 6)]
    asked = [step(office, "revised").timing.effective_on, *_due(office)]
    assert asked == days
    for code in (ITAYANAGI, HIROSAKI):
        for day in days:
            calendars.add_day(
                office.staff, calendars.DayEntry(day, "停電", True, code), office.clock.now()
            )
        moved = [step(office, "revised").timing.effective_on, *_due(office)]
        if code == ITAYANAGI:
            assert moved == days
    # 19 August less 14 days is the 5th, a Wednesday.
    assert moved == [date(2026, 11, 4), date(2026, 8, 19), date(2026, 8, 5)]
    assert step(office, "revised").why_moved == "11月5日は停電のため、前開庁日"


def _due(office: Office) -> list[date]:
    second = instalments.show_plan(office.staff, YEAR).saved.plan.parts[1]
    page = notices.show_notices(office.staff, YEAR, FIRST_DAY)
    return [second.due_on, page.find(2).send_by]
