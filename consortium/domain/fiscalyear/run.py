"""Stages and states of a run (算定の段階・状態): who may take which step, and when.

`STEPS` is the whole rule: a step that is not in it does not exist.
"""

from typing import NamedTuple

from consortium.domain.errors import InvalidTransitionError

#: Stages of a fiscal year in their order (段階).
STAGES = {
    "estimate": "概算",
    "planned": "当初",
    "revised": "変更",
    "final": "確定",
    "settlement": "精算",
}

#: States of a run in their order (状態).
STATES = {
    "draft": "下書き",
    "in_review": "審査中",
    "approved": "承認",
    "issued": "発行",
    "superseded": "失効",
}


#: What `Step.after` says where the run itself goes; no run ever has it.
GONE = ""


class Step(NamedTuple):
    """A step that a run can take (手順)."""

    label: str
    before: str
    after: str
    role: str
    #: True if whoever drafted the run may not take it (四つの目)
    second_person: bool


#: Every step, by the name that use cases and forms use.
STEPS = {
    "recalculate": Step("計算し直す", "draft", "draft", "lead_staff", second_person=False),
    "discard": Step("破棄する", "draft", GONE, "lead_staff", second_person=False),
    "submit": Step("審査に出す", "draft", "in_review", "lead_staff", second_person=False),
    "send_back": Step("差し戻す", "in_review", "draft", "lead_approver", second_person=True),
    "approve": Step("承認する", "in_review", "approved", "lead_approver", second_person=True),
    "withdraw": Step("承認を取り消す", "approved", "draft", "lead_approver", second_person=True),
    "issue": Step("発行する", "approved", "issued", "lead_approver", second_person=True),
    "supersede": Step("失効させる", "issued", "superseded", "lead_approver", second_person=True),
}


#: Steps back to the drafter, who has to read why (理由の要る手順).
WITH_REASON = ("send_back", "withdraw")


def asked(name: str) -> str:
    """Say in a refusal which step was asked for (お断りの言葉)."""
    return f"算定の手順「{STEPS[name].label}」を行おうとしました。"


def take(name: str, state: str, *, actor: str, drafted_by: str) -> str:
    """Give the state after a step, GONE where the run itself goes (手順を進める).

    Raises: InvalidTransitionError naming both states, or the second person that is needed.
    """
    step = STEPS[name]
    if state != step.before:
        raise InvalidTransitionError(
            asked(name),
            f"この算定は今「{STATES[state]}」です（必要な状態は「{STATES[step.before]}」）。",
            "画面を開き直し、今の状態を確認してください。",
        )
    if step.second_person and actor == drafted_by:
        raise InvalidTransitionError(
            asked(name),
            "この算定を作成した本人です。",
            "作成者と別の承認者が行ってください。",
        )
    return step.after


def available(state: str, role: str, *, actor: str, drafted_by: str) -> tuple[str, ...]:
    """Name the steps this person can take now (できる手順)."""
    return tuple(
        name
        for name, step in STEPS.items()
        if step.before == state
        and step.role == role
        and not (step.second_person and actor == drafted_by)
    )
