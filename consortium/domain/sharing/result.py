"""The one result of a sharing (算定結果): every screen, workbook and file prints it.

Nothing recomputes: amounts, fractions, floors, remainders and ranks are all here, or follow from
what is here. Tuples over members stand in the order of `Result.parties`, i.e. by 団体コード.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from operator import add
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.rule import Rule
from consortium.domain.timeline import Dated
from consortium.domain.yen import Shares, Weights, Yen, cut_all, total

DIRECT = "direct"
ROUNDING = "rounding"
USAGE = "usage_rate"
GRANT = "grant"
JOINING = "joining"
LEAVING = "leaving"
DAMPENING = "dampening"

#: What a line may be besides a component, as printed (按分によらない行).
LINE_LABELS = {
    DIRECT: "個別負担",
    ROUNDING: "端数調整",
    USAGE: "従量",
    GRANT: "補助金",
    JOINING: "加入金",
    LEAVING: "脱退時の残存費用",
    DAMPENING: "激変緩和",
}


class Usage(NamedTuple):
    """What members used of an item at a price (従量): it is charged first, the rest is shared.

    Units: `unit_price` in yen per piece, `quantities` in pieces by 団体コード; a member that is not
    named used nothing. Each member's yen are rounded by `mode`, a key of `yen.MODES`.
    """

    unit_price: Fraction
    quantities: Mapping[str, Fraction]
    mode: str = "floor"


@dataclass(frozen=True, slots=True)
class CostItem:
    """One cost to be shared (費目).

    Units: `amount` in yen incl. tax; `first` and `last` are the first and the last month of
    service, both included, within one fiscal year. `charge_to` is the code of the member that
    bears it alone (個別負担); `key` is the caller's own identifier; `note` says how the amount came
    about; `tax_rate` is that of the tax in it, e.g. 1/10, 0 where none is, None where unknown. In a
    result, `amount` is what is to be paid for the item: after grants that reduce it (`gross` is
    before them), and the total that came out where the rule sets a percentage.
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
    usage: Usage | None = None
    gross: Yen | None = None
    note: str = ""
    tax_rate: Fraction | None = None


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
    #: first and last day, where days are counted (日割)
    days: tuple[date, date] | None = None


class PotComponent(NamedTuple):
    """A component over all windows of a pot (構成割)."""

    key: str
    label: str
    #: part of the item that this component carries
    part: Fraction
    #: the members' exact shares of the component
    weights: Weights

    def exact(self, position: int) -> Fraction:
        """A member's exact part of the item by this component; of a percentage, its yen."""
        return self.part * Fraction(self.weights.numerators[position], self.weights.denominator)


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

    @property
    def ratios(self) -> dict[str, list[Fraction]]:
        """The members' exact ratios of what is rounded at once: 費目, or each component."""
        weights = {part.label: part.weights for part in self.components}
        return {
            label: [Fraction(numerator, each.denominator) for numerator in each.numerators]
            for label, each in ({"費目": self.whole} if self.whole else weights).items()
        }

    def exact(self, position: int) -> Fraction:
        """A member's exact part over all components; of percentages, its yen."""
        return sum((part.exact(position) for part in self.components), Fraction(0))


#: Why an amount is split by itself: the whole item, one of its months (各月確定), the parts of
#: those who joined or left (加入団体先取り), what they leave to the others.
WHOLE, MONTH, EARLY, REST = "whole", "month", "early", "rest"


class Portion(NamedTuple):
    """An amount of an item that was split by one pot (按分した部分); most items have one."""

    #: index into `Result.pots`
    pot: int
    #: yen that were split
    amount: int
    #: records of the roundings: one per component, or a single one at `level: item`; none where
    #: a percentage of the member's own value was rounded
    records: tuple[Shares, ...]
    #: yen per component of the pot and member
    cuts: tuple[tuple[int, ...], ...]
    #: yen that the residual rule moved at `level: item`, per member; empty if it moved nothing
    moved: tuple[int, ...]
    kind: str = WHOLE
    #: the month, of a portion `month`
    month: Month | None = None
    #: months in force per member, of a portion `early`; none for who does not pay by it
    counted: tuple[tuple[Month, ...], ...] = ()


