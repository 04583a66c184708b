"""The delay preview of 平川市's plan (遅延の影響), by the cases of the design, sections 6 and 8."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db.models import AuditEvent
from consortium.db.store import plans
from consortium.db.unit import reading, writing
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.onboarding.change import changed
from consortium.domain.onboarding.network import Link
from consortium.domain.onboarding.plan import Plan
from consortium.domain.onboarding.sessions import default_sessions
from consortium.usecases import calendars, terms
from consortium.usecases.calendars import DayEntry
from consortium.usecases.plan_calendars import read_desk
from consortium.usecases.plan_changes import PlanChange, Preview, confirm, preview
from consortium.usecases.plan_surroundings import yen_change
from consortium.usecases.viewer import Viewer
from tests.delayed import (
    GO_LIVE,
    HIRAKAWA,
    NOW,
    TODAY,
    YEARS,
    cost_as_in_the_design,
    draft,
    stored,
    under_way,
    vote_on,
)
from tests.depth import cases
from tests.factories import OFFICER, everything
from tests.usecases.test_plan_yen import TABLE

#: What the design says moves: 21 stages and 本稼働 for A3, nine and 本稼働 for E1. H1 follows it;
#: R1, not in its example, waits for the same vote either way.
AFTER_A3 = "A3 A5 B1 B2 B3 C1 C2 D1 D2 D3 D4 E1 E2 E3 E4 E5 F1 F2 F3 G1 G2 H0 H1"
AFTER_E1 = "E1 E2 E3 E4 E5 F2 F3 G1 G2 H0 H1"
LATE, MONTH_START = date(2019, 7, 2), date(2019, 8, 1)


@pytest.fixture
def office(database: Flask, tmp_path: Path) -> tuple[Viewer, Plan]:
    """Give an officer of the sample and 平川市's plan, approved."""
    return under_way(tmp_path)


@pytest.fixture
def staff(office: tuple[Viewer, Plan]) -> Viewer:
    """Give the officer."""
    return office[0]


@pytest.fixture
def plan(office: tuple[Viewer, Plan]) -> Plan:
    """Give the plan."""
    return office[1]


@pytest.fixture
def approver(staff: Viewer) -> Viewer:
    """Give the second person."""
    return replace(staff, user_id="u-9", name="弘前 承認", role="lead_approver")


def longer(plan: Plan, **more: int) -> PlanChange:
    """Let stages take so many 業務日 more."""
    days = {task.code: task.days for task in plan.tasks}
    return PlanChange(days={code: days[code] + n for code, n in more.items()})


def seen(staff: Viewer, plan: Plan, change: PlanChange) -> Preview:
    return preview(staff, plan.id, change, TODAY)


def save(viewer: Viewer, shown: Preview, reason: str = "試験", *, replans: bool = False) -> Plan:
    return confirm(
        viewer, shown.plan.id, shown.change, reason, shown.revision, shown.digest, NOW, TODAY,
        replans=replans,
    )  # fmt: skip


def dates(plan: Plan) -> dict[str, tuple[date, date]]:
    return {task.code: (task.planned_start, task.planned_finish) for task in plan.tasks}


def codes(shown: Preview) -> str:
    return " ".join(sorted(each.code for each in shown.moved))


