"""Which step a run may take, and by whom (算定の手順)."""

import pytest

from consortium.domain.errors import InvalidTransitionError
from consortium.domain.fiscalyear.run import GONE, STATES, STEPS, available, refuse_overtaken, take

ALLOWED = {
    ("recalculate", "draft"): "draft",
    ("discard", "draft"): GONE,
    ("submit", "draft"): "in_review",
    ("send_back", "in_review"): "draft",
    ("approve", "in_review"): "approved",
    ("withdraw", "approved"): "draft",
    ("issue", "approved"): "issued",
    ("supersede", "issued"): "superseded",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_starts_from_its_one_state_and_no_other(step: str, state: str) -> None:
    if (step, state) in ALLOWED:
        assert take(step, state, actor="b", drafted_by="a") == ALLOWED[step, state]
    else:
        with pytest.raises(InvalidTransitionError) as refused:
            take(step, state, actor="b", drafted_by="a")
        assert f"「{STATES[state]}」" in refused.value.found
        assert refused.value.asked == f"算定の手順「{STEPS[step].label}」を行おうとしました。"


@pytest.mark.parametrize("step", ["send_back", "approve", "withdraw", "issue", "supersede"])
def test_whoever_drafted_a_run_takes_no_step_of_the_second_person(step: str) -> None:
    with pytest.raises(InvalidTransitionError, match="別の承認者"):
        take(step, STEPS[step].before, actor="a", drafted_by="a")


@pytest.mark.parametrize("step", ["recalculate", "discard", "submit"])
def test_the_drafter_prepares_the_run_alone(step: str) -> None:
    assert take(step, "draft", actor="a", drafted_by="a") in ("draft", GONE, "in_review")


@pytest.mark.parametrize(
    ("state", "role", "steps"),
    [
        ("draft", "lead_staff", ("recalculate", "discard", "submit")),
        ("draft", "lead_approver", ()),
        ("in_review", "lead_approver", ("send_back", "approve")),
        ("in_review", "lead_staff", ()),
        ("approved", "lead_approver", ("withdraw", "issue")),
        ("issued", "lead_approver", ("supersede",)),
        ("issued", "lead_admin", ()),
        ("superseded", "lead_approver", ()),
        ("in_review", "auditor", ()),
    ],
)
def test_a_person_is_offered_the_steps_of_role_and_state(
    state: str, role: str, steps: tuple[str, ...]
) -> None:
    assert available(state, role, actor="b", drafted_by="a") == steps


def test_an_approver_is_offered_nothing_on_an_own_draft() -> None:
    assert available("in_review", "lead_approver", actor="a", drafted_by="a") == ()


def test_a_one_person_office_lets_the_drafter_be_the_second_person() -> None:
    assert take("approve", "in_review", actor="a", drafted_by="a", allows_own=True) == "approved"
    offered = available("in_review", "lead_staff", actor="a", drafted_by="a", allows_own=True)
    assert offered == ("send_back", "approve")
    assert available("in_review", "lead_admin", actor="a", drafted_by="b", allows_own=True) == ()
    with pytest.raises(InvalidTransitionError, match="必要な状態"):
        take("approve", "draft", actor="a", drafted_by="a", allows_own=True)


ASKED = "算定を作成しようとしました。"


@pytest.mark.parametrize("standing", [(), ("estimate", "planned"), ("revised",)])
def test_a_stage_is_computed_as_long_as_no_later_one_stands(standing: tuple[str, ...]) -> None:
    refuse_overtaken("revised", standing, ASKED)


@pytest.mark.parametrize(
    ("stage", "standing", "named"),
    [
        ("estimate", ("planned",), "当初"),
        ("planned", ("planned", "final", "revised"), "確定"),
        ("final", ("final", "settlement"), "精算"),
    ],
)
def test_a_stage_is_refused_once_a_later_one_stands(
    stage: str, standing: tuple[str, ...], named: str
) -> None:
    with pytest.raises(InvalidTransitionError, match=f"「{named}」の次の版"):
        refuse_overtaken(stage, standing, ASKED)
