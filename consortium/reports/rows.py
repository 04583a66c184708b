"""The rows of a sheet as text of the file (行の文字列), a chunk at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from consortium.reports.cells import (
    BODIES,
    PLAIN,
    CellRefusedError,
    RefusedError,
    int_body,
    text_body,
)
from consortium.reports.sheet import INT_LIMIT, NO_EDGES, Edges, Int, Lines, Sheet, Text, letters

#: Style, lines, whether it is text that Excel would retype, whether it stays open → number.
Look = tuple[str, Edges, bool, bool]
#: Rows of a chunk: enough to write fast, few enough to need no memory.
_CHUNK = 500


def chunks(sheet: Sheet, looks: Mapping[Look, str]) -> Iterator[str]:
    """Give all rows in order, some hundred at a time.

    Raises: CellRefusedError naming sheet, cell and type for a value that is none of our types.
    """
    kept: list[str] = []
    for row in _rows(sheet, looks):
        kept.append(row)
        if len(kept) == _CHUNK:
            yield "".join(kept)
            kept.clear()
    yield "".join(kept)


def _rows(sheet: Sheet, looks: Mapping[Look, str]) -> Iterator[str]:
    at = 0
    for row, places in groupby(sorted(sheet.cells), key=itemgetter(0)):
        for empty in range(at + 1, row):
            yield _row(sheet, empty, "")
        yield _row(sheet, row, _cells(sheet, places, looks))
        at = row
    if sheet.lines is not None:
        yield from _lines(sheet, sheet.lines, at, looks)


def _row(sheet: Sheet, row: int, cells: str) -> str:
    height = sheet.heights.get(row, sheet.row_height)
    return f'<row r="{row}" ht="{height:g}" customHeight="1">{cells}</row>'


def _cells(sheet: Sheet, places: Iterable[tuple[int, int]], looks: Mapping[Look, str]) -> str:
    cells, unlocked, edges_of = sheet.cells, sheet.unlocked, sheet.edges.get
    written = []
    for place in places:
        cell, style = cells[place]
        kind: type = type(cell)
        is_quoted = False
        try:
            if kind is Int:
                content = int_body(cell.value)  # type: ignore[union-attr]  # it is an Int
            elif kind is Text:
                content, is_quoted = text_body(cell.value)  # type: ignore[union-attr]  # a Text
            else:
                content = BODIES[kind](cell)
        except KeyError:
            raise CellRefusedError(sheet.name, place, f"型 {kind.__name__}") from None
        except RefusedError as error:
            raise CellRefusedError(sheet.name, place, str(error)) from error
        row, column = place
        look = looks[style, edges_of(place, NO_EDGES), is_quoted, place in unlocked]
        written.append(f'<c r="{letters(column)}{row}" s="{look}"{content}')
    return "".join(written)


#: Of a column: how its cells begin, its look and the one for quoted text, how a value is written.
_Column = tuple[str, str, str, Callable[[Any], str] | None]


def _lines(sheet: Sheet, lines: Lines, above: int, looks: Mapping[Look, str]) -> Iterator[str]:
    """Write a table of any length: what is the same in every line is looked up once."""
    columns: list[_Column] = []
    for column, (kind, style) in enumerate(zip(lines.kinds, lines.styles, strict=True), start=1):
        look, quoted = (looks[style, lines.edges, twin, False] for twin in (False, kind is Text))
        begin = f'<c r="{letters(column)}'
        columns.append((begin, f'" s="{look}"', f'" s="{quoted}"', PLAIN.get(kind)))
    row = above
    for row, values in enumerate(lines.values(), start=above + 1):
        written: list[str] = []
        try:
            _fill(written, columns, row, values)
        except RefusedError as error:
            place = (row, len(written) + 1)
            raise CellRefusedError(sheet.name, place, str(error)) from error
        yield _row(sheet, row, "".join(written))
    if row - above != lines.count:
        raise ValueError(f"{sheet.name}: {lines.count} lines were announced, {row - above} came")


def _fill(written: list[str], columns: list[_Column], row: int, values: Sequence[object]) -> None:
    add = written.append
    for (begin, look, quoted, plain), value in zip(columns, values, strict=True):
        # The most frequent case without a call: two million cells are written in two seconds.
        if type(value) is int and plain is int_body and -INT_LIMIT < value < INT_LIMIT:
            add(f"{begin}{row}{look}><v>{value}</v></c>")
        elif value is None:
            add(f"{begin}{row}{look}/>")
        elif plain is not None:
            add(f"{begin}{row}{look}{plain(value)}")
        else:
            content, is_quoted = text_body(value)
            add(f"{begin}{row}{quoted if is_quoted else look}{content}")
