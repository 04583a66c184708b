"""Payments of the time before the portal (使い始める前の収納): no notice of ours asked for them."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from consortium.db.store import instalments, members
from consortium.db.store import payments as store
from consortium.db.store.payments import KINDS, Payment
from consortium.db.unit import Unit, writing
from consortium.domain.yen import Yen
from consortium.usecases.closings import label_of, refuse_closed, today_of
from consortium.usecases.payments import check, is_duplicate, refuse
from consortium.usecases.viewer import Viewer


def record_opening(viewer: Viewer, entry: Payment, now: datetime) -> Payment:
    """Record a payment as the office's own books have it (収納の引継ぎ).

    Money given back (還付) is negative; what moved between years is of either sign.
    Raises: BadInputError at the field, ClosedError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        refuse_closed(unit, owner, entry.year, reason=viewer.reason)
        new = replace(entry, id=str(uuid4()), recorded_by=viewer.name)
        towns = {str(each.code): each.name for each in members.members(unit.session, owner)}
        if new.code not in towns:
            raise refuse("code", "構成団体ではありません。", "団体コードを確かめてください。")
        _check_kind(new)
        # The size and the day of money are alike whichever way it went.
        check(replace(new, amount=Yen(abs(new.amount))), today_of(now))
        _check_instalment(unit, owner, new)
        _refuse_again(unit, owner, new)
        title = f"{towns[new.code]}の{label_of(unit, owner, new.year)}の収納の引継ぎ"
        store.add_payments(unit, owner, [new], action="payment.record", title=title)
    return new


def _check_kind(new: Payment) -> None:
    if new.kind not in KINDS:
        raise refuse("kind", f"「{new.kind}」です。", f"{'、'.join(KINDS.values())} から選びます。")
    if new.kind == "received" and new.amount < 0:
        raise refuse("amount", "収納の金額が負です。", "返した金は、種別を「還付」にしてください。")
    if new.kind == "refunded" and new.amount > 0:
        raise refuse("amount", "還付の金額が正です。", "返した金は、負の数で書いてください。")


def _check_instalment(unit: Unit, owner: str, new: Payment) -> None:
    if new.instalment is None:
        return
    count = len(instalments.plan_in_force(unit.session, owner, new.year).plan.parts)
    if not 1 <= new.instalment <= count:
        found = f"第{new.instalment}期は、この年度の納付計画（{count}期）にありません。"
        raise refuse("instalment", found, "期を直すか、空欄にしてください。")


def _refuse_again(unit: Unit, owner: str, new: Payment) -> None:
    # The two sides of what moved between years bear one number.
    same = store.with_references(unit.session, owner, [new.reference_number])
    if any(other.kind == new.kind for other in same):
        found = f"整理番号「{new.reference_number}」の収納が二つあります。"
        raise refuse("reference_number", found, "二重の記録でないか確かめてください。")
    others = store.payments(unit.session, owner, year=new.year, code=new.code)
    if any(other.kind == new.kind and is_duplicate(new, other) for other in others):
        found = "同じ期・収納日・金額の収納が二つあります。"
        raise refuse("amount", found, "別の収納なら、整理番号を入れて区別してください。")
