"""Questions on an amount (質疑): their states, and who may take which step.

`STEPS` is the whole rule: a step that is not in it does not exist.
"""

from typing import NamedTuple

from consortium.domain.errors import InvalidTransitionError

#: States of a question (状態).
STATES = {
    "open": "未回答",
    "answered": "回答済",
    "closed": "終了",
    "overruled": "見送り",
    "withdrawn": "取下げ",
}

#: What somebody writes in a question (記載の種類).
KINDS = {
    "asked": "質問",
    "answered": "回答",
    "closed": "終了",
    "overruled": "見送り",
    "withdrawn": "取下げ",
}

#: The question without a cost item: the whole amount of the town (負担金の全体).
WHOLE = "負担金の全体"


class QuestionStep(NamedTuple):
    """A step that a question can take (質疑の手順)."""

    label: str
    before: tuple[str, ...]
    after: str
    #: what it leaves in the question
    kind: str
    #: roles of the lead city that may take it
    roles: tuple[str, ...]
    #: True if whoever asked, the town or the lead city's staff, may take it
    is_askers: bool
    needs_text: bool
    #: True if whoever was asked, the lead city's staff or the town, may take it
    is_askeds: bool = False


#: Every step, by the name that use cases and forms use.
STEPS = {
    "answer": QuestionStep(
        "回答する", ("open", "answered"), "answered", "answered", ("lead_staff",), False, True, True
    ),
    "ask_again": QuestionStep(
        "続けて質問する", ("open", "answered"), "open", "asked", (), True, True
    ),
    "close": QuestionStep(
        "終了する", ("answered",), "closed", "closed", ("lead_staff",), True, False
    ),
    "withdraw": QuestionStep("取り下げる", ("open",), "withdrawn", "withdrawn", (), True, False),
    "overrule": QuestionStep(
        "回答を見送る", ("open",), "overruled", "overruled", ("lead_approver",), False, True
    ),
}


def asked_step(name: str) -> str:
    """Say in a refusal which step was asked for (お断りの言葉)."""
    return f"質疑の手順「{STEPS[name].label}」を行おうとしました。"


def may_take(
    name: str, role: str, *, is_asker: bool, is_asked: bool = False, is_one_person: bool = False
) -> bool:
    """Say whether somebody may take a step at all (手順を行える人).

    `is_asker`: of the side that asked; `is_asked`: of the town that the lead city asked;
    `is_one_person`: the office lets one person do both parts.
    """
    step = STEPS[name]
    if (step.is_askers and is_asker) or (step.is_askeds and is_asked):
        return True
    stands_in = is_one_person and role == "lead_staff" and "lead_approver" in step.roles
    return role in step.roles or stands_in


def take_step(  # noqa: PLR0913 -- which step in which state, and who takes it
    name: str,
    state: str,
    role: str,
    *,
    is_asker: bool,
    is_asked: bool = False,
    is_one_person: bool = False,
) -> str:
    """Give the state after a step (手順を進める).

    Raises: InvalidTransitionError naming the states that allow it, or who may.
    """
    step = STEPS[name]
    who = {"is_asker": is_asker, "is_asked": is_asked, "is_one_person": is_one_person}
    if not may_take(name, role, **who):
        raise InvalidTransitionError(
            asked_step(name),
            "この手順を行える人ではありません。",
            "質問した団体か、幹事市の担当・承認者が行ってください。",
        )
    if state not in step.before:
        needed = "か".join(f"「{STATES[each]}」" for each in step.before)
        raise InvalidTransitionError(
            asked_step(name),
            f"この質疑は今「{STATES[state]}」です（必要な状態は{needed}）。",
            "画面を開き直し、今の状態を確認してください。",
        )
    return step.after


def available_steps(
    state: str, role: str, *, is_asker: bool, is_asked: bool = False, is_one_person: bool = False
) -> tuple[str, ...]:
    """Name the steps that somebody can take now (できる手順)."""
    who = {"is_asker": is_asker, "is_asked": is_asked, "is_one_person": is_one_person}
    return tuple(
        name for name, step in STEPS.items() if state in step.before and may_take(name, role, **who)
    )
