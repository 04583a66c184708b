"""Styles of one workbook, each registered once (書式の登録).

Style objects are what makes openpyxl slow; a cell only gets the number of a finished style.
"""

from collections.abc import Callable, Hashable
from functools import cache
from typing import TYPE_CHECKING, Any

from consortium.reports.rows import Look
from consortium.reports.sheet import Edges
from consortium.reports.styles import CODE, GOTHIC, STYLES

if TYPE_CHECKING:
    from openpyxl import Workbook

_LINE_COLOUR = "808080"


class Looks(dict[Look, str]):
    """Gives the number of a look; the first time it registers the style."""

    def __init__(self, workbook: "Workbook") -> None:
        """Start with no style but the normal one."""
        super().__init__()
        self._workbook: Any = workbook
        self._kept: dict[Hashable, int] = {}

    def __missing__(self, look: Look) -> str:
        """Register a look."""
        from openpyxl.styles.cell_style import StyleArray

        name, edges, is_quoted, is_open = look
        style, book = STYLES[name], self._workbook
        array: Any = StyleArray()
        array.fontId = self._number(book._fonts, _font, style.font, style.size, style.bold)
        if style.fill:
            array.fillId = self._number(book._fills, _fill, style.fill)
        if any(edges):
            array.borderId = self._number(book._borders, _border, edges)
        array.alignmentId = self._number(
            book._alignments, _alignment, style.horizontal, style.vertical, style.wrap, style.indent
        )
        if is_open:
            array.protectionId = self._number(book._protections, _unlocked)
        array.numFmtId = self._format(style.number_format)
        # The format of codes keeps text as text by itself.
        array.quotePrefix = is_quoted and style.number_format != CODE
        self[look] = number = str(book._cell_styles.add(array))
        return number

    def _number(self, table: Any, make: Callable[..., Any], *properties: Any) -> int:
        """Give the number of a part of a style; openpyxl compares parts field by field."""
        key = (make, *properties)
        if key not in self._kept:
            self._kept[key] = table.add(make(*properties))
        return self._kept[key]

    def _format(self, text: str) -> int:
        from openpyxl.styles.numbers import BUILTIN_FORMATS_MAX_SIZE, BUILTIN_FORMATS_REVERSE

        if text in BUILTIN_FORMATS_REVERSE:
            return BUILTIN_FORMATS_REVERSE[text]
        return int(self._workbook._number_formats.add(text)) + BUILTIN_FORMATS_MAX_SIZE


@cache
def _font(name: str, size: float, is_bold: bool) -> Any:
    from openpyxl.styles import Font

    return Font(name=name, sz=size, b=is_bold, family=3, charset=128)


@cache
def _fill(colour: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour)


@cache
def _border(edges: Edges) -> Any:
    from openpyxl.styles import Border, Side

    left, right, top, bottom = (Side(edge or None, color=_LINE_COLOUR) for edge in edges)
    return Border(left=left, right=right, top=top, bottom=bottom)


@cache
def _alignment(horizontal: str, vertical: str, wrap: bool, indent: int) -> Any:
    from openpyxl.styles import Alignment

    return Alignment(
        horizontal=horizontal, vertical=vertical, wrap_text=wrap or None, indent=indent
    )


@cache
def _unlocked() -> Any:
    from openpyxl.styles import Protection

    return Protection(locked=False)


def set_normal_font(workbook: "Workbook") -> None:
    """Column widths are counted in characters of the normal font (標準フォント)."""
    from openpyxl.styles import Font
    from openpyxl.utils.indexed_list import IndexedList

    font = Font(name=GOTHIC, sz=11, family=3, charset=128)
    inner: Any = workbook
    inner._fonts = IndexedList([font])
    inner._named_styles["Normal"].font = font
