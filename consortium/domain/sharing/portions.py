"""Whole yen: amounts split by their pots, rounded once (端数処理). Step 5 of `share()`."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.calendar.period import Month
from consortium.domain.sharing.result import EARLY, MONTH, REST, WHOLE, Portion, Pot
from consortium.domain.yen import (
    WHOLE_YEN,
    Shares,
    Weights,
    cut_all,
    round_to,
    split_all,
)


class Division(NamedTuple):
    """How the items of one kind are divided (按分の段取り): a plan with its pots."""

    pots: tuple[Pot, ...]
    #: index of the first pot in the result
    first: int
    #: month and index into `pots`, where each month is an amount of its own (各月確定)
    months: tuple[tuple[Month, int], ...]
    #: months in force per member of who pays first, and the months of the item (加入団体先取り);
    #: their pot is the last one
    counted: tuple[tuple[Month, ...], ...]
    length: int


#: records, cuts, moved of one amount
_Split = tuple[tuple[Shares, ...], tuple[tuple[int, ...], ...], tuple[int, ...]]


def divide(
    amounts: Sequence[int], division: Division, lead: int | None, recorded: bool
) -> list[tuple[Portion, ...]]:
    """Divide amounts that are shared alike, each into its portions (按分した部分)."""
    if division.pots[0].rule.is_percent:
        return [(_percent(division.pots[0], division.first),)] * len(amounts)
    if division.months:
        return _by_month(amounts, division, lead, recorded)
    if division.counted:
        return _joiners_first(amounts, division, lead)
    pot, index = division.pots[0], division.first
    splits = _split(amounts, pot, lead, recorded)
    make = tuple.__new__  # as in yen.split_all: half the time of Portion(…)
    return [
        (make(Portion, (index, amount, *split, WHOLE, None, ())),)
        for amount, split in zip(amounts, splits, strict=True)
    ]


def _by_month(
    amounts: Sequence[int], division: Division, lead: int | None, recorded: bool
) -> list[tuple[Portion, ...]]:
    """Cut each amount into months, early months first, and round each month (各月確定)."""
    equal = Weights.of([1] * len(division.months), ties_as_listed=True)
    columns = []
    for (month, number), part in zip(
        division.months, zip(*cut_all(amounts, equal), strict=True), strict=True
    ):
        splits = _split(part, division.pots[number], lead, recorded)
        columns.append(
            [
                Portion(division.first + number, yen, *split, MONTH, month)
                for yen, split in zip(part, splits, strict=True)
            ]
        )
    return list(zip(*columns, strict=True))


def _joiners_first(
    amounts: Sequence[int], division: Division, lead: int | None
) -> list[tuple[Portion, ...]]:
    """Fix the part of who joined or left, then split the rest (加入団体先取り)."""
    rest_pot, early_pot = division.pots
    early = []
    for records, cuts, moved in _split(amounts, early_pot, lead, True):
        rows = (*cuts, moved) if moved else cuts
        pays = [
            part_of(sum(column), len(months), division.length)
            for column, months in zip(zip(*rows, strict=True), division.counted, strict=True)
        ]
        none = (0,) * len(early_pot.components)
        columns = [
            cut_all((yen,), cells)[0] if cells and yen else none
            for yen, cells in zip(pays, early_pot.cells, strict=True)
        ]
        early.append(
            Portion(
                division.first + 1, sum(pays), records, tuple(zip(*columns, strict=True)), (),
                EARLY, None, division.counted,
            )
        )  # fmt: skip
    left = [amount - portion.amount for amount, portion in zip(amounts, early, strict=True)]
    rest = _split(left, rest_pot, lead, True)
    return [
        (first, Portion(division.first, amount, *split, REST))
        for first, amount, split in zip(early, left, rest, strict=True)
    ]


def part_of(whole: int, months: int, length: int) -> int:
    """Give the part of a year's yen for some of its months, cut to the yen (月数分).

    >>> part_of(1000, 10, 12), part_of(-1000, 10, 12)
    (833, -833)
    """
    size = abs(whole) * months // length
    return size if whole >= 0 else -size


def _split(amounts: Sequence[int], pot: Pot, lead: int | None, recorded: bool) -> list[_Split]:
    """Round amounts at the level the rule of the pot names."""
    rounding = pot.rule.rounding
    if pot.whole is not None:
        records = split_all(amounts, pot.whole, rounding, lead)
        return [_cut(pot, record) for record in records]
    parts = zip(*cut_all(amounts, pot.cut), strict=True)
    if not recorded and rounding == WHOLE_YEN:
        cuts = [cut_all(p, c.weights) for p, c in zip(parts, pot.components, strict=True)]
        return [((), row, ()) for row in zip(*cuts, strict=True)]
    columns = [
        split_all(part, component.weights, rounding, lead)
        for part, component in zip(parts, pot.components, strict=True)
    ]
    return [
        (records, tuple([record.shares for record in records]), ())
        for records in zip(*columns, strict=True)
    ]


def _cut(pot: Pot, record: Shares) -> _Split:
    """Cut each member's rounded share of an item into its components (`level: item`)."""
    shares, moved = _set_apart(record)
    none = (0,) * len(pot.components)
    columns = [
        cut_all((share,), cells)[0] if cells else none
        for share, cells in zip(shares, pot.cells, strict=True)
    ]
    return (record,), tuple(zip(*columns, strict=True)), moved


def _set_apart(record: Shares) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Take what the residual rule moved as a whole out of the shares: it is a line of its own."""
    if record.receiver is None or not record.moved:
        return record.shares, ()
    moved = tuple(
        record.moved if position == record.receiver else 0 for position in range(len(record.shares))
    )
    return tuple(s - m for s, m in zip(record.shares, moved, strict=True)), moved


def _percent(pot: Pot, index: int) -> Portion:
    """Round the percentage of each member's own value; the total is what comes out."""
    rounding = pot.rule.rounding
    members = range(len(pot.components[0].weights.numerators))

    def rounded(exact: Fraction) -> int:
        return round_to(exact, rounding.mode, rounding.unit)

    if rounding.level == "component":
        cuts = [tuple([rounded(part.exact(at)) for at in members]) for part in pot.components]
    else:
        none = (0,) * len(pot.components)
        whole = [rounded(pot.exact(at)) for at in members]
        columns = [
            cut_all((yen,), cells)[0] if cells else none
            for yen, cells in zip(whole, pot.cells, strict=True)
        ]
        cuts = list(zip(*columns, strict=True))
    return Portion(index, sum(map(sum, cuts)), (), tuple(cuts), (), WHOLE)
