"""A small plan and what is recorded around it, for tests (工程の記録の材料)."""

from datetime import date

from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.records import (
    BudgetAction,
    Contract,
    Decision,
    MigrationRun,
    PlanRecords,
)

TOWN = "023841"
VOTED, LIVE = date(2026, 12, 18), date(2027, 4, 1)


def task(code: str, evidence: str = "", **others: object) -> PlanTask:
    """Give a task of twenty days (作業)."""
    facts = {"days": 20, "owner": "幹事市", **others}
    return PlanTask(
        f"t-{code}", 1, code, f"{code}の作業", "調達", planned_start=VOTED, planned_finish=VOTED,
        evidence=evidence, **facts,  # type: ignore[arg-type]  # fields of a task, by name
    )  # fmt: skip


def plan(*tasks: PlanTask) -> Plan:
    """Give an approved plan of 鶴田町 with these tasks (工程)."""
    return Plan(
        "p-1", municipality_code(TOWN), "鶴田町", "鶴田町 加入工程", "join", LIVE, "backward",
        "agreement", "approved", "applied", "template", tasks=tasks,
    )  # fmt: skip


def vote(
    result: str = "可決", day: date = VOTED, lifted: date | None = None, code: str = "B3"
) -> Decision:
    """Give a vote of the town's council (議会の議決)."""
    rider = "執行を凍結する" if result == "条件付可決" else ""
    return Decision(
        f"d-{code}-{day}", code, "議会", day, result, "会議録", code=TOWN, rider=rider,
        freeze_lifted_on=lifted,
    )  # fmt: skip


def judged(result: str, day: date, met: date | None = None) -> Decision:
    """Give a judgement whether to go live (稼働判定)."""
    rider, due = ("帳票を直す", date(2027, 3, 30)) if result == "条件付可" else ("", None)
    return Decision(
        f"j-{day}", "G2", "稼働判定", day, result, "判定書", rider=rider, conditions_due_on=due,
        freeze_lifted_on=met,
    )  # fmt: skip


def budget(day: date | None = VOTED, last: int = 2031, kind: str = "債務負担") -> BudgetAction:
    """Give money from FY2026 up to a year, that may be spent from a day (予算措置)."""
    state = "未要求" if day is None else "執行可"
    return BudgetAction("b-1", "m-1", 2026, last, kind, state=state, executable_on=day)


def contract(until: date | None = date(2032, 4, 1), day: date | None = None) -> Contract:
    """Give the contract of use from 本稼働 on (利用契約)."""
    return Contract("c-1", "利用", "見本社", "クラウド利用", LIVE, until, day or date(2027, 1, 20))


def ran(number: int, state: str, waiver: str = "", wave: str = "") -> MigrationRun:
    """Give a round of migration (移行回)."""
    return MigrationRun(
        f"m-{wave}{number}", number, wave, date(2027, 1, 20), state, 100, 100, 0, 90, waiver
    )


def kept(*given: object) -> PlanRecords:
    """Put records together (工程の記録)."""

    def of(kind: type) -> tuple[object, ...]:
        return tuple(each for each in given if isinstance(each, kind))

    return PlanRecords(
        of(Decision), of(BudgetAction), of(Contract), of(MigrationRun),  # type: ignore[arg-type]  # sorted by type
    )  # fmt: skip
