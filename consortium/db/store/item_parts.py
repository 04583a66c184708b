"""What hangs on a cost item: its US dollars by month, its quantities by member (費目の内訳)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import Month, Period
from consortium.domain.errors import StaleError
from consortium.domain.invoicing import decimal
from consortium.domain.yen import MODES


class Usage(NamedTuple):
    """What is charged by quantity (従量): unit price, rounding, quantity by member id."""

    unit_price: Fraction
    mode: str
    quantities: Mapping[str, Fraction]


# ---- US dollars ----------------------------------------------------------------------------------


def dollars_of(session: Session, item_ids: Sequence[str]) -> dict[str, dict[Month, Fraction]]:
    """Give the US dollars of items by month (米ドル額); no statement for none."""
    found: dict[str, dict[Month, Fraction]] = {}
    if not item_ids:
        return found
    table = models.CostItemUsd
    rows = select(table).where(table.item_id.in_(item_ids)).order_by(table.month)
    for row in session.scalars(rows):
        found.setdefault(row.item_id, {})[Month.containing(row.month)] = row.amount
    return found


def save_dollars(
    session: Session,
    consortium_id: str,
    item_id: str,
    old: Mapping[Month, Fraction],
    new: Mapping[Month, Fraction],
) -> None:
    """Replace the US dollars of an item; the event is that of the item (米ドル額の保存)."""
    if old == new:
        return
    session.execute(delete(models.CostItemUsd).where(models.CostItemUsd.item_id == item_id))
    session.add_all(
        [
            models.CostItemUsd(
                consortium_id=consortium_id, item_id=item_id, month=month.first, amount=usd
            )
            for month, usd in sorted(new.items())
        ]
    )
    session.flush()


# ---- 従量 ----------------------------------------------------------------------------------------


def quantities_of(session: Session, item_ids: Sequence[str]) -> dict[str, dict[str, Fraction]]:
    """Give the quantities of items by member id (従量の数量); no statement for none."""
    found: dict[str, dict[str, Fraction]] = {}
    if not item_ids:
        return found
    table = models.UsageQuantity
    rows = select(table).where(table.item_id.in_(item_ids)).order_by(table.member_id)
    for row in session.scalars(rows):
        found.setdefault(row.item_id, {})[row.member_id] = row.quantity
    return found


def users_of(session: Session, consortium_id: str, service_id: str, days: Period) -> frozenset[str]:
    """Give the ids of the members that take part in a service on any of the days (利用団体)."""
    stay, use = models.Membership, models.Enrolment
    found = (
        select(use.member_id, use.since, use.until, stay.since, stay.until)
        .join(stay, stay.member_id == use.member_id)
        .where(use.consortium_id == consortium_id, use.service_id == service_id)
    )
    using = set()
    for member, use_since, use_until, since, until in session.execute(found):
        used = days.intersection(Period(use_since, use_until))
        if used is not None and used.overlaps(Period(since, until)):
            using.add(member)
    return frozenset(using)


def save_usage(
    unit: Unit, consortium_id: str, item_id: str, seen_version: int, new: Usage | None
) -> None:
    """Replace what is charged by quantity (従量の保存); nothing is written when nothing differs.

    Raises: StaleError if somebody saved the item after it was seen.
    """
    session, table = unit.session, models.CostItem
    row = session.scalars(
        select(table).where(table.consortium_id == consortium_id, table.id == item_id)
    ).one()
    if row.row_version != seen_version:
        raise StaleError(
            "従量の数量を保存しようとしました。",
            "ほかの人が先にこの費目を変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    old = _usage(row, quantities_of(session, [item_id]).get(item_id, {}))
    if old == new:
        return
    row.unit_price, row.usage_mode = (new.unit_price, new.mode) if new else (None, None)
    # The quantities alone are a change of the item as well: the second of two editors is refused.
    flag_modified(row, "unit_price")
    session.execute(delete(models.UsageQuantity).where(models.UsageQuantity.item_id == item_id))
    add_quantities(session, consortium_id, item_id, new.quantities if new else {})
    names = _member_names(session, consortium_id)
    unit.record(
        consortium_id, "item.usage", "cost_item", item_id, f"費目「{row.name}」の従量の変更",
        _in_words(old, names), _in_words(new, names),
    )  # fmt: skip


def add_quantities(
    session: Session, consortium_id: str, item_id: str, quantities: Mapping[str, Fraction]
) -> None:
    """Save quantities of an item that has none (数量の登録); the event is the caller's."""
    session.add_all(
        [
            models.UsageQuantity(
                consortium_id=consortium_id, item_id=item_id, member_id=member, quantity=quantity
            )
            for member, quantity in quantities.items()
        ]
    )
    session.flush()


def remove_parts(session: Session, item_id: str) -> None:
    """Delete everything that hangs on an item (内訳の削除); the event is that of the item."""
    for table in (models.CostItemUsd, models.UsageQuantity):
        session.execute(delete(table).where(table.item_id == item_id))


def _usage(row: models.CostItem, quantities: Mapping[str, Fraction]) -> Usage | None:
    if row.unit_price is None or row.usage_mode is None:
        return None
    return Usage(row.unit_price, row.usage_mode, quantities)


def _member_names(session: Session, consortium_id: str) -> dict[str, str]:
    table = models.Member
    found = select(table.id, table.name).where(table.consortium_id == consortium_id)
    return {row.id: row.name for row in session.execute(found)}


def _in_words(usage: Usage | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "単価": decimal(usage.unit_price),
        "端数": MODES[usage.mode],
        "数量": {names[member]: decimal(count) for member, count in usage.quantities.items()},
    }
