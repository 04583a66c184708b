"""Adding, changing, deleting and copying cost items (費目の登録)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from consortium.db.store import costs as store
from consortium.db.store import entering, item_parts
from consortium.db.store import funding as funding_store
from consortium.db.store import invoices as invoices_store
from consortium.db.store import settings as settings_store
from consortium.db.store.costs import CostItem
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.usecases.amounts import CHECKED, Plan, plan_invoice, plan_items
from consortium.usecases.closings import refuse_closed
from consortium.usecases.costs import STAGES, Entry
from consortium.usecases.item_checks import checked, refusal, refuse_invoice
from consortium.usecases.viewer import Viewer


def plan_new(viewer: Viewer, year: FiscalYear, stage: str, entry: Entry, item_id: str = "") -> Plan:
    """Say what adding an item would make of it, and of the other lines of its invoice.

    Raises: BadInputError at the field.
    """
    with reading() as session:
        new = _new(
            viewer, entering.ground(session, viewer.consortium_id), year, stage, entry, item_id
        )
        inputs = invoices_store.amount_inputs(session, viewer.consortium_id, [new])
    refuse_invoice(new, inputs)
    return plan_items(inputs, [new], {})


def add_item(  # noqa: PLR0913 -- what to add where, by whom, when, sent by which form, seen as what
    viewer: Viewer,
    year: FiscalYear,
    stage: str,
    entry: Entry,
    now: datetime,
    item_id: str = "",
    seen: str | None = None,
) -> CostItem:
    """Add an item (費目の追加).

    A form sent again with its `item_id` (二度押し・再読込み) gives what was saved the first time.
    Raises: BadInputError at the field, for an id that another item has as well, and where `seen`,
    the digest of the plan shown, is not what would be saved now.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        refuse_closed(unit, owner, year, reason=viewer.reason)
        new = _new(viewer, entering.ground(unit.session, owner), year, stage, entry, item_id)
        inputs = invoices_store.amount_inputs(unit.session, owner, [new])
        refuse_invoice(new, inputs)
        plan = plan_items(inputs, [new], {})
        planned = plan.of(new.id)
        if saved := store.find_item(unit.session, owner, new.id):
            _refuse_another(saved, planned)
            return saved
        _refuse_unseen(plan, seen)
        store.add_item(unit, owner, planned)
        _save_others(unit, owner, plan, new.id)
    return planned


def _new(  # noqa: PLR0913 -- as `add_item`
    viewer: Viewer, known: entering.Ground, year: FiscalYear, stage: str, entry: Entry, item_id: str
) -> CostItem:
    service_id = checked(known, year, entry)
    return CostItem(
        item_id or str(uuid4()),
        year,
        stage,
        service_id,
        is_sample=viewer.is_sample,
        **_entered(entry),
    )


def _entered(entry: Entry) -> dict[str, Any]:
    """Give what an entry says of an item; nothing of one way is left in another."""
    is_net = entry.amount_by == "net"
    is_taxed = entry.tax_rate is not None and entry.amount_by != "incl"  # of a line of an invoice
    return {
        "category_id": entry.category_id,
        "name": entry.name,
        "amount_incl_tax": entry.amount_incl_tax,
        "first_month": entry.first_month,
        "last_month": entry.last_month,
        "charged_to_id": entry.charged_to_id,
        "note": entry.note,
        "amount_by": entry.amount_by,
        "amount_note": entry.amount_note if entry.amount_by == "incl" else "",
        "net_amount": entry.net_amount if is_net else None,
        "tax_rate": entry.tax_rate,
        "tax_amount": None,
        "invoice_id": entry.invoice_id if is_taxed else None,
        "dollars": entry.dollars if entry.amount_by == "usd" else {},
    }


def _refuse_another(saved: CostItem, new: CostItem) -> None:
    if saved != replace(new, row_version=saved.row_version):
        raise refusal(
            "item_id",
            f"この入力画面からは、費目「{saved.name}」はもう追加されています。",
            "もう一つ追加するときは、内容を確かめて、もう一度送ってください。",
        )


