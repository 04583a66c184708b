"""An uploaded workbook with typed cells (ブックの読取り); read by a process of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from consortium.domain.errors import BadInputError
from consortium.intake.prescan import refused
from consortium.intake.raw_cells import PlainCell, PlainSheet
from consortium.intake.worker import read_apart

#: Letter of the plain data → kind of a cell.
_KINDS: Final = {
    "t": "text",
    "n": "number",
    "d": "day",
    "m": "moment",
    "b": "truth",
    "e": "error",
    "z": "none",
}


class Cell(NamedTuple):
    """A cell that is not empty (セル).

    Kinds: text; number (an int where whole, else a Fraction of the 15 digits that Excel knows);
    day; moment (a day with a time); truth; error (#N/A, or what is no number); none (a formula that
    the file holds no value of).
    """

    kind: str
    value: str | int | Fraction | date
    has_formula: bool = False

    @property
    def words(self) -> str:
        """Give the value as a CSV file would hold it: 177411, 9.5, 2026-05-01 (文字での値)."""
        if isinstance(self.value, date):
            return self.value.isoformat()
        if isinstance(self.value, Fraction):
            return decimal(self.value)
        if self.kind == "truth":
            return "TRUE" if self.value else "FALSE"
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet (シート); row 1 comes first, what is empty at the ends is left out."""

    name: str
    is_hidden: bool
    rows: tuple[tuple[Cell | None, ...], ...]

    def cell(self, row: int, column: int) -> Cell | None:
        """Give a cell by row and column, both from 1; None for an empty one."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else ()
        return cells[column - 1] if 0 < column <= len(cells) else None


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of a workbook in order (ブック); one that is only a chart is left out."""

    sheets: tuple[Sheet, ...]

    def find(self, name: str) -> Sheet | None:
        """Give the sheet of exactly this name, None where there is none."""
        return next((each for each in self.sheets if each.name == name), None)

    def sheet(self, name: str) -> Sheet:
        """Give the sheet of exactly this name. Raises: BadInputError naming those there are."""
        found = self.find(name)
        if found is not None:
            return found
        raise self._without(
            name, "ポータルから受け取った様式のブックを選び、シートの名前を変えないでください。"
        )

    def only_or(self, name: str) -> Sheet:
        """Give the only sheet that can be seen, or among several the one of this name.

        Raises: BadInputError.
        """
        visible = [each for each in self.sheets if not each.is_hidden]
        if len(visible) == 1:
            return visible[0]
        found = self.find(name)
        if found is None:
            raise self._without(
                name, f"表のシートを1枚だけにするか、「{name}」という名前にしてください。"
            )
        return found

    def _without(self, name: str, todo: str) -> BadInputError:
        there = "".join(f"「{each.name}」" for each in self.sheets[:10])
        return refused(f"シート「{name}」がありません（あるのは{there}）。", todo)


def read_workbook(content: bytes) -> Workbook:
    """Read an uploaded workbook (ブックの読取り).

    Raises: BadInputError at `file`, in Japanese, for everything that is no plain .xlsx of a size
    that we read, or takes too much time or memory; nothing else.
    """
    return Workbook(tuple(map(_sheet, read_apart(content))))


def address(row: int, column: int) -> str:
    """Name a cell by row and column, both from 1: G5 (番地)."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def decimal(value: Fraction) -> str:
    """Write a number of which a decimal is known: 9.5, -0.000001 (小数)."""
    places = 0
    while (value * 10**places).denominator != 1 and places < _MOST_PLACES:
        places += 1
    sign = "-" if value < 0 else ""
    digits = str(abs(int(value * 10**places))).zfill(places + 1)
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


#: A number of a workbook never has more; the smallest is about 10^-308, with 15 digits.
_MOST_PLACES: Final = 330


def _sheet(plain: PlainSheet) -> Sheet:
    return Sheet(plain["name"], plain["is_hidden"], _rows(plain["cells"]))


def _rows(cells: Iterable[PlainCell]) -> tuple[tuple[Cell | None, ...], ...]:
    rows: list[list[Cell | None]] = []
    for row, column, kind, value, has_formula in cells:
        while len(rows) < row:
            rows.append([])
        there = rows[-1]
        there.extend([None] * (column - 1 - len(there)))
        there.append(Cell(_KINDS[kind], _value(kind, value), has_formula))
    return tuple(map(tuple, rows))


def _value(kind: str, value: str | int | None) -> str | int | Fraction | date:
    if value is None:
        return ""
    if kind == "n" and isinstance(value, str):
        number = Fraction(value)
        return number.numerator if number.denominator == 1 else number
    return date.fromisoformat(value) if kind == "d" and isinstance(value, str) else value
