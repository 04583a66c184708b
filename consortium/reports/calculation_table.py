"""The table of 算定内訳 while it is written: lines, headings, names of cells (算定内訳の表)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from consortium.domain.sharing.result import Result
from consortium.reports.formulas import added, verdict
from consortium.reports.sheet import (
    BLANK,
    DASH,
    Cell,
    Column,
    Formula,
    Int,
    Sheet,
    Text,
    address,
)

SHEET = "算定内訳"
COLUMNS = (
    Column("step", "経費区分・計算過程", 44),
    Column("member", "", 14),
    Column("total", "計", 16),
    Column("check", "検算", 10),
)
#: What the check column says of lines that hold no formulas, because none would be exact.
VALUES_ONLY = Text("値のみ")

STEP_YEN, STEP_COUNT = ("step", "yen"), ("step", "count")
SHARE, BLOCK, ITEM, TOTAL = (
    ("share", "share_yen"),
    ("block", "block_yen"),
    ("marked", "marked_yen"),
    ("total", "total_yen"),
)
#: Style of the check by the style of the label.
_CHECKS = {"block": "block_center", "marked": "marked_center", "total": "total"}


class Due(NamedTuple):
    """An amount that is shared (按分する額): the cell it stands in, and its yen."""

    place: str
    amount: int


@dataclass(slots=True)
class Table:
    """The table being written: members in code order, only those shown.

    In a file that hides the other members (`is_hidden`) no formula may point to what is left out:
    sums over members and what compares members are values there.
    """

    sheet: Sheet
    result: Result
    positions: tuple[int, ...]
    row: int
    is_hidden: bool = False
    #: row of 算定基礎 by the key of its series
    inputs: dict[str, int] = field(default_factory=dict)

    # ---- names of cells -------------------------------------------------------------------------

    def at(self, row: int, position: int) -> str:
        """Name a member's cell."""
        return address(row, 2 + self.positions.index(position))

    def pinned(self, row: int, position: int) -> str:
        """Name a member's cell so that it keeps its row when somebody copies the formula."""
        return f"{address(1, 2 + self.positions.index(position))[:-1]}${row}"

    def whole(self, row: int) -> str:
        """Name the cell in 計."""
        return f"${address(row, 2 + len(self.positions))}"

    def across(self, row: int) -> str:
        """Name the members' cells of a row."""
        return f"$B{row}:${address(row, 1 + len(self.positions))}"

    def up_to(self, row: int, position: int) -> str:
        """Name the members' cells of a row from the first one to this member's."""
        return f"$B{row}:{self.at(row, position)}"

    def after(self, row: int, position: int) -> str | None:
        """Name the members' cells of a row behind this member's; None for the last one."""
        column = 3 + self.positions.index(position)
        end = 1 + len(self.positions)
        return f"{address(row, column)}:${address(row, end)}" if column <= end else None

    # ---- cells ----------------------------------------------------------------------------------

    def over_all(self, text: str, cached: int) -> Cell:
        """Make a cell that depends on all members: a value where they are hidden."""
        return Int(cached) if self.is_hidden else Formula(text, cached)

    def values(self, amounts: Iterable[int]) -> dict[int, Cell]:
        """Give the shown members' yen as values; `amounts` stand in the order of the parties."""
        row = tuple(amounts)
        return {position: Int(row[position]) for position in self.positions}

    def added(self, rows: Iterable[int], amounts: Iterable[int]) -> dict[int, Cell]:
        """Add rows up for each member shown; a value where that formula would be too long."""
        kept, places = tuple(amounts), tuple(rows)
        cells: dict[int, Cell] = {}
        for position in self.positions:
            text = added([self.at(row, position) for row in places])
            cells[position] = Formula(text, kept[position]) if text else Int(kept[position])
        return cells

    # ---- lines ----------------------------------------------------------------------------------

    def line(
        self,
        label: str,
        cells: Mapping[int, Cell],
        total: Cell | int,
        styles: tuple[str, str] = STEP_YEN,
        check: Cell = BLANK,
    ) -> int:
        """Write one row and give its number; members that are not in `cells` have a dash.

        `total` as yen stands for the sum of the row. A dash is a zero that is not shown, because a
        text would stop the formulas that go over the row.
        """
        row, (label_style, style) = self.row, styles
        if isinstance(total, int):
            total = self.over_all(f"SUM({self.across(row)})", total)
        self.sheet.put(row, 1, Text(label), label_style)
        row_cells = [(cells.get(position), style) for position in self.positions]
        for column, (cell, look) in enumerate([*row_cells, (total, style)], start=2):
            if cell is None:
                self.sheet.put(row, column, Int(0), "absent")
            else:
                self.sheet.put(row, column, cell, "center" if cell is DASH else look)
        self.sheet.put(row, 3 + len(self.positions), check, _CHECKS.get(label_style, "good"))
        self.row += 1
        return row

    def heading(
        self, label: str, amount: Cell, styles: tuple[str, str] = BLOCK, check: Cell = BLANK
    ) -> int:
        """Write what is shared, and in 計 how many yen of it; give the row."""
        members = len(self.positions)
        row = self.line(label, dict.fromkeys(self.positions, BLANK), amount, styles, check)
        self.sheet.merge((row, 1, row, 1 + members), Text(label), styles[0])
        self.sheet.fit_height(row, label, COLUMNS[0].width + COLUMNS[1].width * members)
        return row

    def label(self, row: int) -> str:
        """Give what a line is called."""
        cell = self.sheet.cells[row, 1][0]
        return cell.value if isinstance(cell, Text) else ""

    def mark_values(self, row: int) -> None:
        """Say in the check column of a heading that its block holds values (値のみ)."""
        place = row, 3 + len(self.positions)
        self.sheet.cells[place] = (VALUES_ONLY, self.sheet.cells[place][1])
        # Nothing would follow another amount.
        self.sheet.unlocked.discard((row, 2 + len(self.positions)))

    def unlock(self, row: int, positions: Iterable[int] = (), *, total: bool = False) -> None:
        """Leave cells open for trials; not where the figures of the others are hidden."""
        if self.is_hidden:
            return
        self.sheet.unlocked |= {(row, 2 + self.positions.index(position)) for position in positions}
        if total:
            self.sheet.unlocked.add((row, 2 + len(self.positions)))

    def balance(self, row: int, total: int, due: Due, *sizes: str) -> Formula:
        """Check that a row, of which `total` is the stored sum, comes to its amount."""
        kept = "一致" if total == due.amount else "不一致"
        return Formula(verdict(f"{self.whole(row)}={due.place}", *sizes), kept)
