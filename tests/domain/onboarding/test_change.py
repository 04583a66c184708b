"""What may be asked of a plan's dates at once (工程の変更)."""

from datetime import date

import pytest

from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.onboarding.change import PlanChange, changed
from consortium.domain.onboarding.network import Link
from consortium.domain.onboarding.plan import Plan, PlanTask

DAY = date(2027, 4, 1)
THERE, LATER = Link("C1", "C2"), Link("C1", "C2", lag=3)
#: Another kind between the same two tasks is another link.
ELSE = Link("C1", "C2", "SS", 2)
PLAN = Plan(
    "p", MunicipalityCode("023841"), "鶴田町", "加入工程", "join", DAY, "backward", "agreement",
    "running", "preparing", "t",
    tasks=tuple(
        PlanTask(code, number, code, "作業", "調達", 1, "幹事市", DAY, DAY)
        for number, code in enumerate(("C1", "C2"), start=1)
    ),
    links=(THERE,),
)  # fmt: skip


@pytest.mark.parametrize(
    ("links", "dropped"),
    [((THERE, LATER), ()), ((LATER, LATER), ()), ((LATER,), (THERE,)), ((), (THERE, THERE))],
)
def test_a_link_is_changed_only_once(links: tuple[Link, ...], dropped: tuple[Link, ...]) -> None:
    with pytest.raises(BadInputError, match="依存「C1 → C2」の変更が二つあります") as refused:
        changed(PLAN, PlanChange(links=links, dropped=dropped))
    assert refused.value.path == "links"


def test_links_of_other_kinds_are_others() -> None:
    assert changed(PLAN, PlanChange(links=(LATER, ELSE))).links == (LATER, ELSE)
    assert changed(PLAN, PlanChange(links=(ELSE,), dropped=(THERE,))).links == (ELSE,)
