"""Cells and sheets before they become a file (セルとシート).

A cell is one of six types; there is no way to hand over a float, a bare string or a formula without
the value it comes to. What a sheet looks like is named by styles; `book.py` alone turns both into a
workbook.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from typing import Literal

from consortium.reports.styles import STYLES


@dataclass(frozen=True, slots=True)
class Blank:
    """A cell that has only its look (空欄)."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any text, from users or not (文字); it never becomes a formula."""

    value: str


@dataclass(frozen=True, slots=True)
class Int:
    """Whole yen, counts, years (整数); below 10^15 in size, the last that Excel keeps exact."""

    value: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio for display only (割合); no money is ever made from it."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Date:
    """A day (日付), written as a real date."""

    value: date


@dataclass(frozen=True, slots=True)
class Formula:
    """A computed cell (計算式): its text without the first "=", and the value it comes to.

    `cached` is taken from the stored result, never worked out by the report. The text is built from
    addresses and functions that every program calculates alike; nothing a user typed is in it.
    """

    text: str
    cached: "int | str | Ratio"


Cell = Blank | Text | Int | Ratio | Date | Formula

BLANK = Blank()
DASH = Text("–")

#: What a cell of `Sheet.checks` may show that somebody must look at.
ALARMS = ("不一致", "桁数超過")

#: Excel keeps 15 digits; a larger integer would silently lose its last ones.
INT_LIMIT = 10**15

#: Left, right, top and bottom line of a cell: "" none, or a border style.
Line = Literal["", "thin", "hair", "double"]
Edges = tuple[Line, Line, Line, Line]
NO_EDGES: Edges = ("", "", "", "")

UPRIGHT, LANDSCAPE = "portrait", "landscape"
A4, A3 = 9, 8

#: Characters of the normal font that a column holds beyond its text: both margins and the lines.
_SLACK = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a form (列): key, heading as printed, least width, style of its cells."""

    key: str
    heading: str
    width: int
    style: str = "text"


#: First row, first column, last row, last column; all counted from 1 and included.
Area = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart without legend (横棒グラフ): categories and values are areas of its own sheet."""

    title: str
    categories: Area
    values: Area
    #: row and column of its upper left corner
    place: tuple[int, int]
    #: width and height in centimetres
    size: tuple[float, float] = (24, 8)


@dataclass(frozen=True, slots=True)
class Lines:
    """Many equal lines below the cells of a sheet (長い表): a type and a style for each column.

    `values` gives the lines as plain values, None where a cell is empty, and is called whenever the
    sheet is written, so that a table of any length needs no memory; `count` is how many they are.
    """

    kinds: tuple[type[Text] | type[Int] | type[Date], ...]
    styles: tuple[str, ...]
    count: int
    values: Callable[[], Iterable[Sequence[str | int | date | None]]]
    edges: Edges = NO_EDGES


