"""A value from a file together with the key it stands under (キーと値).

`Node` is how case files are read: each access checks one thing, and a refusal names the key,
e.g. `items[0].from`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeVar

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import parse_date
from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.municipality import MunicipalityCode, municipality_code
from consortium.domain.yen import Yen

T = TypeVar("T")

#: Eighteen digits are more than any published figure has, and keep the exact sums short.
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_MAX_RATIO = 10**18
_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
#: So much of a wrong value is quoted in a message.
_QUOTED = 40
#: Control and format characters, line ends, halves of characters: no name contains them.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Excel and our own documents keep 15 digits exactly; amounts beyond are typing errors.
MAX_YEN = 10**15

ASKED = "算定ケースを読みました。"


def refuse(path: str, found: str, todo: str) -> BadInputError:
    """Make the refusal of one key."""
    return BadInputError(ASKED, found, todo, path=path)


@contextmanager
def at(path: str, *, whole: bool = False) -> Iterator[None]:
    """Give a refusal of the domain the full path of the key that caused it.

    `whole` says that the path is the key itself: the domain calls its field by another name.
    """
    try:
        yield
    except BadInputError as error:
        full = f"{path}.{error.path}" if error.path and not whole else path
        raise BadInputError(error.asked, error.found, error.todo, path=full) from None
    except DomainError as error:
        raise BadInputError(error.asked, error.found, error.todo, path=path) from None


@dataclass(frozen=True, slots=True)
class Unread:
    """A number as it stands in the file, in a notation that is not read (小数・8進数など)."""

    kind: str
    text: str


def visible(text: str) -> str:
    """Replace what would break or hide a line, for messages (制御文字の置換え)."""
    return "".join("�" if unicodedata.category(char) in _INVISIBLE else char for char in text)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its path."""

    path: str
    value: object

    def refuse(self, found: str, todo: str) -> BadInputError:
        """Make the refusal of this value."""
        return refuse(self.path, found, todo)

    # -- structure ---------------------------------------------------------------------------

    def mapping(self) -> dict[str, object]:
        """Give the keys and values below; refused if this is no mapping."""
        if not isinstance(self.value, dict):
            raise self.refuse(_found(self.value), "「キー: 値」の形で書いてください。")
        return self.value

    def allow(self, *keys: str) -> None:
        """Refuse every key that is not named here."""
        for key in self.mapping():
            if key not in keys:
                todo = f"使えるキーは {'、'.join(keys)} です。"
                raise refuse(self._below(key or '""'), "知らないキーです。", todo)

    def get(self, key: str) -> "Node":
        """Give the value of a key that must be there."""
        if key not in self.mapping():
            raise refuse(self._below(key), "このキーがありません。", f"{key} を書いてください。")
        return self.child(key)

    def find(self, key: str) -> "Node | None":
        """Give the value of a key that may be left out; an empty value counts as left out."""
        return self.child(key) if self.mapping().get(key) is not None else None

    def child(self, key: str) -> "Node":
        """Give the value of a key known to be there."""
        return Node(self._below(key), self.mapping()[key])

    def children(self) -> "list[Node]":
        """Give the entries of a list that must not be empty."""
        if not isinstance(self.value, list) or not self.value:
            raise self.refuse(_found(self.value), "一つ以上を「- 」で並べてください。")
        return [Node(f"{self.path}[{i}]", value) for i, value in enumerate(self.value)]

    def by_code(self, read: "Callable[[Node], T]", known: set[str]) -> dict[str, T]:
        """Read a mapping from 団体コード of listed members to values."""
        result: dict[str, T] = {}
        for key in self.mapping():
            node = self.child(key)
            with at(node.path):
                code = str(municipality_code(key))
            if code not in known:
                todo = "membersに加えるか除いてください。"
                raise node.refuse("membersにない団体コードです。", todo)
            if code in result:
                raise node.refuse(f"{code} が二度あります。", "一つにしてください。")
            result[code] = read(node)
        return result

    def by_month(self, read: "Callable[[Node], T]") -> dict[Month, T]:
        """Read a mapping from months, written 2021-04, to values."""
        result: dict[Month, T] = {}
        for key in self.mapping():
            node = self.child(key)
            with at(node.path):
                month = Month.parse(key)
            if month in result:
                raise node.refuse(f"{month} が二度あります。", "一つにしてください。")
            result[month] = read(node)
        return result

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    # -- values ------------------------------------------------------------------------------

    def text(self) -> str:
        """Give a text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.refuse(_found(self.value), "文字で書いてください。")
        text = self.value.strip()
        if visible(text) != text:
            todo = "改行や制御文字のない一行で書いてください。"
            raise self.refuse("改行や見えない文字があります。", todo)
        return text

    def flag(self) -> bool:
        """Give true or false."""
        if not isinstance(self.value, bool):
            raise self.refuse(_found(self.value), "true か false で書いてください。")
        return self.value

    def integer(self) -> int:
        """Give a whole number."""
        if isinstance(self.value, Unread) and self.value.kind == "整数":
            todo = "先頭の0も区切り（_ や :）もない、30桁以内の整数で書いてください。"
            raise self.refuse(f"{_quoted(self.value)}は読み違えやすい書き方です。", todo)
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.refuse(_found(self.value), "整数で書いてください。")
        return self.value

    def year(self) -> int:
        """Give the start year of a fiscal year (年度)."""
        year = self.integer()
        if not 1989 <= year <= 2999:
            raise self.refuse(f"{year}年度は扱えません。", "年度を西暦4桁で書いてください。")
        return year

    def yen(self) -> Yen:
        """Give whole yen; decimals and texts are refused."""
        if isinstance(self.value, Unread) and self.value.kind == "小数":
            raise self.refuse(_found(self.value), "円未満のない整数で書いてください。")
        amount = self.integer()
        if abs(amount) >= MAX_YEN:
            raise self.refuse(f"{amount:,}円は大きすぎます。", "1,000兆円未満で書いてください。")
        return Yen(amount)

    def ratio(self) -> Fraction:
        """Give an exact number: an integer, or decimals written as text."""
        if isinstance(self.value, Unread):
            todo = f'引用符で囲んで "{_short(self.value.text)}" と書いてください。'
            raise self.refuse(f"{_quoted(self.value)}が引用符なしで書かれています。", todo)
        if isinstance(self.value, str) and _DECIMAL.fullmatch(self.value.strip()):
            return Fraction(self.value.strip())
        if isinstance(self.value, str):
            todo = "整数か、引用符で囲んだ小数（18桁以内）で書いてください。"
            raise self.refuse(_found(self.value), todo)
        number = self.integer()
        if abs(number) >= _MAX_RATIO:
            raise self.refuse("19桁以上の数です。", "18桁以内で書いてください。")
        return Fraction(number)

    def day(self) -> date:
        """Give a day, written 2021-06-01 or in 和暦."""
        with at(self.path):
            return parse_date(self.text())

    def month(self) -> Month:
        """Give a month, written 2021-04."""
        with at(self.path):
            return Month.parse(self.text())

    def code(self) -> MunicipalityCode:
        """Give a 団体コード; it must be text, because of the leading zero."""
        if not isinstance(self.value, str):
            todo = '引用符で囲んだ6桁で書いてください（例 "022021"）。'
            raise self.refuse(_found(self.value), todo)
        with at(self.path):
            return municipality_code(self.value)

    def member(self, known: set[str]) -> str:
        """Give the 団体コード of a listed member."""
        code = str(self.code())
        if code not in known:
            raise self.refuse("membersにない団体コードです。", "membersの団体を書いてください。")
        return code

    def month_day(self) -> tuple[int, int]:
        """Give a day of any year, written 09-30."""
        match = _MONTH_DAY.fullmatch(self.text())
        if match is None:
            raise self.refuse(_found(self.value), '月と日を "09-30" のように書いてください。')
        return int(match[1]), int(match[2])

    def choice(self, allowed: "tuple[str, ...]") -> str:
        """Give one of the words allowed here."""
        if self.value not in allowed:
            todo = f"{'、'.join(allowed)} のいずれかを書いてください。"
            shown = _quoted(self.value) or _kind(self.value)
            raise self.refuse(f"{shown}は使えません。", todo)
        return str(self.value)


def _found(value: object) -> str:
    """Say in Japanese what was found, e.g. 「たくさん」は文字です。"""
    quoted = _quoted(value)
    return f"{quoted}は{_kind(value)}です。" if quoted else f"{_kind(value)}です。"


def _kind(value: object) -> str:
    if _is_empty(value):
        return "空"
    if isinstance(value, Unread):
        return value.kind
    names = {bool: "真偽値", int: "整数", str: "文字", list: "並び", dict: "キーの組"}
    return names.get(type(value), type(value).__name__)


def _quoted(value: object) -> str:
    """Quote what fits into a message as it stands in the file; nothing of a list or mapping."""
    if isinstance(value, Unread):
        return f"「{_short(value.text)}」"
    if _is_empty(value) or not isinstance(value, bool | int | str):
        return ""
    text = str(value)
    return f"「{_short(text.lower() if isinstance(value, bool) else text)}」"


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def _short(text: str) -> str:
    """Cut what is quoted in a message."""
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
