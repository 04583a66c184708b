"""Which open days and sessions a plan is scheduled by (工程の暦)."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from flask import Flask

from consortium.db.store import calendars as store
from consortium.db.store.calendars import ClosedDay
from consortium.db.store.council_sessions import CouncilSession
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.network import Anchor, Link, Network, Task
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.usecases import calendars
from consortium.usecases.calendars import DayEntry, proposed_days
from consortium.usecases.plan_calendars import Desk, network_of, read_desk, usual_days
from tests.factories import NOW, add_foreign_consortium, seed_sample

LEAD, JOINER, OTHER = "022021", "023841", "023817"
#: a Friday on which the town is closed, a Saturday on which the lead city works
TOWN_DAY, CITY_DAY = date(2026, 11, 13), date(2026, 11, 21)
#: a Friday on which the lead city is closed
CITY_OFF = date(2026, 11, 20)


def row(day: date, code: str | None, *, is_closed: bool) -> ClosedDay:
    return ClosedDay(str(uuid4()), code, day, "町の日", is_closed, "職員")


def desk(*sessions: CouncilSession, years: range = range(2025, 2028)) -> Desk:
    usual = [each for year in years for each in proposed_days(year, date(2026, 1, 1)).values()]
    own = [row(TOWN_DAY, JOINER, is_closed=True), row(CITY_DAY, LEAD, is_closed=False),
           row(CITY_OFF, LEAD, is_closed=True)]  # fmt: skip
    return Desk(LEAD, [*own, *usual], sessions)


def vote(code: str, day: date, kind: str = "定例会") -> CouncilSession:
    return CouncilSession(str(uuid4()), code, kind, None, None, day, "確定", "例規")


def task(code: str, owner: str, days: int = 1, **more: object) -> PlanTask:
    day = date(2026, 11, 1)
    found = PlanTask(f"id-{code}", 1, code, code, "調達", days, owner, day, day)
    return replace(found, **more)  # type: ignore[arg-type]  # any field of a task


def plan(*tasks: PlanTask, anchor_on: date = date(2026, 12, 1)) -> Plan:
    return Plan(
        "p-1", municipality_code(JOINER), "鶴田町", "加入工程", "join", anchor_on, "backward",
        "agreement", "running", "preparing", "t-1",
        tasks=(*tasks, task("H0", "協議会", 0)), links=(Link("B3", "H0"),),
    )  # fmt: skip


def network(found: Desk, *tasks: PlanTask) -> Network:
    return network_of(plan(*tasks), found)


@pytest.mark.parametrize(
    ("owner", "on_town_day", "on_city_day"),
    [
        ("加入団体", False, False), ("原課", False, False), ("各財政課", False, False),
        ("各議会", False, False), ("幹事市", True, True), ("両者", False, False),
        ("協議会", False, False), ("事業者", True, False),
    ],
)  # fmt: skip
def test_whose_open_days_count(owner: str, on_town_day: bool, on_city_day: bool) -> None:
    given = network(desk(), task("B3", owner))
    days = given.calendars[next(each.calendar for each in given.tasks if each.code == "B3")]
    assert (CITY_OFF in days) == (owner not in ("幹事市", "両者", "協議会"))
    assert (TOWN_DAY in days, CITY_DAY in days) == (on_town_day, on_city_day)
    assert date(2026, 11, 3) not in days
    assert (days[0], days[-1]) == (date(2025, 1, 6), date(2027, 12, 28))


def test_the_vote_of_another_council_is_its_own_work() -> None:
    given = network(
        desk(vote(OTHER, date(2026, 11, 25))),
        task("B3", "各議会", window_kind="council"),
        task("B4", "各議会", window_kind="council", window_code=OTHER),
    )
    own, other = given.tasks[:2]
    assert TOWN_DAY not in given.calendars[own.calendar]
    assert TOWN_DAY in given.calendars[other.calendar]
    assert [day for day in given.windows[other.window] if day.year == 2026] == [date(2026, 11, 25)]
    # 2026-03-20 is a holiday, 06-20 and 12-20 at a weekend or not asked.
    assert [f"{day:%m-%d}" for day in given.windows[own.window] if day.year == 2026] == [
        "03-19", "06-19", "09-18", "12-15",
    ]  # fmt: skip


def test_what_is_entered_for_a_year_takes_the_place_of_the_usual_days() -> None:
    found = desk(
        vote(JOINER, date(2026, 3, 17)),
        vote(JOINER, date(2027, 1, 29), "臨時会"),
        vote("", date(2026, 5, 20), "総会"),
    )
    given = network(found, task("B3", "各議会", window_kind="council"))
    assert [f"{day}" for day in given.windows["council"] if day.year > 2025] == [
        "2026-03-17", "2027-01-29", "2027-03-19", "2027-06-18", "2027-09-17", "2027-12-15",
    ]  # fmt: skip
    assembly = task("B3", "協議会", window_kind="assembly")
    meeting = network(found, assembly)
    assert meeting.windows == {"assembly": (date(2026, 5, 20),)}
    assert network(desk(), assembly).tasks[0].window == ""


def test_what_a_task_says_goes_into_the_network() -> None:
    on = date(2026, 11, 2)
    done = {"started_on": on, "finished_on": on, "not_before": on}
    given = network(desk(), task("B3", "事業者", 3, window_kind="closed_block", **done))
    calendar = given.tasks[0].calendar
    assert given.tasks[0] == Task(
        "B3", "B3", 3, calendar, in_closed_block=True, not_before=on, started=on, finished=on
    )
    assert given.anchor == Anchor("H0", date(2026, 12, 1))
    assert given.links == (Link("B3", "H0"),)
    dropped = task("B3", "事業者", 9, window_kind="council", state="not_applicable", **done)
    assert network(desk(), dropped).tasks[0] == Task("B3", "B3", 0, calendar)
    monthly = plan(task("B3", "事業者", 0, window_kind="month_start", **done))
    bare = network_of(monthly, desk(), start=on, status_on=on, with_actuals=False)
    assert bare.tasks[0] == Task("B3", "B3", 0, calendar, at_month_start=True, not_before=on)
    assert (bare.start, bare.status_on) == (on, on)


def test_only_years_filled_without_a_gap_count() -> None:
    filled = [*desk(years=range(2020, 2023)).closed, *desk(years=range(2025, 2027)).closed]
    found = replace(desk(), closed=filled)
    assert (found.years(2021), found.years(2025)) == (range(2020, 2023), range(2025, 2027))
    for year, says in (
        (2027, "閉庁日表が令和7年度までです（2027年は未登録です）。"),
        (2019, "2019年の閉庁日がまだ登録されていません。"),
    ):
        with pytest.raises(BadInputError) as refused:
            network_of(plan(anchor_on=date(year, 4, 1)), found)
        assert refused.value.found == says


def test_the_office_is_read_as_its_deadlines_are(database: Flask) -> None:
    officer = seed_sample()
    add_foreign_consortium()
    for code, day, is_closed in ((OTHER, date(2026, 11, 13), True), (None, CITY_DAY, False)):
        entry = DayEntry(day, "町の日", is_closed, code)
        calendars.add_day(officer, entry, NOW)
    with reading() as session:
        found = read_desk(session, officer.consortium_id)
        for code in (LEAD, OTHER, ""):
            assert found.office(code) == store.open_days(session, officer.consortium_id, code)
    assert found.lead_code == LEAD
    assert found.years(2026) == range(2025, 2028)
    assert found.sessions == ()


def test_the_usual_days_around_a_year() -> None:
    found = usual_days(date(2019, 4, 1))
    years = [FiscalYear.containing(day).start_year for day in found.open]
    assert (years.count(2018), years.count(2019)) == (244, 240)
    assert (found.open[0].year, found.open[-1].year) == (2013, 2025)
    with pytest.raises(BadInputError, match="2100年"):
        usual_days(date(2100, 1, 1))
