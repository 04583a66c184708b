"""CSV files read strictly (表の読取り): exact headings, no empty line, each value by its type.

A refusal names the file, the line as a text editor counts it, and the column.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.municipality import MunicipalityCode, municipality_code
from consortium.domain.yen import Yen

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})", re.ASCII)
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table with its place (表の行)."""

    place: str
    values: Mapping[str, str]

    def text(self, column: str) -> str:
        """Give a text that must not be empty."""
        value = self.values[column]
        if not value.strip():
            raise self.refuse(column, "空です。", "値を書いてください。")
        return value

    def optional(self, column: str) -> str:
        """Give a text that may be empty."""
        return self.values[column]

    def one_of(self, column: str, allowed: Collection[str]) -> str:
        """Give one of the words allowed."""
        value = self.values[column]
        if value not in allowed:
            words = "、".join(allowed)
            raise self.refuse(column, f"「{value}」です。", f"{words} のいずれかにしてください。")
        return value

    def whole(self, column: str) -> int:
        """Give a whole number, no separators, no leading zero."""
        value = self.values[column]
        if not _WHOLE.fullmatch(value):
            raise self.refuse(
                column, f"「{value}」は整数ではありません。", "整数で書いてください。"
            )
        return int(value)

    def yen(self, column: str) -> Yen:
        """Give whole yen, negative for a refund (円)."""
        return Yen(self.whole(column))

    def decimal(self, column: str) -> str:
        """Give a decimal as the text it is, so that nothing is lost (割合)."""
        value = self.values[column]
        if not _DECIMAL.fullmatch(value):
            raise self.refuse(column, f"「{value}」は数ではありません。", "数で書いてください。")
        return value

    def fraction(self, column: str) -> Fraction:
        """Give a decimal as an exact number (数値)."""
        return Fraction(self.decimal(column))

    def day(self, column: str) -> date:
        """Give a day written 2015-04-01 (日付)."""
        value = self.values[column]
        try:
            if len(value) != len("2015-04-01"):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            found = f"「{value}」は日付ではありません。"
            raise self.refuse(column, found, "2015-04-01 のように書いてください。") from None

    def optional_day(self, column: str) -> date | None:
        """Give a day, or None for an empty cell."""
        return self.day(column) if self.values[column] else None

    def month(self, column: str) -> Month:
        """Give a month written 2015-04 (月)."""
        with self.at(column):
            return Month.parse(self.values[column])

    def code(self, column: str) -> MunicipalityCode:
        """Give a municipality code with its check digit (団体コード)."""
        with self.at(column):
            return municipality_code(self.values[column])

    def optional_code(self, column: str) -> MunicipalityCode | None:
        """Give a municipality code, or None for an empty cell."""
        return self.code(column) if self.values[column] else None

    @contextmanager
    def at(self, column: str) -> Iterator[None]:
        """Give a refusal of the domain the place that caused it."""
        try:
            yield
        except DomainError as error:
            raise BadInputError(
                error.asked, error.found, error.todo, path=f"{self.place} {column}"
            ) from None

    def refuse(self, column: str, found: str, todo: str) -> BadInputError:
        """Make the refusal of one cell."""
        return BadInputError("表を読みました。", found, todo, path=f"{self.place} {column}")


def read_table(content: bytes, name: str, columns: Sequence[str]) -> tuple[Row, ...]:
    """Read a CSV file in UTF-8 whose first line holds exactly these columns (表の読取り).

    Raises: BadInputError naming file, line and column.
    """
    try:
        text = content.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        lines = [(reader.line_num, line) for line in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        found = f"UTF-8のCSVとして読めません（{error}）。"
        raise BadInputError(
            "表を読みました。", found, "保存し直してください。", path=name
        ) from None
    if not lines or lines[0][1] != list(columns):
        found = f"見出しが {','.join(columns)} ではありません。"
        raise BadInputError("表を読みました。", found, "見出しを直してください。", path=f"{name}:1")
    for number, line in lines[1:]:
        if len(line) != len(columns):
            found = f"{len(columns)}列のところ{len(line)}列です。"
            raise BadInputError(
                "表を読みました。", found, "列の数をそろえてください。", path=f"{name}:{number}"
            )
    return tuple(
        Row(f"{name}:{number}", dict(zip(columns, line, strict=True))) for number, line in lines[1:]
    )
