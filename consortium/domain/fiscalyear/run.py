"""Stages and states of a run (算定の段階・状態): who may take which step, and when.

`STEPS` is the whole rule: a step that is not in it does not exist.
"""

from collections.abc import Collection
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
#: What a run is called once its issue was cancelled, whatever its state (発行の取消し).
CANCELLED = "取消"


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


#: The role that takes every step where one person is the whole office (一人の事務局).
ALONE = "lead_staff"


#: Steps back to the drafter, who has to read why (理由の要る手順).
WITH_REASON = ("send_back", "withdraw")


def asked(name: str) -> str:
    """Say in a refusal which step was asked for (お断りの言葉)."""
    return f"算定の手順「{STEPS[name].label}」を行おうとしました。"


def take(name: str, state: str, *, actor: str, drafted_by: str, allows_own: bool = False) -> str:
    """Give the state after a step, GONE where the run itself goes (手順を進める).

    `allows_own` is the setting of a one-person office: the drafter may be the second person.
    Raises: InvalidTransitionError naming both states, or the second person that is needed.
    """
    step = STEPS[name]
    if state != step.before:
        raise InvalidTransitionError(
            asked(name),
            f"この算定は今「{STATES[state]}」です（必要な状態は「{STATES[step.before]}」）。",
            "画面を開き直し、今の状態を確認してください。",
        )
    if step.second_person and actor == drafted_by and not allows_own:
        raise InvalidTransitionError(
            asked(name),
            "この算定を作成した本人です。",
            "作成者と別の承認者が行ってください。",
        )
    return step.after


def refuse_overtaken(stage: str, standing: Collection[str], asked: str) -> None:
    """Refuse a stage where a later one is in force: a year goes forward only (段階の順).

    `standing`: the stages of the year whose issue stands. Raises: InvalidTransitionError.
    """
    order = list(STAGES)
    later = [each for each in order[order.index(stage) + 1 :] if each in standing]
    if later:
        last = STAGES[later[-1]]
        raise InvalidTransitionError(
            asked,
            f"この年度は、後の段階の「{last}」がすでに発行されています。",
            f"額を改めるときは、「{last}」の次の版を作成してください。",
        )


def available(
    state: str, role: str, *, actor: str, drafted_by: str, allows_own: bool = False
) -> tuple[str, ...]:
    """Name the steps this person can take now (できる手順)."""
    return tuple(
        name
        for name, step in STEPS.items()
        if step.before == state
        and (step.role == role or (allows_own and role == ALONE))
        and (allows_own or not (step.second_person and actor == drafted_by))
    )
