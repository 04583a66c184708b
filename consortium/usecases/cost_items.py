"""Adding, changing, deleting and copying cost items (費目の登録)."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from consortium.db.store import costs as store
from consortium.db.store import members as members_store
from consortium.db.store import settings as settings_store
from consortium.db.store.costs import CostItem
from consortium.db.store.members import Membership
from consortium.db.unit import Unit, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, DomainError, InvalidTransitionError
from consortium.usecases.costs import STAGES, Entry
from consortium.usecases.viewer import Viewer


def add_item(  # noqa: PLR0913 -- what to add where, by whom, when, and sent by which form
    viewer: Viewer, year: FiscalYear, stage: str, entry: Entry, now: datetime, item_id: str = ""
) -> CostItem:
    """Add an item (費目の追加).

    A form sent again with its `item_id` (二度押し・再読込み) gives what was saved the first time.
    Raises: BadInputError at the field, for an id that another item has as well.
    """
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        service_id = _checked(unit, viewer.consortium_id, year, entry)
        new = CostItem(
            item_id or str(uuid4()),
            year,
            stage,
            service_id,
            entry.category_id,
            entry.name,
            entry.amount_incl_tax,
            entry.first_month,
            entry.last_month,
            entry.charged_to_id,
            entry.note,
            viewer.is_sample,
        )
        if saved := store.find_item(unit.session, viewer.consortium_id, new.id):
            _refuse_another(saved, new)
            return saved
        store.add_item(unit, viewer.consortium_id, new)
    return new


def _refuse_another(saved: CostItem, new: CostItem) -> None:
    if saved != replace(new, row_version=saved.row_version):
        raise _refuse(
            "item_id",
            f"この入力画面からは、費目「{saved.name}」はもう追加されています。",
            "もう一つ追加するときは、内容を確かめて、もう一度送ってください。",
        )


def change_item(
    viewer: Viewer, item_id: str, seen_version: int, entry: Entry, now: datetime
) -> CostItem:
    """Change an item as it was seen (費目の変更).

    Raises: StaleError if somebody saved meanwhile, BadInputError at the field, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.item(unit.session, viewer.consortium_id, item_id)
        service_id = _checked(unit, viewer.consortium_id, old.year, entry)
        new = replace(
            old,
            service_id=service_id,
            category_id=entry.category_id,
            name=entry.name,
            amount_incl_tax=entry.amount_incl_tax,
            first_month=entry.first_month,
            last_month=entry.last_month,
            charged_to_id=entry.charged_to_id,
            note=entry.note,
        )
        seen = replace(old, row_version=seen_version)
        store.save_item(unit, viewer.consortium_id, seen, new)
    return new


def remove_item(viewer: Viewer, item_id: str, seen_version: int, now: datetime) -> CostItem:
    """Delete an item that no run beyond the draft rests on (費目の削除).

    Raises: InvalidTransitionError, StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.item(unit.session, viewer.consortium_id, item_id)
        if store.holding_runs(unit.session, viewer.consortium_id, item_id):
            raise InvalidTransitionError(
                f"費目「{old.name}」を削除しようとしました。",
                "審査中・承認・発行・失効のいずれかの算定に含まれています。",
                "金額を変えるときは、費目を編集してください。",
            )
        store.remove_item(unit, viewer.consortium_id, replace(old, row_version=seen_version))
    return old


def copy_from_stage(  # noqa: PLR0913 -- from where to where, by whom and when
    viewer: Viewer,
    year: FiscalYear,
    stage: str,
    source_year: FiscalYear,
    source_stage: str,
    now: datetime,
) -> int:
    """Copy the items of another stage, or of last year, into an empty list (費目の写し).

    Months move with the year. Raises: InvalidTransitionError if there are items already,
    BadInputError for a source that is not offered or has none.
    """
    is_offered = source_year in (year, year.previous()) and (source_year, source_stage) != (
        year,
        stage,
    )
    with writing(viewer.actor(), now) as unit:
        owner = viewer.consortium_id
        # Two officers may copy at the same time: the second has to see what the first saved.
        unit.take_turn(owner)
        if store.items(unit.session, owner, year, stage):
            raise InvalidTransitionError(
                "費目を写そうとしました。",
                "この年度・段階には、もう費目があります。",
                "費目を一つずつ追加するか、編集してください。",
            )
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
    return len(copies)


def _moved(item: CostItem, year: FiscalYear, stage: str) -> CostItem:
    by = year.start_year - item.year.start_year
    first, last = item.first_month, item.last_month
    return replace(
        item,
        id=str(uuid4()),
        year=year,
        stage=stage,
        first_month=Month(first.year + by, first.month),
        last_month=Month(last.year + by, last.month),
        row_version=1,
    )


# ---- what an item may say ------------------------------------------------------------------------


def _checked(unit: Unit, consortium_id: str, year: FiscalYear, entry: Entry) -> str:
    """Refuse what does not fit; give the service of the category."""
    known = {each.id: each for each in store.categories(unit.session, consortium_id)}
    category = known.get(entry.category_id)
    if category is None:
        raise _refuse("category", "一覧にない経費区分です。", "経費区分を選び直してください。")
    if not entry.name.strip():
        raise _refuse("name", "費目名が空です。", "費目名を入力してください。")
    _refuse_months(year, entry)
    if entry.charged_to_id is not None:
        stays = members_store.memberships(unit.session, consortium_id)
        _refuse_charge(year, [each for each in stays if each.member_id == entry.charged_to_id])
    return category.service_id


def _refuse_months(year: FiscalYear, entry: Entry) -> None:
    months = year.months()
    for field, month in (("first_month", entry.first_month), ("last_month", entry.last_month)):
        if month not in months:
            raise _refuse(
                field,
                f"{month.year}年{month.month}月は、この年度の月ではありません。",
                f"{months[0].year}年4月から{months[-1].year}年3月までの月を選んでください。",
            )
    if entry.last_month < entry.first_month:
        raise _refuse(
            "last_month", "終わりの月が始まりの月より前です。", "始まりの月以後を選んでください。"
        )


def _refuse_charge(year: FiscalYear, stays: list[Membership]) -> None:
    if not stays:
        raise _refuse("charged_to", "構成団体ではありません。", "一覧から選び直してください。")
    if not any(stay.period.overlaps(year.period) for stay in stays):
        raise _refuse(
            "charged_to",
            "この年度には加入していない団体です。",
            "加入した年度以後の費用として登録するか、団体を選び直してください。",
        )


def _refuse(path: str, found: str, todo: str) -> DomainError:
    return BadInputError("費目を保存しようとしました。", found, todo, path=path)
