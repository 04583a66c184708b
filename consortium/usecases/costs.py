"""What the services cost, by fiscal year and stage (費用・費目)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Final

from consortium.db.store import costs as store
from consortium.db.store import invoices as invoices_store
from consortium.db.store import members as members_store
from consortium.db.store import settings as settings_store
from consortium.db.store.costs import Category, CostItem
from consortium.db.store.invoices import Invoice
from consortium.db.store.members import Member
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import (
    NotFoundError,
)
from consortium.domain.fiscalyear.run import STAGES as ALL_STAGES
from consortium.domain.invoicing import Rate
from consortium.domain.yen import Yen, total
from consortium.usecases.viewer import Viewer

#: Stages that have costs of their own: all; those of 精算 are the actual ones (実績).
STAGES: Final = ALL_STAGES


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer enters for an item (費目の入力)."""

    category_id: str
    name: str
    amount_incl_tax: Yen
    first_month: Month
    last_month: Month
    charged_to_id: str | None = None
    note: str = ""
    #: 金額の入れ方: `amount_incl_tax` is what was typed for incl only
    amount_by: str = "incl"
    net_amount: Yen | None = None
    #: percent: added to 税抜, contained in 税込; 0 not taxed, None unknown
    tax_rate: Fraction | None = None
    invoice_id: str | None = None
    #: US dollars by month
    dollars: Mapping[Month, Fraction] = field(default_factory=dict)
    #: how 税込 came about where it was entered itself: kept by the registration workbook only
    amount_note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one category with their sum (経費区分ごとの費目)."""

    category: Category
    items: tuple[CostItem, ...]

    @property
    def subtotal(self) -> Yen:
        """Add the items up (小計)."""
        return total(item.amount_incl_tax for item in self.items)


@dataclass(frozen=True, slots=True)
class CopySource:
    """Items that could be copied into an empty list (写しの元)."""

    year: FiscalYear
    label: str
    stage: str
    count: int


@dataclass(frozen=True, slots=True)
class CostSheet:
    """The costs of a year and stage, with where else there are some (費用の一覧)."""

    year: FiscalYear
    stage: str
    groups: tuple[Group, ...]
    #: every year that can be chosen, with its label
    labels: Mapping[FiscalYear, str]
    counts: Mapping[tuple[int, str], int]
    categories: tuple[Category, ...]
    members: Mapping[str, Member]
    #: items that a run beyond the draft rests on: they cannot be deleted
    held: frozenset[str] = frozenset()
    #: statements were issued; they keep the amounts of their run
    is_issued: bool = False

    @property
    def label(self) -> str:
        """Write the year (年度)."""
        return self.labels[self.year]

    @property
    def items(self) -> tuple[CostItem, ...]:
        """Give all items in their order (費目)."""
        return tuple(item for group in self.groups for item in group.items)

    @property
    def total(self) -> Yen:
        """Add everything up (合計)."""
        return total(group.subtotal for group in self.groups)

    @property
    def is_sample(self) -> bool:
        """Say whether anything here is 見本."""
        return any(item.is_sample for item in self.items)

    @property
    def copy_sources(self) -> tuple[CopySource, ...]:
        """Give what an empty list can start from: this year's other stages, then last year's."""
        places = [(self.year, stage) for stage in STAGES if stage != self.stage]
        places += [(self.year.previous(), stage) for stage in reversed(STAGES)]
        return tuple(
            CopySource(year, self.labels[year], stage, count)
            for year, stage in places
            if (count := self.counts.get((year.start_year, stage), 0)) and year in self.labels
        )

    def service_names(self) -> bool:
        """Say whether a category needs its service's name to be told apart."""
        return len({category.service_id for category in self.categories}) > 1


# ---- reading -------------------------------------------------------------------------------------


def show_costs(viewer: Viewer, year: FiscalYear, stage: str, today: date) -> CostSheet:
    """Read the items of a year and stage (費用の一覧).

    Raises: NotFoundError naming the years that can be chosen.
    """
    owner = viewer.consortium_id
    with reading() as session:
        settings = settings_store.settings_of(session, owner)
        categories = store.categories(session, owner)
        counts = store.stage_counts(session, owner)
        labels = year_labels(categories, counts, settings.year_labels, today)
        if year not in labels:
            raise unknown_year(year, labels)
        items = store.items(session, owner, year, stage, with_dollars=False)
        towns = members_store.members(session, owner)
        held = store.held_items(session, owner, year, stage)
    by_id = {category.id: category for category in categories}
    groups = tuple(
        Group(by_id[category_id], tuple(those))
        for category_id, those in groupby(items, key=lambda item: item.category_id)
    )
    return CostSheet(
        year,
        stage,
        groups,
        labels,
        counts,
        categories,
        {town.id: town for town in towns},
        held.items,
        held.is_issued,
    )