class Charge(NamedTuple):
    """Yen that were not split (按分によらない額): 個別負担, 従量, 補助金, 加入金, 激変緩和."""

    #: a key of LINE_LABELS
    key: str
    #: yen per member
    amounts: tuple[int, ...]
    #: what its sentence says, per member; empty texts for members it does not concern
    facts: tuple[Mapping[str, int | str | Fraction], ...] = ()


class Row(NamedTuple):
    """One printed row of an item (明細の段): a component, or what was not split."""

    key: str
    label: str
    amounts: tuple[int, ...]
    #: yen that the row stands for (対象経費): those of the members and 端数差額; where somebody's
    #: part was fixed first, what the component carries of the item before that
    base: int
    #: per member: does the row concern it at all, even with 0 yen
    concerns: tuple[bool, ...]


class ItemResult(NamedTuple):
    """What became of one item (費目の按分結果)."""

    item: CostItem
    portions: tuple[Portion, ...]
    charges: tuple[Charge, ...] = ()

    @property
    def unallocated(self) -> Yen:
        """端数差額 of the item."""
        split = [portion for portion in self.portions if portion.kind != EARLY]
        return total(record.unallocated for portion in split for record in portion.records)

    @property
    def amounts(self) -> tuple[int, ...]:
        """The item's yen per member (負担額)."""
        if len(self.portions) == 1 and not self.charges and not self.portions[0].moved:
            return _sum(self.portions[0].cuts)  # almost every item, and asked for each of them
        rows = [row for portion in self.portions for row in portion.cuts]
        rows += [portion.moved for portion in self.portions if portion.moved]
        rows += [charge.amounts for charge in self.charges]
        return _sum(rows)

    @property
    def shared(self) -> Yen:
        """What was shared: grants to members are taken from their shares, after the sharing."""
        return Yen(self.item.amount - sum(sum(c.amounts) for c in self.charges if c.key == GRANT))

    def granted(self, position: int) -> Yen:
        """What grants to a member take from its share (団体への補助)."""
        return Yen(-sum(c.amounts[position] for c in self.charges if c.key == GRANT))


class Line(NamedTuple):
    """One printed line: a member's part of one component of one item (明細行)."""

    item: CostItem
    component: str
    #: 按分方法 as printed, e.g. 人口割（80/100）, 個別負担, 端数調整
    method: str
    code: str
    amount: Yen


class Finding(NamedTuple):
    """What somebody should look at before issuing (指摘); `blocks` forbids 発行 till it is gone."""

    text: str
    blocks: bool = False

    @property
    def notice(self) -> str:
        """The text, with what a blocking finding forbids (画面の指摘)."""
        barred = "この指摘があるうちは、承認も発行もできません。" if self.blocks else ""
        return self.text + barred


class Beside(NamedTuple):
    """Money that is known but not part of any amount (参考: 交付税措置), yen per member."""

    name: str
    amounts: tuple[int, ...]


