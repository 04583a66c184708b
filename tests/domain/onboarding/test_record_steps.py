"""Which record may be saved (記録の手順): every step of the tables, and what a state rests on."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.onboarding.plan import Plan
from consortium.domain.onboarding.record_effects import consequence, reopened
from consortium.domain.onboarding.record_steps import Setting, check, refuse_removal
from consortium.domain.onboarding.records import (
    BUDGET_STATES,
    ISSUE_STATES,
    MIGRATION_STATES,
    Contract,
    Decision,
    Evidence,
    Issue,
    PlanRecords,
    Record,
)
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

TODAY = date(2027, 4, 1)
PLAN = plan(task("A5"), task("B3"), task("G1"), task("G2"), task("E2.2", wave="税"))


def setting(records: PlanRecords, of_plan: Plan = PLAN) -> Setting:
    """Give what a record is checked against."""
    return Setting(of_plan, records, TODAY, {"m-1": TOWN, "m-2": "022021"})


def fault(new: Record, records: PlanRecords = PlanRecords(), old: Record | None = None) -> str:  # noqa: B008 -- nothing changes it
    """Name the field that is refused, empty where the record may be saved."""
    try:
        check(new, old, setting(records))
    except BadInputError as error:
        return error.path
    return ""


def allowed(states: tuple[str, ...], make: Any) -> set[tuple[str, str]]:
    """Name every step from one state to another that is not refused as a step."""
    found = set()
    for before, after in product(states, repeat=2):
        try:
            check(make(after), make(before), setting(kept(vote())))
        except InvalidTransitionError:
            continue
        except BadInputError:
            pass  # allowed as a step; something it rests on is missing
        if before != after:
            found.add((before, after))
    return found


def test_a_budget_goes_the_way_of_a_budget() -> None:
    way = {
        ("未要求", "要求済"), ("要求済", "内示"), ("内示", "上程"), ("上程", "可決"),
        ("上程", "条件付可決"), ("上程", "否決"), ("可決", "執行可"), ("条件付可決", "執行可"),
    }  # fmt: skip
    assert allowed(BUDGET_STATES, lambda state: replace(budget(), state=state)) == way
    lasting = budget(kind="長期継続")
    assert allowed(BUDGET_STATES, lambda state: replace(lasting, state=state)) == {
        *way, ("内示", "執行可"),
    }  # fmt: skip


def test_a_round_and_an_issue_go_their_way() -> None:
    assert allowed(MIGRATION_STATES, lambda state: ran(1, state)) == {
        ("予定", "実施"), ("実施", "突合中"), ("突合中", "合格"), ("突合中", "不合格"),
        ("不合格", "予定"),
    }  # fmt: skip
    assert allowed(ISSUE_STATES, lambda state: Issue("i", "遅れ", "高", state=state)) == {
        ("未対応", "対応中"), ("未対応", "解決"), ("対応中", "解決"), ("解決", "対応中"),
    }  # fmt: skip


FROZEN = vote("条件付可決")
LIFTED = replace(FROZEN, freeze_lifted_on=date(2027, 1, 10))


@pytest.mark.parametrize(
    ("decision", "executable_on", "path"),
    [
        (vote(), VOTED, ""),
        (vote(), date(2026, 12, 17), "executable_on"),
        (vote(), None, "executable_on"),
        (None, VOTED, "decision_id"),
        (vote("否決"), VOTED, "decision_id"),
        (vote("継続"), VOTED, "decision_id"),
        # 条件付可決 → 執行可 only from the day the freeze was lifted.
        (FROZEN, date(2027, 1, 10), "state"),
        (LIFTED, date(2027, 1, 9), "executable_on"),
        (LIFTED, date(2027, 1, 10), ""),
    ],
)
def test_money_may_be_spent_after_the_vote_and_its_conditions(
    decision: Decision | None, executable_on: date | None, path: str
) -> None:
    records = kept(*([decision] if decision else []))
    new = replace(
        budget(VOTED), executable_on=executable_on, decision_id=decision.id if decision else None
    )
    assert fault(new, records) == path


def test_a_budget_rests_on_a_vote_of_its_own_council_with_the_same_result() -> None:
    records = kept(vote(), judged("可", date(2027, 3, 26)))
    voted = replace(budget(None), state="可決", decision_id=vote().id)
    assert fault(voted, records) == ""
    assert fault(replace(voted, state="否決"), records) == "decision_id"
    assert fault(replace(voted, decision_id=None), records) == "decision_id"
    assert fault(replace(voted, member_id="m-2"), records) == "decision_id"
    assert fault(replace(voted, decision_id="j-2027-03-26"), records) == "decision_id"
    # Without a vote of its own: 長期継続契約.
    assert fault(replace(budget(VOTED, kind="長期継続"), decision_id=None), records) == ""


@pytest.mark.parametrize(
    ("kind", "last", "path"),
    [
        ("当初", 2026, ""), ("補正", 2027, "last_fiscal_year_start"), ("債務負担", 2031, ""),
        ("債務負担", 2025, "last_fiscal_year_start"),
    ],
)  # fmt: skip
def test_an_ordinary_budget_is_of_one_year(kind: str, last: int, path: str) -> None:
    assert fault(budget(None, last, kind)) == path


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (vote(), ""),
        (vote(day=date(2027, 4, 2)), "decided_on"),
        (vote(code="B4"), "task_code"),
        (vote(code="A5"), "task_code"),  # the 総会 decides it
        (replace(vote(), code="022021"), "code"),
        (replace(vote(), code=""), "code"),
        (replace(vote(code="A5"), kind="総会", code=""), ""),
        (replace(vote(code="A5"), kind="総会"), "code"),
        (replace(vote(), result="可"), "result"),
        (replace(FROZEN, rider=""), "rider"),
        (replace(vote(), freeze_lifted_on=VOTED), "freeze_lifted_on"),
        (replace(FROZEN, freeze_lifted_on=date(2026, 12, 17)), "freeze_lifted_on"),
        (replace(FROZEN, freeze_lifted_on=date(2027, 4, 2)), "freeze_lifted_on"),
        (LIFTED, ""),
        (judged("可", date(2027, 3, 26)), ""),
        (replace(judged("可", date(2027, 3, 26)), result="可決"), "result"),
        (replace(judged("条件付可", date(2027, 3, 26)), conditions_due_on=None),
         "conditions_due_on"),
        (contract(), ""),
        (contract(LIVE), "until"),
        (contract(day=date(2027, 4, 2)), "concluded_on"),
        (replace(contract(), kind="変更"), "parent_id"),
        (replace(contract(), parent_id="c-1"), "parent_id"),
        (Evidence("e", "A5", "議決書"), ""),
        (Evidence("e", "A6", "議決書"), "task_code"),
        (Evidence("e", "A5", "議決書", dated_on=date(2027, 4, 2)), "dated_on"),
        (Issue("i", "遅れ", "高"), ""),
        (Issue("i", "遅れ", "高", task_code="A6"), "task_code"),
        (Issue("i", "遅れ", "高", state="解決"), "answer"),
        (Issue("i", "遅れ", "高", state="解決", answer="人を増やした"), ""),
    ],
)  # fmt: skip
def test_a_record_says_what_its_kind_needs(new: Record, path: str) -> None:
    assert fault(new, kept(contract())) == path


def test_a_round_waits_for_the_one_before_it_or_a_waiver() -> None:
    assert fault(ran(1, "実施")) == ""
    assert fault(ran(2, "予定"), kept(ran(1, "不合格"))) == ""
    assert fault(ran(2, "実施"), kept(ran(1, "不合格"))) == "waiver"
    assert fault(ran(2, "実施"), kept(ran(1, "合格", wave="税"))) == "waiver"
    assert fault(ran(2, "実施", wave="税"), kept(ran(1, "合格", wave="税"))) == ""
    assert fault(ran(2, "実施", "差分だけを移すため"), kept(ran(1, "不合格"))) == ""
    assert fault(ran(4, "合格"), kept(ran(3, "合格"))) == ""
    assert fault(ran(5, "予定")) == "round"
    assert fault(ran(1, "予定", wave="福祉")) == "wave"
    assert fault(replace(ran(1, "実施"), run_on=None)) == "run_on"
    assert fault(replace(ran(1, "実施"), run_on=date(2027, 4, 2))) == "run_on"
    for name in ("extracted", "loaded", "error_count"):
        assert fault(replace(ran(1, "合格"), **{name: None})) == name


def test_what_something_rests_on_is_neither_changed_nor_deleted() -> None:
    money = replace(budget(), decision_id=vote().id)
    records = kept(vote(), money)
    assert fault(vote("否決"), records, old=vote()) == "result"
    assert fault(replace(vote(), bill="議案第13号"), records, old=vote()) == ""
    assert fault(vote("否決"), kept(vote(), budget()), old=vote()) == ""
    done = plan(replace(task("B3"), state="done", finished_on=VOTED))
    changed = Contract("c-2", "変更", "見本社", "変更", LIVE, parent_id="c-1")
    for held, where in (
        (vote(), setting(records)),
        (vote(), setting(kept(vote()), done)),
        (contract(), setting(kept(contract(), changed))),
        (ran(1, "合格"), setting(kept(ran(1, "合格"), ran(2, "予定")))),
    ):
        with pytest.raises(InvalidTransitionError):
            refuse_removal(held, where)
    refuse_removal(vote(), setting(kept(vote())))
    refuse_removal(ran(2, "予定"), setting(kept(ran(1, "合格"), ran(2, "予定"))))
    for free in (money, vote(day=date(2026, 6, 18))):
        refuse_removal(free, setting(kept(vote(), vote(day=date(2026, 6, 18)), money), done))


def test_a_vote_put_off_and_a_judgement_no_are_for_the_preview() -> None:
    assert consequence(vote()) is None
    assert consequence(contract()) is None
    put_off = consequence(vote("継続"))
    assert put_off
    assert put_off.not_before == {"B3": date(2026, 12, 19)}
    no = judged("否", date(2027, 3, 26))
    found = consequence(no)
    assert found is not None
    assert found.is_empty
    trial = replace(task("G1"), state="done", finished_on=date(2027, 3, 25), percent=100)
    again = reopened(plan(trial), no)
    assert again is not None
    assert (again[1].state, again[1].finished_on, again[1].percent) == ("working", None, 0)
    assert reopened(plan(task("G1")), no) is None
    assert reopened(plan(trial), judged("可", date(2027, 3, 26))) is None
