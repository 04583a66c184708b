"""From the application to the use (加入の手順): approval, what a joining has come to, the stay.

The stay and the use of the service are written in the one step in which a plan reaches 本稼働;
until then the town takes part in nothing (ADR 0020).
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from consortium.db.store import members as members_store
from consortium.db.store import plan_records
from consortium.db.store import plans as store
from consortium.db.store.members import Enrolment, Member, Membership, Service
from consortium.db.unit import Unit, writing
from consortium.domain.calendar.period import Period
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.onboarding.golive import GO_LIVE
from consortium.domain.onboarding.plan import Baseline, Plan
from consortium.domain.onboarding.record_checks import may_go_live
from consortium.domain.onboarding.records import PlanRecords
from consortium.domain.onboarding.schedule import schedule
from consortium.domain.onboarding.steps import (
    ALONE,
    JOINING_STEPS,
    PLAN_STEPS,
    Step,
    take_joining_step,
    take_plan_step,
)
from consortium.domain.services import refuse_overlaps
from consortium.usecases.closings import refuse_closed_days, today_of
from consortium.usecases.plan_calendars import network_of, read_desk
from consortium.usecases.plan_making import check_joining, joining_service, seen_plan
from consortium.usecases.plans import status_day
from consortium.usecases.viewer import Viewer

ASSEMBLY, ACCEPTANCE = "総会", "A5"


def approve(  # noqa: PLR0913 -- who approves what as it was seen, under which name, why, when
    viewer: Viewer,
    plan_id: str,
    seen_version: int,
    name: str,
    reason: str,
    now: datetime,
    today: date,
) -> Baseline:
    """Approve a draft: its dates are frozen as the first baseline (工程の承認・基準計画の凍結).

    The day on which work starts is fixed with it, so that a later delay does not simply start
    earlier. Raises: InvalidTransitionError for a plan that misses its day; BadInputError for a
    joining without a service or beside another one, among others; StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now, reason) as unit:
        plan = _turn(unit, viewer, plan_id, seen_version, PLAN_STEPS["approve"])
        state = take_plan_step("approve", plan.state)
        check_joining(unit.session, viewer.consortium_id, plan)
        _refuse_late(unit, viewer, plan, today)
        start_on = plan.start_on or min(task.planned_start for task in plan.tasks)
        saved = store.save_plan(
            unit, viewer.consortium_id, plan, replace(plan, state=state, start_on=start_on), "承認"
        )
        frozen = baseline_of(saved, 1, name, reason, viewer, now)
        store.add_baseline(unit, viewer.consortium_id, saved, frozen)
    return frozen


def baseline_of(  # noqa: PLR0913 -- what is frozen, under which number and name, by whom, why, when
    plan: Plan, number: int, name: str, reason: str, viewer: Viewer, now: datetime
) -> Baseline:
    """Give the dates of a plan as a baseline (基準計画)."""
    return Baseline(
        str(uuid4()), number, name, reason, plan.anchor_on, viewer.name, now,
        {
            task.code: (task.name, task.days, task.planned_start, task.planned_finish)
            for task in plan.tasks
        },
    )  # fmt: skip


def _refuse_late(unit: Unit, viewer: Viewer, plan: Plan, today: date) -> None:
    desk = read_desk(unit.session, viewer.consortium_id)
    status_on = status_day(plan, today)
    found = schedule(network_of(plan, desk, start=plan.start_on, status_on=status_on))
    moved = [task.code for task in plan.tasks if found.of(task.code).finish != task.planned_finish]
    asked = "工程を承認しようとしました。"
    if found.margin is not None and found.margin < 0:
        raise InvalidTransitionError(
            asked,
            f"本稼働日（{wareki(plan.anchor_on)}）に{-found.margin}業務日間に合いません。",
            "本稼働日か業務日数を見直してから、承認してください。",
        )
    if moved:
        raise InvalidTransitionError(
            asked,
            f"草案を保存した後に、{'、'.join(moved[:5])}などの見込みが変わりました。",
            "草案を保存し直して、日付を確かめてから承認してください。",
        )


# ---- steps of the plan and of the joining --------------------------------------------------------