def test_what_moves_is_what_the_design_lists(staff: Viewer, plan: Plan) -> None:
    before = everything()
    a3 = seen(staff, plan, longer(plan, A3=20))
    assert codes(a3) == AFTER_A3
    planned = dates(a3.new)
    assert planned["B3"][1] == date(2018, 6, 20)
    assert planned["E5"][1] == date(2019, 7, 1)
    assert (a3.go_live.margin, a3.go_live.choices) == (-60, (LATE, MONTH_START))
    assert replace(a3.go_live, earliest=MONTH_START).choices == (MONTH_START,)

    e1 = seen(staff, plan, longer(plan, E1=15))
    assert codes(e1) == AFTER_E1
    assert (dates(e1.new)["E5"][1], e1.go_live.margin) == (date(2019, 4, 17), -13)
    assert {each.code: each.days for each in e1.moved}["E1"] == 15

    d3 = seen(staff, plan, longer(plan, D3=20))
    assert codes(d3) == "D3 F1"
    # Float 32 less the 20 it is later by; 本稼働 is kept with 2 業務日 in hand.
    assert [each.float_left for each in d3.moved] == [12, 12]
    assert not any(each.becomes_critical for each in d3.moved)
    assert (d3.go_live.is_late, d3.go_live.margin) == (False, 2)
    assert (d3.yen.years, d3.crossings) == ((), ())

    made = seen(staff, plan, longer(plan, E1=2))
    assert (made.go_live.is_late, made.go_live.margin) == (False, 0)
    assert {each.code for each in made.moved if each.becomes_critical} >= {"E1", "E5"}
    assert everything() == before, "a preview writes nothing"


def test_what_it_costs_everybody_is_the_table_of_the_design(staff: Viewer, plan: Plan) -> None:
    cost_as_in_the_design(staff)
    shown = seen(staff, plan, longer(plan, A3=20))
    assert shown.yen.days == (GO_LIVE, LATE, MONTH_START)
    (year,) = shown.yen.years
    assert {line.code: line.amounts for line in year.lines} == TABLE
    assert (year.label, year.costs) == ("令和元年度", "令和元年度 確定の費用")
    assert year.prorations == ("月割",)
    # A plan that leads to no service costs nobody anything, and says so.
    with reading() as session:
        days = shown.yen.days
        other = replace(plan, service_id=None)
        nothing = yen_change(session, staff.consortium_id, other, days, TODAY)
    assert nothing.years == ()
    assert nothing.why.startswith("加入する共同サービスが工程にない")
    # One day chosen, the other is no longer compared.
    chosen = seen(staff, plan, replace(shown.change, anchor_on=LATE))
    assert chosen.yen.days == (GO_LIVE, LATE)
    assert not chosen.go_live.is_late


def test_the_sessions_years_and_terms_it_crosses_are_named(staff: Viewer, plan: Plan) -> None:
    entry = terms.TermEntry("第1期", date(2015, 4, 1), date(2022, 3, 31), "協定書")
    terms.add_term(staff, entry, NOW)
    with writing(OFFICER, NOW) as unit:
        known = replace(plan, old_contract_ends_on=date(2019, 3, 31))
        plan = plans.save_plan(unit, staff.consortium_id, plan, known)
    shown = seen(staff, plan, longer(plan, A3=20))
    said = {(each.kind, each.code): each.text for each in shown.crossings}
    text = "議会の議決は、平成30年3月20日の3月議会に間に合わず、次は平成30年6月20日になります。"
    assert said["議会", "B3"] == text
    years = [each.text for each in shown.crossings if each.kind == "年度"]
    # B3 leaves FY2017; whatever ends after 2018-01-01 and takes 62 業務日 more may leave FY2018.
    assert years[0].startswith("B3 議会の議決の終わりが、平成29年度から平成30年度に移ります。")
    assert re.findall("[A-H][0-9]", years[1]) == ["F2", "F3", "E4", "G1", "G2", "E5"]
    contract = [each.text for each in shown.crossings if each.kind == "契約満了"]
    assert contract == [
        # April to July 1st: four months, of which the last has begun.
        "現行契約は平成31年3月31日に終わります。あと4か月分の延長が要ります。",
        "第1期の残期間が、36か月から33か月になります。",
    ]
    # 2019-07-02 is a Tuesday: the last weekend is one open day before.
    assert "（1業務日前の土日が最後）" in said["閉庁日", "H0"]


