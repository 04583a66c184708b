"""What the records of a plan still leave open (指摘): shown, never blocking."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from consortium.domain.calendar.period import Period
from consortium.domain.calendar.wareki import wareki
from consortium.domain.onboarding.network import Finding
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.record_checks import (
    CONTRACT,
    DECIDED,
    backing_problems,
    concluded,
    has_paper,
    is_covered,
    stage_of,
    uncovered,
)
from consortium.domain.onboarding.records import CONDITIONAL, JUDGEMENT, PlanRecords

_ONE_DAY: Final = timedelta(days=1)
#: So many papers that wait are named, the others counted.
_NAMED: Final = 3


def residual_months(day: date, until: date) -> int:
    """Count the whole months from a day to the first day after a term (残期間), never below 0.

    >>> residual_months(date(2021, 6, 1), date(2022, 4, 1))
    10
    """
    months = (until.year - day.year) * 12 + until.month - day.month
    return max(0, months - (until.day < day.day))


def term_of(day: date, terms: Sequence[Period]) -> Period | None:
    """Give the term of the agreement that a day lies in, None for none (協定の期間)."""
    return next((each for each in terms if each.contains(day)), None)


def term_gaps(terms: Sequence[Period], stays: Sequence[Period]) -> tuple[Period, ...]:
    """Give the days on which a town takes part and no term is agreed (協定の期間の空白).

    Between the first day of any stay and its last; without an end where a stay has none.
    """
    if not stays:
        return ()
    ends = [each.until for each in stays]
    last = None if None in ends else max(end for end in ends if end is not None)
    found, day = [], min(each.since for each in stays)
    for term in sorted(terms, key=lambda each: each.since):
        if last is not None and term.since >= last:
            break
        if term.since > day:
            found.append(Period(day, term.since))
        if term.until is None:
            return tuple(found)
        day = max(day, term.until)
    if last is None or day < last:
        found.append(Period(day, last))
    return tuple(found)


def open_points(
    plan: Plan,
    records: PlanRecords,
    today: date,
    terms: Sequence[Period] = (),
    stays: Sequence[Period] = (),
) -> tuple[Finding, ...]:
    """Give everything the records leave open (指摘), in the order of the plan.

    `terms` are those of the agreement (利用期), `stays` when towns take part.
    """
    return (
        *_terms(plan, terms, stays),
        *_old_contract(plan),
        *_contract(plan, records),
        *(point for task in plan.tasks for point in _task(task, records)),
        *_conditions(records, today),
        *_papers(records),
        *_issues(records, today),
    )


def _terms(plan: Plan, terms: Sequence[Period], stays: Sequence[Period]) -> Iterator[Finding]:
    term = term_of(plan.anchor_on, terms)
    if term is None:
        yield Finding(
            "term", "",
            f"本稼働日（{wareki(plan.anchor_on)}）を含む利用期（協定の期間）が登録されていません。",
        )  # fmt: skip
    elif term.until is not None:
        months = residual_months(plan.anchor_on, term.until)
        yield Finding(
            "term", "",
            f"利用期の残りは{months}か月です（{wareki(term.until - _ONE_DAY)}まで）。"
            "初期費用に合意する前に確かめてください。",
        )  # fmt: skip
    for gap in term_gaps(terms, stays) if terms else ():
        last = "" if gap.until is None else f"{wareki(gap.until - _ONE_DAY)}まで、"
        yield Finding(
            "term_gap", "", f"{wareki(gap.since)}から{last}利用期（協定の期間）の定めがありません。"
        )


def _old_contract(plan: Plan) -> Iterator[Finding]:
    last = plan.old_contract_ends_on
    if last is not None and last < plan.anchor_on - _ONE_DAY:
        yield Finding(
            "old_contract", "",
            f"現行契約は{wareki(last)}までで、本稼働日（{wareki(plan.anchor_on)}）の前に"
            "切れます。延長を確かめてください。",
        )  # fmt: skip


def _contract(plan: Plan, records: PlanRecords) -> Iterator[Finding]:
    """Compare contracts with the votes and the money behind them, on their day (契約の裏付け)."""
    own, task = concluded(records), plan.task(CONTRACT)
    days = {each.concluded_on for each in own} | {task.finished_on if task else None}
    for day in sorted(each for each in days if each is not None):
        for found, _ in backing_problems(plan, day, records):
            yield Finding("contract", CONTRACT, f"{wareki(day)}の契約：{found}")
    for each in own:
        if not is_covered(each, records):
            yield Finding("contract", CONTRACT, uncovered(each)[0])


def _task(task: PlanTask, records: PlanRecords) -> Iterator[Finding]:
    if task.state != "done":
        return
    kind = DECIDED.get(stage_of(task.code))
    latest = records.latest(kind, task.code) if kind else None
    if kind and (latest is None or not latest.is_passed):
        yield Finding(
            "decision", task.code, f"{task.code}「{task.name}」の{kind}の結果がありません。"
        )
    elif task.evidence and not has_paper(task, records):
        yield Finding(
            "evidence", task.code,
            f"{task.code}「{task.name}」の成果物（{task.evidence}）が登録されていません。",
        )  # fmt: skip


def _conditions(records: PlanRecords, today: date) -> Iterator[Finding]:
    for each in records.decisions:
        if each.result not in CONDITIONAL or each.freeze_lifted_on is not None:
            continue
        due = each.conditions_due_on
        late = "" if due is None else f"期限は{wareki(due)}です。"
        if due is not None and due < today:
            late = f"期限（{wareki(due)}）を過ぎています。"
        waits = "条件を満たした日" if each.kind == JUDGEMENT else "凍結解除日"
        yield Finding(
            "condition", each.task_code, f"{each.name}の{waits}がまだ登録されていません。{late}"
        )


def _papers(records: PlanRecords) -> Iterator[Finding]:
    waiting = [each.name for each in records.evidence if each.confirmed_at is None]
    if waiting:
        named = "、".join(f"「{name}」" for name in waiting[:_NAMED])
        more = "など" if len(waiting) > _NAMED else ""
        yield Finding(
            "evidence", "", f"確認していない成果物が{len(waiting)}件あります（{named}{more}）。"
        )


def _issues(records: PlanRecords, today: date) -> Iterator[Finding]:
    for each in records.issues:
        if each.state == "解決":
            continue
        if each.due_on is not None and each.due_on < today:
            late = f"期限の{wareki(each.due_on)}を過ぎています。"
            yield Finding("issue", each.task_code, f"{each.name}（重要度 {each.severity}）が{late}")
        elif each.severity == "高":
            yield Finding("issue", each.task_code, f"{each.name}（重要度 高）が解決していません。")
