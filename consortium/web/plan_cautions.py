"""注意 and 他の団体の所要月数 on the page of a plan; both are 参考."""

from dataclasses import dataclass

from consortium.domain.onboarding.network import Finding
from consortium.usecases import busy_periods
from consortium.usecases.busy_periods import Observed
from consortium.usecases.plan_cautions import cautions
from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer
from consortium.web.rights import may


@dataclass(frozen=True, slots=True)
class Cautions:
    """What part_cautions.html shows (注意と参考)."""

    findings: tuple[Finding, ...]
    observed: tuple[Observed, ...]
    #: whether the pages of busy weeks and sessions open for the viewer
    may_open: bool


def part_of(viewer: Viewer, page: PlanPage) -> Cautions:
    """Give what the part shows of a plan."""
    is_join = page.plan.kind == "join"
    observed = busy_periods.observed() if is_join else ()
    return Cautions(cautions(page), observed, may("stage_templates.index"))
