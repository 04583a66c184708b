"""Ordering and making documents whose input is fixed with the order (発行の指示から発行まで)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from consortium.db.store import members, orders
from consortium.db.store.orders import Order
from consortium.db.store.reports import Claim, FileRecord, NewRun
from consortium.db.unit import Unit, reading
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.usecases.reporting import Kind, Kinds, NotReadyError, Sheet, Worker, work
from consortium.usecases.viewer import Viewer

#: So many members a page makes the files of while somebody waits; more are left to the next tick.
MOST_AT_ONCE = 20


class Maker(NamedTuple):
    """The process that makes files, and the kinds it knows (作成者)."""

    worker: Worker
    kinds: Kinds


class Asked(NamedTuple):
    """What an officer asks to issue (発行の依頼): which kind, for which period, by which form."""

    new: NewRun
    #: id that the form brings; sent again it gives the first answer
    record_id: str
    #: name of the document, for people
    title: str


def ordered_before(unit: Unit, asked: Asked) -> Order | None:
    """Give what this form ordered already, or what is being made for the period (二度押し).

    Raises: BadInputError for a form that ordered something else.
    """
    owner, new = asked.new.consortium_id, asked.new
    found = orders.find_order(unit.session, owner, asked.record_id)
    if found is not None and (found.kind, found.period_key) != (new.kind, new.period_key):
        raise BadInputError(
            f"{asked.title}を発行しようとしました。",
            "この入力画面からは、別の帳票がもう発行されています。",
            "画面を開き直してください。",
            path="record_id",
        )
    if found is None:
        waiting = orders.pending(unit.session, owner, new.kind, new.year, new.period_key)
        if waiting is not None:
            raise InvalidTransitionError(
                f"{asked.title}を発行しようとしました。",
                "前に指示した発行が、まだ終わっていません。",
                "「帳票の作成」で作成の状況を確かめ、終わってから、もう一度行ってください。",
            )
        return None
    orders.resume(unit, owner, found)
    unit.operational()
    return found


def order(unit: Unit, asked: Asked, run_id: str, document: Mapping[str, Any]) -> str:
    """Fix what is to be printed and order it; give the id of the order (発行の指示)."""
    orders.add_order(unit, asked.record_id, asked.new, document)
    owner, title = asked.new.consortium_id, f"{asked.title}の発行の指示"
    unit.record(owner, "report.order", "allocation_run", run_id, title)
    return asked.record_id


def make(viewer: Viewer, order_id: str, maker: Maker) -> Order:
    """Make what was ordered now, and say how far it is; made already, nothing happens (作成).

    Of many towns the next tick makes it.
    """
    with reading() as session:
        found = orders.find_order(session, viewer.consortium_id, order_id)
    if (found is None or not found.is_done) and is_short(viewer.consortium_id):
        work(maker.worker, maker.kinds, run_id=order_id, actor=viewer.actor())
        with reading() as session:
            found = orders.find_order(session, viewer.consortium_id, order_id)
    if found is None:
        raise RuntimeError("an order is never deleted")
    return found


def is_short(consortium_id: str) -> bool:
    """Say whether a request may make the files itself: they are few (短い作成)."""
    with reading() as session:
        return len(members.members(session, consortium_id)) <= MOST_AT_ONCE


def ordered_kind(
    sheets: Callable[[Mapping[str, Any], Path], list[Sheet]],
    publish: Callable[[Unit, Claim, Mapping[str, Any], list[FileRecord]], None],
) -> Kind:
    """Give a kind that only an officer's order makes (指示による帳票)."""
    return Kind(_never_by_itself, sheets, publish)


def _never_by_itself(_unit: Unit, _held: Claim) -> Mapping[str, Any]:
    raise NotReadyError("発行の指示待ち")
