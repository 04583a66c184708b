"""Which state may follow which (状態の進め方), typed from section 16 of the design."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.onboarding.plan import JOINING_STATES, PLAN_STATES, PlanTask
from consortium.domain.onboarding.steps import (
    JOINING_STEPS,
    PLAN_STEPS,
    available,
    check_report,
    take_joining_step,
    take_plan_step,
)

TODAY = date(2026, 12, 1)
TASK = PlanTask("t", 1, "A1", "表明", "計画立案", 40, "加入団体", TODAY, TODAY)

#: 検討 → 申請 → 承認 → 準備中 → 利用中; 取下げ before 利用中, 否認 of an application.
JOINING = {
    ("considering", "applied"),
    ("applied", "accepted"),
    ("accepted", "preparing"),
    ("preparing", "using"),
    ("applied", "refused"),
    ("considering", "withdrawn"),
    ("applied", "withdrawn"),
    ("accepted", "withdrawn"),
    ("preparing", "withdrawn"),
}
#: 草案 → 承認済 → 実行中 → 完了; 中止 before 完了.
PLAN = {
    ("draft", "approved"),
    ("approved", "running"),
    ("running", "done"),
    ("draft", "stopped"),
    ("approved", "stopped"),
    ("running", "stopped"),
}


#: The states of its plan in which a joining goes on: no step of one stopped or done.
PLANNED = {
    "apply": {"draft", "approved", "running"},
    "accept": {"draft", "approved", "running"},
    "refuse": {"draft", "approved", "running"},
    "withdraw": {"draft", "approved", "running"},
    "prepare": {"approved", "running"},
    "go_live": {"approved", "running"},
}


def _of_a_running_plan(name: str, state: str) -> str:
    return take_joining_step(name, state, "running")


def test_the_tables_allow_what_the_design_allows_and_nothing_else() -> None:
    for steps, take, states, wanted in (
        (JOINING_STEPS, _of_a_running_plan, JOINING_STATES, JOINING),
        (PLAN_STEPS, take_plan_step, PLAN_STATES, PLAN),
    ):
        found = set()
        for name in steps:
            for state in states:
                try:
                    found.add((state, take(name, state)))
                except InvalidTransitionError:
                    assert (state, steps[name].after) not in wanted
        assert found == wanted


def test_a_joining_goes_on_only_while_its_plan_does() -> None:
    assert set(PLANNED) == set(JOINING_STEPS)
    for name, step in JOINING_STEPS.items():
        for state in PLAN_STATES:
            if state in PLANNED[name]:
                assert take_joining_step(name, step.before[0], state) == step.after
                continue
            with pytest.raises(InvalidTransitionError, match=f"今「{PLAN_STATES[state]}」"):
                take_joining_step(name, step.before[0], state)


def test_a_second_person_decides_and_a_one_person_office_does_all() -> None:
    assert available(PLAN_STEPS, "draft", "lead_staff") == ("stop",)
    assert available(PLAN_STEPS, "draft", "lead_approver") == ("approve",)
    assert available(PLAN_STEPS, "draft", "lead_staff", is_one_person=True) == ("approve", "stop")
    assert available(JOINING_STEPS, "preparing", "lead_approver") == ("go_live",)
    assert available(JOINING_STEPS, "preparing", "member_staff", is_one_person=True) == ()


@pytest.mark.parametrize("to", ["waiting", "working", "on_hold"])
def test_opening_a_done_task_again_needs_a_reason(to: str) -> None:
    begun = None if to == "waiting" else TODAY
    done = replace(TASK, state="done", started_on=TODAY, finished_on=TODAY)
    again = replace(TASK, state=to, started_on=begun)
    with pytest.raises(BadInputError) as refused:
        check_report(done, again, TODAY, "")
    assert refused.value.path == "reason"
    check_report(done, again, TODAY, "やり直し")


def test_a_done_task_cannot_become_not_applicable() -> None:
    done = replace(TASK, state="done", started_on=TODAY, finished_on=TODAY)
    with pytest.raises(BadInputError, match="対象外」にはできません"):
        check_report(done, replace(TASK, state="not_applicable"), TODAY, "理由")


@pytest.mark.parametrize(
    ("path", "changes", "today"),
    [
        ("started_on", {"started_on": date(2020, 12, 31)}, TODAY),  # planned in 2026
        ("started_on", {"started_on": date(1, 1, 1)}, TODAY),  # no day has a name before 1873
        ("started_on", {"started_on": date(2032, 1, 1)}, date(2032, 1, 1)),
        ("finished_on", {"started_on": TODAY, "finished_on": date(1, 1, 1)}, TODAY),
        ("percent", {"started_on": TODAY, "percent": 101}, TODAY),
        ("percent", {"started_on": TODAY, "percent": -1}, TODAY),
        ("note", {"started_on": TODAY, "note": "あ" * 501}, TODAY),
        ("note", {"started_on": TODAY, "note": "順調\x00"}, TODAY),
        ("note", {"started_on": TODAY, "note": "順調\u202e"}, TODAY),
    ],
)
def test_what_nobody_can_have_meant_is_refused_at_its_field(
    path: str, changes: dict[str, Any], today: date
) -> None:
    with pytest.raises(BadInputError) as refused:
        check_report(TASK, replace(TASK, state="working", **changes), today, "")
    assert refused.value.path == path


def test_a_report_may_go_as_far_as_its_bounds() -> None:
    note = "1行目\r\n2行目\n" + "あ" * 489  # 500 signs
    for day in (date(2021, 1, 1), date(2031, 12, 31)):
        new = replace(TASK, state="working", started_on=day, percent=100, note=note)
        check_report(TASK, new, date(2031, 12, 31), "")
    # A day that stood there before does not stand in the way of what is new.
    old = replace(TASK, state="working", started_on=date(2012, 1, 1))
    check_report(old, replace(old, note="順調"), TODAY, "")
