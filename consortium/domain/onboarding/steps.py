"""Which state may follow which, of a plan, a joining and a task (工程・加入・作業の状態の進め方).

The tables are the whole rule: a step that is not in them does not exist.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.onboarding.plan import JOINING_STATES, PLAN_STATES, TASK_STATES, PlanTask
from consortium.domain.onboarding.plan_form import LONGEST_NOTE
from consortium.domain.signs import is_invisible


class Step(NamedTuple):
    """A step that a plan, or the joining it carries, can take (手順)."""

    label: str
    before: tuple[str, ...]
    after: str
    role: str
    #: True if it has to say why (理由の要る手順)
    with_reason: bool = False


#: Steps of a plan (工程の手順). It begins to run with the first task reported, without a step.
PLAN_STEPS: Final[Mapping[str, Step]] = {
    "approve": Step("承認する", ("draft",), "approved", "lead_approver"),
    "start": Step("実行中にする", ("approved",), "running", "lead_staff"),
    "finish": Step("完了にする", ("running",), "done", "lead_staff"),
    "stop": Step("中止する", ("draft", "approved", "running"), "stopped", "lead_staff", True),
}

#: Steps of a joining (加入の手順). `go_live` writes the stay and the use of the service.
JOINING_STEPS: Final[Mapping[str, Step]] = {
    "apply": Step("申請を受ける", ("considering",), "applied", "lead_staff"),
    "accept": Step("加入を承認する", ("applied",), "accepted", "lead_approver"),
    "refuse": Step("否認する", ("applied",), "refused", "lead_approver", True),
    "prepare": Step("準備を始める", ("accepted",), "preparing", "lead_staff"),
    "go_live": Step("利用を始める", ("preparing",), "using", "lead_approver"),
    "withdraw": Step(
        "取り下げる",
        ("considering", "applied", "accepted", "preparing"),
        "withdrawn",
        "lead_staff",
        True,
    ),
}
_NOT_OVER: Final = ("draft", "approved", "running")
_UNDER_WAY: Final = ("approved", "running")
#: What the plan has to be for a step of its joining (加入の手順に要る工程の状態): one that is
#: stopped or done takes none.
JOINING_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "apply": _NOT_OVER,
    "accept": _NOT_OVER,
    "refuse": _NOT_OVER,
    "prepare": _UNDER_WAY,
    "go_live": _UNDER_WAY,
    "withdraw": _NOT_OVER,
}
#: The role that takes every step where one person is the whole office (一人の事務局).
ALONE: Final = "lead_staff"

#: Which state of a task may follow which (作業の状態の進め方).
TASK_MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "waiting": ("working", "done", "not_applicable", "on_hold"),
    "working": ("waiting", "done", "not_applicable", "on_hold"),
    "on_hold": ("waiting", "working", "done", "not_applicable"),
    "done": ("waiting", "working", "on_hold"),
    "not_applicable": ("waiting", "working", "done"),
}

#: Years that what happened may lie away from its plan: 令和 typed for 平成 is further off.
_FAR: Final = 5
_WHOLE: Final = 100


def take_plan_step(name: str, state: str) -> str:
    """Give the state of a plan after a step (工程の手順). Raises: InvalidTransitionError."""
    step = PLAN_STEPS[name]
    _need(f"工程の手順「{step.label}」", "工程", state, step.before, PLAN_STATES)
    return step.after


def take_joining_step(name: str, state: str, plan_state: str) -> str:
    """Give the state of a joining after a step (加入の手順), by what its plan has come to.

    Raises: InvalidTransitionError.
    """
    step = JOINING_STEPS[name]
    asked = f"加入の手順「{step.label}」"
    _need(asked, "加入", state, step.before, JOINING_STATES)
    _need(asked, "工程", plan_state, JOINING_NEEDS[name], PLAN_STATES)
    return step.after


def _need(
    asked: str, what: str, state: str, needed: tuple[str, ...], states: Mapping[str, str]
) -> None:
    if state not in needed:
        words = "・".join(f"「{states[each]}」" for each in needed)
        raise InvalidTransitionError(
            f"{asked}を行おうとしました。",
            f"{what}の状態は、今「{states[state]}」です（必要な状態は{words}）。",
            "画面を開き直し、今の状態を確認してください。",
        )


def available(
    steps: Mapping[str, Step], state: str, role: str, *, is_one_person: bool = False
) -> tuple[str, ...]:
    """Name the steps a role can take now (できる手順)."""
    return tuple(
        name
        for name, step in steps.items()
        if state in step.before and (step.role == role or (is_one_person and role == ALONE))
    )


def check_report(old: PlanTask, new: PlanTask, today: date, reason: str) -> None:
    """Check what somebody reports of a task (実績の確認); `new` is the task as it would stand.

    Raises: BadInputError at the field; a day that has not come is no actual date.
    """
    if new.state != old.state and new.state not in TASK_MOVES[old.state]:
        raise _refuse(
            "state",
            f"「{TASK_STATES[old.state]}」から「{TASK_STATES[new.state]}」にはできません。",
            "、".join(TASK_STATES[each] for each in TASK_MOVES[old.state]) + "から選んでください。",
        )
    if old.state == "done" and new.state != "done" and not reason:
        raise _refuse(
            "reason", "完了済みの作業を開き直そうとしています。", "理由を書いてください。"
        )
    for path, day in entered_days(old, new):
        if day > today:
            raise _refuse(
                path, f"{wareki(day)}は、まだ来ていません。", "実際に行った日を入力してください。"
            )
        if is_far(day, new.planned_start, new.planned_finish):
            # Not in 和暦: the day may lie before the first era.
            raise _refuse(
                path,
                f"{day}は、計画（{new.planned_start}〜{new.planned_finish}）から離れすぎています。",
                "年を確かめてください。",
            )
    _check_days(new)
    _check_rest(new)


def entered_days(old: PlanTask, new: PlanTask) -> Iterator[tuple[str, date]]:
    """Give the actual days of a report that did not stand there before, by field (入力した日)."""
    for path, before, day in (
        ("started_on", old.started_on, new.started_on),
        ("finished_on", old.finished_on, new.finished_on),
    ):
        if day is not None and day != before:
            yield path, day


def is_far(day: date, planned_start: date, planned_finish: date) -> bool:
    """Say whether a day is further from the plan than anybody means (計画から離れすぎた日)."""
    return not planned_start.year - _FAR <= day.year <= planned_finish.year + _FAR


def _check_rest(new: PlanTask) -> None:
    """Check what a form refuses as well: a report may come in a text through the browser."""
    if not 0 <= new.percent <= _WHOLE:
        raise _refuse(
            "percent", f"進捗は0から{_WHOLE}までです。", "0から100までの整数を入力してください。"
        )
    if len(new.note) > LONGEST_NOTE:
        raise _refuse(
            "note",
            f"備考が長すぎます（{len(new.note):,}文字）。",
            f"{LONGEST_NOTE}文字までにしてください。",
        )
    if is_invisible(new.note.replace("\r\n", "").replace("\n", "")):
        raise _refuse(
            "note", "備考に、目に見えない制御文字が入っています。", "消して入力し直してください。"
        )


def _check_days(new: PlanTask) -> None:
    if new.finished_on is not None and new.started_on is None:
        raise _refuse("started_on", "終了日だけが入っています。", "開始日も入力してください。")
    if new.started_on and new.finished_on and new.finished_on < new.started_on:
        raise _refuse(
            "finished_on",
            f"終了日が開始日（{wareki(new.started_on)}）より前です。",
            "日付を確かめてください。",
        )
    if new.state == "done" and new.finished_on is None:
        raise _refuse("finished_on", "完了済みですが、終了日がありません。", "入力してください。")
    if new.state != "done" and new.finished_on is not None:
        raise _refuse(
            "state",
            "終了日がありますが、完了済みではありません。",
            "状態か終了日を直してください。",
        )
    if new.state == "working" and new.started_on is None:
        raise _refuse("started_on", "作業中ですが、開始日がありません。", "入力してください。")
    if new.state in ("waiting", "not_applicable") and new.started_on is not None:
        raise _refuse(
            "state",
            f"開始日がありますが、状態が「{TASK_STATES[new.state]}」です。",
            "状態か開始日を直してください。",
        )


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("実績を保存しようとしました。", found, todo, path=path)
