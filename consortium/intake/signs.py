"""Signs as people type them (文字): full width, invisible, too long to be shown."""

import unicodedata
from typing import Final

from consortium.domain.signs import INVISIBLE

_LONGEST_SHOWN: Final = 40


def narrow(text: str) -> str:
    """Bring full-width signs to their usual width; NFKC alone would read 10² as 102."""
    signs = (
        unicodedata.normalize("NFKC", sign)
        if "\uff01" <= sign <= "\uff5e" or sign in "￥　"
        else sign
        for sign in text
    )
    return "".join(signs).strip()


def bare(text: str) -> str:
    """Bring words to what people compare: without widths and spaces (見出しや名前の比べ方)."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def shown(text: str) -> str:
    """Quote what stood there, cut where nobody would read on (表示)."""
    seen = "".join(sign for sign in text.strip() if unicodedata.category(sign) not in INVISIBLE)
    return seen if len(seen) <= _LONGEST_SHOWN else f"{seen[:_LONGEST_SHOWN]}…"
