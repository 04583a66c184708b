"""What is done, accepted or live keeps the records it rests on (記録を変えられないとき).

A record may be put right, but a state that could not be reached with the records as they would
stand is not kept either. Only what the change itself takes away counts, not what was missing
before. A new record is never held back here: it says what happened next.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from consortium.domain.calendar.wareki import wareki
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.record_checks import (
    Problem,
    completion_problems,
    is_accepted,
    live_problems,
)
from consortium.domain.onboarding.records import (
    BudgetAction,
    Contract,
    Decision,
    Evidence,
    Issue,
    MigrationRun,
    PlanRecords,
    Record,
)

_NAMES: Final[Mapping[type[Record], str]] = {
    Decision: "decisions",
    BudgetAction: "budgets",
    Contract: "contracts",
    MigrationRun: "migrations",
    Evidence: "evidence",
    Issue: "issues",
}
_THEN: Final = "このとおりにすると、足りないものが出ます："
_STAYS: Final = "この記録は、もう変えられません。次の議決・判定があれば、新しく登録してください。"


def lost_ground(
    plan: Plan, records: PlanRecords, old: Record, new: Record | None
) -> Iterator[Problem]:
    """Give what would lose its ground if `new` took the place of `old` (失われる根拠).

    `new` is None where the record is deleted.
    """
    after = _with(records, old, new)
    for task in plan.tasks:
        if task.state == "done":
            yield from _of_task(plan, task, records, after)
    accepted = plan.accepted_on
    if accepted and is_accepted(records, accepted) and not is_accepted(after, accepted):
        yield f"総会のこの議決（{wareki(accepted)}）によって、加入を承認しています。", _STAYS
    if (live := plan.went_live_on) is not None and (
        found := _more(
            tuple(live_problems(plan, records, live)), tuple(live_problems(plan, after, live))
        )
    ):
        yield f"これによって、{wareki(live)}に利用を始めています。{_THEN}{found}", _STAYS


def _of_task(
    plan: Plan, task: PlanTask, records: PlanRecords, after: PlanRecords
) -> Iterator[Problem]:
    found = _more(
        tuple(completion_problems(plan, task, records)),
        tuple(completion_problems(plan, task, after)),
    )
    if found:
        yield (
            f"{task.code}「{task.name}」が、これによって完了済みになっています。{_THEN}{found}",
            f"先に、{task.code}を完了済みから戻してください。"
            if plan.is_open
            else f"工程が終わっているため、{task.code}は完了済みから戻せません。{_STAYS}",
        )


def _more(before: tuple[Problem, ...], after: tuple[Problem, ...]) -> str:
    """Say what is missing more than before, empty for nothing.

    Counted, not compared word by word: the words name records, and names change with them.
    """
    if len(after) <= len(before):
        return ""
    return next((each for each in after if each not in before), after[0])[0]


def _with(records: PlanRecords, old: Record, new: Record | None) -> PlanRecords:
    """Give the records as they would stand (変えた後の記録)."""
    name = _NAMES[type(old)]
    others = [each for each in getattr(records, name) if each.id != old.id]
    # As the store orders those of one day: of two decisions the first one counts.
    kept = sorted([*others, *([new] if new else [])], key=lambda each: each.id)
    changes: dict[str, Any] = {name: tuple(kept)}
    return replace(records, **changes)
