"""From the approval of a plan to the first amount of the town: one chain (加入の手順)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import bases, members, plan_records, runs
from consortium.db.store import plans as store
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    ClosedError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.records import Decision
from consortium.usecases import base_rounds, cost_items, joining, plans, sample_plans
from consortium.usecases import members as roster
from consortium.usecases import plan_records as papers
from consortium.usecases import runs as running
from consortium.usecases.plan_making import PlanHead, change_head, make_plan
from consortium.usecases.plan_progress import Progress, report_task
from consortium.usecases.sample_plans import Team
from tests import closing, factories, planning
from tests.office import ITAYANAGI, Office, open_office
from tests.planning import LIVE_ON, PLAN_ID, TSURUTA, team, town

pytestmark = pytest.mark.usefixtures("plain_files")

NEXT = FiscalYear(2027)
#: 鶴田町, 国勢調査 2020 (sample figure of this test) beside the seven of the seed.
PEOPLE = 12_000


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def amounts(office: Office, run_id: str) -> dict[str, int]:
    with reading() as session:
        result = runs.read_result(session, office.consortium_id, run_id)
    return {str(party.code): int(result.amount(party.code)) for party in result.parties}


def count_people(office: Office) -> Fraction:
    """Add 鶴田町 to the census in force, and give its part of all the people."""
    with writing(office.staff.actor(), factories.NOW) as unit:
        found = bases.editions(unit.session, office.consortium_id, "population")
        old = next(each for each in found if each.reference_date == date(2020, 10, 1))
        values = {**old.values, municipality_code(TSURUTA): Fraction(PEOPLE)}
        bases.correct_edition(unit, office.consortium_id, old, replace(old, values=values))
    return Fraction(PEOPLE) / sum(values.values())


@pytest.mark.usefixtures("workbooks")
def test_the_next_run_after_going_live_shares_with_the_town_and_none_before(
    office: Office,
) -> None:
    staff, now = office.staff, office.clock.now()
    planning.plan_kept_up(staff, office.worker.folder, date(2026, 11, 22))
    part = count_people(office)
    cost_items.copy_from_stage(staff, NEXT, "planned", FiscalYear(2026), "planned", now)
    # Going to join, it is no member: asked for nothing, in no run.
    asked = base_rounds.RoundEntry(NEXT, ("population",), date(2026, 9, 1), date(2026, 12, 25))
    round_id = base_rounds.open_round(staff, asked, now)
    assert TSURUTA not in {each.code for each in base_rounds.show_round(staff, round_id).towns}
    assert TSURUTA not in {each.member.code for each in roster.show_roster(staff).on(LIVE_ON)}
    before = amounts(office, run_id := office.draft(2027, "planned"))
    assert len(before) == 7
    assert TSURUTA not in before

    sample_plans.keep_up(team(staff, LIVE_ON))
    plan = plans.read_plan(staff, PLAN_ID)
    assert plan.joining_state == "preparing"
    begun = joining.go_live(office.approver, PLAN_ID, plan.row_version, team(staff, LIVE_ON).at)
    assert (begun.joining_state, begun.went_live_on) == ("using", LIVE_ON)

    running.recalculate(staff, run_id, seen=office.seen(run_id), now=now)
    after = amounts(office, run_id)
    items = [
        item for item in factories.items_of(staff, 2027, "planned") if item.charged_to_id is None
    ]
    # 均等割20 among eight, 人口割80; an item may be off by a yen for each of its two parts.
    wanted = sum(item.amount_incl_tax for item in items) * (
        Fraction(20, 100) / 8 + Fraction(80, 100) * part
    )
    assert abs(after[TSURUTA] - wanted) <= 2 * len(items)
    assert sum(after.values()) == sum(before.values())
    assert all(after[code] <= before[code] for code in before)


def test_the_stay_rests_on_the_decisions_and_begins_the_service(office: Office) -> None:
    begun = live(office)
    standing = roster.show_standing(office.staff, TSURUTA)
    (stay,) = standing.stays
    assert (stay.id, stay.period.since, stay.period.until) == (begun.membership_id, LIVE_ON, None)
    # The three decisions as the sample's plan has them: 総会, 議会 of December 2025, 判定.
    for word in ("総会 令和7年8月25日", "議会 令和7年12月15日", "稼働判定", "可決"):
        assert word in stay.source
    assert [use.service.key for use in standing.open_uses] == ["core"]
    with pytest.raises(InvalidTransitionError, match="利用中"):
        joining.go_live(office.approver, PLAN_ID, begun.row_version, team(office.staff).at)


def test_a_plan_that_has_not_gone_live_begins_no_stay(office: Office) -> None:
    day = date(2026, 11, 22)
    planning.plan_kept_up(office.staff, office.worker.folder, day)
    plan = plans.read_plan(office.staff, PLAN_ID)
    with pytest.raises(InvalidTransitionError, match="本稼働の実績がありません"):
        joining.go_live(office.approver, PLAN_ID, plan.row_version, team(office.staff, day).at)
    with pytest.raises(InvalidTransitionError, match="役割"):
        joining.go_live(office.staff, PLAN_ID, plan.row_version, team(office.staff, day).at)
    assert roster.show_standing(office.staff, TSURUTA).stays == ()


def test_a_closed_year_takes_no_new_member(office: Office) -> None:
    plan_id = planning.live_plan(office.staff, ITAYANAGI, date(2021, 10, 1))
    office.issued(2021)
    closing.close(office, FiscalYear(2021))
    with pytest.raises(ClosedError):
        joining.go_live(office.approver, plan_id, 1, office.clock.now())
    assert plans.read_plan(office.staff, plan_id).joining_state == "preparing"


def test_approving_freezes_the_dates_and_the_day_work_starts(office: Office) -> None:
    plan = planning.approved_plan(office.staff)
    with reading() as session:
        (frozen,) = store.baselines(session, office.consortium_id, PLAN_ID)
    assert (frozen.number, frozen.anchor_on, len(frozen.tasks)) == (1, LIVE_ON, len(plan.tasks))
    b3 = plan.task("B3")
    assert b3 is not None
    # The last session in time for 1 April 2027: December 2025, by the usual day of its month.
    assert frozen.tasks["B3"][2:] == (b3.planned_start, date(2025, 12, 15))
    assert plan.start_on == min(task.planned_start for task in plan.tasks)
    they = team(office.staff)
    with pytest.raises(InvalidTransitionError, match="承認済"):
        joining.approve(
            they.approver, PLAN_ID, plan.row_version, "二度", "理由", they.at, they.today
        )


def test_a_draft_that_misses_its_day_is_not_approved(office: Office) -> None:
    # Made two months later, the council of December 2025 is missed, and with it 1 April 2027.
    late = team(office.staff, date(2025, 2, 3))
    with pytest.raises(InvalidTransitionError, match="業務日間に合いません"):
        sample_plans.make(late)
    plan = plans.read_plan(office.staff, PLAN_ID)
    assert plan.state == "draft"
    with reading() as session:
        assert store.baselines(session, office.consortium_id, PLAN_ID) == ()


def test_acceptance_needs_the_general_meeting_and_refusal_a_reason(office: Office) -> None:
    planning.approved_plan(office.staff)
    they, at = team(office.staff, date(2025, 3, 1)), team(office.staff, date(2025, 3, 1)).at
    sample_plans.keep_up(they)  # A1 is over: the application is taken
    plan = plans.read_plan(office.staff, PLAN_ID)
    assert (plan.joining_state, plan.applied_on) == ("applied", date(2025, 2, 20))
    with pytest.raises(InvalidTransitionError, match="総会の議決が記録されていません"):
        joining.take_joining(they.approver, PLAN_ID, "accept", plan.row_version, None, "", at)
    with pytest.raises(BadInputError, match="理由が空"):
        joining.take_joining(they.approver, PLAN_ID, "refuse", plan.row_version, None, " ", at)
    with pytest.raises(StaleError):
        joining.take_joining(they.approver, PLAN_ID, "refuse", 1, None, "見送り", at)
    refused = joining.take_joining(
        they.approver, PLAN_ID, "refuse", plan.row_version, None, "見送り", at
    )
    assert (refused.joining_state, refused.state) == ("refused", "stopped")


def test_a_town_sees_its_own_plan_and_what_is_shared_and_nothing_else(office: Office) -> None:
    planning.approved_plan(office.staff)
    sample_plans.add_references(team(office.staff))
    own, other = town(office.staff), town(office.staff, ITAYANAGI)
    today = date(2026, 11, 22)
    shared = {
        "平川市 加入工程 参考（逆算）",
        "藤崎町 加入工程 参考（逆算）",
        "板柳町 加入工程 参考（逆算）",
    }
    titles = [
        {page.plan.title for page in plans.list_plans(viewer, today)}
        for viewer in (own, other, office.staff)
    ]
    assert titles == [
        {"鶴田町 加入工程（見本）", *shared},
        shared,
        {"鶴田町 加入工程（見本）", *shared},
    ]
    with pytest.raises(NotFoundError):
        plans.show_plan(other, PLAN_ID, today)
    stranger = factories.add_foreign_consortium()
    with pytest.raises(NotFoundError):
        plans.show_plan(stranger, PLAN_ID, today)


def test_the_sample_keeps_its_papers_and_is_told_once(office: Office) -> None:
    day = team(office.staff, date(2026, 11, 22))
    planning.plan_kept_up(office.staff, office.worker.folder, day.today)
    seen = factories.everything()
    sample_plans.make(team(office.staff))
    sample_plans.keep_up(day)
    assert factories.everything() == seen
    with reading() as session:
        found = plan_records.records(session, office.consortium_id, PLAN_ID)
        owner = office.consortium_id
        assert len(members.members(session, owner)) == 8
    assert {each.confirmed_by for each in found.evidence} == {office.staff.name}


# ---- what a joining needs ------------------------------------------------------------------------

MADE = planning.MADE.date()
HIRAKAWA = "022101"


def live(office: Office) -> Plan:
    """Let 鶴田町 go live as planned."""
    planning.plan_kept_up(office.staff, office.worker.folder, LIVE_ON)
    plan = plans.read_plan(office.staff, PLAN_ID)
    return joining.go_live(
        office.approver, PLAN_ID, plan.row_version, team(office.staff, LIVE_ON).at
    )


def make(office: Office, code: str = TSURUTA, **said: Any) -> Plan:
    """Make one more plan of a town, from the office's form."""
    head = PlanHead("もう一つの工程", LIVE_ON, **said)
    they = team(office.staff)
    return make_plan(office.staff, municipality_code(code), "", "join", head, they.at, MADE)


