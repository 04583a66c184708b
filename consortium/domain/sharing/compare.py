"""Two results beside each other (算定の比較): who pays what more or less, and which inputs changed.

The comparison sets stored results against each other and computes no share again. It lists what
is different in the inputs; how many yen of a difference each cause makes is said in causes.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.changed_inputs import (
    BasisChange,
    PresenceChange,
    RuleChange,
    changed_bases,
    changed_presences,
    changed_rules,
)
from consortium.domain.sharing.facts import Party
from consortium.domain.sharing.result import GRANT, CostItem, ItemResult, Result
from consortium.domain.sharing.sentences import number, yen
from consortium.domain.yen import Yen


class MemberChange(NamedTuple):
    """What a member pays in both results (団体の差); None where it is no member."""

    code: str
    name: str
    old: Yen | None
    new: Yen | None

    @property
    def difference(self) -> Yen:
        """New less old (差)."""
        return Yen((self.new or 0) - (self.old or 0))


class FieldChange(NamedTuple):
    """One thing said about an item that is no longer the same, as written (費目の前提の変更)."""

    name: str
    old: str
    new: str


class ItemChange(NamedTuple):
    """An item of one of the results or of both (費目の差).

    The amounts stand in the order of `Comparison.members`.
    """

    #: as it is now; as it was, where it is gone
    item: CostItem
    #: its number in each result; None where it is not there
    old_no: int | None
    new_no: int | None
    old_amounts: tuple[int, ...]
    new_amounts: tuple[int, ...]
    #: 端数差額, old and new
    unallocated: tuple[int, int]
    fields: tuple[FieldChange, ...] = ()

    @property
    def differences(self) -> tuple[int, ...]:
        """New less old, member by member."""
        pairs = zip(self.old_amounts, self.new_amounts, strict=True)
        return tuple(new - old for old, new in pairs)

    @property
    def difference(self) -> int:
        """New less old of the whole item, 端数差額 included."""
        return sum(self.differences) + self.unallocated[1] - self.unallocated[0]

    @property
    def is_same(self) -> bool:
        """Say whether the item is in both results and costs every member the same."""
        is_both = self.old_no is not None and self.new_no is not None
        return is_both and not self.difference and not any(self.differences)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two results beside each other, by member and by item, and their inputs (算定の比較)."""

    years: tuple[FiscalYear, FiscalYear]
    members: tuple[MemberChange, ...]
    items: tuple[ItemChange, ...]
    #: 端数差額 of all items, old and new
    unallocated: tuple[Yen, Yen]
    totals: tuple[Yen, Yen]
    bases: tuple[BasisChange, ...]
    rules: tuple[RuleChange, ...]
    presences: tuple[PresenceChange, ...]
    #: members that are in one result only
    joined: tuple[Party, ...]
    left: tuple[Party, ...]
    #: the lead city's name, old and new, empty for none
    leads: tuple[str, str]

    @property
    def difference(self) -> Yen:
        """New total less old total (合計の差)."""
        return Yen(self.totals[1] - self.totals[0])

    @property
    def leaves_rest(self) -> bool:
        """Say whether an item has 端数差額, old or new, even where all of them come to nothing."""
        return any(any(each.unallocated) for each in self.items)

    @property
    def has_changed_inputs(self) -> bool:
        """Say whether any input is different (前提の変更の有無)."""
        items = any(None in (each.old_no, each.new_no) or each.fields for each in self.items)
        parties = self.joined or self.left or self.leads[0] != self.leads[1]
        others = self.bases or self.rules or self.presences
        return bool(items or parties or others) or self.years[0] != self.years[1]

    @property
    def is_empty(self) -> bool:
        """Say whether nothing at all is different (差なし)."""
        return (
            not self.has_changed_inputs
            and self.unallocated[0] == self.unallocated[1]
            and all(each.old == each.new for each in self.members)
            and all(each.is_same for each in self.items)
        )


def compare(old: Result, new: Result) -> Comparison:
    """Set two results of the same or of different years beside each other (算定の比較)."""
    names = {party.code: party.name for party in (*old.parties, *new.parties)}
    before, after = {p.code: p for p in old.parties}, {p.code: p for p in new.parties}
    return Comparison(
        (old.fiscal_year, new.fiscal_year),
        member_changes(old, new),
        tuple(_items(old, new, sorted(names))),
        (old.unallocated, new.unallocated),
        (old.total, new.total),
        tuple(changed_bases(old, new, names)),
        tuple(changed_rules(old, new, names)),
        tuple(changed_presences(old, new, names)),
        tuple(party for party in new.parties if party.code not in before),
        tuple(party for party in old.parties if party.code not in after),
        (_lead(old), _lead(new)),
    )


def member_changes(old: Result, new: Result) -> tuple[MemberChange, ...]:
    """Give what each member of either result pays in both, by code (団体の差)."""
    names = {**old.names, **new.names}
    return tuple(
        MemberChange(
            code,
            names[code],
            old.amount(code) if code in old.names else None,
            new.amount(code) if code in new.names else None,
        )
        for code in sorted(names)
    )


