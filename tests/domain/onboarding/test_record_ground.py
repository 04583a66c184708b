"""What is done, accepted or live keeps the records it rests on (記録を変えられないとき)."""

from dataclasses import replace
from datetime import date

import pytest

from consortium.domain.errors import InvalidTransitionError
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.record_steps import Setting, check, refuse_removal
from consortium.domain.onboarding.records import Decision, Evidence, PlanRecords, Record
from tests.domain.onboarding.recorded import (
    LIVE,
    TOWN,
    VOTED,
    budget,
    contract,
    judged,
    kept,
    plan,
    ran,
    task,
    vote,
)

SIGNED, MET = date(2027, 1, 20), date(2026, 8, 25)
#: The council froze the money until 10 January; it may be spent from the 15th.
FROZEN = vote("条件付可決", lifted=date(2027, 1, 10))
MONEY = replace(budget(date(2027, 1, 15)), decision_id=FROZEN.id)
ASSEMBLY = Decision("d-A5", "A5", "総会", MET, "可決", "総会議事録")
LEASE, FIRST = contract(), ran(1, "合格")
PAPER = Evidence("e-1", "A2", "調査票")
READY = judged("可", date(2027, 3, 26))
RECORDS = replace(kept(ASSEMBLY, FROZEN, MONEY, LEASE, FIRST, READY), evidence=(PAPER,))


def done(code: str, day: date, evidence: str = "") -> PlanTask:
    """Give a task completed on a day."""
    return replace(task(code, evidence), state="done", started_on=day, finished_on=day)


DONE = plan(
    done("A2", MET, "調査票"), done("A5", MET), done("B3", VOTED), done("C2", SIGNED, "契約書"),
    done("E2", SIGNED, "移行結果"), done("G2", date(2027, 3, 26)), task("G1"),
    task("E2.2", wave="税"),
)  # fmt: skip


def refusal(of_plan: Plan, old: Record, new: Record | None, records: PlanRecords = RECORDS) -> str:
    """Say why a record may not be changed, or deleted (None); empty where it may."""
    setting = Setting(of_plan, records, LIVE, {"m-1": TOWN})
    try:
        if new is None:
            refuse_removal(old, setting)
        else:
            check(new, old, setting)
    except InvalidTransitionError as error:
        return f"{error.found}{error.todo}"
    return ""


def opened(code: str) -> Plan:
    """Give the plan with one task at work again."""
    tasks = (
        replace(each, state="working", finished_on=None) if each.code == code else each
        for each in DONE.tasks
    )
    return replace(DONE, tasks=tuple(tasks))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (ASSEMBLY, replace(ASSEMBLY, result="否決"), "A5"),
        (ASSEMBLY, replace(ASSEMBLY, decided_on=date(2026, 8, 26)), "A5"),
        (ASSEMBLY, replace(ASSEMBLY, task_code="A2"), "A5"),
        (ASSEMBLY, None, "A5"),
        # The council's task ended on 18 December.
        (FROZEN, replace(FROZEN, decided_on=date(2026, 12, 19)), "B3"),
        # The contract was signed on 20 January.
        (FROZEN, replace(FROZEN, freeze_lifted_on=date(2027, 1, 21)), "C2"),
        (MONEY, replace(MONEY, executable_on=date(2027, 1, 21)), "C2"),
        (MONEY, replace(MONEY, last_fiscal_year_start=2030), "C2"),
        (MONEY, None, "C2"),
        (LEASE, replace(LEASE, concluded_on=date(2027, 1, 21)), "C2"),
        (LEASE, replace(LEASE, concluded_on=None), "C2"),
        (LEASE, replace(LEASE, kind="現行"), "C2"),
        (LEASE, replace(LEASE, until=date(2032, 4, 2)), "C2"),  # a day into a year not promised
        (LEASE, None, "C2"),
        (FIRST, replace(FIRST, wave="税"), "E2"),
        (FIRST, None, "E2"),
        (PAPER, replace(PAPER, task_code="G1"), "A2"),
        (PAPER, None, "A2"),
        (READY, replace(READY, result="否"), "G2"),
        (READY, replace(READY, decided_on=date(2027, 3, 27)), "G2"),
        (READY, None, "G2"),
    ],
)  # fmt: skip
def test_a_done_task_keeps_what_it_rests_on_until_it_is_opened_again(
    old: Record, new: Record | None, code: str
) -> None:
    said = refusal(DONE, old, new)
    assert f"{code}「{code}の作業」が、これによって完了済み" in said
    assert f"先に、{code}を完了済みから戻してください" in said
    assert refusal(opened(code), old, new) == ""
    # Where the whole plan is over, nothing on it is opened again.
    assert "戻せません" in refusal(replace(DONE, state="done"), old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ASSEMBLY, replace(ASSEMBLY, bill="議案第13号", decided_on=date(2026, 8, 24))),
        (FROZEN, replace(FROZEN, votes_for=10, freeze_lifted_on=date(2027, 1, 15))),
        (MONEY, replace(MONEY, executable_on=SIGNED, last_fiscal_year_start=2032)),
        (LEASE, replace(LEASE, until=date(2031, 4, 1), vendor="見本二社")),
        (FIRST, replace(FIRST, minutes=120)),
        (PAPER, replace(PAPER, number="4企第1号")),
        (READY, replace(READY, decided_on=date(2027, 3, 25))),
    ],
)
def test_what_leaves_the_ground_may_be_put_right(old: Record, new: Record) -> None:
    assert refusal(DONE, old, new) == ""