def saved(office: Office, plan: Plan, **changes: Any) -> Plan:
    """Leave a plan in a state that the tests reach by no other way."""
    with writing(office.staff.actor(), factories.NOW) as unit:
        return store.save_plan(unit, office.consortium_id, plan, replace(plan, **changes))


def test_a_stopped_plan_begins_no_stay(office: Office) -> None:
    planning.plan_kept_up(office.staff, office.worker.folder, LIVE_ON)
    plan, at = plans.read_plan(office.staff, PLAN_ID), team(office.staff, LIVE_ON).at
    stopped = joining.take_plan(office.staff, PLAN_ID, "stop", plan.row_version, "見送り", at)
    with pytest.raises(InvalidTransitionError, match="今「中止」"):
        joining.go_live(office.approver, PLAN_ID, stopped.row_version, at)
    with pytest.raises(InvalidTransitionError, match="今「中止」"):
        joining.take_joining(
            office.staff, PLAN_ID, "withdraw", stopped.row_version, None, "見送り", at
        )
    assert plans.read_plan(office.staff, PLAN_ID) == stopped
    assert roster.show_standing(office.staff, TSURUTA).stays == ()


def test_a_plan_is_done_only_once_the_use_began(office: Office) -> None:
    # Done, it would take no step any more: the town would never be shared with.
    plan_id, at = planning.live_plan(office.staff, ITAYANAGI, LIVE_ON), team(office.staff).at
    with pytest.raises(InvalidTransitionError, match="利用がまだ始まっていません"):
        joining.take_plan(office.staff, plan_id, "finish", 1, "", at)
    plan = plans.read_plan(office.staff, plan_id)
    using = saved(office, plan, joining_state="using")
    assert [joining.may_finish(each) for each in (plan, using)] == [False, True]
    done = joining.take_plan(office.staff, plan_id, "finish", using.row_version, "", at)
    assert done.state == "done"


