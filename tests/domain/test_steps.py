"""The steps of the year (年間予定): their days, their states, what holds them up."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.fiscalyear.steps import (
    DEFAULT_STEPS,
    Timing,
    about_year,
    fact_of,
    moved_to,
    notice_deadline,
    state_of,
)
from consortium.domain.fiscalyear.year_facts import (
    BaseRoundState,
    Fact,
    InstalmentState,
    YearFacts,
)

YEAR = FiscalYear(2026)
BY_KEY = {step.key: step for step in DEFAULT_STEPS}
NOTHING = YearFacts()
DUE = date(2026, 12, 10)


def fact(key: str, facts: YearFacts = NOTHING) -> Fact:
    return fact_of(key, YEAR, facts)


@pytest.mark.parametrize(
    ("key", "day", "about"),
    [
        ("base_figures", date(2026, 9, 30), 2027),
        ("estimate", date(2026, 10, 31), 2027),
        ("revised", date(2026, 11, 5), 2026),
        ("planned", date(2027, 2, 10), 2027),
        ("final", date(2027, 2, 15), 2026),
        ("instalment_1", date(2026, 5, 20), 2026),
        ("instalment_2", date(2026, 8, 20), 2026),
        ("instalment_3", date(2026, 11, 20), 2026),
        ("instalment_4", date(2027, 2, 20), 2026),
        ("settlement", date(2026, 5, 31), 2025),
        ("hard_close", date(2026, 6, 30), 2025),
        ("soft_close", date(2027, 3, 31), 2026),
        ("monthly_03", date(2026, 4, 1), 2025),
        ("monthly_12", date(2027, 1, 1), 2026),
        ("monthly_02", date(2027, 3, 1), 2026),
    ],
)
def test_the_default_calendar_is_that_of_the_design(key: str, day: date, about: int) -> None:
    assert BY_KEY[key].nominal_on(YEAR) == day
    assert about_year(key, YEAR) == FiscalYear(about)


def test_every_default_step_lies_in_its_year_and_its_key_is_there_once() -> None:
    assert len(BY_KEY) == len(DEFAULT_STEPS) == 28
    assert all(YEAR.period.contains(step.nominal_on(YEAR)) for step in DEFAULT_STEPS)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 10, 31), "coming"),
        (date(2026, 11, 1), "due"),
        (date(2026, 11, 4), "due"),
        (date(2026, 11, 5), "due"),
        (date(2026, 11, 6), "overdue"),
    ],
)
def test_due_from_the_first_of_the_month_overdue_from_the_day_after(
    today: date, state: str
) -> None:
    assert state_of(Fact(), date(2026, 11, 5), today, is_marked=False) == state


@pytest.mark.parametrize("today", [date(2027, 3, 30), date(2027, 3, 31), date(2027, 4, 1)])
def test_done_stays_done_whatever_the_day(today: date) -> None:
    day = date(2027, 3, 31)
    assert state_of(Fact(is_done=True), day, today, is_marked=False) == "done"
    assert state_of(Fact(blocked="確定待ち"), day, today, is_marked=True) == "done"


def test_what_blocks_shows_once_the_month_has_come() -> None:
    blocked, day = Fact(blocked="確定待ち", blocked_by="承認者"), date(2027, 3, 31)
    assert state_of(blocked, day, date(2027, 2, 28), is_marked=False) == "coming"
    assert state_of(blocked, day, date(2027, 3, 1), is_marked=False) == "blocked"
    assert state_of(blocked, day, date(2027, 4, 1), is_marked=False) == "blocked"


def test_the_settlement_of_may_2026_is_worked_to_the_29th() -> None:
    timing = Timing.of(date(2026, 5, 31), "previous_open_day", OpenDays())
    assert (timing.effective_on, timing.is_moved) == (date(2026, 5, 29), True)


@pytest.mark.parametrize(
    ("due_on", "last"),
    [
        (date(2026, 5, 20), date(2026, 5, 1)),  # 6 May is a holiday, 3 to 5 May as well
        (date(2026, 8, 20), date(2026, 8, 6)),
        (date(2027, 2, 19), date(2027, 2, 5)),
    ],
)
def test_a_notice_goes_out_at_least_fourteen_days_before(due_on: date, last: date) -> None:
    office = OpenDays(date(2026, 5, day) for day in (3, 4, 5, 6))
    assert notice_deadline(due_on, office) == last
    assert due_on - notice_deadline(due_on, office) >= timedelta(days=14)


def test_29_february_moves_to_the_28th() -> None:
    assert moved_to(date(2028, 2, 29), 1) == date(2029, 2, 28)
    assert moved_to(date(2027, 2, 10), 1) == date(2028, 2, 10)


# ---- what the tables say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "start", "stage"),
    [
        ("estimate", 2027, "estimate"),
        ("revised", 2026, "revised"),
        ("planned", 2027, "planned"),
        ("final", 2026, "final"),
    ],
)
def test_a_stage_is_done_once_issued_for_the_year_it_is_about(
    key: str, start: int, stage: str
) -> None:
    day = date(2026, 10, 30)
    assert fact(key, YearFacts(issued={(start, stage): day})).done_on == day
    assert not fact(key, YearFacts(issued={(start + 1, stage): day})).is_done
    assert not fact(key, YearFacts(issued={(start - 1, stage): day})).is_done


@pytest.mark.parametrize(
    ("state", "why", "by"),
    [
        ("draft", "", ""),
        ("in_review", "承認者の審査を待っています", "承認者"),
        ("approved", "承認者の発行を待っています", "承認者"),
    ],
)
def test_a_run_on_its_way_waits_for_the_approver(state: str, why: str, by: str) -> None:
    found = fact("final", YearFacts(on_their_way={(2026, "final"): state}))
    assert (found.blocked, found.blocked_by) == (why, by)


def test_an_open_question_on_any_run_of_the_year_blocks_final_only() -> None:
    asked = YearFacts(questions={2026: 2})
    assert fact("final", asked).blocked == "回答していない質疑が2件あります"
    assert not fact("revised", asked).blocked
    assert not fact("final", YearFacts(questions={2025: 2, 2027: 1})).blocked


def test_base_figures_are_done_when_the_round_is_closed() -> None:
    assert fact("base_figures").blocked_by == "担当"
    waiting = BaseRoundState(is_open=True, missing=("藤崎町", "板柳町"), due_on=DUE)
    late = YearFacts(rounds={2027: (waiting,)})
    assert fact("base_figures", late).what == "未提出：藤崎町・板柳町"
    assert not fact("base_figures", late).is_done
    assert fact("estimate", late).blocked_by == "藤崎町・板柳町"
    over = BaseRoundState(is_open=False, closed_on=date(2026, 9, 30))
    closed = YearFacts(rounds={2027: (over,)})
    assert fact("base_figures", closed).done_on == date(2026, 9, 30)
    assert not fact("estimate", closed).blocked
    both = YearFacts(rounds={2027: (over, replace(waiting, series=("端末台数",)))})
    assert fact("base_figures", both).is_done
    assert fact("base_figures", both).what == "端末台数　未提出：藤崎町・板柳町"
    assert not fact("estimate", both).blocked


@pytest.mark.parametrize(
    ("is_done", "today", "state"),
    [
        # A round open until 10 December; the step's own day is 30 September.
        (False, date(2026, 8, 31), "coming"),
        (False, date(2026, 9, 1), "due"),
        (False, date(2026, 10, 1), "due"),
        (False, date(2026, 12, 10), "due"),
        (False, date(2026, 12, 11), "overdue"),
        (True, date(2026, 12, 10), "done"),
        (True, date(2026, 12, 11), "overdue"),
    ],
)
def test_an_open_round_is_late_by_its_own_day(is_done: bool, today: date, state: str) -> None:
    found = Fact(is_done=is_done, due_on=DUE)
    assert state_of(found, date(2026, 9, 30), today, is_marked=False) == state
    assert state_of(found, date(2026, 9, 30), today, is_marked=True) == "done"


def test_a_round_due_before_the_steps_own_month_is_late_all_the_same() -> None:
    found = Fact(due_on=date(2026, 7, 15))
    for day, state in ((date(2026, 7, 15), "due"), (date(2026, 7, 16), "overdue")):
        assert state_of(found, date(2026, 9, 30), day, is_marked=False) == state


PLANNED = {(2026, no): date(2026, 5, 20) for no in (1, 2, 3)}


def test_a_notice_needs_a_plan_and_something_issued() -> None:
    assert fact("notice_1").blocked == "納付計画がありません"
    planned = YearFacts(planned=PLANNED)
    assert fact("notice_1", planned).blocked_by == "承認者"
    assert fact("notice_4", planned).is_off
    estimated = replace(planned, issued={(2026, "estimate"): date(2025, 10, 31)})
    assert fact("notice_1", estimated).blocked_by == "承認者"
    ready = replace(planned, issued={(2026, "planned"): date(2026, 2, 10)})
    assert fact("notice_1", ready) == Fact()
    sent = replace(ready, instalments={(2026, 1): InstalmentState(7, date(2026, 5, 1))})
    assert fact("notice_1", sent).is_done
    assert fact("notice_1", sent).done_on == date(2026, 5, 1)
    assert not fact("notice_2", sent).is_done


def test_a_notice_is_done_when_every_town_that_owes_something_has_one() -> None:
    some = InstalmentState(6, date(2026, 5, 1), not_asked=("藤崎町", "板柳町"))
    found = YearFacts(planned=PLANNED, instalments={(2026, 1): some})
    assert (fact("notice_1", found).is_done, fact("notice_1", found).what) == (
        False, "6団体に納入を依頼　未依頼：藤崎町・板柳町",
    )  # fmt: skip
    assert (fact("instalment_1", found).is_done, fact("instalment_1", found).what) == (
        False, "未依頼：藤崎町・板柳町",
    )  # fmt: skip
    unpaid = replace(found, instalments={(2026, 1): replace(some, unpaid=("大鰐町",))})
    assert fact("instalment_1", unpaid).what == "未納：大鰐町　未依頼：藤崎町・板柳町"


def test_an_instalment_in_which_nobody_has_to_pay_is_nobodys_matter() -> None:
    issued = {(2026, "planned"): date(2026, 2, 10)}
    nobody = YearFacts(issued, planned=PLANNED, instalments={(2026, 1): InstalmentState()})
    assert fact("notice_1", nobody).is_off
    assert fact("instalment_1", nobody).is_off
    somebody = InstalmentState(not_asked=("板柳町",))
    asked = replace(nobody, instalments={(2026, 1): somebody})
    assert fact("notice_1", asked) == Fact()
    assert fact("instalment_1", asked).blocked == "納入依頼がまだ送られていません"


def test_a_cancelled_issue_says_that_the_next_edition_is_to_be_made() -> None:
    gone = YearFacts(
        cancelled=frozenset({(2026, "final")}), with_costs=frozenset({(2026, "final")})
    )
    assert fact("final", gone) == Fact(what="発行が取り消されました。次の版を作成してください")
    again = replace(gone, on_their_way={(2026, "final"): "draft"})
    assert fact("final", again).what == "下書きがあります"


def test_an_instalment_is_done_when_everybody_has_paid() -> None:
    assert fact("instalment_1").blocked == "納入依頼がまだ送られていません"
    assert fact("instalment_4", YearFacts(planned=PLANNED)).is_off
    sent = InstalmentState(7, date(2026, 5, 1), ("板柳町",))
    owed = YearFacts(instalments={(2026, 1): sent})
    assert (fact("instalment_1", owed).is_done, fact("instalment_1", owed).what) == (
        False, "未納：板柳町",
    )  # fmt: skip
    paid = YearFacts(instalments={(2026, 1): replace(sent, unpaid=())})
    assert fact("instalment_1", paid).is_done


def test_the_end_of_a_year_goes_final_settlement_lock() -> None:
    assert fact("settlement").blocked == "確定がまだ発行されていません"
    final = YearFacts(issued={(2025, "final"): date(2026, 2, 13)})
    assert not fact("settlement", final).blocked
    assert fact("hard_close", final).blocked == "精算がまだ済んでいません"
    settled = replace(final, settled={2025: date(2026, 5, 29)})
    assert fact("settlement", settled).done_on == date(2026, 5, 29)
    assert fact("hard_close", settled) == Fact()
    closed = replace(settled, closed={(2025, "hard"): date(2026, 6, 30)})
    assert fact("hard_close", closed).is_done
    assert not fact("soft_close", closed).is_done


def test_the_soft_lock_waits_for_the_final_amounts_and_the_hard_one_stands_for_it() -> None:
    assert fact("soft_close").blocked_by == "承認者"
    soft = YearFacts(closed={(2026, "soft"): date(2027, 3, 31)})
    hard = YearFacts(closed={(2026, "hard"): date(2027, 6, 30)})
    assert fact("soft_close", soft).done_on == date(2027, 3, 31)
    assert fact("soft_close", hard).is_done


def test_a_monthly_report_that_no_schedule_names_is_nobodys_matter() -> None:
    assert fact("monthly_10").is_off
    october = Month(2026, 10)
    assert not fact("monthly_10", YearFacts(scheduled=frozenset({october}))).is_off
    made = YearFacts(reported={october: date(2026, 11, 1)})
    assert fact("monthly_10", made).is_done
    # March of the calendar is that of the year before.
    march = YearFacts(reported={Month(2026, 3): date(2026, 4, 1)})
    assert fact("monthly_03", march).is_done


def test_of_a_step_of_the_offices_own_the_tables_know_nothing() -> None:
    everything = YearFacts(issued={(2026, "final"): date(2027, 2, 15)})
    assert fact_of("own_final", YEAR, everything) == Fact()
    assert about_year("own_final", YEAR) == YEAR