def test_what_is_confirmed_is_what_was_shown(staff: Viewer, plan: Plan, approver: Viewer) -> None:
    shown = seen(staff, plan, longer(plan, D3=20))
    saved = save(staff, shown, "機器の納期のため")
    assert dates(saved) == dates(shown.new)
    assert (saved.revision, saved.anchor_on) == (plan.revision + 1, GO_LIVE)
    with reading() as session:
        rows = session.execute(
            select(AuditEvent.title, AuditEvent.reason, AuditEvent.after)
            .order_by(AuditEvent.seq.desc())
            .limit(2)
        ).all()
        assert len(plans.baselines(session, staff.consortium_id, plan.id)) == 1
    assert sorted(row.title.split("」")[1].split()[0] for row in rows) == ["D3", "F1"]
    assert {row.reason for row in rows} == {"機器の納期のため"}
    moved = {task.code for task in saved.tasks if task.sequence}
    assert moved == {"D3", "F1"}
    # Nothing is left to do: the plan now holds what the preview showed.
    assert seen(staff, saved, PlanChange()).changes_nothing
    with pytest.raises(BadInputError, match="変わる日付がありません"):
        save(staff, seen(staff, saved, PlanChange()))


def test_another_go_live_is_the_approvers_and_freezes_a_baseline(
    staff: Viewer, plan: Plan, approver: Viewer
) -> None:
    late = seen(staff, plan, longer(plan, A3=20))
    before = everything()
    with pytest.raises(BadInputError, match="新しい本稼働日を選んでください"):
        save(approver, late)
    shown = seen(staff, plan, replace(late.change, anchor_on=LATE))
    with pytest.raises(InvalidTransitionError, match="承認者が行います"):
        save(staff, shown, replans=True)
    with pytest.raises(BadInputError, match="新しい基準計画も残してください"):
        save(approver, shown)
    assert everything() == before
    saved = save(approver, shown, "議会に間に合わないため", replans=True)
    assert dates(saved) == dates(shown.new)
    assert dates(saved)["H0"] == (LATE, LATE) == (saved.anchor_on, saved.anchor_on)
    with reading() as session:
        first, second = plans.baselines(session, staff.consortium_id, plan.id)
    assert (second.number, second.name, second.anchor_on) == (2, "変更1", LATE)
    assert second.reason == "議会に間に合わないため"
    assert second.tasks["B3"][3] == date(2018, 6, 20)
    assert (first.anchor_on, first.tasks["B3"][3]) == (GO_LIVE, date(2018, 3, 20))


def _close_a_day(staff: Viewer, plan: Plan) -> None:
    calendars.add_day(staff, DayEntry(date(2018, 9, 3), "庁舎停電", True), NOW)


def _change_the_plan(staff: Viewer, plan: Plan) -> None:
    save(staff, seen(staff, plan, longer(plan, F3=1)))


def _change_the_costs(staff: Viewer, plan: Plan) -> None:
    cost_as_in_the_design(staff)


@pytest.mark.parametrize("meanwhile", [_close_a_day, _change_the_plan, _change_the_costs])
def test_what_changed_meanwhile_is_shown_before_anything_is_saved(
    staff: Viewer, plan: Plan, approver: Viewer, meanwhile: Callable[[Viewer, Plan], None]
) -> None:
    change = replace(longer(plan, A3=20), anchor_on=MONTH_START)
    shown = seen(staff, plan, change)
    meanwhile(staff, plan)
    before = everything()
    with pytest.raises(StaleError, match="新しい影響を確かめて"):
        save(approver, shown, replans=True)
    assert everything() == before
    save(approver, seen(staff, plan, change), replans=True)


def test_tasks_move_back_only_where_they_are_pulled_in(staff: Viewer, plan: Plan) -> None:
    shown = seen(staff, plan, longer(plan, C1=-5))
    assert codes(shown) == "C1", "what follows stays where it was"
    offered = {each.code: each.days for each in shown.pull_ins}
    assert offered["C2"] == offered["E5"] == 5
    assert not {"A1", "B3", "C1", "H0", "R1"} & offered.keys()
    pulled = seen(staff, plan, replace(shown.change, pulled=("C2", "D1")))
    assert codes(pulled) == "C1 C2 D1"
    assert {each.code: each.days for each in pulled.moved}["D1"] == -5
    saved = save(staff, pulled)
    assert dates(saved) == dates(pulled.new)


