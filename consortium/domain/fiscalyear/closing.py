"""Locks of a fiscal year (締め): 仮締め, 本締め, 再開; who may take which step, and when.

`STEPS` is the whole rule: a step that is not in it does not exist. 仮締め (soft) asks for a
reason with every change; 本締め (hard) takes no change at all; a granted 再開 lifts the hard lock
up to its last day, after which the lock is back by itself.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError

#: States of a fiscal year's lock in their order (締めの状態).
STATES = {
    "open": "未締め",
    "soft": "仮締め",
    "hard": "本締め",
    "proposed": "再開の申出中",
    "reopened": "再開中",
}

#: States in which nothing of the year changes (変更できない状態).
LOCKED = ("hard", "proposed")


class Step(NamedTuple):
    """A step that the lock of a year can take (締めの手順)."""

    label: str
    before: str
    after: str
    role: str
    #: True where nobody takes it without saying why (理由の要る手順)
    with_reason: bool
    #: True if whoever proposed the reopening may not take it (四つの目)
    second_person: bool


#: Every step, by the name that use cases and forms use.
STEPS = {
    "close_soft": Step("仮締めする", "open", "soft", "lead_staff", False, False),
    "lift": Step("仮締めを取り消す", "soft", "open", "lead_approver", True, False),
    "close_hard": Step("本締めする", "soft", "hard", "lead_approver", False, False),
    "propose": Step("再開を申し出る", "hard", "proposed", "lead_staff", True, False),
    "grant": Step("再開を認める", "proposed", "reopened", "lead_approver", False, True),
    "refuse": Step("再開を認めない", "proposed", "hard", "lead_approver", True, True),
    "close_again": Step("本締めに戻す", "reopened", "hard", "lead_approver", False, False),
}


@dataclass(frozen=True, slots=True)
class Closing:
    """That somebody locked a year (締め)."""

    by: str
    by_name: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reopening:
    """A reopening that was proposed, and neither refused nor ended (再開)."""

    id: str
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    reason: str
    #: the year may change up to this day, itself included
    last_day: date
    granted_at: datetime | None = None
    granted_by_name: str = ""

    def is_over(self, today: date) -> bool:
        """Say whether its last day has gone by (期限切れ)."""
        return today > self.last_day


@dataclass(frozen=True, slots=True)
class YearLock:
    """What locks a fiscal year (年度の締め)."""

    year: FiscalYear
    soft: Closing | None = None
    hard: Closing | None = None
    reopening: Reopening | None = None

    def state(self, today: date) -> str:
        """Give the state on a day (締めの状態)."""
        if self.hard is None:
            return "open" if self.soft is None else "soft"
        if self.reopening is None or self.reopening.is_over(today):
            return "hard"
        return "proposed" if self.reopening.granted_at is None else "reopened"

    def is_locked(self, today: date) -> bool:
        """Say whether nothing of the year may change (本締め済み)."""
        return self.state(today) in LOCKED

    def asks_reason(self, today: date) -> bool:
        """Say whether every change needs a reason (仮締め中)."""
        return self.state(today) == "soft"


def asked(name: str) -> str:
    """Say in a refusal which step was asked for (お断りの言葉)."""
    return f"締めの手順「{STEPS[name].label}」を行おうとしました。"


def take(name: str, lock: YearLock, today: date, *, actor: str, reason: str) -> str:
    """Give the state after a step (手順を進める).

    Raises: InvalidTransitionError naming both states, or the second person that is needed;
    BadInputError without a reason where one is needed.
    """
    step, state = STEPS[name], lock.state(today)
    if state != step.before:
        raise InvalidTransitionError(
            asked(name),
            f"この年度は今「{STATES[state]}」です（必要な状態は「{STATES[step.before]}」）。",
            "画面を開き直し、今の状態を確認してください。",
        )
    if step.second_person and lock.reopening and actor == lock.reopening.proposed_by:
        raise InvalidTransitionError(
            asked(name), "この再開を申し出た本人です。", "申し出た人と別の承認者が行ってください。"
        )
    if step.with_reason and not reason.strip():
        raise BadInputError(
            asked(name), "理由が書かれていません。", "理由を書いてください。", path="reason"
        )
    return step.after


def refuse_past(last_day: date, today: date) -> None:
    """Refuse a reopening that would be over before it begins (過去の期限).

    Raises: BadInputError.
    """
    if last_day < today:
        raise BadInputError(
            asked("propose"),
            f"期限（{wareki(last_day)}）が過ぎています。",
            "今日以後の日を入力してください。",
            path="last_day",
        )


def available(
    lock: YearLock, today: date, role: str, *, actor: str, is_one_person: bool = False
) -> tuple[str, ...]:
    """Name the steps this person can take now (できる手順).

    `is_one_person`: the office lets its staff approve; a reopening wants a second person even so.
    """
    state = lock.state(today)
    is_own = lock.reopening is not None and lock.reopening.proposed_by == actor
    return tuple(
        name
        for name, step in STEPS.items()
        if step.before == state
        and (
            step.role == role or (is_one_person and role == "lead_staff" and not step.second_person)
        )
        and not (step.second_person and is_own)
    )