def year_labels(
    categories: tuple[Category, ...],
    counts: Mapping[tuple[int, str], int],
    overrides: Mapping[int, str],
    today: date,
) -> dict[FiscalYear, str]:
    """List the years from the first service, or the first item, to the year after this one."""
    present = FiscalYear.containing(today)
    begun = [FiscalYear.containing(each.service_since).start_year for each in categories]
    used = [year for year, _ in counts]
    first = min([present.start_year, *begun, *used])
    last = max([present.start_year + 1, *used])
    years = [FiscalYear(start) for start in range(first, last + 1)]
    return {year: fiscal_year_label(year, overrides) for year in years}


def unknown_year(year: FiscalYear, labels: Mapping[FiscalYear, str]) -> NotFoundError:
    """Name the years that can be chosen (扱う年度)."""
    names = list(labels.values())
    return NotFoundError(
        "費用を開こうとしました。",
        f"{year.start_year}年度の費用は扱っていません。",
        f"{names[0]}から{names[-1]}までを、「費用」の年度から選んでください。",
    )


def starting_place(viewer: Viewer, today: date) -> tuple[FiscalYear, str]:
    """Give the present year and its latest stage with items, to open 費用 with."""
    present = FiscalYear.containing(today)
    with reading() as session:
        counts = store.stage_counts(session, viewer.consortium_id)
    for stage in reversed(STAGES):
        if counts.get((present.start_year, stage)):
            return present, stage
    return present, "planned"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form of an item offers (費目の選択肢)."""

    label: str
    categories: tuple[Category, ...]
    members: tuple[Member, ...]
    #: those of the year and stage
    invoices: tuple[Invoice, ...] = ()
    #: those of the year's months
    rates: Mapping[Month, Rate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item with what its form offers (費目の画面)."""

    item: CostItem
    choices: Choices
    #: runs beyond the draft that rest on it
    runs: int

    @property
    def entry(self) -> Entry:
        """Give what an officer could have entered for it (保存されている内容)."""
        item = self.item
        return Entry(
            item.category_id,
            item.name,
            item.amount_incl_tax,
            item.first_month,
            item.last_month,
            item.charged_to_id,
            item.note,
            item.amount_by,
            item.net_amount if item.amount_by == "net" else None,
            item.tax_rate,
            item.invoice_id,
            item.dollars,
        )


def offer(viewer: Viewer, year: FiscalYear, stage: str, way: str, today: date) -> Choices:
    """Read what the form of a new item offers (費目の追加の画面).

    Raises: NotFoundError naming the years that can be chosen.
    """
    owner = viewer.consortium_id
    with reading() as session:
        settings = settings_store.settings_of(session, owner)
        categories = store.categories(session, owner)
        counts = store.stage_counts(session, owner)
        labels = year_labels(categories, counts, settings.year_labels, today)
        if year not in labels:
            raise unknown_year(year, labels)
        members = members_store.members(session, owner)
        invoices = invoices_store.invoices(session, owner, year, stage) if way != "incl" else ()
        rates = invoices_store.rates(session, owner, year.months()) if way == "usd" else {}
    known = {month: each.rate for month, each in rates.items()}
    return Choices(labels[year], categories, members, invoices, known)


def show_item(viewer: Viewer, item_id: str, way: str = "") -> ItemPage:
    """Read one item, with what the form of a way offers; the item's own way unless given.

    Raises: NotFoundError, for an item of another consortium as well.
    """
    owner = viewer.consortium_id
    with reading() as session:
        item = store.item(session, owner, item_id)
        way = way or item.amount_by
        invoices = (
            invoices_store.invoices(session, owner, item.year, item.stage) if way != "incl" else ()
        )
        rates = invoices_store.rates(session, owner, item.year.months()) if way == "usd" else {}
        choices = Choices(
            fiscal_year_label(item.year, settings_store.settings_of(session, owner).year_labels),
            store.categories(session, owner),
            members_store.members(session, owner),
            invoices,
            {month: each.rate for month, each in rates.items()},
        )
        return ItemPage(item, choices, store.holding_runs(session, owner, item_id))
