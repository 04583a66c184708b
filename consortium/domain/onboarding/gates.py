"""Which gates a plan has to pass (関門): the legal form of the consortium decides it.

Under an agreement (協定) only the joining town's council votes, on the money. Where the law rests
the consortium on regulations (規約), each council concerned votes on changing them (地方自治法
252条の2の2, 252条の7, 252条の14, 286条と290条), and a notice or a permit follows: those are stages
of the template that carry the words of their legal forms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import Link
from consortium.domain.onboarding.plan import LEGAL_FORMS, PlanTask
from consortium.domain.onboarding.template import Template, TemplateTask

#: Who does the stage that each council concerned goes through on its own (議会ごとの工程).
COUNCILS: Final = "各議会"
#: Whose councils must vote: the joining town's, the lead city's with it, or everybody's.
_VOTING: Final = {
    "agreement": "joiner",
    "council": "all",
    "delegation": "lead",
    "union": "all",
    "joint_organ": "all",
}


@dataclass(frozen=True, slots=True)
class VotingTown:
    """A town whose council may have to vote (団体)."""

    code: str
    name: str
    is_lead: bool = False
    #: True where its council votes although the legal form does not ask for it (任意の議決)
    votes: bool = False


def under(template: Template, legal_form: str) -> Template:
    """Give the stages of a template that appear under a legal form, and their links (法的な形).

    Raises: BadInputError for a legal form that is not known.
    """
    if legal_form not in LEGAL_FORMS:
        raise BadInputError(
            "工程を作ろうとしました。", f"法的な形「{legal_form}」が分かりません。",
            f"{'、'.join(LEGAL_FORMS.values())} から選んでください。", path="legal_form",
        )  # fmt: skip
    tasks = tuple(
        task for task in template.tasks if not task.legal_forms or legal_form in task.legal_forms
    )
    codes = {task.code for task in tasks}
    links = tuple(link for link in template.links if {link.before, link.after} <= codes)
    return replace(template, tasks=tasks, links=links)


def voting(
    legal_form: str, joiner: VotingTown, members: Sequence[VotingTown]
) -> tuple[VotingTown, ...]:
    """Name the towns whose councils vote on the joining, the joining town first (議決する議会)."""
    asked = _VOTING[legal_form]
    others = [
        party
        for party in members
        if party.code != joiner.code
        and (asked == "all" or (asked == "lead" and party.is_lead) or party.votes)
    ]
    return (joiner, *others)


def tasks_for(
    template: Template,
    legal_form: str,
    joiner: VotingTown,
    members: Sequence[VotingTown],
    day: date,
) -> tuple[tuple[PlanTask, ...], tuple[Link, ...]]:
    """Give the tasks and links of a new plan, a gate for each council that must vote (工程の作業).

    One council alone keeps the code of the stage (B3), several get one each (B3-023817). `id` is
    empty and both planned days are `day`: who makes the plan sets them when the dates are known.

    Raises: BadInputError for a legal form that is not known.
    """
    found = under(template, legal_form)
    councils = voting(legal_form, joiner, members)
    gates = {task.code: _gates(task, councils) for task in found.tasks}
    links = tuple(
        replace(link, before=before.code, after=after.code)
        for link in found.links
        for before, _ in gates[link.before]
        for after, _ in gates[link.after]
    )
    stages = (stage for task in found.tasks for stage in gates[task.code])
    return tuple(
        _plan_task(position, task, council, day)
        for position, (task, council) in enumerate(stages, 1)
    ), links


def _gates(task: TemplateTask, councils: Sequence[VotingTown]) -> list[tuple[TemplateTask, str]]:
    """Give a stage once, or once for each council with its code (議会ごとの関門)."""
    if task.owner != COUNCILS or len(councils) == 1:
        return [(task, "")]
    return [
        (
            replace(task, code=f"{task.code}-{party.code}", name=f"{task.name}（{party.name}）"),
            party.code,
        )
        for party in councils
    ]


def _plan_task(position: int, task: TemplateTask, council: str, day: date) -> PlanTask:
    return PlanTask(
        id="",
        position=position,
        code=task.code,
        name=task.name,
        phase=task.phase,
        days=task.days,
        owner=task.owner,
        planned_start=day,
        planned_finish=day,
        evidence=task.evidence,
        window_kind=task.window_kind,
        window_code=council,
        steps=task.steps,
        wave=task.wave,
    )
