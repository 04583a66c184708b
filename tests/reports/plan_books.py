"""A small 工程表 with all that a row can be (工程表の見本): done, working, waiting, a milestone."""

from dataclasses import replace
from datetime import UTC, date, datetime

from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.network import Times
from consortium.domain.onboarding.plan import Plan, PlanLine, PlanTask
from consortium.reports.plan_sheet import PlanBook, PlanRows

TODAY = date(2026, 12, 1)
MADE = datetime(2026, 12, 1, 1, 2, 3, tzinfo=UTC)
TURUTA = "023841"
#: What Excel would take for a formula, and for the letter A.
NOTE = "=1+1 と _x0041_ の\n確認"

A1 = PlanTask(
    "a1000000-0000-4000-8000-000000000001", 1, "A1", "参加意向表明・首長間協議", "計画立案", 40,
    "加入団体", date(2025, 5, 7), date(2025, 7, 2), state="done",
    started_on=date(2025, 5, 7), finished_on=date(2025, 7, 1), percent=100,
)  # fmt: skip
B2 = PlanTask(
    "b2000000-0000-4000-8000-000000000001", 2, "B2", "査定・債務負担行為の予算案", "調達", 40,
    "各財政課", date(2026, 9, 24), date(2026, 11, 20), state="working",
    started_on=date(2026, 11, 2), percent=40, note=NOTE,
)  # fmt: skip
B3 = PlanTask(
    "b3000000-0000-4000-8000-000000000001", 3, "B3", "議会の議決", "調達", 15, "各議会",
    date(2026, 11, 24), date(2026, 12, 14),
)  # fmt: skip
E5 = PlanTask(
    "e5000000-0000-4000-8000-000000000001", 4, "E5", "本移行・切替", "導入・移行", 3, "事業者",
    date(2027, 3, 29), date(2027, 3, 31),
)  # fmt: skip
H0 = PlanTask(
    "h0000000-0000-4000-8000-000000000001", 5, "H0", "本稼働", "運用", 0, "協議会",
    date(2027, 4, 1), date(2027, 4, 1),
)  # fmt: skip


def plan(*tasks: PlanTask, town: str = "鶴田町", plan_id: str = "p-1", revision: int = 3) -> Plan:
    return Plan(
        id=plan_id, code=municipality_code(TURUTA), town=town, title=f"{town} 加入工程",
        kind="join", anchor_on=date(2027, 4, 1), anchor_mode="backward", legal_form="agreement",
        state="running", joining_state="preparing", template_id="t-1", revision=revision,
        tasks=tasks,
    )  # fmt: skip


def rows(each: Plan) -> PlanRows:
    """Give the lines of a plan; the workbook shows planned dates, no forecast."""
    lines = [
        PlanLine(
            task,
            Times(
                task.code, task.planned_start, task.planned_finish, None, None, None, 0,
                is_critical=False, is_near=False,
            ),
            None,
        )
        for task in each.tasks
    ]  # fmt: skip
    return PlanRows(each, lines)


def book(*plans: Plan, is_sample: bool = False) -> PlanBook:
    return PlanBook("工程表", "弘前市", [rows(each) for each in plans], TODAY, MADE, {}, is_sample)


def one() -> PlanBook:
    """Give the workbook of a single plan."""
    return book(plan(A1, B2, B3, E5, H0))


def two() -> PlanBook:
    """Give the workbook of two plans of one town: two sheets, and 全体."""
    other = [replace(each, id=f"2{each.id[1:]}") for each in (A1, H0)]
    plans = (plan(A1, B2, B3, E5, H0), plan(*other, plan_id="p-2", revision=1))
    return book(*plans, is_sample=True)
