"""工程のカレンダー: what stands in it, for whom, and what a program is told of a change."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from consortium.db.store import plan_records, plans
from consortium.db.store.feeds import OfPlans
from consortium.db.unit import writing
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.plan import Plan
from consortium.domain.onboarding.records import Issue
from consortium.reports.calendar_feed import calendar_feed
from consortium.usecases.plan_days import choices, plan_days
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, OFFICER, seed_sample
from tests.office import FUJISAKI, ITAYANAGI
from tests.plan_files import OTHER, OWN, of_town, open_plans, stored

LATER = datetime(2026, 12, 24, 3, 0, tzinfo=UTC)
LAST = datetime(2027, 1, 8, 3, 0, tzinfo=UTC)
EVERY = OfPlans("", "", with_tasks=True)
UID = f"member-{ITAYANAGI}-{OWN}"


@pytest.fixture
def staff(database: Flask) -> Viewer:
    viewer = seed_sample()
    open_plans(viewer)
    change(viewer, "council", "B3")
    return viewer


def saved(
    staff: Viewer, head: dict[str, Any] | None = None, now: datetime = LATER, **tasks: Any
) -> Plan:
    """Save 板柳町's plan with changes of its head, and of tasks by their codes."""
    with writing(OFFICER, now, "試験") as unit:
        old = plans.plan(unit.session, staff.consortium_id, OWN)
        changed = tuple(replace(task, **tasks.get(task.code, {})) for task in old.tasks)
        new = replace(old, tasks=changed, **(head or {}))
        return plans.save_plan(unit, staff.consortium_id, old, new)


def change(staff: Viewer, kind: str, *codes: str, plan_id: str = OWN) -> Plan:
    """Save the plan with a change of some tasks; 23 December begins the days after."""
    with writing(OFFICER, LATER if kind != "council" else NOW, "試験") as unit:
        old = plans.plan(unit.session, staff.consortium_id, plan_id)
        tasks = [task for task in old.tasks if kind != "drop" or task.code not in codes]
        if kind == "council":
            tasks = [
                replace(task, window_kind=kind) if task.code in codes else task for task in tasks
            ]
        if kind == "move":
            tasks = [
                replace(task, planned_finish=date(2026, 12, 15)) if task.code in codes else task
                for task in tasks
            ]
        new = replace(old, tasks=tuple(tasks), state="stopped" if kind == "stop" else old.state)
        return plans.save_plan(unit, staff.consortium_id, old, new)


def feed(viewer: Viewer, asked: OfPlans = EVERY, now: datetime = NOW) -> bytes:
    return calendar_feed("工程", "c-1", plan_days(viewer, asked), now)


def entries(content: bytes) -> dict[str, list[Any]]:
    """Give first day, day after the last, SEQUENCE, STATUS and DTSTAMP by UID."""
    events: list[Any] = Calendar.from_ical(content).walk("VEVENT")
    return {
        str(event["uid"]).removesuffix("@c-1"): [
            event["dtstart"].dt, event["dtend"].dt, event["sequence"], str(event["status"]),
            event["dtstamp"].dt,
        ]
        for event in events
    }  # fmt: skip


def test_days_of_decision_and_milestones_stand_in_it_and_the_tasks_on_request(
    staff: Viewer,
) -> None:
    found = entries(feed(of_town(staff), OfPlans("", "", with_tasks=False)))
    assert found == {
        # Counted once: it became a day of decision after the plan was made.
        f"{UID}-B3-decision": [date(2026, 12, 14), date(2026, 12, 15), 1, "CONFIRMED", NOW],
        f"{UID}-H0": [date(2027, 4, 1), date(2027, 4, 2), 0, "CONFIRMED", NOW],
    }
    with_tasks = entries(feed(of_town(staff)))
    assert set(with_tasks) == set(found) | {f"{UID}-{code}" for code in ("A1", "B2", "B3", "E5")}
    # 24 November to 14 December: the day after the last is not inside.
    assert with_tasks[f"{UID}-B3"][:2] == [date(2026, 11, 24), date(2026, 12, 15)]
    content = feed(of_town(staff))
    assert max(map(len, content.split(b"\r\n"))) <= 75
    assert "板柳町 議会の議決（議決日）" in content.replace(b"\r\n ", b"").decode()


