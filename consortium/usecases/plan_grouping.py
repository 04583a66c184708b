"""同じ議会に乗せる: plans voted on in one session, and who could ride on an earlier one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.record_checks import COUNCIL
from consortium.domain.onboarding.schedule import schedule
from consortium.usecases.plan_calendars import Desk, network_of
from consortium.usecases.plans import PlanPage, list_plans, status_day
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Rider:
    """A plan with the session by which its council has to have voted (議会に乗る工程)."""

    plan: Plan
    #: last session that still holds 本稼働日
    limit: date
    #: session it comes to as things stand (見込み)
    expected: date


@dataclass(frozen=True, slots=True)
class SessionGroup:
    """Plans that ride on one session (同じ議会の工程)."""

    #: month of the session; the councils' days in it may differ
    month: Month
    riders: tuple[Rider, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that could ride on an earlier session, with others (早い議会への相乗り)."""

    plan: Plan
    limit: date
    #: session it would reach, were it begun now
    reached: date
    #: who rides on it already
    others: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """All sessions that plans wait for, the earliest first (同じ議会に乗せるの画面)."""

    groups: tuple[SessionGroup, ...]
    proposals: tuple[Proposal, ...]


def show_groups(viewer: Viewer, today: date) -> GroupsPage:
    """Group the plans by the session they need, and look for earlier ones (同じ議会に乗せる)."""
    pages = list_plans(viewer, today)
    found = groups(pages)
    return GroupsPage(found, tuple(_proposals(pages, found, today)))


def groups(pages: Iterable[PlanPage]) -> tuple[SessionGroup, ...]:
    """Group plans whose limit for the vote lies in the same session (限界日が同じ議会)."""
    riders: dict[Month, list[Rider]] = {}
    for page in pages:
        gate = _gate(page.plan)
        line = page.line(gate.code) if gate else None
        if line is not None and line.times.latest_finish is not None:
            limit = line.times.latest_finish
            rider = Rider(page.plan, limit, line.times.finish)
            riders.setdefault(Month.containing(limit), []).append(rider)
    return tuple(SessionGroup(month, tuple(each)) for month, each in sorted(riders.items()))


def _gate(plan: Plan) -> PlanTask | None:
    """Give the vote of the town's own council, if it is still to come and the plan goes on."""
    if plan.state in ("done", "stopped"):
        return None
    own = {COUNCIL, f"{COUNCIL}-{plan.code}"}
    return next((t for t in plan.tasks if t.code in own and t.finished_on is None), None)


def _proposals(
    pages: Sequence[PlanPage], found: Sequence[SessionGroup], today: date
) -> Iterable[Proposal]:
    """List who could ride on an earlier session on which others ride, were it begun today."""
    at = {rider.plan.id: group.month for group in found for rider in group.riders}
    for page in pages:
        month = at.get(page.plan.id)
        day = status_day(page.plan, today)
        if month is None or day is None:
            continue
        reached = _reached(page.plan, page.desk, day)
        for group in found:
            if reached is not None and Month.containing(reached) <= group.month < month:
                others = tuple(rider.plan for rider in group.riders)
                limit = next(r.limit for g in found for r in g.riders if r.plan is page.plan)
                yield Proposal(page.plan, limit, reached, others)
                break


def _reached(plan: Plan, desk: Desk, day: date) -> date | None:
    """Give the first session the plan could reach, were it begun on a day."""
    gate = _gate(plan)
    try:
        found = schedule(network_of(plan, desk, start=day, status_on=day))
    except BadInputError:
        return None
    return found.of(gate.code).finish if gate else None
