"""The plan as it was confirmed (確定した計画): it holds together, and what breaks it is said."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from consortium.db.unit import reading
from consortium.domain.errors import InvalidTransitionError
from consortium.domain.onboarding.plan import Plan
from consortium.usecases import plan_changes
from consortium.usecases.council_sessions import SessionEntry, show_effects
from consortium.usecases.plan_calendars import read_desk
from consortium.usecases.plan_changes import PlanChange, confirm, preview
from consortium.usecases.plan_comparing import compare
from consortium.usecases.plans import show_plan
from consortium.usecases.viewer import Viewer
from tests.delayed import HIRAKAWA, NOW, TODAY, begun, stored, under_way, vote_on


@pytest.fixture
def office(database: Flask, tmp_path: Path) -> tuple[Viewer, Plan]:
    """Give an officer of the sample and 平川市's plan, approved."""
    return under_way(tmp_path)


def test_what_follows_a_stage_begun_early_is_pulled_in_behind_it(
    office: tuple[Viewer, Plan],
) -> None:
    """着手した作業は実績の開始日から数え直す: its plan never overlaps what waits for it."""
    staff, plan = office
    a1 = plan.task("A1")
    assert a1 is not None
    early = date(2017, 3, 1)
    assert early < a1.planned_start
    plan = begun(staff, plan, "A1", early)
    shown = preview(staff, plan.id, PlanChange(pulled=("A2",)), TODAY)
    first, second = shown.new.task("A1"), shown.new.task("A2")
    assert first is not None
    assert second is not None
    with reading() as session:
        lead = read_desk(session, staff.consortium_id).office("")
    days = [day for day in map(date.fromordinal, range(early.toordinal(), early.toordinal() + 200))]
    worked = [day for day in days if lead.is_open(day)]
    # From its actual start as many 業務日 as it takes; A2 on the next one.
    assert (first.planned_start, first.planned_finish) == (early, worked[first.days - 1])
    assert second.planned_start == worked[first.days]
    saved = confirm(
        staff, plan.id, shown.change, "早く始めたため", shown.revision, shown.digest, NOW, TODAY
    )
    assert saved.tasks == tuple(
        replace(new, row_version=old.row_version, sequence=old.sequence)
        for new, old in zip(shown.new.tasks, saved.tasks, strict=True)
    )
    # A1 is listed with the days it moves by: no row without a difference.
    moved = {each.code: each for each in shown.moved}
    assert moved["A1"].days < 0


def test_dates_that_break_a_link_are_never_confirmed(
    office: tuple[Viewer, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    staff, plan = office

    def crossing(new: Plan, *_: object) -> Plan:
        """Put A2 before the end of A1, as no calculation may."""
        a1 = new.task("A1")
        assert a1 is not None
        wrong = [
            replace(each, planned_start=a1.planned_start) if each.code == "A2" else each
            for each in new.tasks
        ]
        return replace(new, tasks=tuple(wrong))

    monkeypatch.setattr(plan_changes, "planned_anew", crossing)
    shown = preview(staff, plan.id, PlanChange(), TODAY)
    with pytest.raises(InvalidTransitionError, match="A1 → A2"):
        confirm(staff, plan.id, shown.change, "試験", shown.revision, shown.digest, NOW, TODAY)
    assert stored(staff, plan.id) == plan


def test_what_is_offered_really_comes_earlier(office: tuple[Viewer, Plan]) -> None:
    """A1 begins early and the council votes three months later: the front moves, the rest slips."""
    staff, plan = office
    plan = begun(staff, plan, "A1", date(2017, 3, 1))
    # A3 ten days longer misses the vote of March, unless what begins early is pulled in: then the
    # vote and all after it stand as planned, and are not offered.
    a3 = plan.task("A3")
    assert a3 is not None
    longer = PlanChange(days={"A3": a3.days + 10})
    saved_by = preview(staff, plan.id, longer, TODAY)
    assert saved_by.go_live.is_late
    early = {each.code for each in saved_by.pull_ins}
    assert "A2" in early
    assert not {"B3", "C1", "E5", "H0", "H1"} & early
    kept = preview(staff, plan.id, replace(longer, pulled=tuple(early)), TODAY)
    assert not kept.go_live.is_late
    vote_on(staff, HIRAKAWA, date(2018, 6, 20))
    shown = preview(staff, plan.id, PlanChange(), TODAY)
    assert shown.go_live.is_late
    offered = {each.code for each in shown.pull_ins}
    assert "A2" in offered
    assert not {"A1", "B3", "C1", "H0", "H1"} & offered
    pulled = preview(staff, plan.id, PlanChange(pulled=tuple(offered)), TODAY)
    finish = {task.code: task.planned_finish for task in plan.tasks}
    new = {task.code: task.planned_finish for task in pulled.new.tasks}
    assert all(new[code] < finish[code] for code in offered)
    # What is chosen stays on the list, to be chosen again with others.
    assert {each.code for each in pulled.pull_ins} == offered


def test_a_vote_put_off_is_said_of_the_confirmed_plan(office: tuple[Viewer, Plan]) -> None:
    """The forecast may have moved early and still be in time; the confirmed plan is not."""
    staff, plan = office
    plan = begun(staff, plan, "A1", date(2017, 3, 1))
    entries = [SessionEntry("定例会", date(2018, 3, 26), None, None, "確定", "議会の日程表")]
    (effect,) = show_effects(staff, HIRAKAWA, 2018, entries, TODAY)
    shifts = {each.task.code: (each.old, each.new) for each in effect.planned}
    assert shifts["B3"] == (date(2018, 3, 20), date(2018, 3, 26))
    assert (effect.old_planned_margin, effect.new_planned_margin) == (2, -1)
    # 03-21 is a holiday: 22, 23 and 26 are three open days after the 20th, two were in hand.

    quiet = show_plan(staff, plan.id, TODAY)
    assert quiet.confirmed is not None
    assert (quiet.confirmed.margin, quiet.unheld) == (2, ())
    vote_on(staff, HIRAKAWA, date(2018, 3, 26))
    page = show_plan(staff, plan.id, TODAY)
    assert page.schedule is not None
    assert page.confirmed is not None
    assert page.confirmed.margin == -1
    assert page.confirmed.margin == preview(staff, plan.id, PlanChange(), TODAY).go_live.margin
    assert page.unheld[0].startswith("「B3 議会の議決」")


def test_a_comparison_opens_with_the_first_baseline(office: tuple[Viewer, Plan]) -> None:
    staff, plan = office
    later = replace(staff, user_id="u-9", name="弘前 承認", role="lead_approver")
    shown = preview(staff, plan.id, PlanChange(anchor_on=date(2019, 5, 7)), TODAY)
    confirm(
        later, plan.id, shown.change, "延期", shown.revision, shown.digest, NOW, TODAY,
        replans=True,
    )  # fmt: skip
    found = compare(staff, plan.id, "", "", TODAY)
    assert (found.old.name, found.new.name) == ("1 当初計画", "今の計画")
    assert "H0" in {each.code for each in found.differing}
