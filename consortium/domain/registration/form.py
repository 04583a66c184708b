"""Columns and tables of the registration workbook (一括登録の列と表)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from consortium.domain.calendar.period import Month

#: What a column holds → how it is written, for the page 記入のしかた.
KINDS: Final = {
    "text": "文字（100字まで）",
    "long": "文字（2,000字まで、改行してもよい）",
    "code": "団体コード（6桁、先頭の0も）",
    "town": "団体名（参考。空欄でもよい）",
    "year": "年度の始まる年（西暦4桁）",
    "whole": "整数",
    "yen": "円（整数）",
    "number": "数",
    "weight": "数（協定のとおりの書き方で残ります）",
    "day": "日付",
    "month": "月（2025-04）",
    "month_day": "月日（09-30）",
    "word": "決まった言葉",
    "yes": "はい・いいえ",
}

YES, NO = "はい", "いいえ"

#: A value as the form holds it: a word by its key, a month as a month; None for an empty cell.
Value = str | int | bool | Fraction | date | Month | None


class FormColumn(NamedTuple):
    """One column of a sheet (列): key, heading, kind, and what 記入のしかた says of it."""

    key: str
    heading: str
    kind: str
    note: str = ""
    example: str = ""
    needed: bool = True
    #: of the kind word: key → the word in the cell
    words: Mapping[str, str] = {}

    @property
    def is_compared(self) -> bool:
        """Say whether a difference in it is a difference of the record (照合する列)."""
        return self.kind != "town" and self.key != "no"


class FormSheet(NamedTuple):
    """One sheet (シート): a record a row, headings in row 1."""

    key: str
    #: name of the sheet
    name: str
    about: str
    columns: tuple[FormColumn, ...]
    #: keys of the columns that tell one record from another
    identity: tuple[str, ...]

    def column(self, key: str) -> FormColumn:
        """Give a column by its key."""
        return next(each for each in self.columns if each.key == key)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read from a workbook, or about to be written (一行)."""

    #: row of the sheet; 0 for one that was never in a sheet
    number: int
    #: column key → value
    values: Mapping[str, Value]

    def __getitem__(self, key: str) -> Value:
        """Give the value of a column."""
        return self.values[key]

    def text(self, key: str) -> str:
        """Give a text; the empty one for an empty cell."""
        return str(self.values[key] or "")


#: Sheet key → its records in order (一括登録の内容).
Content = Mapping[str, tuple[Record, ...]]
