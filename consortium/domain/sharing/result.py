"""The one result of a sharing (算定結果): every screen, workbook and file prints it.

Nothing recomputes: amounts, fractions, floors, remainders and ranks are all here, or follow from
what is here. Tuples over members stand in the order of `Result.parties`, i.e. by 団体コード.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.rule import Rule
from consortium.domain.timeline import Dated
from consortium.domain.yen import Shares, Weights, Yen, total

DIRECT = "direct"
ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class CostItem:
    """One cost to be shared (費目).

    Units: `amount` in yen incl. tax; `first` and `last` are the first and the last month of
    service, both included, within one fiscal year. `charge_to` is the code of the member that
    bears it alone (個別負担); `key` is the caller's own identifier.
    """

    no: int
    name: str
    category: str
    amount: Yen
    first: Month
    last: Month
    service: str = ""
    charge_to: str | None = None
    key: str = ""


class Window(NamedTuple):
    """Months of an item in which members and rule stay the same (区間)."""

    first: Month
    last: Month
    #: part of the item that falls on these months, e.g. 2/12
    part: Fraction
    rule: Dated[Rule]
    #: positions of the members in force
    positions: tuple[int, ...]
    #: per component of the rule: one weight for each of `positions`
    weights: tuple[tuple[Fraction, ...], ...]


class PotComponent(NamedTuple):
    """A component over all windows of a pot (構成割)."""

    key: str
    label: str
    #: part of the item that this component carries
    part: Fraction
    #: the members' exact shares of the component
    weights: Weights


class Pot(NamedTuple):
    """What items with the same category, service and months have in common (按分の型)."""

    windows: tuple[Window, ...]
    components: tuple[PotComponent, ...]
    #: how an item is cut into its components
    cut: Weights
    #: the members' exact shares of the item, and how each share is cut; at `level: item` only
    whole: Weights | None
    cells: tuple[Weights | None, ...]

    @property
    def rule(self) -> Rule:
        """The rule whose rounding and proration hold; all windows agree on them."""
        return self.windows[0].rule.require()


class ItemResult(NamedTuple):
    """What became of one item (費目の按分結果)."""

    item: CostItem
    #: index into `Result.pots`; None for a direct charge
    pot: int | None
    #: records of the roundings: one per component, or a single one at `level: item`
    records: tuple[Shares, ...]
    #: yen per component of the pot and member; a direct charge has one row
    cuts: tuple[tuple[int, ...], ...]
    #: yen that the residual rule moved at `level: item`, per member; empty if it moved nothing
    moved: tuple[int, ...]

    @property
    def unallocated(self) -> Yen:
        """端数差額 of the item."""
        return total([record.unallocated for record in self.records])

    @property
    def amounts(self) -> tuple[int, ...]:
        """The item's yen per member (負担額)."""
        rows = (*self.cuts, self.moved) if self.moved else self.cuts
        return rows[0] if len(rows) == 1 else tuple(map(sum, zip(*rows, strict=True)))


class Line(NamedTuple):
    """One printed line: a member's part of one component of one item (明細行)."""

    item: CostItem
    component: str
    #: 按分方法 as printed, e.g. 人口割（80/100）, 個別負担, 端数調整
    method: str
    code: str
    amount: Yen


@dataclass(frozen=True)
class Result:
    """Who pays how much, and everything needed to say why (算定結果)."""

    fiscal_year: FiscalYear
    parties: tuple[Party, ...]
    series: tuple[Series, ...]
    pots: tuple[Pot, ...]
    items: tuple[ItemResult, ...]
    findings: tuple[str, ...] = ()

    @cached_property
    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """Yen per item and member (費目×団体), in the order of `items` and `parties`."""
        return tuple([item.amounts for item in self.items])

    @cached_property
    def amounts(self) -> tuple[Yen, ...]:
        """Each member's amount over all items (負担金), in the order of `parties`."""
        if not self.items:
            return tuple(Yen(0) for _ in self.parties)
        return tuple(total(column) for column in zip(*self.matrix, strict=True))

    @property
    def unallocated(self) -> Yen:
        """端数差額 over all items."""
        return total(item.unallocated for item in self.items)

    @property
    def total(self) -> Yen:
        """What is to be paid: the members' amounts and 端数差額 (合計)."""
        return Yen(sum(self.amounts) + self.unallocated)

    def position(self, code: str) -> int:
        """Give the position of a member; KeyError for a code that is not in the result."""
        return self._positions[code]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {party.code: position for position, party in enumerate(self.parties)}

    def amount(self, code: str) -> Yen:
        """Give one member's amount (負担金)."""
        return self.amounts[self.position(code)]

    def methods(self, item: ItemResult) -> tuple[tuple[str, str], ...]:
        """Give key and printed name of each row of `item.cuts` (按分方法)."""
        if item.pot is None:
            return ((DIRECT, "個別負担"),)
        pot = self.pots[item.pot]
        return tuple((part.key, part.label) for part in pot.components)

    def lines_of(self, item: ItemResult) -> Iterator[Line]:
        """Give the lines of one item: by component, then by member; members not in it left out."""
        rows = list(zip(self.methods(item), item.cuts, strict=True))
        if item.moved:
            rows.append(((ROUNDING, "端数調整"), item.moved))
        for (key, method), amounts in rows:
            takes_part = self._takes_part(item, key)
            for position, amount in enumerate(amounts):
                if takes_part[position] or amount:
                    code = self.parties[position].code
                    yield Line(item.item, key, method, code, Yen(amount))

    def lines(self) -> Iterator[Line]:
        """Give every line of every item (明細)."""
        for item in self.items:
            yield from self.lines_of(item)

    def _takes_part(self, item: ItemResult, key: str) -> list[bool]:
        """Say per member whether the component concerns it at all, even with 0 yen."""
        if item.pot is None:
            return [party.code == item.item.charge_to for party in self.parties]
        for part in self.pots[item.pot].components:
            if part.key == key:
                return [numerator > 0 for numerator in part.weights.numerators]
        return [False] * len(self.parties)
