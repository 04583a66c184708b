"""Grants and other funding measures, by fiscal year and stage (補助金・財源措置)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from uuid import uuid4

from consortium.db.store import costs as costs_store
from consortium.db.store import funding as store
from consortium.db.store import members as members_store
from consortium.db.store import settings as settings_store
from consortium.db.store.costs import CostItem
from consortium.db.store.funding import Measure
from consortium.db.store.members import Member
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.domain.funding import (
    INFO_ONLY,
    PER_MEMBER,
    PRE_SPLIT,
    TREATMENTS,
    Grant,
    above_cost,
)
from consortium.domain.yen import Yen, total
from consortium.usecases.closings import refuse_closed
from consortium.usecases.costs import STAGES
from consortium.usecases.viewer import Viewer

__all__ = ["INFO_ONLY", "PER_MEMBER", "PRE_SPLIT", "STAGES", "TREATMENTS", "Entry", "Measure"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer enters for a measure (財源措置の入力); `rate` is a part of 1."""

    name: str
    treatment: str
    amount: Yen | None = None
    rate: Fraction | None = None
    item_id: str | None = None
    member_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The measures of one treatment (扱いごとの財源措置)."""

    treatment: str
    measures: tuple[Measure, ...]

    @property
    def label(self) -> str:
        """Name the treatment (扱い)."""
        return TREATMENTS[self.treatment].label

    @property
    def help(self) -> str:
        """Say what it does (扱いの説明)."""
        return TREATMENTS[self.treatment].help

    @property
    def subtotal(self) -> Yen:
        """Add up the amounts; rates have none (小計)."""
        return total(each.amount or 0 for each in self.measures)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The measures of a year and stage, with what they belong to (財源措置の一覧)."""

    year: FiscalYear
    stage: str
    label: str
    measures: tuple[Measure, ...]
    items: Mapping[str, CostItem]
    members: Mapping[str, Member]
    #: items of each stage of the year
    counts: Mapping[str, int]

    @property
    def groups(self) -> tuple[Group, ...]:
        """Give the treatments that occur, in the order of the registry."""
        grouped = (
            Group(key, tuple(each for each in self.measures if each.treatment == key))
            for key in TREATMENTS
        )
        return tuple(group for group in grouped if group.measures)

    @property
    def is_sample(self) -> bool:
        """Say whether anything here is 見本."""
        return any(each.is_sample for each in self.measures)

    def taken_off(self, item_id: str) -> Yen:
        """Add up what is subtracted from an item before it is shared (控除額)."""
        return total(each.amount or 0 for each in self._before_sharing(item_id))

    @property
    def cost(self) -> Yen:
        """Add the items up (対象経費)."""
        return total(item.amount_incl_tax for item in self.items.values())

    @property
    def cost_to_share(self) -> Yen:
        """Give what is left of the cost after 控除 (按分する額)."""
        return Yen(self.cost - sum(self.taken_off(item_id) for item_id in self.items))

    @property
    def findings(self) -> tuple[str, ...]:
        """Say which items have more grants than cost; they block 発行 (指摘)."""
        found = (
            above_cost(
                f"費目「{item.name}」の額",
                [as_grant(each) for each in self._before_sharing(item.id)],
                item.amount_incl_tax,
            )
            for item in self.items.values()
        )
        return tuple(text for text in found if text)

    def _before_sharing(self, item_id: str) -> list[Measure]:
        return [
            each
            for each in self.measures
            if each.treatment == PRE_SPLIT and each.item_id == item_id
        ]


def as_grant(measure: Measure) -> Grant:
    """Give a measure as the domain knows it, with row ids as its targets."""
    return Grant(
        measure.name,
        measure.amount,
        measure.treatment,
        measure.item_id,
        measure.member_id,
        measure.rate,
        measure.note,
    )


# ---- reading -------------------------------------------------------------------------------------


def show_funding(viewer: Viewer, year: FiscalYear, stage: str, today: date) -> Sheet:
    """Read the measures of a year and stage (財源措置の一覧).

    Raises: NotFoundError for a year that is neither near nor has costs.
    """
    owner = viewer.consortium_id
    with reading() as session:
        settings = settings_store.settings_of(session, owner)
        counts = costs_store.stage_counts(session, owner)
        _refuse_far(year, counts, today)
        return Sheet(
            year,
            stage,
            fiscal_year_label(year, settings.year_labels),
            store.measures(session, owner, year, stage),
            {each.id: each for each in costs_store.items(session, owner, year, stage)},
            {each.id: each for each in members_store.members(session, owner)},
            {key: counts.get((year.start_year, key), 0) for key in STAGES},
        )


