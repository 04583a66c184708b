"""The steps of a question (質疑の手順): typed from the design, not from the table."""

import pytest

from consortium.domain.errors import InvalidTransitionError
from consortium.domain.fiscalyear.questions import (
    STATES,
    STEPS,
    available_steps,
    may_take,
    take_step,
)

ROLES = ("lead_staff", "lead_approver", "lead_admin", "auditor", "member_staff", "member_admin")
#: (step, state before) → state after; whatever is not here is refused.
ALLOWED = {
    ("answer", "open"): "answered",
    ("answer", "answered"): "answered",
    ("ask_again", "answered"): "open",
    ("ask_again", "open"): "open",
    ("close", "answered"): "closed",
    ("withdraw", "open"): "withdrawn",
    ("overrule", "open"): "overruled",
}
#: step → who of the lead city may take it, whether the asker may
WHO = {
    "answer": ({"lead_staff"}, False),
    "ask_again": (set(), True),
    "close": ({"lead_staff"}, True),
    "withdraw": (set(), True),
    "overrule": ({"lead_approver"}, False),
}


def taker(step: str) -> tuple[str, bool]:
    """Give a role, and whether it is of the asking side, that may take a step."""
    roles, is_askers = WHO[step]
    return (min(roles), False) if roles else ("member_staff", is_askers)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_in_its_states_only(step: str, state: str) -> None:
    role, is_asker = taker(step)
    if (step, state) in ALLOWED:
        assert take_step(step, state, role, is_asker=is_asker) == ALLOWED[step, state]
    else:
        with pytest.raises(InvalidTransitionError, match=STATES[state]):
            take_step(step, state, role, is_asker=is_asker)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("step", STEPS)
def test_only_the_asker_and_the_roles_named_may(step: str, role: str) -> None:
    roles, is_askers = WHO[step]
    assert may_take(step, role, is_asker=False) is (role in roles)
    assert may_take(step, role, is_asker=True) is (is_askers or role in roles)


def test_whoever_may_not_is_told_so() -> None:
    with pytest.raises(InvalidTransitionError, match="行える人ではありません"):
        take_step("answer", "open", "member_staff", is_asker=True)


def test_a_person_is_offered_what_the_state_allows() -> None:
    assert available_steps("open", "lead_staff", is_asker=False) == ("answer",)
    assert available_steps("open", "lead_approver", is_asker=False) == ("overrule",)
    assert available_steps("open", "member_staff", is_asker=True) == ("ask_again", "withdraw")
    assert available_steps("answered", "member_staff", is_asker=True) == ("ask_again", "close")
    assert available_steps("closed", "lead_staff", is_asker=True) == ()
    assert available_steps("open", "auditor", is_asker=False) == ()


def test_a_town_answers_what_the_lead_city_asked_it() -> None:
    assert available_steps("open", "member_staff", is_asker=False, is_asked=True) == ("answer",)
    assert not may_take("overrule", "member_staff", is_asker=False, is_asked=True)


def test_in_a_one_person_office_the_staff_overrules_too() -> None:
    offered = available_steps("open", "lead_staff", is_asker=False, is_one_person=True)
    assert offered == ("answer", "overrule")
    assert not may_take("overrule", "lead_admin", is_asker=False, is_one_person=True)
