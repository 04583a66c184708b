"""What to look at besides the dates of a plan (工程の注意): the day of going live, busy weeks.

Nothing here blocks or moves anything.
"""

from consortium.domain.onboarding.golive import busy_findings, go_live_findings
from consortium.domain.onboarding.network import Finding
from consortium.usecases.plans import PlanPage

_OVER = ("done", "stopped")


def cautions(page: PlanPage) -> tuple[Finding, ...]:
    """List what the forecast of a plan runs into (注意); none for a plan that is over."""
    plan = page.plan
    if plan.state in _OVER or plan.went_live_on is not None:
        return ()
    stretches = [
        (line.task, line.times.start, line.times.finish)
        for line in page.lines
        if line.task.finished_on is None and line.task.state != "not_applicable"
    ]
    office = page.desk.office(str(plan.code))
    return (*go_live_findings(plan.anchor_on, office), *busy_findings(stretches, page.desk.busy))