def test_a_session_that_is_moved_takes_its_vote_along(staff: Viewer, plan: Plan) -> None:
    # B2 ends on 2018-02-27, 15 業務日 before 03-20: a vote on the 19th comes too early for it.
    vote_on(staff, HIRAKAWA, date(2018, 3, 19), date(2018, 6, 15))
    missed = seen(staff, plan, PlanChange())
    assert dates(missed.new)["B3"][1] == date(2018, 6, 15)
    # With B2 five days shorter the vote on the 19th is reached; it moves back with its session, and
    # so does R1, which could end with either.
    reached = seen(staff, plan, longer(plan, B2=-5))
    assert dates(reached.new)["B3"][1] == date(2018, 3, 19)
    assert codes(reached) == "B2 B3 R1"


def test_a_plan_that_waits_for_a_later_session_is_not_pulled_to_an_earlier_one(
    staff: Viewer, plan: Plan, approver: Viewer
) -> None:
    delayed = seen(staff, plan, replace(longer(plan, A3=20), anchor_on=LATE))
    saved = save(approver, delayed, replans=True)
    back = seen(staff, saved, longer(saved, A3=-20))
    assert codes(back) == "A3"
    assert {each.code for each in back.pull_ins} >= {"A5", "B3", "C1", "E5"}


def test_what_has_happened_moves_the_plan_only_when_confirmed(staff: Viewer, plan: Plan) -> None:
    a1 = plan.task("A1")
    assert a1 is not None
    late = replace(
        a1, state="done", started_on=a1.planned_start, finished_on=date(2017, 6, 6), percent=100
    )
    with writing(OFFICER, NOW) as unit:
        plans.save_task(unit, staff.consortium_id, plan, a1, late)
    plan = stored(staff, plan.id)
    assert dates(plan)["A2"][0] == date(2017, 5, 29), "the plan stands as it was confirmed"
    shown = preview(staff, plan.id, PlanChange(), date(2017, 6, 8))
    moved = {each.code: each for each in shown.moved}
    # A1 ended on 06-06 instead of 05-26: seven 業務日; A2 begins on the status date, one later.
    assert moved["A2"].new[0] == date(2017, 6, 8)
    assert moved["A2"].days == 8
    assert "A1" not in moved, "what is over keeps its planned dates"
    assert shown.go_live.earliest == LATE
    # A vote put off until the next session: 継続.
    put_off = PlanChange(not_before={"B3": date(2018, 3, 21)})
    assert dates(seen(staff, plan, put_off).new)["B3"][1] == date(2018, 6, 20)


def test_links_days_and_starts_change_through_the_preview(staff: Viewer, plan: Plan) -> None:
    later = {"D2": date(2018, 10, 1)}
    shown = seen(staff, plan, PlanChange(not_before=later))
    assert codes(shown) == "D2"
    assert dates(shown.new)["D2"][0] == later["D2"]
    linked = seen(staff, plan, PlanChange(links=(Link("E1", "E2", lag=4),)))
    # E2 is held by D4-20 only up to the end of E1; four days more are two more than there are.
    assert linked.go_live.margin == -2
    free = PlanChange(days={"C1": 40}, dropped=(Link("C1", "C2"),))
    assert codes(seen(staff, plan, free)) == "C1", "nothing follows it any more"
    # E3 waits 12 instead of 10 業務日 for E2: the two in hand are used up, and one link is saved.
    saved = save(staff, seen(staff, plan, PlanChange(links=(Link("E2", "E3", lag=12),))))
    assert [link.lag for link in saved.links if (link.before, link.after) == ("E2", "E3")] == [12]
    assert seen(staff, saved, PlanChange()).go_live.margin == 0
    with pytest.raises(BadInputError, match="C1 → C2 → C1"):
        seen(staff, plan, PlanChange(links=(Link("C2", "C1"),)))
    for wrong in (
        PlanChange(days={"A9": 3}),
        PlanChange(days={"A3": -1}),
        PlanChange(windows={"A3": ("holiday", "")}),
        PlanChange(dropped=(Link("A1", "H0"),)),
    ):
        with pytest.raises(BadInputError):
            seen(staff, plan, wrong)


