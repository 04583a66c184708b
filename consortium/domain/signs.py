"""Signs that nobody sees on a page or on paper (目に見えない文字)."""

import unicodedata
from typing import Final

#: Controls, formats, halves of a sign, private and unknown signs, ends of lines and paragraphs.
INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_invisible(text: str) -> bool:
    """Say whether a sign in it cannot be seen (制御文字)."""
    return any(unicodedata.category(sign) in INVISIBLE for sign in text)
