"""Asking for instalments and recalling overdue ones (納入依頼・督促)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import registers
from consortium.db.store.orders import Order
from consortium.db.store.registers import Entry
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    ClosedError,
    DomainError,
    InvalidTransitionError,
    StaleError,
)
from consortium.domain.yen import Yen
from consortium.usecases import (
    cancelling,
    downloads,
    instalments,
    notices,
    payments,
    register_check,
    reminders,
    year_closing,
)
from consortium.usecases.instalments import Part, instalment_lines
from consortium.usecases.kinds import KINDS, period_name, title_of
from consortium.usecases.notices import NoticeOrder
from consortium.usecases.ordering import Maker
from consortium.usecases.reminders import ReminderOrder
from consortium.usecases.ticking import tick
from tests import factories
from tests.collecting import line_of, other_approver
from tests.office import (
    FUJISAKI,
    HIROSAKI,
    ITAYANAGI,
    Office,
    chain_faults,
    copy_costs,
    data_rows,
    issued_office,
    open_office,
    report_runs,
)

pytestmark = pytest.mark.usefixtures("plain_files")

YEAR = FiscalYear(2026)
#: 2026-04-20 10:00 in Japan: a month before the first instalment.
APRIL = datetime(2026, 4, 20, 1, 0, tzinfo=UTC)
TOWNS = 7


@pytest.fixture
def office(database: Flask, tmp_path: Path) -> Office:
    """The amounts of FY2026 are issued as 当初."""
    return issued_office(tmp_path / "files", FrozenClock(APRIL), 2026, "planned")


def form(office: Office, no: int = 1, **changes: object) -> NoticeOrder:
    page = notices.show_notices(office.approver, YEAR, office.clock.now().date())
    return replace(NoticeOrder(str(uuid4()), page.seen(no)), **changes)  # type: ignore[arg-type]


def issue(office: Office, no: int = 1, entry: NoticeOrder | None = None) -> Order:
    entry = entry or form(office, no)
    return notices.issue_notices(office.approver, YEAR, no, entry, Maker(office.worker, KINDS))


def entries(office: Office, kind: str = "notice") -> list[Entry]:
    with reading() as session:
        found = registers.entries(session, office.consortium_id, year=YEAR)
    return [each for each in found if each.kind == kind]


def content(office: Office, entry: Entry) -> bytes:
    return downloads.fetch(office.staff, entry.file_id, office.worker.folder).content


def amount_of(office: Office, code: str, no: int) -> Yen:
    with reading() as session:
        return instalment_lines(session, office.consortium_id, YEAR, code)[no - 1].amount


def test_every_town_is_asked_for_the_first_instalment_by_its_due_day(office: Office) -> None:
    assert issue(office).is_done
    found = entries(office)
    assert len(found) == TOWNS
    assert {(each.period_key, each.instalment, each.edition) for each in found} == {
        ("FY2026I1", 1, 1)
    }
    # 2026-05-20 is a Wednesday.
    assert {each.due_on for each in found} == {date(2026, 5, 20)}
    assert {each.stage for each in found} == {"planned"}
    with reading() as session:
        lines = instalment_lines(session, office.consortium_id, YEAR, ITAYANAGI)
    (entry,) = [each for each in found if each.code == ITAYANAGI]
    whole = sum(line.amount for line in lines)
    # The usual plan: a quarter, rounded up to 1,000 yen.
    assert entry.amount == -(-whole // 4000) * 1000
    assert (lines[0].state, lines[0].statement_id) == ("notified", entry.id)
    assert chain_faults(office) == []
    assert register_check.verify(office.consortium_id, office.worker.folder).faults == []


@pytest.mark.usefixtures("workbooks")
def test_a_notice_says_amount_day_and_all_instalments(office: Office) -> None:
    issue(office)
    (entry,) = [each for each in entries(office) if each.code == ITAYANAGI]
    rows = data_rows(content(office, entry))
    own = [row for row in rows if row["団体コード"] == ITAYANAGI]
    assert sum(row["今回納入額_円"] or 0 for row in rows) == entry.amount
    assert {(row["期"], row["納入期限"]) for row in own} == {(1, "2026-05-20")}
    assert entry.display_name == "R08_納入依頼_第1期_023817_板柳町_第1版.xlsx"
    handed = downloads.fetch(office.staff, entry.file_id, office.worker.folder)
    assert handed.ascii_name == "notice_FY2026_q1_023817_v1.xlsx"


def test_the_same_form_twice_has_one_effect(office: Office) -> None:
    entry = form(office)
    first = issue(office, entry=entry)
    before = factories.everything()
    assert issue(office, entry=entry) == first
    assert factories.everything() == before


def test_another_form_finds_nobody_left_to_ask(office: Office) -> None:
    late = form(office)
    issue(office)
    with pytest.raises(InvalidTransitionError, match="依頼する団体がありません"):
        issue(office, entry=late)
    assert len(entries(office)) == TOWNS


def test_a_form_cannot_be_used_for_another_instalment(office: Office) -> None:
    entry = form(office)
    issue(office, entry=entry)
    with pytest.raises(BadInputError, match="別の帳票"):
        issue(office, 2, replace(form(office, 2), record_id=entry.record_id))


def test_who_has_nothing_to_pay_in_an_instalment_is_sent_nothing(office: Office) -> None:
    days = date(2026, 5, 20), date(2026, 8, 20)
    # No cost category is asked for in the first instalment: all of it is in the last.
    entry = instalments.Entry("items", 1, "floor", "cash", tuple(Part(d, "stay", d) for d in days))
    instalments.save_plan(office.staff, YEAR, 0, entry, office.clock.now())
    page = notices.show_notices(office.approver, YEAR, APRIL.date()).find(1)
    assert (page.to_send, len(page.left_out)) == ((), TOWNS)
    with pytest.raises(InvalidTransitionError, match="依頼する団体がありません"):
        issue(office)


def test_amounts_changed_meanwhile_are_shown_again(office: Office) -> None:
    seen = form(office)
    copy_costs(office, 2026, "planned", 2026, "revised")
    office.clock.advance(timedelta(minutes=1))
    office.issued(2026, "revised")
    with pytest.raises(StaleError, match="額か納期限が変わりました"):
        issue(office, entry=seen)
    assert entries(office) == []


@pytest.mark.parametrize(
    ("day", "is_asked"), [(6, False), (7, True), (20, True)], ids=["14 days", "13 days", "0 days"]
)
def test_fewer_than_fourteen_days_are_asked_about(
    office: Office, day: int, *, is_asked: bool
) -> None:
    office.clock.advance(datetime(2026, 5, day, 1, tzinfo=UTC) - office.clock.now())
    if is_asked:
        with pytest.raises(BadInputError, match="14日前") as refused:
            issue(office)
        assert refused.value.path == "is_late_accepted"
        assert entries(office) == []
    assert issue(office, entry=form(office, is_late_accepted=True)).is_done


def test_a_due_day_gone_by_is_refused(office: Office) -> None:
    office.clock.advance(datetime(2026, 5, 21, 1, tzinfo=UTC) - office.clock.now())
    before = factories.everything()
    with pytest.raises(BadInputError, match=r"令和8年度 第1期の納入依頼を発行.*過ぎています"):
        issue(office, entry=form(office, is_late_accepted=True))
    assert factories.everything() == before


def test_a_notice_cancelled_after_its_due_day_is_sent_again_with_another(office: Office) -> None:
    issue(office)
    (entry,) = [each for each in entries(office) if each.code == FUJISAKI]
    other = other_approver(office)
    office.clock.advance(datetime(2026, 6, 1, 1, tzinfo=UTC) - office.clock.now())
    cancelling.cancel(other, entry.id, "宛先の誤り", office.clock.now())
    before = factories.everything()
    # Yesterday, today, a Sunday, a day of the year after next: none is a day to pay by.
    for wrong in ((2026, 5, 31), (2026, 6, 1), (2026, 6, 14), (2027, 6, 1)):
        with pytest.raises(BadInputError) as refused:
            issue(office, entry=form(office, due_on=date(*wrong), is_late_accepted=True))
        assert refused.value.path == "due_on"
    with pytest.raises(BadInputError, match="14日前"):
        issue(office, entry=form(office, due_on=date(2026, 6, 12)))
    assert factories.everything() == before
    assert issue(office, entry=form(office, due_on=date(2026, 6, 15))).is_done
    (again,) = [each for each in entries(office) if each.edition == 2]
    assert (again.code, again.amount, again.due_on) == (FUJISAKI, entry.amount, date(2026, 6, 15))
    # The others keep the day of the plan.
    assert line_of(office, FUJISAKI, 1).due_on == date(2026, 6, 15)
    assert line_of(office, ITAYANAGI, 1).due_on == date(2026, 5, 20)
    assert reminders.late_instalments(office.staff, YEAR, date(2026, 6, 15)) == {1: 6}
    assert reminders.late_instalments(office.staff, YEAR, date(2026, 6, 16)) == {1: 7}


def test_nothing_is_asked_for_by_an_estimate(database: Flask, tmp_path: Path) -> None:
    opened = open_office(tmp_path / "files", FrozenClock(APRIL))
    with pytest.raises(InvalidTransitionError, match="発行した算定がありません"):
        issue(opened)
    copy_costs(opened, 2026, "planned", 2026, "estimate")
    opened.issued(2026, "estimate")
    with pytest.raises(InvalidTransitionError, match="概算"):
        issue(opened)


def test_a_revision_recuts_what_was_not_sent_and_leaves_what_was(office: Office) -> None:
    issue(office)
    sent = {each.code: content(office, each) for each in entries(office)}
    first, second = (amount_of(office, ITAYANAGI, no) for no in (1, 2))
    copy_costs(office, 2026, "planned", 2026, "revised")
    factories.add_many_items(office.staff, 2026, 1, "revised")
    office.clock.advance(timedelta(days=60))
    office.issued(2026, "revised")
    issue(office, 2)
    assert amount_of(office, ITAYANAGI, 1) == first
    assert amount_of(office, ITAYANAGI, 2) > second
    after = [each for each in entries(office) if each.instalment == 1]
    assert {each.code: content(office, each) for each in after} == sent
    assert all(each.is_current for each in after)
    (entry,) = [e for e in entries(office) if e.code == ITAYANAGI and e.instalment == 2]
    assert (entry.stage, entry.amount) == ("revised", amount_of(office, ITAYANAGI, 2))


def test_a_cancelled_notice_is_sent_again_as_the_next_edition(office: Office) -> None:
    issue(office)
    (entry,) = [each for each in entries(office) if each.code == FUJISAKI]
    other = other_approver(office)
    cancelling.cancel(other, entry.id, "宛先の誤り", office.clock.now())
    issue(office)
    again = [each for each in entries(office) if each.edition == 2]
    assert [(each.code, each.amount) for each in again] == [(FUJISAKI, entry.amount)]
    assert again[0].display_name.endswith("藤崎町_第2版.xlsx")
    assert again[0].number > max(each.number for each in entries(office) if each.edition == 1)


def test_a_crash_between_order_and_files_sends_what_was_seen(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_a: object, **_k: object) -> Order:
        raise KeyboardInterrupt

    asked = amount_of(office, ITAYANAGI, 1)
    with monkeypatch.context() as broken:
        broken.setattr(notices, "make", crash)
        with pytest.raises(KeyboardInterrupt):
            issue(office)
    assert entries(office) == []
    # Meanwhile the amounts change; a second order has to wait.
    copy_costs(office, 2026, "planned", 2026, "revised")
    factories.add_many_items(office.staff, 2026, 1, "revised")
    office.clock.advance(timedelta(minutes=1))
    office.issued(2026, "revised")
    with pytest.raises(InvalidTransitionError, match="まだ終わっていません"):
        issue(office)
    tick(office.worker)
    (entry,) = [each for each in entries(office) if each.code == ITAYANAGI]
    assert (entry.amount, entry.stage) == (asked, "planned")
    assert len(report_runs("notice")) == 1


def test_a_closed_year_asks_for_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(year_closing, "_open_points", lambda *_: [])
    seen, now = form(office), office.clock.now()
    year_closing.close_soft(office.staff, YEAR, "", now)
    year_closing.close_hard(office.approver, YEAR, "", now)
    with pytest.raises(ClosedError):
        issue(office, entry=seen)
    assert entries(office) == []


# ---- reminders -----------------------------------------------------------------------------------


def overdue_office(office: Office) -> Office:
    """板柳町 paid a part, 藤崎町 nothing, the others all; it is 1 June."""
    issue(office)
    due = {each.code or "": each for each in entries(office)}
    office.clock.advance(datetime(2026, 6, 1, 1, tzinfo=UTC) - office.clock.now())
    for code, entry in due.items():
        paid = {ITAYANAGI: Yen(entry.amount - 1_000), FUJISAKI: Yen(0)}.get(code, entry.amount)
        if paid:
            given = payments.Entry(entry.id, date(2026, 5, 20), paid)
            payments.record_payment(
                office.staff, YEAR, code, given, office.clock.now(), str(uuid4())
            )
    return office


def remind(office: Office, chosen: dict[str, int], **changes: object) -> Order:
    entry = replace(
        ReminderOrder(str(uuid4()), chosen, date(2026, 6, 15)),
        **changes,  # type: ignore[arg-type]
    )
    return reminders.issue_reminders(office.approver, YEAR, 1, entry, Maker(office.worker, KINDS))


def test_those_who_owe_are_listed_with_what_is_unpaid(office: Office) -> None:
    overdue_office(office)
    page = reminders.show_reminders(office.approver, YEAR, 1, date(2026, 6, 1))
    whole = amount_of(office, FUJISAKI, 1)
    assert [(each.owed.code, each.owed.open, each.times) for each in page.lines] == [
        (FUJISAKI, whole, 0),
        (ITAYANAGI, 1_000, 0),
    ]
    # 15 June 2026 is a Monday, two weeks later.
    assert page.proposed == date(2026, 6, 15)
    assert reminders.late_instalments(office.staff, YEAR, date(2026, 6, 1)) == {1: 2}


@pytest.mark.usefixtures("workbooks")
def test_only_the_chosen_are_reminded_and_each_time_is_counted(office: Office) -> None:
    overdue_office(office)
    whole = amount_of(office, FUJISAKI, 1)
    assert remind(office, {ITAYANAGI: 1_000}).is_done
    assert remind(office, {ITAYANAGI: 1_000, FUJISAKI: whole}).is_done
    found = entries(office, "reminder")
    assert [(each.code, each.edition, each.amount) for each in found] == [
        (ITAYANAGI, 1, 1_000),
        (FUJISAKI, 2, whole),
        (ITAYANAGI, 2, 1_000),
    ]
    assert {each.due_on for each in found} == {date(2026, 6, 15)}
    times = [data_rows(content(office, each))[0]["督促の回"] for each in found]
    assert times == [1, 1, 2]
    assert found[0].display_name == "R08_督促_第1期_023817_板柳町_第1版.xlsx"
    assert register_check.verify(office.consortium_id, office.worker.folder).faults == []


def test_a_reminder_changes_no_notice_and_is_no_notice(office: Office) -> None:
    overdue_office(office)
    before = entries(office)
    remind(office, {ITAYANAGI: 1_000})
    assert entries(office) == before
    assert amount_of(office, ITAYANAGI, 1) == next(
        each.amount for each in before if each.code == ITAYANAGI
    )


def test_the_same_reminder_twice_has_one_effect(office: Office) -> None:
    overdue_office(office)
    key = str(uuid4())
    first = remind(office, {ITAYANAGI: 1_000}, record_id=key)
    before = factories.everything()
    assert remind(office, {ITAYANAGI: 1_000}, record_id=key) == first
    assert factories.everything() == before


def refused_reminders() -> list[tuple[dict[str, object], type[DomainError], str]]:
    return [
        ({"chosen": {}}, BadInputError, "選ばれていません"),
        ({"chosen": {ITAYANAGI: 999}}, StaleError, "未納の額が変わりました"),
        ({"chosen": {HIROSAKI: 1}}, StaleError, "未納の額が変わりました"),
        ({"due_on": date(2026, 6, 1)}, BadInputError, "明日以後"),
        ({"due_on": date(2026, 6, 14)}, BadInputError, "閉庁日"),
    ]


@pytest.mark.parametrize(("changes", "error", "said"), refused_reminders())
def test_what_cannot_be_recalled_changes_nothing(
    office: Office, changes: dict[str, object], error: type[DomainError], said: str
) -> None:
    overdue_office(office)
    before = factories.everything()
    with pytest.raises(error, match=said):
        remind(office, **({"chosen": {ITAYANAGI: 1_000}} | changes))  # type: ignore[arg-type]
    assert factories.everything() == before


def test_kinds_and_periods_have_names() -> None:
    assert [title_of(kind) for kind in ("notice", "reminder", "archive", "statement_final")] == [
        "納入依頼", "督促", "年度アーカイブ", "負担金明細書（確定）",
    ]  # fmt: skip
    assert period_name("FY2026I2") == "令和8年度 第2期"
    assert period_name("FY2026") == "令和8年度"