def _refuse_unseen(plan: Plan, seen: str | None) -> None:
    if seen is not None and seen != plan.digest:
        raise refusal(
            CHECKED,
            "確かめたときと、計算の結果が変わりました。",
            "新しい金額を確かめて、もう一度保存してください。",
        )


def _save_others(unit: Unit, consortium_id: str, plan: Plan, item_id: str) -> None:
    for old, new in plan.changes:
        if old is not None and new.id != item_id:
            store.save_item(unit, consortium_id, old, new)


def plan_change(viewer: Viewer, item_id: str, entry: Entry) -> Plan:
    """Say what changing an item would make of it, and of the other lines of its invoices.

    Raises: BadInputError at the field, NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        old = store.item(session, owner, item_id)
        new = _changed(old, entering.ground(session, owner), entry)
        inputs = invoices_store.amount_inputs(session, owner, [new], old)
    refuse_invoice(new, inputs)
    return plan_items(inputs, [new], {old.id: old})


def change_item(  # noqa: PLR0913 -- what to change, by whom and when, as it was seen
    viewer: Viewer,
    item_id: str,
    seen_version: int,
    entry: Entry,
    now: datetime,
    seen: str | None = None,
) -> CostItem:
    """Change an item as it was seen (費目の変更).

    Raises: StaleError if somebody saved meanwhile, BadInputError at the field and as `add_item`,
    NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = store.item(unit.session, owner, item_id)
        refuse_closed(unit, owner, old.year, reason=viewer.reason)
        new = _changed(old, entering.ground(unit.session, owner), entry)
        if old.row_version != seen_version:
            raise store.stale("変更")
        inputs = invoices_store.amount_inputs(unit.session, owner, [new], old)
        refuse_invoice(new, inputs)
        plan = plan_items(inputs, [new], {old.id: old})
        _refuse_unseen(plan, seen)
        planned = plan.of(item_id)
        store.save_item(unit, owner, old, planned)
        _save_others(unit, owner, plan, item_id)
    return planned


def _changed(old: CostItem, known: entering.Ground, entry: Entry) -> CostItem:
    service_id = checked(known, old.year, entry)
    return replace(old, service_id=service_id, **_entered(entry))


def remove_item(viewer: Viewer, item_id: str, seen_version: int, now: datetime) -> CostItem:
    """Delete an item that no run beyond the draft rests on (費目の削除).

    Raises: InvalidTransitionError, StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        old = store.item(unit.session, viewer.consortium_id, item_id)
        refuse_closed(unit, viewer.consortium_id, old.year, reason=viewer.reason)
        if store.holding_runs(unit.session, viewer.consortium_id, item_id):
            raise InvalidTransitionError(
                f"費目「{old.name}」を削除しようとしました。",
                "審査中・承認・発行・失効のいずれかの算定に含まれています。",
                "金額を変えるときは、費目を編集してください。",
            )
        if tied := funding_store.tied_to_item(unit.session, viewer.consortium_id, item_id):
            raise InvalidTransitionError(
                f"費目「{old.name}」を削除しようとしました。",
                f"補助金・財源措置「{'」「'.join(tied)}」の対象になっています。",
                "先に、補助金・財源措置を削除するか、別の費目に移してください。",
            )
        plan = _plan_removal(
            old, invoices_store.amount_inputs(unit.session, viewer.consortium_id, [], old)
        )
        store.remove_item(unit, viewer.consortium_id, replace(old, row_version=seen_version))
        _save_others(unit, viewer.consortium_id, plan, item_id)
    return old


def plan_removal(viewer: Viewer, item_id: str) -> Plan:
    """Say what deleting an item does to the other lines of its invoice (削除の影響).

    Raises: NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        old = store.item(session, owner, item_id)
        return _plan_removal(old, invoices_store.amount_inputs(session, owner, [], old))


def _plan_removal(old: CostItem, inputs: invoices_store.AmountInputs) -> Plan:
    rest = [
        plan_invoice(invoice, [line for line in lines if line.id != old.id])
        for invoice, lines in inputs.invoices.values()
    ]
    return Plan(tuple(change for plan in rest for change in plan.changes))


