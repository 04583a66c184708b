"""Exchange rates by month and the items that hang on them (為替レート)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction

from consortium.db.store import costs as costs_store
from consortium.db.store import entering
from consortium.db.store import invoices as store
from consortium.db.store import settings as settings_store
from consortium.db.store.costs import CostItem
from consortium.db.store.invoices import AmountInputs, StoredRate
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.invoicing import Rate
from consortium.usecases.amounts import CHECKED, Plan, plan_items
from consortium.usecases.closings import refuse_closed
from consortium.usecases.costs import unknown_year, year_labels
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class RateEntry:
    """What an officer enters for a month (為替レートの入力)."""

    rate: Fraction
    source: str
    quoted_on: date | None = None
    #: why a rate that is there changes
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RateYear:
    """The rates of a fiscal year (年度の為替レート)."""

    year: FiscalYear
    labels: Mapping[FiscalYear, str]
    #: None where there is none
    months: tuple[tuple[Month, StoredRate | None], ...]
    usd_mode: str

    @property
    def label(self) -> str:
        """Write the year (年度)."""
        return self.labels[self.year]


@dataclass(frozen=True, slots=True)
class RatePlan:
    """What saving a rate would make of the items (為替レートの影響)."""

    plan: Plan
    #: items from which statements were issued: they keep their yen
    kept: tuple[CostItem, ...]

    @property
    def digest(self) -> str:
        """Give the mark of what is shown (照合値)."""
        return self.plan.digest


@dataclass(frozen=True, slots=True)
class RatePage:
    """One month with its rate (為替レートの画面)."""

    label: str
    year: FiscalYear
    month: Month
    stored: StoredRate | None


def show_rates(viewer: Viewer, year: FiscalYear, today: date) -> RateYear:
    """Read the rates of a year's months.

    Raises: NotFoundError naming the years that can be chosen.
    """
    owner = viewer.consortium_id
    with reading() as session:
        settings = settings_store.settings_of(session, owner)
        categories = costs_store.categories(session, owner)
        counts = costs_store.stage_counts(session, owner)
        labels = year_labels(categories, counts, settings.year_labels, today)
        if year not in labels:
            raise unknown_year(year, labels)
        found = store.rates(session, owner, year.months())
    months = tuple((month, found.get(month)) for month in year.months())
    return RateYear(year, labels, months, settings.usd_mode)


def show_rate(viewer: Viewer, month: Month) -> RatePage:
    """Read the rate of a month."""
    owner = viewer.consortium_id
    year = FiscalYear.containing(month.first)
    with reading() as session:
        stored = store.rates(session, owner, [month]).get(month)
        overrides = settings_store.settings_of(session, owner).year_labels
    return RatePage(fiscal_year_label(year, overrides), year, month, stored)


def plan_rate(viewer: Viewer, month: Month, entry: RateEntry) -> RatePlan:
    """Say which items a rate changes, and which keep theirs (変わる費目).

    Raises: BadInputError at the field.
    """
    owner = viewer.consortium_id
    with reading() as session:
        stored = store.rates(session, owner, [month]).get(month)
        new = _checked(entry, stored)
        items = costs_store.dollar_items(session, owner, month)
        issued = entering.issued_items(session, owner, [item.id for item in items])
        inputs = store.amount_inputs(session, owner, _open(items, issued))
    return _planned(month, new, items, issued, inputs)


def save_rate(  # noqa: PLR0913 -- the rate of which month, by whom and when, as it was seen
    viewer: Viewer,
    month: Month,
    seen_version: int,
    entry: RateEntry,
    now: datetime,
    seen: str,
) -> RatePlan:
    """Save the rate of a month and the yen of the open items (為替レートの保存).

    `seen_version` is 0 for a month that had none; `seen` is the digest of the plan shown.
    Raises: StaleError if somebody saved meanwhile, BadInputError at the field or for another plan.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now, reason=entry.reason) as unit:
        refuse_closed(unit, owner, FiscalYear.containing(month.first), reason=viewer.reason)
        stored = store.rates(unit.session, owner, [month]).get(month)
        if (stored.row_version if stored else 0) != seen_version:
            raise StaleError(
                "為替レートを保存しようとしました。",
                "ほかの人が先に変更しました。",
                "今の為替レートを確かめて、もう一度保存してください。",
            )
        new = _checked(entry, stored)
        items = costs_store.dollar_items(unit.session, owner, month)
        issued = entering.issued_items(unit.session, owner, [item.id for item in items])
        inputs = store.amount_inputs(unit.session, owner, _open(items, issued))
        planned = _planned(month, new, items, issued, inputs)
        if seen != planned.digest:
            raise _refuse(
                CHECKED,
                "確かめたときと、計算の結果が変わりました。",
                "新しい金額を確かめて、もう一度保存してください。",
            )
        store.save_rate(unit, owner, stored, month, new)
        for old, changed in planned.plan.changes:
            if old is not None:
                costs_store.save_item(unit, owner, old, changed)
    return planned


def _open(items: tuple[CostItem, ...], issued: frozenset[str]) -> list[CostItem]:
    return [item for item in items if item.id not in issued]


def _planned(
    month: Month,
    new: Rate,
    items: tuple[CostItem, ...],
    issued: frozenset[str],
    inputs: AmountInputs,
) -> RatePlan:
    known = inputs._replace(rates={**inputs.rates, month: new})
    wanted = [replace(item, amount_note="") for item in _open(items, issued)]
    plan = plan_items(known, wanted, {item.id: item for item in items})
    return RatePlan(plan, tuple(item for item in items if item.id in issued))


def _checked(entry: RateEntry, stored: StoredRate | None) -> Rate:
    if not entry.source.strip():
        raise _refuse("source", "出典が空です。", "どこで公表された値かを入力してください。")
    new = Rate(entry.rate, entry.source, entry.quoted_on)
    if stored is not None and stored.rate != new and not entry.reason.strip():
        raise _refuse(
            "reason", "登録済みの為替レートを変える理由がありません。", "理由を入力してください。"
        )
    return new


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("為替レートを保存しようとしました。", found, todo, path=path)