def test_the_days_of_application_and_acceptance_are_in_order_and_past(office: Office) -> None:
    plan = planning.approved_plan(office.staff)
    they = team(office.staff, date(2025, 9, 1))

    def apply(day: date) -> Plan:
        return joining.take_joining(
            they.staff, PLAN_ID, "apply", plan.row_version, day, "", they.at
        )

    with pytest.raises(BadInputError, match="まだ来ていません") as refused:
        apply(date(2025, 9, 2))
    assert refused.value.path == "applied_on"
    applied = apply(date(2025, 9, 1))
    for day in (date(2025, 8, 31), date(2025, 9, 1)):
        vote = Decision(str(day), "A5", "総会", day, "可決", "見本")
        papers.add_record(they.staff, PLAN_ID, vote, they.at, they.today)
        if day < date(2025, 9, 1):
            with pytest.raises(InvalidTransitionError, match="申請日（令和7年9月1日）より前"):
                _accept(they, applied)
    assert _accept(they, applied).accepted_on == date(2025, 9, 1)


def _accept(they: Team, plan: Plan) -> Plan:
    return joining.take_joining(
        they.approver, PLAN_ID, "accept", plan.row_version, None, "", they.at
    )


def test_a_joining_names_its_service_when_made_changed_and_approved(office: Office) -> None:
    planning.approved_plan(office.staff)
    they, head = team(office.staff), PlanHead("加入", LIVE_ON)
    with pytest.raises(BadInputError, match="共同サービスが選ばれていません") as refused:
        make(office, ITAYANAGI)
    assert refused.value.path == "service_id"
    other = make(office, ITAYANAGI, kind="other")
    with pytest.raises(BadInputError, match="共同サービスが選ばれていません") as refused:
        change_head(office.staff, other.id, other.row_version, head, they.at, MADE)
    assert refused.value.path == "service_id"
    bare = saved(office, other, kind="join")
    with pytest.raises(BadInputError, match="共同サービスが選ばれていません"):
        joining.approve(
            they.approver, bare.id, bare.row_version, "当初", "理由", they.at, they.today
        )
    live_id = planning.live_plan(office.staff, HIRAKAWA, LIVE_ON)
    unserved = saved(office, plans.read_plan(office.staff, live_id), service_id=None)
    with pytest.raises(BadInputError, match="共同サービスが選ばれていません"):
        joining.go_live(office.approver, live_id, unserved.row_version, they.at)
    assert len(roster.show_standing(office.staff, HIRAKAWA).stays) == 1