class Copied(NamedTuple):
    """What copying a stage has made (写した件数)."""

    items: int
    #: grants of those items that were copied with them
    grants: int
    #: grants of the source that were not: of another year, or of no item
    left: int


def copy_from_stage(  # noqa: PLR0913 -- from where to where, by whom and when
    viewer: Viewer,
    year: FiscalYear,
    stage: str,
    source_year: FiscalYear,
    source_stage: str,
    now: datetime,
) -> Copied:
    """Copy the items of another stage, or of last year, into an empty list (費目の写し).

    Months move with the year; grants of the items come along within the year.
    Raises: InvalidTransitionError if there are items already, BadInputError for a source that is
    not offered or has none.
    """
    is_offered = source_year in (year, year.previous()) and (source_year, source_stage) != (
        year,
        stage,
    )
    with writing(viewer.actor(), now) as unit:
        owner = viewer.consortium_id
        # Two officers may copy at the same time: the second has to see what the first saved.
        unit.take_turn(owner)
        refuse_closed(unit, owner, year, reason=viewer.reason)
        _refuse_filled(store.items(unit.session, owner, year, stage))
        found = store.items(unit.session, owner, source_year, source_stage) if is_offered else ()
        if not found:
            raise BadInputError(
                "費目を写そうとしました。", "写す元に費目がありません。", "元を選び直してください。"
            )
        copies = [_moved(item, year, stage) for item in found]
        overrides = settings_store.settings_of(unit.session, owner).year_labels
        target = f"{fiscal_year_label(year, overrides)} {STAGES[stage]}"
        source = f"{fiscal_year_label(source_year, overrides)} {STAGES[source_stage]}"
        store.add_items(unit, owner, copies, f"{target}の費目の写し", 写した元=source)
        _copy_quantities(unit, owner, found, copies)
        moved = {item.id: copied for item, copied in zip(found, copies, strict=True)}
        grants, left = _copy_grants(unit, owner, (source_year, source_stage), moved)
    return Copied(len(copies), grants, left)


def _refuse_filled(items: Sequence[CostItem]) -> None:
    if items:
        raise InvalidTransitionError(
            "費目を写そうとしました。",
            "この年度・段階には、もう費目があります。",
            "費目を一つずつ追加するか、編集してください。",
        )


def _copy_quantities(
    unit: Unit, owner: str, found: Sequence[CostItem], copies: Sequence[CostItem]
) -> None:
    quantities = item_parts.quantities_of(unit.session, [item.id for item in found])
    for item, copied in zip(found, copies, strict=True):
        used = quantities.get(item.id, {})
        item_parts.add_quantities(unit.session, owner, copied.id, used)


def _copy_grants(
    unit: Unit, owner: str, source: tuple[FiscalYear, str], moved: Mapping[str, CostItem]
) -> tuple[int, int]:
    """Copy the grants of items; give how many were copied, and how many of the source were not.

    Each year's grants are decided anew: last year's would take off money that nobody promised.
    """
    measures = funding_store.measures(unit.session, owner, *source)
    copied = 0
    for old in measures:
        item = moved.get(old.item_id or "")
        if item is not None and item.year == old.year:
            new = replace(old, id=str(uuid4()), stage=item.stage, item_id=item.id, row_version=1)
            funding_store.add_measure(unit, owner, new)
            copied += 1
    return copied, len(measures) - copied


def _moved(item: CostItem, year: FiscalYear, stage: str) -> CostItem:
    by = year.start_year - item.year.start_year
    first, last = item.first_month, item.last_month
    copied = replace(
        item,
        id=str(uuid4()),
        year=year,
        stage=stage,
        first_month=Month(first.year + by, first.month),
        last_month=Month(last.year + by, last.month),
        row_version=1,
        # An invoice belongs to the list it was entered in; the yen stay those of the original.
        invoice_id=None,
    )
    if by == 0 or item.amount_by != "usd":
        return copied
    # The rates of another year's months are not known yet: the yen are copied, as last year's.
    return replace(
        copied,
        amount_by="incl",
        amount_note=f"{item.year.start_year}年度の額を写したもの（{item.amount_note}）",
        net_amount=None,
        tax_amount=None,
        dollars={},
    )
