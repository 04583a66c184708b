"""The cells of a sheet as plain data, tag by tag (セルの読取り); see raw_book.py."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, TypedDict

from consortium.intake.prescan import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, MOST_TEXT

#: Characters of all cells together: every cell may name the same long text.
MOST_CHARACTERS: Final = 4_000_000

#: Row and column from 1, kind, value, whether a formula stands behind it. Kinds: t text; n number,
#: an int or 15 digits as text; d day and m moment in ISO text; b truth; e an error, or what is no
#: number; z a formula without a stored value.
PlainCell = tuple[int, int, str, str | int | None, bool]
Attributes = dict[str, str]


class PlainSheet(TypedDict):
    """A sheet as plain data (シート)."""

    name: str
    is_hidden: bool
    #: the footers of its pages, one a line
    footer: str
    cells: list[PlainCell]


class BrokenBookError(ValueError):
    """The parts do not fit together, or hold more than is read (読めないブック)."""


_WHOLE: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_NUMBER: Final = re.compile(
    r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})(e[+-]?[0-9]{1,4})?",
    re.ASCII | re.IGNORECASE,
)
_PLACE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LAST_SERIAL: Final = 2_958_465  # 9999-12-31
_DAY: Final = 24 * 60 * 60
_SHOWN: Final = 40


class Part:
    """Takes the tags of a part that it knows, and its text; a prefix does not count."""

    starts: Mapping[str, Callable[[Attributes], None]] = {}
    ends: Mapping[str, Callable[[], None]] = {}

    def text(self, data: str) -> None:
        """Take a piece of text; most parts have none."""


class Words(Part):
    """Gathers the text inside an element, however it is cut up."""

    def __init__(self) -> None:
        self.parts: list[str] | None = None

    def begin(self, _attributes: Attributes) -> None:
        """Gather from here."""
        self.parts = []

    def text(self, data: str) -> None:
        """Take a piece, if it was asked for."""
        if self.parts is not None:
            self.parts.append(data)

    def taken(self) -> str:
        """Give what was gathered, and gather no more."""
        parts, self.parts = self.parts or [], None
        return "".join(parts)


class Texts(Words):
    """Text that may be cut into runs of their own format, without its reading aids (ふりがな)."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[str] = []
        self._aids = 0

    def begin_text(self, attributes: Attributes) -> None:
        """Gather a run, unless it is a reading aid."""
        if not self._aids:
            self.begin(attributes)

    def end_text(self) -> None:
        """Keep a run."""
        if self.parts is not None:
            self._runs.append(self.taken())

    def begin_aid(self, _attributes: Attributes) -> None:
        """Leave out what follows."""
        self._aids += 1

    def end_aid(self) -> None:
        """Leave out no more."""
        self._aids -= 1

    def joined(self) -> str:
        """Give the runs as one text."""
        runs, self._runs = self._runs, []
        return decoded("".join(runs))


def decoded(text: str) -> str:
    """Undo the escapes of a workbook: _x000D_ is a line end, _x005F_ what would look like one."""
    if len(text) > MOST_TEXT:
        raise BrokenBookError(f"a text of {len(text)} characters")
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        if _SURROGATE.search(text):
            # Two halves make one sign; a half alone can be written nowhere.
            pairs = text.encode("utf-16-le", "surrogatepass")
            text = pairs.decode("utf-16-le", "replace")
    return text


