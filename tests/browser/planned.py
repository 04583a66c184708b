"""Plans in each state, so that every page of them is reached (画面の試験の工程)."""

from datetime import date, datetime
from uuid import uuid4

from consortium.domain.municipality import MunicipalityCode
from consortium.domain.onboarding.records import Evidence
from consortium.usecases import calendars, joining, plan_making, plan_records, sample_plans
from consortium.usecases.sample_plans import Team
from consortium.usecases.viewer import Viewer
from tests import planning


def fill_plans(people: dict[str, Viewer], now: datetime) -> None:
    """Leave a plan under way, one of a member town, one in draft, and the three of the past."""
    staff, approver = people["lead_staff"], people["lead_approver"]
    sample_plans.add_references(planning.team(staff))
    sample_plans.make(planning.team(staff))
    today = Team(staff, approver, now)
    sample_plans.keep_up(today)
    calendars.import_holidays(staff, 2029, now, today.today)
    head = plan_making.PlanHead("板柳町 標準化", date(2029, 3, 1), kind="standard")
    town = plan_making.make_plan(
        staff, MunicipalityCode("023817"), "", "join", head, now, today.today
    )
    joining.approve(approver, town.id, town.row_version, "当初計画", "総会で説明", now, today.today)
    paper = Evidence(str(uuid4()), "A1", "調査票", dated_on=today.today)
    plan_records.add_record(staff, town.id, paper, now, today.today)
    draft = plan_making.PlanHead("藤崎町 共同利用", date(2029, 4, 1), kind="other")
    plan_making.make_plan(staff, MunicipalityCode("023612"), "", "join", draft, now, today.today)