def test_a_lag_has_bounds_and_nothing_waits_for_itself(staff: Viewer, plan: Plan) -> None:
    for lag in (1000, -1000, -(10**12), -(10**30)):
        with pytest.raises(BadInputError, match=f"間隔が{lag}業務日です。-999から999まで"):
            seen(staff, plan, PlanChange(links=(Link("C1", "C2", lag=lag),)))
    most = PlanChange(links=(Link("C1", "C2", lag=-999),))
    assert most.links[0] in changed(plan, most).links
    with pytest.raises(BadInputError, match="作業「E1」は、自分自身を待てません"):
        seen(staff, plan, PlanChange(links=(Link("E1", "E1"),)))


def test_only_a_vote_has_a_council_and_the_town_is_known(staff: Viewer, plan: Plan) -> None:
    for code in ("999999", "誰か", f"{HIRAKAWA} "):
        with pytest.raises(BadInputError, match="協議会にない団体です") as refused:
            seen(staff, plan, PlanChange(windows={"H1": ("council", code)}))
        assert refused.value.path == "window-H1"
    for kind in ("", "assembly", "closed_block", "month_start"):
        with pytest.raises(BadInputError, match="議会の団体は、議決日のときだけ"):
            seen(staff, plan, PlanChange(windows={"H1": (kind, HIRAKAWA)}))
    # 藤崎町 is of the consortium; H1 then ends on a day its council votes.
    found = seen(staff, plan, PlanChange(windows={"H1": ("council", "023612")})).new.task("H1")
    assert found is not None
    assert (found.window_kind, found.window_code) == ("council", "023612")
    with reading() as session:
        desk = read_desk(session, staff.consortium_id)
    votes = [day for year in YEARS for day in default_sessions(year, desk.office("023612"))]
    assert found.planned_finish in votes


def test_whatever_is_changed_the_new_dates_hold_together(staff: Viewer, plan: Plan) -> None:
    """依存・業務日・議決日は、変えた後も守られ、変えない作業は早まらない（乱数の変更）."""
    with reading() as session:
        desk = read_desk(session, staff.consortium_id)
    office = desk.office("")
    days = [GO_LIVE + timedelta(days=n) for n in range(-800, 1400)]
    at = {day: n for n, day in enumerate(day for day in days if office.is_open(day))}
    votes = {vote for year in YEARS for vote in default_sessions(year, office)}
    chance, before = Random(20190401), dates(plan)
    for _ in range(cases(10)):
        chosen = chance.sample([task for task in plan.tasks if task.days], 2)
        more = {task.code: max(1, task.days + chance.randint(-15, 60)) for task in chosen}
        new = seen(staff, plan, PlanChange(days=more)).new
        after = dates(new)
        for task in new.tasks:
            start, finish = after[task.code]
            assert start >= before[task.code][0] or task.code in more, (more, task.code)
            if task.days:
                assert at[finish] - at[start] + 1 == task.days, (more, task.code)
            if task.window_kind == "council":
                assert finish in votes, (more, task.code)
        for link in new.links:
            if "H0" in (link.before, link.after):
                continue  # stands on its day, or on the earliest after all before it
            left = at[after[link.after][0]] - at[after[link.before][1]] - 1
            assert left >= link.lag, (more, link)
        assert after["H0"][0] >= max(after["E5"][1], after["R1"][1]) + timedelta(days=1)


def test_a_draft_and_a_missing_reason_are_refused(staff: Viewer, plan: Plan) -> None:
    other = draft(staff, code="023612")
    shown = seen(staff, other, longer(other, D3=20))
    with pytest.raises(InvalidTransitionError, match="草案の日付は"):
        save(staff, shown)
    with pytest.raises(BadInputError, match="理由"):
        save(staff, shown, " ")
    assert stored(staff, other.id) == other
    assert stored(staff, plan.id) == plan