def _refuse_far(year: FiscalYear, counts: Mapping[tuple[int, str], int], today: date) -> None:
    present = FiscalYear.containing(today).start_year
    known = {start for start, _ in counts} | {present, present + 1}
    if not min(known) <= year.start_year <= max(known):
        raise NotFoundError(
            "補助金・財源措置を開こうとしました。",
            f"{year.start_year}年度の費用は扱っていません。",
            "「費用」の年度から選んでください。",
        )


def show_measure(viewer: Viewer, measure_id: str, today: date) -> tuple[Measure, Sheet]:
    """Read one measure with the sheet it stands in.

    Raises: NotFoundError, for one of another consortium as well.
    """
    with reading() as session:
        found = store.measure(session, viewer.consortium_id, measure_id)
    return found, show_funding(viewer, found.year, found.stage, today)


# ---- changing ------------------------------------------------------------------------------------


def add_measure(  # noqa: PLR0913 -- what to add where, by whom, when, and sent by which form
    viewer: Viewer, year: FiscalYear, stage: str, entry: Entry, now: datetime, measure_id: str = ""
) -> Measure:
    """Add a measure (財源措置の追加).

    A form sent again with its `measure_id` (二度押し・再読込み) gives what was saved first.
    Raises: BadInputError at the field, for an id that another measure has as well.
    """
    new = Measure(
        measure_id or str(uuid4()), year, stage, entry.name, entry.treatment, entry.amount,
        entry.rate, entry.item_id, entry.member_id, entry.note, viewer.is_sample,
    )  # fmt: skip
    with writing(viewer.actor(), now) as unit:
        refuse_closed(unit, viewer.consortium_id, year, reason=viewer.reason)
        _check(unit, viewer.consortium_id, new)
        saved = store.find_measure(unit.session, viewer.consortium_id, new.id)
        if saved is not None:
            if saved != replace(new, row_version=saved.row_version):
                raise _refuse(
                    "record_id",
                    f"この入力画面からは、「{saved.name}」はもう追加されています。",
                    "もう一つ追加するときは、内容を確かめて、もう一度送ってください。",
                )
            return saved
        store.add_measure(unit, viewer.consortium_id, new)
    return new


def change_measure(
    viewer: Viewer, measure_id: str, seen_version: int, entry: Entry, now: datetime
) -> Measure:
    """Change a measure as it was seen (財源措置の変更).

    Raises: StaleError if somebody saved meanwhile, BadInputError at the field, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        # Nobody deletes the item meanwhile that the measure is moved to.
        unit.take_turn(viewer.consortium_id)
        old = store.measure(unit.session, viewer.consortium_id, measure_id)
        refuse_closed(unit, viewer.consortium_id, old.year, reason=viewer.reason)
        new = replace(
            old,
            name=entry.name,
            treatment=entry.treatment,
            amount=entry.amount,
            rate=entry.rate,
            item_id=entry.item_id,
            member_id=entry.member_id,
            note=entry.note,
        )
        _check(unit, viewer.consortium_id, new)
        seen = replace(old, row_version=seen_version)
        store.save_measure(unit, viewer.consortium_id, seen, new)
    return new


def remove_measure(viewer: Viewer, measure_id: str, seen_version: int, now: datetime) -> Measure:
    """Delete a measure (財源措置の削除); runs keep what they were computed with.

    Raises: StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.measure(unit.session, viewer.consortium_id, measure_id)
        refuse_closed(unit, viewer.consortium_id, old.year, reason=viewer.reason)
        store.remove_measure(unit, viewer.consortium_id, replace(old, row_version=seen_version))
    return old


def _check(unit: Unit, consortium_id: str, new: Measure) -> None:
    """Refuse what does not fit: the domain's rules, and targets of another year."""
    as_grant(new)
    if new.item_id is not None:
        items = costs_store.items(unit.session, consortium_id, new.year, new.stage)
        if new.item_id not in {each.id for each in items}:
            raise _refuse(
                "item", "この年度・段階の費目ではありません。", "一覧から選び直してください。"
            )
    if new.member_id is not None:
        towns = members_store.members(unit.session, consortium_id)
        if new.member_id not in {each.id for each in towns}:
            raise _refuse("member", "構成団体ではありません。", "一覧から選び直してください。")


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("財源措置を保存しようとしました。", found, todo, path=path)
