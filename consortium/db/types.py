"""Column types that refuse what the domain refuses (列の型)."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, DateTime, String, Text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

from consortium.domain.municipality import MunicipalityCode
from consortium.domain.yen import Yen

_FRACTION = re.compile(r"-?\d+/[1-9]\d*", re.ASCII)
_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_MOST_DIGITS = 30
_CODE = re.compile(r"\d{6}", re.ASCII)


class YenType(TypeDecorator[Yen]):
    """Whole yen (円): takes exactly `int`, so neither a bool nor 5.0."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Refuse everything whose type is not exactly int."""
        if value is None or type(value) is int:
            return value
        raise TypeError(f"yen must be int, not {type(value).__name__}: {value!r}")


class FractionType(TypeDecorator[Fraction]):
    """An exact ratio, weight or basis value (割合・基礎数値), kept as the text `n/d`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write lowest terms with the denominator always shown, the same on both databases."""
        if value is None:
            return None
        if not isinstance(value, Fraction):
            raise TypeError(f"a ratio must be Fraction, not {type(value).__name__}: {value!r}")
        return f"{value.numerator}/{value.denominator}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Fraction | None:
        """Read only the canonical form, so that a hand-made row is noticed."""
        if value is None:
            return None
        if not isinstance(value, str) or not _FRACTION.fullmatch(value):
            raise ValueError(f"not a stored fraction: {value!r}")
        return Fraction(value)


class DecimalType(TypeDecorator[Fraction]):
    """An exact number as documents write it (小数): tax rate, US$, unit price; a decimal text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write the shortest decimal; a number without one, or a float, is refused."""
        if value is None:
            return None
        if not isinstance(value, Fraction):
            raise TypeError(f"a decimal must be Fraction, not {type(value).__name__}: {value!r}")
        scaled, digits = value, 0
        while scaled.denominator != 1 and digits < _MOST_DIGITS:
            scaled, digits = scaled * 10, digits + 1
        if scaled.denominator != 1:
            raise ValueError(f"no decimal can write {value!r}")
        whole, rest = divmod(abs(scaled.numerator), 10**digits)
        sign = "-" if value < 0 else ""
        return f"{sign}{whole}" + (f".{rest:0{digits}d}" if digits else "")

    def process_result_value(self, value: Any, dialect: Dialect) -> Fraction | None:
        """Read only plain decimals, so that a hand-made row is noticed."""
        if value is None:
            return None
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise ValueError(f"not a stored decimal: {value!r}")
        return Fraction(value)


class CodeType(TypeDecorator[MunicipalityCode]):
    """A municipality code (団体コード): six digits of text, a leading 0 kept."""

    impl = String(6)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Refuse a number or a text of another shape; the check digit is the domain's matter."""
        if value is None:
            return None
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            raise ValueError(f"not a six-digit municipality code: {value!r}")
        return value


class InstantType(TypeDecorator[datetime]):
    """An instant (時刻): aware in, UTC in the database, aware out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody could say which hour it means."""
        if value is None:
            return None
        if not isinstance(value, datetime) or value.utcoffset() is None:
            raise ValueError(f"an instant needs a time zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give UTC: SQLite returns the stored time naive, PostgreSQL in the session's zone."""
        if value is None:
            return None
        if not isinstance(value, datetime):
            raise TypeError(f"not a stored instant: {value!r}")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