def test_a_calendar_is_of_a_town_and_of_who_is_in_charge(staff: Viewer) -> None:
    towns = [
        {uid.split("-")[1] for uid in entries(feed(staff, OfPlans(code, "", with_tasks=False)))}
        for code in ("", FUJISAKI)
    ]
    assert towns == [{ITAYANAGI, FUJISAKI}, {FUJISAKI}]
    vendor = entries(feed(staff, OfPlans("", "事業者", with_tasks=True)))
    assert set(vendor) == {f"{UID}-E5", f"member-{FUJISAKI}-{OTHER}-E5"}
    offered = choices(of_town(staff))
    assert offered.towns == ((ITAYANAGI, "板柳町"),)
    assert set(offered.in_charge) == {"加入団体", "各財政課", "各議会", "事業者", "協議会"}
    for asked in (OfPlans(FUJISAKI, "", with_tasks=True), OfPlans("", "誰か", with_tasks=True)):
        with pytest.raises(BadInputError):
            offered.check(asked)


def test_nothing_changed_is_the_same_bytes_and_a_change_counts_one_up(staff: Viewer) -> None:
    town = of_town(staff)
    before = feed(town)
    assert feed(town, now=LATER) == before
    change(staff, "move", "B3")
    moved = entries(feed(town, now=LATER))
    old = entries(before)
    assert moved[f"{UID}-B3"] == [
        date(2026, 11, 24), date(2026, 12, 16), old[f"{UID}-B3"][2] + 1, "CONFIRMED", LATER,
    ]  # fmt: skip
    others = {uid for uid in moved if moved[uid] != old[uid]}
    assert others == {f"{UID}-B3", f"{UID}-B3-decision"}


def test_what_was_taken_off_or_stopped_is_cancelled_not_deleted(staff: Viewer) -> None:
    town, old = of_town(staff), entries(feed(of_town(staff)))
    change(staff, "drop", "E5")
    dropped = entries(feed(town))
    assert dropped[f"{UID}-E5"] == [
        date(2027, 3, 29), date(2027, 4, 1), 1, "CANCELLED", LATER,
    ]  # fmt: skip
    assert {uid for uid in old if dropped[uid] != old[uid]} == {f"{UID}-E5"}
    change(staff, "stop")
    stopped = entries(feed(town))
    assert set(stopped) == set(old)
    assert {entry[3] for entry in stopped.values()} == {"CANCELLED"}
    assert stopped[f"{UID}-H0"][2] == 1
    assert {entry[4] for entry in stopped.values()} == {LATER}


def test_whatever_an_entry_shows_counts_one_up_when_it_changes(staff: Viewer) -> None:
    """担当者・担当・工程名が変わっても、版と日時が上がる（ほかの予定は同じまま）."""
    town, old = of_town(staff), entries(feed(of_town(staff)))
    saved(staff, B2={"in_charge": "鶴田"}, E5={"owner": "幹事市"})
    found = entries(feed(town))
    for code in ("B2", "E5"):
        assert found[f"{UID}-{code}"][2:] == [1, "CONFIRMED", LATER]
    others = {uid for uid in found if found[uid] != old[uid]}
    assert others == {f"{UID}-B2", f"{UID}-E5"}
    saved(staff, A1={"percent": 10, "state": "working", "note": "予定にない"})
    assert entries(feed(town)) == found
    saved(staff, {"title": "板柳町 加入工程（改）"}, LAST)
    titled = entries(feed(town))
    assert {uid: entry[2] for uid, entry in titled.items()} == {
        uid: entry[2] + 1 for uid, entry in found.items()
    }
    assert {entry[4] for entry in titled.values()} == {LAST}
    # A plan's other facts, e.g. who else reads it, stand in no entry.
    saved(staff, {"is_shared": True}, LAST)
    assert entries(feed(town)) == titled


def test_who_gave_a_task_away_is_told_that_it_is_not_theirs(staff: Viewer) -> None:
    def of(name: str) -> dict[str, list[Any]]:
        return entries(feed(staff, OfPlans("", name, with_tasks=True)))

    saved(staff, None, NOW, B3={"in_charge": "鶴田"})
    both = {f"{UID}-B3", f"{UID}-B3-decision"}
    assert {uid: entry[2:] for uid, entry in of("鶴田").items()} == {
        uid: [2, "CONFIRMED", NOW] for uid in both
    }
    saved(staff, B3={"in_charge": "佐藤"})
    assert {uid: entry[2:] for uid, entry in of("鶴田").items()} == {
        uid: [3, "CANCELLED", LATER] for uid in both
    }
    assert {uid: entry[3] for uid, entry in of("佐藤").items()} == {
        uid: "CONFIRMED" for uid in both
    }
    saved(staff, None, LAST, B3={"in_charge": "鶴田"})
    assert {uid: entry[2:] for uid, entry in of("鶴田").items()} == {
        uid: [4, "CONFIRMED", LAST] for uid in both
    }
    saved(staff, E5={"owner": "幹事市"})
    assert of("事業者")[f"{UID}-E5"][2:] == [1, "CANCELLED", LATER]
    assert of("事業者")[f"member-{FUJISAKI}-{OTHER}-E5"][3] == "CONFIRMED"