def take_plan(  # noqa: PLR0913 -- who takes which step of what as it was seen, why, when
    viewer: Viewer, plan_id: str, name: str, seen_version: int, reason: str, now: datetime
) -> Plan:
    """Take a step of a plan other than its approval (工程の手順).

    Raises: InvalidTransitionError; BadInputError for a missing reason; StaleError, NotFoundError.
    """
    step = PLAN_STEPS[name]
    with writing(viewer.actor(), now, reason) as unit:
        plan = _turn(unit, viewer, plan_id, seen_version, step)
        new = replace(plan, state=take_plan_step(name, plan.state))
        _ask_reason(step, reason)
        if name == "finish":
            _refuse_unfinished(plan)
        return store.save_plan(unit, viewer.consortium_id, plan, new, step.label)


def open_tasks(plan: Plan) -> list[str]:
    """Name the tasks that are not over (終わっていない作業)."""
    return [each.code for each in plan.tasks if each.state not in ("done", "not_applicable")]


def may_finish(plan: Plan) -> bool:
    """Say whether nothing is left of a plan (完了にできるか)."""
    return not open_tasks(plan) and not _is_before_use(plan)


def _is_before_use(plan: Plan) -> bool:
    return plan.kind == "join" and plan.joining_state != "using"


def _refuse_unfinished(plan: Plan) -> None:
    asked = "工程を完了にしようとしました。"
    if left := open_tasks(plan):
        raise InvalidTransitionError(
            asked,
            f"終わっていない作業が{len(left)}件あります（{'、'.join(left[:5])}）。",
            "作業の実績を入れるか、対象外にしてください。",
        )
    if _is_before_use(plan):
        # A plan that is done takes no step any more, this one the least.
        raise InvalidTransitionError(
            asked,
            f"{plan.town}の利用がまだ始まっていません。",
            "先に「利用を始める」を行ってください。加入しないときは、取り下げてください。",
        )


def take_joining(  # noqa: PLR0913 -- who takes which step of what as it was seen, on which day, why
    viewer: Viewer,
    plan_id: str,
    name: str,
    seen_version: int,
    applied_on: date | None,
    reason: str,
    now: datetime,
) -> Plan:
    """Take a step of the joining other than going live (加入の手順).

    Raises: InvalidTransitionError where a decision is missing; BadInputError at the field, for a
    missing reason among others; StaleError, NotFoundError.
    """
    step = JOINING_STEPS[name]
    with writing(viewer.actor(), now, reason) as unit:
        plan = _turn(unit, viewer, plan_id, seen_version, step)
        state = _next_state(name, plan)
        _ask_reason(step, reason)
        owner = viewer.consortium_id
        records = plan_records.records(unit.session, owner, plan.id)
        changes: dict[str, Any] = {"joining_state": state}
        if name == "apply":
            changes["applied_on"] = _day(applied_on, today_of(now))
        elif name == "accept":
            changes["accepted_on"] = _accepted_on(plan, records)
        elif name in ("refuse", "withdraw"):
            changes["state"] = "stopped"  # nothing is left to be done
        return store.save_plan(unit, owner, plan, replace(plan, **changes), step.label)


def _next_state(name: str, plan: Plan) -> str:
    if plan.kind != "join":
        raise InvalidTransitionError(
            f"手順「{JOINING_STEPS[name].label}」を行おうとしました。",
            f"「{plan.title}」は、加入の工程ではありません。",
            "加入の工程を選び直してください。",
        )
    return take_joining_step(name, plan.joining_state, plan.state)


def _turn(unit: Unit, viewer: Viewer, plan_id: str, seen_version: int, step: Step) -> Plan:
    unit.take_turn(viewer.consortium_id)
    if viewer.role != step.role and not (viewer.is_one_person and viewer.role == ALONE):
        raise InvalidTransitionError(
            f"手順「{step.label}」を行おうとしました。",
            "この手順を行う役割ではありません。",
            "担当か承認者に依頼してください。",
        )
    return seen_plan(unit.session, viewer, plan_id, seen_version)


def _ask_reason(step: Step, reason: str) -> None:
    if step.with_reason and not reason.strip():
        raise BadInputError(
            f"手順「{step.label}」を行おうとしました。",
            "理由が空です。",
            "理由を書いてください。操作記録に残します。",
            path="reason",
        )


def _day(day: date | None, today: date) -> date:
    asked, path = "申請を受けようとしました。", "applied_on"
    if day is None:
        raise BadInputError(asked, "申請日が空です。", "入力してください。", path=path)
    if day > today:
        raise BadInputError(
            asked,
            f"{wareki(day)}は、まだ来ていません。",
            "申請書の日付を入力してください。",
            path=path,
        )
    return day


