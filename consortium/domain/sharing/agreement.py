"""What an agreement says beside the shares (協定の定め): grants, joining and leaving, dampening."""

from dataclasses import dataclass

from consortium.domain.funding import Grant
from consortium.domain.sharing.dampening import Dampening
from consortium.domain.sharing.transfers import BuildCost


@dataclass(frozen=True, slots=True)
class Agreement:
    """Terms that hold for all the items of a fiscal year and stage (協定の定め)."""

    grants: tuple[Grant, ...] = ()
    build_costs: tuple[BuildCost, ...] = ()
    dampening: Dampening | None = None