@dataclass(frozen=True)
class Result:
    """Who pays how much, and everything needed to say why (算定結果).

    `items` are the cost items, then the lines of the agreement as a whole (団体への補助, 加入金,
    激変緩和), so that all rows together are everything.
    """

    fiscal_year: FiscalYear
    parties: tuple[Party, ...]
    series: tuple[Series, ...]
    pots: tuple[Pot, ...]
    items: tuple[ItemResult, ...]
    findings: tuple[Finding, ...] = ()
    beside: tuple[Beside, ...] = ()

    @cached_property
    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """Yen per item and member (費目×団体), in the order of `items` and `parties`."""
        return tuple([item.amounts for item in self.items])

    @cached_property
    def amounts(self) -> tuple[Yen, ...]:
        """Each member's amount over all items (負担金), in the order of `parties`."""
        if not self.items:
            return (Yen(0),) * len(self.parties)
        return tuple(total(column) for column in zip(*self.matrix, strict=True))

    @property
    def unallocated(self) -> Yen:
        """端数差額 over all items."""
        return total(item.unallocated for item in self.items)

    @property
    def leaves_rest(self) -> bool:
        """Say whether an item has 端数差額, even where those of all items come to nothing."""
        return any(entry.unallocated for entry in self.items)

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

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The members' names by 団体コード (団体名)."""
        return {party.code: party.name for party in self.parties}

    def amount(self, code: str) -> Yen:
        """Give one member's amount (負担金)."""
        return self.amounts[self.position(code)]

    def rows(self, entry: ItemResult) -> tuple[Row, ...]:
        """Give the printed rows of an item: its components, 端数調整, then what was not split."""
        parts: dict[str, list[Row]] = {}
        for portion in entry.portions:
            pot = self.pots[portion.pot]
            early = portion.kind == EARLY
            for index, part in enumerate(pot.components):
                amounts = portion.cuts[index]
                rest = 0
                if pot.whole is None and portion.records and not early:
                    rest = portion.records[index].unallocated
                inside = tuple([not early and n > 0 for n in part.weights.numerators])
                row = Row(part.key, part.label, amounts, sum(amounts) + rest, inside)
                parts.setdefault(part.key, []).append(row)
        rows = [_joined(each) for each in parts.values()]
        if entry.portions and entry.portions[0].kind == EARLY:
            rows = _of_the_item(rows, self.pots[entry.portions[0].pot])
        nobody = (False,) * len(self.parties)
        moved = [portion.moved for portion in entry.portions if portion.moved]
        if moved:
            shifted = _sum(moved)
            rows.append(Row(ROUNDING, LINE_LABELS[ROUNDING], shifted, sum(shifted), nobody))
        for charge in entry.charges:
            concerns = tuple(
                [charge.key == DIRECT and p.code == entry.item.charge_to for p in self.parties]
            )
            label, base = LINE_LABELS[charge.key], sum(charge.amounts)
            rows.append(Row(charge.key, label, charge.amounts, base, concerns))
        return tuple(rows)

    def concerned(self, entry: ItemResult) -> tuple[bool, ...]:
        """Say of each member whether the item concerns it at all, even with 0 yen."""
        there = [bool(amount) for amount in entry.amounts]
        for pot in [portion.pot for portion in entry.portions if portion.kind != EARLY]:
            there = [a or b for a, b in zip(there, self._in_pots[pot], strict=True)]
        for charge in entry.charges:
            if charge.key == DIRECT:
                there = [party.code == entry.item.charge_to for party in self.parties]
        return tuple(there)

    @cached_property
    def _in_pots(self) -> tuple[list[bool], ...]:
        return tuple(
            [
                any(column)
                for column in zip(*(p.weights.numerators for p in pot.components), strict=True)
            ]
            for pot in self.pots
        )

    def lines_of(self, entry: ItemResult) -> Iterator[Line]:
        """Give the lines of one item: by row, then by member; members not in it left out."""
        for row in self.rows(entry):
            for party, amount, concerned in zip(
                self.parties, row.amounts, row.concerns, strict=True
            ):
                if concerned or amount:
                    yield Line(entry.item, row.key, row.label, party.code, Yen(amount))

    def lines(self) -> Iterator[Line]:
        """Give every line of every item (明細)."""
        for entry in self.items:
            yield from self.lines_of(entry)


def _joined(rows: list[Row]) -> Row:
    """Add up the rows of one component over the portions of an item."""
    if len(rows) == 1:
        return rows[0]
    inside = tuple([any(column) for column in zip(*(row.concerns for row in rows), strict=True)])
    amounts = _sum([row.amounts for row in rows])
    return rows[0]._replace(amounts=amounts, base=sum(r.base for r in rows), concerns=inside)


def _of_the_item(rows: list[Row], pot: Pot) -> list[Row]:
    """Let rows stand for the item's components: what all bear of one is another sum (先取り)."""
    bases = cut_all((sum(row.base for row in rows),), pot.cut)[0]
    return [row._replace(base=base) for row, base in zip(rows, bases, strict=True)]


def _sum(rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    if len(rows) == 2:
        return tuple(map(add, *rows))  # most items have two components
    return rows[0] if len(rows) == 1 else tuple(map(sum, zip(*rows, strict=True)))
