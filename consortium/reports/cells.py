"""One cell as text of the file (セルの文字列): the six types, and nothing else.

openpyxl writes a formula or a value, never both, and takes "=…" from a user for a formula; so this
is ours. Nothing here knows openpyxl.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from consortium.reports.sheet import INT_LIMIT, Blank, Date, Formula, Int, Ratio, address

_TEXT_LIMIT = 32_767
_FORMULA_LIMIT = 8_192
#: Texts up to here are kept: names and methods stand in every file a thousand times.
_SHORT = 64
#: Control characters except tab and line feed, and what XML cannot hold.
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
#: Excel reads _x0041_ inside a string as the letter A.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
#: White space that a reader of XML may otherwise drop.
_SPACED = re.compile(r"\A\s|\s\Z|[\n\t]|  ")
#: What Excel would read as a formula, a number, a date or an error when somebody edits the cell.
_RETYPED = re.compile(r"[=+\-@#'\t\r0-9.(¥$]|(?:true|false)$", re.IGNORECASE)
#: Days are counted from here; Excel counts a 29 February 1900 that never was.
_DAY_ZERO, FIRST_DAY = date(1899, 12, 30).toordinal(), date(1900, 3, 1)


class CellRefusedError(TypeError):
    """A cell holds what no workbook of ours may hold (セルに書けない値)."""

    def __init__(self, sheet: str, place: tuple[int, int], found: str) -> None:
        """Name sheet, cell and what was found there."""
        super().__init__(f"シート「{sheet}」の{address(*place)}には書けません: {found}")


class RefusedError(ValueError):
    """What a value has that cannot be written; the rows add where it stands."""


def escaped(text: str) -> str:
    """Write a text for XML."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def clean(text: str) -> str:
    """Bring a text to the form that every reader gives back unchanged. Raises: RefusedError."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _ESCAPE.sub("_x005F_", _BROKEN.sub("\ufffd", text))
    # Excel counts units of UTF-16, of which 𠮷 has two.
    if len(text) > _TEXT_LIMIT // 2 and len(text.encode("utf-16-le")) > 2 * _TEXT_LIMIT:
        raise RefusedError(f"{len(text)}文字は長すぎます")
    return text


def text_body(text: object) -> tuple[str, bool]:
    """Give a text as it follows the style of its cell, and whether Excel would take it for more.

    Raises: RefusedError.
    """
    if type(text) is not str:
        raise RefusedError(f"型 Text（{type(text).__name__}）")
    return _short(text) if len(text) <= _SHORT else _inline(text)


def _inline(text: str) -> tuple[str, bool]:
    text = clean(text)
    if not text:
        return "/>", False
    space = ' xml:space="preserve"' if _SPACED.search(text) else ""
    body = f' t="inlineStr"><is><t{space}>{escaped(text)}</t></is></c>'
    return body, _RETYPED.match(text) is not None


_short = lru_cache(maxsize=8192)(_inline)


def int_body(value: object) -> str:
    """Give a whole number as it follows the style of its cell. Raises: RefusedError."""
    if type(value) is not int:
        raise RefusedError(f"型 Int（{type(value).__name__}）")
    if not -INT_LIMIT < value < INT_LIMIT:
        raise RefusedError(f"{value} は15桁を超えます")
    return f"><v>{value}</v></c>"


def date_body(value: object) -> str:
    """Give a day as it follows the style of its cell. Raises: RefusedError."""
    if type(value) is not date:
        raise RefusedError(f"型 Date（{type(value).__name__}）")
    if value < FIRST_DAY:
        raise RefusedError(f"{value} は1900年3月1日より前です")
    return f"><v>{value.toordinal() - _DAY_ZERO}</v></c>"


def _ratio_body(cell: Ratio) -> str:
    """Divide for display: the only float that is ever written."""
    above, below = cell.numerator, cell.denominator
    if not (type(above) is int and type(below) is int and below > 0):
        raise RefusedError(f"型 Ratio（{above!r} / {below!r}）")
    try:
        return f"><v>{above / below!r}</v></c>"
    except OverflowError as error:
        raise RefusedError("割合が大きすぎます") from error


def _formula_body(cell: Formula) -> str:
    text, cached = cell.text, cell.cached
    if type(text) is not str or not text or text[0] in "= " or len(text) > _FORMULA_LIMIT:
        raise RefusedError(f"計算式 {text!r:.40}（先頭の = は書きません）")
    if not text.isprintable() and _UNPRINTED.search(text):
        raise RefusedError(f"計算式 {text!r:.40}（制御文字）")
    formula = f"><f>{escaped(text)}</f"
    if type(cached) is int:
        return formula + int_body(cached)
    if type(cached) is str:
        return f' t="str"{formula}><v>{escaped(clean(cached))}</v></c>'
    if type(cached) is Ratio:
        return formula + _ratio_body(cached)
    raise RefusedError(f"型 Formula（計算済みの値が {type(cached).__name__}）")


#: How each type but Text and Int follows the style of its cell. They raise RefusedError.
BODIES: dict[type, Callable[[Any], str]] = {
    Blank: lambda _cell: "/>",
    Ratio: _ratio_body,
    Formula: _formula_body,
    Date: lambda cell: date_body(cell.value),
}

#: How the plain values of a column of one type, other than Text, follow its style.
PLAIN: dict[type, Callable[[Any], str]] = {Int: int_body, Date: date_body}
