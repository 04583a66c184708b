"""What the records of a plan allow (記録による確認): completing a task, going live.

The stages are known by the code the template gives them, without what a wave or a council adds to
it: `E2.3` is E2, `B3-023817` is B3. A stage that is not on the plan is asked of nobody.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import InvalidTransitionError
from consortium.domain.onboarding.golive import GO_LIVE
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.records import (
    JUDGEMENT,
    LASTING_BUDGETS,
    OLD_CONTRACT,
    REHEARSALS,
    BudgetAction,
    Contract,
    Decision,
    MigrationRun,
    PlanRecords,
)

#: Stages that a decision closes (議決・判定で終わる工程).
ACCEPTANCE: Final = "A5"
COUNCIL: Final = "B3"
DECIDED: Final = {ACCEPTANCE: "総会", COUNCIL: "議会", "G2": JUDGEMENT}
CONTRACT: Final = "C2"
#: Stages that a round of moving the data closes (移行回で終わる工程).
ROUNDS: Final = {"E2": 1, "E3": 2, "E4": 3, "E5": REHEARSALS + 1}

#: What was found, and what to do about it.
Problem = tuple[str, str]

_STAGE = re.compile(r"[A-Z]+[0-9]*", re.ASCII)


def stage_of(code: str) -> str:
    """Give the stage of a task's code: B3 of `B3-023817`, E2 of `E2.3` (工程の番号)."""
    found = _STAGE.match(code)
    return found[0] if found else code


def may_complete(plan: Plan, task: PlanTask, records: PlanRecords) -> InvalidTransitionError | None:
    """Say why a task may not become 完了済み, None if it may (完了の確認).

    `task` is as it would stand, with its `finished_on`. What needs a vote, a contract, a judgement
    or a round of migration needs it by then; anything else the paper that closes it.
    """
    asked = f"{task.code}「{task.name}」を完了済みにしようとしました。"
    if task.finished_on is None:
        return InvalidTransitionError(
            asked, "終了日が入っていません。", "実績の終了日を入力してください。"
        )
    for found, todo in completion_problems(plan, task, records):
        return InvalidTransitionError(asked, found, todo)
    return None


def completion_problems(plan: Plan, task: PlanTask, records: PlanRecords) -> Iterator[Problem]:
    """Give all that is missing of what a task ended on its `finished_on` with (完了の不足)."""
    for check in _CHECKS:
        if task.finished_on is not None:
            yield from check(plan, task, task.finished_on, records)


def may_go_live(plan: Plan, records: PlanRecords, day: date) -> InvalidTransitionError | None:
    """Say why the plan may not reach 本稼働 on a day, None if it may (本稼働の確認).

    Asks for the acceptance by the 総会, the vote of every council on the plan, the judgement 可
    (条件付可 once its conditions are met), and that no cut-over planned failed.
    """
    for found, todo in live_problems(plan, records, day):
        return InvalidTransitionError("本稼働を記録しようとしました。", found, todo)
    return None


def live_problems(plan: Plan, records: PlanRecords, day: date) -> Iterator[Problem]:
    """Give all that is missing of what 本稼働 on a day rests on (本稼働の不足)."""
    for task in plan.tasks:
        kind = DECIDED.get(stage_of(task.code))
        if kind is not None:
            yield from _not_effective(kind, task.code, day, records)
    if not any(DECIDED.get(stage_of(task.code)) == JUDGEMENT for task in plan.tasks):
        # A template may lack the stage; nobody goes live without the judgement all the same.
        yield from _not_effective(JUDGEMENT, "", day, records)
    live = plan.task(GO_LIVE)
    run = records.run(live.wave if live else "", REHEARSALS + 1)
    if run is not None and run.state != "合格":
        yield _not_moved(run)


def is_accepted(records: PlanRecords, day: date) -> bool:
    """Say whether the 総会, which alone decides A5, accepted on this day (加入を承認した議決)."""
    return any(
        stage_of(each.task_code) == ACCEPTANCE and each.decided_on == day and each.is_passed
        for each in records.decisions
    )


# ---- completing a task ---------------------------------------------------------------------------


def decision_problems(
    plan: Plan, task: PlanTask, day: date, records: PlanRecords
) -> Iterator[Problem]:
    """Give what is missing of the decision that closes a task (議決の確認)."""
    kind = DECIDED.get(stage_of(task.code))
    if kind is None:
        return
    latest = records.latest(kind, task.code)
    if latest is None or not latest.is_passed:
        yield _not_passed(kind, latest)
    elif day < latest.decided_on:
        yield _too_early(kind, latest)


def contract_problems(
    plan: Plan, task: PlanTask, day: date, records: PlanRecords
) -> Iterator[Problem]:
    """Give what is missing before the contract: votes, money, a promise for later years (契約)."""
    if stage_of(task.code) != CONTRACT:
        return
    yield from backing_problems(plan, day, records)
    own = concluded(records)
    if not any(contract.concluded_on <= day for contract in own if contract.concluded_on):
        yield "締結した契約が記録されていません。", "「契約」に締結日を登録してください。"
    for contract in own:
        if not is_covered(contract, records):
            yield uncovered(contract)


