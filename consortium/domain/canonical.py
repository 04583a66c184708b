"""One text for one content (正規形): what is hashed is always written the same way.

Sorted keys, no floats, fractions as `n/d`, NFC, no spaces. The same value gives the same text on
any day, machine, locale and hash seed.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any


def _plain(value: object) -> Any:
    """Turn a value into what JSON can hold; a float or an unknown type is a programming error."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        plain = {_plain(str(key)): _plain(item) for key, item in value.items()}
        if len(plain) < len(value):
            raise TypeError("two keys have the same canonical form")
        return plain
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(value: object) -> str:
    """Write a value in its canonical form (正規形のJSON).

    >>> canonical({"b": Fraction(1, 2), "a": 1})
    '{"a":1,"b":"1/2"}'

    Raises: TypeError for floats, types without a canonical form, keys that become the same.
    """
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_hex(content: str | bytes) -> str:
    """Give the SHA-256 of a text (as UTF-8) or of bytes, in hexadecimal (ハッシュ)."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()