def _lead(result: Result) -> str:
    return "・".join(party.name for party in result.parties if party.is_lead)


# ---- items


def _items(old: Result, new: Result, codes: Sequence[str]) -> Iterator[ItemChange]:
    """Give every item: those of the new result in its order, then those that are gone."""
    nothing = (0,) * len(codes)
    partner, gone = matched([e.item for e in old.items], [e.item for e in new.items])
    for position, entry in enumerate(new.items):
        amounts = _by_code(new, entry, codes)
        if position not in partner:
            rest = (0, entry.unallocated)
            yield ItemChange(entry.item, None, entry.item.no, nothing, amounts, rest)
            continue
        before = old.items[partner[position]]
        yield ItemChange(
            entry.item,
            before.item.no,
            entry.item.no,
            _by_code(old, before, codes),
            amounts,
            (before.unallocated, entry.unallocated),
            tuple(_fields(before, old, entry, new)),
        )
    for entry in (old.items[position] for position in gone):
        amounts = _by_code(old, entry, codes)
        yield ItemChange(entry.item, entry.item.no, None, amounts, nothing, (entry.unallocated, 0))


def _by_code(result: Result, entry: ItemResult, codes: Sequence[str]) -> tuple[int, ...]:
    by_code = dict(zip((party.code for party in result.parties), entry.amounts, strict=True))
    return tuple(by_code.get(code, 0) for code in codes)


def _months(item: CostItem) -> tuple[int, int]:
    """Months of service without the year, so that items of two years can be the same one."""
    return item.first.month, item.last.month


#: How the same item is recognised, the surest way first: by its own key, then by what it says.
_SIGNS: tuple[Callable[[CostItem], tuple[object, ...]], ...] = (
    lambda item: (item.key,) if item.key else (),
    lambda item: (item.service, item.category, item.name, item.charge_to, *_months(item)),
    lambda item: (item.service, item.category, item.name, *_months(item)),
    lambda item: (item.service, item.category, item.name, item.charge_to),
)


def matched(old: Sequence[CostItem], new: Sequence[CostItem]) -> tuple[dict[int, int], list[int]]:
    """Give the partner of each new item by position, and who of the old ones has none.

    Several with the same sign are paired in their order.
    """
    partner: dict[int, int] = {}
    rest = list(range(len(old)))
    for sign in _SIGNS:
        waiting: dict[tuple[object, ...], list[int]] = {}
        for position in rest:
            waiting.setdefault(sign(old[position]), []).append(position)
        waiting.pop((), None)
        for position, item in enumerate(new):
            alike = waiting.get(sign(item))
            if alike and position not in partner:
                partner[position] = alike.pop(0)
        rest = sorted({*rest} - {*partner.values()})
    return partner, rest


def _says(entry: ItemResult, result: Result) -> dict[str, str]:
    """Write what an item says, by the name of the field (費目の前提); what is missing is なし."""
    item = entry.item
    first, last = _months(item)
    names = {party.code: party.name for party in result.parties}
    said = {
        "費目の名前": item.name,
        "経費区分": item.category,
        "共同サービス": item.service,
        "額": yen(item.amount),
        "対象期間": f"{first}月〜{last}月" if first != last else f"{first}月",
    }
    if item.gross is not None and item.gross != item.amount:
        said["補助金を引く前の額"] = yen(item.gross)
    if item.note:
        said["額の出し方"] = item.note
    if item.tax_rate is not None:
        said["消費税の率"] = f"{number(item.tax_rate * 100)}％"
    if item.charge_to:
        said["個別負担の団体"] = names.get(item.charge_to, item.charge_to)
    if item.usage:
        said["単価"] = f"{number(item.usage.unit_price)}円"
        for code, quantity in item.usage.quantities.items():
            said[f"{names.get(code, code)}の数量"] = number(quantity)
    return said | dict(_terms_of(entry, result))


#: What the lines of the agreement as a whole were computed from, in yen (協定の定めの数字).
_TERMS = {"previous": "前年度の額", "high": "上限", "low": "下限", "cost": "共同構築費"}


def _terms_of(entry: ItemResult, result: Result) -> Iterator[tuple[str, str]]:
    """Give the yen that grants, 加入金, 残存費用 and 激変緩和 rest on, member by member."""
    for charge in entry.charges:
        for position, facts in enumerate(charge.facts):
            name = result.parties[position].name
            if charge.key == GRANT and charge.amounts[position]:
                yield f"{name}への補助", yen(-charge.amounts[position])
            for key, label in _TERMS.items():
                value = facts.get(key)
                if isinstance(value, int):
                    yield f"{name}の{label}", yen(value)


def _fields(
    before: ItemResult, old: Result, after: ItemResult, new: Result
) -> Iterator[FieldChange]:
    left, right = _says(before, old), _says(after, new)
    for name in dict.fromkeys((*left, *right)):
        texts = left.get(name, "なし"), right.get(name, "なし")
        if texts[0] != texts[1]:
            yield FieldChange(name, *texts)
