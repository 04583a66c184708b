"""平川市's joining as a plan under way (平川市の加入工程): the design's example, approved.

Its closed days and sessions are the usual ones, typed nowhere: Saturdays, Sundays, holidays,
12/29–1/3, and the four default votes of a year.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from consortium.db.store import costs, council_sessions, members, plans
from consortium.db.store.council_sessions import CouncilSession
from consortium.db.unit import reading, writing
from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.plan import Plan
from consortium.domain.yen import Yen
from consortium.usecases import calendars, joining
from consortium.usecases.plan_making import PlanHead, make_plan
from consortium.usecases.viewer import Viewer
from tests.factories import OFFICER, items_of, seed_sample
from tests.kept import made_once

HIRAKAWA = "022101"
#: Before anything of the plan begins.
TODAY: Final = date(2017, 3, 1)
NOW: Final = datetime(2017, 3, 1, 1, 0, tzinfo=UTC)
GO_LIVE: Final = date(2019, 4, 1)
#: Years whose closed days the example needs.
YEARS: Final = range(2016, 2022)


def fill_calendar(staff: Viewer) -> None:
    """Fill the closed days of the years of the example."""
    with writing(OFFICER, NOW) as unit:
        for year in YEARS:
            calendars.fill_year(unit, staff.consortium_id, year, TODAY)


def draft(staff: Viewer, anchor_on: date = GO_LIVE, code: str = HIRAKAWA, kana: str = "") -> Plan:
    """Make a plan by the template shipped, dates as counted back (草案); new towns need a kana."""
    with reading() as session:
        service = members.services(session, staff.consortium_id)[0]
    head = PlanHead("加入工程", anchor_on, service_id=service.id)
    return make_plan(staff, municipality_code(code), kana, "join", head, NOW, TODAY)


def approved(
    staff: Viewer, anchor_on: date = GO_LIVE, code: str = HIRAKAWA, kana: str = ""
) -> Plan:
    """Save the plan and approve it, its first baseline frozen (承認済の工程)."""
    approver = replace(staff, user_id="u-9", name="弘前 承認", role="lead_approver")
    saved = draft(staff, anchor_on, code, kana)
    joining.approve(approver, saved.id, saved.row_version, "当初計画", "総会の承認", NOW, TODAY)
    return stored(staff, saved.id)


def begun(staff: Viewer, plan: Plan, code: str, day: date) -> Plan:
    """Let a stage have begun (着手)."""
    task = plan.task(code)
    assert task is not None
    working = replace(task, state="working", started_on=day, percent=10)
    with writing(OFFICER, NOW) as unit:
        plans.save_task(unit, staff.consortium_id, plan, task, working)
    return stored(staff, plan.id)


def under_way(folder: Path) -> tuple[Viewer, Plan]:
    """Give an officer of the sample and the plan, approved; only the first test makes it."""
    staff = seed_sample()

    def make() -> str:
        fill_calendar(staff)
        return approved(staff).id

    return staff, stored(staff, made_once(("delayed",), folder, make))


def stored(staff: Viewer, plan_id: str) -> Plan:
    """Read a plan as it is saved."""
    with reading() as session:
        return plans.plan(session, staff.consortium_id, plan_id)


def cost_as_in_the_design(staff: Viewer) -> None:
    """Let FY2019 cost 120,000,000円 in one item, whatever the sample has (費用の例)."""
    first, *rest = items_of(staff, 2019)
    with writing(OFFICER, NOW) as unit:
        for item in rest:
            costs.remove_item(unit, staff.consortium_id, item)
        months = first.year.months()
        whole = replace(
            first, name="運用費", amount_incl_tax=Yen(120_000_000), amount_by="incl",
            first_month=months[0], last_month=months[-1], tax_rate=None, charged_to_id=None,
        )  # fmt: skip
        costs.save_item(unit, staff.consortium_id, first, whole)


def vote_on(staff: Viewer, code: str, *days: date) -> None:
    """Enter the sessions of a council (会期の登録)."""
    new = [
        CouncilSession(str(uuid4()), code, "定例会", None, None, day, "確定", "議会の日程表")
        for day in days
    ]
    with writing(OFFICER, NOW) as unit:
        council_sessions.save_sessions(unit, staff.consortium_id, "会期", [], new)