def backing_problems(plan: Plan, day: date, records: PlanRecords) -> Iterator[Problem]:
    """Give the votes and the money a contract of a day lacks (議決・予算の裏付け)."""
    for each in plan.tasks:
        if stage_of(each.code) == COUNCIL:
            yield from _not_effective(DECIDED[COUNCIL], each.code, day, records)
    if not any(is_executable(each, day) for each in records.budgets):
        yield (
            f"{wareki(day)}までに執行できる予算措置がありません。",
            "「予算措置」の状態を執行可にし、執行可能日を登録してください。",
        )


def run_problems(plan: Plan, task: PlanTask, day: date, records: PlanRecords) -> Iterator[Problem]:
    """Give what is missing of the round of migration that closes a task (移行回の確認)."""
    number = ROUNDS.get(stage_of(task.code))
    run = records.run(task.wave, number) if number else None
    if run is not None and run.state != "合格":
        yield _not_moved(run)


def paper_problems(
    plan: Plan, task: PlanTask, day: date, records: PlanRecords
) -> Iterator[Problem]:
    """Give the paper that is missing (成果物の確認); a record that says the same stands for it.

    A milestone has its report after the day, so that it is not asked for on it.
    """
    if not task.evidence or task.is_milestone or has_paper(task, records):
        return
    yield (
        f"成果物（{task.evidence}）が登録されていません。",
        "「成果物」に登録してから、完了にしてください。",
    )


def has_paper(task: PlanTask, records: PlanRecords) -> bool:
    """Say whether the paper of a task is there, or a record in its stead (成果物の有無)."""
    stage = stage_of(task.code)
    # The others were asked for their decision, their contract or their round already.
    stands_for_it = (
        stage in DECIDED
        or stage == CONTRACT
        or (stage in ROUNDS and records.run(task.wave, ROUNDS[stage]) is not None)
    )
    return stands_for_it or any(each.task_code == task.code for each in records.evidence)


_CHECKS: Final[tuple[Callable[[Plan, PlanTask, date, PlanRecords], Iterator[Problem]], ...]] = (
    decision_problems, contract_problems, run_problems, paper_problems,
)  # fmt: skip


# ---- what a vote and a budget hold ---------------------------------------------------------------


def is_executable(budget: BudgetAction, day: date) -> bool:
    """Say whether the money may be spent on a day (執行できる)."""
    return (
        budget.state == "執行可"
        and budget.executable_on is not None
        and budget.executable_on <= day
    )


def concluded(records: PlanRecords) -> tuple[Contract, ...]:
    """Give the contracts the plan has led to, the old one left out (締結した契約)."""
    return tuple(
        each for each in records.contracts if each.kind != OLD_CONTRACT and each.concluded_on
    )


def is_covered(contract: Contract, records: PlanRecords) -> bool:
    """Say whether a contract ends within its fiscal year or later years are promised (裏付け).

    One without an end is taken to last into the next year at least.
    """
    first = FiscalYear.containing(contract.since)
    last = first.next()
    if contract.until is not None:
        last = FiscalYear.containing(contract.until - timedelta(days=1))
    return first == last or any(
        each.kind in LASTING_BUDGETS and each.state == "執行可" and each.covers(first, last)
        for each in records.budgets
    )


def uncovered(contract: Contract) -> Problem:
    """Say that a contract of several years has no promise of money behind it (裏付けなし)."""
    missing = "期間のすべてを含む債務負担行為・長期継続契約が執行可になっていません。"
    return (
        f"{contract.name}は年度をまたぎますが、{missing}",
        "「予算措置」に、種類が債務負担か長期継続の記録を登録してください。",
    )


def _not_moved(run: MigrationRun) -> Problem:
    return f"移行回の{run.name}は「{run.state}」です。", "「移行回」に結果を記録してください。"


def _not_effective(kind: str, code: str, day: date, records: PlanRecords) -> Iterator[Problem]:
    latest = records.latest(kind, code)
    if latest is None or not latest.is_passed:
        yield _not_passed(kind, latest)
    elif day < latest.decided_on:
        yield _too_early(kind, latest)
    elif not latest.is_effective(day):
        todo = "条件を満たした日" if kind == JUDGEMENT else "凍結解除日"
        yield (
            f"{latest.name}には条件があり、{wareki(day)}にはまだ満たされていません。",
            f"「{todo}」を登録してください。",
        )


def _not_passed(kind: str, latest: Decision | None) -> Problem:
    if latest is None:
        named = "稼働判定" if kind == JUDGEMENT else f"{kind}の議決"
        where = "稼働判定" if kind == JUDGEMENT else "議決・承認"
        return f"{named}が記録されていません。", f"「{where}」に登録してください。"
    return f"最後の記録は「{latest.name}」です。", "次の議決・判定を登録してください。"


def _too_early(kind: str, latest: Decision) -> Problem:
    word = "判定日" if kind == JUDGEMENT else "議決日"
    return f"{word}の{wareki(latest.decided_on)}より前の日です。", "日付を確かめてください。"
