"""What every block of 算定内訳 ends in: 順位, 端数, 負担額, 端数差額 (按分のブロック).

The rows follow `yen.split_all` step by step; who takes the odd yen follows the figures in the file.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from consortium.domain.yen import RESIDUALS, Rounding, Shares
from consortium.reports.calculation_table import SHARE, STEP_COUNT, Due, Table
from consortium.reports.formulas import floordiv, rank, verdict
from consortium.reports.sheet import DASH, Cell, Formula

_LARGEST_REMAINDER, UNALLOCATED = "largest_remainder", "unallocated"


class Block(NamedTuple):
    """An amount, how it was split, and the name of the line in which it ends (按分のブロック)."""

    due: Due
    record: Shares
    rounding: Rounding
    #: position of the lead city
    lead: int | None
    label: str = "負担額"
    styles: tuple[str, str] = SHARE

    @property
    def size(self) -> int:
        """The amount without its sign."""
        return abs(self.due.amount)

    @property
    def left(self) -> int:
        """Yen that rounding left over, without sign (不足額)."""
        return self.size - sum(self.record.rounded)


class Written(NamedTuple):
    """Rows of a block (ブロックの行)."""

    share: int
    #: the 指標 of each part; none where the block holds values
    weights: tuple[int, ...] = ()
    #: the odd yen that one member takes, and 端数差額
    moved: int | None = None
    rest: int | None = None


class Cut(NamedTuple):
    """What stands before the odd yen are placed (切捨てまで)."""

    #: row of the rounded amounts, row whose 計 is 不足額
    rounded: int
    left: int
    #: rows by which remainders compare, the weightiest first; and exact shares
    order: tuple[int, ...]
    by_size: tuple[int, ...]
    #: text of what must stay below 10^15
    sizes: tuple[str, ...]


def rounded_label(block: Block) -> str:
    """Name the line of rounded amounts (切捨額)."""
    unit, mode = block.rounding.unit, block.rounding.mode
    name = {"floor": "切捨額", "half_up": "四捨五入額", "ceil": "切上額"}[mode]
    remarks = [f"{unit:,}円単位"] if unit > 1 else []
    remarks += ["絶対値"] if block.due.amount < 0 else []
    return name + (f"（{'、'.join(remarks)}）" if remarks else "")


def rest_label(mode: str, *remarks: str) -> str:
    """Name the line of remainders (剰余)."""
    negative = [] if mode == "floor" else ["切上げは負"]
    return f"剰余（{'、'.join([*negative, *remarks, '計は不足額'])}）"


def finish(table: Table, block: Block, found: Cut, here: Sequence[int]) -> Written:
    """Write 順位, what one member takes as a whole, 負担額 and 端数差額."""
    record, unit = block.record, block.rounding.unit
    ranks = _ranks(table, block, found, here)
    moved = _moved(table, block, found, here)
    shares: dict[int, Cell] = {}
    for at in here:
        text = table.at(found.rounded, at)
        if ranks is not None:
            times = f"*{unit}" if unit > 1 else ""
            served = f"{table.at(ranks, at)}{times}<={table.whole(found.left)}"
            text = f"({text}+IF({served},{unit},0))"
        text = f"SIGN({block.due.place})*{text}"
        if moved is not None:
            text += f"+{table.at(moved, at)}"
        shares[at] = Formula(text, record.shares[at])
    total = sum(record.shares)
    if block.rounding.residual != UNALLOCATED:
        check = table.balance(table.row, total, block.due, *found.sizes)
        return Written(table.line(block.label, shares, total, block.styles, check), moved=moved)
    # What nobody takes is what is missing: the check is that it is less than a unit a member.
    rest = table.row + 1
    test = f"ABS({table.whole(rest)})<{unit * len(block.record.shares)}"
    kept = abs(record.unallocated) < unit * len(record.shares)
    check = Formula(verdict(test, *found.sizes), "一致" if kept else "不一致")
    share = table.line(block.label, shares, total, block.styles, check)
    left = table.over_all(f"{block.due.place}-{table.whole(share)}", record.unallocated)
    table.line("端数差額（割り当てない額）", dict.fromkeys(table.positions, DASH), left)
    return Written(share, moved=moved, rest=rest)


def _ranks(table: Table, block: Block, found: Cut, here: Sequence[int]) -> int | None:
    """Write the order in which odd units are served, under 最大剰余 only (順位)."""
    order = block.record.order
    if not order:
        return None
    if not block.due.amount and len(found.by_size) > 1:
        order = tuple(sorted(order))  # of nothing all parts are alike: no weight is in the lines
    shown = order if table.is_hidden else [at for at in order if at in table.positions]
    places = {at: place for place, at in enumerate(shown, start=1)}
    cells: dict[int, Cell] = dict.fromkeys(table.positions, DASH)
    for at in here:
        cells[at] = table.over_all(_place(table, found.order, at), places[at])
    return table.line("順位", cells, DASH, STEP_COUNT)


def _place(table: Table, rows: Sequence[int], at: int) -> str:
    return rank([(table.across(row), table.up_to(row, at), table.at(row, at)) for row in rows])


def _moved(table: Table, block: Block, found: Cut, here: Sequence[int]) -> int | None:
    """Write the odd yen that one member takes as a whole; who it is follows the figures."""
    rounding, record, place = block.rounding, block.record, block.due.place
    left = f"{place}-SIGN({place})*{table.whole(found.rounded)}"
    label = RESIDUALS[rounding.residual].label
    if rounding.residual == _LARGEST_REMAINDER:
        if rounding.unit == 1:
            return None
        short, unit = table.whole(found.left), rounding.unit
        left = f"SIGN({place})*({short}-{floordiv(short, str(unit))}*{unit})"
        label = f"{rounding.unit:,}円未満、幹事市負担"
    elif rounding.residual == UNALLOCATED:
        return None
    takes = _TAKES.get(rounding.residual, _lead)  # 最大剰余 leaves it to the lead
    cells: dict[int, Cell] = {}
    for at in here:
        kept = record.moved if at == record.receiver else 0
        cells[at] = table.over_all(takes(table, block, found, at).format(left), kept)
    return table.line(f"端数（{label}）", cells, record.moved)


#: Give the formula of a member's cell, with {} for the odd yen.
_Takes = Callable[[Table, Block, Cut, int], str]


def _lead(table: Table, block: Block, found: Cut, at: int) -> str:
    """The lead city takes them; where it takes no part, the largest share."""
    lead = block.lead
    largest = _largest(table, block, found, at)
    if lead is None or lead not in table.positions:
        return largest
    if at == lead:
        return f"IF({_size(table, found, at)}>0,{{}},0)"
    return f"IF({_size(table, found, lead)}>0,0,{largest})"


def _largest(table: Table, _block: Block, found: Cut, at: int) -> str:
    """The largest exact share takes them, the first by code among equals."""
    return f"IF({_place(table, found.by_size, at)}=1,{{}},0)"


def _last(table: Table, _block: Block, found: Cut, at: int) -> str:
    """The last by code with a share at all takes them."""
    behind = [cells for row in found.by_size if (cells := table.after(row, at)) is not None]
    takes = f"IF(SUM({','.join(behind)})>0,0,{{}})" if behind else "{}"
    return f"IF({_size(table, found, at)}>0,{takes},0)"


def _size(table: Table, found: Cut, at: int) -> str:
    return "+".join(table.at(row, at) for row in found.by_size)


_TAKES: dict[str, _Takes] = {"lead": _lead, "largest_share": _largest, "last": _last}

#: Residual rules that the formulas follow; a block of any other is values.
RESIDUALS_IN_FORMULAS = {_LARGEST_REMAINDER, UNALLOCATED, *_TAKES}