def test_of_two_votes_on_one_day_the_first_in_order_counts() -> None:
    put_off = replace(ASSEMBLY, id="d-A4", decided_on=date(2026, 8, 24), result="継続")
    records = replace(RECORDS, decisions=(put_off, *RECORDS.decisions))
    assert "A5" in refusal(DONE, put_off, replace(put_off, decided_on=MET), records)
    last = replace(put_off, id="d-A6")
    records = replace(RECORDS, decisions=(last, *RECORDS.decisions))
    assert refusal(DONE, last, replace(last, decided_on=MET), records) == ""


def test_a_change_is_not_blamed_for_what_was_missing_before() -> None:
    lost, second = vote("否決"), replace(PAPER, id="e-2")
    without = plan(done("B3", VOTED), done("D2", VOTED, "評価書"))
    records = kept(lost)
    assert refusal(without, lost, replace(lost, bill="議案第13号"), records) == ""
    assert refusal(without, lost, vote("継続"), records) == ""
    assert refusal(without, lost, None, records) == ""
    # The other paper still stands for the task.
    assert refusal(DONE, PAPER, None, replace(RECORDS, evidence=(PAPER, second))) == ""


def test_the_town_was_accepted_on_a_vote_that_stays() -> None:
    open_a5 = opened("A5")
    accepted = replace(open_a5, joining_state="accepted", accepted_on=MET)
    later = replace(ASSEMBLY, id="d-2", decided_on=date(2027, 2, 1))
    for new in (
        replace(ASSEMBLY, result="否決"),
        replace(ASSEMBLY, decided_on=date(2026, 8, 24)),
        replace(ASSEMBLY, task_code="A2"),
        None,
    ):
        assert "加入を承認しています" in refusal(accepted, ASSEMBLY, new)
        assert refusal(open_a5, ASSEMBLY, new) == ""
        both = replace(RECORDS, decisions=(*RECORDS.decisions, later))
        assert "加入を承認しています" in refusal(accepted, ASSEMBLY, new, both)
        assert refusal(accepted, later, new and replace(later, result="否決"), both) == ""
    assert refusal(accepted, ASSEMBLY, replace(ASSEMBLY, bill="議案第13号")) == ""
    # Accepted on a vote that is not there: nothing else is held for it.
    assert refusal(accepted, LEASE, replace(LEASE, note="写しあり"), kept(LEASE)) == ""


def test_a_plan_that_went_live_keeps_what_it_went_live_on() -> None:
    waiting = plan(task("A5"), task("B3"), task("G2"), task("H0", days=0), task("E2.2", wave="税"))
    live = replace(waiting, joining_state="using", went_live_on=LIVE)
    records = kept(ASSEMBLY, FROZEN, READY)
    changes: list[tuple[Record, Record | None]] = [
        (ASSEMBLY, replace(ASSEMBLY, result="否決")),
        (FROZEN, replace(FROZEN, freeze_lifted_on=None)),
        (READY, replace(READY, result="否")),
        (READY, None),
    ]
    for old, new in changes:
        assert "令和9年4月1日に利用を始めています" in refusal(live, old, new, records)
        assert refusal(waiting, old, new, records) == ""
    assert refusal(live, READY, replace(READY, source="判定書第2号"), records) == ""
    # A round that failed does not become the cut-over afterwards.
    last = ran(3, "予定")
    assert "本移行は「予定」" in refusal(live, last, replace(last, round=4), kept(last))
    assert refusal(live, last, replace(last, note="延期"), kept(last)) == ""