def test_only_a_plan_of_joining_takes_a_step_of_it(office: Office) -> None:
    planning.approved_plan(office.staff)
    other, they = make(office, ITAYANAGI, kind="other"), team(office.staff)
    with pytest.raises(InvalidTransitionError, match="加入の工程ではありません"):
        joining.take_joining(they.staff, other.id, "apply", other.row_version, MADE, "", they.at)


def test_a_town_has_one_plan_to_join_a_service(office: Office) -> None:
    plan, core = planning.approved_plan(office.staff), planning.core(office.staff)
    they = team(office.staff)
    with pytest.raises(BadInputError, match="鶴田町 加入工程（見本）」") as refused:
        make(office, service_id=core)
    assert refused.value.path == "service_id"
    # What does not join, is another town's or calculated only, stands beside it.
    other = make(office, kind="standard", service_id=core)
    past = make(office, ITAYANAGI, service_id=core)
    saved(office, past, state="done", is_reference=True)
    make(office, ITAYANAGI, kind="other", service_id=core)
    assert make(office, ITAYANAGI, service_id=core).id != past.id
    head = PlanHead("加入", LIVE_ON, service_id=core)
    with pytest.raises(BadInputError, match="もうあります"):
        change_head(office.staff, other.id, other.row_version, head, they.at, MADE)
    twin = saved(office, other, kind="join")
    with pytest.raises(BadInputError, match="もうあります"):
        joining.approve(
            they.approver, twin.id, twin.row_version, "当初", "理由", they.at, they.today
        )
    joining.take_plan(office.staff, PLAN_ID, "stop", plan.row_version, "見送り", they.at)
    joining.approve(they.approver, twin.id, twin.row_version, "当初", "理由", they.at, they.today)
    assert plans.read_plan(office.staff, twin.id).state == "approved"


def test_a_town_that_left_plans_to_join_again(office: Office) -> None:
    live(office)
    core = planning.core(office.staff)
    with pytest.raises(BadInputError, match="もうあります"):
        make(office, service_id=core)
    at = team(office.staff, LIVE_ON).at
    roster.end_membership(office.staff, TSURUTA, date(2028, 3, 31), "脱退", at)
    assert make(office, service_id=core).state == "draft"


def test_the_actual_day_stays_as_the_stay_began_by_it(office: Office) -> None:
    plan, at = live(office), team(office.staff, LIVE_ON).at
    task = plan.task("H0")
    assert task is not None

    def report(progress: Progress, version: int) -> PlanTask:
        return report_task(
            office.staff, PLAN_ID, "H0", version, progress, "誤り", at, date(2027, 4, 2)
        )

    earlier = Progress("done", date(2027, 3, 31), date(2027, 3, 31))
    for progress in (earlier, Progress("waiting")):
        with pytest.raises(InvalidTransitionError, match="令和9年4月1日から利用が始まっています"):
            report(progress, task.row_version)
    noted = report(Progress("done", LIVE_ON, LIVE_ON, 100, "式典あり"), task.row_version)
    assert (noted.note, noted.finished_on) == ("式典あり", LIVE_ON)
