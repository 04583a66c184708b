"""What an entry of a cost item is checked against (費目の入力の前提)."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store.costs import Category, categories
from consortium.db.store.members import Membership, memberships


class Ground(NamedTuple):
    """The categories there are and when each member takes part (経費区分・加入期間)."""

    categories: tuple[Category, ...]
    stays: tuple[Membership, ...]


def ground(session: Session, consortium_id: str) -> Ground:
    """Read both."""
    return Ground(categories(session, consortium_id), memberships(session, consortium_id))


def issued_items(session: Session, consortium_id: str, item_ids: Sequence[str]) -> frozenset[str]:
    """Give those of the items from which statements were issued (発行済みの費目)."""
    run, share = models.AllocationRun, models.ShareRow
    found = (
        select(share.item_id)
        .join(run, run.id == share.run_id)
        .where(share.consortium_id == consortium_id, share.item_id.in_(item_ids))
        .where(run.state == "issued")
    )
    return frozenset(item_id for item_id in session.scalars(found.distinct()) if item_id)
