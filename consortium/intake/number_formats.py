"""Which cell styles show a number as a day or a time (日付の書式)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

#: Formats without a text in the file that are days or times; 27-36 and 50-58 are the Japanese ones.
_BUILT_IN: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
#: No code is longer (255 characters in Excel); what is cut off cannot cost time.
_LONGEST_CODE: Final = 255
#: Words in quotes, signs shown as they are, colours, conditions: none is a part of a day.
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_EXPONENT: Final = re.compile(r"e[+-]|general|標準", re.IGNORECASE)
_PART_OF_A_DAY: Final = re.compile(r"[dmhysge]", re.IGNORECASE)


def date_styles(codes: Mapping[int, str], formats: Sequence[int]) -> frozenset[int]:
    """Give the numbers of the cell styles that show days or times.

    `codes` are the formats that the file spells out, by number; `formats` the one of each style.
    """
    return frozenset(
        style for style, number in enumerate(formats) if _is_date(number, codes.get(number))
    )


def _is_date(number: int, code: str | None) -> bool:
    if code is None:
        return number in _BUILT_IN
    first = _LITERAL.sub("", code[:_LONGEST_CODE]).partition(";")[0]
    return _PART_OF_A_DAY.search(_EXPONENT.sub("", first)) is not None