def _accepted_on(plan: Plan, records: PlanRecords) -> date:
    """Give the day the 総会 accepted the town (総会の議決日)."""
    asked = f"{plan.town}の加入を承認しようとしました。"
    found = records.latest(ASSEMBLY, ACCEPTANCE)
    if found is None or not found.is_passed:
        raise InvalidTransitionError(
            asked,
            "加入を承認した総会の議決が記録されていません。",
            f"「議決・承認」に、{ACCEPTANCE}の総会の議決（可決）を登録してください。",
        )
    if plan.applied_on is not None and found.decided_on < plan.applied_on:
        raise InvalidTransitionError(
            asked,
            f"総会の議決日（{wareki(found.decided_on)}）が、"
            f"申請日（{wareki(plan.applied_on)}）より前です。",
            "議決の記録の日付を確かめ、申請を受けた後の議決を登録してください。",
        )
    return found.decided_on


# ---- going live ----------------------------------------------------------------------------------


def go_live(viewer: Viewer, plan_id: str, seen_version: int, now: datetime) -> Plan:
    """Begin the stay and the use of the service with 本稼働 (利用開始), on the day it happened.

    Raises: InvalidTransitionError where the actual day, a decision or the judgement is missing;
    ClosedError for a year under 本締め; BadInputError, StaleError, NotFoundError.
    """
    step, owner = JOINING_STEPS["go_live"], viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        plan = _turn(unit, viewer, plan_id, seen_version, step)
        state = _next_state("go_live", plan)
        service_id = joining_service(plan)
        records = plan_records.records(unit.session, owner, plan.id)
        day = _live_day(plan, records)
        refuse_closed_days(unit, owner, Period(day), reason=viewer.reason)
        members = members_store.members(unit.session, owner)
        member = next(each for each in members if each.code == plan.code)
        source = _source(plan, records)
        stay = _stay(unit, owner, member, day, source)
        _begin_use(unit, owner, member, service_id, Period(day), source)
        new = replace(plan, joining_state=state, went_live_on=day, membership_id=stay)
        return store.save_plan(unit, owner, plan, new, step.label)


def _live_day(plan: Plan, records: PlanRecords) -> date:
    """Give the day on which the plan reached 本稼働, if everything it needs is there."""
    live = plan.task(GO_LIVE)
    if live is None or live.finished_on is None:
        raise InvalidTransitionError(
            f"{plan.town}の利用を始めようとしました。",
            "本稼働の実績がありません。",
            f"{GO_LIVE}「本稼働」の実績（完了済み）を入れてから、もう一度行ってください。",
        )
    if (problem := may_go_live(plan, records, live.finished_on)) is not None:
        raise problem
    return live.finished_on


def _source(plan: Plan, records: PlanRecords) -> str:
    """Name the decisions the stay rests on (根拠)."""
    named = [each.name for each in records.decisions if each.is_passed]
    return f"{plan.title}（{'、'.join(named)}）"


def _stay(unit: Unit, owner: str, member: Member, day: date, source: str) -> str:
    """Begin a stay, unless the town belongs already, e.g. joins a further service (加入)."""
    stays = [
        each
        for each in members_store.memberships(unit.session, owner)
        if each.member_id == member.id
    ]
    for each in stays:
        if each.period.contains(day) and each.period.until is None:
            return each.id
    new = Membership(str(uuid4()), member.id, Period(day), source)
    refuse_overlaps([*(each.period for each in stays), new.period], f"{member.name}の加入")
    members_store.add_membership(unit, owner, member, new)
    return new.id


def _begin_use(  # noqa: PLR0913 -- who uses what since when, and by which decision
    unit: Unit, owner: str, member: Member, service_id: str, period: Period, source: str
) -> None:
    service = _service(unit, owner, service_id, period.since)
    uses = [
        each.period
        for each in members_store.enrolments(unit.session, owner)
        if (each.member_id, each.service_id) == (member.id, service_id)
    ]
    refuse_overlaps([*uses, period], f"{member.name}の{service.name}の利用")
    new = Enrolment(str(uuid4()), member.id, service_id, period, source)
    members_store.add_enrolment(unit, owner, member, service, new)


def _service(unit: Unit, owner: str, service_id: str, day: date) -> Service:
    services = members_store.services(unit.session, owner)
    found = next(each for each in services if each.id == service_id)
    if not found.period.contains(day):
        raise InvalidTransitionError(
            f"{found.name}の利用を始めようとしました。",
            f"{wareki(day)}には稼働していません。",
            "共同サービスの期間か、本稼働の実績を確かめてください。",
        )
    return found