@dataclass(slots=True)
class Sheet:
    """One sheet: cells by (row, column) with the name of their style, and its page set-up."""

    name: str
    orientation: str = LANDSCAPE
    paper: int = A4
    one_page: bool = False
    cells: dict[tuple[int, int], tuple[Cell, str]] = field(default_factory=dict)
    edges: dict[tuple[int, int], Edges] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    least_widths: Sequence[float] = ()
    header_row: int = 0
    frozen_columns: int = 0
    table_name: str = ""
    #: guards against accidents, without a password; the cells of `unlocked` stay open
    is_protected: bool = False
    unlocked: set[tuple[int, int]] = field(default_factory=set)
    #: only for a workbook that comes back (工程表): what is issued hides nothing
    is_hidden: bool = False
    hidden_columns: set[int] = field(default_factory=set)
    #: cells that take one of these words only (入力規則)
    choices: dict[tuple[str, ...], list[Area]] = field(default_factory=dict)
    #: turn red where they show one of ALARMS
    checks: list[Area] = field(default_factory=list)
    chart: Chart | None = None
    lines: Lines | None = None
    #: rows that begin a new page
    breaks: list[int] = field(default_factory=list)
    row_height: float = 20
    header_left: str = ""
    footer_left: str = ""
    footer_right: str = ""

    def put(self, row: int, column: int, cell: Cell, style: str) -> None:
        """Place one cell."""
        self.cells[row, column] = (cell, style)

    def row(self, row: int, cells: Iterable[Cell], styles: Iterable[str], first: int = 1) -> None:
        """Place cells side by side, from column `first` on."""
        for offset, (cell, style) in enumerate(zip(cells, styles, strict=True)):
            self.put(row, first + offset, cell, style)

    def merge(self, place: tuple[int, int, int, int], cell: Cell, style: str) -> None:
        """Merge (first row, first column, last row, last column); every cell gets the style."""
        top, left, bottom, right = place
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                self.put(row, column, BLANK, style)
        self.put(top, left, cell, style)
        if (top, left) != (bottom, right):
            self.merges.append(place)

    def frame(
        self, place: tuple[int, int, int, int], *, header: int = 0, double: Iterable[int] = ()
    ) -> None:
        """Draw a thin box with hairlines inside; `double` names rows with a double line above."""
        top, left, bottom, right = place
        above = set(double)
        for row in range(top, bottom + 1):
            upper: Line = "thin" if row in (top, header + 1) else "hair"
            lower: Line = "thin" if row in (bottom, header) else "hair"
            upper = "double" if row in above else upper
            lower = "double" if row + 1 in above else lower
            for column in range(left, right + 1):
                self.cells.setdefault((row, column), (BLANK, "plain"))
                before: Line = "thin" if column == left else "hair"
                after: Line = "thin" if column == right else "hair"
                self.edges[row, column] = (before, after, upper, lower)

    @property
    def last(self) -> tuple[int, int]:
        """Last row and column in use."""
        rows, columns = max(self.cells)[0], max(map(itemgetter(1), self.cells))
        if self.lines is not None:
            rows, columns = rows + self.lines.count, max(columns, len(self.lines.kinds))
        return rows, columns

    def widths(self) -> list[float]:
        """Measure each column over its cells; a declared width is the least."""
        widths = list(self.least_widths)
        widths += [_SLACK] * (self.last[1] - len(widths))
        inside = {
            (row, column)
            for top, left, bottom, right in self.merges
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        # The slack has room for one step of indent; a further one is two characters wide.
        slack = {
            name: _SLACK + 2 * max(0, style.indent - 1)
            for name, style in STYLES.items()
            if style.measured
        }
        # Of the numbers of a column only the outermost need to be written out.
        numbers: dict[tuple[int, int], tuple[int, int]] = {}
        for place, (cell, style) in self.cells.items():
            room = slack.get(style)
            if room is None or place in inside:
                continue
            column, held = place[1] - 1, _held(cell)
            if type(held) is int:
                low, high = numbers.get((column, room), (held, held))
                numbers[column, room] = min(low, held), max(high, held)
            else:
                widths[column] = max(widths[column], _width_of(held) + room)
        for (column, room), outermost in numbers.items():
            widths[column] = max(widths[column], max(map(_width_of, outermost)) + room)
        return widths

    def fit_height(self, row: int, text: str, width: float) -> None:
        """Make a wrapped row as high as its text needs in `width` characters."""
        lines = lines_needed(text, width)
        self.heights[row] = max(self.row_height, lines * 16 + 4)


def _held(cell: Cell) -> object:
    """Give what a cell shows."""
    shown = cell.cached if isinstance(cell, Formula) else cell
    return shown.value if isinstance(shown, Text | Int) else shown


def _width_of(held: object) -> int:
    """Count the half-width characters of what a cell shows, about (表示幅)."""
    if isinstance(held, int):  # with the space of the format, and △ for the minus sign
        return len(f"{held:,}") + (2 if held < 0 else 1)
    if isinstance(held, str):
        return length(held)
    return 16 if isinstance(held, Date) else 10 if isinstance(held, Ratio) else 0


@lru_cache(maxsize=4096)  # the same names and methods stand in every file
def length(text: str) -> int:
    """Count half-width characters; a full-width one counts two.

    >>> length("負担額 10")
    9
    """
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def lines_needed(text: str, width: float) -> int:
    """Count the lines a text needs in a box `width` half-width characters wide."""
    inner = max(width - 2, 2)
    return sum(max(1, -int(-length(line) // inner)) for line in text.split("\n"))


@cache
def letters(column: int) -> str:
    """Name a column.

    >>> letters(28)
    'AB'
    """
    before, rest = divmod(column - 1, 26)
    return (letters(before) if before else "") + chr(ord("A") + rest)


def address(row: int, column: int) -> str:
    """Name a cell.

    >>> address(7, 28)
    'AB7'
    """
    return f"{letters(column)}{row}"


def area_address(area: Area) -> str:
    """Name an area.

    >>> area_address((1, 1, 2, 3))
    'A1:C2'
    """
    top, left, bottom, right = area
    return f"{address(top, left)}:{address(bottom, right)}"


def elsewhere(sheet: str, row: int, column: int) -> str:
    """Name a cell of another sheet in a formula.

    >>> elsewhere("算定内訳", 12, 3)
    "'算定内訳'!C12"
    """
    return f"'{sheet}'!{address(row, column)}"
