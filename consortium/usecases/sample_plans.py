"""Plans of the sample (見本の工程): three joins counted back, and one that is under way.

The three are 参考(逆算): calculated from the day each town really joined, never its history. 鶴田町
did not join; its plan, and all that is reported on it, is made up and marked 見本.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

from consortium.db.store import members as members_store
from consortium.db.store import plans as store
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import wareki
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.record_checks import COUNCIL, DECIDED, stage_of
from consortium.domain.onboarding.records import (
    JUDGEMENT,
    BudgetAction,
    Contract,
    Decision,
    Evidence,
    Record,
)
from consortium.usecases import (
    calendars,
    joining,
    plan_making,
    plan_progress,
    plan_records,
    plans,
    terms,
)
from consortium.usecases.closings import today_of
from consortium.usecases.sample_acts import key
from consortium.usecases.viewer import Viewer

#: Code, name and 本稼働日 of the joins counted back (参考).
REFERENCES: Final = (
    ("022101", "平川市", date(2019, 4, 1)),
    ("023612", "藤崎町", date(2021, 4, 1)),
    ("023817", "板柳町", date(2021, 6, 1)),
)
#: The term the three entered while it ran; what followed it is not known (協定の期間).
AGREED: Final = terms.TermEntry(
    "第1期", date(2015, 4, 1), date(2022, 3, 31), "協定書（84か月、平成34年3月31日まで）"
)
JOINER: Final = MunicipalityCode("023841")
LIVE_ON: Final = date(2027, 4, 1)
PLAN_ID: Final = key("plan", JOINER)
#: Service the town is going to use.
CORE: Final = "core"
_TITLE: Final = "鶴田町 加入工程（見本）"
_SAMPLE: Final = "見本"
#: Calendar years the plans count open days in (業務日を数える年).
_PAST_YEARS, _YEARS = range(2016, 2023), range(2024, 2032)


@dataclass(frozen=True, slots=True)
class Team:
    """Who works on the plan at an instant (工程の担当者)."""

    staff: Viewer
    approver: Viewer
    at: datetime

    @property
    def today(self) -> date:
        """Give the day in Japan."""
        return today_of(self.at)


# ---- counted back --------------------------------------------------------------------------------


def add_references(team: Team) -> None:
    """Save the three joins as calculated back from the day each went live (参考の工程)."""
    owner = team.staff.consortium_id
    for year in _PAST_YEARS:
        calendars.import_holidays(team.staff, year, team.at, team.today)
    if not terms.show_terms(team.staff, team.today).terms:
        terms.add_term(team.staff, AGREED, team.at)
    with writing(team.staff.actor(), team.at) as unit:
        unit.take_turn(owner)
        known = {each.id for each in store.plans(unit.session, owner)}
        members = {str(each.code): each for each in members_store.members(unit.session, owner)}
        for code, name, day in REFERENCES:
            plan_id = key("plan", code)
            if plan_id in known:
                continue
            head = plan_making.PlanHead(f"{name} 加入工程 参考（逆算）", day, is_shared=True)
            found = plan_making.draft_plan(unit, owner, members[code], "join", head, None, plan_id)
            past = replace(found, state="done", joining_state="using", is_reference=True)
            store.add_plan(unit, owner, members[code].id, past)


# ---- under way -----------------------------------------------------------------------------------


def make(team: Team) -> None:
    """Make the plan of 鶴田町 and approve it (工程の作成・承認)."""
    for year in _YEARS:
        calendars.import_holidays(team.staff, year, team.at, team.today)
    with reading() as session:
        services = members_store.services(session, team.staff.consortium_id)
    service = next((each.id for each in services if each.key == CORE), None)
    head = plan_making.PlanHead(
        _TITLE, LIVE_ON, service_id=service, old_contract_ends_on=date(2027, 3, 31)
    )
    plan = plan_making.make_plan(
        team.staff, JOINER, "つるたまち", "join", head, team.at, team.today, PLAN_ID
    )
    if plan.state == "draft":
        joining.approve(
            team.approver,
            plan.id,
            plan.row_version,
            "当初計画（見本）",
            _SAMPLE,
            team.at,
            team.today,
        )


def keep_up(team: Team, plan_id: str = PLAN_ID) -> None:
    """Report everything that should have happened by now, exactly as planned (見本の進み)."""
    plan = plans.read_plan(team.staff, plan_id)
    for task in sorted(plan.tasks, key=lambda each: (each.planned_finish, each.position)):
        if task.state == "done":
            continue
        if task.planned_finish <= team.today:
            for record in _papers(team, plan, task):
                _record(team, plan, record)
            done = plan_progress.Progress("done", task.planned_start, task.planned_finish)
            _report(team, plan, task, done)
        elif task.planned_start <= team.today and task.state == "waiting":
            working = plan_progress.Progress(
                "working", task.planned_start, percent=_percent(team, task)
            )
            _report(team, plan, task, working)
    _step(team, plan_id)


def _record(team: Team, plan: Plan, record: Record) -> None:
    saved = plan_records.add_record(team.staff, plan.id, record, team.at, team.today)
    if isinstance(saved, Evidence) and saved.confirmed_at is None:
        plan_records.confirm_paper(team.staff, plan.id, saved.id, saved.row_version, team.at)


def _percent(team: Team, task: PlanTask) -> int:
    """Give how far a task is by the days gone by, in tens (進捗)."""
    gone, whole = team.today - task.planned_start, task.planned_finish - task.planned_start
    return min(90, 10 * round(10 * gone / whole)) if whole else 0


def _report(team: Team, plan: Plan, task: PlanTask, progress: plan_progress.Progress) -> None:
    plan_progress.report_task(
        team.staff, plan.id, task.code, task.row_version, progress, "", team.at, team.today
    )


def _papers(team: Team, plan: Plan, task: PlanTask) -> Iterator[Record]:
    """Give what closes a task: its vote and the money, its contract, or its paper (成果物)."""
    name = f"{wareki(task.planned_finish)} {_SAMPLE}"
    record_id = key("record", plan.id, task.code)
    stage, day = stage_of(task.code), task.planned_finish
    if stage in DECIDED:
        kind = DECIDED[stage]
        result = "可" if kind == JUDGEMENT else "可決"
        code = (task.window_code or str(plan.code)) if kind == "議会" else ""
        bill = "" if kind == JUDGEMENT else "議案第12号"
        yield Decision(record_id, task.code, kind, day, result, name, code=code, bill=bill)
        if stage == COUNCIL:
            yield _budget(team, plan, record_id, day)
    elif stage == "C2":
        yield Contract(
            record_id, "利用", "（株）見本", f"共同クラウドの利用（{_SAMPLE}）", day,
            date(2032, 4, 1), day,
        )  # fmt: skip
    elif task.evidence and not task.is_milestone:
        yield Evidence(record_id, task.code, task.evidence, name, day)


def _budget(team: Team, plan: Plan, decision_id: str, day: date) -> BudgetAction:
    with reading() as session:
        members = members_store.members(session, team.staff.consortium_id)
    member = next(each.id for each in members if each.code == plan.code)
    first = FiscalYear.containing(day).start_year
    return BudgetAction(
        key("budget", plan.id), member, first, 2031, "債務負担",
        state="執行可", decision_id=decision_id, executable_on=day, note=_SAMPLE,
    )  # fmt: skip


def _step(team: Team, plan_id: str) -> None:
    """Take the step of the joining that its tasks allow by now (加入の手順)."""
    for name, code in (("apply", "A1"), ("accept", "A5"), ("prepare", "C1")):
        plan = plans.read_plan(team.staff, plan_id)
        task = plan.task(code)
        is_next = name in _NEXT.get(plan.joining_state, ())
        if is_next and task is not None and task.state == "done":
            who = team.approver if name == "accept" else team.staff
            applied_on = task.finished_on if name == "apply" else None
            joining.take_joining(who, plan_id, name, plan.row_version, applied_on, "", team.at)


_NEXT: Final = {"considering": ("apply",), "applied": ("accept",), "accepted": ("prepare",)}


def turns(begun: datetime) -> Iterator[datetime]:
    """Give when the plan is looked at: each month up to 本稼働, and at the first start."""
    last = min(begun.astimezone(TOKYO).date(), LIVE_ON)
    month = Month(2024, 12)
    while (day := month.next().first) <= last:
        yield datetime.combine(day, time(9), TOKYO)
        month = month.next()
    if last < LIVE_ON:
        yield begun
