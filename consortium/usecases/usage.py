"""What is charged by quantity before the rest is shared (従量)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from consortium.db.store import costs as store
from consortium.db.store import item_parts
from consortium.db.store import members as members_store
from consortium.db.store import settings as settings_store
from consortium.db.store.costs import CostItem
from consortium.db.store.item_parts import Usage
from consortium.db.store.members import Member
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import Period
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError
from consortium.domain.yen import MODES, Yen, round_to
from consortium.usecases.closings import refuse_closed
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class UsageEntry:
    """What an officer enters (従量の入力): quantities by member id; without a price, none."""

    unit_price: Fraction | None
    mode: str
    quantities: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class UsagePage:
    """An item with who could have used how much (従量の画面)."""

    item: CostItem
    label: str
    #: who uses the service in a month of the item
    members: tuple[Member, ...]
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class UsageSum:
    """What the quantities make of the item (従量の内訳): yen by member, and the rest."""

    charges: tuple[tuple[Member, Fraction, Yen], ...]
    charged: Yen
    rest: Yen

    @property
    def digest(self) -> str:
        """Give the mark of what is shown (照合値)."""
        shown = [(town.code, str(quantity), yen) for town, quantity, yen in self.charges]
        return sha256_hex(canonical([shown, self.charged, self.rest]))


def show_usage(viewer: Viewer, item_id: str) -> UsagePage:
    """Read what is charged by quantity of an item.

    Raises: NotFoundError, for an item of another consortium as well.
    """
    owner = viewer.consortium_id
    with reading() as session:
        item = store.item(session, owner, item_id)
        quantities = item_parts.quantities_of(session, [item_id]).get(item_id, {})
        towns = members_store.members(session, owner)
        users = item_parts.users_of(session, owner, item.service_id, item_months(item))
        overrides = settings_store.settings_of(session, owner).year_labels
    usage = None
    if item.unit_price is not None and item.usage_mode is not None:
        usage = Usage(item.unit_price, item.usage_mode, quantities)
    return UsagePage(
        item,
        fiscal_year_label(item.year, overrides),
        tuple(town for town in towns if town.id in users),
        usage,
    )


def add_up(page: UsagePage, entry: UsageEntry) -> UsageSum:
    """Compute what each member pays by quantity, and what is left to share (従量の計算).

    Raises: BadInputError at the field.
    """
    _refuse_unusable(entry, {town.id for town in page.members})
    price = entry.unit_price or Fraction(0)
    charges = tuple(
        (
            town,
            entry.quantities[town.id],
            round_to(entry.quantities[town.id] * price, entry.mode),
        )
        for town in page.members
        if town.id in entry.quantities
    )
    charged = Yen(sum(amount for _, _, amount in charges))
    rest = Yen(page.item.amount_incl_tax - charged)
    if entry.unit_price is not None and rest < 0:
        raise _refuse(
            "unit_price",
            f"従量の合計が{charged:,}円で、費目の金額{page.item.amount_incl_tax:,}円を超えています。",
            "単価と数量を確かめるか、先に費目の金額を直してください。",
        )
    return UsageSum(charges, charged, rest)


def save_usage(
    viewer: Viewer, item_id: str, seen_version: int, entry: UsageEntry, now: datetime
) -> None:
    """Save what is charged by quantity (従量の保存).

    Raises: StaleError if somebody saved the item meanwhile, BadInputError, NotFoundError.
    """
    page = show_usage(viewer, item_id)
    add_up(page, entry)
    new = None
    if entry.unit_price is not None:
        new = Usage(entry.unit_price, entry.mode, dict(entry.quantities))
    with writing(viewer.actor(), now) as unit:
        refuse_closed(unit, viewer.consortium_id, page.item.year, reason=viewer.reason)
        item_parts.save_usage(unit, viewer.consortium_id, item_id, seen_version, new)


def item_months(item: CostItem) -> Period:
    """Give the days of the item's months (費目の期間)."""
    return Period(item.first_month.first, item.last_month.period.until)


def _refuse_unusable(entry: UsageEntry, members: set[str]) -> None:
    if entry.mode not in MODES:
        raise _refuse("mode", "選べない端数処理です。", "一覧から選び直してください。")
    if set(entry.quantities) - members:
        raise _refuse(
            "quantities",
            "この費目の期間にサービスを利用していない団体の数量があります。",
            "利用している団体の数量だけを入力してください。",
        )
    if entry.unit_price is None and entry.quantities:
        raise _refuse(
            "unit_price", "数量がありますが、単価がありません。", "単価を入力してください。"
        )
    if entry.unit_price is not None and not entry.quantities:
        raise _refuse(
            "quantities",
            "単価がありますが、数量が一つもありません。",
            "使った団体の数量を入力するか、単価を消してください。",
        )


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("従量を保存しようとしました。", found, todo, path=path)