class Cells(Texts):
    """Takes the tags of a sheet."""

    def __init__(self, strings: Sequence[str], dates: frozenset[int], *, is_1904: bool) -> None:
        super().__init__()
        self._strings, self._dates, self._is_1904 = strings, dates, is_1904
        self._row = self._column = 0
        self._attributes: Attributes | None = None
        self._value: str | None = None
        self._has_formula = False
        self._footers: list[str] = []
        self._characters = 0
        self.cells: list[PlainCell] = []
        footers = ("oddFooter", "evenFooter", "firstFooter")
        self.starts = {
            "row": self._begin_row, "c": self._begin_cell, "v": self._begin_value,
            "f": self._begin_formula, "t": self.begin_text, "rPh": self.begin_aid,
        } | dict.fromkeys(footers, self.begin)  # fmt: skip
        self.ends = {
            "c": self._end_cell, "v": self._end_value, "t": self.end_text, "rPh": self.end_aid,
        } | dict.fromkeys(footers, self._end_footer)  # fmt: skip

    def sheet(self, name: str, *, is_hidden: bool) -> PlainSheet:
        """Give what was read."""
        footer = "\n".join(self._footers)
        return {"name": name, "is_hidden": is_hidden, "footer": footer, "cells": self.cells}

    def _begin_row(self, attributes: Attributes) -> None:
        number = int(attributes.get("r", self._row + 1))
        if not self._row < number <= MOST_ROWS:
            raise BrokenBookError(f"row {number} after {self._row}")
        self._row, self._column = number, 0

    def _begin_cell(self, attributes: Attributes) -> None:
        column = self._column + 1
        if place := attributes.get("r"):
            column = self._column_of(place)
        if not (self._column < column <= MOST_COLUMNS and self._row and self._attributes is None):
            raise BrokenBookError(f"column {column} after {self._column} in row {self._row}")
        self._column, self._attributes = column, attributes
        self._value, self._has_formula = None, False

    def _column_of(self, place: str) -> int:
        found = _PLACE.fullmatch(place)
        if found is None or int(found[2]) != self._row:
            raise BrokenBookError(f"cell {place[:_SHOWN]} in row {self._row}")
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - ord("A") + 1
        return column

    def _begin_value(self, attributes: Attributes) -> None:
        if self._attributes is not None:
            self.begin(attributes)

    def _end_value(self) -> None:
        if self.parts is not None:
            self._value = self.taken()

    def _begin_formula(self, _attributes: Attributes) -> None:
        self._has_formula = True

    def _end_footer(self) -> None:
        self._footers.append(self.taken())
        self._count(self._footers[-1])

    def _end_cell(self) -> None:
        attributes, self._attributes = self._attributes or {}, None
        text, kind = self.joined(), attributes.get("t", "n")
        found = self._read(kind, text, attributes)
        if found is None:
            if not self._has_formula:
                return
            found = ("z", None)
        self.cells.append((self._row, self._column, *found, self._has_formula))
        self._count(found[1])

    def _count(self, value: str | int | None) -> None:
        self._characters += len(value) if isinstance(value, str) else 0
        if len(self.cells) > MOST_CELLS or self._characters > MOST_CHARACTERS:
            raise BrokenBookError("more than is read")

    def _read(
        self, kind: str, text: str, attributes: Attributes
    ) -> tuple[str, str | int | None] | None:
        """Give kind and value of a cell, None for an empty one."""
        if kind == "inlineStr":
            return ("t", text) if text else None
        value = self._value
        if value is None or (not value and kind != "str"):
            return None
        if kind == "n":
            if int(attributes.get("s") or 0) in self._dates:
                return _day(value, is_1904=self._is_1904)
            return _number(value)
        if kind in ("s", "str"):
            found = self._strings[_index(value)] if kind == "s" else decoded(value)
            return ("t", found) if found or self._has_formula else None
        return _rare(kind, value)


def _index(value: str) -> int:
    number = int(value)
    if number < 0:
        raise BrokenBookError(f"text {number}")
    return number


def _rare(kind: str, value: str) -> tuple[str, str | int]:
    """Read a truth, an ISO date or an error."""
    if kind == "b" and value in ("0", "1"):
        return "b", int(value)
    if kind == "d":
        try:
            return _moment(datetime.fromisoformat(value).replace(tzinfo=None))
        except ValueError:
            return "e", value[:_SHOWN]
    return "e", value[:_SHOWN]


def _number(value: str) -> tuple[str, str | int]:
    """Read a number to the 15 digits that Excel knows; what is none is kept as it stands."""
    if _WHOLE.fullmatch(value):
        return "n", int(value)
    if not _NUMBER.fullmatch(value):
        return "e", value[:_SHOWN]
    number = float(value)
    if number in (float("inf"), float("-inf")):
        return "e", value[:_SHOWN]
    return "n", int(number) if number.is_integer() and abs(number) < 10**15 else f"{number:.15g}"


def _day(value: str, *, is_1904: bool) -> tuple[str, str | int]:
    """Read the number of a day, with its time."""
    kind, number = _number(value)
    serial = float(number) if kind == "n" else -1.0
    # Excel knows a 29 February 1900, day 60: the days before it are numbered one too low.
    if not 0 <= serial <= _LAST_SERIAL or (not is_1904 and 60 <= serial < 61):
        return "e", value[:_SHOWN]
    first = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30 if serial > 60 else 31)  # noqa: DTZ001 -- a cell has no time zone
    try:
        return _moment(first + timedelta(seconds=round(serial * _DAY)))
    except OverflowError:
        return "e", value[:_SHOWN]


def _moment(found: datetime) -> tuple[str, str]:
    if found.time() == datetime.min.time():
        return "d", date(found.year, found.month, found.day).isoformat()
    return "m", found.isoformat(" ", "seconds")
