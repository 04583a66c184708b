"""A plan of 鶴田町 for a test (工程の試験の材料), made and driven through the use cases."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from consortium.db.store import members as members_store
from consortium.db.store import plans as plans_store
from consortium.db.unit import reading, writing
from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.plan import PlanTask
from consortium.domain.onboarding.records import JUDGEMENT, Decision
from consortium.usecases import plan_records, plans, sample_plans
from consortium.usecases.sample_plans import Team
from consortium.usecases.stage_templates import ensured
from consortium.usecases.viewer import Viewer
from tests.kept import made_once

TSURUTA = str(sample_plans.JOINER)
LIVE_ON = sample_plans.LIVE_ON
PLAN_ID = sample_plans.PLAN_ID
#: The plan is made and approved on this day, in time for the council of December 2025.
MADE = datetime(2024, 11, 15, 1, 0, tzinfo=UTC)


def team(staff: Viewer, day: date | None = None) -> Team:
    """Give the office at ten o'clock of a day; its approver is somebody else."""
    day = day or MADE.date()
    approver = replace(staff, user_id="u-2", name="弘前 承認", role="lead_approver")
    return Team(staff, approver, datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC))


def approved_plan(staff: Viewer) -> plans.Plan:
    """Make the plan of 鶴田町 in the sample consortium, approved."""
    sample_plans.make(team(staff))
    return plans.read_plan(staff, PLAN_ID)


def plan_kept_up(staff: Viewer, folder: Path, day: date) -> None:
    """Make and approve the plan of 鶴田町 and let it come as far as planned by a day."""

    def make() -> None:
        approved_plan(staff)
        sample_plans.keep_up(team(staff, day))

    made_once(("plan", day), folder, make)


def town(staff: Viewer, code: str = TSURUTA) -> Viewer:
    """Give somebody of a town."""
    return replace(staff, user_id=f"u-{code}", name="鶴田 太郎", role="member_staff", code=code)


def core(staff: Viewer) -> str:
    """Give the id of the service the sample town joins (共同サービス)."""
    with reading() as session:
        services = members_store.services(session, staff.consortium_id)
    return next(each.id for each in services if each.key == sample_plans.CORE)


def live_plan(staff: Viewer, code: str, day: date) -> str:
    """Save a plan of a member that went live on a day and only has to begin its use."""
    owner, town_code, service = staff.consortium_id, municipality_code(code), core(staff)
    task = PlanTask(
        str(uuid4()), 1, "H0", "本稼働", "運用", 0, "協議会", day, day, state="done",
        started_on=day, finished_on=day, percent=100,
    )  # fmt: skip
    with writing(staff.actor(), MADE) as unit:
        template = ensured(unit, owner, "join")
        members = members_store.members(unit.session, owner)
        member = next(each for each in members if each.code == town_code)
        plan = plans.Plan(
            str(uuid4()), town_code, member.name, f"{member.name}の工程", "join", day, "backward",
            "agreement", "running", "preparing", template.id, service, tasks=(task,),
        )  # fmt: skip
        plans_store.add_plan(unit, owner, member.id, plan)
    judged = Decision(str(uuid4()), "H0", JUDGEMENT, day, "可", "稼働判定書")
    plan_records.add_record(staff, plan.id, judged, MADE, day)
    return plan.id