def test_a_day_that_decides_no_more_is_cancelled(staff: Viewer) -> None:
    few, town = OfPlans("", "", with_tasks=False), of_town(staff)
    before = entries(feed(town, few))
    saved(staff, B3={"window_kind": "month_start"}, H0={"days": 1})
    assert entries(feed(town, few)) == {
        f"{UID}-B3-decision": [*before[f"{UID}-B3-decision"][:2], 2, "CANCELLED", LATER],
        # No milestone any more: it stands only where every task does.
        f"{UID}-H0": [*before[f"{UID}-H0"][:2], 1, "CANCELLED", LATER],
    }
    every = entries(feed(town))
    assert every[f"{UID}-B3"][3] == every[f"{UID}-H0"][3] == "CONFIRMED"
    content = feed(town, few).replace(b"\r\n ", b"").decode()
    assert "板柳町 議会の議決（議決日）" in content
    saved(staff, None, LAST, B3={"window_kind": "assembly"})
    assert entries(feed(town, few))[f"{UID}-B3-decision"][2:] == [3, "CONFIRMED", LAST]


def test_by_when_issues_are_to_be_solved_stands_in_it_until_they_are(staff: Viewer) -> None:
    plan, town = stored(staff), of_town(staff)
    before = set(entries(feed(town)))
    raised = Issue(
        "50000000-0000-4000-8000-000000000005", "外字が合わない", "高", in_charge="鶴田",
        due_on=date(2027, 1, 15), number=1, raised_by="試験", raised_at=NOW,
    )  # fmt: skip
    with writing(OFFICER, NOW, "試験") as unit:
        plan_records.add_record(unit, staff.consortium_id, plan, raised)
    content = feed(town)
    found = entries(content)
    assert set(found) == before | {f"{UID}-issue-1"}
    assert found[f"{UID}-issue-1"] == [date(2027, 1, 15), date(2027, 1, 16), 0, "CONFIRMED", NOW]
    assert "外字" not in content.replace(b"\r\n ", b"").decode()  # the address needs no login
    assert set(entries(feed(town, OfPlans("", "鶴田", with_tasks=True)))) == {f"{UID}-issue-1"}
    assert f"{UID}-issue-1" not in entries(feed(town, OfPlans("", "各議会", with_tasks=True)))
    assert "鶴田" in choices(staff).in_charge
    solved = replace(raised, state="解決", answer="同定した")
    with writing(OFFICER, LATER, "試験") as unit:
        plan_records.save_record(unit, staff.consortium_id, plan, raised, solved)
    assert entries(feed(town))[f"{UID}-issue-1"][2:] == [1, "CANCELLED", LATER]
    given = replace(solved, state=raised.state, in_charge="佐藤", row_version=2)
    with writing(OFFICER, LAST, "試験") as unit:
        solved = replace(solved, row_version=2)
        plan_records.save_record(unit, staff.consortium_id, plan, solved, given)
    for name, state in (("鶴田", "CANCELLED"), ("佐藤", "CONFIRMED")):
        told = entries(feed(town, OfPlans("", name, with_tasks=True)))[f"{UID}-issue-1"]
        assert told[2:] == [2, state, LAST]
    # A plan that is shared shows its days; what stands in its way is the town's own.
    with writing(OFFICER, LATER, "試験") as unit:
        plans.save_plan(unit, staff.consortium_id, plan, replace(plan, is_shared=True))
    other = entries(feed(of_town(staff, FUJISAKI, "藤崎町")))
    assert f"{UID}-B3" in other
    assert f"{UID}-issue-1" not in other


@pytest.mark.parametrize("hidden", [{"state": "draft"}, {"is_reference": True}])
def test_drafts_and_dates_that_are_only_calculated_are_in_no_calendar(
    database: Flask, hidden: dict[str, object]
) -> None:
    staff = seed_sample()
    open_plans(staff, **hidden)
    assert {uid.split("-")[1] for uid in entries(feed(staff))} == {FUJISAKI}
    assert stored(staff).tasks
